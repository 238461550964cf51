"""The rehearsal draws as the draw does, and its figures add up."""

from __future__ import annotations

import hashlib

import pytest

from inspections.rules import draw, rehearsal

RATES = {"A": 50, "B": 100, "C": 200, "D": 500}


def inspectors(*codes: str, streets=("310112001", "310112002")) -> list[dict]:
    return [
        {"id": code, "unit": f"U{n}", "streets": list(streets), "recused": []} for n, code in enumerate(codes)
    ]


def case(objects: dict[str, str], *, key="all", cap=12, team=("I1", "I2", "I3"), rates=RATES, **more):
    items = [{"id": code, "street": street, "grade": "B"} for code, street in objects.items()]
    return rehearsal.Case(
        key, rates, 2, cap, items, dict.fromkeys(rehearsal.MONTHS, inspectors(*team, **more))
    )


def places(n: int, street: str = "310112001") -> dict[str, str]:
    return {f"F{street[-1]}{i:03d}": street for i in range(n)}


def rehearse(*cases, runs=20, capacity=100, **options):
    return rehearsal.rehearse(list(cases), base=b"test", runs=runs, capacity=capacity, **options)


def test_spread_is_by_nearest_rank():
    assert rehearsal.spread(range(1, 101), 100) == (1, 10, 50, 90, 100)
    assert rehearsal.spread([7], 10) == (0, 0, 0, 0, 7)
    assert rehearsal.spread([], 3) == (0, 0, 0, 0, 0)
    assert rehearsal.spread([5], 1) == (5, 5, 5, 5, 5)


def test_each_month_is_what_the_draw_itself_would_make():
    """Twelve months by hand, with the draw's own functions: the same visits, month by month."""
    one = case(places(17) | places(8, "310112002"))
    tally = rehearse(one, runs=1)
    visited: set[str] = set()
    teams: dict[str, list[str]] = {}
    for month in range(1, 13):
        frozen = {
            "month": month,
            "rates_permille": RATES,
            "team_size": 2,
            "objects": [{**item, "visited": item["id"] in visited} for item in one.objects],
            "inspectors": [
                {**row, "recused": [f for f, team in teams.items() if row["id"] in team]}
                for row in one.inspectors[month]
            ],
        }
        seed = hashlib.sha256(b"\n".join((b"rehearsal", b"test", f"0\nall\n{month}".encode()))).digest()
        drawn = draw.draw_objects(frozen, seed)
        assert tally.months[month] == [len(drawn)]
        for result in draw.assign_teams(frozen, seed, drawn):
            teams[result["object"]] = result["inspectors"]
        visited.update(drawn)
    assert visited == {item["id"] for item in one.objects}
    assert sum(tally.months[month][0] for month in range(1, 13)) == tally.years[0]


def test_without_a_cap_everybody_is_visited_in_every_run():
    tally = rehearse(case(places(30) | places(3, "310112002"), cap=60))
    assert not tally.missed and not any(tally.exceeded.values())
    assert not any(tally.none_left.values())
    assert len(tally.years) == 20 and min(tally.years) >= 33
    # a street of three draws each month all the same: twelve visits at least
    assert min(tally.street_year["310112002"]) >= 12


def test_a_cap_leaves_streets_with_nothing_to_draw():
    """Two facilities, two visits each: from the fifth month on nothing is left."""
    tally = rehearse(case(places(2), cap=2, rates=dict.fromkeys("ABCD", 0)))
    assert {tally.none_left["310112001", month] for month in (6, 9, 12)} == {20}
    assert max(tally.years) <= 4 and max(tally.most.values()) == 2
    assert tally.reached["F1000"] == 20 and not tally.exceeded["F1000"]


def test_two_schemes_of_one_month_can_exceed_the_cap_and_the_rehearsal_says_so():
    rates = dict.fromkeys("ABCD", 1000)
    tally = rehearse(
        case(places(3), key="one", cap=3, rates=rates), case(places(3), key="two", cap=3, rates=rates)
    )
    assert any(tally.exceeded.values())
    assert max(tally.most.values()) == 4


def test_the_floor_breaks_where_another_scheme_uses_the_cap_up():
    greedy = case(places(4), key="a-greedy", cap=1, rates=dict.fromkeys("ABCD", 1000))
    tally = rehearse(greedy, case(places(4), key="b-late", cap=1))
    assert {key for key, _facility in tally.missed} & {"b-late", "a-greedy"}


def test_who_was_there_last_is_not_there_again():
    """Two inspectors, teams of two: after the first visit nobody is left, and the short teams are counted."""
    tally = rehearse(case(places(1), team=("I1", "I2")), runs=3)
    assert tally.street_short["310112001"] == [6, 6, 6]  # every other month
    before = {"F1000": {"I1", "I2"}}
    tally = rehearse(case(places(1), team=("I1", "I2")), runs=1, before=before)
    assert tally.street_short["310112001"] == [6]
    assert tally.inspector_year["I1"] == [6]


def test_load_and_capacity():
    tally = rehearse(case(places(24)), capacity=1)
    assert tally.inspector_over["I1"] == 20
    assert sum(tally.inspector_year[code][0] for code in ("I1", "I2", "I3")) <= 2 * tally.years[0]
    assert not any(rehearse(case(places(24)), capacity=1000).inspector_over.values())


def test_a_licence_that_lapses_ends_the_visits():
    one = case(places(24))
    for month in range(7, 13):
        one.inspectors[month] = [row for row in one.inspectors[month] if row["id"] != "I1"]
    tally = rehearse(one, runs=5)
    assert max(tally.inspector_year["I1"]) < min(tally.inspector_year["I2"])


@pytest.mark.parametrize("base", [b"other", b"test"])
def test_same_base_same_year(base):
    one = case(places(20))
    first, second = (rehearsal.rehearse([one], base=base, runs=3, capacity=9) for _ in range(2))
    assert first == second
    told = []
    rehearsal.rehearse([one], base=base, runs=3, capacity=9, progress=told.append)
    assert told == [1, 2, 3]
    assert (first.years == rehearse(one, runs=3).years) is (base == b"test")
