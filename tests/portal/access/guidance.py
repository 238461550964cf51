"""Rows of guidance: places, children on the list, sessions, newborns, births."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from facilities.models import ConsentText
from facilities.services import consent_texts
from guidance.models import BirthCount, GuidancePlace, GuidanceSession, GuidedChild, Newborn
from guidance.services import guided, newborns, sessions
from tests import rows
from tests.portal.access.rows import Open, Row, fresh, numbers
from tests.portal.stage import Place, days

VIEW, MANAGE = "guidance_place.view", "guidance_place.manage"


def a_place(place: Place, **values) -> GuidancePlace:
    given = {"name": f"示例指导站{fresh()}", "address": "示例路 1 号", "opened_on": date(2024, 1, 1)}
    return rows.make(GuidancePlace, **({"street": place.street} | given | values))


def place_of(place: Place) -> dict:
    return {"pk": a_place(place).pk}


def placing(place: Place) -> dict:
    return {
        "kind": "base", "name": f"示例基地{fresh()}", "street": place.street.pk, "community": "示例居委",
        "address": "示例路 2 号", "phone": "021-00001234", "unit": place.unit.pk, "services": ["education"],
        "tier": "1", "kit_from": "2024-02-01", "opened_on": "2024-01-01", "closed_on": "",
    }  # fmt: skip


def a_text(place: Place) -> None:
    if not ConsentText.objects.filter(purpose="guidance").exists():
        consent_texts.publish_consent_text(
            actor=place.process, purpose="guidance", title="示例同意书", text="示例文本" * 10,
            starts_on=date(2020, 1, 1), today=date(2020, 1, 1),
        )  # fmt: skip


def today() -> date:
    return timezone.localdate()


def card() -> str:
    return f"SC{next(numbers):08d}"


def taking(place: Place) -> dict:
    a_text(place)
    station = a_place(place)
    return {
        "card": card(), "birth_month": f"{today() - timedelta(300):%Y-%m}", "street": place.street.pk,
        "place": station.pk, "asked_on": days(-100), "channel": "paper",
    }  # fmt: skip


def a_child(place: Place) -> GuidedChild:
    given = taking(place) | {"place": None, "street": place.street}
    return guided.take_on(
        actor=place.process,
        **given
        | {
            "birth_month": (today() - timedelta(300)).replace(day=1),
            "asked_on": today() - timedelta(100),
        },
    )


def finding(place: Place):
    """The child of a handbook, as it is shown at the station."""
    given = taking(place)
    born, asked = (today() - timedelta(300)).replace(day=1), today() - timedelta(100)
    own = given | {"street": place.street, "place": None, "birth_month": born, "asked_on": asked}
    guided.take_on(actor=place.process, **own)
    return {}, {"card": given["card"]}


def child_of(place: Place) -> dict:
    return {"pk": a_child(place).pk}


def a_session(place: Place) -> GuidanceSession:
    return sessions.give_session(
        actor=place.process, venue=sessions.Venue(place=a_place(place)), kind="medical", served_on=today(),
        hours=Decimal("1.5"), topic=f"示例咨询{fresh()}", giver="示例医生", children=[a_child(place).code],
    )  # fmt: skip


def session_of(place: Place) -> dict:
    return {"pk": a_session(place).pk}


def giving(place: Place) -> dict:
    return {
        "where": f"p{a_place(place).pk}", "kind": "education", "online": "on", "served_on": days(0), "hours": "1.5",
        "topic": "示例亲子活动", "giver": "示例老师", "children": a_child(place).code,
    }  # fmt: skip


def a_newborn(place: Place, **values) -> Newborn:
    given = {"resident": True, "asked": True, "planned_on": today()} | values
    return newborns.keep_newborn(
        actor=place.process, list_number=card(), birth_month=this_month(-2), street=place.street, **given
    )


def this_month(ahead: int = 0) -> date:
    year, month = divmod(today().year * 12 + today().month - 1 + ahead, 12)
    return date(year, month + 1, 1)


def newborn_of(place: Place) -> dict:
    return {"pk": a_newborn(place).pk}


def born(place: Place) -> dict:
    return {
        "list_number": card(), "birth_month": f"{this_month(-2):%Y-%m}", "street": place.street.pk, "resident": "on",
        "asked": "on", "planned_on": days(3), "handbook_on": days(-1), "refused_on": "", "refused_reason": "",
    }  # fmt: skip


def visiting(place: Place) -> dict:
    return {"visited_on": days(0), "topics": ["feeding", "sleep"], "note": "示例记录"}


def some_births(place: Place) -> BirthCount:
    year = 2016 + BirthCount.objects.count() % 8
    month = date(year, 1 + BirthCount.objects.count() // 8 % 12, 1)
    return newborns.keep_births(
        actor=place.process, street=place.street, month=month, total=9, resident=7, source=f"示例月报{fresh()}",
        counted_on=date(2025, 1, 5),
    )  # fmt: skip


def a_months_births(place: Place) -> dict:
    """Births of a month of this year that has none yet, as the service takes them."""
    known = set(BirthCount.objects.filter(street=place.street).values_list("month", flat=True))
    months = [date(today().year, n, 1) for n in range(1, today().month + 1)]
    month = next(one for one in months if one not in known)
    return {
        "actor": place.process, "street": place.street, "month": month, "total": 9, "resident": 7,
        "source": f"示例月报{fresh()}", "counted_on": today(),
    }  # fmt: skip


def births_of(place: Place) -> dict:
    return {"pk": some_births(place).pk}


def counting(place: Place) -> dict:
    month = this_month(-1)
    return {
        "street": place.street.pk, "month": f"{month:%Y-%m}", "total": 12, "resident": 10, "source": "示例月报",
        "counted_on": days(0),
    }  # fmt: skip


def correcting(place: Place):
    row = some_births(place)
    return {"pk": row.pk}, {
        "total": 12, "resident": 10, "source": "示例更正", "counted_on": "2025-02-01", "version": row.version,
    }  # fmt: skip


BORN, NURSE = "newborn.view", "newborn.keep"
GIVEN, KEEP = "guidance_service.view", "guidance_service.keep"

GUIDANCE = [
    Row("guidance-places", "GET", VIEW, denied=403),
    Row("guidance-place", "GET", VIEW, make=place_of),
    Row("guidance-place-new", "GET", MANAGE, denied=403),
    Row(
        "guidance-place-new", "POST", MANAGE, denied=403, beyond=422,
        make=lambda p: ({}, placing(p)),
    ),
    Row("guidance-place-edit", "GET", MANAGE, make=place_of),
    Row("guidance-place-edit", "POST", MANAGE, make=lambda p: (place_of(p), placing(p) | {"version": 1})),
    Row("guided-children", "GET", GIVEN, denied=403),
    Row("guided-children", "POST", GIVEN, denied=403, beyond=422, make=finding),
    Row("guided-child", "GET", GIVEN, make=child_of),
    Row("guided-new", "GET", KEEP, denied=403),
    Row("guided-new", "POST", KEEP, denied=403, beyond=422, make=lambda p: ({}, taking(p))),
    Row(
        "guided-end", "POST", KEEP,
        make=lambda p: (child_of(p), {"reason": "moved", "ended_on": days(0)}),
    ),
    Row("guidance-sessions", "GET", GIVEN, denied=403),
    Row("guidance-session", "GET", GIVEN, make=session_of),
    Row("guidance-session-new", "GET", KEEP, denied=403),
    Row("guidance-session-new", "POST", KEEP, denied=403, beyond=422, make=lambda p: ({}, giving(p))),
    Row("guidance-session-strike", "POST", KEEP, make=lambda p: (session_of(p), {"reason": "登记错了日期"})),
    Row("newborns", "GET", BORN, denied=403),
    Row("newborn", "GET", BORN, make=newborn_of),
    Row("newborn-new", "GET", NURSE, denied=403),
    Row("newborn-new", "POST", NURSE, denied=403, beyond=422, make=lambda p: ({}, born(p))),
    Row("newborn-edit", "GET", NURSE, make=newborn_of),
    Row("newborn-edit", "POST", NURSE, make=lambda p: (newborn_of(p), born(p) | {"version": 1})),
    Row("newborn-visit", "GET", NURSE, make=newborn_of),
    Row("newborn-visit", "POST", NURSE, make=lambda p: (newborn_of(p), visiting(p))),
    Row("births", "GET", BORN, denied=403),
    Row("births-new", "GET", NURSE, denied=403),
    Row("births-new", "POST", NURSE, denied=403, beyond=422, make=lambda p: ({}, counting(p))),
    Row("births-month", "GET", NURSE, make=births_of),
    Row("births-month", "POST", NURSE, make=correcting),
    Open("public-guidance", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
]  # fmt: skip
