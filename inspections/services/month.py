"""'See that this month is in order': freezes, waits for the witness, warns, draws chained where it may, publishes.

What runs hourly, what `manage.py month` prints and what the pages call the next step all come from here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Draw, Inspection, Scheme, TeamMember, VisitPart
from inspections.rules.states import OPEN
from inspections.services import chains, draw_evidence, draw_visits, draws, freezing, plans, pools
from portal.access import Actor
from portal.calendar import add_working_days
from portal.errors import Refused
from portal.templatetags.ui import day_words, month_word

#: A list that waits for its draw; the evidence of later months waits for it.
UNDRAWN = ("frozen", "witnessed")


@dataclass(frozen=True)
class Step:
    """One of the five steps of a month. state: ok, doing, warn, bad or none; `waits_for`: whose turn it is."""

    key: str
    label: str
    state: str
    note: str
    waits_for: str = ""


@dataclass(frozen=True)
class SchemeMonth:
    """Where a scheme's month stands. `did`: what this run changed, in words."""

    scheme: Scheme
    year: int
    month: int
    draw: Draw | None
    steps: tuple[Step, ...]
    window: tuple[date, date]
    last_day: date
    did: tuple[str, ...] = ()
    counts: dict = field(default_factory=dict)

    @property
    def months_left(self) -> int:
        """L of the protocol: this month included."""
        return 13 - self.month

    @property
    def current(self) -> Step:
        """The step that the month is in: the first that is not done."""
        return next((one for one in self.steps if one.state != "ok"), self.steps[-1])

    @property
    def waits_for(self) -> str:
        return self.current.waits_for


# --- Days ------------------------------------------------------------------------------------------


def window(scheme: Scheme, year: int, month: int) -> tuple[date, date]:
    """First and last working day on which the witness is awaited, counted from the month's first."""
    before = date(year, month, 1) - timedelta(days=1)
    return add_working_days(before, 1), add_working_days(before, max(1, scheme.window_days))


def last_day(scheme: Scheme, year: int, month: int, frozen_on: date | None = None) -> date:
    """The last day for a witness. A freezing that was made up late leaves the witness its window all the same."""
    _first, end = pools.month_days(year, month)
    day = max(date(year, month, min(scheme.last_day, end.day)), window(scheme, year, month)[1])
    if frozen_on is not None:
        day = max(day, add_working_days(frozen_on, scheme.window_days))
    return day


# --- Where it stands -------------------------------------------------------------------------------


def _moment_words(at: datetime, seconds: bool = False) -> str:
    local = timezone.localtime(at)
    return f"{day_words(local.date())} {local.strftime('%H:%M:%S' if seconds else '%H:%M')}"


def visit_counts(draws_: list[Draw]) -> dict[int, dict[str, int]]:
    """Draw id -> how many visits it made, how many are finished, struck off, open. One query for all."""
    rows = (
        Inspection.objects.filter(draw__in=draws_)
        .order_by()
        .values("draw_id")
        .annotate(
            drawn=Count("pk"),
            finished=Count("pk", filter=Q(state__in=("finished", "published"))),
            cancelled=Count("pk", filter=Q(state="cancelled")),
            signed=Count("pk", filter=Q(state="signed")),
            open=Count("pk", filter=Q(state__in=OPEN)),
        )
    )
    return {row.pop("draw_id"): row for row in rows}


def short_teams(draw: Draw):
    """Open visits of the draw whose team has fewer inspectors than the scheme asks for, or nobody of a department with
    items, in drawn order."""
    return (
        draw.inspections.filter(state="due")
        .annotate(team=Count("all_team", filter=Q(all_team__dropped_at__isnull=True)))
        .filter(Q(team__lt=draw.scheme.team_size) | lacks_a_department())
        .order_by("position")
    )


def lacks_a_department() -> Exists:
    """Of visits: that one of their departments has nobody in the team, and nobody decided to go without it."""
    there = TeamMember.objects.filter(
        inspection=OuterRef("inspection"), inspector__unit=OuterRef("unit"), dropped_at__isnull=True
    )
    return Exists(VisitPart.objects.filter(~Exists(there), inspection=OuterRef("pk"), state="pending"))


def short_counts(draws_: list[Draw]) -> dict[int, int]:
    """Draw id -> how many of its visits have a short team. One query for all."""
    small = (
        Inspection.objects.filter(draw__in=[draw for draw in draws_ if draw.state == "drawn"], state="due")
        .annotate(team=Count("all_team", filter=Q(all_team__dropped_at__isnull=True)))
        .filter(Q(team__lt=F("draw__scheme__team_size")) | lacks_a_department())
        .values_list("draw_id", flat=True)
    )
    return dict(Counter(small))


def status(
    scheme: Scheme,
    year: int,
    month: int,
    *,
    on: date,
    draw: Draw | None,
    counts: dict | None = None,
    short: int = 0,
    did: tuple[str, ...] = (),
    beside: Iterable = (),
) -> SchemeMonth:
    """The five steps of a month from what is recorded; writes nothing.

    `beside`: the chain's draws of the year (month, state, published_at): they say whether the month's link is public,
    and for which earlier months its evidence waits.
    """
    scheme = draw.scheme if draw else scheme  # a list that is frozen keeps the days of its plan
    link_public = any(one.month >= month and one.published_at for one in beside)
    undrawn = sorted({one.month for one in beside if one.month < month and one.state in UNDRAWN})
    bureau, second, team = _("区教育局"), _("第二人（教育局或单位负责人）"), _("检查组")
    counts = counts or {"drawn": 0, "finished": 0, "cancelled": 0, "open": 0}
    frozen_on = timezone.localdate(draw.frozen_at) if draw else None
    first, until = window(scheme, year, month)
    end = last_day(scheme, year, month, frozen_on)
    names = {
        "freeze": _("冻结"),
        "witness": _("见证"),
        "draw": _("抽取"),
        "visits": _("检查"),
        "evidence": _("公开证据"),
    }

    def one(key: str, state: str, note: str, waits_for: str = "") -> Step:
        return Step(key, names[key], state, note, waits_for)

    later = {
        "witness": one("witness", "none", _("名单冻结之后")),
        "draw": one("draw", "none", _("第二人确认之后")),
        "visits": one("visits", "none", _("抽取之后")),
        "evidence": one("evidence", "none", _("最后一次检查结束之后")),
    }
    if draw is None:
        since = plans.standing_since(scheme)
        day = max(freezing.freeze_day(scheme, year, month), since)
        late = on > day
        note = _("应在 %(day)s 冻结，逾期还没有冻结") if late else _("%(day)s 自动冻结")
        if link_public:
            note = _("这个月的一环已经公开，系统不自动冻结：指定一期还没有开奖的彩票，再冻结名单")
        over, until_day = on > pools.month_days(year, month)[1], freezing.last_freeze_day(year, month)
        if over and on > until_day:
            note = _("整月没有冻结，补做的期限 %(until)s 已过，这个月没有抽取")
        elif over and not link_public:
            note = _("整月没有冻结，系统不再自动冻结：要补做，在双随机页冻结，最迟 %(until)s")
        asks = (late or link_public) and on <= until_day
        if since > pools.month_days(year, month)[1]:
            asks, note = False, _("年度计划 %(since)s 才公布，这个月没有抽取")
        freeze = one(
            "freeze",
            "warn" if asks else "none",
            note
            % {"day": day_words(day, on), "until": day_words(until_day, on), "since": day_words(since, on)},
            bureau if asks else "" if over else _("系统"),
        )
        steps = (freeze, *later.values())
        return SchemeMonth(scheme, year, month, None, steps, (first, until), end, did, counts)

    steps = [one("freeze", "ok", _moment_words(draw.frozen_at, seconds=True))]
    chained = draw.entropy_source == Draw.Source.CHAINED
    if draw.state == "frozen":
        words = {"day": day_words(end, on), "first": day_words(first, on), "until": day_words(until, on)}
        if on > end:
            if scheme.chained_allowed and not draw.never_chained:
                state, note, who = "warn", _("见证期到 %(day)s 已过，系统接链抽取"), _("系统")
            else:
                state, note, who = "bad", _("见证期到 %(day)s 已过，还没有见证；方案不允许接链"), bureau
        elif on > until:
            state, note, who = "warn", _("见证期已过，最迟 %(day)s"), bureau
        else:
            state, note, who = "doing", _("等见证，%(first)s 到 %(until)s"), bureau
        steps += [one("witness", state, note % words, who), later["draw"], later["visits"], later["evidence"]]
    elif draw.state == "witnessed":
        note = _("%(at)s 录入") % {"at": _moment_words(draw.entered_at)}
        steps += [
            one("witness", "ok", note),
            one("draw", "bad" if on > end else "doing", _("等第二人确认"), second),
            later["visits"],
            later["evidence"],
        ]
    else:
        witness = (
            _("没有见证，接链")
            if chained
            else f"{_moment_words(draw.entered_at)}　{draw.get_entropy_source_display()}"
        )
        steps.append(one("witness", "ok", witness))
        drawn = _("%(at)s　%(n)s 家") % {
            "at": _moment_words(draw.drawn_at, seconds=True),
            "n": counts["drawn"],
        }
        steps.append(one("draw", "ok", drawn))
        due = draw_visits.visits_due_on(draw, timezone.localdate(draw.drawn_at))
        words = {"n": counts["finished"], "day": day_words(due, on), "left": counts["open"], "short": short}
        if counts["open"] == 0:
            steps.append(one("visits", "ok", _("%(n)s 家完成") % words))
        elif short:
            note = _("%(n)s 家完成；%(short)s 家检查组缺人，不能开检") % words
            steps.append(one("visits", "bad", note, bureau))
        else:
            note = _("%(n)s 家完成，还有 %(left)s 家，%(day)s 止") % words
            if counts.get("signed"):
                note += _("；其中 %(n)s 家等第二人确认") % {"n": counts["signed"]}
            steps.append(one("visits", "bad" if on > due else "doing", note, team))
        if draw.published_at:
            steps.append(one("evidence", "ok", _moment_words(draw.published_at)))
        elif counts["open"] == 0 and undrawn:
            words = {"months": _("、").join(month_word(number) for number in undrawn)}
            note = _("等 %(months)s 月先抽取：从这个月的环能算出前面月份的环")
            steps.append(one("evidence", "warn", note % words, bureau))
        elif counts["open"] == 0:
            steps.append(one("evidence", "doing", _("系统即将公开"), _("系统")))
        else:
            steps.append(later["evidence"])
    return SchemeMonth(scheme, year, month, draw, tuple(steps), (first, until), end, did, counts)


def beside_of(years: Iterable[int]) -> dict[tuple[str, int], list]:
    """(scheme's key, year) -> its draws of the year, as `status` asks for them; one query."""
    found: dict[tuple[str, int], list] = {}
    rows = Draw.objects.filter(year__in=years).values_list(
        "chain__scheme_key", "year", "month", "state", "published_at", named=True
    )
    for row in rows:
        found.setdefault((row.chain__scheme_key, row.year), []).append(row)
    return found


def see_status(scheme: Scheme, year: int, month: int, *, on: date, did: tuple[str, ...] = ()) -> SchemeMonth:
    """As `status`, from the database."""
    draw = draws.valid_draw(scheme.key, year, month)
    counts, short = {}, 0
    if draw is not None:
        counts = visit_counts([draw]).get(draw.pk, {})
        short = short_teams(draw).count() if draw.state == "drawn" else 0
    beside = Draw.objects.filter(chain__scheme_key=scheme.key, year=year).values_list(
        "month", "state", "published_at", named=True
    )
    return status(
        scheme, year, month, on=on, draw=draw, counts=counts, short=short, did=did, beside=list(beside)
    )


# --- The run ---------------------------------------------------------------------------------------


def see_month(
    district, year: int, month: int, *, on: date, actor: Actor, at: datetime | None = None
) -> list[SchemeMonth]:
    """Does what is due for the month on the day, for each scheme of the plan, and says where each stands.

    Makes the year's chain, freezes from the freeze day on (a missed day is made up), draws chained after the last
    day where the scheme allows it, publishes what may be published. Everything that a person has to do is only
    told. Again on the same day it changes nothing.

    Raises Refused for a month that is none.
    """
    draws.check_month(year, month)
    found = []
    schemes = plans.schemes(year, on)
    for scheme in [*schemes, *left_by_plan(schemes, year, month)]:
        did = []
        note = ""
        draw = draws.valid_draw(scheme.key, year, month)
        fresh = False
        if (
            draw is None
            and on >= freezing.freeze_day(scheme, year, month)
            and on <= pools.month_days(year, month)[1]
        ):
            try:
                draw = freezing.freeze(scheme, year, month, actor=actor, on=on, at=at)
            except Refused as refused:
                if (
                    refused.status != 400
                ):  # what one scheme's list cannot hold stops no other scheme and no other month
                    raise
                note = str(refused.message)
            else:
                fresh = True
                did.append(_("冻结了名单，指纹 %(hash)s") % {"hash": draw.frozen_sha256[:12]})
        # A list that was frozen this very moment waits for the next run: its hash must be public before.
        if draw is not None and draw.state == "frozen" and not fresh and may_draw_chained(draw, on):
            try:
                draws.draw_chained(draw, actor=actor, on=on, at=at)
            except Refused as refused:
                if refused.code != "publicity":
                    raise
                note = str(refused.message)
            else:
                did.append(_("见证期已过，接链抽取"))
        if (
            draw is not None
            and draw_evidence.publish_evidence(draw, actor=actor, at=at)
            and draw.published_at is None
        ):
            did.append(_("公开了证据文件"))
        state = see_status(scheme, year, month, on=on, did=tuple(did + ([note] if note else [])))
        found.append(state)
    return found


def left_by_plan(schemes: list[Scheme], year: int, month: int) -> list[Scheme]:
    """Lines that a revision of the plan took out, as far as the month has a list of theirs: it is drawn and published."""
    there = Draw.objects.filter(year=year, month=month).exclude(state="void").select_related("scheme")
    gone = there.exclude(chain__scheme_key__in=[one.key for one in schemes]).order_by("pk")
    return [draw.scheme for draw in gone]


def may_draw_chained(draw: Draw, on: date) -> bool:
    """Whether the daily run draws this frozen month chained on the day."""
    frozen_on = timezone.localdate(draw.frozen_at)
    return (
        draw.scheme.chained_allowed
        and not draw.never_chained
        and draw.void_requested_at is None
        and on > last_day(draw.scheme, draw.year, draw.month, frozen_on)
    )


def see_chains(*, on: date, actor: Actor, at: datetime | None = None) -> int:
    """By 1 December the next year's chains are made and their anchors public; returns how many there are."""
    if (on.month, on.day) < chains.ANCHOR_DAY:
        return 0
    wanted = plans.schemes(on.year + 1, on)
    for scheme in wanted:
        chains.make_chain(scheme, on.year + 1, actor=actor, at=chains.moment(on, at)[1])
    return len(wanted)


def months_left_open(on: date) -> list[tuple[int, int]]:
    """Earlier months whose frozen list still waits: one that was frozen late leaves the witness days of the next
    month, and is drawn or called for until it is settled."""
    first = on.replace(day=1)
    waiting = Draw.objects.filter(state__in=UNDRAWN).order_by("year", "month")
    months = dict.fromkeys(waiting.values_list("year", "month"))
    return [one for one in months if date(*one, 1) < first]


def months_to_see(on: date) -> list[tuple[int, int]]:
    """This month and the next."""
    following = (on.replace(day=1) + timedelta(days=32)).replace(day=1)
    return [(on.year, on.month), (following.year, following.month)]


def month_before(on: date) -> tuple[int, int]:
    """Last month, which may still be made up."""
    last = on.replace(day=1) - timedelta(days=1)
    return last.year, last.month
