"""The joint conference after a meeting: who was there, what was said, what was decided; the minutes and what follows
from them. docs/conference.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Max, OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.errors import Denied, Refused
from portal.models.places import Unit
from portal.models.policy import Clause, PolicyDocument
from portal.rules.official import document_number
from portal.services import numbers
from portal.services.steps import step
from targets.models.conferences import (
    AgendaFile,
    AgendaItem,
    Conference,
    ConferenceDecision,
    ConferenceMinutes,
    DecisionUnit,
)
from targets.models.reports import ReportSetting
from targets.models.tasks import Task, TaskUnit
from targets.rules import conferences as rules
from targets.rules import minutes_words as words
from targets.services.conference_papers import print_later
from targets.services.conferences import kept, locked, next_state, noted, refuse, said, tell

MOST_DECISIONS = 30
#: Numbers of tasks of decisions go on from the highest that any task of the district has.
SERIES = "task"


def begun(row: Conference, version: int | None, actor: Actor) -> Conference:
    """The meeting's row, locked, with the person among those who wrote at its minutes."""
    actor.demand("conference.keep")
    row = locked(row, version)
    row.state = next_state(row, "write")
    if actor.user is not None and actor.user.pk not in row.writers:
        row.writers = [*row.writers, actor.user.pk]
    return row


# --- Writing --------------------------------------------------------------------------------------


@transaction.atomic
def write_attendance(
    row: Conference, told: Mapping[int, Mapping], *, version: int, actor: Actor
) -> Conference:
    """Who came. `told`: id of the ConferenceUnit -> attendance, post, name, substitute. Refused with every place."""
    row = begun(row, version, actor)
    errors, names = {}, {}
    for one in row.units.select_related("unit"):
        given = told.get(one.pk, {})
        names |= {f"attendance-{one.pk}": one.unit.name, f"name-{one.pk}": one.unit.name}
        one.attendance = given.get("attendance", "")
        one.post, one.name = given.get("post", "").strip(), given.get("name", "").strip()
        one.substitute = bool(given.get("substitute")) and one.attendance == "present"
        if one.attendance not in one.Attendance.values:
            errors[f"attendance-{one.pk}"] = said("attendance")
        elif one.attendance == "present" and not (one.post and one.name):
            errors[f"name-{one.pk}"] = said("person")
        else:
            one.save()
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(f"{names[field]}：{sentence}", field=field, code="attendance", errors=errors)
    return kept(row, "attendance", row.state, actor=actor)


@transaction.atomic
def write_item(item: AgendaItem, text: str, *, version: int, actor: Actor) -> AgendaItem:
    """What was said and settled on an item."""
    row = begun(item.conference, version, actor)
    text = text.strip()
    refuse({} if rules.fits(text, rules.TEXT) else {"text": "text"})
    item = AgendaItem.objects.get(pk=item.pk)
    item.text = text
    item.save(update_fields=["text"])
    kept(row, "write_item", row.state, actor=actor, item=item.topic)
    return item


def checked(
    conference: Conference, text: str, due_on: date | None, leads: Sequence[Unit], supports: Sequence[Unit]
) -> str:
    text = text.strip()
    found = rules.decision_problems(text, due_on, len(leads), len(supports), conference.on)
    refuse(found, day=conference.on.isoformat())
    for one in supports:
        if one in leads:
            raise Refused(said("twice", unit=one.name), field="supports", code="twice")
    return text


def set_units(decision: ConferenceDecision, leads: Sequence[Unit], supports: Sequence[Unit]) -> None:
    decision.units.all().delete()
    DecisionUnit.objects.bulk_create(
        DecisionUnit(decision=decision, unit=unit, role=role)
        for role, units in ((rules.LEAD, leads), (rules.SUPPORT, supports))
        for unit in units
    )


@transaction.atomic
def add_decision(
    item: AgendaItem, *, text: str, leads: Sequence[Unit], supports: Sequence[Unit] = (),
    due_on: date | None = None, version: int, actor: Actor,
) -> ConferenceDecision:  # fmt: skip
    """What was decided on an item. Refused: a day before the meeting, units that only support, one named twice."""
    row = begun(item.conference, version, actor)
    text = checked(row, text, due_on, leads, supports)
    if item.decisions.count() >= MOST_DECISIONS:
        raise Refused(_("决定：一个议题最多 %(n)d 条") % {"n": MOST_DECISIONS}, field="text", code="many")
    last = item.decisions.aggregate(last=Max("position"))["last"] or 0
    made = ConferenceDecision.objects.create(item=item, position=last + 1, text=text, due_on=due_on)
    set_units(made, leads, supports)
    kept(row, "add_decision", row.state, actor=actor, decision=str(made))
    return made


@transaction.atomic
def change_decision(
    decision: ConferenceDecision, *, text: str, leads: Sequence[Unit], supports: Sequence[Unit] = (),
    due_on: date | None = None, version: int, actor: Actor,
) -> ConferenceDecision:  # fmt: skip
    row = begun(decision.item.conference, version, actor)
    decision = ConferenceDecision.objects.get(pk=decision.pk)
    decision.text, decision.due_on = checked(row, text, due_on, leads, supports), due_on
    decision.save(update_fields=["text", "due_on"])
    set_units(decision, leads, supports)
    kept(row, "change_decision", row.state, actor=actor, decision=str(decision))
    return decision


@transaction.atomic
def drop_decision(decision: ConferenceDecision, *, version: int, actor: Actor) -> None:
    """Strikes a decision out while the minutes are being written."""
    row = begun(decision.item.conference, version, actor)
    words = str(decision)
    ConferenceDecision.objects.filter(pk=decision.pk).delete()
    kept(row, "drop_decision", row.state, actor=actor, decision=words)


# --- The minutes ----------------------------------------------------------------------------------


def organ(actor: Actor) -> dict[str, str]:
    """Whose minutes they are: the district's setting, else the conference's unit by its name in the plan."""
    setting = ReportSetting.objects.filter(kind=ReportSetting.Kind.MINUTES).first()
    if setting is not None:
        return {
            "issuer": setting.issuer, "word": setting.number_word, "copies_to": setting.copies_to,
            "printing_unit": setting.printing_unit,
        }  # fmt: skip
    unit = Unit.objects.filter(name__endswith="联席会议").first()  # content
    return words.organ_by_name(actor.district.name, unit.name if unit else "")


def items_of(row: Conference) -> list[AgendaItem]:
    """The agenda with its decisions and their units."""
    return list(
        row.items.filter(state="listed")
        .select_related("unit", "task", "target", "clause__document")
        .prefetch_related("decisions__units__unit", "decisions__task", "files__file")
        .order_by("position", "pk")
    )


def agenda(row: Conference) -> tuple[list[AgendaItem], list[AgendaItem]]:
    """(what is on the agenda, what was only proposed), each with `papers`: what its files are called; one query."""
    paper = JSONObject(pk="pk", name="file__name")
    papers = AgendaFile.objects.filter(item=OuterRef("pk")).order_by("pk").values(json=paper)
    found = row.items.select_related("unit", "task", "target", "clause__document")
    rows = list(found.annotate(papers=ArraySubquery(papers)).order_by("position", "pk"))
    return [one for one in rows if one.state == "listed"], [one for one in rows if one.state != "listed"]


def named(decision: ConferenceDecision, role: str) -> list[Unit]:
    return [one.unit for one in decision.units.all() if one.role == role]


def gather(row: Conference, actor: Actor) -> dict:
    """All that the template prints, in official Chinese. Refused for what is missing."""
    units = list(row.units.select_related("unit").order_by("-part", "position"))
    missing = {}
    if any(not one.attendance for one in units):
        missing["attendance"] = _("出席：还没有记谁来了。先记出席，再送确认")
    items = items_of(row)
    if without := [one.topic for one in items if not one.text]:
        missing["items"] = _("议题“%(topic)s”：还没有写议定的内容") % {"topic": without[0]}
    if missing:
        field, sentence = next(iter(missing.items()))
        raise Refused(sentence, field=field, code="incomplete", errors=missing)
    attending = [
        {
            "unit": one.unit.name, "part": one.part, "attendance": one.attendance, "post": one.post,
            "name": one.name, "substitute": one.substitute,
        }
        for one in units
    ]  # fmt: skip
    name = words.chinese_name(row.year, row.number, row.kind)
    return {
        **organ(actor),
        "title": words.title(name),
        "opening": words.opening(name, row.on, row.starts_at, row.place, row.chair),
        "items": [
            {
                "topic": one.topic,
                "proposed_by": one.unit.name if one.unit else "",
                "inform": one.purpose == "inform",
                "paragraphs": [line.strip() for line in one.text.splitlines() if line.strip()],
                "decisions": [
                    decided.text.rstrip("。")
                    + words.duty(
                        [unit.name for unit in named(decided, rules.LEAD)],
                        [unit.name for unit in named(decided, rules.SUPPORT)],
                        decided.due_on,
                    )
                    + "。"
                    for decided in one.decisions.all()
                ],
            }
            for one in items
        ],
        "rosters": words.rosters(attending),
    }


@transaction.atomic
def submit(row: Conference, *, version: int, actor: Actor, now: datetime | None = None) -> ConferenceMinutes:
    """Hands the minutes to the second person as a new edition; earlier ones stay. Refused for what is missing."""
    actor.demand("conference.keep")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, next_state(row, "submit")
    if actor.user is not None and actor.user.pk not in row.writers:
        row.writers = [*row.writers, actor.user.pk]
    last = row.minutes.aggregate(last=Max("edition"))["last"] or 0
    made = ConferenceMinutes.objects.create(
        conference=row,
        edition=last + 1,
        content=gather(row, actor),
        submitted_at=now,
        submitted_by=actor.user,
    )
    kept(row, "submit", before, actor=actor, edition=made.edition)
    print_later(made, actor)
    return made


def in_hand(row: Conference) -> ConferenceMinutes:
    """The edition that lies before the second person."""
    return row.minutes.select_for_update(of=("self",)).order_by("-edition").first()


def demand_second(row: Conference, minutes: ConferenceMinutes, actor: Actor) -> None:
    if actor.same_person(minutes.submitted_by) or (actor.user is not None and actor.user.pk in row.writers):
        raise Denied(_("起草和确认要两个人：这份纪要你写过，由另一个人确认"), code="second_person")


@transaction.atomic
def send_back(
    row: Conference, *, note: str, version: int, actor: Actor, now: datetime | None = None
) -> Conference:
    """The second person says what is wrong; the edition stays, with the reason."""
    actor.demand("conference.confirm")
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "return")
    minutes = in_hand(row)
    minutes.note, minutes.returned_at = noted(note), now or timezone.now()
    minutes.save(update_fields=["note", "returned_at"])
    return kept(row, "return", before, actor=actor, note=minutes.note)


@transaction.atomic
def confirm(row: Conference, *, version: int, actor: Actor, now: datetime | None = None) -> ConferenceMinutes:
    """Fixes the minutes for good, gives them their number, and makes a task of each decision that names a unit.

    Denied for everybody who wrote at them.
    """
    actor.demand("conference.confirm")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, next_state(row, "confirm")
    minutes = in_hand(row)
    demand_second(row, minutes, actor)
    day = timezone.localdate(now)
    word = minutes.content["word"]
    minutes.number = document_number(word, day.year, numbers.next_number(f"{word} {day.year}"))
    minutes.confirmed_at, minutes.confirmed_by = now, actor.user
    minutes.file, minutes.sha256 = None, ""
    minutes.document = PolicyDocument.objects.create(
        key=f"minutes-{row.pk}",
        title=f"{minutes.content['issuer']}{minutes.content['title']}",
        number=minutes.number,
        issued_on=day,
        issuers=[minutes.content["issuer"]],
        origin=PolicyDocument.Origin.MINUTES,
    )
    minutes.save()
    made = make_tasks(row, minutes.document, day)
    kept(row, "confirm", before, actor=actor, number=minutes.number, tasks=made)
    url = reverse("conference", args=[actor.district.slug, row.pk])
    tell(
        row,
        lambda: _("会议纪要：%(name)s") % {"name": row},
        lambda: [
            {
                "words": ngettext(
                    "纪要已确认（%(number)s），有 %(n)d 项决定要办",
                    "纪要已确认（%(number)s），有 %(n)d 项决定要办",
                    made,
                )
                % {"number": minutes.number, "n": made},
                "state": "doing",
                "url": url,
            }
        ],
        actor=actor,
        now=now,
    )
    print_later(minutes, actor)
    return minutes


def make_tasks(row: Conference, document: PolicyDocument, day: date) -> int:
    """Begins every decision; those that name a unit as tasks of the matrix. How many tasks it were."""
    numbers.at_least(SERIES, Task.objects.aggregate(last=Max("number"))["last"] or 0)
    name, made = words.chinese_name(row.year, row.number, row.kind), 0
    for place, item in enumerate(items_of(row), 1):
        for number, decision in enumerate(item.decisions.all(), 1):
            decision.state = step(rules.DECISION, decision, "begin")
            if named(decision, rules.LEAD):
                clause = Clause.objects.create(
                    document=document, label=words.clause_label(place, number), text=decision.text,
                    position=100 * place + number,
                )  # fmt: skip
                decision.task = Task.objects.create(
                    document=document, clause=clause, origin=Task.Origin.DECISION,
                    number=numbers.next_number(SERIES), category=words.CATEGORY, project=name, text=decision.text,
                    starts_on=day, due_on=decision.due_on,
                )  # fmt: skip
                TaskUnit.objects.bulk_create(
                    TaskUnit(task=decision.task, unit=unit, role=role, name=unit.name, position=position)
                    for role in (rules.LEAD, rules.SUPPORT)
                    for position, unit in enumerate(named(decision, role), 1)
                )
                made += 1
            decision.save(update_fields=["state", "task"])
    return made
