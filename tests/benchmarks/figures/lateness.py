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
            note=f"of the time: a loop that stands still counts as long as it stands. What is below, one less the "
            f"other, in the middle one of {len(runs)} runs; at most {most:.1f} ms; own work between two ticks at 99 %: "
            f"{middle.window.busy_p99:.1f} ms; CPU: window {middle.cpu['window']:.0f} %, engine "
            f"{middle.cpu['engine']:.0f} %; load {median(one.load for one in runs):.1f}",
            samples=tuple(one.own_p99 for one in runs),
        ),
        Row(
            what="  the window, at 99 %",
            unit="ms",
            measured=middle.window.p99,
            samples=tuple(one.window.p99 for one in runs),
        ),
        Row(
            what="  an idle process at the same time, at 99 %",
            unit="ms",
            measured=middle.control.p99,
            samples=tuple(one.control.p99 for one in runs),
        ),
    ]
