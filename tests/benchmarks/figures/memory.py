"""Whether the line's and the window's memory stays flat over 20,000 units: what their later half leaves behind."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from tests.benchmarks.figure import Row, Run
from tests.benchmarks.line_run import Asked, line_alone
from tests.line.harness import ROOT

NAME = "memory"
WHAT = "memory over 20,000 units"
MOST_A_UNIT = 0.1
"""KiB: 2 MiB in 20,000 units. What is allowed for is what Python's and SQLite's own arenas do not give back."""
_WINDOW = """
import json, sys, tempfile
from pathlib import Path
from tests.benchmarks.window_lateness import run_memory
with tempfile.TemporaryDirectory() as name:
    print(json.dumps(run_memory(Path(name), int(sys.argv[1]), steps=20)))
"""


def slope(sizes: Sequence[tuple[int, float]]) -> float:
    """Return KiB a unit over the later half (least squares): the first half fills what is bounded."""
    later = [(units, mib) for units, mib in sizes if units * 2 >= sizes[-1][0]]
    middle_x = sum(units for units, _ in later) / len(later)
    middle_y = sum(mib for _, mib in later) / len(later)
    spread = sum((units - middle_x) ** 2 for units, _ in later)
    return sum((units - middle_x) * (mib - middle_y) for units, mib in later) / spread * 1024 if spread else 0.0


def _row(what: str, sizes: Sequence[tuple[int, float]], judged: bool) -> Row:
    return Row(
        what=f"{what} grows by, later half of {sizes[-1][0]} units",
        unit="KiB/unit",
        measured=slope(sizes),
        asked="flat: 0.1 KiB a unit" if judged else "",
        limit=MOST_A_UNIT if judged else None,
        note=f"{sizes[0][1]:.0f} MiB at first, {sizes[len(sizes) // 2][1]:.1f} halfway, {sizes[-1][1]:.1f} at the end",
        samples=tuple(mib for _, mib in sizes),
    )


def measure(run: Run) -> Sequence[Row]:
    """Build units on 32 slots, as fast as it goes; and tell a real window what an engine tells of as many."""
    units = run.size(20_000, 2_000, 40)
    told = line_alone(run.scratch / "line", Asked(slots=run.size(32, 32, 2), units=units))
    done = subprocess.run(
        [sys.executable, "-c", _WINDOW, str(units)],
        env={"QT_QPA_PLATFORM": "offscreen"} | dict(os.environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    window = [(units, mib) for units, mib in json.loads(done.stdout.splitlines()[-1])]
    enough = units >= 20_000
    return [_row("line's memory", told.mib, enough), _row("window's memory", window, enough)]
