"""A unit found among a million, and its record opened: on the window's own page, until somebody sees it."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

import apsw

from station.desktop.timeline import tell
from station.domain.ids import UnitId
from station.evidence.proofs import read_proofs
from station.evidence.unit_record import read_unit
from station.journal.database import FILE_NAME
from station.journal.records import Records
from station.journal.unit_exports import exports_of
from station.journal.unit_search import UnitSearch, Wanted
from tests.benchmarks.big_journal import OLDEST, big_journal, in_words
from tests.benchmarks.figure import Row, Run
from tests.benchmarks.units_window import units_window

NAME = "find"
WHAT = "find a unit among a million, open its record"
FOUND_MS, OPENED_MS = 50.0, 200.0
_UUID = 36
"""Characters; the shorter device IDs of the bench's own units are each the beginning of others."""


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def some_units(data: Path, count: int, first: int, last: int) -> list[tuple[UnitId, str]]:
    """Return units between these IDs, and a text that finds each alone: its IMEI, or a device ID that is a UUID.

    Each once, as far as there are so many.
    """
    chance, found = random.Random(91), dict[UnitId, str]()
    with closing(apsw.Connection(str(data / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        bounds = "SELECT min(id), max(id) FROM unit WHERE id BETWEEN ? AND ?"
        first, last = db.execute(bounds, (first, last)).fetchone()
        for _ in range(2 * count):  # IDs are spread evenly there, but not every number is one
            sql = "SELECT id, imei, device_id FROM unit WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1"
            unit, imei, device_id = db.execute(sql, (chance.randint(first, last), last)).fetchone()
            text = chance.choice((imei, device_id if len(device_id) == _UUID else imei))
            found.setdefault(UnitId(unit), str(text))
            if len(found) == count:
                break
    assert len(found) >= 0.9 * count, f"{len(found)} units of {count}"
    return list(found.items())


def find(data: Path, unit: UnitId, text: str) -> None:
    """Look a unit up, as the units page does."""
    with UnitSearch(data) as search:
        assert unit in {line.id for line in search.page(Wanted(text=text))}


def open_record(data: Path, unit: UnitId) -> None:
    """Read all that the record's page shows, and make it ready, as its worker does."""
    with Records(data) as records:
        row = records.unit(unit)
        assert row is not None
        record = read_unit(records, row)
        assert record.attempts
        assert records.batch(row.batch) is not None
        assert list(tell(record))
        read_proofs(record.attempts)
        exports_of(records, unit)


def bare(data: Path, text: str) -> None:
    """Ask SQLite alone, by the same indexes."""
    with closing(apsw.Connection(str(data / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        db.execute("SELECT * FROM unit WHERE imei = ? OR device_id = ?", (text, text)).fetchall()


def measure(run: Run) -> Sequence[Row]:
    """Find and open units picked at random: complete ones, opened too, and as many of the older ones."""
    folder, count = big_journal(run), run.size(100, 50, 3)
    data, last = folder / "data", 2**62
    complete, older = some_units(data, count, 1, last), some_units(data, count, OLDEST, 0)
    found, opened = list[float](), list[float]()
    with units_window(folder) as window:
        for (unit, text), (old, its) in zip(complete, older, strict=False):
            found.append(window.find(unit, text))
            opened.append(window.open(unit))
            found.append(window.find(old, its))
        painted = median(window.paint() for _ in range(run.size(20, 20, 3)))
    every = [*complete, *older]
    read_found = [timed(lambda unit=unit, text=text: find(data, unit, text)) for unit, text in every]  # type: ignore[misc]
    read_opened = [timed(lambda unit=unit: open_record(data, unit)) for unit, _ in complete]  # type: ignore[misc]
    asked = median(timed(lambda text=text: bare(data, text)) for _, text in every)  # type: ignore[misc]
    floor = asked + painted
    beneath = f"SQLite alone by the same indexes {asked:.1f} ms, Qt drawing the page as it stands {painted:.1f} ms"
    page = "on the window's own page, drawn without a screen, its moment of rest behind typing included"
    return [
        Row(
            what=f"find a unit among a million, longest of {len(found)}",
            unit="ms",
            measured=max(found),
            asked=f"{FOUND_MS:.0f} ms",
            limit=FOUND_MS,
            floor=floor,
            beneath=beneath,
            note=f"middle {median(found):.1f} ms, {page}. {in_words(run)}",
            samples=tuple(found),
        ),
        _read("  of it asked of the journal", read_found),
        Row(
            what=f"open a complete unit's record, longest of {len(opened)}",
            unit="ms",
            measured=max(opened),
            asked=f"{OPENED_MS:.0f} ms",
            limit=OPENED_MS,
            floor=floor,
            beneath=beneath,
            note=f"middle {median(opened):.1f} ms, from the key to the page filled and drawn, the very first too",
            samples=tuple(opened),
        ),
        _read("  of it read and made ready", read_opened),
    ]


def _read(what: str, took: Sequence[float]) -> Row:
    note = f"middle {median(took):.1f} ms"
    return Row(what=f"{what}, longest of {len(took)}", unit="ms", measured=max(took), note=note, samples=tuple(took))
