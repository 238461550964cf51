"""What may stand in the list of neighbourhoods."""

from __future__ import annotations

from datetime import date

from portal.rules.machine import marked

FIELDS = ("street", "name", "latitude", "longitude", "under_three", "source", "counted_on")
MOST = 20_000
EARLIEST = date(2000, 1, 1)

PROBLEMS = {
    "name": marked("写名称，2 到 60 个字"),
    "under_three": marked("填 0 到 20000 之间的整数；不知道就空着"),
    "source": marked("写来源，2 到 200 个字"),
    "counted_on": marked("统计时点要在 2000 年以后，不能晚于今天"),
    "point": marked("坐标要填"),
}


def problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not make sense: (field, key of PROBLEMS, facts)."""
    found: list[tuple[str, str, dict]] = []
    if not 2 <= len(values["name"].strip()) <= 60:
        found.append(("name", "name", {}))
    count = values.get("under_three")
    if count is not None and not 0 <= count <= MOST:
        found.append(("under_three", "under_three", {}))
    if not 2 <= len(values["source"].strip()) <= 200:
        found.append(("source", "source", {}))
    if values["counted_on"] is None or not EARLIEST <= values["counted_on"] <= today:
        found.append(("counted_on", "counted_on", {}))
    if values.get("latitude") is None or values.get("longitude") is None:
        found.append(("point", "point", {}))
    return found
