"""What every bench script prints: one table with ratios: seconds of one machine mean little elsewhere."""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Line(NamedTuple):
    """A floor is the least that the same work must cost; the goal is the largest ratio of ours to it."""

    name: str
    size: str
    floor: float  # in `unit`
    ours: float  # in `unit`
    goal: float | None = None  # None: measured for information
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def met(self) -> bool:
        return self.goal is None or self.ratio <= self.goal


def alternate(variants: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of CPU time per variant, run in turns, so that noise falls on all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(repeats):
        for name, run in variants.items():
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def print_table(lines: list[Line]) -> bool:
    """Prints the table; returns whether all goals are met."""
    rows = [("name", "size", "floor", "ours", "ratio", "goal")]
    for line in lines:
        goal = "-" if line.goal is None else f"<= {line.goal:g}" + ("" if line.met else " MISSED")
        floor, ours = f"{line.floor:.3g} {line.unit}", f"{line.ours:.3g} {line.unit}"
        rows.append((line.name, line.size, floor, ours, f"{line.ratio:.2f}", goal))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return all(line.met for line in lines)
