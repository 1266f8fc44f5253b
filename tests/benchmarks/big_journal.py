"""The journal of a million units: complete ones by the station's own writer, older ones as rows of its tables alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from station.domain.events import Exported, ExportIntended
from station.domain.ids import BatchId, Sha256, UnitId
from station.host.clock import SystemClock
from station.journal.database import open_for_writing
from station.journal.journal import Journal
from station.people.rights import ITSELF
from tests.benchmarks.figure import Run
from tests.benchmarks.journal_rows import add_rows
from tests.benchmarks.recovery_time import fill

OLDEST = -(10**9)
"""Where the rows of the tables alone begin, far below what the station's writer wrote: those from 1 on are complete."""


_EXPORTS = (2000, 2000, 20)
_WHOLE_BATCH = 10
"""Each tenth export is of a whole batch, until each batch had its two; the others are of a unit each."""
_AT_ONCE = 100


def add_exports(data: Path, count: int) -> None:
    """Have the journal say of so many exports that they were meant and written."""
    with Journal(data, SystemClock()) as journal, journal.records() as records:
        batches = records.batch_names()
        units = {batch: tuple(unit.id for unit in records.units_of(batch)) for batch in batches}
        journal.open_session({}, ITSELF)
        for first in range(0, count, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, count))
            journal.commit(*(event for number in numbers for event in _export(number, batches, units)))


def _export(
    number: int, batches: Sequence[BatchId], units: Mapping[BatchId, tuple[UnitId, ...]]
) -> tuple[ExportIntended, Exported]:
    batch = batches[number // _WHOLE_BATCH % len(batches)]
    if number % _WHOLE_BATCH == 0 and number // _WHOLE_BATCH < 2 * len(batches):
        what, chosen = f"batch {batch}", units[batch]
    else:
        chosen = (units[batch][number * 7 % len(units[batch])],)
        what = f"unit {chosen[0]}"
    return (
        ExportIntended(what=what, form="tables", units=chosen, operator="p1"),
        Exported(what=what, form="tables", sha256=Sha256(f"{number:064x}"), operator="p1"),
    )


def sizes(run: Run) -> tuple[int, int]:
    """Return how many units there are, and how many of them are complete."""
    return run.size(1_000_000, 1_000_000, 300), run.size(100_000, 2_000, 40)


def in_words(run: Run) -> str:
    """Return what it is made of."""
    units, complete = sizes(run)
    made = f"{complete} complete by the station's writer, {units - complete} as rows of the tables alone"
    return f"{units} units: {made}; {run.size(*_EXPORTS)} exports"


def big_journal(run: Run) -> Path:
    """Return the folder of a line with such a journal, made now or kept from an earlier time."""
    units, complete = sizes(run)

    def make(place: Path) -> None:
        fill(place / "line", complete)
        add_exports(place / "line" / "data", run.size(*_EXPORTS))
        db = open_for_writing(place / "line" / "data")
        db.pragma("synchronous", 0)
        with db:
            add_rows(db, units - complete, OLDEST)
        db.pragma("wal_checkpoint", "truncate")
        db.close()

    return run.made_once("million", make) / "line"
