"""Joint visits on plain values: several departments' items merged without doubles, who answers which, who is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from portal.rules.machine import marked

NOTE_LENGTH = 200
#: What the record says at the items of a department that stays away.
ABSENT = "%(unit)s未到场：%(reason)s"  # content

PROBLEMS = {
    "few": marked("联合检查要有两个部门以上的检查项。这几张检查表只归 %(n)d 个部门"),
    "ownerless": marked("抽查事项“%(names)s”没有主管单位，不能联合检查。先在抽查事项清单里补上"),
    "team": marked("检查表归 %(n)d 个部门，每组至少 %(n)d 人，每个部门才能各到一人"),
    "units": marked("联合检查由检查项的主管部门各出人：选 %(names)s，或者一个也不选"),
}


@dataclass(frozen=True)
class Line:
    """One item of one list; `source` is the clause or law it rests on, `unit` the department whose matter it is."""

    id: int
    key: str
    text: str
    source: str
    unit: str


@dataclass(frozen=True)
class Joined:
    """An item that is answered once: the line that is kept, every department that asks for it, the first one first,
    and the lines that say the same."""

    id: int
    units: tuple[str, ...]
    doubles: tuple[int, ...] = ()


def merged(lines: Iterable[Line]) -> list[Joined]:
    """The lines without doubles, in their order. Two lines are one where their key is the same, or both source and
    text are; the first one is kept. Each department that asks for it stays on the item."""
    kept: list[list[Line]] = []
    by_key: dict[str, list[Line]] = {}
    by_words: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        words = (line.source.strip(), "".join(line.text.split()))
        group = by_key.get(line.key) or by_words.get(words)
        if group is None:
            group = []
            kept.append(group)
        group.append(line)
        by_key.setdefault(line.key, group)
        by_words.setdefault(words, group)
    return [
        Joined(
            group[0].id,
            tuple(dict.fromkeys(line.unit for line in group if line.unit)),
            tuple(line.id for line in group[1:]),
        )
        for group in kept
    ]


def departments(items: Iterable[Joined]) -> tuple[str, ...]:
    """Every department that asks for something, in the order in which they come up."""
    return tuple(dict.fromkeys(unit for item in items for unit in item.units))


def answering(units: Collection[str], absent: Collection[str]) -> str:
    """Which department answers for an item: the first that asks for it and is there; '' where none of them is."""
    return next((unit for unit in units if unit not in absent), "")


def missing(wanted: Iterable[str], there: Collection[str], absent: Collection[str] = ()) -> list[str]:
    """Departments with items that have nobody in the team and of which nobody decided that the visit goes without."""
    return [unit for unit in wanted if unit not in there and unit not in absent]


def problems_of_scheme(
    owners: Collection[str],
    ownerless: Collection[str],
    names: dict[str, str],
    units: Collection[str],
    team: int,
) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts) of a line of the plan that is joint. `owners`: the departments of its items,
    `ownerless`: matters without one, `units`: from whom the line draws, empty for all."""
    if ownerless:
        return [("checklists", "ownerless", {"names": "、".join(sorted(ownerless))})]
    found = []
    if len(owners) < 2:
        found.append(("checklists", "few", {"n": len(owners)}))
    if units and set(units) != set(owners):
        found.append(("units", "units", {"names": "、".join(names.get(one, one) for one in sorted(owners))}))
    if team < len(owners):
        found.append(("team_size", "team", {"n": len(owners)}))
    return found
