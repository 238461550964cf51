"""The words under which a row is found, and the key by which names are sorted.

Everything is lower case. In the stored text every character stands twice: an index of trigrams cannot find a
word of two characters, which is what most Chinese words are, but it finds `七七宝宝`. Patterns are doubled alike.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

#: More words than this in one search are left out; nobody types them.
MOST_WORDS = 6
SORT_KEY_LENGTH = 120


#: What `read_apart` has found.
_known: dict[str, tuple[str, str]] = {}


def pinyin(text: str) -> tuple[str, str]:
    """Full pinyin and initials of the Chinese in `text`; other characters stay as they are."""
    return _known[text] if text in _known else _pinyin(text)


@lru_cache(maxsize=16384)
def _pinyin(text: str) -> tuple[str, str]:
    from pypinyin import Style, lazy_pinyin  # its dictionaries take 57 MB of each process that needs them

    full = lazy_pinyin(text)
    first = lazy_pinyin(text, style=Style.FIRST_LETTER)
    return "".join(full).lower(), "".join(first).lower()


@contextmanager
def read_apart(texts: Iterable[str]) -> Iterator[None]:
    """Within, the pinyin of these texts is known without the dictionaries: a process of its own has read them and is gone.

    For a worker, whose next task may be an import that has no room for them.
    """
    wanted = sorted({text for text in texts if text} - _known.keys())
    found = []
    if wanted:
        answer = subprocess.run(
            [sys.executable, "-m", "facilities.rules.words"],
            input=json.dumps(wanted),
            capture_output=True,
            check=True,
            cwd=Path(__file__).resolve().parents[2],
            text=True,
        )
        found = json.loads(answer.stdout)
    _known.update(zip(wanted, map(tuple, found), strict=True))
    try:
        yield
    finally:
        for text in wanted:
            _known.pop(text, None)


def doubled(text: str) -> str:
    return "".join(character * 2 for character in text)


def search_text(names: list[str], others: list[str]) -> str:
    """What a row is found by: names as written, in pinyin and by initials, and `others` as written.

    names: read aloud by people, so with pinyin; others: codes and numbers of houses. Parts are kept apart by a
    line break, which no search contains.
    """
    parts = []
    for name in names:
        if name:
            parts += [name.lower(), *pinyin(name)]
    parts += [other.lower() for other in others if other]
    return "\n".join(doubled(part) for part in dict.fromkeys(parts))


def words(text: str) -> list[str]:
    """The words of a search as they stand in a stored text; [] for a search without words."""
    found = dict.fromkeys(text.lower().replace("\x00", " ").split())
    return [doubled(word) for word in list(found)[:MOST_WORDS]]


def patterns(text: str) -> list[str]:
    """LIKE patterns, one per word of a search; all must be found."""
    return ["%" + word.translate(ESCAPES) + "%" for word in words(text)]


ESCAPES = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def sort_key(name: str) -> str:
    """Names in the order of their pinyin, the same on every machine."""
    return pinyin(name)[0].replace(" ", "")[:SORT_KEY_LENGTH]


if __name__ == "__main__":
    print(json.dumps([_pinyin(text) for text in json.load(sys.stdin)]))
