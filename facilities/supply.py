"""Reading: places on a day against the residents of the streets, what the plans ask of both, the forecast.

Each function is one query whatever the number of rows; docs/residents.md tells it as prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal

from django.db import connection
from django.utils.translation import gettext as _

from facilities.models import Population
from facilities.rules import forecast
from facilities.rules import residents as rules
from portal.models.places import Street
from portal.models.policy import Parameter

#: What a facility was on the day: opened, not closed, and by its changes of state neither suspended nor preparing.
#: The last condition is written as a choice of truths because the planner takes half of the rows for it; of
#: `coalesce(…) = 'operating'` it expects one in two hundred and then runs every joined aggregate once per facility.
OPERATING = """
    SELECT f.* FROM facilities_facility f
    LEFT JOIN (
        SELECT facility_id,
               (array_agg(target ORDER BY "on" DESC, id DESC) FILTER (WHERE "on" <= %(as_of)s))[1] AS state,
               (array_agg(source ORDER BY "on", id) FILTER (WHERE "on" > %(as_of)s))[1] AS before
        FROM facilities_facilitytransition GROUP BY facility_id
    ) t ON t.facility_id = f.id
    WHERE f.opened_on <= %(as_of)s AND (f.closed_on IS NULL OR f.closed_on > %(as_of)s)
      AND coalesce(t.state = 'operating', t.before = 'operating', f.state IN ('operating', 'closed'))
"""
#: All kinds that give care, in the order of the page; a guidance point has no places of its own.
CARE_KINDS = ("integrated_kindergarten", "nursery", "inclusive_site", "baby_house")


def residents(on: date, kinds: Iterable[str]) -> dict[tuple[str, int], Decimal]:
    """(kind, street) -> residents of the last year that is known by the day."""
    rows = (
        Population.objects.in_force()
        .filter(year__lte=on.year, kind__in=list(kinds))
        .order_by("kind", "street_id", "-year")
        .distinct("kind", "street_id")
        .values_list("kind", "street_id", "count")
    )
    return {(kind, street_id): Decimal(count) for kind, street_id, count in rows}


@dataclass(frozen=True)
class Counted:
    """A figure with the year that it speaks of."""

    count: int
    year: int
    source: str


def newest(on: date, kinds: Sequence[str] = tuple(rules.KINDS)) -> dict[tuple[int, str], Counted]:
    """(street, kind) -> the newest figure by the day, with its year."""
    rows = (
        Population.objects.in_force()
        .filter(year__lte=on.year, kind__in=list(kinds))
        .order_by("kind", "street_id", "-year")
        .distinct("kind", "street_id")
        .values_list("street_id", "kind", "count", "year", "source")
    )
    return {(street, kind): Counted(count, year, source) for street, kind, count, year, source in rows}


def places(on: date) -> dict[int, dict[str, tuple[int, int]]]:
    """street -> kind -> (places, facilities) of those operating on the day; `inclusive` beside the kinds."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT o.street_id, o.kind, sum(o.places), count(*),
                   coalesce(sum(o.places) FILTER (WHERE o.inclusive OR o.kind = 'inclusive_site'), 0),
                   count(*) FILTER (WHERE o.inclusive OR o.kind = 'inclusive_site')
            FROM ({OPERATING}) o WHERE o.kind <> 'guidance_point' GROUP BY o.street_id, o.kind
            """,
            {"as_of": on},
        )
        found: dict[int, dict[str, tuple[int, int]]] = {}
        for street, kind, total, count, inclusive, sites in cursor.fetchall():
            row = found.setdefault(street, {})
            row[kind] = (int(total), int(count))
            before = row.get("inclusive", (0, 0))
            row["inclusive"] = (before[0] + int(inclusive), before[1] + int(sites))
        return found


@dataclass(frozen=True)
class Supply:
    """Places of a street, or of all, against its residents; None where a figure is not known."""

    street: Street | None
    places: dict[str, tuple[int, int]]
    residents: dict[str, Counted]

    @property
    def total(self) -> int:
        return sum(self.places.get(kind, (0, 0))[0] for kind in CARE_KINDS)

    @property
    def sites(self) -> int:
        return sum(self.places.get(kind, (0, 0))[1] for kind in CARE_KINDS)

    def of(self, kind: str) -> int | None:
        known = self.residents.get(kind)
        return known.count if known else None

    def share(self, number: int, kind: str, per: int = 100) -> Decimal | None:
        """`number` per so many residents of a kind; None where they are not known or nobody lives there."""
        base = self.of(kind)
        return Decimal(number * per) / base if base else None

    @property
    def quota(self) -> Decimal | None:
        """宝宝屋 places per hundred residents of 1-3."""
        return self.share(self.places.get("baby_house", (0, 0))[0], "one_to_three")

    @property
    def per_thousand(self) -> Decimal | None:
        """Places per thousand residents."""
        return self.share(self.total, "total", 1000)

    @property
    def per_hundred(self) -> Decimal | None:
        """Places per hundred residents under three."""
        return self.share(self.total, "under_three")


def supplies(on: date, streets: Sequence[Street]) -> tuple[list[Supply], Supply]:
    """Each street's, in the given order, and all streets together."""
    people, there = newest(on), places(on)
    rows = [
        Supply(
            street,
            there.get(street.pk, {}),
            {kind: people[street.pk, kind] for kind in rules.KINDS if (street.pk, kind) in people},
        )
        for street in streets
    ]
    whole: dict[str, tuple[int, int]] = {}
    for row in rows:
        for kind, (number, count) in row.places.items():
            before = whole.get(kind, (0, 0))
            whole[kind] = (before[0] + number, before[1] + count)
    added = {}
    for kind in rules.KINDS:
        known = [row.residents[kind] for row in rows if kind in row.residents]
        if known and all(kind in row.residents for row in rows if row.street.is_street):
            added[kind] = Counted(sum(k.count for k in known), min(k.year for k in known), "")
    return rows, Supply(None, whole, added)


# ---- what the plans ask


@dataclass(frozen=True)
class Threshold:
    """What a plan asks, its clause, and where the district stands; `streets`: ids of those that miss it."""

    parameter: Parameter
    text: str
    value: Decimal | None
    wanted: Decimal
    unit: str
    met: bool | None
    facts: str
    short: frozenset[int] = field(default_factory=frozenset)
    #: streets of which it cannot be said
    unknown: frozenset[int] = field(default_factory=frozenset)


KEYS = ("baby_house.quota_percent", "baby_house.street_coverage_percent", "supply.inclusive_sites_per_street",
        "supply.places_per_thousand")  # fmt: skip


def asked(on: date) -> dict[str, Parameter]:
    """The district's parameters of supply in force on the day, with their clauses."""
    rows = Parameter.objects.filter(key__in=KEYS).current(on).select_related("clause__document")
    return {row.key: row for row in rows}


def thresholds(rows: Sequence[Supply], whole: Supply, found: dict[str, Parameter]) -> list[Threshold]:
    """Where the district and its streets stand; parks and farms are shown in the table and asked nothing."""
    result = []
    towns = [row for row in rows if row.street.is_street]
    if one := found.get("baby_house.quota_percent"):
        wanted = Decimal(str(one.value))
        short = {row.street.pk for row in towns if row.quota is not None and row.quota < wanted}
        unknown = {row.street.pk for row in towns if row.quota is None}
        reached = len(towns) - len(short) - len(unknown)
        result.append(
            Threshold(
                one, _("宝宝屋托额 ÷ 1—3 岁常住幼儿"), whole.quota, wanted, "%",
                None if unknown and not short else not short,
                _("%(n)d 个街镇达到，%(short)d 个没有达到，%(unknown)d 个缺人口数")
                % {"n": reached, "short": len(short), "unknown": len(unknown)},
                frozenset(short), frozenset(unknown),
            )
        )  # fmt: skip
    if one := found.get("baby_house.street_coverage_percent"):
        wanted = Decimal(str(one.value))
        without = {row.street.pk for row in towns if not row.places.get("baby_house")}
        needed = int((wanted * len(towns) / 100).to_integral_value(ROUND_CEILING))
        have = len(towns) - len(without)
        result.append(
            Threshold(
                one, _("有宝宝屋的街镇"), Decimal(100 * have) / len(towns) if towns else None, wanted, "%",
                have >= needed if towns else None,
                _("%(have)d / %(all)d 个街镇，进一取整应到 %(needed)d 个")
                % {"have": have, "all": len(towns), "needed": needed},
                frozenset(without),
            )
        )  # fmt: skip
    if one := found.get("supply.inclusive_sites_per_street"):
        wanted = Decimal(str(one.value))
        planned = [row for row in rows if row.street.is_street or row.street.counted_in_plan]
        short = {row.street.pk for row in planned if row.places.get("inclusive", (0, 0))[1] < wanted}
        have = len(planned) - len(short)
        result.append(
            Threshold(
                one, _("普惠机构满 %(n)d 家的街镇") % {"n": wanted}, Decimal(have), Decimal(len(planned)),
                _("个"), not short,
                _("%(have)d / %(all)d 个街镇达到") % {"have": have, "all": len(planned)}, frozenset(short),
            )
        )  # fmt: skip
    if one := found.get("supply.places_per_thousand"):
        wanted = Decimal(str(one.value))
        value = whole.per_thousand
        result.append(
            Threshold(
                one, _("每千人口托位"), value, wanted, _("个"), None if value is None else value >= wanted,
                _("全区常住人口缺数") if value is None
                else _("托位 %(n)s，常住人口 %(people)s（%(year)d 年）")
                % {"n": f"{whole.total:,}", "people": f"{whole.of('total'):,}", "year": whole.residents["total"].year},
            )
        )  # fmt: skip
    return result


# ---- the forecast


def histories(streets: Iterable[Street] | None = None) -> dict[int, dict[int, forecast.Year]]:
    """street -> year -> what is known of a whole year; figures counted within a year are left out."""
    wanted = ("births", "one_to_three", "under_three", "moved_in", "moved_out")
    rows = Population.objects.in_force().filter(kind__in=wanted)
    if streets is not None:
        rows = rows.filter(street__in=[street.pk for street in streets])
    found: dict[int, dict[int, dict[str, int]]] = {}
    for street, year, kind, count, day in rows.values_list(
        "street_id", "year", "kind", "count", "counted_on"
    ):
        if rules.whole_year(year, day):
            found.setdefault(street, {}).setdefault(year, {})[kind] = count
    return {
        street: {year: forecast.Year(**known) for year, known in years.items()}
        for street, years in found.items()
    }


@dataclass(frozen=True)
class Outlook:
    """A street's projection and its checks by population; of all streets together without a street."""

    street: Street | None
    history: dict[int, forecast.Year]
    projection: forecast.Projection | None
    checks: dict[str, list[forecast.Check]]

    @property
    def missing(self) -> list[tuple[int, str]]:
        return forecast.missing(self.history)

    def error(self, kind: str, ahead: int | None = None) -> forecast.Error | None:
        return forecast.error(self.checks[kind], ahead)


def outlook(street: Street | None, history: dict[int, forecast.Year]) -> Outlook:
    return Outlook(
        street,
        history,
        forecast.project(history),
        {kind: forecast.backtest(history, kind) for kind in forecast.POPULATIONS},
    )


def outlooks(streets: Sequence[Street]) -> list[Outlook]:
    """Each street's, in the given order."""
    known = histories(streets)
    return [outlook(street, known.get(street.pk, {})) for street in streets]


@dataclass(frozen=True)
class Whole:
    """The sums of the streets that can be projected from the newest base year, their checks, the streets without."""

    base: int | None
    values: dict[str, dict[int, float]]
    checks: dict[str, list[forecast.Check]]
    without: list[Street]

    def error(self, kind: str, ahead: int | None = None) -> forecast.Error | None:
        return forecast.error(self.checks[kind], ahead)


def whole_outlook(rows: Sequence[Outlook]) -> Whole:
    bases = [row.projection.base for row in rows if row.projection]
    base = max(bases, default=None)
    able = [row for row in rows if row.projection and row.projection.base == base]
    values: dict[str, dict[int, float]] = {kind: {} for kind in forecast.POPULATIONS}
    for row in able:
        for kind, years in row.projection.values.items():
            for year, value in years.items():
                values[kind][year] = values[kind].get(year, 0.0) + value
    checks = {kind: forecast.together([row.checks[kind] for row in able]) for kind in forecast.POPULATIONS}
    return Whole(base, values, checks, [row.street for row in rows if row not in able])
