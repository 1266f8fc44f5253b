"""How late the window is while 32 slots work, beside an idle process that ticks at the same time."""

from collections.abc import Sequence
from statistics import median

from tests.benchmarks.figure import Row, Run, Scale
from tests.benchmarks.window_lateness import lateness

NAME = "lateness"
WHAT = "how late the window is, 32 slots at work"
MOST_MS = 16.0


def measure(run: Run) -> Sequence[Row]:
    """Tick in both, a few times; the middle run counts."""
    slots, tiny = run.size(32, 32, 2), run.scale is Scale.TINY
    runs = lateness(slots, float(run.size(60, 20, 1)), run.size(5, 2, 1), fast=tiny)
    middle = sorted(runs, key=lambda one: one.own_p99)[len(runs) // 2]
    most = max(one.own_most for one in runs)
    return [
        Row(
            what=f"window's own lateness at 99 %, {slots} slots at work",
            unit="ms",
            measured=max(0.0, middle.own_p99),
            asked=f"{MOST_MS:.0f} ms",
            limit=MOST_MS,
            note=f"window {middle.window.p99:.1f} less idle {middle.control.p99:.1f}; at most {most:.1f}; own work "
            f"between two ticks at 99 %: {middle.window.busy_p99:.1f} ms; CPU: window {middle.cpu['window']:.0f} %, "
            f"engine {middle.cpu['engine']:.0f} %; load {median(one.load for one in runs):.1f}",
            samples=tuple(one.own_p99 for one in runs),
        )
    ]
