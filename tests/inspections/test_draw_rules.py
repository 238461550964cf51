"""The draw: the vectors of the protocol, each rule by its mutants, its promises as properties."""

import copy
import hashlib
import hmac
import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.rules import draw as rules
from inspections.rules.frozen import DrawError, canonical, check_frozen, frozen_sha256
from tests.inspections import draws

SHARED = Path(__file__).resolve().parents[3] / "shared" / "design"
CHAINED = {"source": "chained", "value": "0" * 64}


# --- The vectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", draws.NAMES)
def test_a_vector_is_drawn_exactly(name):
    assert draws.redraw(draws.vector(name)) == draws.vector(name)


@pytest.mark.parametrize("name", draws.NAMES)
def test_the_kept_vectors_are_those_of_the_design(name):
    if not SHARED.exists():
        pytest.skip("the design papers are not here")
    assert (draws.VECTORS / name).read_bytes() == (SHARED / name).read_bytes()


@pytest.mark.parametrize(("name", "old", "new"), draws.MUTATIONS, ids=[row[0] for row in draws.MUTATIONS])
def test_each_rule_left_out_changes_vector_2_or_3(name, old, new):
    mutant = draws.mutant(old, new)
    assert any(draws.redraw(draws.vector(file), mutant) != draws.vector(file) for file in draws.NAMES[1:])


def test_the_breakdown_of_a_vector_explains_its_counts():
    evidence = draws.vector("draw-vector-2.json")
    streets = {one.street: one for one in rules.breakdown(evidence, bytes.fromhex(evidence["seed"]))}
    first, second, third, last = (streets[f"310112{n}"] for n in ("001", "101", "102", "501"))
    assert (first.objects, first.due, first.floor, first.remainder, first.one_more) == (6, 3, 0, 3, False)
    assert (second.due, second.months_left, second.floor, second.remainder) == (6, 6, 1, 0)
    assert (third.one_more, third.drawn_due, third.visited["D"], third.again["D"]) == (True, 1, 3, 2)
    assert (last.due, last.drawn_due, last.forced) == (0, 0, "MH0900")


@settings(deadline=None)
@given(draws.frozen_inputs(), st.text("abc", min_size=1, max_size=3))
def test_the_breakdown_adds_up_to_the_draw(frozen, value):
    evidence = draws.draw(frozen, value)
    streets = rules.breakdown(evidence, bytes.fromhex(evidence["seed"]))
    assert sorted(name for one in streets for _, name in one.drawn) == sorted(
        result["object"] for result in evidence["results"]
    )
    for one in streets:
        assert len(one.drawn) == one.drawn_due + sum(one.again.values()) + bool(one.forced)
        assert one.objects == one.due + sum(one.visited.values())
        assert one.due == one.floor * one.months_left + one.remainder


# --- What it promises ------------------------------------------------------------------------------


def some_facilities():
    facility = st.tuples(st.sampled_from(["S1", "S2", "S3"]), st.sampled_from("ABCD"))
    return st.lists(facility, min_size=1, max_size=24).map(
        lambda rows: [(f"F{n:02d}", *row) for n, row in enumerate(rows)]
    )


@settings(max_examples=60, deadline=None)
@given(some_facilities(), st.integers(1, 12), st.integers(0, 10**6))
def test_in_a_year_each_is_drawn_and_none_beyond_the_cap(facilities, cap, entropy):
    year = draws.year(facilities, cap, str(entropy))
    number = draws.visits(year)
    assert set(number) == {row[0] for row in facilities}
    assert max(number.values()) <= cap
    for evidence in year:
        drawn = {result["object"] for result in evidence["results"]}
        assert not drawn & set(evidence["capped"])
        street_of = {item["id"]: item["street"] for item in evidence["objects"]}
        assert {street_of[name] for name in drawn} == set(street_of.values())
        assert len(drawn) == len(evidence["results"])


@settings(deadline=None)
@given(draws.frozen_inputs(month=12))
def test_in_december_all_that_are_due_are_drawn(frozen):
    drawn = {result["object"] for result in draws.draw(frozen)["results"]}
    assert {item["id"] for item in frozen["objects"] if not item["visited"]} <= drawn


@settings(max_examples=200, deadline=None)
@given(draws.frozen_inputs())
def test_a_team_serves_the_street_and_is_not_recused_and_as_full_and_mixed_as_can_be(frozen):
    inspectors = {row["id"]: row for row in frozen["inspectors"]}
    street_of = {item["id"]: item["street"] for item in frozen["objects"]}
    evidence = draws.draw(frozen)
    for result in evidence["results"]:
        able = {
            name
            for name, row in inspectors.items()
            if street_of[result["object"]] in row["streets"] and result["object"] not in row["recused"]
        }
        team = result["inspectors"]
        assert set(team) <= able
        assert len(set(team)) == len(team) == min(frozen["team_size"], len(able))
        units = {inspectors[name]["unit"] for name in team}
        assert len(units) == min(frozen["team_size"], len({inspectors[name]["unit"] for name in able}))
        assert (result in rules.short_teams(evidence)) == (len(team) < frozen["team_size"])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(2, 9), st.integers(2, 4), st.integers(0, 10**6))
def test_the_load_is_even_where_all_are_able(facilities, inspectors, team_size, entropy):
    people = [(f"I{n}", f"U{n}", {"S"}, []) for n in range(max(inspectors, team_size))]
    rows = [(f"F{n:02d}", "S", "B", False) for n in range(facilities)]
    results = draws.draw(draws.frozen(rows, people, 12, team_size=team_size), str(entropy))["results"]
    load = dict.fromkeys((row[0] for row in people), 0)
    for result in results:
        for name in result["inspectors"]:
            load[name] += 1
    assert sum(load.values()) == facilities * team_size
    assert max(load.values()) - min(load.values()) <= 1


def shuffled(value, chance):
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(draws.frozen_inputs(), st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_nothing(frozen, chance):
    other = shuffled(frozen, chance)
    assert frozen_sha256(other) == frozen_sha256(frozen)
    assert rules.evidence_file(draws.draw(other)) == rules.evidence_file(draws.draw(frozen))


@settings(deadline=None)
@given(draws.frozen_inputs())
def test_the_draw_changes_nothing_that_it_was_given(frozen):
    before = copy.deepcopy(frozen)
    draws.draw(frozen)
    assert frozen == before


def test_two_months_of_one_entropy_are_two_draws():
    rows = [(f"F{n:02d}", "S", "B", False) for n in range(40)]
    first, second = (draws.draw(draws.frozen(rows, month=month)) for month in (6, 7))
    assert first["seed"] != second["seed"]


# --- Fair ------------------------------------------------------------------------------------------


def chi_square(counts, expected):
    return sum((count - expected) ** 2 / expected for count in counts)


def drawn_with(frozen, number):
    """The drawn ids for as many seeds, always the same ones."""
    return [rules.draw_objects(frozen, hashlib.sha256(b"%d" % n).digest()) for n in range(number)]


def test_due_facilities_of_a_street_are_equally_likely_whatever_their_grade():
    rows = [(f"F{n:02d}", "S", "ABCD"[n % 4], False) for n in range(20)]
    counts = dict.fromkeys((row[0] for row in rows), 0)
    for drawn in drawn_with(draws.frozen(rows, month=3), 2000):
        assert len(drawn) == 2
        for name in drawn:
            counts[name] += 1
    assert chi_square(counts.values(), 200) < 50  # 19 degrees of freedom: one in 7,000 lies above


def test_one_more_is_drawn_as_often_as_the_remainder_says():
    rows = [(f"F{n:02d}", "S", "B", False) for n in range(13)]
    more = sum(len(drawn) - 1 for drawn in drawn_with(draws.frozen(rows, month=3), 2000))
    assert abs(more - 2000 * 3 / 10) < 4 * math.sqrt(2000 * 0.3 * 0.7)


@pytest.mark.parametrize(("grade", "rate"), [("A", 0.05), ("B", 0.1), ("C", 0.2), ("D", 0.5)])
def test_visited_ones_come_again_at_the_rate_of_their_grade(grade, rate):
    rows = [("F00", "S", "B", False)] + [(f"F{n:02d}", "S", grade, True) for n in range(1, 21)]
    again = sum(len(drawn) - 1 for drawn in drawn_with(draws.frozen(rows, month=12), 500))
    assert abs(again - 10000 * rate) < 4 * math.sqrt(10000 * rate * (1 - rate))


def test_a_street_with_none_drawn_draws_any_of_its_own_equally():
    rows = [(f"F{n}", "S", "A", n < 4) for n in range(8)]
    frozen = draws.frozen(rows, month=3)
    frozen["rates_permille"] = dict.fromkeys("ABCD", 0)
    forced = dict.fromkeys((row[0] for row in rows), 0)
    for n in range(4000):
        (street,) = rules.breakdown(frozen, hashlib.sha256(b"%d" % n).digest())
        if street.forced:
            forced[street.forced] += 1
    assert chi_square(forced.values(), sum(forced.values()) / 8) < 30  # 7 degrees of freedom


def test_inspectors_are_equally_likely():
    people = [(f"I{n}", f"U{n % 3}", {"S"}, []) for n in range(9)]
    counts = dict.fromkeys((row[0] for row in people), 0)
    for n in range(1500):
        seed = hashlib.sha256(b"%d" % n).digest()
        frozen = draws.frozen([("F1", "S", "B", False)], people)
        for name in rules.assign_teams(frozen, seed, ["F1"])[0]["inspectors"]:
            counts[name] += 1
    assert chi_square(counts.values(), 1500 * 2 / 9) < 35  # 8 degrees of freedom


def test_a_year_of_240_facilities_has_the_visits_that_the_protocol_names():
    years = [
        (facilities, draws.year(facilities, 12, str(n)))
        for n, facilities in enumerate(map(draws.district, range(6)))
    ]
    numbers = [draws.visits(year) for _, year in years]
    assert all(len(number) == 240 for number in numbers)  # each at least once
    assert 340 < sum(sum(number.values()) for number in numbers) / 6 < 395  # 367 there, 706 with rounding up
    again = [sum(one > 1 for one in number.values()) / 240 for number in numbers]
    assert 0.28 < sum(again) / 6 < 0.42  # a third seen again
    most = max(
        number[row[0]]
        for (rows, _), number in zip(years, numbers, strict=True)
        for row in rows
        if row[2] == "D"
    )
    assert 7 <= most <= 10  # up to nine


# --- Who steps in ----------------------------------------------------------------------------------


def ranking_of(evidence, object_id):
    """Load, ticket, id of the able ones as it stood for a facility, put down without the rules."""
    load = {row["id"]: 0 for row in evidence["inspectors"]}
    for result in evidence["results"]:
        if result["object"] == object_id:
            break
        for name in result["inspectors"]:
            load[name] += 1
    street = {item["id"]: item["street"] for item in evidence["objects"]}[object_id]
    key = bytes.fromhex(evidence["seed"])
    return sorted(
        (
            load[row["id"]],
            hmac.digest(key, f"inspector\n{object_id}\n{row['id']}".encode(), "sha256"),
            row["id"],
        )
        for row in evidence["inspectors"]
        if street in row["streets"] and object_id not in row["recused"]
    )


@pytest.mark.parametrize("name", draws.NAMES)
def test_a_replacement_is_the_next_of_another_unit_else_the_next(name):
    evidence = draws.vector(name)
    unit = {row["id"]: row["unit"] for row in evidence["inspectors"]}
    found = set()
    for result in evidence["results"]:
        for dropped in result["inspectors"]:
            present = [one for one in result["inspectors"] if one != dropped]
            left = [
                one for _, _, one in ranking_of(evidence, result["object"]) if one not in result["inspectors"]
            ]
            others = [one for one in left if unit[one] not in {unit[name] for name in present}]
            expected = next(iter(others or left), None)
            assert rules.replacement(evidence, result["object"], present, [dropped]) == expected
            found.add("other" if others else "same" if left else "none")
    assert found >= {"draw-vector.json": {"other"}, "draw-vector-2.json": {"none"}}.get(
        name, {"other", "same"}
    )


def test_who_dropped_out_once_does_not_come_back():
    evidence = draws.vector("draw-vector.json")
    team = evidence["results"][0]["inspectors"]
    object_id = evidence["results"][0]["object"]
    dropped, present = [team[0]], [team[1]]
    seen = set(team)
    while (found := rules.replacement(evidence, object_id, present, dropped)) is not None:
        assert found not in seen
        seen.add(found)
        dropped.append(found)
    assert seen == {name for _, _, name in ranking_of(evidence, object_id)}


def test_nobody_replaces_at_a_facility_that_was_not_drawn():
    with pytest.raises(DrawError) as error:
        rules.replacement(draws.vector("draw-vector.json"), "F001", [], [])
    assert error.value.code == "object"


# --- Chain, entropy, tickets -----------------------------------------------------------------------


def test_each_link_proves_itself_against_the_anchor_and_for_its_month_only():
    chain = draws.chain()
    anchor = chain[0].hex()
    assert len(chain) == 13
    assert all(hashlib.sha256(chain[n]).digest() == chain[n - 1] for n in range(1, 13))
    for month in range(1, 13):
        assert [n for n in range(13) if rules.verify_link(anchor, month, chain[n])] == [month]


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_secret_has_32_bytes(size):
    with pytest.raises(DrawError) as error:
        rules.make_chain(b"x" * size)
    assert error.value.code == "secret"


def test_the_first_chained_entropy_is_of_the_anchor_the_next_of_the_file_before():
    anchor = draws.chain()[0].hex()
    first = rules.chained_entropy(anchor, None)
    assert first == {"source": "chained", "value": hashlib.sha256(anchor.encode()).hexdigest()}
    frozen = draws.frozen([("F1", "S", "B", False)], month=1)
    evidence = rules.draw(frozen, draws.chain()[1], 1, first)
    file = rules.evidence_file(evidence)
    assert rules.chained_entropy(anchor, file)["value"] == hashlib.sha256(file).hexdigest()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  412 \n", "412"),
        ("\ufeff福彩3D 第2026007期 412\u3000", "福彩3D 第2026007期 412"),
        ("x" * 200, "x" * 200),
    ],
)
def test_entropy_is_trimmed(text, clean):
    assert rules.clean_entropy(text) == clean


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "entropy_type"),
        (412, "entropy_type"),
        ("4\ud800", "entropy_type"),
        ("", "entropy_empty"),
        (" \u3000\n\ufeff", "entropy_empty"),
        ("4\n1", "entropy_lines"),
        ("4\u20281", "entropy_lines"),
        ("4\x851", "entropy_lines"),
        ("4\t1", "entropy_lines"),
        ("x" * 201, "entropy_long"),
    ],
)
def test_entropy_that_is_no_single_line_is_refused(text, code):
    with pytest.raises(DrawError) as error:
        rules.clean_entropy(text)
    assert error.value.code == code


def test_below_is_exact_at_its_edge():
    half = (1 << 63).to_bytes(8, "big") + b"\0" * 24
    just_below = ((1 << 63) - 1).to_bytes(8, "big") + b"\xff" * 24
    assert not rules.below(half, 1, 2)
    assert rules.below(just_below, 1, 2)
    assert rules.below(b"\xff" * 32, 1000, 1000)
    assert not rules.below(b"\0" * 32, 0, 1000)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"link_index": 4}, "link_index"),
        ({"link": draws.chain()[4]}, "link"),
        ({"link": draws.chain()[3][:31]}, "link"),
        ({"link": draws.chain("other")[3]}, "link"),
        ({"entropy": "412"}, "entropy_type"),
        ({"entropy": {"source": "witness"}}, "entropy_type"),
        ({"entropy": {"source": "witness", "value": "1", "by": "x"}}, "entropy_type"),
        ({"entropy": {"source": "", "value": "1"}}, "entropy_source"),
        ({"entropy": {"source": " witness", "value": "1"}}, "entropy_source"),
        ({"entropy": {"source": None, "value": "1"}}, "entropy_source"),
        ({"entropy": {"source": "witness", "value": " "}}, "entropy_empty"),
        ({"entropy": {"source": "chained", "value": "412"}}, "chained_value"),
        ({"entropy": CHAINED, "replaces": "a" * 64}, "chained_replacement"),
    ],
)
def test_a_draw_that_the_protocol_does_not_allow_is_refused(change, code):
    arguments = {"link": draws.chain()[3], "link_index": 3, "entropy": draws.WITNESS, "replaces": ""} | change
    frozen = draws.frozen([("F1", "S", "B", False)]) | {"replaces": arguments.pop("replaces")}
    with pytest.raises(DrawError) as error:
        rules.draw(frozen, **arguments)
    assert error.value.code == code


# --- Canonical JSON, and what may be frozen --------------------------------------------------------

plain_text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
plain_values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(plain_values)
def test_canonical_json_reads_back_and_stays_the_same(value):
    once = canonical(value)
    assert json.loads(once) == value
    assert canonical(json.loads(once)) == once


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, False, "x"]}, '{"a":[true,false,"x"],"b":1}'),
        ('"\\/é中\u3000\U0001f600', '"\\"\\\\/é中\u3000\U0001f600"'),
        ({"é": -1, "z": 0, "\U0001f600": 2, "\uffee": 3}, '{"z":0,"é":-1,"\uffee":3,"\U0001f600":2}'),
        ({}, "{}"),
    ],
)
def test_canonical_json_to_the_byte(value, text):
    assert canonical(value) == text.encode()


@pytest.mark.parametrize(
    "value", [1.0, None, "a\nb", "\x7f", "\x85", "\ud800", b"x", {1: "a"}, {"a\t": 1}, ["x", (1,)]]
)
def test_what_canonical_json_does_not_know_is_refused(value):
    for wrapped in (value, [value], {"k": [value]}):
        with pytest.raises(DrawError) as error:
            canonical(wrapped)
        assert error.value.code == "json"


def good():
    return draws.frozen(
        [("F1", "S1", "A", False), ("F2", "S1", "D", True)],
        [("I1", "U1", {"S1", "S2"}, ["F1", "F2"]), ("I2", "U2", set(), [])],
        capped=["G1", "G2"],
    )


REFUSALS = [
    (("objects", 1, "id"), "F1", "order", "objects[1].id"),
    (("objects", 0, "id"), "F3", "order", "objects[1].id"),
    (("objects", 0, "id"), "", "code", "objects[0].id"),
    (("objects", 0, "id"), "F 1", "code", "objects[0].id"),
    (("objects", 0, "id"), "机构1", "code", "objects[0].id"),
    (("objects", 0, "id"), "F1\n", "code", "objects[0].id"),
    (("objects", 0, "id"), 1, "code", "objects[0].id"),
    (("objects", 0, "street"), "", "code", "objects[0].street"),
    (("objects", 0, "street"), None, "code", "objects[0].street"),
    (("objects", 0, "street"), "S9", "street", "objects[0].street"),
    (("objects", 1, "grade"), "E", "grade", "objects[1].grade"),
    (("objects", 1, "grade"), "", "grade", "objects[1].grade"),
    (("objects", 1, "visited"), 1, "type", "objects[1].visited"),
    (("objects", 1), "F2", "type", "objects[1]"),
    (("objects",), {}, "type", "objects"),
    (("capped", 1), "G1", "order", "capped[1]"),
    (("capped", 0), "F1", "capped", "capped[0]"),
    (("capped",), "G1", "type", "capped"),
    (("inspectors", 1, "id"), "I1", "order", "inspectors[1].id"),
    (("inspectors", 1, "unit"), "", "code", "inspectors[1].unit"),
    (("inspectors", 0, "streets"), ["S2", "S1"], "order", "inspectors[0].streets[1]"),
    (("inspectors", 0, "streets"), ["S1", "S9"], "street", "inspectors[0].streets[1]"),
    (("inspectors", 0, "streets"), "S1", "type", "inspectors[0].streets"),
    (("inspectors", 0, "recused"), ["F2", "F1"], "order", "inspectors[0].recused[1]"),
    (("inspectors", 0, "recused"), ["F1", "F1"], "order", "inspectors[0].recused[1]"),
    (("inspectors",), None, "type", "inspectors"),
    (("protocol",), "shuangsuiji-2", "protocol", "protocol"),
    (("district",), "闵行", "code", "district"),
    (("scheme",), "", "code", "scheme"),
    (("year",), "2026", "year", "year"),
    (("year",), 26, "year", "year"),
    (("month",), 0, "month", "month"),
    (("month",), 13, "month", "month"),
    (("month",), True, "month", "month"),
    (("month",), 3.0, "month", "month"),
    (("anchor",), "A" * 64, "hash", "anchor"),
    (("anchor",), "a" * 63, "hash", "anchor"),
    (("replaces",), "a", "hash", "replaces"),
    (("replaces",), None, "hash", "replaces"),
    (("rates_permille", "C"), 1001, "rate", "rates_permille.C"),
    (("rates_permille", "C"), -1, "rate", "rates_permille.C"),
    (("rates_permille", "C"), 0.2, "rate", "rates_permille.C"),
    (("rates_permille", "E"), 1, "keys", "rates_permille"),
    (("team_size",), 1, "team_size", "team_size"),
    (("team_size",), "2", "team_size", "team_size"),
    (("objects", 0, "name"), "x", "keys", "objects[0]"),
    (("inspectors", 0, "name"), "x", "keys", "inspectors[0]"),
    (("drawn_by",), "x", "keys", "frozen"),
]


@pytest.mark.parametrize(("path", "value", "code", "place"), REFUSALS)
def test_what_may_not_be_frozen_is_refused_with_its_place(path, value, code, place):
    frozen = good()
    check_frozen(frozen, {"S1", "S2"})
    inner = frozen
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(DrawError) as error:
        check_frozen(frozen, {"S1", "S2"})
    assert (error.value.code, error.value.place) == (code, place)
    assert place in str(error.value)


@pytest.mark.parametrize("key", draws.FROZEN_KEYS)
def test_a_missing_key_is_refused_by_name(key):
    frozen = good()
    del frozen[key]
    with pytest.raises(DrawError, match=key) as error:
        check_frozen(frozen)
    assert error.value.code == "keys"


@pytest.mark.parametrize("value", [None, [], "F", 1])
def test_what_is_no_dict_is_refused(value):
    with pytest.raises(DrawError):
        check_frozen(value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("scheme",), "other"),
        (("district",), "310115"),
        (("year",), 2027),
        (("month",), 4),
        (("anchor",), "0" * 64),
        (("replaces",), "0" * 64),
        (("team_size",), 3),
        (("rates_permille", "A"), 51),
        (("objects", 0, "visited"), True),
        (("objects", 0, "grade"), "B"),
        (("objects", 0, "street"), "S2"),
        (("objects", 0, "id"), "F0"),
        (("capped",), ["G1"]),
        (("inspectors", 0, "unit"), "U2"),
        (("inspectors", 0, "streets"), ["S1"]),
        (("inspectors", 0, "recused"), []),
    ],
)
def test_each_change_to_what_is_frozen_changes_its_hash(path, value):
    frozen = good()
    inner = frozen
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert frozen_sha256(frozen) != frozen_sha256(good())
