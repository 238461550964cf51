"""The rehearsal of a district's year: `python bench/rehearsal.py`, sizes as options.

One core, a hundred simulated years. The goal is a minute for 1,000 facilities, 36 streets and 60 inspectors; the run
says how much of it the tickets are (HMACs, the same ones as in a real draw), by the count of them and the time of one.
"""

import argparse
import hmac
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Line, print_table
from inspections.rules import draw, rehearsal

GOAL_SECONDS = 60


def case_of(objects: int, streets: int, inspectors: int, served: int) -> rehearsal.Case:
    """A made-up scheme: facilities spread over the streets at random, each inspector serves `served` neighbours."""
    chance = random.Random(1)
    codes = [f"{310112000000 + n}" for n in range(streets)]
    items = [
        {
            "id": f"F{n:06d}",
            "street": chance.choice(codes),
            "grade": chance.choices("ABCD", (45, 40, 12, 3))[0],
        }
        for n in range(objects)
    ]
    rows = [
        {
            "id": f"I{n:05d}",
            "unit": f"U{n % 7}",
            "streets": sorted({codes[(n * served + k) % streets] for k in range(served)}),
            "recused": [],
        }
        for n in range(inspectors)
    ]
    rates = {"A": 50, "B": 100, "C": 200, "D": 500}
    return rehearsal.Case("bench", rates, 2, 6, items, dict.fromkeys(rehearsal.MONTHS, rows))


def main() -> int:
    parser = argparse.ArgumentParser(description="A hundred rehearsed years on one core.")
    parser.add_argument("--objects", type=int, default=1_000)
    parser.add_argument("--streets", type=int, default=36)
    parser.add_argument("--inspectors", type=int, default=60)
    parser.add_argument("--served", type=int, default=6)
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()

    case = case_of(options.objects, options.streets, options.inspectors, options.served)
    made = 0
    prepared = draw.tickets

    def counting(seed: bytes):
        one = prepared(seed)

        def counted(*parts: str) -> bytes:
            nonlocal made
            made += 1
            return one(*parts)

        return counted

    draw.tickets = counting
    rehearsal.rehearse([case], base=b"bench", runs=1, capacity=8)
    draw.tickets = prepared

    message, rounds = b"inspector\nF000123\nI00042", 200_000
    begun = time.perf_counter()
    for _ in range(rounds):
        hmac.digest(b"\0" * 32, message, "sha256")
    one = (time.perf_counter() - begun) / rounds

    begun = time.perf_counter()
    tally = rehearsal.rehearse([case], base=b"bench", runs=options.runs, capacity=8)
    seconds = time.perf_counter() - begun
    size = (
        f"{options.objects} facilities, {options.streets} streets, {options.inspectors} inspectors, "
        f"{options.runs} years, {made * options.runs:,} tickets, {sum(tally.years):,} visits"
    )
    print_table([Line("rehearsal", size, made * options.runs * one, seconds, None)])
    print(f"{seconds:.1f} s of {GOAL_SECONDS} s")
    return 0 if seconds <= GOAL_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
