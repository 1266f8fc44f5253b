"""Journals of earlier and of newer formats, and what must be true of one that was brought up to date or went back."""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest import mock

import apsw

from station.domain.events import Event
from station.domain.faults import Fault
from station.evidence.before_migration import keep_before
from station.host.clock import Clock
from station.journal import agreement, database, going_back, replay
from station.journal.database import FILE_NAME, connect_traceless, format_of, take_step
from station.journal.going_back import BEFORE
from station.journal.journal import Journal
from station.journal.packing import unpack_leaf
from station.journal.schema import MIGRATIONS
from tests.faults.claims import Finding, Kind

_FIXTURES: Final = Path(__file__).parents[1] / "unit" / "journal" / "formats"
EARLIER: Final = (1, 2, 3)
"""The formats of which a journal is kept that their own stations wrote."""
_FIRST_PACKED: Final = 4


def earlier_journal(number: int) -> bytes:
    """Return a journal that a station of an earlier format wrote."""
    return gzip.decompress((_FIXTURES / f"journal-v{number}.db.gz").read_bytes())


def leaves_of(path: Path) -> list[bytes]:
    """Return all entries of a journal's file, which is not touched."""
    with closing(connect_traceless(path)) as db:
        rows: Any = db.execute("SELECT leaf FROM event ORDER BY seq")
        return [unpack_leaf(stored) for (stored,) in rows]


def format_at(path: Path) -> int:
    """Return the format of a journal's file, which is not touched."""
    with closing(connect_traceless(path)) as db:
        return format_of(db)


@contextmanager
def newer_station() -> Iterator[None]:
    """Have this be a station whose journal has one format more, as long as this lasts."""
    with ExitStack() as stack:
        for module in (database, agreement, replay, going_back):
            newer = (*MIGRATIONS, "CREATE TABLE newer(one INTEGER) STRICT")
            stack.enter_context(mock.patch.object(module, "MIGRATIONS", newer))
        yield


def open_journal(data: Path, clock: Clock, *events: Event, vfs: str | None = None, killed: bool = False) -> list[int]:
    """Open a folder's journal as a station does, write ``events``, and close it. Return their places.

    ``killed``: its log stays behind, as a kill leaves it.
    """
    with Journal(data, clock, vfs=vfs, keep_before=partial(keep_before, data)) as journal:
        places: list[int] = [*journal.commit(*events)] if events else []
        if killed:
            assert journal._db is not None
            leave_log(journal._db)
        return places


def leave_log(db: apsw.Connection) -> None:
    """Have closing this connection leave its log behind, as a kill does."""
    db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def take_back_format(path: Path, number: int) -> None:
    """Have a journal be as a station of an earlier format, which was killed, had written it.

    Formats have only ever added tables and indexes, and the way in which leaves are stored. It must have no entry that
    such a station could not write.
    """
    with closing(apsw.Connection(":memory:")) as plan:
        for step in MIGRATIONS[:number]:
            take_step(plan, step)
        known = set(_names(plan))
    with closing(apsw.Connection(str(path))) as db:
        leave_log(db)
        with db:
            for kind, name in sorted(_names(db) - known):
                db.execute(f"DROP {kind} IF EXISTS {name}")
            if number < _FIRST_PACKED:
                _store_plain(db)
            db.pragma("user_version", number)


def _store_plain(db: apsw.Connection) -> None:
    rule: Any = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_stays'").get
    db.execute("DROP TRIGGER event_stays")
    rows: Any = db.execute("SELECT seq, leaf FROM event").fetchall()
    plain = [(unpack_leaf(stored), seq) for seq, stored in rows]
    db.executemany("UPDATE event SET leaf = ? WHERE seq = ?", plain)
    db.execute(rule)


def _names(db: apsw.Connection) -> set[tuple[str, str]]:
    rows: Any = db.execute("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
    return {(kind, name) for kind, name in rows}


def find_wrong(data: Path, number: int, before: list[bytes]) -> Iterator[Finding]:
    """Yield what is wrong with a data folder whose journal was once of format ``number``, with entries ``before``.

    It has all of them, by whichever format, and where it is of another one, a copy beside it is as it was.
    """
    path = data / FILE_NAME
    try:
        now, found = format_at(path), leaves_of(path)
        if (differs := agreement.find_disagreement(path)) is not None:
            yield Finding(Kind.WRONG, f"the tables: {differs.sentence}")
    except (Fault, apsw.Error) as error:
        yield Finding(Kind.LOST, f"the journal can't be read: {error}")
        return
    if found[: len(before)] != before:
        yield Finding(Kind.LOST, f"of {len(before)} entries not all are in the journal of {len(found)}")
    kept = False
    for copy in sorted(data.glob(f"{BEFORE}*/{FILE_NAME}")):
        name = copy.parent.name
        try:
            if (differs := agreement.find_disagreement(copy)) is not None:
                yield Finding(Kind.WRONG, f"{name}: {differs.sentence}")
            there = leaves_of(copy)
            kept |= format_at(copy) == number and there == before
        except (Fault, apsw.Error) as error:
            yield Finding(Kind.WRONG, f"{name} can't be read: {error}")
            continue
        if there != found[: len(there)]:
            yield Finding(Kind.WRONG, f"{name} has entries that the journal has not")
    if now != number and not kept:
        yield Finding(Kind.LOST, f"the journal is of format {now}, and no copy has it as it was in format {number}")


def find_left_over(data: Path) -> Iterator[Finding]:
    """Yield what kills left behind, where the run that followed should have taken it away."""
    for left in (*data.glob(f".{BEFORE.rstrip('-')}.*"), *data.glob(f".{FILE_NAME}.*"), *data.glob(f"{FILE_NAME}-j*")):
        yield Finding(Kind.WRONG, f"{left.name} is left behind")
