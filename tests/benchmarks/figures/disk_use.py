"""What a complete record takes on disk: all that the line writes of a unit, from its opening to the cloud's word."""

from collections.abc import Sequence

from tests.benchmarks.figure import Row, Run
from tests.benchmarks.line_run import Asked, line_alone

NAME = "disk-use"
WHAT = "disk a unit, complete record"
MOST = 12_000


def measure(run: Run) -> Sequence[Row]:
    """Build and upload a batch; what is constant (settings, recipe) was there before its first unit."""
    units = run.size(1000, 200, 4)
    told = line_alone(run.scratch / "line", Asked(slots=4, units=units, upload=True))
    return [
        Row(
            what="journal a unit, complete record, with its upload",
            unit="B",
            measured=told.bytes_a_unit,
            asked=f"{MOST // 1000} KB",
            limit=MOST if units > 100 else None,  # pages that are hardly begun say nothing
            floor=told.leaves / units,
            beneath="entries and bodies alone, without tables and indexes",
        )
    ]
