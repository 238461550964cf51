"""Pages of the city: its districts side by side, a metric over all of them, the city's own targets."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from portal.errors import NotFound
from portal.rules.machine import marked
from targets.metrics.base import Period
from targets.metrics.registry import FAMILY_OF
from targets.rules import comparison, verdicts
from targets.services import city, city_file, rollup
from targets.views.attestations import proofs_context
from targets.views.city_shown import CityShown, RowShown, row_shown, rows_shown
from targets.views.targets import ends_after, neighbours, quarter_shown, query

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: filter -> (word, which rows)
FILTERS = {
    "": (marked("全部"), lambda row: True),
    "alike": (marked("口径一样"), lambda row: row.row.state == comparison.ALIKE),
    "unlike": (marked("口径不同"), lambda row: row.row.state == comparison.UNLIKE),
    "alone": (marked("只有一个区"), lambda row: row.row.state == comparison.ALONE),
    "missing": (marked("有区缺数"), lambda row: bool(row.row.missing)),
}
TARGET_FILTERS = {
    "": (marked("全部"), lambda row: True),
    "counted": (marked("算出来的"), lambda row: row.counted),
    "attested": (marked("由材料证明"), lambda row: row.attested),
    "not_yet": (marked("还没算"), lambda row: not row.counted and not row.attested),
}


def demanded(request) -> None:
    """NotFound in a district, Denied to whoever is not of the city."""
    if not request.district.is_city:
        raise NotFound(_("没有这个页面"))
    request.actor.demand("city.view")


def chosen_period(request) -> Period:
    """The month, quarter or year that the query names; today's month else."""
    today = timezone.localdate()
    return rollup.common_period(request.GET.get("period") or f"{today:%Y-%m}", on=today)


def times(request, period: Period) -> dict:
    """The links to other months and years."""
    today = timezone.localdate()
    before, after = neighbours(period.kind, period.starts_on)
    at, year = period.starts_on, period.starts_on.year
    return {
        "kind": period.kind,
        "starts_on": at,
        "period": period.code,
        "month_url": query(request, period=f"{today:%Y-%m}" if year == today.year else f"{year}-12"),
        "quarter_name": rollup.name_of(period) if period.kind == "quarter" else "",
        "quarter_url": query(request, period=quarter_shown(at, today)),
        "year_url": query(request, period=f"{year}"),
        "before_url": query(request, period=before),
        "after_url": "" if ends_after(period.kind, at, today) else query(request, period=after),
    }


def tabs(request, filters: dict, rows: list, name: str) -> tuple[str, list[dict]]:
    """The chosen filter, and all of them with their counts."""
    chosen = request.GET.get(name, "")
    chosen = chosen if chosen in filters else ""
    return chosen, [
        {
            "label": _(word),
            "count": sum(map(test, rows)),
            "url": query(request, **{name: key}),
            "current": key == chosen,
        }
        for key, (word, test) in filters.items()
    ]


def compared(request) -> tuple[city.Read, list[RowShown], list[RowShown], list[dict]]:
    """What was read, all rows, those of the chosen filter, the filters."""
    read, rows = city.side_by_side(chosen_period(request))
    shown = rows_shown(read, rows)
    chosen, found = tabs(request, FILTERS, shown, "show")
    return read, shown, list(filter(FILTERS[chosen][1], shown)), found


@require_GET
def comparison_page(request, district):
    """Each metric that a district's plan targets, district by district."""
    demanded(request)
    read, whole, rows, filters = compared(request)
    groups: dict[str, list[RowShown]] = {}
    for row in rows:
        groups.setdefault(FAMILY_OF[row.row.metric.key].label, []).append(row)
    context = {
        "districts": read.districts,
        "without": read.without,
        "snapshots": read.snapshots,
        "newest": read.newest,
        "groups": [(_(label), found) for label, found in groups.items()],
        "columns": len(read.districts) + 3,
        "total": len(whole),
        "tabs": filters,
        "file_query": query(request),
        **times(request, read.period),
    }
    return render(request, "targets/city_comparison.html", context)


@require_GET
def comparison_file(request, district):
    """The table as a workbook: a line per metric and district."""
    demanded(request)
    read, _whole, rows, _filters = compared(request)
    return workbook(city_file.comparison_book(read, rows), f"districts-{read.period.code}.xlsx")


@require_GET
def figure(request, district, key):
    """One metric: each district's figure with its clause, the definitions side by side, sums, the ranking."""
    demanded(request)
    read, rows = city.side_by_side(chosen_period(request), only=key)
    if not rows:
        raise NotFound(_("没有一个区的文件有这项指标"))
    row = row_shown(read, rows[0])
    context = {
        "row": row,
        "cells": [cell for cell in row.cells if cell],
        "others": [d.name for d, cell in zip(read.districts, row.cells, strict=True) if cell is None],
        "ranked": sorted((cell for cell in row.cells if cell and cell.place), key=lambda cell: cell.place),
        **times(request, read.period),
    }
    return render(request, "targets/city_figure.html", context)


def city_rows(request, **only) -> tuple[city.CityRead, list[CityShown]]:
    read = city.city_targets(request.district, chosen_period(request), **only)
    return read, [CityShown(one, read, request.district.slug) for one in read.rows]


@require_GET
def target_list(request, district):
    """The targets of the city's own documents: the figure over the districts, and how much of it is whose."""
    demanded(request)
    read, rows = city_rows(request)
    chosen, filters = tabs(request, TARGET_FILTERS, rows, "proof")
    groups: dict[str, list[CityShown]] = {}
    for row in filter(TARGET_FILTERS[chosen][1], rows):
        groups.setdefault(str(row.target.document), []).append(row)
    context = {
        "read": read,
        "groups": list(groups.items()),
        "total": len(rows),
        "counted": sum(row.counted for row in rows),
        "tabs": filters,
        "file_query": query(request),
        **times(request, read.read.period),
    }
    return render(request, "targets/city_targets.html", context)


@require_GET
def targets_file(request, district):
    """The city's targets as a workbook: a line per target, and for the counted ones a line per district."""
    demanded(request)
    read, rows = city_rows(request)
    chosen, _filters = tabs(request, TARGET_FILTERS, rows, "proof")
    book = city_file.targets_book(read, list(filter(TARGET_FILTERS[chosen][1], rows)))
    return workbook(book, f"city-targets-{read.read.period.code}.xlsx")


@require_GET
def target(request, district, pk):
    """One target of the city: its text, the figure, each district's part and where its rows are."""
    demanded(request)
    read, rows = city_rows(request, only=pk)
    if not rows:
        raise NotFound(_("这个时间没有这个指标"))
    context = {"row": rows[0], "read": read, **times(request, read.read.period)}
    if rows[0].attested:
        context |= proofs_context(request, rows[0].target)
    return render(request, "targets/city_target.html", context)


@require_GET
def glance_card(request, district):
    """The counted targets of the city for its 'today', and how many metrics can be compared."""
    demanded(request)
    read, rows = city_rows(request)
    context = {
        "rows": [row for row in rows if row.counted],
        "total": len(rows),
        "read": read,
        "without": read.read.without,
        "met": sum(row.counted and row.one.whole.verdict == verdicts.MET for row in rows),
    }
    return render(request, "targets/city_glance.html", context)


def workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
