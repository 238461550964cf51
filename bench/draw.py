"""The draw against its own HMACs: `python bench/draw.py`, sizes as options.

The floor is what no implementation of the protocol can leave out: each HMAC that this very draw makes
(object, round, again, inspector), by `hmac.digest` of the standard library (ours prepares the key once, which
makes each cheaper than the floor's), and one sort per list (a street's
due objects, the drawn list, each team's candidates). Ours is `draw_objects` and `assign_teams`; a line below
it is all of `draw()`, with the check of what was frozen, its canonical bytes and hash, link and seed. In
January every facility is due, in July half of them: the months differ in the kinds of tickets they need.
"""

import argparse
import hashlib
import hmac
import random
import sys
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Line, alternate, print_table
from inspections.rules import draw as rules

GOAL = 3
ENTROPY = {"source": "witness", "value": "4163 2265 1431 5526 3344"}


def frozen_of(objects: int, streets: int, inspectors: int, month: int, anchor: str) -> dict:
    """A made-up F: facilities spread at random over the streets, visited as of the month, each inspector
    serving three neighbouring streets, one in four with a recusal."""
    chance = random.Random(month)
    codes = [f"{310112000000 + n}" for n in range(streets)]
    items = [
        {
            "id": f"F{n:06d}",
            "street": chance.choice(codes),
            "grade": chance.choices("ABCD", (45, 40, 12, 3))[0],
            "visited": chance.random() < (month - 1) / 12,
        }
        for n in range(objects)
    ]
    rows = []
    for n in range(inspectors):
        first = n * 3 % streets
        recused = [f"F{chance.randrange(objects):06d}"] if n % 4 == 0 else []
        served = sorted({codes[(first + k) % streets] for k in range(3)})
        rows.append({"id": f"I{n:05d}", "unit": f"U{n % 7}", "streets": served, "recused": recused})
    return {
        "protocol": rules.PROTOCOL,
        "district": "310112",
        "scheme": "bench",
        "year": 2026,
        "month": month,
        "anchor": anchor,
        "rates_permille": {"A": 50, "B": 100, "C": 200, "D": 500},
        "team_size": 2,
        "objects": items,
        "capped": [],
        "inspectors": rows,
        "replaces": "",
    }


def own_hmacs(frozen: dict, seed: bytes) -> tuple[list[bytes], list[list[tuple[bytes, str]]]]:
    """The messages that the draw puts through HMAC, and the lists that it sorts, as it makes them."""
    messages: list[bytes] = []
    prepared = rules.tickets

    def recording(seed: bytes):
        made = prepared(seed)

        def recorded(*parts: str) -> bytes:
            messages.append("\n".join(parts).encode())
            return made(*parts)

        return recorded

    rules.tickets = recording
    try:
        drawn = rules.draw_objects(frozen, seed)
        rules.assign_teams(frozen, seed, drawn)
    finally:
        rules.tickets = prepared

    streets: dict[str, list[tuple[bytes, str]]] = {}
    for item in frozen["objects"]:
        if not item["visited"]:
            streets.setdefault(item["street"], []).append(
                (rules.ticket(seed, "object", item["id"]), item["id"])
            )
    teams: dict[str, list[tuple[bytes, str]]] = {}
    for message in messages:
        kind, _, rest = message.decode().partition("\n")
        if kind == "inspector":
            object_id, inspector_id = rest.split("\n")
            teams.setdefault(object_id, []).append(
                (rules.ticket(seed, kind, object_id, inspector_id), inspector_id)
            )
    whole = [(rules.ticket(seed, "object", object_id), object_id) for object_id in drawn]
    random.Random(1).shuffle(whole)
    return messages, [*streets.values(), *teams.values(), whole]


def main() -> int:
    parser = argparse.ArgumentParser(description="The draw against its own HMACs.")
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--streets", type=int, default=2_800)
    parser.add_argument("--inspectors", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()

    chain = rules.make_chain(hashlib.sha256(b"bench").digest())
    lines = []
    for month in (1, 7):
        frozen = frozen_of(options.objects, options.streets, options.inspectors, month, chain[0].hex())
        seed = rules.seed(chain[month], ENTROPY["value"])
        messages, lists = own_hmacs(frozen, seed)

        def floor(seed=seed, messages=messages, lists=lists):
            for message in messages:
                hmac.digest(seed, message, "sha256")
            for one in lists:
                sorted(one)

        def ours(frozen=frozen, seed=seed):
            return rules.assign_teams(frozen, seed, rules.draw_objects(frozen, seed))

        def whole(frozen=frozen, month=month):
            return rules.draw(frozen, chain[month], month, ENTROPY)

        seconds = alternate({"floor": floor, "ours": ours, "whole": whole}, options.repeats)
        size = (
            f"{options.objects} objects, {options.streets} streets, {options.inspectors} inspectors x 3,"
            f" {len(messages)} HMACs, {len(ours())} drawn"
        )
        name = f"draw, month {month}"
        lines.append(Line(name, size, seconds["floor"], seconds["ours"], GOAL))
        lines.append(Line(f"{name}, with check and hash", size, seconds["floor"], seconds["whole"], GOAL))

    tracemalloc.start()
    frozen = frozen_of(options.objects, options.streets, options.inspectors, 1, chain[0].hex())
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    rules.draw(frozen, chain[1], 1, ENTROPY)
    peak = tracemalloc.get_traced_memory()[1] - held
    tracemalloc.stop()
    lines.append(Line("memory on top of F", f"{options.objects} objects", held / 1e6, peak / 1e6, unit="MB"))
    return 0 if print_table(lines) else 1


if __name__ == "__main__":
    sys.exit(main())
