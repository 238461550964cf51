"""Model facilities (示范机构) chosen from a round: criteria that anybody of the district can check, people who decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import CreditEntry
from facilities.models.credit import listing
from facilities.services.refusals import refuse_field
from inspections.models import EvaluationCase, EvaluationRound, Incident, Order, Selection
from inspections.rules import evaluations as rules
from inspections.rules.evaluation_states import SELECTION
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit, parameters
from portal.services.steps import step

LEAST, NOTICE_DAYS = "evaluation.model_grade", "evaluation.notice_days"
YEAR = timedelta(365)


@dataclass
class Candidate:
    case: EvaluationCase
    criteria: dict[str, bool]
    selection: Selection | None = None
    words: dict[str, str] = field(default_factory=dict)

    @property
    def fit(self) -> bool:
        return all(self.criteria.values())


def many(model, condition: Q):
    """How many rows of the case's facility, as a number for a queryset."""
    rows = model.objects.filter(condition, facility=OuterRef("facility")).order_by()
    return Coalesce(Subquery(rows.values("facility").annotate(n=Count("pk")).values("n")), 0)


def candidates(row: EvaluationRound, on: date) -> list[Candidate]:
    """All facilities of the round in the order in which they would be proposed: those that meet every criterion first,
    by total, then by code. Three queries."""
    least = parameters.value(LEAST, on)
    disciplined = CreditEntry.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=on),
        facility=OuterRef("facility"),
        kind="discipline",
        state__in=("noticed", "in_force"),
    )
    cases = (
        row.cases.exclude(state="left")
        .select_related("facility__street", "selection")
        .annotate(
            listing=listing("facility"),
            disciplined=Exists(disciplined),
            orders=many(Order, ~Q(state__in=("closed", "withdrawn"))),
            incidents=many(Incident, Q(happened_on__gte=on - YEAR)),
        )
    )
    found = []
    for case in cases:
        facts = {
            "final": case.state in ("final", "published"),
            "grade": case.grade,
            "least": least,
            "vetoes": case.vetoes,
            "listed": case.disciplined,
            "orders": case.orders,
            "incidents": case.incidents,
            "state": case.facility.state,
        }
        found.append(Candidate(case, rules.fit(facts), getattr(case, "selection", None)))
    return sorted(found, key=lambda one: (not one.fit, -(one.case.total or 0), one.case.facility.code))


def criteria_words(on: date) -> dict[str, str]:
    grade = parameters.value(LEAST, on)
    return {key: _(words) % {"grade": grade} for key, words in rules.CRITERIA.items()}


def propose(case: EvaluationCase, *, reason: str, actor: Actor, at: datetime | None = None) -> Selection:
    """Proposes a facility that meets every criterion today, with a person's reason."""
    actor.demand("evaluation.decide")
    at = at or timezone.now()
    on = timezone.localdate(at)
    reason = reason.strip()
    if not 2 <= len(reason) <= 300:
        refuse_field("reason", _("理由：写 2 到 300 个字"), "reason")
    case = (
        EvaluationCase.objects.select_for_update(of=("self",))
        .select_related("round", "facility")
        .get(pk=case.pk)
    )
    if Selection.objects.filter(case=case).exists():
        raise Conflict(_("%(name)s已经提过了") % {"name": case.facility.name}, code="twice")
    one = _standing(case, on)
    made = Selection.objects.create(
        case=case, reason=reason, criteria=one.criteria, proposed_by=actor.user, proposed_at=at
    )
    audit.record(
        "inspections.selection.propose",
        made,
        actor=actor,
        name=case.facility.code,
        changes={"reason": reason},
    )
    return made


def _standing(case: EvaluationCase, on: date) -> Candidate:
    """The case as a candidate of the day; Refused with what it does not meet."""
    one = next((c for c in candidates(case.round, on) if c.case.pk == case.pk), None)
    words = criteria_words(on)
    missing = [words[key] for key, met in one.criteria.items() if not met] if one else [words["final"]]
    if missing:
        raise Refused(
            _("%(name)s不符合：%(what)s") % {"name": case.facility.name, "what": _("、").join(missing)},
            code="criteria",
        )
    return one


def locked(row: Selection, version: int) -> Selection:
    row = (
        Selection.objects.select_for_update(of=("self",))
        .select_related("case__facility", "case__round")
        .get(pk=row.pk)
    )
    if row.version != version:
        raise Conflict(
            _("%(name)s刚有变化。没有存：看过现在的内容再来") % {"name": row.case.facility.name}, code="stale"
        )
    return row


def _stepped(row: Selection, action: str, actor: Actor, *fields: str) -> Selection:
    row.version += 1
    row.save(update_fields=["state", "version", *fields])
    audit.record(
        f"inspections.selection.{action}", row, actor=actor, name=row.case.facility.code,
        changes={"note": row.dropped_note} if action == "drop" else {},
    )  # fmt: skip
    return row


def notice(row: Selection, *, actor: Actor, version: int, at: datetime | None = None) -> Selection:
    """The second person decides; the public is told, for set working days. The result itself must be public."""
    actor.demand("evaluation.confirm")
    at = at or timezone.now()
    on = timezone.localdate(at)
    row = locked(row, version)
    state = step(SELECTION, row, "notice")
    if actor.user is None or actor.same_person(row.proposed_by):
        raise Denied(_("提名和审定要两个人"), code="second_person")
    _standing(row.case, on)
    if row.case.state != "published":
        raise Conflict(_("先公布%(name)s的评估结果") % {"name": row.case.facility.name}, code="unpublished")
    row.state, row.confirmed_by, row.confirmed_at = state, actor.user, at
    row.notice_until = calendar.add_working_days(on, int(parameters.value(NOTICE_DAYS, on)))
    return _stepped(row, "notice", actor, "confirmed_by", "confirmed_at", "notice_until")


def name(row: Selection, *, actor: Actor, version: int, on: date | None = None) -> Selection:
    """Names the facility when its days are over and it still meets every criterion."""
    actor.demand("evaluation.confirm")
    on = on or timezone.localdate()
    row = locked(row, version)
    state = step(SELECTION, row, "name")
    if on <= row.notice_until:
        raise Conflict(
            _("公示到 %(day)s，满了才能命名") % {"day": row.notice_until.isoformat()}, code="early"
        )
    _standing(row.case, on)
    row.state, row.named_on = state, on
    return _stepped(row, "name", actor, "named_on")


def drop(row: Selection, *, note: str, actor: Actor, version: int) -> Selection:
    """Not chosen after all, with the reason."""
    actor.demand("evaluation.confirm")
    note = note.strip()
    if not 2 <= len(note) <= 300:
        refuse_field("note", _("为什么不入选：写 2 到 300 个字"), "note")
    row = locked(row, version)
    row.state, row.dropped_note = step(SELECTION, row, "drop"), note
    return _stepped(row, "drop", actor, "dropped_note")
