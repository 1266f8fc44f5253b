"""A station begins again as quickly with many units in its journal as with few: nothing on the way reads them all.

How long it takes with 100,000 of them: ``python3 start.py bench --only recovery``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from station.app import Station
from station.domain.ids import BatchId
from station.host.clock import SystemClock
from station.signed_record import SignedRecord
from tests.benchmarks.recovery_time import fill, station_in

FEW, MANY = 40, 400
LONGEST = 1200
"""SQLite's instructions for the longest thing a start may ask for: a tile of the tree, which has 256 leaves."""


class Statements:
    """Counts what SQLite is asked, and what that takes it, on every connection that is opened meanwhile."""

    def __init__(self) -> None:
        self.took: list[tuple[int, str]] = []

    def hook(self, connection: apsw.Connection) -> None:
        """Take a new connection."""
        connection.trace_v2(
            apsw.SQLITE_TRACE_PROFILE,
            lambda told: self.took.append((told["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"], told["sql"])),
        )


@contextmanager
def counted() -> Iterator[Statements]:
    """Count as long as this lasts."""
    statements = Statements()
    apsw.connection_hooks.append(statements.hook)
    try:
        yield statements
    finally:
        apsw.connection_hooks.remove(statements.hook)


def begin_again(folder: Path, units: int) -> tuple[int, list[tuple[int, str]]]:
    """Return how many entries the journal has, and what is asked of it until another batch is armed."""
    entries = fill(folder, units, a_batch=20)
    with station_in(folder, SystemClock()) as line:
        opened = line.open()
        with Station(opened, "a test") as station:
            SignedRecord(station).catch_up()  # the days that have passed are signed: not to be counted
        with counted() as statements, Station(opened, "a test") as station:
            station.enter(line.actor())
            SignedRecord(station).catch_up()
            recipe, fixture = opened.recipe("tracker"), opened.fixture()
            station.arm(BatchId("WO-LAST"), recipe, fixture, 20, opened.cloud(), "a test")
            return entries, list(statements.took)


@pytest.mark.slow
def test_what_a_start_reads_does_not_grow_with_the_journal(tmp_path: Path) -> None:
    (entries, few), (more, many) = begin_again(tmp_path / "few", FEW), begin_again(tmp_path / "many", MANY)
    assert more > 8 * entries
    assert len(few) > 50, "nothing was counted"
    assert len(many) < 2 * len(few), f"asked {len(few)} times with {entries} entries, {len(many)} with {more}"
    assert max(many) < (LONGEST, ""), max(many)
