"""The register against its floors and a stock control: `python bench/register.py`, sizes as options.

Makes a district of 100,000 facilities and 200,000 people in a database of its own, and a copy of it whose tables of
the register have row-level security switched off. Each figure is CPU time of one request: of this process, in which
the product's own middleware and views answer Django's test client, and of the Postgres backend that serves it. All
variants take turns, so that noise falls on all alike; figures are medians.

- The empty view is authorised, opens the district's scope, and answers `[]`. The empty page is the product's search
  without a search.
- The control is what everybody writes: a ModelSerializer with street and operator joined and nested, and page
  numbers.
- 'off' is the same code on the copy, which holds this district only and has its indexes without the district: what
  one would build without tenants. A search compares in the list's own query, where the index of trigrams serves it.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import re
import sys
import threading
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import districts, make, servers
from bench.report import Line, print_table
from bench.web import Side, measure, statements

TOKEN = "sy_minhang_bench"
DATABASE, OPEN = "bench", "bench_open"
API = "/api/v1/facilities/"

LISTS = {
    "facilities": "facilities/",
    "facilities by name": "facilities/?sort=name",
    "facilities by street, down": "facilities/?sort=-street",
    "facilities by places": "facilities/?sort=places",
    "facilities by grade": "facilities/?sort=grade",
    "staff": "staff/",
    "staff by name": "staff/?sort=name",
    "staff by facility": "staff/?sort=facility",
}
FILTERS = {
    "street": "facilities/?street={street}",
    "two streets, by name": "facilities/?street={street}&street={other}&sort=name",
    "kind": "facilities/?kind=baby_house",
    "state": "facilities/?state=suspended&state=preparing",
    "inclusive": "facilities/?inclusive=yes",
    "grade": "facilities/?grade=D",
    "ownership": "facilities/?ownership=non_profit",
    "papers that end": "facilities/?expiring=30",
    "search, two characters": "facilities/?q=云杉",
    "search, pinyin": "facilities/?q=lanjingmaitian",
    "search, initials": "facilities/?q=ljmt",
    "search, a code": "facilities/?q=MH0{half}",
    "search, nothing found": "facilities/?q=没有这家",
    "search, nearly all": "facilities/?q=示例",
    "search and kind": "facilities/?q=云杉&kind=nursery",
    "staff: certificate": "staff/?certificate=short",
    "staff: soon": "staff/?certificate=soon",
    "staff: training": "staff/?training=short",
    "staff: inquiry": "staff/?check=overdue",
    "staff: street": "staff/?street={street}",
    "staff: post": "staff/?post=cook",
    "staff: one facility": "staff/?facility={code}",
    "staff: search": "staff/?q=mgj",
}
API_FILTERS = {
    "street": "?street={street_code}",
    "kind": "?kind=baby_house",
    "state": "?state=suspended",
    "inclusive": "?inclusive=true",
    "updated_since": "?updated_since=2001-01-01T00:00:00Z",
    "search": "?search=云杉",
}


def control_urls() -> None:
    """Adds the empty view and the stock control to the product's addresses, for this process only."""
    from django.urls import path
    from rest_framework import serializers
    from rest_framework.pagination import PageNumberPagination
    from rest_framework.renderers import JSONRenderer
    from rest_framework.response import Response

    from facilities.api.facilities import COLUMNS
    from facilities.models import Facility
    from portal import urls
    from portal.api import DistrictAPIView
    from portal.models.places import Street

    class Empty(DistrictAPIView):
        scope = "facilities:read"

        def get(self, request):
            return Response(b"[]")

    class StreetSerializer(serializers.ModelSerializer):
        class Meta:
            model = Street
            fields = ["code", "name"]

    class OperatorSerializer(serializers.ModelSerializer):
        class Meta:
            model = Facility._meta.get_field("operator").related_model
            fields = ["name", "chain"]

    class StockSerializer(serializers.ModelSerializer):
        street = StreetSerializer()
        operator = OperatorSerializer()

        class Meta:
            model = Facility
            fields = [name for name in COLUMNS if name not in ("street_name", "chain")]

    class Pages(PageNumberPagination):
        page_size = 100

    class Stock(DistrictAPIView):
        scope = "facilities:read"
        renderer_classes = [JSONRenderer]

        def get(self, request):
            pages = Pages()
            rows = Facility.objects.select_related("street", "operator").order_by("code")
            page = pages.paginate_queryset(rows, request, view=self)
            return pages.get_paginated_response(StockSerializer(page, many=True).data)

    urls.urlpatterns[:0] = [
        path("api/v1/bench/empty/", Empty.as_view()),
        path("api/v1/bench/stock/", Stock.as_view()),
    ]


def without_security() -> None:
    """In the thread of the copy searches compare in the list's own query, where its index can serve them."""
    from django.db.models import Lookup, TextField

    from facilities import registry, search
    from facilities.api import facilities as api
    from facilities.lists import facilities as lists
    from facilities.rules.words import patterns

    class Like(Lookup):
        lookup_name = "like"

        def as_sql(self, compiler, connection):
            (left, lefts), (right, rights) = (
                self.process_lhs(compiler, connection),
                self.process_rhs(compiler, connection),
            )
            return f"{left} LIKE {right}", (*lefts, *rights)

    TextField.register_lookup(Like)
    matching, wanted = search.matching, api.wanted

    def off() -> bool:
        return threading.current_thread().name.startswith(OPEN)

    def by_index(queryset, text, path=""):
        if not off():
            return matching(queryset, text, path)
        for pattern in patterns(text):
            queryset = queryset.filter(
                **{f"{path}__search_text__like" if path else "search_text__like": pattern}
            )
        return queryset, False

    def wanted_by_index(params):
        if not (off() and "search" in params):
            return wanted(params)
        params = params.copy()
        found = patterns(params.pop("search")[0])
        conditions, values, limit = wanted(params)
        return conditions + ["f.search_text LIKE %s"] * len(found), values + found, limit

    search.matching = lists.matching = registry.search.matching = by_index
    api.wanted = wanted_by_index


def prepare(facilities: int, staff: int) -> dict:
    """Fills the database, copies it, opens the copy; returns what addresses need."""
    from facilities.models import Facility
    from portal.models import ApiClient, Membership, Street, User
    from portal.rules.rights import Role
    from portal.tenancy import district_scope
    from tests import plugin

    minhang = districts()["minhang"]
    make(DATABASE, minhang, facilities=facilities, staff=staff, on=date.today())
    with district_scope(minhang):
        user = User.objects.create(username="bench", name="示例", password="!")
        Membership.objects.create(user=user, role=Role.BUREAU, starts_on=date(2020, 1, 1))
        ApiClient.objects.create(
            name="bench",
            token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(),
            scopes=["facilities:read"],
            starts_on=date(2020, 1, 1),
            created_by=user,
        )
        streets = list(Street.objects.filter(facilities__isnull=False).distinct().order_by("pk")[:2])
        rows = Facility.objects.order_by("code")
        count = rows.count()
        facts = {
            "count": count,
            "street": streets[0].pk,
            "other": streets[1].pk,
            "street_code": streets[0].code,
            "half": f"{count // 2}"[:4],
            "code": rows[count // 2].code,
            "last": rows.reverse()[100].code,
        }
    from django.db import connection

    connection.close()
    with plugin.cluster().superuser("postgres") as admin:
        admin.execute(f"CREATE DATABASE {OPEN} TEMPLATE {DATABASE}")
        for name in (DATABASE, OPEN):  # a parallel worker's time would be nobody's
            admin.execute(f"ALTER DATABASE {name} SET max_parallel_workers_per_gather = 0")
    with plugin.cluster().superuser(OPEN) as owner:
        tables = owner.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relname LIKE 'facilities\\_%'"
        ).fetchall()
        for (table,) in tables:
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        indexes = owner.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexdef LIKE '%%(district_id, %%'",
            [[table for (table,) in tables]],
        ).fetchall()
        for (definition,) in indexes:  # no district, so none in front of what is sorted and looked for
            plain = definition.replace("UNIQUE ", "").replace("(district_id, ", "(")
            owner.execute(re.sub(r"INDEX \S+ ON", "INDEX ON", plain))
        owner.execute("VACUUM ANALYZE")
    return facts


def rest(on: Side, off: Side, facts: dict, repeats: int) -> list[Line]:
    from facilities.paging import encode

    token = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
    size = f"{facts['count']:,}"
    tag = on.run(on.get, API, token)[1]["ETag"]
    last = f"{API}?cursor={encode([facts['last']])}"
    pages = facts["count"] // 100
    variants = {
        "empty": (on, "/api/v1/bench/empty/", token),
        "stock": (on, "/api/v1/bench/stock/", token),
        "ours": (on, API, token),
        "last": (on, last, token),
        "same": (on, API, {**token, "HTTP_IF_NONE_MATCH": tag}),
        "off": (off, API, token),
    }
    for name, query in API_FILTERS.items():
        path = API + query.format(**facts)
        variants[f"on {name}"] = (on, path, token)
        variants[f"off {name}"] = (off, path, token)
    ms = measure(variants, repeats)
    deep = {"stock last": (on, f"/api/v1/bench/stock/?page={pages}", token)}
    ms |= measure(deep, 3)  # apart: its quarter of a second would cool every cache for the others
    return [
        Line("REST list / stock", size, ms["stock"], ms["ours"], 0.25, "ms"),
        Line("REST list / empty view", size, ms["empty"], ms["ours"], 10, "ms"),
        Line("REST last page / first", size, ms["ours"], ms["last"], 2, "ms"),
        Line("(control) stock last page / first", size, ms["stock"], ms["stock last"], None, "ms"),
        Line("REST 304 / empty view", size, ms["empty"], ms["same"], None, "ms"),
        Line("REST list, security on / off", size, ms["off"], ms["ours"], 1.15, "ms"),
        *(
            Line(f"REST {name}, on / off", size, ms[f"off {name}"], ms[f"on {name}"], 1.5, "ms")
            for name in API_FILTERS
        ),
    ]


def pages(on: Side, off: Side, facts: dict, repeats: int) -> list[Line]:
    from facilities.lists.facilities import FACILITY_SORTS
    from facilities.paging import encode

    size = f"{facts['count']:,}"
    assert FACILITY_SORTS["code"] == (("code", str),)
    variants = {"empty": (on, "/minhang/search/", {})}
    named = {**LISTS, "facilities, last page": f"facilities/?after={encode([facts['last']])}"}
    for name, query in {**named, **FILTERS}.items():
        path = "/minhang/" + query.format(**facts)
        variants[f"on {name}"] = (on, path, {})
        variants[f"off {name}"] = (off, path, {})
    ms = measure(variants, repeats)
    lines = [
        Line(f"page {name} / empty page", size, ms["empty"], ms[f"on {name}"], 5, "ms")
        for name in ("facilities", "staff")
    ]
    first, last = ms["on facilities"], ms["on facilities, last page"]
    lines.append(Line("page facilities, last / first", size, first, last, 2, "ms"))
    lines += [
        Line(f"page {name}, on / off", size, ms[f"off {name}"], ms[f"on {name}"], 1.15, "ms")
        for name in named
    ]
    lines += [
        Line(f"filter {name}, on / off", size, ms[f"off {name}"], ms[f"on {name}"], 1.5, "ms")
        for name in FILTERS
    ]
    return lines


def queries(side: Side) -> list[Line]:
    paths = (
        "facilities/",
        "facilities/?q=云杉&kind=nursery&sort=name",
        "staff/",
        "staff/?certificate=short",
    )
    return [
        Line(f"queries of {path}", "50 rows", 1, side.run(statements, side, f"/minhang/{path}"), 12, "")
        for path in paths
    ]


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facilities", type=int, default=100_000)
    parser.add_argument("--staff", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--only", choices=("rest", "pages"), help="one half of the table")
    arguments = parser.parse_args()
    with servers(DATABASE):
        start = time.monotonic()
        facts = prepare(arguments.facilities, arguments.staff)
        print(f"{facts['count']:,} facilities made in {time.monotonic() - start:.0f} s")
        control_urls()
        without_security()
        gc.collect()
        gc.freeze()
        on, off = Side(DATABASE), Side(OPEN)
        lines = []
        if arguments.only != "pages":
            lines += rest(on, off, facts, arguments.repeats)
        if arguments.only != "rest":
            lines += pages(on, off, facts, arguments.repeats) + queries(on)
        for side in (on, off):
            side.pool.shutdown()
        return print_table(lines)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
