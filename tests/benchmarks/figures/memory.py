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
_HELD = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
"""Without what glibc keeps for each thread of what that has given back: up to seven pieces of each of 64 sizes, which
fill up for as long as now and then there is a first piece of a size. It is bounded, and no memory that is in use."""
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


def _row(what: str, sizes: Sequence[tuple[int, float]], judged: bool, why: str = "") -> Row:
    first, halfway, last = sizes[0][1], sizes[len(sizes) // 2][1], sizes[-1][1]
    return Row(
        what=f"{what} grows by, later half of {sizes[-1][0]} units",
        unit="KiB/unit",
        measured=slope(sizes),
        asked="flat: 0.1 KiB a unit" if judged else "",
        limit=MOST_A_UNIT if judged else None,
        note=f"{first:.0f} MiB at first, {halfway:.1f} halfway, {last:.1f} at the end{why}",
        samples=tuple(mib for _, mib in sizes),
    )


def measure(run: Run) -> Sequence[Row]:
    """Build units on 32 slots, as fast as it goes; and tell a real window what an engine tells of as many."""
    units = run.size(20_000, 2_000, 40)
    asked = Asked(slots=run.size(32, 32, 2), units=units)
    told = line_alone(run.scratch / "line", asked, _HELD)
    with_caches = line_alone(run.scratch / "with-caches", asked)
    done = subprocess.run(
        [sys.executable, "-c", _WINDOW, str(2 * units)],  # the AT lines of a slot are full at 11,000
        env={"QT_QPA_PLATFORM": "offscreen"} | dict(os.environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    window = [(units, mib) for units, mib in json.loads(done.stdout.splitlines()[-1])]
    enough = units >= 20_000
    return [
        _row("line's memory", told.mib, enough, "; glibc's caches of its threads are off"),
        _row("  the same with these caches", with_caches.mib, judged=False, why="; they are bounded, and fill up"),
        _row("window's memory", window, enough),
    ]
