"""What a unit costs the processor when 32 slots work at once, beside one slot."""

from collections.abc import Sequence

from tests.benchmarks.figure import Row, Run
from tests.benchmarks.line_run import Asked, line_alone

NAME = "many-slots"
WHAT = "processor time a unit, 32 slots"
SLOTS, MOST = 32, 1.3


def measure(run: Run) -> Sequence[Row]:
    """Build a batch on one slot, then one on 32 (two processes: neither warms the other)."""
    slots = run.size(SLOTS, SLOTS, 2)
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
        )
    ]
