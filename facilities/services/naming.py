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


WORDS = {"site_name": rules.PROBLEMS["name"]}
