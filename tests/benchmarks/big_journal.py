"""The journal of a million units: complete ones by the station's own writer, older ones as rows of its tables alone."""

from pathlib import Path

from station.journal.database import open_for_writing
from tests.benchmarks.figure import Run
from tests.benchmarks.journal_rows import add_rows
from tests.benchmarks.recovery_time import fill

OLDEST = -(10**9)
"""Where the rows of the tables alone begin, far below what the station's writer wrote: those from 1 on are complete."""


def sizes(run: Run) -> tuple[int, int]:
    """Return how many units there are, and how many of them are complete."""
    return run.size(1_000_000, 1_000_000, 300), run.size(100_000, 2_000, 40)


def in_words(run: Run) -> str:
    """Return what it is made of."""
    units, complete = sizes(run)
    return f"{units} units: {complete} complete by the station's writer, {units - complete} as rows of the tables alone"


def big_journal(run: Run) -> Path:
    """Return the folder of a line with such a journal, made now or kept from an earlier time."""
    units, complete = sizes(run)

    def make(place: Path) -> None:
        fill(place / "line", complete)
        db = open_for_writing(place / "line" / "data")
        db.pragma("synchronous", 0)
        with db:
            add_rows(db, units - complete, OLDEST)
        db.pragma("wal_checkpoint", "truncate")
        db.close()

    return run.made_once("million", make) / "line"
