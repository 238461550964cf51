"""Merging the items of several departments, on plain values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.rules import joint
from inspections.rules.joint import Joined, Line


def line(pk, key, text="", source="s", unit="a"):
    return Line(pk, key, text or f"text {key}", source, unit)


@pytest.mark.parametrize(
    "lines, found",
    [
        ([], []),
        # the same key: once, and both departments ask for it
        ([line(1, "k", "甲", unit="a"), line(2, "k", "乙", unit="b")], [Joined(1, ("a", "b"), (2,))]),
        # the same clause and the same words, whatever the blanks between them
        (
            [line(1, "k", "通道 畅通", "c1", "a"), line(2, "l", "通道畅通 ", "c1", "b")],
            [Joined(1, ("a", "b"), (2,))],
        ),
        # the same words on another basis are two items
        (
            [line(1, "k", "通道畅通", "c1", "a"), line(2, "l", "通道畅通", "c2", "b")],
            [Joined(1, ("a",)), Joined(2, ("b",))],
        ),
        # through a double to a third: what matches either line of a group joins it
        (
            [line(1, "k", "甲", "c1"), line(2, "k", "乙", "c2", "b"), line(3, "m", "乙", "c2", "c")],
            [Joined(1, ("a", "b", "c"), (2, 3))],
        ),
        # a department asks once
        ([line(1, "k"), line(2, "k")], [Joined(1, ("a",), (2,))]),
        # a matter without a department asks for nobody
        ([line(1, "k", unit=""), line(2, "k", unit="b")], [Joined(1, ("b",), (2,))]),
    ],
)
def test_merged(lines, found):
    assert joint.merged(lines) == found


LINES = st.lists(
    st.tuples(st.sampled_from("klmn"), st.sampled_from("xyz"), st.sampled_from("12"), st.sampled_from("abc")),
    max_size=14,
).map(lambda rows: [Line(n, key, text, source, unit) for n, (key, text, source, unit) in enumerate(rows)])


@given(LINES)
def test_merging_loses_nothing_and_keeps_no_double(lines):
    found = joint.merged(lines)
    assert sorted(pk for one in found for pk in (one.id, *one.doubles)) == [one.id for one in lines]
    kept = [next(row for row in lines if row.id == one.id) for one in found]
    assert len({one.key for one in kept}) == len(kept)
    assert len({(one.source, one.text) for one in kept}) == len(kept)
    assert [one.id for one in kept] == sorted(one.id for one in kept)
    # each department that asked for a line still asks for what stands in its place
    units = {pk: one.units for one in found for pk in (one.id, *one.doubles)}
    assert all(row.unit in units[row.id] for row in lines)
    assert set(joint.departments(found)) == {row.unit for row in lines}
    # merging what is merged changes nothing
    assert [one.id for one in joint.merged(kept)] == [one.id for one in found]


def test_who_answers():
    assert joint.answering(("a", "b"), ()) == "a"
    assert joint.answering(("a", "b"), ("a",)) == "b"
    assert joint.answering(("a",), ("a",)) == ""
    assert joint.missing(("a", "b", "c"), ("a",), ("c",)) == ["b"]


@pytest.mark.parametrize(
    "owners, ownerless, units, team, found",
    [
        ({"a", "b"}, set(), [], 2, []),
        ({"a", "b"}, set(), ["b", "a"], 3, []),
        ({"a", "b", "c"}, set(), [], 2, [("team_size", "team")]),
        ({"a"}, set(), [], 2, [("checklists", "few")]),
        ({"a", "b"}, {"消防"}, [], 2, [("checklists", "ownerless")]),
        ({"a", "b"}, set(), ["a", "c"], 2, [("units", "units")]),
    ],
)
def test_what_stands_against_a_joint_line(owners, ownerless, units, team, found):
    told = joint.problems_of_scheme(owners, ownerless, {}, units, team)
    assert [(field, key) for field, key, _facts in told] == found
    for _field, key, facts in told:
        assert joint.PROBLEMS[key] % facts
