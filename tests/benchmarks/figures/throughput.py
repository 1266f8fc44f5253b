"""Units an hour at 1, 8 and 32 slots with realistic device times, beside what the devices alone would allow."""

from collections.abc import Sequence
from statistics import mean

from tests.benchmarks.figure import Row, Run, Scale
from tests.benchmarks.line_run import Asked, Told, line_alone

NAME = "throughput"
WHAT = "units an hour, realistic devices"
SLOTS, SHARE = (1, 8, 32), 0.97


def _hourly(slots: int, seconds: float) -> float:
    return slots * 3600 / seconds


def _row(slots: int, told: Told) -> Row:
    # Between its result and the next board a slot has what is its own to do; hands take the rest, and are not counted.
    cycle = mean(told.seconds) + (mean(told.freed) if told.freed else 0.0)
    device = _hourly(slots, mean(told.device))
    return Row(
        what=f"units an hour, {slots} slot{'s' if slots > 1 else ''}, blank to stored, realistic device",
        unit="/h",
        measured=_hourly(slots, cycle),
        reference=device,
        against=f"device alone: {mean(told.device):.2f} s a unit, UART and flash included",
        asked=f"{SHARE:.0%} of it",
        limit=device * SHARE,
        more_is_better=True,
        floor=_hourly(slots, mean(told.taken)),
        beneath=f"the simulated device as it was: {mean(told.taken):.2f} s",
        samples=tuple(told.seconds),
    )


def measure(run: Run) -> Sequence[Row]:
    """Build a batch at each number of slots, each in a process of its own."""
    each = {1: run.size(12, 4, 2), 8: run.size(10, 3, 0), 32: run.size(6, 3, 0)}
    pace = "fast" if run.scale is Scale.TINY else "realistic"
    return [
        _row(
            slots,
            line_alone(run.scratch / str(slots), Asked(slots=slots, units=slots * each[slots], pace=pace, whole=True)),
        )
        for slots in SLOTS
        if each[slots]
    ]
