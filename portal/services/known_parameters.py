"""Parameters that the product looks up: their words, unit and shape, whether a district has a value of theirs or not.

A shipped district begins with values out of its documents; one that was opened in the browser gives the first value itself,
with the paper that says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from portal.models.places import District
from portal.models.policy import Parameter
from portal.services import policy_files
from portal.services.reference import read_yaml
from portal.tenancy import current_scope


@dataclass(frozen=True)
class Known:
    """`like` has the shape of a value: one that some shipped district has."""

    key: str
    label: str
    unit: str
    like: Any
    of_city: bool
    of_districts: bool


@cache
def every() -> dict[str, Known]:
    """All that are shipped, by key, in the order of the file."""
    found = {}
    for entry in read_yaml(policy_files.FOLDER / "parameters.yaml")["parameters"]:
        districts = entry.get("districts")
        own = districts if isinstance(districts, dict) else {}
        values = [row.get("value", entry.get("value")) for row in own.values()]
        values = values or [entry.get("value", (entry.get("city") or {}).get("value"))]
        found[entry["key"]] = Known(
            entry["key"],
            entry["label"],
            entry.get("unit") or "",
            values[0],
            of_city="city" in entry,
            of_districts=bool(districts),
        )
    return found


def known(key: str, district: District) -> Known | None:
    """What the product looks up in this district under the key; None for what it does not."""
    one = every().get(key)
    return one if one and (one.of_city if district.is_city else one.of_districts) else None


def missing() -> list[Known]:
    """What the product looks up and the district in scope has never given a value."""
    district = District.objects.only("level").get(pk=current_scope().district_id)
    given = set(Parameter.objects.order_by().values_list("key", flat=True).distinct())
    return [one for key, one in every().items() if key not in given and known(key, district)]
