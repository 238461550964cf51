"""What waits for a person in evaluations: a sheet to fill in, a decision, a confirmation, an objection."""

from __future__ import annotations

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import EvaluationCase, EvaluationRound, EvaluationSheet, IndicatorSet, Selection
from inspections.rules import evaluations as rules
from portal.access import Actor
from portal.navigation import Line, Waiting
from portal.rules.rights import Reach

ORDER = 45
SOON = 7


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    on = on or timezone.localdate()
    found: list[Waiting] = []
    if actor.may("evaluation.self") or actor.may("evaluation.score"):
        found += _sheets(actor, on)
    if actor.may("evaluation.object"):
        found += _told(actor, on)
    if actor.may("evaluation.decide") or actor.may("evaluation.confirm"):
        found += _district(actor, on)
    return found


def open_sheets(actor: Actor, on: date):
    """Sheets that the person can fill in now: the facility's own, and those that were given to the person."""
    own = EvaluationSheet.objects.allowed(actor, "evaluation.self").filter(kind="self")
    given = EvaluationSheet.objects.allowed(actor, "evaluation.score").filter(
        kind__in=("peer", "third"), evaluator=actor.user
    )
    found = []
    rows = (own | given).filter(state="open", case__state="scoring", case__round__state="running")
    for one in rows.select_related("case__round", "case__facility").distinct().order_by("pk"):
        if one.case.round.phase_open(one.kind, on):
            found.append(one)
    return found


def _sheets(actor: Actor, on: date) -> list[Waiting]:
    slug, found = actor.district.slug, []
    for one in open_sheets(actor, on):
        until = getattr(one.case.round, f"{one.kind}_until")
        found.append(
            Waiting(
                title=_("%(kind)s：%(name)s")
                % {"kind": _(rules.KINDS[one.kind]), "name": one.case.facility.name},
                facts=one.case.round.title,
                url=reverse("evaluation-sheet", args=[slug, one.pk]),
                verb=_("填评估表"),
                due=until,
                state="warn" if (until - on).days <= 3 else "doing",
                order=ORDER,
            )
        )
    return found


def _told(actor: Actor, on: date) -> list[Waiting]:
    rows = EvaluationCase.objects.allowed(actor, "evaluation.object").filter(
        state="told", objection_until__gte=on
    )
    return [
        Waiting(
            title=_("评估结果：%(name)s，%(grade)s 级") % {"name": one.facility.name, "grade": one.grade},
            facts=_("有不同意见，在期限内提一次"),
            url=reverse("evaluation", args=[actor.district.slug, one.pk]),
            verb=_("看结果"),
            due=one.objection_until,
            state="doing",
            order=ORDER,
        )
        for one in rows.select_related("facility").order_by("pk")
    ]


def _entry(title: str, facts: str, url: str, verb: str) -> Waiting:
    return Waiting(title=title, facts=facts, url=url, verb=verb, state="doing", order=ORDER)


def _district(actor: Actor, on: date) -> list[Waiting]:
    slug, found = actor.district.slug, []
    confirms = actor.may("evaluation.confirm")
    if confirms:
        for row in IndicatorSet.objects.filter(state="submitted"):
            if not actor.same_person(row.submitted_by):
                page = reverse("indicator-set", args=[slug, row.pk])
                found.append(_entry(row.title, _("评估标准已报批，等你批准或退回"), page, _("批准或退回")))
    rounds = {row.pk: row for row in EvaluationRound.objects.filter(state="running")}
    states: dict[tuple[int, str], int] = {}
    cases = EvaluationCase.objects.filter(
        round__in=rounds, state__in=("scoring", "decided", "objected", "final")
    )
    if confirms:
        cases = cases.exclude(state__in=("decided", "objected"), decided_by=actor.user)
    for round_id, state in cases.order_by().values_list("round", "state"):
        states[round_id, state] = states.get((round_id, state), 0) + 1
    selections = set(
        Selection.objects.filter(case__round__in=rounds, state="proposed")
        .exclude(proposed_by=actor.user).values_list("case__round", flat=True)
    ) if confirms else set()  # fmt: skip
    for pk, row in rounds.items():
        page = reverse("evaluation-round", args=[slug, pk])
        last = max(row.self_until, row.peer_until, row.third_until)
        if confirms and (n := states.get((pk, "decided"))):
            words = ngettext("%(n)d 家等你复核", "%(n)d 家等你复核", n) % {"n": n}
            found.append(_entry(row.title, words, f"{page}?state=decided", _("复核")))
        if confirms and (n := states.get((pk, "objected"))):
            words = ngettext("%(n)d 家有异议", "%(n)d 家有异议", n) % {"n": n}
            found.append(_entry(row.title, words, f"{page}?state=objected", _("答复异议")))
        if pk in selections:
            page_of = reverse("evaluation-selection", args=[slug, pk])
            found.append(_entry(row.title, _("有示范机构的提名等你审定"), page_of, _("审定")))
        if actor.may("evaluation.decide") and last < on and (n := states.get((pk, "scoring"))):
            words = ngettext("%(n)d 家的评估已过期限，等认定", "%(n)d 家的评估已过期限，等认定", n) % {"n": n}
            found.append(_entry(row.title, words, f"{page}?state=scoring", _("认定")))
        if actor.may("evaluation.decide") and (n := states.get((pk, "final"))):
            words = ngettext("%(n)d 家已认定，等公布", "%(n)d 家已认定，等公布", n) % {"n": n}
            found.append(_entry(row.title, words, f"{page}?state=final", _("公布")))
    return found


def digest(actor: Actor, on: date, first: date):
    """The day's message to operators: an own sheet whose days end within a week, a result that can be objected to.
    What peers have to do is a person's, not a facility's, and stands on 'today' alone."""
    sheets = EvaluationSheet.objects.filter(
        kind="self", state="open", case__state="scoring", case__round__state="running",
        case__round__self_from__lte=on, case__round__self_until__range=(on, on + timedelta(SOON)),
    ).select_related("case__round", "case__facility")  # fmt: skip
    own: dict[int, list[tuple]] = {}
    for one in sheets.order_by("pk"):
        own.setdefault(one.case.facility_id, []).append(
            (one.pk, one.case.facility.name, one.case.round.self_until)
        )
    told: dict[int, list[EvaluationCase]] = {}
    for one in EvaluationCase.objects.filter(state="told", objection_until__gte=on).select_related(
        "facility"
    ):
        told.setdefault(one.facility_id, []).append(one)

    def lines(person: Actor, since: date) -> list[Line]:
        if not (own or told) or Reach.FACILITIES not in person.reaches("evaluation.self"):
            return []
        slug, found = person.district.slug, []
        for facility in person.listed(Reach.FACILITIES):
            for pk, name, until in own.get(facility, ()):
                words = _("自评还没有送出：%(name)s，%(day)s 截止") % {"name": name, "day": until.isoformat()}
                state = "warn" if (until - on).days <= 3 else "doing"
                found.append(Line(words, state, reverse("evaluation-sheet", args=[slug, pk])))
            for one in told.get(facility, ()):
                words = _("评估结果：%(name)s，%(grade)s 级，%(day)s 前可以提异议") % {
                    "name": one.facility.name,
                    "grade": one.grade,
                    "day": one.objection_until.isoformat(),
                }
                found.append(Line(words, "doing", reverse("evaluation", args=[slug, one.pk])))
        return found

    return lines
