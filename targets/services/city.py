"""Reading: the districts side by side, and the city's targets over them. Runs in `city_scope()`, writes nothing.

Each page is a handful of queries over all districts, whatever their number. Figures are those of the districts' own
snapshots; no street's is read, so that what docs/rights.md hides stays hidden.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.models.places import District, Street
from portal.models.policy import Parameter
from portal.rules.machine import marked
from portal.rules.parameters import CHOICES, show_value
from portal.templatetags.ui import day_words
from targets.metrics import cycle
from targets.metrics.base import Family, Metric, Period
from targets.metrics.city import OVER
from targets.metrics.registry import FAMILY_OF, METRICS
from targets.models.targets import Snapshot, SnapshotValue, Target
from targets.rules import comparison, figures, verdicts
from targets.rules.comparison import Entry, Whole
from targets.services import first_records, promises

#: How many districts the city has: a parameter of the city's.
DISTRICTS = "city.districts"
#: facet -> its words; a parameter's are its label
FACETS = {
    "version": marked("算法"),
    "as_of": marked("算到"),
    "kind": marked("数的是什么"),
    "streets": marked("哪些街镇"),
    "limit": marked("每个街镇的要求"),
}
KINDS = {"streets": marked("达到要求的街镇"), "number": marked("合计"), "share": marked("占比")}
STREETS = {
    "street": marked("街道、镇"),
    "plan": marked("街道、镇和计划列入的园区"),
    "all": marked("全部街镇和园区"),
    "": marked("不分街镇，全区"),
}
FIGURE = (
    "district_id", "metric", "target_id", "street_id", "numerator", "denominator", "value", "limit", "verdict",
    "on_due_day",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A district's figure of a metric, with the target that asks for it; `value` None: missing, `entry.why` says why."""

    district: District
    target: Target
    snapshot: Snapshot | None
    value: object | None
    entry: Entry
    #: facet -> value, as a page says them
    words: dict[str, str]


@dataclass
class Row:
    """A metric that some district's plan targets, district by district."""

    metric: Metric
    cells: dict[int, Cell]
    #: facet -> its name
    names: dict[str, str]

    @property
    def entries(self) -> list[Entry]:
        return [cell.entry for cell in self.cells.values()]

    @property
    def state(self) -> str:
        return comparison.state(self.entries)

    @property
    def missing(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if not cell.entry.known]


@dataclass
class Read:
    """What all pages of the city start from: its districts and the newest snapshot of each for the period."""

    period: Period
    districts: list[District]
    snapshots: dict[int, Snapshot]
    values: dict[tuple[int, str, int | None], object] = field(default_factory=dict)
    #: districts for which the period was over before their first records
    early: frozenset[int] = frozenset()

    @property
    def without(self) -> list[str]:
        """Districts whose figures could be computed and are not."""
        return [d.name for d in self.districts if d.pk not in self.snapshots and d.pk not in self.early]

    def day(self, district: int) -> date:
        """Whose records count for the district: of its snapshot, else of the period so far."""
        snapshot = self.snapshots.get(district)
        return snapshot.as_of if snapshot else self.newest

    @property
    def newest(self) -> date:
        return max((s.as_of for s in self.snapshots.values()), default=self.period.as_of)

    def streets(self, district: int, which: str) -> str:
        """Whose streets a target asks; a plan that counts nothing beside the streets asks the streets."""
        parks = {one.pk for one in self.districts if one.with_parks}
        return "street" if which == "plan" and district not in parks else which

    def counted_to(self, district: int) -> date:
        """Up to which day, for comparing: who counts anew after midnight does not count another thing."""
        day, newest = self.day(district), self.newest
        return newest if newest - day <= timedelta(1) else day

    def why(self, district: int, metric: str) -> str:
        """Why a figure is missing."""
        snapshot = self.snapshots.get(district)
        if snapshot is None:
            return _(first_records.NONE_YET) if district in self.early else _("这段时间还没有算过")
        return snapshot.unknown.get(metric) or _("没有可算的记录")


def read(period: Period, metrics: Iterable[str] | None = None) -> Read:
    """The districts, their newest snapshots of the period, and the districts' own figures in them."""
    parks = Street.objects.filter(district=OuterRef("pk"), counted_in_plan=True)
    districts = District.objects.filter(level=District.Level.DISTRICT).annotate(with_parks=Exists(parks))
    districts = list(districts.order_by("pk"))
    newest = (
        Snapshot.objects.filter(
            period=period.kind, starts_on=period.starts_on, district__in=[d.pk for d in districts]
        )
        .order_by("district_id", "-as_of", "-taken_at", "-pk")
        .distinct("district_id")
        .defer("differs")
    )
    found = Read(period, districts, {s.district_id: s for s in newest})
    lacking = [d for d in districts if d.pk not in found.snapshots]
    if lacking and period.ends_on < timezone.localdate():
        since = first_records.begins(lacking)
        found.early = frozenset(pk for pk, day in since.items() if first_records.before(period, day))
    ids = [s.pk for s in found.snapshots.values()]
    rows = SnapshotValue.objects.filter(snapshot__in=ids, street=None)
    if metrics is not None:
        rows = rows.filter(metric__in=list(metrics))
    for value in rows.values_list(*FIGURE, named=True):
        found.values[value.district_id, value.metric, value.target_id] = value
    return found


# ---- the districts side by side


def asked(found: Read) -> dict[str, dict[int, Target]]:
    """metric -> district -> the target that asks for it, as in force on the district's day; a plan's before an own one."""
    ids = [d.pk for d in found.districts]
    days = [found.day(pk) for pk in ids] or [found.period.as_of]
    targets = (
        Target.objects.filter(district__in=ids, proof=Target.Proof.COUNTED, starts_on__lte=max(days))
        .exclude(ends_on__lt=min(days))
        .select_related("document", "clause")
        .defer(*promises.UNREAD)
    )
    result: dict[str, dict[int, Target]] = defaultdict(dict)
    for target in sorted(targets, key=lambda t: (t.document.key == "own", t.document.key, t.position, t.pk)):
        day = found.day(target.district_id)
        if target.starts_on <= day and (target.ends_on is None or target.ends_on >= day):
            result[target.metric].setdefault(target.district_id, target)
    return result


def parameters_of(found: Read, keys: Iterable[str]) -> dict[tuple[int, str], Parameter]:
    """(district, key) -> the version in force on the district's day."""
    ids = [d.pk for d in found.districts]
    rows = Parameter.objects.filter(key__in=sorted(set(keys)), district__in=ids)
    result = {}
    for row in rows.order_by("starts_on"):
        day = found.day(row.district_id)
        if row.starts_on <= day and (row.ends_on is None or row.ends_on >= day):
            result[row.district_id, row.key] = row
    return result


def keys_of(metric: Metric) -> list[str]:
    """The parameters on which a metric's figure depends."""
    family = FAMILY_OF[metric.key]
    return sorted(family.parameters[name] for name in family.names | metric.names)


def definition(
    metric: Metric, target: Target | None, district: int, found: Read, parameters: dict
) -> tuple[dict[str, str], dict[str, str]]:
    """(facet -> value to compare, facet -> words) of a district's figure."""
    snapshot = found.snapshots.get(district)
    promise = promises.promise_of(target) if target else None
    kind = figures.kind_of(promise, metric.measure)
    version = str((snapshot.versions if snapshot else {}).get(metric.key, metric.version))
    day = found.day(district)
    values = {
        "version": version,
        "as_of": found.counted_to(district).isoformat(),
        "kind": kind,
        "streets": "",
        "limit": "",
    }
    if promise is not None and (promise.scope == "street" or kind == "streets"):
        values["streets"] = found.streets(district, target.streets_counted)
    if kind == "streets":
        limit = verdicts.limit_of(promise, metric.measure)
        shown = figures.plain(limit) if metric.measure == "count" else figures.percent(limit)
        values["limit"] = f"{figures.SIGNS[promise.comparator]} {shown}".strip()
    which = STREETS[values["streets"]]
    words = {
        "version": _("第 %(n)s 版") % {"n": version},
        "as_of": day_words(day),
        "kind": _(KINDS[kind]),
        "streets": _(which),
        "limit": values["limit"] or "—",
    }
    for key in keys_of(metric):
        row = parameters.get((district, key))
        values[key] = json.dumps(row.value, sort_keys=True) if row else ""
        words[key] = value_words(row) if row else _("没有取值")
    return values, words


def value_words(row: Parameter) -> str:
    shown = show_value(row.value, row.key)
    return f"{_(shown) if row.key in CHOICES else shown} {row.unit}".strip()


def side_by_side(period: Period, *, only: str | None = None) -> tuple[Read, list[Row]]:
    """Each metric that a district's plan targets, in the order of the product's metrics; `only`: one of them."""
    found = read(period, None if only is None else [only])
    targets = asked(found)
    wanted = [METRICS[key] for key in METRICS if key in targets and only in (None, key)]
    parameters = parameters_of(found, (key for metric in wanted for key in keys_of(metric)))
    labels = {row.key: row.label for row in parameters.values()}
    rows = []
    for metric in wanted:
        cells = {}
        for district in found.districts:
            target = targets[metric.key].get(district.pk)
            if target is None:
                continue
            value = found.values.get((district.pk, metric.key, target.pk))
            values, words = definition(metric, target, district.pk, found, parameters)
            entry = entry_of(district, tuple(values.items()), value, target.comparator)
            if not entry.known:
                entry = Entry(
                    district.name, entry.definition, comparator=target.comparator,
                    why=found.why(district.pk, metric.key),
                )  # fmt: skip
            cells[district.pk] = Cell(district, target, found.snapshots.get(district.pk), value, entry, words)
        names = {
            key: _(FACETS[key]) if key in FACETS else labels.get(key, key)
            for key in next(iter(cells.values())).words
        }
        rows.append(Row(metric, cells, names))
    return found, rows


def entry_of(district: District, facets: tuple, value, comparator: str) -> Entry:
    if value is None:
        return Entry(district.name, facets, comparator=comparator)
    return Entry(district.name, facets, value.numerator, value.denominator, value.value, comparator)


# ---- the city's targets


@dataclass
class CityTarget:
    """A target of the city's documents; `whole` and `parts` where the districts' records count it."""

    target: Target
    metric: Metric | None = None
    whole: Whole | None = None
    parts: list[tuple[District, Entry]] = field(default_factory=list)
    per: int = 1
    period: Period | None = None
    #: counted from the city's own records, with the rows where they are asked for
    own: bool = False
    rows: list[dict] = field(default_factory=list)

    @property
    def counted(self) -> bool:
        return self.metric is not None

    @property
    def missing(self) -> list[tuple[District, Entry]]:
        return [(district, entry) for district, entry in self.parts if not entry.known]

    @property
    def kind(self) -> str:
        return "number" if self.metric.measure == "count" and self.per == 1 else "share"


@dataclass
class CityRead:
    read: Read
    rows: list[CityTarget]
    #: how many districts the city has; None where nobody entered it
    expected: int | None

    @property
    def inside(self) -> int:
        return len(self.read.districts)


def city_targets(city: District, period: Period, *, only: int | None = None) -> CityRead:
    """The targets of the city's own documents, of which districts' records answer some."""
    wanted = {*OVER} | {over.metric for over in OVER.values()} | {over.known for over in OVER.values()}
    targets = promises.targets_in_force(period.as_of, only=only, district=city.pk)
    wanted |= {t.metric for t in targets if t.proof == Target.Proof.COUNTED}
    found = read(period, wanted)
    keys = {DISTRICTS} | {key for one in cycle.FAMILIES for key in one.parameters.values()}
    given = Parameter.objects.filter(key__in=sorted(keys), district=city).current(period.as_of)
    values = {row.key: row.value for row in given}
    expected = int(values[DISTRICTS]) if DISTRICTS in values else None
    judged_on = Period(period.kind, period.starts_on, period.ends_on, found.newest)
    own = OwnRecords.of(city, (t for t in targets if t.proof == Target.Proof.COUNTED), period, values)
    rows = []
    for target in targets:
        if target.proof != Target.Proof.COUNTED or target.metric not in METRICS:
            rows.append(CityTarget(target))
            continue
        if FAMILY_OF[target.metric].of_city:
            rows.append(own.target(target, with_rows=only is not None))
            continue
        metric, over = METRICS[target.metric], OVER.get(target.metric)
        per = over.per if over else 1
        parts = [(d, part_of(d, target, metric, found)) for d in found.districts]
        whole = comparison.judge_city(
            promises.promise_of(target),
            "share" if over else metric.measure,
            [entry for _district, entry in parts],
            expected,
            promises.pace_of(target, judged_on),
            promises.is_over(target, judged_on),
            per,
        )
        rows.append(CityTarget(target, metric, whole, parts, per, judged_on))
    return CityRead(found, rows, expected)


@dataclass
class OwnRecords:
    """What the city's own records say of its targets: one query for each kind of row. `values`: the city's parameters."""

    city: District
    period: Period
    values: dict[str, object]
    figures: dict[str, tuple[Decimal, Decimal]]

    @classmethod
    def of(cls, city: District, targets: Iterable[Target], period: Period, values: dict) -> OwnRecords:
        wanted: dict[Family, list[Metric]] = defaultdict(list)
        for target in targets:
            if target.metric in METRICS and FAMILY_OF[target.metric].of_city:
                wanted[FAMILY_OF[target.metric]].append(METRICS[target.metric])
        figures = {}
        for family, metrics in wanted.items():
            able = [metric for metric in metrics if not family.missing(metric, values)]
            for key, by_street in family.figures(period, values, able).items():
                if by_street:
                    figures[key] = by_street[None]
        return cls(city, period, values, figures)

    def target(self, target: Target, *, with_rows: bool) -> CityTarget:
        metric, family, promise = (
            METRICS[target.metric],
            FAMILY_OF[target.metric],
            promises.promise_of(target),
        )
        limit = comparison.city_limit(promise, metric.measure, 1)
        found = CityTarget(target, metric, period=self.period, own=True)
        hits, among = self.figures.get(metric.key, (None, None))
        if not among:
            found.whole = Whole(None, None, None, limit, verdicts.UNKNOWN, comparison.NO_RECORD)
            return found
        value, pace = hits / among, promises.pace_of(target, self.period)
        over = promises.is_over(target, self.period)
        verdict = verdicts.verdict(promise, value, limit, pace, over)
        found.whole = Whole(hits, among, value, limit, verdict)
        if with_rows:
            found.rows = family.rows(metric, self.period, self.values)
        return found


def part_of(district: District, target: Target, metric: Metric, found: Read) -> Entry:
    """The district's part of a city's target: its bare figure, which no plan of the district's judges."""
    over = OVER.get(metric.key)
    names = (metric.key, *((over.metric, over.known) if over else ()))
    snapshot = found.snapshots.get(district.pk)
    versions = snapshot.versions if snapshot else {}
    facets = (
        ("as_of", found.counted_to(district.pk).isoformat()),
        *((f"version {name}", str(versions.get(name, METRICS[name].version))) for name in names),
    )
    values = [found.values.get((district.pk, name, None)) for name in names]

    def missing(why: str) -> Entry:
        return Entry(district.name, facets, comparator=target.comparator, why=why)

    for name, value in zip(names, values, strict=True):
        if value is None or value.numerator is None or value.value is None:
            return missing(found.why(district.pk, name))
    if over is None:
        return entry_of(district, facets, values[0], target.comparator)
    places, people, known = values
    if known.numerator < known.denominator:
        n = figures.plain(Decimal(known.denominator) - Decimal(known.numerator))
        return missing(_("%(n)s 个街镇缺常住人口数") % {"n": n})
    if not people.numerator:
        return missing(_("没有常住人口数"))
    return Entry(
        district.name, facets, places.numerator, people.numerator, places.numerator / people.numerator,
        target.comparator,
    )  # fmt: skip
