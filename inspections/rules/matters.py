"""What may stand in the list of what is inspected."""

from __future__ import annotations

import re

from portal.rules import personal
from portal.rules.machine import marked

_key = re.compile(r"[a-z0-9][a-z0-9-]{1,39}").fullmatch
LENGTHS = {"name": 80, "basis": 300, "subject": 200, "ratio": 80, "frequency": 80, "method": 80}

PROBLEMS = {
    "key": marked("用 2 到 40 个小写字母、数字和短横，比如 fire"),
    "text": marked("不能空着，也不能太长"),
    "kinds": marked("至少选一种机构"),
} | personal.PROBLEMS


def problems(values: dict) -> list[tuple[str, str]]:
    """(field, key of PROBLEMS)."""
    found = []
    if not _key(values["key"]):
        found.append(("key", "key"))
    for name, longest in LENGTHS.items():
        if not 1 <= len(values[name].strip()) <= longest:
            found.append((name, "text"))
    found += personal.problems(values, *LENGTHS)
    if not values["kinds"]:
        found.append(("kinds", "kinds"))
    return found
