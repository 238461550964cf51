"""What a draw freezes, from the database: the dict F of protocol shuangsuiji-1.

Four queries for the facilities and six for the inspectors, whatever their number.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import DrawChain, Inspection, Inspector, InspectorStreet, Interest, Scheme, TeamMember
from inspections.rules.frozen import PROTOCOL, DrawError, check_frozen
from inspections.rules.states import OPEN
from portal.errors import Refused

NOT_GRADED = "B"


def month_days(year: int, month: int) -> tuple[date, date]:
    """First and last day of a month."""
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def public_code(slug: str) -> str:
    """A unit's slug as a code of the protocol, which knows no underscore."""
    return slug.replace("_", "-")


@dataclass(frozen=True)
class Past:
    """What a facility has behind it: `visited` in the sense of draw.md, `drawn`: drawn visits of the year."""

    visited: bool
    drawn: int


def past_of_facilities(scheme_key: str, year: int, on: date) -> dict[int, Past]:
    """Facility id -> Past, as it stands on the day, for a draw of the year.

    Visited: a visit drawn by this scheme was finished in the year, or is still to be made. An open visit of an
    earlier year counts once the year has begun: before that it will mostly be made in the old one. What was
    struck off does not count, nor what a void draw drew. The cap counts the drawn visits of all schemes.
    """
    still_open = Q(state__in=OPEN)
    if on.year < year:
        still_open &= Q(draw__year=year)
    finished = Q(state__in=("finished", "published"), finished_on__year=year)
    rows = (
        Inspection.objects.filter(kind=Inspection.Kind.DRAWN)
        .filter(Q(draw__year=year) | Q(finished_on__year=year) | Q(state__in=OPEN))
        .exclude(state="cancelled")
        .exclude(draw__state="void")
        .order_by()
        .values("facility_id")
        .annotate(
            visited=BoolOr(Q(draw__chain__scheme_key=scheme_key) & (finished | still_open)),
            drawn=Count("pk", filter=Q(draw__year=year)),
        )
    )
    return {row["facility_id"]: Past(bool(row["visited"]), row["drawn"]) for row in rows}


def previous_teams(kinds: list[str]) -> dict[int, set[str]]:
    """Inspector id -> codes of the facilities whose previous inspection the inspector was in.

    The previous inspection is the one still to be made, if there is one, else the last finished one: of whatever
    kind, and also of a void draw if it was made. Who had dropped out was not in it.
    """
    # fetched by itself: joined as a subquery it is computed for each row where the tables have no statistics yet
    last = list(
        Inspection.objects.filter(facility__state="operating", facility__kind__in=kinds)
        .exclude(state="cancelled")
        .order_by("facility_id", "-finished_on", "-pk")  # descending: no day yet comes first
        .distinct("facility_id")
        .values_list("pk", flat=True)
    )
    teams = defaultdict(set)
    members = TeamMember.objects.filter(inspection__in=last, dropped_at__isnull=True)
    for inspector, code in members.order_by().values_list("inspector_id", "inspection__facility__code"):
        teams[inspector].add(code)
    return teams


def interests(first: date, last: date) -> dict[int, set[str]]:
    """Inspector id -> codes of facilities with an interest, employment or ownership in force within the days."""
    found = defaultdict(set)
    rows = Interest.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=first), starts_on__lte=last)
    for inspector, code in rows.values_list("inspector_id", "facility__code"):
        found[inspector].add(code)
    return found


def frozen_inspectors(
    scheme: Scheme, year: int, month: int, known: set[str], teams: dict[int, set[str]] | None = None
) -> list[dict]:
    """The rows of F's inspectors; `known`: codes of all facilities in the draw, others are no recusal here.

    Of the units that the scheme names, or of all; with a licence that is valid throughout the month. `teams`: what
    `previous_teams` would answer, where a rehearsal keeps account of the teams by itself.
    """
    first, last = month_days(year, month)
    streets = defaultdict(list)
    for inspector, code in InspectorStreet.objects.values_list("inspector_id", "street__code"):
        streets[inspector].append(code)
    recused = interests(first, last)
    for inspector, codes in (previous_teams(scheme.kinds) if teams is None else teams).items():
        recused[inspector] |= codes
    rows = Inspector.objects.filter(active=True, licence_from__lte=first, licence_until__gte=last)
    if scheme.units:
        rows = rows.filter(unit__slug__in=scheme.units)
    return [
        {
            "id": code,
            "unit": public_code(unit),
            "streets": sorted(streets[pk]),
            "recused": sorted(recused[pk] & known),
        }
        for pk, code, unit in sorted(rows.values_list("pk", "code", "unit__slug"), key=lambda row: row[1])
    ]


def frozen_content(
    scheme: Scheme, chain: DrawChain, month: int, *, district_code: str, on: date, replaces: str = ""
) -> dict:
    """F of the scheme's draw in `chain.year` and `month`, as the database stands; see draw.md 'Freezing'.

    Raises Refused, with the place, for what the protocol cannot take (a code with a blank in it).
    """
    year = chain.year
    past = past_of_facilities(scheme.key, year, on)
    nothing = Past(False, 0)
    objects, capped = [], []
    rows = Facility.objects.operating().filter(kind__in=scheme.kinds).order_by()
    for pk, code, street, grade in rows.values_list("pk", "code", "street__code", "grade"):
        one = past.get(pk, nothing)
        if one.drawn >= scheme.cap:
            capped.append(code)
        else:
            objects.append(
                {"id": code, "street": street, "grade": grade or NOT_GRADED, "visited": one.visited}
            )
    objects.sort(key=lambda item: item["id"])
    known = {item["id"] for item in objects}
    frozen = {
        "protocol": PROTOCOL,
        "district": district_code,
        "scheme": scheme.key,
        "year": year,
        "month": month,
        "anchor": chain.anchor,
        "rates_permille": {grade: scheme.rates_permille[grade] for grade in "ABCD"},
        "team_size": scheme.team_size,
        "objects": objects,
        "capped": sorted(capped),
        "inspectors": frozen_inspectors(scheme, year, month, known),
        "replaces": replaces,
    }
    try:
        check_frozen(frozen)
    except DrawError as error:
        raise Refused(
            _("名单里有抽取用不了的内容：%(place)s。改好再冻结") % {"place": str(error)}, code=error.code
        ) from error
    return frozen
