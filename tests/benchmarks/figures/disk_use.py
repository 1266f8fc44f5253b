"""What a complete record takes on disk: all that the line writes of a unit, from its blank board to its final check."""

from collections.abc import Sequence

from tests.benchmarks.figure import Row, Run
from tests.benchmarks.line_run import Asked, line_alone

NAME = "disk-use"
WHAT = "disk a unit, complete record"
MOST = 12_000


def measure(run: Run) -> Sequence[Row]:
    """Build, upload and check a batch; what is constant (settings, recipe) was there before its first unit."""
    units = run.size(1000, 200, 4)
    told = line_alone(run.scratch / "line", Asked(slots=4, units=units, whole=True, upload=True, checked=True))
    enough = units > 100  # pages that are hardly begun say nothing
    return [
        Row(
            what="data folder a unit, complete record",
            unit="B",
            measured=told.folder_a_unit,
            asked=f"{MOST // 1000} KB" if enough else "",
            limit=MOST if enough else None,
            floor=told.leaves / units,
            beneath="entries as they are stored and bodies alone, without tables and indexes",
            note="chip checked, recovered and flashed, key to stored, uploaded, final check; all files of the data "
            "folder as the disk has them, but its log and the simulated bench's own",
        ),
        Row(what="  of it the journal", unit="B", measured=told.bytes_a_unit),
        Row(
            what="  beside it the log, as long as it grows",
            unit="B",
            measured=told.log_a_unit,
            note="rotated: by the station file's [logs], all of it stays beneath some 110 MiB, however many units",
        ),
    ]
