"""The words under which a row is found, and the key by which names are sorted.

Everything is lower case. In the stored text every character stands twice: an index of trigrams cannot find a
word of two characters, which is what most Chinese words are, but it finds `七七宝宝`. Patterns are doubled alike.
"""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

#: More words than this in one search are left out; nobody types them.
MOST_WORDS = 6
SORT_KEY_LENGTH = 120


@lru_cache(maxsize=16384)
def pinyin(text: str) -> tuple[str, str]:
    """Full pinyin and initials of the Chinese in `text`; other characters stay as they are."""
    full = lazy_pinyin(text)
    first = lazy_pinyin(text, style=Style.FIRST_LETTER)
    return "".join(full).lower(), "".join(first).lower()


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
