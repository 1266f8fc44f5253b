"""The journal for those who write it: hand over events, and when the call returns they survive a power cut."""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import apsw

from station.domain.events import Context, Event, SessionClosed, SessionOpened
from station.domain.faults import Fault
from station.domain.ids import EventSeq, Sha256
from station.host.clock import Clock
from station.journal.codec import Entry, context_hash, encode, microseconds
from station.journal.database import FILE_NAME, database_fault, open_for_writing
from station.journal.faults import BROKEN, CLOSED, INCONSISTENT, TOO_NEW
from station.journal.going_back import step_back
from station.journal.packing import pack_leaf
from station.journal.projections import advance_clock, apply
from station.journal.records import Records
from station.journal.tree import grow

Build = Event | Callable[[Sequence[EventSeq]], Event]
"""An event, or a function that makes it from the places of those before it in the same commit."""

_MOST_AT_ONCE: Final = 256


def _locked() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Request:
    events: Sequence[Build]
    bodies: Mapping[Sha256, bytes]
    by: str | None
    done: threading.Lock = field(default_factory=_locked)
    """Held until the request is answered; a third of an event's price, which every commit pays."""
    entries: list[Entry] = field(default_factory=list)
    error: Exception | None = None


class Journal:
    """The one writer of a data folder. Every method may be called from any thread.

    Callers that wait at the same time share one transaction and so one sync; each still stands or falls alone.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        vfs: str | None = None,
        committed: Callable[[Sequence[Entry]], None] = lambda _: None,
        keep_before: Callable[[], object] = lambda: None,
    ) -> None:
        """Open (or make) the journal in ``folder``, which the caller owns by lock.

        ``committed`` is called from the writer's thread with every commit's entries, after the sync, in order;
        ``keep_before`` before an older format is brought up to date, which does not happen where it raises. A journal
        that only a newer station's migration has touched is put back as it was before (:mod:`.going_back`).
        """
        self._clock = clock
        self._path = folder / FILE_NAME
        self._vfs = vfs
        self._committed, self._keep_before = committed, keep_before
        self._session, self._by = EventSeq(0), ""
        self._next = EventSeq(1)
        self._db: apsw.Connection | None = self._open()
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def open_session(self, context: dict[str, object], operator: str) -> EventSeq:
        """Write who begins to write; every later entry names this session."""
        self._by = operator
        name = self.keep("session", context)
        (seq,) = self.commit(SessionOpened(context=name, operator=operator))
        return seq

    def work_for(self, person: str) -> None:
        """Have all later entries for which nothing else is said name this person as responsible."""
        self._by = person

    def keep(self, about: str, value: dict[str, object], *, by: str | None = None) -> Sha256:
        """Have the journal hold ``value`` and return its name. The same value is written once, ever.

        ``by`` as in :meth:`commit`.
        """
        name = context_hash(value)
        with self.records() as records:
            kept = records.has_context(name)
        if not kept:
            self.commit(Context(about=about, sha256=name, value=value), by=by)
        return name

    def commit(
        self, *events: Build, bodies: Mapping[Sha256, bytes] | None = None, by: str | None = None
    ) -> list[EventSeq]:
        """Write all of ``events`` or none; when this returns they survive a power cut. Return their places.

        ``by`` is responsible for these entries, whoever :meth:`work_for` named; where several people work at once,
        each says so here.

        Raises the projections' fault where one of them must not be (JRN-2xx; nothing is written), JRN-101 or
        JRN-102 where the disk doesn't take them. Not safe to repeat after it returned.
        """
        request = _Request(events, bodies or {}, by)
        with self._closing:
            if self._closed:
                raise CLOSED.fault()
            self._queue.put(request)
        request.done.acquire()
        if request.error is not None:
            raise request.error
        return [entry.seq for entry in request.entries]

    def catch_up(self) -> None:
        """Return when ``committed`` has been told of everything that was written until now. Safe to repeat.

        A commit returns a moment before that: nobody who listens may hold up those who write.
        """
        # The writer's thread takes this up only when it has finished with all before it.
        self.commit()

    def records(self) -> Records:
        """Return a reader on a connection of its own; for one thread."""
        return Records(self._path.parent)

    def close(self, reason: str = "ended") -> None:
        """Write the session's end and close the file. Safe to repeat."""
        if not self._closed and self._session:
            self.commit(SessionClosed(reason=reason))
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        if self._db is not None:
            self._db.close()
            self._db = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("ended" if kind is None else f"ended by {kind.__name__}")

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = [first], False
            while len(group) < _MOST_AT_ONCE and not self._queue.empty():
                request = self._queue.get()
                if request is None:
                    last = True
                    break
                group.append(request)
            self._write(group)
            if last:
                return

    def _write(self, group: list[_Request]) -> None:
        session = self._session
        try:
            db = self._db = self._db or self._open()
            db.execute("BEGIN IMMEDIATE")
            for request in group:
                self._append(db, request)
            db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 -- whatever it is goes to every caller; this thread must live
            # After a failed COMMIT or sync nobody knows what is in the file: the next commit opens it anew, which
            # recovers it, and every caller of this group must take its events for not written.
            fault = _fault_of(error, self._path)
            self._session = session
            if self._db is not None:
                self._db.close(force=True)
                self._db = None
            for request in group:
                request.error = request.error or fault
                request.entries.clear()
        done = [entry for request in group if request.error is None for entry in request.entries]
        for request in group:
            request.done.release()
        if done:
            self._committed(done)

    def _append(self, db: apsw.Connection, request: _Request) -> None:
        before = self._next, self._session
        db.execute("SAVEPOINT request")
        try:
            for name, data in request.bodies.items():
                db.execute("INSERT INTO body VALUES(?,?) ON CONFLICT DO NOTHING", (name, data))
            for build in request.events:
                self._append_event(db, request, build)
        except apsw.ConstraintError as error:
            self._refuse(db, request, before, INCONSISTENT.fault(str(error), why="a rule is broken"))
        except apsw.Error:
            raise  # the disk or the file: nobody's own
        except Exception as error:  # noqa: BLE001 -- one caller's mistake is its own; the others of the group stand
            self._refuse(db, request, before, _fault_of(error, self._path))
        db.execute("RELEASE request")

    def _refuse(self, db: apsw.Connection, request: _Request, before: tuple[EventSeq, EventSeq], fault: Fault) -> None:
        db.execute("ROLLBACK TO request")
        self._next, self._session = before
        request.entries.clear()
        request.error = fault

    def _append_event(self, db: apsw.Connection, request: _Request, build: Build) -> None:
        event = build([entry.seq for entry in request.entries]) if callable(build) else build
        if isinstance(event, SessionOpened):
            self._session = self._next
        now = self._clock.now()
        by = self._by if request.by is None else request.by
        entry = Entry(self._next, now, int(self._clock.monotonic() * 1e6), self._session, by, event)
        batch, attempt, unit = apply(db, entry)
        advance_clock(db, microseconds(now))
        db.execute(
            "INSERT INTO event VALUES(?,?,?,?,?,?,?)",
            (entry.seq, microseconds(now), event.kind, batch, attempt, unit, pack_leaf(encode(entry))),
        )
        grow(db, entry.seq)
        request.entries.append(entry)
        self._next = EventSeq(self._next + 1)

    def _open(self) -> apsw.Connection:
        folder = self._path.parent
        try:
            db = open_for_writing(folder, vfs=self._vfs, keep_before=self._keep_before)
        except Fault as fault:
            if fault.code != TOO_NEW.code or not step_back(folder, vfs=self._vfs):
                raise
            db = open_for_writing(folder, vfs=self._vfs, keep_before=self._keep_before)
        self._next = EventSeq(int(db.execute("SELECT coalesce(max(seq), 0) + 1 FROM event").get or 1))
        return db


def _fault_of(error: Exception, path: Path) -> Fault:
    if isinstance(error, Fault):
        return error
    if isinstance(error, apsw.Error):
        return database_fault(error, path)
    return BROKEN.fault(f"{type(error).__name__}: {error}")
