"""What a unit costs the processor when 32 slots work at once, beside one slot."""

import os
from collections.abc import Sequence

from tests.benchmarks.figure import Row, Run
from tests.benchmarks.line_run import Asked, line_alone

NAME = "many-slots"
WHAT = "processor time a unit, 32 slots"
SLOTS, MOST, CORES = 32, 1.3, 2


def pin() -> str:
    """Have this process and its children use two processors, where the system can; return what came of it."""
    if not hasattr(os, "sched_setaffinity"):
        return f"{os.cpu_count()} processors: this system pins nobody"
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    return f"line, bench and hands pinned to {len(os.sched_getaffinity(0))} processors, in both runs"


def measure(run: Run) -> Sequence[Row]:
    """Build a batch on one slot, then one on 32 (two processes: neither warms the other)."""
    slots, cores = run.size(SLOTS, SLOTS, 2), pin()
    one = line_alone(run.scratch / "one", Asked(slots=1, units=run.size(400, 100, 4)))
    many = line_alone(run.scratch / "many", Asked(slots=slots, units=run.size(1600, 320, 4)))
    return [
        Row(
            what=f"processor time a unit, {slots} slots at once, device without delay",
            unit="ms",
            measured=many.cpu_a_unit * 1000,
            reference=one.cpu_a_unit * 1000,
            against="one slot",
            asked=f"within {MOST} times",
            limit=one.cpu_a_unit * 1000 * MOST,
            note=cores,
        )
    ]
