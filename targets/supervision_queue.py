"""What of the yearly supervision waits for whom: rounds to open, self-reports, points, objections, ends, the report."""

from __future__ import annotations

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.navigation import Waiting
from portal.rules.rights import Reach
from targets.models.supervision import (
    SupervisionCase,
    SupervisionObjection,
    SupervisionReport,
    SupervisionRound,
)
from targets.rules import supervision as rules
from targets.services.supervision_cases import PLACES

MOST = 20


def waiting(actor: Actor) -> list[Waiting]:
    if actor.user is None or actor.visiting or not actor.may("supervision.view"):
        return []
    rows = rounds()
    live = {row.state for row in rows} & {"open", "announced"}  # only these ask anything of a unit
    found = []
    if actor.may(rules.KEEP) or actor.may(rules.CONFIRM):
        found += of_rounds(actor, rows)
    own = actor.listed(Reach.UNIT)
    if own and live:
        found += of_units(actor, own, live)
    if live and actor.may(rules.DECIDE):
        found += to_decide(actor, own, live)
    return found


def rounds() -> list[SupervisionRound]:
    """The last years' rounds, with how many units are not done, and what became of the report; one query."""
    rows = SupervisionRound.objects.exclude(state="cancelled").annotate(
        still=Count("cases", filter=~Q(cases__state="scored"), distinct=True),
        late=Count("cases", filter=Q(cases__state__in=("writing", "returned")), distinct=True),
        reported=Count("reports", distinct=True),
        drafted=Count("reports", filter=Q(reports__state="draft"), distinct=True),
    )
    return list(rows.order_by("-year")[:MOST])


def address(actor: Actor, name: str, pk: int) -> str:
    return reverse(name, args=[actor.district.slug, pk])


def of_rounds(actor: Actor, rows: list[SupervisionRound]) -> list[Waiting]:
    """For the bureau and the second person: what moves the round itself."""
    today, found = timezone.localdate(), []
    keeps, confirms = actor.may(rules.KEEP), actor.may(rules.CONFIRM)
    for row in rows:
        words = facts = verb = ""
        due, state = None, "doing"
        if row.state == "draft" and keeps:
            words = _("改退回的督查题目：%(name)s") if row.note else _("拟督查题目：%(name)s")
            facts, verb = row.note or _("拟好送第二人开启"), _("看题目")
            state, due = ("warn" if row.note else "doing"), row.report_until
        elif row.state == "submitted" and confirms and not actor.same_person(row.submitted_by):
            words, facts, verb = _("开启督查：%(name)s"), _("看过题目再开启"), _("看题目")
        elif row.state == "open" and keeps and not row.still:
            words, facts, verb = _("告知得分：%(name)s"), _("各单位都评完了"), _("去看")
        elif row.state == "open" and keeps and row.late and today > row.report_until:
            words, verb, state, due = _("自查过了期限：%(name)s"), _("去看"), "bad", row.report_until
            facts = ngettext("%(n)d 个单位没有报自查", "%(n)d 个单位没有报自查", row.late) % {"n": row.late}
        elif (
            row.state == "announced"
            and confirms
            and today > row.object_until
            and not actor.same_person(row.announced_by)
        ):
            words, facts, verb = _("定下督查结果：%(name)s"), _("提异议的时间过了"), _("去定")
        elif row.state == "final" and keeps and not row.reported:
            words, facts, verb = _("起草督查通报：%(name)s"), _("结果已定"), _("去起草")
        if words:
            found.append(
                Waiting(
                    title=words % {"name": row}, facts=facts, url=address(actor, "supervision", row.pk), verb=verb,
                    due=due, state=state, order=60,
                )
            )  # fmt: skip
    if confirms and any(row.drafted for row in rows):
        drafts = SupervisionReport.objects.filter(state="draft").select_related("round").defer("content")
        found += [
            Waiting(
                title=_("印发督查通报：%(name)s") % {"name": one.round},
                facts=_("起草的人不能印发"),
                url=address(actor, "supervision-report", one.round_id),
                verb=_("看送审稿"),
                order=60,
            )
            for one in drafts
            if actor.user.pk not in one.writers
        ]
    return found


def of_units(actor: Actor, own: list[int], live: set[str]) -> list[Waiting]:
    """For a unit: its self-report, what came back, its points to give, scores that it may object to."""
    today, found = timezone.localdate(), []
    if actor.may(rules.REPORT):
        mine = SupervisionCase.objects.filter(unit__in=own).select_related("round", "unit")
        asked = Q(round__state="open", state__in=("writing", "returned"))
        told = Q(round__state="announced", round__object_until__gte=today)
        found += [_own(actor, case, today) for case in mine.filter(asked | told).order_by("pk")[:MOST]]
    if "open" in live and actor.may(rules.REVIEW):
        found += to_review(actor, own, today)
    return found


def _own(actor: Actor, case: SupervisionCase, today) -> Waiting:
    url = address(actor, "supervision-case", case.pk)
    if case.round.state == "announced":
        return Waiting(
            title=_("看督查得分：%(name)s") % {"name": case.round},
            facts=_("有异议的在期限前提出"),
            url=url,
            verb=_("看得分"),
            due=case.round.object_until,
        )
    back = case.state == "returned"
    words = _("补充督查自查：%(name)s") if back else _("填督查自查：%(name)s")
    return Waiting(
        title=words % {"name": case.round},
        facts=case.unit.name,
        url=url,
        verb=_("补充") if back else _("填自查"),
        due=case.round.report_until,
        state="bad" if today > case.round.report_until else "warn" if back else "doing",
    )


def to_review(actor: Actor, own: list[int], today) -> list[Waiting]:
    """One line a round: how many units wait for points of the person's unit."""
    cases = SupervisionCase.objects.filter(
        round__state="open", state="submitted", seats__unit__in=own, seats__part__in=PLACES
    ).exclude(unit__in=own)
    by_round: dict[int, list] = {}
    for case in cases.select_related("round").prefetch_related("seats").distinct():
        open_places = {
            PLACES[seat.part] for seat in case.seats.all() if seat.unit_id in own and seat.part in PLACES
        } - set(case.done)
        if open_places:
            by_round.setdefault(case.round_id, []).append(case)
    return [
        Waiting(
            title=ngettext("给 %(n)d 个单位评分：%(name)s", "给 %(n)d 个单位评分：%(name)s", len(rows))
            % {"n": len(rows), "name": rows[0].round},
            facts=_("自查已报，等你单位评分"),
            url=address(actor, "supervision-case", rows[0].pk)
            if len(rows) == 1
            else f"{address(actor, 'supervision', rows[0].round_id)}?mine=1",
            verb=_("去评分"),
            due=rows[0].round.review_until,
            state="bad" if today > rows[0].round.review_until else "doing",
        )
        for rows in by_round.values()
    ]


def to_decide(actor: Actor, own: list[int], live: set[str]) -> list[Waiting]:
    """For a third person: units whose two reviewers are far apart, and objections; not of points that one gave."""
    apart = (
        SupervisionCase.objects.filter(round__state="open", state="disputed")
        .exclude(unit__in=own)
        .exclude(answers__marks__by=actor.user)
    )
    whole = Reach.ALL in actor.reaches(rules.DECIDE)
    if not whole:
        apart = apart.filter(seats__part="third", seats__unit__in=own)
    found = []
    if "open" in live:
        found = list(apart.select_related("round", "unit").order_by("pk")[:MOST])
    found = [
        Waiting(
            title=_("定分：%(name)s") % {"name": case},
            facts=_("两个评分单位差得多"),
            url=address(actor, "supervision-case", case.pk),
            verb=_("去定分"),
            due=case.round.review_until,
            state="warn",
        )
        for case in found
    ]
    if "announced" not in live:
        return found
    against = (
        SupervisionObjection.objects.filter(state="given", answer__case__round__state="announced")
        .exclude(answer__unit__in=own)
        .exclude(answer__marks__by=actor.user)
    )
    if not whole:
        against = against.filter(answer__case__seats__part="third", answer__case__seats__unit__in=own)
    found += [
        Waiting(
            title=_("答复督查异议：%(unit)s") % {"unit": one.answer.unit.name},
            facts=one.text,
            url=address(actor, "supervision-objection", one.pk),
            verb=_("去答复"),
            state="warn",
        )
        for one in against.select_related("answer__unit").order_by("given_at", "pk")[:MOST]
    ]
    return found
