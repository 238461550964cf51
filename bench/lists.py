"""Each HTML list against an empty authorised page, at the size to design for: `python bench/lists.py`.

Minhang gets its demonstration, a year of work made by the services, and that several times over: about 1,000
facilities, 8,000 people, 1,600 visits; thirteen other districts get one copy each, so that no list has its tables
for itself. The log of changes, the reports and the documents' own tables are filled apart.

Each figure is CPU time of one request of this process and of the backend that serves it; all variants take turns. The
empty page is the product's search without a search: sign-in, district's scope, frame, nothing in it. The control is
what everybody writes first: Django's generic list of inspections with page numbers, each row asking for its facility,
street and team.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data import districts, servers, vacuum
from bench.report import Line, print_table
from bench.rollup_data import TABLES, copy
from bench.web import Side, measure, statements

DATABASE = "bench"
GOAL, QUERIES = 5, 12
EMPTY = "search/"
#: Beside what the roll-up reads: a visit's team. A copied visit is of no draw: a draw's list is what its evidence says.
COPIED = {
    **TABLES,
    "inspections_inspection": {**TABLES["inspections_inspection"], "draw_id": "NULL::bigint"},
    "inspections_teammember": {},
}
LISTS = {
    "facilities": "facilities/",
    "staff": "staff/",
    "what ends": "clocks/",
    "what ends, counted": "clocks/summary/",
    "what ends, card": "clocks/card/",
    "plans and drills": "emergency/",
    "messages": "messages/",
    "inspections, open": "inspections/",
    "inspections, done": "inspections/?tab=done",
    "inspections, one street": "inspections/?tab=done&street={street}",
    "orders, open": "orders/",
    "orders, closed": "orders/?tab=closed",
    "orders, one street": "orders/?tab=closed&street={street}",
    "checklists": "inspections/checklists/",
    "draws of the year": "draws/",
    "a draw's list and teams": "draws/{draw}/",
    "tasks": "tasks/",
    "units": "units/",
    "reporting rounds": "tasks/rounds/",
    "targets": "targets/",
    "targets by street": "targets/?by=street",
    "rows of a figure: people": "targets/{people}/",
    "rows of a figure: facilities": "targets/{places}/",
    "reports": "reports/",
    "search, two characters": "search/?q=示例",
    "search, a code": "search/?q={code}",
    "documents": "documents/",
    "parameters": "parameters/",
}
#: Lists of the administrators, who are other people.
ADMIN = {
    "log of changes": "audit/",
    "log, one kind": "audit/?q=inspections.order",
    "log, nothing found": "audit/?q=没有这样的",
}


def prepare(times: int, entries: int) -> dict:
    """Fills the database; returns what addresses need, and sizes."""
    from django.core.management import call_command
    from django.db import connection

    from portal.models import District
    from portal.tenancy import district_scope
    from tests import plugin

    call_command("demonstration", district=["minhang"])
    minhang = districts()["minhang"]
    for number in range(13):
        District.objects.create(pk=900_001 + number, slug=f"bench-{number}", name=f"示例{number}区")
    with district_scope(minhang):
        names = addresses()
    connection.close()
    with plugin.cluster().superuser(DATABASE) as owner:
        owner.execute("SET session_replication_role = replica")
        for number in range(1, times):
            copy(owner, minhang.pk, minhang.pk, 100 + number, COPIED)
        others = District.objects.filter(pk__gte=900_001).order_by("pk")
        for number, other in enumerate(others, 1):
            copy(owner, minhang.pk, other.pk, number, COPIED)
        reports(owner, minhang.pk)
        log(owner, minhang.pk, entries)
        owner.execute(f"ALTER DATABASE {DATABASE} SET max_parallel_workers_per_gather = 0")
        count = {
            table: owner.execute(f"SELECT count(*) FROM {table} WHERE district_id = %s", [minhang.pk]).fetchone()[0]
            for table in ("facilities_facility", "facilities_staffmember", "inspections_inspection",
                          "inspections_order", "portal_auditentry", "targets_report")
        }  # fmt: skip
    vacuum(DATABASE)
    connection.close()
    return names | {"count": count}


def addresses() -> dict:
    """The draw with most visits, a figure with people behind it, a figure with facilities, a street, a code."""
    from django.db.models import Count

    from facilities.models import Facility
    from inspections.models import Draw
    from targets.models import Target

    by_metric = dict(Target.objects.filter(proof="counted").values_list("metric", "pk"))
    return {
        "draw": Draw.objects.annotate(n=Count("inspections")).order_by("-n", "pk").values_list("pk", flat=True)[0],
        "people": by_metric["certified_share"],
        "places": by_metric["yearly_visit"],
        "street": Facility.objects.values_list("street", flat=True).annotate(n=Count("pk")).order_by("-n")[0],
        "code": Facility.objects.order_by("code").values_list("code", flat=True)[50],
    }  # fmt: skip


def reports(owner, district: int) -> None:
    """The issued report again for each month of ten years before."""
    columns = [
        row[0]
        for row in owner.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'targets_report'"
        )
    ]
    values = {
        "id": "id + 1000 * (n + 1)",
        "year": "year - 1 - n / 12",
        "month": "n %% 12 + 1",
        "number": "number || n",
    }
    owner.execute(
        f"INSERT INTO targets_report ({', '.join(columns)})"
        f" SELECT {', '.join(values.get(column, column) for column in columns)}"
        " FROM targets_report, generate_series(0, 119) n WHERE district_id = %s AND number <> ''",
        [district],
    )


def log(owner, district: int, entries: int) -> None:
    """So many entries, one for each minute backwards, by copying those that there are."""
    owner.execute(
        """WITH kept AS (
               SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS whole
               FROM portal_auditentry WHERE district_id = %(d)s
           )
           INSERT INTO portal_auditentry (
               district_id, at, user_id, actor, action, subject_type, subject_id, subject, changes)
           SELECT district_id, now() - n * interval '1 min', user_id, actor, action, subject_type, subject_id, subject,
               changes
           FROM generate_series(1, %(n)s) n JOIN kept ON place = n %% whole""",
        {"d": district, "n": entries},
    )


def control_urls() -> None:
    """The control, in place of a district's page, for this process only."""
    from django.http import HttpResponse
    from django.template import engines
    from django.urls import path
    from django.views.generic import ListView

    from inspections.models import Inspection
    from portal import district_urls

    class Stock(ListView):
        model = Inspection
        paginate_by = 50
        ordering = "-due_on"
        page = engines["django"].from_string(STOCK)

        def render_to_response(self, context, **kwargs):
            return HttpResponse(self.page.render(context, self.request))

    district_urls.urlpatterns[:0] = [path("bench-stock/", Stock.as_view())]


STOCK = """{% extends "base.html" %}{% block content %}<table>{% for row in object_list %}<tr><td>{{ row.number }}</td>
<td>{{ row.facility.name }}</td><td>{{ row.facility.street.name }}</td><td>{{ row.get_state_display }}</td>
<td>{% for member in row.all_team.all %}{{ member.inspector }} {% endfor %}</td><td>{{ row.due_on }}</td></tr>{% endfor %}
</table><p>{{ page_obj.number }} / {{ page_obj.paginator.num_pages }}</p>{% endblock %}"""


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=4, help="how often Minhang's 240 facilities")
    parser.add_argument("--entries", type=int, default=200_000, help="of the log of changes")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--only", help="lists whose name begins so")
    options = parser.parse_args()
    with servers(DATABASE):
        start = time.monotonic()
        names = prepare(options.times, options.entries)
        count = names.pop("count")
        print(f"made in {time.monotonic() - start:.0f} s: {count}", file=sys.stderr)
        control_urls()
        gc.collect()
        gc.freeze()
        bureau, admin = Side(DATABASE, "mh-bureau"), Side(DATABASE, "mh-auditadmin")
        variants = {
            "empty": (bureau, f"/minhang/{EMPTY}", {}),
            "admin empty": (admin, f"/minhang/{EMPTY}", {}),
        }
        variants["stock"] = (bureau, "/minhang/bench-stock/", {})
        for side, lists in ((bureau, LISTS), (admin, ADMIN)):
            for name, path in lists.items():
                if name.startswith(options.only or ""):
                    variants[name] = (side, "/minhang/" + path.format(**names), {})
        found = measure(variants, options.repeats)
        size = f"{count['facilities_facility']} facilities, {count['inspections_inspection']} visits"
        lines = [
            Line(f"{name} / empty page", size, found["admin empty" if side is admin else "empty"], found[name],
                 None if name == "stock" else GOAL, "ms")
            for name, (side, _path, _headers) in variants.items() if "empty" not in name
        ]  # fmt: skip
        lines += [
            Line(f"queries of {name}", "", 1, side.run(statements, side, path),
                 QUERIES if name in LISTS or name in ADMIN else None, "")
            for name, (side, path, _headers) in variants.items() if "empty" not in name
        ]  # fmt: skip
        for side in (bureau, admin):
            side.pool.shutdown()
        return print_table(lines)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
