"""Serious incidents: the first report against the clock, what follows, the final one, and the bureau's end of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.services.refusals import refuse
from inspections.models import Incident, IncidentFile, IncidentReport
from inspections.rules import voices as rules
from inspections.rules.states import INCIDENT
from inspections.services.orders import EVIDENCE_TYPES
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit, messages, parameters
from portal.services.files import store_file
from portal.services.numbers import next_number
from portal.services.steps import step

FIRST, FOLLOW_UP, FINAL = "incident.first_hours", "incident.follow_up_hours", "incident.final_days"
MOST_FILES = 6


def labels() -> dict[str, str]:
    return {
        "kind": _("哪类事件"), "happened_at": _("什么时候发生"), "known_at": _("什么时候知道"), "place": _("在哪里"),
        "text": _("经过和处置"), "children": _("涉及幼儿（人）"), "injured": _("其中受伤、不适（人）"),
        "parents_told_at": _("什么时候告诉家长"),
    }  # fmt: skip


def reached(facility: Facility, actor: Actor) -> None:
    actor.demand("incident.report")
    if not Facility.objects.allowed(actor, "incident.report").filter(pk=facility.pk).exists():
        raise Denied(_("这家机构不归你管"), code="reach")


def report_first(
    facility: Facility,
    *,
    kind: str,
    happened_at: datetime,
    known_at: datetime,
    place: str,
    text: str,
    children: int = 0,
    injured: int = 0,
    parents_told_at: datetime | None = None,
    files: Sequence = (),
    actor: Actor,
    now: datetime | None = None,
) -> Incident:
    """The first report of an incident. Too late a report is taken, and is marked late.

    Refused without a word of when parents were told, where children are concerned.
    """
    reached(facility, actor)
    now = now or timezone.now()
    if facility.state == "closed":
        raise Refused(_("%(name)s已停办") % {"name": facility.name}, code="closed")
    place, text = " ".join(place.split()), text.strip()
    problems = rules.incident_problems(
        kind=kind, happened_at=happened_at, known_at=known_at, place=place, text=text, children=children,
        injured=injured, parents_told_at=parents_told_at, now=now,
    )  # fmt: skip
    refuse(problems, rules.PROBLEMS, labels())
    on = timezone.localdate(now)
    clock = parameters.values([FIRST, FOLLOW_UP, FINAL], on)
    series = f"SJ-{on:%y%m}"
    row = Incident.objects.create(
        number=f"{series}-{next_number(series):03d}",
        facility=facility,
        kind=kind,
        happened_at=happened_at,
        happened_on=timezone.localdate(happened_at),
        known_at=known_at,
        place=place,
        children=children,
        injured=injured,
        parents_told_at=parents_told_at,
        first_due_at=known_at + timedelta(hours=float(clock[FIRST])),
        reported_at=now,
        next_due_at=now + timedelta(hours=float(clock[FOLLOW_UP])),
        final_due_on=calendar.add_working_days(on, int(clock[FINAL])),
    )
    kept(row, "first", text, row.first_due_at, files, actor=actor, now=now)
    audit.record(
        "inspections.incident.report",
        row,
        actor=actor,
        changes={"facility": facility.code, "kind": kind, "late": row.late, "children": children},
    )
    tell(row, "first", actor=actor, now=now)
    return row


def tell(row: Incident, report: str, *, actor: Actor, now: datetime) -> None:
    """The district and the street know in the same minute: each a message with what it is and where."""
    on = timezone.localdate(now)

    def say() -> tuple[str, list[dict]]:
        words = _("%(report)s：%(kind)s，涉及幼儿 %(children)d 人，其中受伤、不适 %(injured)d 人") % {
            "report": _(rules.REPORTS[report]),
            "kind": _(rules.INCIDENTS[row.kind]),
            "children": row.children,
            "injured": row.injured,
        }
        url = reverse("incident", args=[actor.district.slug, row.pk])
        title = _("安全事件：%(name)s") % {"name": row.facility.name}
        return title, [{"words": words, "state": "bad", "url": url}]

    people = [
        user
        for user in messages.reaching("incident.told", row.facility.street_id, on)
        if not actor.same_person(user)
    ]
    messages.tell_at_once(people, say, actor=actor, now=now)


def kept(
    row: Incident, kind: str, text: str, due_at, files: Sequence, *, actor: Actor, now
) -> IncidentReport:
    if len(files) > MOST_FILES:
        raise Refused(_("材料：最多 %(n)d 个文件") % {"n": MOST_FILES}, field="files")
    report = IncidentReport.objects.create(
        incident=row, kind=kind, text=text, due_at=due_at, at=now, by=actor.user
    )
    for one in files:
        stored = store_file(one, actor=actor)
        if stored.content_type not in EVIDENCE_TYPES:
            raise Refused(_("材料：要图片或 PDF"), field="files", code="file_type")
        IncidentFile.objects.create(report=report, file=stored)
    return report


def lock(incident: Incident, version: int | None = None) -> Incident:
    row = (
        Incident.objects.select_for_update(of=("self",), no_key=True)
        .select_related("facility")
        .get(pk=incident.pk)
    )
    if version is not None and version != row.version:
        raise Conflict(
            _("事件 %(number)s 在你打开以后有人改过，现在是“%(state)s”。看最新的内容再办")
            % {"number": row.number, "state": row.get_state_display()},
            code="stale",
        )
    return row


def report_next(
    incident: Incident,
    *,
    text: str,
    final: bool = False,
    files: Sequence = (),
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> IncidentReport:
    """A follow-up, or the final report, after which the bureau looks at it."""
    reached(incident.facility, actor)
    row, now = lock(incident, version), now or timezone.now()
    text, kind = text.strip(), "final" if final else "follow_up"
    before, row.state = row.state, step(INCIDENT, row, kind)
    if not rules.TEXT[0] <= len(text) <= rules.TEXT[1]:
        raise Refused(_("经过和处置：写 10 到 2000 个字"), field="text")
    end = timezone.make_aware(datetime.combine(row.final_due_on + timedelta(days=1), datetime.min.time()))
    if final:
        due, row.next_due_at = end, None
        if row.reports.filter(kind="final").exists():
            kind = "follow_up"  # one that was sent back stays; what completes it follows
    else:
        hours = float(parameters.value(FOLLOW_UP, timezone.localdate(now)))
        due, row.next_due_at = row.next_due_at or end, now + timedelta(hours=hours)
    made = kept(row, kind, text, due, files, actor=actor, now=now)
    row.version += 1
    row.save()
    audit.record(
        "inspections.incident.next",
        row,
        actor=actor,
        changes={"state": [before, row.state], "report": kind, "late": made.late},
    )
    if final:
        tell(row, kind, actor=actor, now=now)
    return made


def send_back(
    incident: Incident, *, note: str, version: int | None = None, actor: Actor, now=None
) -> Incident:
    """The final report does not say enough: back to the facility, with what is missing."""
    actor.demand("incident.close")
    row, now = lock(incident, version), now or timezone.now()
    before, row.state = row.state, step(INCIDENT, row, "return")
    row.closing = noted(note)
    hours = float(parameters.value(FOLLOW_UP, timezone.localdate(now)))
    row.next_due_at = now + timedelta(hours=hours)
    row.version += 1
    row.save()
    audit.record("inspections.incident.return", row, actor=actor, changes={"state": [before, row.state]})
    return row


def noted(note: str) -> str:
    note = " ".join(note.split())
    if not 5 <= len(note) <= 200:
        raise Refused(_("意见：写 5 到 200 个字"), field="note")
    return note


def close(incident: Incident, *, note: str, version: int | None = None, actor: Actor, now=None) -> Incident:
    """The bureau ends it, with its opinion. Nobody ends what the same person reported."""
    actor.demand("incident.close")
    row, now = lock(incident, version), now or timezone.now()
    if any(actor.same_person(report.by) for report in row.reports.select_related("by")):
        raise Denied(_("自己报的事件由另一个人办结"), code="same_person")
    before, row.state = row.state, step(INCIDENT, row, "close")
    row.closing, row.closed_on, row.closed_by = noted(note), timezone.localdate(now), actor.user
    row.version += 1
    row.save()
    audit.record("inspections.incident.close", row, actor=actor, changes={"state": [before, row.state]})
    return row
