"""From the word that a board is in to the first byte at its port: nothing may sleep on that way."""

from collections.abc import Sequence
from statistics import median

from tests.benchmarks.figure import Row, Run, Scale
from tests.benchmarks.line_run import Asked, line_alone
from tests.benchmarks.processes import sync_seconds

NAME = "first-byte"
WHAT = 'from "loaded" to the first byte on the wire'
MOST_MS = 50.0
_BOOT = 1.0
"""Seconds that a realistic board takes to boot at most: before that it would not hear a byte."""


def measure(run: Run) -> Sequence[Row]:
    """Measure on an idle line, and where seven other slots are at work with realistic devices."""
    floor = sync_seconds(run.scratch) * 2000
    pace = "fast" if run.scale is Scale.TINY else "realistic"
    eight = run.size(8, 8, 2)
    lines = {
        "one slot": Asked(slots=1, units=run.size(200, 60, 3)),
        f"{eight} slots at work": Asked(slots=eight, units=eight * run.size(12, 4, 1), pace=pace, boot=_BOOT),
    }
    rows = []
    for number, (name, asked) in enumerate(lines.items()):
        told = line_alone(run.scratch / str(number), asked)
        rows.append(
            Row(
                what=f'"loaded" to the first byte, longest of {asked.units}, {name}',
                unit="ms",
                measured=max(told.first_byte) * 1000,
                asked=f"{MOST_MS:.0f} ms",
                limit=MOST_MS,
                floor=floor,
                beneath="two bare syncs: the attempt's opening, its first intent",
                note=f"middle: {median(told.first_byte) * 1000:.1f} ms",
                samples=tuple(one * 1000 for one in told.first_byte),
            )
        )
    return rows
