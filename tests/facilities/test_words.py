import subprocess
import sys

from django.conf import settings

from facilities.rules import words


def found(row: str, search: str) -> bool:
    """LIKE as the database does it, for patterns without wildcards inside."""
    return all(
        pattern.strip("%").replace("\\%", "%").replace("\\_", "_") in row
        for pattern in words.patterns(search)
    )


def test_a_row_is_found_by_name_pinyin_initials_address_and_code():
    row = words.search_text(["七宝云杉托育园", "示例路 128 弄"], ["MH0091"])
    for search in ("七宝", "云杉", "qibao", "qbys", "示例路", "mh0091", "MH0091", "云杉 128", "sll"):
        assert found(row, search), search
    for search in ("梅陇", "xibao", "mh0092", "七杉", "云杉 129", "园示"):
        assert not found(row, search), search


def test_wildcards_are_taken_literally():
    row = words.search_text(["示例园"], [])
    assert not found(row, "%") and not found(row, "_")
    assert words.patterns("50%") == ["%5500\\%\\%%"]


def test_a_search_without_words_has_no_patterns_and_a_long_one_is_cut():
    assert words.patterns("   ") == []
    assert len(words.patterns(" ".join("abcdefghij"))) == words.MOST_WORDS


def test_names_sort_by_pinyin():
    names = ["张江示例园", "安亭示例园", "浦江示例园", "七宝示例园"]
    assert sorted(names, key=words.sort_key) == ["安亭示例园", "浦江示例园", "七宝示例园", "张江示例园"]


def test_what_a_process_of_its_own_read_is_the_same_and_leaves_nothing_behind():
    """In a fresh process: the dictionaries are not loaded, and what is found is what they would say."""
    code = """
import json, sys
from facilities.rules import words
names = ["七宝镇云杉托育园", "重庆路 9 号", "喆昇", "Shanyu"]
with words.read_apart([*names, "", names[0]]):
    found = [words.pinyin(name) for name in names]
assert "pypinyin" not in sys.modules and not words._known
assert found == [words.pinyin(name) for name in names] and "pypinyin" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=settings.BASE_DIR)
