"""Pages of the plans, tasks, targets, guidance and the city at the size of `bench/rollup.py`: statements and CPU time."""

from __future__ import annotations

import gc
from datetime import date

from bench.report import Line
from bench.rollup_data import DATABASE
from bench.web import Side, measure, statements

MOST, SLOW = 12, 1_000
EMPTY = "search/"
#: Lists of the issue; `{x}` from `addresses`.
LISTS = (
    "guidance/", "guidance/children/", "guidance/children/?state=behind", "guidance/children/?street={street}",
    "guidance/children/?q={child}", "guidance/sessions/", "guidance/sessions/?street={street}",
    "guidance/sessions/?page=900", "guidance/events/", "guidance/newborns/", "guidance/newborns/?street={street}",
    "guidance/births/", "guidance/resources/", "guidance/kits/", "guidance/nursing/", "guidance/nursing/streets/",
    "guidance/courses/", "guidance/lecturers/", "tasks/", "tasks/rounds/", "units/", "targets/", "targets/?by=street",
    "attestations/", "conferences/", "supervision/", "subsidies/", "subsidies/year/", "subsidies/rules/",
    "applications/", "reports/", "documents/", "parameters/", "guidance/children/{child_id}/",
    "targets/{households}/", "targets/{staff}/",
)  # fmt: skip
CITY = ("city/", "city/targets/")


def addresses() -> dict:
    from guidance.models import GuidedChild
    from targets.models import Target

    by_metric = dict(Target.objects.filter(proof="counted").values_list("metric", "pk"))
    child = GuidedChild.objects.filter(ended_on__isnull=True).order_by("code")[100]
    return {
        "households": by_metric["household_guidance"],
        "staff": by_metric["certified_share"],
        "street": child.street_id,
        "child": child.code,
        "child_id": child.pk,
    }


def measured(districts: list, repeats: int) -> list[Line]:
    from django.db import connection
    from django.utils import timezone

    from portal.access import Actor
    from portal.models import District, Membership, User
    from portal.rules.rights import Role
    from portal.tenancy import district_scope
    from targets.services import rollup

    today = timezone.localdate()
    for district in districts:
        with district_scope(district):
            rollup.roll_up(
                rollup.period_of(today.year, None, on=today), actor=Actor.system(district, "bench")
            )
    pudong, city = districts[0], District.objects.get(level="city")
    people = {}
    for district, name, role in ((pudong, "bench", Role.BUREAU), (city, "bench-city", Role.CITY)):
        with district_scope(district):
            user = User.objects.create(username=name, name="示例", password="!")
            Membership.objects.create(user=user, role=role, starts_on=date(2020, 1, 1))
            people[district.slug] = name
    with district_scope(pudong):
        rollup.roll_up(
            rollup.period_of(today.year, today.month, on=today), actor=Actor.system(pudong, "bench")
        )
        given = addresses()
    connection.close()
    gc.collect()
    gc.freeze()
    sides = {slug: Side(DATABASE, name) for slug, name in people.items()}
    variants = {"empty": (sides[pudong.slug], f"/{pudong.slug}/{EMPTY}", {})}
    for district, lists in ((pudong, LISTS), (city, CITY)):
        for path in lists:
            variants[path] = (sides[district.slug], f"/{district.slug}/{path.format(**given)}", {})
    found = measure(variants, max(3, repeats // 3))
    lines = [Line("an empty page", "", found["empty"], found["empty"], None, "ms")]
    for name, (side, path, _headers) in variants.items():
        if name != "empty":
            lines.append(Line(f"page {name} against a second", "", SLOW, found[name], 1, "ms"))
            many = side.run(statements, side, path)
            lines.append(Line(f"queries of {name}", "", 1, many, MOST, ""))
    for side in sides.values():
        side.pool.shutdown()
    return lines
