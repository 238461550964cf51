"""What the tests of the draw share: the vectors, made-up frozen inputs, a simulated year, and mutants."""

import hashlib
import json
import random
import types
from pathlib import Path

from hypothesis import strategies as st

from inspections.rules import draw as rules
from inspections.rules.frozen import FROZEN_KEYS

VECTORS = Path(__file__).parent / "vectors"
NAMES = ("draw-vector.json", "draw-vector-2.json", "draw-vector-3.json")
WITNESS = {"source": "witness", "value": "2026-03-02 witness 4163 2265 1431 5526 3344"}


def vector(name: str) -> dict:
    return json.loads((VECTORS / name).read_text())


def frozen_part(evidence: dict) -> dict:
    return {key: evidence[key] for key in FROZEN_KEYS}


def redraw(evidence: dict, module=rules) -> dict:
    """The draw of the same frozen input, link and entropy, by the rules or by a mutant of them."""
    link = bytes.fromhex(evidence["link"])
    return module.draw(frozen_part(evidence), link, evidence["link_index"], evidence["entropy"])


def chain(text: str = "chain") -> list[bytes]:
    return rules.make_chain(hashlib.sha256(text.encode()).digest())


def frozen(objects, inspectors=(), month=3, capped=(), team_size=2, text="chain") -> dict:
    """F of (id, street, grade, visited) and (id, unit, streets, recused)."""
    return {
        "protocol": rules.PROTOCOL,
        "district": "310112",
        "scheme": "test",
        "year": 2026,
        "month": month,
        "anchor": chain(text)[0].hex(),
        "rates_permille": {"A": 50, "B": 100, "C": 200, "D": 500},
        "team_size": team_size,
        "objects": [dict(zip(("id", "street", "grade", "visited"), row, strict=True)) for row in objects],
        "capped": list(capped),
        "inspectors": [
            {"id": name, "unit": unit, "streets": sorted(streets), "recused": sorted(recused)}
            for name, unit, streets, recused in inspectors
        ],
        "replaces": "",
    }


def draw(an_input: dict, value: str = WITNESS["value"], text: str = "chain") -> dict:
    month = an_input["month"]
    return rules.draw(an_input, chain(text)[month], month, {"source": "witness", "value": value})


@st.composite
def frozen_inputs(draw_, month=None):
    """Any F that may be frozen, small enough for thousands of draws."""
    streets = [f"S{n}" for n in range(draw_(st.integers(1, 4)))]
    objects = [
        (f"F{n:02d}", draw_(st.sampled_from(streets)), draw_(st.sampled_from("ABCD")), draw_(st.booleans()))
        for n in range(draw_(st.integers(0, 20)))
    ]
    ids = [row[0] for row in objects]
    some = st.lists(st.sampled_from(ids), unique=True, max_size=6) if ids else st.just([])
    inspectors = [
        (f"I{n}", f"U{draw_(st.integers(0, 3))}", draw_(st.sets(st.sampled_from(streets))), draw_(some))
        for n in range(draw_(st.integers(0, 9)))
    ]
    capped = [f"G{n}" for n in range(draw_(st.integers(0, 2)))]
    month = month or draw_(st.integers(1, 12))
    return frozen(objects, inspectors, month, capped, draw_(st.integers(2, 4)))


def year(facilities: list[tuple[str, str, str]], cap: int, entropy: str, inspectors=()) -> list[dict]:
    """The evidence of twelve draws in a row; facilities are (id, street, grade). What is drawn is visited;
    who reached the cap is left out, as the portal freezes it."""
    visits = dict.fromkeys((row[0] for row in facilities), 0)
    draws = []
    for month in range(1, 13):
        objects = [(*row, visits[row[0]] > 0) for row in facilities if visits[row[0]] < cap]
        capped = sorted(name for name, number in visits.items() if number >= cap)
        evidence = draw(frozen(objects, inspectors, month, capped), f"{entropy} {month}")
        for result in evidence["results"]:
            visits[result["object"]] += 1
        draws.append(evidence)
    return draws


def visits(draws: list[dict]) -> dict[str, int]:
    number: dict[str, int] = {}
    for evidence in draws:
        for result in evidence["results"]:
            number[result["object"]] = number.get(result["object"], 0) + 1
    return number


def district(seed: int, size: int = 240, streets: int = 14) -> list[tuple[str, str, str]]:
    """Facilities of a district of Minhang's size: grades A 45 %, B 40 %, C 12 %, D 3 %.

    The protocol does not say with which grades it counted 367 visits; this share, of several tried, comes near.
    """
    chance = random.Random(seed)
    grades = [
        grade for grade, share in (("A", 0.45), ("C", 0.12), ("D", 0.03)) for _ in range(round(size * share))
    ]
    grades += ["B"] * (size - len(grades))
    chance.shuffle(grades)
    return [(f"F{n:04d}", f"3101120{chance.randrange(streets):02d}", grades[n]) for n in range(size)]


#: A rule of inspections/rules/draw.py left out or bent: its name, the source as it is, the source instead.
MUTATIONS = [
    ("twelve months left in every month", '13 - frozen["month"]', "12"),
    ("never one more", "due[: floor + one_more]", "due[:floor]"),
    ("always one more", "remainder > 0 and below(", "remainder > 0 or below("),
    ("due ones by id, not by ticket", "        due.sort()\n", ""),
    ("visited ones are due as well", 'for item in objects if not item["visited"]]', "for item in objects]"),
    ("visited ones never again", "rates[grade], 1000)", "0, 1000)"),
    ("visited ones always again", "rates[grade], 1000)", "1000, 1000)"),
    ("one rate for all grades", "rates[grade], 1000)", "rates['B'], 1000)"),
    ("again by the ticket of the object", '"again", item["id"]', '"object", item["id"]'),
    ("a street may draw none", "        if not drawn:\n", "        if False:\n"),
    ("a street that drew none takes the largest ticket", "drawn = [min(", "drawn = [max("),
    ("the drawn list by street", "drawn = sorted(pair for one", "drawn = list(pair for one"),
    ("the drawn list by id", "[object_id for _, object_id in drawn]", "sorted(dict(drawn).values())"),
    ("nobody is recused", "if object_id not in one.recused]", "]"),
    ("all serve all", "serving.get(street_of[object_id], ())", "dict.fromkeys(sum(serving.values(), []))"),
    ("units do not matter", "if inspector.unit in units:", "if False:"),
    ("no second pass", "return team + left[: size - len(team)]", "return team"),
    ("the load does not matter", "load.get(inspector_id, 0) + 1\n        results", "0\n        results"),
    ("the load, then the id", '(ticket("inspector", object_id, one.id), one.id)', "one.id"),
    ("an inspector has one ticket for all", '"inspector", object_id, one.id', '"inspector", one.id'),
    ("teams of three", 'frozen["team_size"])', "3)"),
    ("the seed without the link", "link, entropy.encode()", "entropy.encode()"),
    ("the seed without the entropy", "link, entropy.encode()", "link"),
    ("the seed without the protocol's name", "PROTOCOL.encode(), link", "link"),
    ("tickets read from their last bytes", "ticket[:8]", "ticket[-8:]"),
    ("tickets without the line feed", '"\\n".join(parts)', '"".join(parts)'),
]


def mutant(old: str, new: str) -> types.ModuleType:
    """The rules with one piece of their source replaced; fails if the piece is not there exactly once."""
    source = Path(rules.__file__).read_text()
    assert source.count(old) == 1, f"{old!r} occurs {source.count(old)} times in the rules"
    module = types.ModuleType("mutant")
    exec(compile(source.replace(old, new), "mutant", "exec"), module.__dict__)  # noqa: S102 (our own source)
    return module
