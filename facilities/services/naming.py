"""The name of a 宝宝屋 by the district's convention; a wrong one is refused with the right one."""

from __future__ import annotations

from datetime import date

from facilities.models import Facility
from facilities.rules import sites as rules
from portal.models.places import Street
from portal.services import parameters

KIND = "baby_house"


def binding(on: date) -> bool:
    """Whether the district names its sites by the convention on a day (Jinshan does: 金教〔2023〕29号 三)."""
    return parameters.values(["baby_house.naming"], on).get("baby_house.naming") == "convention"


def proposal(name: str, street: Street, exclude: int | None = None) -> str:
    """The right name nearest to `name`, one that no other site of the street has."""
    others = Facility.objects.filter(kind=KIND, street=street).exclude(state="closed").exclude(pk=exclude)
    return rules.right_name(name, street.name, set(others.values_list("name", flat=True)))


def problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """As rules.register.problems, of the name in a facility's values with kind and street."""
    name, street = values.get("name"), values.get("street")
    if values.get("kind") != KIND or not name or street is None or not binding(today):
        return []
    if rules.name_is_right(name, street.name):
        return []
    return [("name", "site_name", {"right": proposal(name, street)})]


def wrong_among(sites: list[tuple[int, int | None, str, int]]) -> dict[int, str]:
    """The right names of those that have a wrong one: row -> name, two queries for any number.

    sites: (row, the site's key or None for a new one, its name to be, its street's key). Where several of a street
    need one, only the first is proposed the street's own.
    """
    streets = dict(
        Street.objects.filter(pk__in={street for *_rest, street in sites}).values_list("pk", "name")
    )
    wrong = [one for one in sites if not rules.name_is_right(one[2], streets[one[3]])]
    own = {pk: rules.bare_name(rules.written(name)) for pk, name in streets.items()}
    holders: dict[int, set] = {pk: set() for pk in streets}  # of the street's own name: sites, rows
    standing = Facility.objects.filter(kind=KIND, street__in={street for *_rest, street in wrong})
    for pk, name, street in standing.exclude(state="closed").values_list("pk", "name", "street"):
        if rules.bare_name(name) == own[street]:
            holders[street].add(("site", pk))
    for row, _pk, name, street in sites:
        if rules.bare_name(name) == own[street]:
            holders[street].add(("row", row))
    right = {}
    for row, pk, name, street in wrong:
        taken = {own[street]} if holders[street] - {("site", pk)} else frozenset()
        right[row] = rules.right_name(name, streets[street], taken)
        if rules.bare_name(right[row]) == own[street]:
            holders[street].add(("row", row))
    return right


WORDS = {"site_name": rules.PROBLEMS["name"]}
