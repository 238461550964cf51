"""The roll-up: all figures of the open district for a month or a year, judged and kept as a snapshot.

The number of queries depends on the kinds of rows that the metrics look at (targets/metrics), never on streets
or rows. A snapshot is content under a hash: the same content is not kept twice, and computing a closed period
again gives the same hash or says in `differs` what changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

import orjson
from django.db import DatabaseError, connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from facilities.supply import residents
from portal.access import Actor
from portal.errors import Refused
from portal.models.places import Street
from portal.models.policy import PolicyDocument
from portal.services import audit, known_parameters, parameters
from portal.templatetags.ui import month_word
from portal.tenancy import current_scope
from targets.metrics.base import Family, Metric, Period
from targets.metrics.registry import CITY, FAMILIES, METRICS, OWN
from targets.models.targets import Snapshot, Target
from targets.models.tasks import round_name
from targets.rules import verdicts
from targets.rules.verdicts import Figure, Judged
from targets.services import first_records, promises, snapshots
from targets.services.snapshots import Key, written

#: Kinds of residents that metrics divide by.
POPULATIONS = sorted({metric.population for metric in METRICS.values() if metric.population})


#: A period as addresses have it.
CODE = re.compile(r"(\d{4})(?:-(?:(\d{1,2})|Q(\d)))?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
PLAN = "plan"


@dataclass
class RollUp:
    """What a roll-up found, before it is kept. `targets`: the counted ones."""

    period: Period
    targets: list[Target]
    streets: list
    values: dict[Key, Judged] = field(default_factory=dict)
    on_due_day: dict[Key, Judged] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, int]:
        return {key: METRICS[key].version for key in sorted({key.metric for key in self.values})}

    @cached_property
    def texts(self) -> dict[Key, tuple[str, ...]]:
        """Each figure as it is kept and hashed."""
        return {key: written(judged) for key, judged in self.values.items()}

    @cached_property
    def sha256(self) -> str:
        """Over the period, versions, reasons and figures by the keys of targets and codes of streets, not by ids."""
        targets = {t.pk: f"{t.document.key}/{t.key}/{t.starts_on}" for t in self.targets}
        codes = {s.pk: s.code for s in self.streets}
        figures = sorted(
            (k.metric, targets.get(k.target_id, ""), codes.get(k.street_id, ""), *text,
             *(written(self.on_due_day[k]) if k in self.on_due_day else ()))
            for k, text in self.texts.items()
        )  # fmt: skip
        period = self.period
        content = {
            "district": current_scope().district_id,
            "period": [period.kind, str(period.starts_on), str(period.ends_on), str(period.as_of)],
            "versions": self.versions,
            "unknown": self.unknown,
            "figures": figures,
        }
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def period_of(year: int, month: int | None = None, *, quarter: int | None = None, on: date) -> Period:
    """The month, the quarter or (neither given) the year, judged as far as the day `on`; Refused for month 13,
    quarter 5 or what has not begun."""
    if not 2000 <= year <= 2100:
        raise Refused(_("年份：填 2000 到 2100 之间的数"), field="year", code="year")
    if month is not None and not 1 <= month <= 12:
        raise Refused(_("月份：填 1 到 12 之间的数"), field="month", code="month")
    if quarter is not None and not 1 <= quarter <= 4:
        raise Refused(_("季度：填 1 到 4 之间的数"), field="quarter", code="quarter")
    starts_on = date(year, 3 * quarter - 2 if quarter else month or 1, 1)
    if starts_on > on:
        words = _("%(period)s还没开始，没有可算的记录。选已经开始的月份、季度或年份")
        raise Refused(
            words % {"period": period_name(year, month, quarter)},
            field="quarter" if quarter else "month" if month else "year",
            code="future",
        )
    if quarter:
        return Period.quarter(year, quarter, on)
    return Period.month(year, month, on) if month else Period.year(year, on)


def period_name(year: int, month: int | None = None, quarter: int | None = None) -> str:
    """2026年11月, 2026 年四季度, 2026年."""
    if quarter:
        return round_name(year, quarter)
    return _("%(y)d年%(m)s月") % {"y": year, "m": month_word(month)} if month else _("%(y)d年") % {"y": year}


def name_of(period: Period) -> str:
    """2026年11月, 2026年四季度, 2026年, 整个计划期, 2026年11月15日."""
    at = period.starts_on
    if period.kind == "plan":
        return _("整个计划期")
    if period.kind == "day":
        return date_format(period.as_of, _("Y年n月j日"))
    month = at.month if period.kind == "month" else None
    return period_name(at.year, month, period.ends_on.month // 3 if period.kind == "quarter" else None)


def period_named(text: str, *, on: date) -> Period:
    """The period of `2026-11`, `2026-Q4`, `2026`, `plan` or a day; Refused for other texts and for what has not begun."""
    if text == PLAN:
        return plan_period(on)
    if DAY.fullmatch(text):
        return day_period(text, on=on)
    match = CODE.fullmatch(text)
    if match is None:
        words = _("时间：写成 2026-11、2026-Q4、2026、2026-11-15，或者 plan（整个计划期）")
        raise Refused(words, field="period", code="period")
    year, month, quarter = (int(part) if part else None for part in match.groups())
    return period_of(year, month, quarter=quarter, on=on)


def common_period(text: str, *, on: date) -> Period:
    """A period that all districts have alike: a month, a quarter or a year; plans begin and end as their districts'."""
    period = period_named(text, on=on)
    if period.kind in ("plan", "day"):
        raise Refused(_("各区对照按月、按季、按年看"), field="period", code="period")
    return period


def plan_period(on: date) -> Period:
    """From the day on which the district's plan begins (parameter `plan.from`) to the day; Refused without one."""
    text = parameters.values(["plan.from"], on).get("plan.from")
    try:
        begun = date.fromisoformat(text or "")
    except ValueError:
        begun = None
    if begun is None or begun > on:
        words = _("本区还没有三年行动计划的起算日，在参数页补上")
        raise Refused(words, field="period", code="plan")
    period_to = (
        PolicyDocument.objects.exclude(period_to=None).filter(period_from__lte=on).aggregate(Max("period_to"))
    )
    return Period.plan(begun, period_to["period_to__max"], on)


def day_period(text: str, *, on: date) -> Period:
    """A day that is there and not in the future."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(_("时间：没有 %(day)s 这一天") % {"day": text}, field="period", code="period") from None
    if day > on or day.year < 2000:
        words = _("%(day)s 还没到，没有可算的记录。选今天或更早的一天")
        early = _("%(day)s 太早了，选 2000 年以后的一天")
        raise Refused((words if day > on else early) % {"day": text}, field="period", code="future")
    return Period.day(day)


def streets() -> list:
    """All streets of the district, as tuples: the roll-up asks them a thousand times and changes none."""
    return list(
        Street.objects.order_by("code").values_list(
            "pk", "code", "name", "is_street", "counted_in_plan", named=True
        )
    )


def parameter_values(on: date) -> dict:
    """Parameters that metrics name, as in force on the day."""
    return parameters.values(sorted({key for f in FAMILIES for key in f.parameters.values()}), on)


def name_of_parameter(key: str) -> str:
    one = known_parameters.every().get(key)
    return one.label if one else key


#: (family, day) -> metric -> street -> numbers: what was counted already, of families whose figures only the day decides.
Known = dict[tuple[str, date], dict]


def raw_figures(
    families: dict[Family, list[Metric]],
    period: Period,
    values: dict,
    unknown: dict[str, str],
    known: Known | None = None,
) -> dict[str, dict[int | None, Figure]]:
    """metric -> street -> figure; a metric that cannot be computed lands in `unknown` and stops no other."""
    able: dict[Family, list[Metric]] = {}
    for family, wanted in families.items():
        for metric in wanted:
            if lost := family.missing(metric, values):
                unknown[metric.key] = _("缺参数 %(keys)s，在参数页补上") % {
                    "keys": "、".join(map(name_of_parameter, lost))
                }
            else:
                able.setdefault(family, []).append(metric)
    try:
        with transaction.atomic():
            parts = [_once(family, metrics, period, values, known) for family, metrics in able.items()]
    except DatabaseError:  # somewhere; now one by one, to find out where
        parts = [_attempt(family, metrics, period, values, unknown) for family, metrics in able.items()]
    return {
        key: {street: Figure(*pair) for street, pair in by_street.items()}
        for part in parts
        for key, by_street in part.items()
    }


def _once(family: Family, metrics: list[Metric], period: Period, values: dict, known: Known | None) -> dict:
    """The family's metrics, counted unless another period that ends on the day has counted them."""
    if known is None or not family.of_the_day:
        return family.figures(period, values, metrics)
    have = known.setdefault((family.key, period.as_of), {})
    have |= family.figures(period, values, [metric for metric in metrics if metric.key not in have])
    return {metric.key: have[metric.key] for metric in metrics}


def _attempt(family: Family, metrics: list[Metric], period: Period, values: dict, unknown: dict) -> dict:
    """The family's metrics together, and when that fails each alone."""
    try:
        with transaction.atomic():
            return family.figures(period, values, metrics)
    except DatabaseError as error:
        if len(metrics) == 1:
            unknown[metrics[0].key] = _("算不出：%(what)s") % {"what": str(error).splitlines()[0][:160]}
            return {}
    found: dict = {}
    for metric in metrics:
        found |= _attempt(family, [metric], period, values, unknown)
    return found


def per_population(figures: dict[int | None, Figure], metric: Metric, people, streets) -> dict:
    """The sum of each street over its residents; a street without rows has a sum of nought."""
    nought = Figure(Decimal(0))
    return {
        s.pk: Figure(figures.get(s.pk, nought).numerator, people.get((metric.population, s.pk), Decimal(0)))
        for s in streets
    }


def compute(period: Period, *, only: Iterable[str] | None = None, known: Known | None = None) -> RollUp:
    """All figures of the open district for the period (`only`: of these metrics); nothing is written.

    `known`: given to several periods of one day, what is the same in all is counted once.
    """
    found = RollUp(period, promises.counted_targets(period.as_of), streets())
    nothing = first_records.none_of(period)
    wanted = set(METRICS) if only is None else set(only)
    judged: list[tuple[str, Target | None]] = [(t.metric, t) for t in found.targets if t.metric in wanted]
    asked = {metric for metric, _t in judged}
    judged += [(m, None) for m in (*OWN, *CITY) if m in wanted and (m in CITY or m not in asked)]
    judged = list(dict.fromkeys(judged))
    values, people = parameter_values(period.as_of), residents(period.as_of, POPULATIONS)

    def figures_on(day: Period, metrics: set[str]) -> dict:
        families = {f: [m for m in f.metrics if m.key in metrics] for f in FAMILIES}
        raw = raw_figures({f: ms for f, ms in families.items() if ms}, day, values, found.unknown, known)
        for key, by_street in raw.items():
            if METRICS[key].measure == "per_population":
                raw[key] = per_population(by_street, METRICS[key], people, found.streets)
        return raw

    if nothing:  # neither nought nor kept: nobody knows
        found.unknown |= {metric: _(first_records.NONE_YET) for metric, _t in judged}
    today = {} if nothing else figures_on(period, {metric for metric, _t in judged})
    for metric, target in judged:
        found.values |= judge(metric, target, today.get(metric), period, found.streets)
    past = [
        (m, t) for m, t in judged if t is not None and t.period == "by-date" and promises.is_over(t, period)
    ]
    for due in sorted({t.due for _m, t in past}):
        day = period.on(due)
        then = figures_on(day, {m for m, t in past if t.due == due})
        for metric, target in past:
            if target.due == due:
                found.on_due_day |= judge(metric, target, then.get(metric), day, found.streets)
    return found


def judge(metric: str, target: Target | None, by_street, period: Period, streets) -> dict[Key, Judged]:
    """The district's figure and each street's; all unknown where the metric could not be computed."""
    measure = METRICS[metric].measure
    target_id = target.pk if target else None
    counted = promises.counted_streets(target, streets)
    promise = promises.promise_of(target) if target else None
    pace, over = (
        (promises.pace_of(target, period), promises.is_over(target, period)) if target else (None, False)
    )
    if by_street is None:
        nothing = Judged(None, None, None, None, verdicts.UNKNOWN if target else "")
        return {Key(metric, target_id, None): nothing}
    whole = verdicts.judge_district(promise, measure, by_street, counted, pace, over)
    result = {Key(metric, target_id, None): whole}
    asked = set(counted)
    for street in streets:
        figure = by_street.get(street.pk)
        if figure is None and street.pk not in asked:
            continue
        # a street that the target does not ask has a figure, but breaks no promise
        its = promise if street.pk in asked else None
        result[Key(metric, target_id, street.pk)] = verdicts.judge_street(its, measure, figure, pace, over)
    return result


def lock(period: Period) -> None:
    """One roll-up of a district's period at a time; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"rollup {current_scope().district_id} {period.kind} {period.starts_on}"],
        )


def roll_up(
    period: Period, *, actor: Actor, now: datetime | None = None, known: Known | None = None
) -> Snapshot:
    """The snapshot of the open district's period: a new one, or the kept one when its content is the same.
    `known`: see `compute`.

    Raises Refused when the period lies in the future.
    """
    actor.demand("target.roll_up")
    now = now or timezone.now()
    if period.as_of > timezone.localdate(now):
        words = _("%(day)s 还没到，不能先算。算到今天为止")
        raise Refused(words % {"day": period.as_of.isoformat()}, code="future")
    lock(period)
    found = compute(period, known=known)
    sha256 = found.sha256
    before = (
        Snapshot.objects.filter(period=period.kind, starts_on=period.starts_on, as_of=period.as_of)
        .order_by("-taken_at", "-pk")
        .first()
    )
    if before is not None and before.sha256 == sha256:
        return before
    snapshot = Snapshot.objects.create(
        period=period.kind,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        as_of=period.as_of,
        taken_at=now,
        versions=found.versions,
        unknown=found.unknown,
        sha256=sha256,
        differs=snapshots.differences(before, found) if before else [],
    )
    snapshots.keep(snapshot, found)
    snapshots.discard_interim(snapshot)
    audit.record(
        "targets.snapshot.take",
        snapshot,
        actor=actor,
        changes={"sha256": sha256, "as_of": str(period.as_of), "differs": len(snapshot.differs)},
        name=f"{period.kind} {period.starts_on}",
    )
    return snapshot
