"""Many finished visits, publications, answers and re-inspections at once, for the demonstration and later for the
import of records on paper: the rules of the single services (visits.py, answers.py, results.py, orders.py), one
audit entry for the batch, a number of statements that does not grow with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from inspections.models import (
    Answer,
    ChecklistItem,
    ChecklistVersion,
    Finding,
    Inspection,
    InspectionChecklist,
    Interest,
    Order,
    PublicationEvent,
    ResultReview,
    ResultVersion,
    TeamMember,
)
from inspections.rules import visits as rules
from inspections.rules.results import silence_is_over
from inspections.rules.states import FINDING, INSPECTION, RESULT
from inspections.services import publication, result_versions
from inspections.services.answers import Given
from inspections.services.findings import order_days
from inspections.services.result_reviews import REVIEW_DAYS
from inspections.services.results import PUBLICATION_DAYS
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.rules.clocks import months_after
from portal.services import audit, parameters
from portal.services.bulk import BATCH
from portal.services.numbers import next_numbers
from portal.services.steps import step


@dataclass(frozen=True)
class Visit:
    """A visit that was made: `answers` by the item's id, `by`: the member of the team who wrote and signed them,
    `second`: the one who confirmed."""

    inspection: Inspection
    started_at: datetime
    finished_at: datetime
    answers: Mapping[int, Given]
    present: str
    by: object = None
    second: object = None
    summary: str = ""
    objection: str = ""

    @property
    def on(self) -> date:
        return timezone.localdate(self.finished_at)


@dataclass
class Lists:
    """Versions of checklists with their items, read once."""

    versions: list[ChecklistVersion] = field(default_factory=list)
    items: dict[int, list[ChecklistItem]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Lists:
        found = cls(
            list(
                ChecklistVersion.objects.select_related("checklist").order_by(
                    "checklist__position", "checklist__key"
                )
            ),
            defaultdict(list),
        )
        for item in ChecklistItem.objects.order_by("number"):
            found.items[item.version_id].append(item)
        return found

    def versions_for(self, kind: str, on: date) -> list[ChecklistVersion]:
        """As services.checklists.versions_for."""
        return [
            v
            for v in self.versions
            if kind in v.checklist.kinds and v.starts_on <= on and (v.ends_on is None or v.ends_on >= on)
        ]

    def items_for(self, kind: str, on: date) -> list[ChecklistItem]:
        """What a visit of the day has to answer, as services.checklists.items_of."""
        return [
            item
            for version in self.versions_for(kind, on)
            for item in self.items[version.pk]
            if not item.kinds or kind in item.kinds
        ]


def _locked(visits: Sequence[Visit]) -> dict[int, Inspection]:
    wanted = [visit.inspection.pk for visit in visits]
    rows = (
        Inspection.objects.select_for_update(of=("self",), no_key=True)
        .select_related("facility")
        .in_bulk(wanted)
    )
    if len(rows) != len(visits):
        raise NotFound(_("有检查不在本区，或同一次检查出现两次"), code="inspection")
    if len({row.facility_id for row in rows.values()}) != len(rows):
        raise Conflict(_("同一家机构在一批里出现两次，分两批录入"), code="facility_twice")
    return rows


def _check_teams(visits: Sequence[Visit], rows: Mapping[int, Inspection]) -> None:
    members = defaultdict(list)
    team = TeamMember.objects.filter(inspection__in=rows, dropped_at__isnull=True)
    for member in team.select_related("inspector"):
        members[member.inspection_id].append(member.inspector)
    barred = defaultdict(list)
    for one in Interest.objects.filter(facility__in=[row.facility_id for row in rows.values()]):
        barred[one.inspector_id, one.facility_id].append(one)
    for visit in visits:
        row = rows[visit.inspection.pk]
        fit = [
            one
            for one in members[row.pk]
            if rules.licensed(one.active, one.licence_from, one.licence_until, visit.on)
        ]
        if len(fit) < rules.SMALLEST_TEAM:
            raise Refused(
                _("%(number)s：检查组要有 %(need)d 名执法证有效的检查人员，现在只有 %(now)d 名")
                % {"number": row.number, "need": rules.SMALLEST_TEAM, "now": len(fit)},
                code="team",
            )
        for one in fit:
            for interest in barred.get((one.pk, row.facility_id), ()):
                if interest.starts_on <= visit.on and not (interest.ends_on and interest.ends_on < visit.on):
                    raise Refused(
                        _("%(number)s：%(code)s 与这家机构有申报的利害关系，不能进组")
                        % {"number": row.number, "code": one.code},
                        code="recusal",
                    )


def _check_visit(visit: Visit, row: Inspection, items: list[ChecklistItem]) -> None:
    if row.facility.state != "operating":
        raise Refused(
            _("%(number)s：%(name)s 现在是“%(state)s”，不能检查")
            % {
                "number": row.number,
                "name": row.facility.name,
                "state": row.facility.get_state_display(),
            },
            code="facility_state",
        )
    if visit.second is not None and visit.second == visit.by:
        raise Denied(
            _("%(number)s：签记的人不能自己确认，由组里另一个人确认") % {"number": row.number},
            code="second_person",
        )
    if not 0 < len(visit.present) <= 60 or visit.finished_at < visit.started_at:
        raise Refused(_("%(number)s：在场人员或时间不对") % {"number": row.number}, field="present")
    strange = visit.answers.keys() - {item.pk for item in items}
    if strange or not items:
        raise NotFound(_("%(number)s：有检查项不在这次检查的表里") % {"number": row.number}, code="item")
    for item in items:
        given = visit.answers.get(item.pk)
        if given is None or not rules.is_complete(given.value, given.note):
            raise Refused(
                _("%(number)s：“%(item)s”没有答完") % {"number": row.number, "item": item.text},
                code="unanswered",
            )


def _earlier(rows: Mapping[int, Inspection]) -> dict[tuple[int, str], list[tuple[date, Finding]]]:
    """Findings of these facilities by facility and item, oldest first."""
    found = defaultdict(list)
    findings = Finding.objects.filter(facility__in=[row.facility_id for row in rows.values()])
    findings = findings.exclude(state="withdrawn")
    for finding in findings.exclude(inspection__in=rows).order_by("inspection__finished_on", "pk"):
        found[finding.facility_id, finding.item_key].append(finding)
    days = dict(
        Inspection.objects.filter(findings__in=[f for group in found.values() for f in group]).values_list(
            "pk", "finished_on"
        )
    )
    return {key: [(days[f.inspection_id], f) for f in group] for key, group in found.items()}


def record_visits(visits: Sequence[Visit], *, actor: Actor, lists: Lists | None = None) -> list[Inspection]:
    """Visits that were made, from start to end: answers, findings, orders, as `start` and `finish` would have it.

    Each facility once in a batch. Refused, with the number of the inspection, for what those would refuse; then
    nothing is written. Returns the inspections in the order of their end.
    """
    actor.demand("inspection.log")
    if not actor.process:
        raise Refused(_("成批录入只在命令里做"), code="process")
    visits = sorted(visits, key=lambda visit: (visit.finished_at, visit.inspection.pk))
    if not visits:
        return []
    rows = _locked(visits)
    _check_teams(visits, rows)
    lists = lists or Lists.read()
    earlier = _earlier(rows)
    days = order_days(visits[0].on)
    publication = parameters.value(PUBLICATION_DAYS, visits[0].on)
    review_days = parameters.value(REVIEW_DAYS, visits[0].on)
    checklists, answers, findings, orders = [], [], [], []
    for visit in visits:
        row, on = rows[visit.inspection.pk], visit.on
        items = lists.items_for(row.facility.kind, on)
        _check_visit(visit, row, items)
        state = step(INSPECTION, row, "start")
        row.state, row.started_at = state, visit.started_at
        row.state = step(INSPECTION, row, "sign")
        row.signed_at, row.signed_by = visit.finished_at, visit.by
        row.state = step(INSPECTION, row, "confirm")
        row.confirmed_at, row.confirmed_by = visit.finished_at, visit.second
        row.finished_at, row.finished_on, row.finished_by = visit.finished_at, on, visit.by
        row.present, row.summary, row.objection = visit.present, visit.summary, visit.objection
        row.publish_by = calendar.add_working_days(on, publication)
        row.version += 3
        checklists += [
            InspectionChecklist(inspection=row, version=version)
            for version in lists.versions_for(row.facility.kind, on)
        ]
        answers += [
            Answer(
                inspection=row,
                item=item,
                value=visit.answers[item.pk].value,
                note=visit.answers[item.pk].note,
                mended_on_the_spot=visit.answers[item.pk].mended and visit.answers[item.pk].value == "bad",
                at=visit.started_at + (visit.finished_at - visit.started_at) * (place + 1) / (len(items) + 1),
                by=visit.by,
            )
            for place, item in enumerate(items)
        ]
        made = [
            _finding(row, item, visit.answers[item.pk], on, days, earlier)
            for item in items
            if visit.answers[item.pk].value == "bad"
        ]
        findings += made
        order = _order(row, made, on)
        if order is not None:
            orders.append(order)
    _number(orders)
    InspectionChecklist.objects.bulk_create(checklists, batch_size=BATCH)
    Answer.objects.bulk_create(answers, batch_size=BATCH)
    Order.objects.bulk_create(orders, batch_size=BATCH)
    for finding in findings:
        if finding.order is not None:
            finding.order = finding.order  # takes over the id that the order has now
    Finding.objects.bulk_create(findings, batch_size=BATCH)
    _reviews(visits, rows, answers, findings, review_days)
    Inspection.objects.bulk_update(
        rows.values(),
        [
            "state", "started_at", "signed_at", "signed_by", "confirmed_at", "confirmed_by", "finished_at",
            "finished_on", "finished_by", "present", "summary", "objection", "publish_by", "version",
        ],
        batch_size=200,
    )  # fmt: skip
    audit.record(
        "inspections.inspection.record_many",
        None,
        actor=actor,
        name=_("%(n)d 次检查") % {"n": len(visits)},
        changes={
            "count": len(visits),
            "findings": len(findings),
            "orders": len(orders),
            "days": [visits[0].on.isoformat(), visits[-1].on.isoformat()],
        },
    )
    return [rows[visit.inspection.pk] for visit in visits]


def _reviews(visits: Sequence[Visit], rows, answers, findings, days: int) -> None:
    """The drafts of the results, as `open_review` makes one."""
    given, found, team = defaultdict(list), defaultdict(list), defaultdict(list)
    for answer in answers:
        given[answer.inspection_id].append(answer)
    for finding in findings:
        found[finding.inspection_id].append(finding)
    members = TeamMember.objects.filter(inspection__in=rows, dropped_at__isnull=True).order_by("position")
    for pk, code in members.values_list("inspection", "inspector__code"):
        team[pk].append(code)
    reviews = ResultReview.objects.bulk_create(
        ResultReview(
            inspection=rows[visit.inspection.pk], answer_by=calendar.add_working_days(visit.on, days)
        )
        for visit in visits
    )
    versions = []
    for review, visit in zip(reviews, visits, strict=True):
        row = rows[visit.inspection.pk]
        lines = sorted(given[row.pk], key=lambda one: (one.item.version_id, one.item.number))
        content = result_versions.content_of(row, lines, found[row.pk], team[row.pk], number=1)
        versions.append(
            result_versions.built(review, content, "draft", at=visit.finished_at, by=visit.second)
        )
    ResultVersion.objects.bulk_create(versions, batch_size=BATCH)


def _finding(row, item, given: Given, on: date, days, earlier) -> Finding:
    mended = given.mended
    since = rules.repeats_since(on)
    past = [f for day, f in earlier.get((row.facility_id, item.key), ()) if since <= day <= on]
    return Finding(
        inspection=row,
        facility=row.facility,
        item=item,
        item_key=item.key,
        text=given.note,
        weight=item.weight,
        state=FINDING.next_state("open", "mend") if mended else FINDING.initial,
        due_on=None if mended else rules.deadline(item.weight, days, on, calendar.add_working_days),
        repeat_of=past[-1] if past else None,
    )


def _order(row: Inspection, findings: list[Finding], on: date) -> Order | None:
    left = [finding for finding in findings if finding.state == "open"]
    if not left:
        return None
    worst = rules.gravest(finding.weight for finding in left)
    due_on = next(finding.due_on for finding in left if finding.weight == worst)
    order = Order(
        inspection=row,
        facility=row.facility,
        issued_on=on,
        due_on=due_on,
        first_due_on=due_on,
        provisional=any(not calendar.is_known(finding.due_on.year) for finding in left),
    )
    for finding in left:
        finding.order = order
    return order


def _number(orders: list[Order]) -> None:
    """Numbers in the order of issue, from the series of each month."""
    counts = Counter(f"ZG-{order.issued_on:%y%m}" for order in orders)
    free = {series: iter(next_numbers(series, count)) for series, count in sorted(counts.items())}
    for order in orders:
        series = f"ZG-{order.issued_on:%y%m}"
        order.number = f"{series}-{next(free[series]):03d}"


def publish_many(moments: Mapping[Inspection, datetime], *, actor: Actor) -> int:
    """Makes the results of finished visits public, each at its moment; published ones are passed over.

    Silence makes the drafts final. Conflict for a moment within the facility's days, or an objection undecided.
    """
    actor.demand("result.publish")
    reviews = {one.inspection_id: one for one in ResultReview.objects.filter(inspection__in=list(moments))}
    months = parameters.value(publication.MONTHS, localdate(min(moments.values()))) if moments else 0
    rows, settled, events = [], [], []
    for inspection, at in moments.items():
        if inspection.state == "published":
            continue
        review = reviews.get(inspection.pk)
        if review is not None:
            review.inspection = inspection
        if (
            review is not None
            and review.state == "draft"
            and silence_is_over(review.answer_by, localdate(at))
        ):
            review.state, review.final_at = step(RESULT, review, "lapse"), at
            review.version += 1
            settled.append(review)
        if review is None or review.state != "final":
            raise Conflict(_("%(number)s 的结果还没有定稿，不能公示") % {"number": inspection}, code="review")
        inspection.state = step(INSPECTION, inspection, "publish")
        inspection.published_at = at
        inspection.publish_until = months_after(localdate(at), months)
        events.append(publication.event(review, "published", at=at))
        inspection.version += 1
        rows.append(inspection)
    if not rows:
        return 0
    ResultReview.objects.bulk_update(settled, ["state", "final_at", "version"], batch_size=500)
    Inspection.objects.bulk_update(
        rows, ["state", "published_at", "publish_until", "version"], batch_size=500
    )
    PublicationEvent.objects.bulk_create(events, batch_size=BATCH)
    Finding.objects.filter(inspection__in=rows).exclude(state="withdrawn").update(published=True)
    audit.record(
        "inspections.result.publish_many",
        None,
        actor=actor,
        name=_("%(n)d 次检查") % {"n": len(rows)},
        changes={"count": len(rows)},
    )
    return len(rows)


def open_visits(month: date):
    """The drawn visits of a month that are still to be made, in drawn order."""
    return (
        Inspection.objects.filter(Q(kind=Inspection.Kind.DRAWN), month=month, state="due")
        .select_related("facility__street", "draw")
        .order_by("position", "pk")
    )
