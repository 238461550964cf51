"""Finding a sheet's headings: in whichever of the first rows they stand, over one to three merged rows.

Plain lists of cells in, positions out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.rules.cells import empty, plain

#: How far down the headings may begin, and over how many rows they may be merged.
SEARCHED_ROWS, HEADING_ROWS = 20, 3
#: What a heading may carry beside its name: units and hints in brackets, marks of required columns.
_ASIDE = re.compile(r"[（(\[【].*?[）)\]】]|[*＊:：]")
#: A column that only counts the rows is nobody's, and not worth a word.
_COUNTED = re.compile(r"序号?|编序|行号|no\.?|#", re.IGNORECASE)  # content
#: A row that begins so, and has nothing where a record must have something, is no record.
_NO_RECORD = re.compile(
    r"合计|总计|小计|填表|制表|审核人|填报|联系人|备注|说明|注[:：]|单位[（(:：]|以下空白"
)  # content


def letter(index: int) -> str:
    """A column's letters: 0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, index: int) -> str:
    """C17: the row as Excel counts, the column from 0."""
    return f"{letter(index)}{row}"


def key(heading: Any) -> str:
    """A heading as it is compared: without blanks, brackets, stars."""
    text = plain(str(heading)).lower() if heading is not None else ""
    return _ASIDE.sub("", text) or text


@dataclass(frozen=True)
class Found:
    """Where the headings are: `last` is the row (from 1) after which records begin; `columns` {field: index};
    `unknown` [(index, heading)], which no field takes; `twice` [(field, first index, second index)]."""

    first: int
    last: int
    columns: dict[str, int]
    unknown: list[tuple[int, str]]
    twice: list[tuple[str, int, int]]


def find(rows: Sequence[Sequence[Any]], names: dict[str, str]) -> Found | None:
    """The headings among a sheet's first rows; names: key of a heading -> field. None where there are none.

    The block of one to three rows that names most fields wins; of equals the lower start and the fewer rows.
    """
    best, score = None, 0
    for start in range(min(len(rows), SEARCHED_ROWS)):
        for height in range(1, HEADING_ROWS + 1):
            if start + height > len(rows) or (
                height > 1 and not under(rows[start + height - 2 : start + height])
            ):
                break
            found = read(rows[start : start + height], names, start + 1)
            if len(found.columns) > score:
                best, score = found, len(found.columns)
    return best


def under(pair: Sequence[Sequence[Any]]) -> bool:
    """Whether the second row can be a part of headings: most of what it says stands below cells that are merged away,
    while the first record fills the columns that have a heading."""
    upper, lower = pair
    filled = [index for index, cell in enumerate(lower) if not empty(cell)]
    below = [index for index in filled if index < len(upper) and not empty(upper[index])]
    return bool(filled) and 2 * len(below) <= len(filled)


def read(block: Sequence[Sequence[Any]], names: dict[str, str], first: int) -> Found:
    width = max((len(row) for row in block), default=0)
    # a cell merged over columns is empty but in the first of them
    spread = []
    for depth, row in enumerate(block):
        cells, before = [], ""
        for index in range(width):
            cell = "" if index >= len(row) or empty(row[index]) else str(row[index])
            above = depth and spread[depth - 1][index] != (spread[depth - 1][index - 1] if index else None)
            if depth < len(block) - 1:
                before = cell or ("" if above else before)
                cells.append(before)
            else:
                cells.append(cell)
        spread.append(cells)
    columns: dict[str, int] = {}
    unknown, twice = [], []
    for index in range(width):
        parts = [cells[index] for cells in spread]
        field = next((names[k] for k in candidates(parts) if k in names), None)
        own = any(index < len(row) and not empty(row[index]) for row in block)
        if field is None:
            word = plain(next((p for p in reversed(parts) if p), ""))
            if own and not _COUNTED.fullmatch(key(word)):
                unknown.append((index, word))
        elif field not in columns:
            columns[field] = index
        elif own:
            twice.append((field, columns[field], index))
    return Found(first, first + len(block) - 1, columns, unknown, twice)


def candidates(parts: list[str]) -> list[str]:
    """What a column may be called, by the cells above it: all joined, fewer and fewer of them, then each alone from
    the lowest up."""
    filled = list(dict.fromkeys(part for part in parts if part))
    joined = [key("".join(filled[depth:])) for depth in range(len(filled))]
    return joined + [key(part) for part in reversed(filled[:-1])]


def no_record(cells: Sequence[Any], needed: Sequence[int]) -> bool:
    """Whether a row is a sum or a footer: it begins like one, and half of what a record needs is missing."""
    first = next((cell for cell in cells if not empty(cell)), None)
    if not isinstance(first, str) or not _NO_RECORD.match(plain(first)):
        return False
    missing = sum(index >= len(cells) or empty(cells[index]) for index in needed)
    return 2 * missing >= len(needed)
