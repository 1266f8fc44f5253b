"""The product's journal as a factory has it: it can be dropped as a kill drops it, and its disk can be full."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import apsw

from station.domain.ids import EventSeq, Sha256
from station.host.clock import Clock
from station.journal.codec import Entry
from station.journal.faults import CLOSED
from station.journal.journal import Build, Journal, _Request
from tests.faults.factory.floor import Life


class MortalJournal(Journal):
    """A journal whose process can die before or after any of its commits."""

    def __init__(
        self, folder: Path, clock: Clock, life: Life, committed: Callable[[Sequence[Entry]], None] = lambda _: None
    ) -> None:
        self._life = life
        self._full = False
        super().__init__(folder, clock, committed=committed)

    def commit(
        self, *events: Build, bodies: Mapping[Sha256, bytes] | None = None, by: str | None = None
    ) -> list[EventSeq]:
        """Write as the journal does, where the program lives to see it."""
        self._life.touch()
        request = _Request(events, bodies or {}, by)
        if self._closed:
            raise CLOSED.fault()
        # What the writer's thread does with a request that came alone, done here: one thread, and no handing over.
        self._write([request])
        if request.error is not None:
            raise request.error
        self._life.touch()
        return [entry.seq for entry in request.entries]

    def fill_disk(self, *, full: bool) -> None:
        """Have the disk take no page more, or again."""
        self._full = full
        self._limit(self._db)

    def drop(self) -> None:
        """Be gone as a killed process is: nothing more is written, not even the session's end."""
        with self._closing:
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        if self._db is not None:
            self._db.close(force=True)
            self._db = None

    def _open(self) -> apsw.Connection:
        db = super()._open()
        self._limit(db)
        return db

    def _limit(self, db: apsw.Connection | None) -> None:
        if db is not None:
            # SQLite's own limit: a commit that needs another page ends as it does on a full disk (SQLITE_FULL).
            db.pragma("max_page_count", db.pragma("page_count") if self._full else 0x7FFFFFFE)
