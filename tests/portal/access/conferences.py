"""Rows of the joint conference."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from portal.models import Unit
from targets.models import AgendaItem, Conference, ConferenceDecision, ConferenceMinutes
from targets.services import conference_minutes as minutes
from targets.services import conference_papers, conferences
from tests.portal.access.rows import Rest, Row
from tests.portal.stage import Place, png


def other(place: Place) -> Unit:
    """A unit beside the place's that takes part, too; nobody of the cast belongs to it."""
    return Unit.objects.get_or_create(
        slug=f"{place.district.slug}-walk", defaults={"name": "示例列席单位", "kind": "other"}
    )[0]


def values(place: Place, number: int = 0, **more) -> dict:
    """What a form of a meeting holds."""
    today = timezone.localdate()
    number = number or conferences.next_number("full", today.year)
    return {
        "kind": "full", "number": number, "on": str(today), "starts_at": "14:00", "place": "示例会议室",
        "chair": "副区长示例", "members": [place.unit.pk], "invited": [other(place).pk],
    } | more  # fmt: skip


def a_conference(place: Place, state: str = "planned", days: int = 0) -> Conference:
    """A meeting of the place's unit that the product led to a state, with one item, and one decision with a day."""
    today, process = timezone.localdate(), place.process
    on = today + timedelta(days)
    row = conferences.plan(
        kind="full", number=conferences.next_number("full", on.year), on=on, starts_at=time(23, 59),
        place="示例会议室", chair="副区长示例", members=[place.unit], invited=[other(place)], actor=process,
    )  # fmt: skip
    if state == "empty":
        return row
    conferences.add_item(
        row, topic="示例议题", unit=place.unit, purpose="decide", files=[png()], actor=process
    )
    row.refresh_from_db()
    if state == "planned":
        return row
    early = timezone.make_aware(datetime.combine(on, time(8)))
    row = conferences.call(row, version=row.version, actor=process, now=min(early, timezone.now()))
    if state == "called":
        return row
    row = conferences.hold(row, version=row.version, actor=process)
    item = row.items.get()
    minutes.write_item(item, "示例议定内容，写得清楚。", version=row.version, actor=process)
    minutes.add_decision(
        item, text="示例决定，月底前做完", leads=[place.unit], supports=[other(place)],
        due_on=today + timedelta(20), version=row.version + 1, actor=process,
    )  # fmt: skip
    told = {one.pk: {"attendance": "present", "post": "副局长", "name": "示例甲"} for one in row.units.all()}
    row = minutes.write_attendance(row, told, version=row.version + 2, actor=process)
    if state == "held":
        return row
    minutes.submit(row, version=row.version, actor=process)
    row.refresh_from_db()
    if state == "submitted":
        return row
    minutes.confirm(row, version=row.version, actor=process)
    row.refresh_from_db()
    return row


def one(place: Place, state: str = "planned") -> dict:
    return {"pk": a_conference(place, state).pk}


def step(place: Place, what: str, state: str, **more):
    row = a_conference(place, state)
    return {"pk": row.pk}, {"what": what, "version": row.version} | more


def item_of(place: Place, state: str = "planned") -> AgendaItem:
    return a_conference(place, state).items.get()


def decision_of(place: Place, state: str = "held") -> ConferenceDecision:
    return item_of(place, state).decisions.get()


def edition_of(place: Place) -> ConferenceMinutes:
    edition = a_conference(place, "confirmed").minutes.get()
    return conference_papers.print_minutes(edition, actor=place.process)


def item_values(place: Place, **more) -> dict:
    return {"topic": "示例新议题", "purpose": "inform", "unit": place.unit.pk} | more


def attended(place: Place):
    row = a_conference(place, "held")
    data = {"version": row.version}
    for unit in row.units.all():
        data |= {
            f"attendance-{unit.pk}": "present", f"post-{unit.pk}": "局长", f"name-{unit.pk}": "示例乙",
        }  # fmt: skip
    return {"pk": row.pk}, data


def written(place: Place, **data):
    item = item_of(place, "held")
    return {"pk": item.pk}, {"version": item.conference.version} | data


def of_decision(place: Place, state: str, **data):
    decision = decision_of(place, state)
    version = Conference.objects.get(items__decisions=decision).version
    return {"pk": decision.pk}, {"version": version} | data


def of_item(place: Place, **data):
    item = item_of(place)
    return {"pk": item.pk}, {"version": Conference.objects.get(items=item).version} | data


def decided(place: Place, **more) -> dict:
    return {
        "text": "示例决定，写得清楚",
        "leads": [place.unit.pk],
        "due_on": str(timezone.localdate()),
    } | more


KEEP = "conference.keep"
CONFERENCES = [
    Row("conferences", "GET", "conference.view", denied=403),
    Row("conference-new", "GET", KEEP, denied=403),
    Row("conference-new", "POST", KEEP, denied=403, make=lambda p: ({}, values(p))),
    Row("conference", "GET", "conference.view", denied=403, make=one),
    Row("conference-edit", "GET", KEEP, denied=403, make=one),
    Row(
        "conference-edit", "POST", KEEP, denied=403,
        make=lambda p: ((row := a_conference(p)) and {"pk": row.pk}, values(p, row.number, version=row.version)),
    ),
    Row("conference-step", "POST", KEEP, denied=403, note="call", make=lambda p: step(p, "call", "planned")),
    Row(
        "conference-step", "POST", "conference.confirm", denied=403, note="confirm",
        make=lambda p: step(p, "confirm", "submitted"),
    ),
    Row("conference-item-new", "GET", KEEP, denied=403, make=one),
    Row(
        "conference-item-new", "POST", KEEP, denied=403,
        make=lambda p: (one(p), item_values(p, files=png())),
    ),
    Row("conference-propose", "GET", "conference.propose", denied=403, make=one),
    Row(
        "conference-propose", "POST", "conference.propose", denied=403,
        make=lambda p: (one(p), item_values(p, files=png())),
    ),
    Row("conference-item-edit", "GET", KEEP, denied=403, make=lambda p: {"pk": item_of(p).pk}),
    Row(
        "conference-item-edit", "POST", KEEP, denied=403, make=lambda p: of_item(p, **item_values(p, files=png()))
    ),
    Row("conference-item-step", "POST", KEEP, denied=403, make=lambda p: of_item(p, what="drop")),
    Row("conference-attendance", "GET", KEEP, denied=403, make=lambda p: one(p, "held")),
    Row("conference-attendance", "POST", KEEP, denied=403, make=attended),
    Row("conference-item-text", "GET", KEEP, denied=403, make=lambda p: {"pk": item_of(p, "held").pk}),
    Row(
        "conference-item-text", "POST", KEEP, denied=403, make=lambda p: written(p, text="示例议定内容，改过")
    ),
    Row("decision-new", "GET", KEEP, denied=403, make=lambda p: {"pk": item_of(p, "held").pk}),
    Row("decision-new", "POST", KEEP, denied=403, make=lambda p: written(p, **decided(p))),
    Row("decision-edit", "GET", KEEP, denied=403, make=lambda p: {"pk": decision_of(p).pk}),
    Row("decision-edit", "POST", KEEP, denied=403, make=lambda p: of_decision(p, "held", **decided(p))),
    Row(
        "decision-step", "POST", KEEP, denied=403,
        make=lambda p: of_decision(p, "confirmed", what="done", note="都办好了"),
    ),
    Row(
        "conference-paper", "GET", "conference.view", denied=403,
        make=lambda p: {"pk": item_of(p).files.get().pk},
    ),
    Row("conference-minutes", "GET", "conference.view", denied=403, make=lambda p: {"pk": edition_of(p).pk}),
    Rest("api-conferences", "GET", "conferences:read"),
]  # fmt: skip
