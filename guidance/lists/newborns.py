"""The lists of newborns and of births: their conditions, which page, file and REST share; the district's coverage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from guidance.lists.places import street_of
from guidance.models import BirthCount, Newborn, NewbornVisit
from guidance.rules import newborns as rules
from portal.services import parameters

SORTS = {
    "code": (("code", str), ("pk", int)),
    "born": (("birth_month", date), ("code", str), ("pk", int)),
}
STATES = ("due", "visited", "refused")
#: Conditions of a family to whom a visit is owed, by the district's parameter.
OWED = {"asked": Q(asked=True, resident=True), "resident": Q(resident=True), "every": Q()}


def year_of(query, on: date) -> int:
    text = query.get("year", "")
    if text.isascii() and text.isdigit() and rules.FIRST_YEAR <= int(text[:4]) <= on.year and len(text) == 4:
        return int(text)
    return on.year


def newborns(actor, query, on: date):
    """(rows with `last_visit`, street, state, year)."""
    year, street, state = year_of(query, on), street_of(query), query.get("state", "")
    rows = Newborn.objects.allowed(actor, "newborn.view").filter(
        birth_month__range=(date(year, 1, 1), date(year, 12, 1))
    )
    if street is not None:
        rows = rows.filter(street=street)
    visited = Exists(NewbornVisit.objects.filter(newborn=OuterRef("pk")))
    if state == "due":
        rows = rows.filter(~visited, refused_on__isnull=True)
    elif state == "visited":
        rows = rows.filter(visited)
    elif state == "refused":
        rows = rows.filter(refused_on__isnull=False)
    else:
        state = ""
    last = (
        NewbornVisit.objects.filter(newborn=OuterRef("pk")).order_by("-visited_on").values("visited_on")[:1]
    )
    return rows.annotate(last_visit=last), street, state, year


@dataclass(frozen=True)
class Coverage:
    """The year's births and families, and the visits by the district's own definition. `owed`: None where the
    definition is not entered."""

    births: int
    resident: int
    entered: int
    visited: int
    which: str
    owed: int | None
    made: int
    handbooks: int
    handbooks_of: int


def coverage(actor, year: int, on: date) -> Coverage:
    """Three queries: births and families within reach by street and month, the parameter. Births that nobody entered are
    owed a visit, too, as the figure of the target has it (targets/metrics/guidance.py)."""
    span = (date(year, 1, 1), date(year, 12, 1))
    which = parameters.values(["guidance.newborn_visits_for"], on).get("guidance.newborn_visits_for", "")
    visited = Exists(NewbornVisit.objects.filter(newborn=OuterRef("pk"), visited_on__year=year))
    condition = OWED.get(which, Q())
    found = list(
        Newborn.objects.allowed(actor, "newborn.view")
        .filter(birth_month__range=span)
        .annotate(there=visited)
        .order_by()
        .values("street_id", "birth_month", "resident")
        .annotate(
            entered=Count("pk"),
            visited=Count("pk", filter=Q(there=True)),
            handbooks=Count("pk", filter=Q(handbook_on__lte=on)),
            owed=Count("pk", filter=condition),
            made=Count("pk", filter=condition & Q(there=True)),
        )
    )
    entered = {(one["street_id"], one["birth_month"], one["resident"]): one["entered"] for one in found}
    counted = list(
        BirthCount.objects.allowed(actor, "newborn.view")
        .filter(month__range=span)
        .order_by()
        .values_list("street_id", "month", "total", "resident")
    )
    missing = {True: 0, False: 0}
    for street_id, month, total, resident in counted:
        for kind, births in ((True, resident), (False, total - resident)):
            missing[kind] += max(0, births - entered.get((street_id, month, kind), 0))
    owed = sum(one["owed"] for one in found)
    wanted = {
        "asked": owed,
        "resident": owed + missing[True],
        "every": owed + missing[True] + missing[False],
    }
    return Coverage(
        births=sum(row[2] for row in counted),
        resident=sum(row[3] for row in counted),
        entered=sum(one["entered"] for one in found),
        visited=sum(one["visited"] for one in found),
        which=which,
        owed=wanted.get(which),
        made=sum(one["made"] for one in found),
        handbooks=sum(one["handbooks"] for one in found if one["resident"]),
        handbooks_of=sum(one["entered"] for one in found if one["resident"]) + missing[True],
    )


def births(actor, query, on: date):
    """(rows, street, year), the latest month first."""
    year, street = year_of(query, on), street_of(query)
    rows = BirthCount.objects.allowed(actor, "newborn.view").filter(
        month__range=(date(year, 1, 1), date(year, 12, 1))
    )
    if street is not None:
        rows = rows.filter(street=street)
    return rows, street, year


BIRTH_SORTS = {"month": (("month", date), ("pk", int))}
