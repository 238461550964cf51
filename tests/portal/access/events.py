"""Rows of events: what staff do with them, what families do without an account."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from facilities.models import ConsentText
from facilities.services import consent_texts
from guidance.models import EventSignup, GuidanceEvent
from guidance.services import attendances, events, signups
from tests import rows
from tests.portal.access import guidance
from tests.portal.access.rows import Open, Row, fresh, numbers
from tests.portal.stage import Place, days, photograph

VIEW, MANAGE = "guidance_event.view", "guidance_event.manage"


def now() -> datetime:
    return timezone.now()


def a_text(place: Place) -> None:
    if not ConsentText.objects.filter(purpose="event").exists():
        today = timezone.localdate() - timedelta(400)
        consent_texts.publish_consent_text(
            actor=place.process,
            purpose="event",
            title="示例同意书",
            text="示例文本" * 10,
            starts_on=today,
            today=today,
        )


def values(at: Place, /, **given) -> dict:
    """What keep_event takes: a street's event in a fortnight, sign-up open."""
    return {
        "kind": "fuel", "level": "street", "street": at.street, "title": f"示例加油站{next(numbers)}",
        "domains": ["education"],
        "online": False, "held_on": timezone.localdate() + timedelta(14), "starts_at": time(9, 30), "ends_at": time(11),
        "place": None, "facility": None, "venue": "示例社区活动室", "address": "示例路 1 号", "months_from": 6,
        "months_until": 24, "capacity": 10, "opens_at": now() - timedelta(1), "closes_at": now() + timedelta(13),
        "giver": "示例早教中心", "description": "示例：亲子游戏和咨询",
    } | given  # fmt: skip


def an_event(at: Place, /, state: str = "announced", **given) -> GuidanceEvent:
    """An event of the street of `at`; `over` and `today`: its day has come."""
    a_text(at)
    made = events.keep_event(actor=at.process, **values(at, **given))
    if state != "draft":
        made = events.announce(made, actor=at.process)
    return made


def begun(made: GuidanceEvent, back: int = 0) -> GuidanceEvent:
    """The event's day is today, or so many days ago; it has begun."""
    GuidanceEvent.objects.filter(pk=made.pk).update(
        held_on=timezone.localdate() - timedelta(back), starts_at=time(0, 0), ends_at=time(23, 59)
    )
    made.refresh_from_db()
    return made


def a_family(place: Place, made: GuidanceEvent, phone: str = "", months: int = 12) -> EventSignup:
    phone = phone or f"139{next(numbers):08d}"
    return signups.enter(made, phone=phone, months=months, actor=place.process, now=now())


def event_of(place: Place) -> dict:
    return {"pk": an_event(place).pk}


def posted(place: Place, **given) -> dict:
    """The same as a form says it."""
    local = timezone.localtime()
    return {
        "kind": "lecture", "level": "street", "street": place.street.pk, "title": f"示例讲座{next(numbers)}",
        "domains": ["medical"], "held_on": days(14), "starts_at": "09:30", "ends_at": "11:00", "where": "",
        "venue": "示例活动室", "address": "示例路 2 号", "months_from": 0, "months_until": 36, "capacity": 20,
        "opens_at": f"{local - timedelta(hours=1):%Y-%m-%dT%H:%M}", "closes_at": f"{local + timedelta(13):%Y-%m-%dT%H:%M}",
        "giver": "示例医院儿保科", "description": "示例：辅食怎么加",
    } | given  # fmt: skip


def announcing(place: Place):
    made = an_event(place, "draft")
    return {"pk": made.pk}, {"version": made.version}


def cancelling(place: Place):
    made = an_event(place)
    return {"pk": made.pk}, {"version": made.version, "reason": "示例：场地维修"}


def finishing(place: Place):
    made = begun(an_event(place), 1)
    return {"pk": made.pk}, {"version": made.version, "walk_ins": 3}


def picturing(place: Place):
    return event_of(place), {"upload": photograph(), "agreed": "on"}


def a_picture(place: Place) -> dict:
    made = an_event(place)
    photo = events.add_photo(made, upload=photograph(), agreed=True, actor=place.process)
    return {"pk": made.pk, "photo": photo.pk}


def calling(place: Place) -> dict:
    made = an_event(place)
    return {"pk": made.pk, "signup": a_family(place, made).pk}


def checking_in(place: Place):
    made = an_event(place)
    code = a_family(place, made).code
    return {"pk": begun(made).pk}, {"code": code}


def undoing(place: Place) -> dict:
    made = an_event(place)
    family = a_family(place, made)
    begun(made)
    signups.check_in(made, code=family.code, actor=place.process)
    return {"pk": made.pk, "signup": family.pk}


def naming_a_child(place: Place):
    """A family that is there, and the handbook it shows."""
    given = undoing(place)
    return {"pk": given["pk"]}, {"signup": given["signup"], "card": guidance.a_child(place).code}


def a_named_child(place: Place) -> dict:
    given, posted_ = naming_a_child(place)
    family = EventSignup.objects.get(pk=posted_["signup"])
    child = attendances.name_child(family, card=posted_["card"], actor=place.process)
    return given | {"child": child.pk}


def walking_in(place: Place):
    return {"pk": begun(an_event(place)).pk}, {"what": "more"}


def named(place: Place) -> dict:
    return {"district": place.district.slug} | event_of(place)


def own(place: Place) -> dict:
    """The link of a family."""
    return {"district": place.district.slug, "token": signups.token_of(a_family(place, an_event(place)))}


def rating(place: Place):
    made = an_event(place)
    family = a_family(place, made)
    begun(made)
    signups.check_in(made, code=family.code, actor=place.process)
    events.finish(made, walk_ins=0, actor=place.process)
    return {"district": place.district.slug, "token": signups.token_of(family)}, {
        "score": 5,
        "words": fresh(),
    }


def some(place: Place) -> None:
    """An event with a family and a photograph, as lists show it."""
    made = an_event(place)
    a_family(place, made)
    rows.make(GuidanceEvent, level="street", street=place.street, state="draft")


def here(place: Place) -> dict:
    return {"district": place.district.slug}


EVENTS = [
    Row("guidance-events", "GET", VIEW, denied=403),
    Row("guidance-event", "GET", VIEW, make=event_of),
    Row("guidance-event-new", "GET", MANAGE, denied=403),
    Row("guidance-event-new", "POST", MANAGE, denied=403, beyond=422, make=lambda p: ({}, posted(p))),
    Row("guidance-event-edit", "GET", MANAGE, make=event_of),
    Row(
        "guidance-event-edit", "POST", MANAGE,
        make=lambda p: (lambda made: ({"pk": made.pk}, posted(p, version=made.version)))(an_event(p)),
    ),
    Row("guidance-event-announce", "POST", MANAGE, make=announcing),
    Row("guidance-event-cancel", "POST", MANAGE, make=cancelling),
    Row("guidance-event-finish", "POST", MANAGE, make=finishing),
    Row("guidance-event-sheet", "GET", MANAGE, make=event_of),
    Row("guidance-event-door", "GET", MANAGE, make=event_of),
    Row("guidance-event-door", "POST", MANAGE, make=checking_in),
    Row("guidance-event-walk-in", "POST", MANAGE, make=walking_in),
    Row("guidance-event-children", "GET", MANAGE, make=event_of),
    Row("guidance-event-children", "POST", MANAGE, make=naming_a_child),
    Row("guidance-event-child-remove", "POST", MANAGE, make=a_named_child),
    Row("guidance-event-photo-add", "POST", MANAGE, make=picturing),
    Row("guidance-event-photo", "GET", MANAGE, make=a_picture),
    Row("guidance-event-photo-remove", "POST", MANAGE, make=a_picture),
    Row("guidance-event-phone", "POST", MANAGE, ok=200, make=calling),
    Row("guidance-event-undo", "POST", MANAGE, make=undoing),
    Open("public-events", "GET", 200, 200, make=here),
    Open("public-event", "GET", 200, 200, make=named),
    Open("event-join", "GET", 200, 200, make=named),
    Open("event-join", "POST", 422, 422, make=named),
    Open("event-own", "GET", 200, 200, make=own),
    Open("event-own-cancel", "POST", 302, 302, make=own),
    Open("event-own-rate", "POST", 302, 302, make=rating),
]  # fmt: skip
