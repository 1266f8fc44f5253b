"""A unit found among a million, and its record opened, each from a connection of its own as the window's threads do."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

import apsw

from station.domain.ids import UnitId
from station.evidence.proofs import read_proofs
from station.evidence.unit_record import read_unit
from station.journal.database import FILE_NAME
from station.journal.records import Records
from station.journal.unit_exports import exports_of
from station.journal.unit_search import UnitSearch, Wanted
from tests.benchmarks.big_journal import OLDEST, big_journal, in_words
from tests.benchmarks.figure import Row, Run

NAME = "find"
WHAT = "find a unit among a million, open its record"
FOUND_MS, OPENED_MS = 50.0, 200.0


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def some_units(data: Path, count: int, oldest: int) -> list[tuple[UnitId, str]]:
    """Return units from ``oldest`` on, and a text that somebody would type to find each: its IMEI or its device ID."""
    with closing(apsw.Connection(str(data / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        first, last = db.execute("SELECT min(id), max(id) FROM unit WHERE id >= ?", (oldest,)).fetchone()
        chance, found = random.Random(91), []
        for _ in range(count):
            sql = "SELECT id, imei, device_id FROM unit WHERE id >= ? ORDER BY id LIMIT 1"
            unit, *texts = db.execute(sql, (chance.randint(first, last),)).fetchone()
            found.append((UnitId(unit), str(chance.choice(texts))))
        return found


def find(data: Path, unit: UnitId, text: str) -> None:
    """Look a unit up, as the units page does."""
    with UnitSearch(data) as search:
        assert unit in {line.id for line in search.page(Wanted(text=text))}


def open_record(data: Path, unit: UnitId) -> None:
    """Read all that the record's page shows."""
    with Records(data) as records:
        row = records.unit(unit)
        assert row is not None
        record = read_unit(records, row)
        assert record.attempts
        read_proofs(record.attempts)
        exports_of(records, unit)


def bare(data: Path, text: str) -> None:
    """Ask SQLite alone, by the same indexes."""
    with closing(apsw.Connection(str(data / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        db.execute("SELECT * FROM unit WHERE imei = ? OR device_id = ?", (text, text)).fetchall()


def measure(run: Run) -> Sequence[Row]:
    """Find and open units picked at random: any to be found, complete ones to be opened."""
    data, count = big_journal(run) / "data", run.size(200, 100, 5)
    every, complete = some_units(data, count, OLDEST), some_units(data, count, 1)
    found = [timed(lambda unit=unit, text=text: find(data, unit, text)) for unit, text in every]  # type: ignore[misc]
    opened = [timed(lambda unit=unit: open_record(data, unit)) for unit, _ in complete]  # type: ignore[misc]
    floor = median(timed(lambda text=text: bare(data, text)) for _, text in every)  # type: ignore[misc]
    return [
        Row(
            what=f"find a unit among a million, longest of {count}",
            unit="ms",
            measured=max(found),
            asked=f"{FOUND_MS:.0f} ms",
            limit=FOUND_MS,
            floor=floor,
            beneath="SQLite alone, opened and asked by the same indexes",
            note=f"middle {median(found):.1f} ms. {in_words(run)}",
            samples=tuple(found),
        ),
        Row(
            what=f"open a complete unit's record, longest of {count}",
            unit="ms",
            measured=max(opened),
            asked=f"{OPENED_MS:.0f} ms",
            limit=OPENED_MS,
            floor=floor,
            beneath="the same",
            note=f"middle {median(opened):.1f} ms",
            samples=tuple(opened),
        ),
    ]
