"""Residents, places against them, the forecast and the circle as spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from facilities import circle as circle_reading
from facilities import supply as reading
from facilities import what_if as what_if_reading
from facilities.models import Facility, Population
from facilities.rules.residents import KINDS
from facilities.views import circle as circle_views
from facilities.views import residents as resident_views
from facilities.views import supply as supply_views
from facilities.views import what_if as what_if_views
from portal.models.places import Street
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

RESIDENT_COLUMNS = (
    OutColumn(marked("街镇"), 14),
    OutColumn(marked("年份"), 8),
    *(OutColumn(word, 12) for word in KINDS.values()),
    OutColumn(marked("统计时点"), 12),
    OutColumn(marked("来源"), 30),
)


def residents(asked: Asked) -> Rows:
    """The figures in force, a row for each street's year of one source and day, as they come in; of one year where
    the address names it."""
    found = Population.objects.allowed(asked.actor, "residents.view").in_force().select_related("street")
    years = list(found.order_by().values_list("year", flat=True).distinct())
    if year := resident_views.year_asked(asked.query.get("year", ""), years):
        found = found.filter(year=year)
    lines: dict[tuple, dict] = {}
    for row in found.order_by("street__code", "-year"):
        key = (row.street.name, row.year, row.counted_on, row.source)
        lines.setdefault(key, {})[row.kind] = row.count
    return Rows(
        len(lines),
        (
            (street, year, *(counts.get(kind) for kind in KINDS), day, source)
            for (street, year, day, source), counts in lines.items()
        ),
    )


PEOPLE = ("one_to_three", "under_three", "total")


def supply_columns(asked: Asked) -> tuple[OutColumn, ...]:
    kinds = dict(Facility.Kind.choices)
    care = [
        OutColumn(f"{kinds[kind]} {what}", 14)
        for kind in reading.CARE_KINDS
        for what in (_("托位"), _("家数"))
    ]
    return (
        OutColumn(marked("街镇"), 14),
        *care,
        OutColumn(marked("托位合计"), 12),
        *(OutColumn(KINDS[kind], 14) for kind in PEOPLE),
        OutColumn(marked("宝宝屋 ÷ 1—3 岁 %"), 16),
        OutColumn(marked("÷ 百名 3 岁以下"), 16),
        OutColumn(marked("÷ 千人口"), 12),
        OutColumn(marked("没有达到的要求"), 40),
    )


def supply(asked: Asked) -> Rows:
    """A row per street, as the page's table."""
    lines, whole = reading.supplies(asked.on, list(Street.objects.order_by("code")))
    short: dict[int, list[str]] = {}
    for one in reading.thresholds(lines, whole, reading.asked(asked.on)):
        for pk in one.short:
            short.setdefault(pk, []).append(one.text)

    def rows() -> Iterator[tuple]:
        for row in lines:
            places = [n for kind in reading.CARE_KINDS for n in row.places.get(kind, (0, 0))]
            shares = (row.quota, row.per_hundred, row.per_thousand)
            yield (
                row.street.name,
                *places,
                row.total,
                *(row.of(kind) for kind in PEOPLE),
                *(None if share is None else round(share, 2) for share in shares),
                _("、").join(short.get(row.street.pk, [])),
            )

    return Rows(len(lines), rows())


def forecast_columns(asked: Asked) -> tuple[OutColumn, ...]:
    whole, quota, _lines = supply_views.expected(supply_views.population_of(asked.query), asked.on)
    years = sorted(whole.values[supply_views.population_of(asked.query)])
    return (
        OutColumn(marked("街镇"), 14),
        OutColumn(marked("起算年"), 8),
        OutColumn(marked("年末实数"), 10),
        *(OutColumn(str(year), 10) for year in years),
        OutColumn(marked("三年变化 %"), 12),
        *((OutColumn(marked("还差托额"), 10),) if quota else ()),
        OutColumn(marked("误差 %"), 10),
        OutColumn(marked("照搬误差 %"), 12),
    )


def forecast(asked: Asked) -> Rows:
    of = supply_views.population_of(asked.query)
    whole, quota, lines = supply_views.expected(of, asked.on)
    years = len(whole.values[of])

    def rows() -> Iterator[tuple]:
        for line in lines:
            change, error = line.get("change"), line["error"]
            yield (
                line["street"].name,
                line.get("year"),
                line.get("base"),
                *(line.get("expected") or [None] * years),
                None if change is None else round(change, 1),
                *((line.get("needed"),) if quota else ()),
                *((round(error.method, 1), round(error.naive, 1)) if error else (None, None)),
            )

    return Rows(len(lines), rows())


CIRCLE_COLUMNS = (
    OutColumn(marked("街镇"), 14),
    OutColumn(marked("居委"), 24),
    OutColumn(marked("3 岁以下"), 10),
    OutColumn(marked("本区最近的"), 28),
    OutColumn(marked("米"), 10),
    OutColumn(marked("邻区有"), 8),
)


def circle(asked: Asked) -> Rows:
    """All neighbourhoods without one within the circle; the page shows those with most children."""
    kind = circle_views.kind_of(asked.query)
    metres = circle_views.measure(asked.on).get(circle_reading.METRES)
    rows = circle_reading.reached(asked.on, float(metres.value)) if metres else []
    bare = circle_views.without(rows, kind)

    def lines() -> Iterator[tuple]:
        near = circle_reading.nearest(bare, asked.on, kind)
        for row in bare:
            one = row.neighbourhood
            _pk, name, distance = near.get(one.pk, (None, "", None))
            yield (
                one.street.name,
                one.name,
                one.under_three,
                name,
                None if distance is None else round(distance),
                row.only_across(kind),
            )

    return Rows(len(bare), lines())


WHAT_IF_COLUMNS = (
    OutColumn(marked("顺序"), 8),
    OutColumn(marked("街镇"), 14),
    OutColumn(marked("居委"), 24),
    OutColumn(marked("新进圈的 3 岁以下"), 16),
    OutColumn(marked("新进圈的居委"), 40),
    OutColumn(marked("还在圈外的"), 12),
)


def what_if(asked: Asked) -> Rows:
    """The supposed sites in their order, as on the page."""
    streets = list(Street.objects.order_by("code"))
    names = {street.pk: street.name for street in streets}
    form = what_if_views.form_of(asked.query, streets)
    result = what_if_views.outcome(asked.on, form, streets, what_if_reading.parameters(asked.on))
    sites = result.sites if result else []
    return Rows(
        len(sites),
        (
            (
                number,
                names[one.neighbourhood.street_id],
                one.neighbourhood.name,
                one.children,
                "、".join(row.name for row in one.reached),
                one.left,
            )
            for number, one in enumerate(sites, 1)
        ),
    )


EXPORTS = (
    ExportList(
        "residents", marked("街镇人口"), "residents", "residents.view", lambda asked: RESIDENT_COLUMNS, residents
    ),
    ExportList("supply", marked("托位与人口"), "supply", "residents.view", supply_columns, supply),
    ExportList("forecast", marked("需求预测"), "forecast", "residents.view", forecast_columns, forecast),
    ExportList(
        "circle", marked("圈内没有机构的居委"), "circle", "residents.view", lambda asked: CIRCLE_COLUMNS, circle
    ),
    ExportList("what_if", marked("新开试算"), "what-if", "residents.view", lambda asked: WHAT_IF_COLUMNS, what_if),
)  # fmt: skip
