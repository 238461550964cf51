"""Every figure of the roll-up a second time, by SQL that knows nothing of the metrics' own (bench/rollup_floor.py)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SIZES = {"facilities": 200, "staff": 600, "inspections": 300, "children": 400, "services": 4_000}


@pytest.mark.long
def test_sixteen_districts_have_the_figures_that_hand_written_sql_has():
    sizes = [f"--{name}={value}" for name, value in SIZES.items()]
    done = subprocess.run(
        [sys.executable, "bench/rollup.py", "--only=same", *sizes], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "figures of 16 districts are the same" in done.stderr
