"""Units an hour at 1, 8 and 32 slots with realistic device times, beside what the devices alone would allow."""

import re
from collections.abc import Sequence
from statistics import mean

from tests.benchmarks.figure import Row, Run, Scale
from tests.benchmarks.line_run import Asked, Told, line_alone

NAME = "throughput"
WHAT = "units an hour, realistic devices"
SLOTS, SHARE = (1, 8, 32), 0.97
_TAG = re.compile(r",\d{4,}|(?<==)\d{4,},|,$")
"""A security tag in a command, and what stands before a text that is left out."""


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
        note=_what_for(told) if slots == 1 else "",
        samples=tuple(told.seconds),
    )


def _what_for(told: Told) -> str:
    """Return what the seconds of one device go to, the longest first: the floor is of what the station chose to ask."""
    units, spent = len(told.seconds), dict[str, tuple[int, float]]()
    for what, (number, seconds) in told.spent.items():
        before = spent.get(named := _TAG.sub("", what), (0, 0.0))
        spent[named] = before[0] + number, before[1] + seconds
    longest = sorted(spent.items(), key=lambda one: -one[1][1])
    each = (f"{number / units:.3g} x {what} {seconds / units:.3f}" for what, (number, seconds) in longest)
    return f"seconds of one device, by what for: {'; '.join(each)}"


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
