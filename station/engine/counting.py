"""Figures of the header that the journal is asked for: counted anew when something was written, and seldom."""

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from station.app import Station
from station.domain.events import (
    AttemptClosed,
    BatchArmed,
    BatchClosed,
    CloudDeleted,
    CloudDeletionIntended,
    ReworkDeclared,
    ReworkWithdrawn,
    Unclaimed,
    UnitIdentified,
    UnitOverwritten,
    UploadAccepted,
    UploadDecided,
    UploadPrepared,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)
from station.domain.faults import Fault
from station.domain.ids import BatchId, Sha256
from station.domain.line import CloudState, Outcome
from station.engine.picture import Picture
from station.journal.codec import Entry, iso
from station.journal.cycle_times import expected_seconds
from station.journal.records import Records
from station.line.feed import Notice
from station.line.log import engineer_log

_BETWEEN: Final = 0.25
"""Seconds between two counts at the least."""

_REST: Final = 20
"""A batch of many thousand units takes a while to count: so many times as long, the processor is the line's."""
_LONGEST_REST: Final = 10.0
"""Seconds: a count that a disk held up, or the PC's sleep, says nothing about how long the next one takes."""

_OF_BATCH = (
    AttemptClosed,
    BatchArmed,
    BatchClosed,
    ReworkDeclared,
    ReworkWithdrawn,
    UnitIdentified,
    UnitOverwritten,
)
_OF_UPLOADS = (
    CloudDeleted,
    CloudDeletionIntended,
    Unclaimed,
    UploadAccepted,
    UploadDecided,
    UploadPrepared,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)
"""What changes the outbox's figures, and none of the batch's that are shown."""
_UNDER_WAY = (CloudState.WAITING, CloudState.SENDING)


def rest_after(seconds: float) -> float:
    """Return for how many seconds nothing is counted after a count that took so many. Pure."""
    return min(_LONGEST_REST, max(_BETWEEN, seconds * _REST))


def batch_figures(records: Records, batch: BatchId) -> dict[str, Any]:
    """Return what the header says of a batch's units, by the header's names for it."""
    tally = records.tally(batch)
    return {
        "done": tally.ended,
        "outcomes": {outcome.value: tally.count(outcome) for outcome in Outcome if tally.count(outcome)},
        "first_passed": tally.first_passed,
        "first_total": tally.first_total,
    }


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted: a batch, and the recipe (its context's name) whose times are looked at."""

    batch: BatchId
    recipe: Sha256


class Counting:
    """A thread that keeps the header's figures right. :meth:`take` is for the feed."""

    def __init__(self, station: Station, picture: Picture) -> None:
        self._station, self._picture = station, picture
        self._about: Counted | None = None
        self._written = 0
        """How much was written that a batch's figures say: the feed tells one notice at a time."""
        self._counted: tuple[int, Counted | None] = (0, None)
        self._wake, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="counting", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._wake.set()
        self._thread.start()

    def end(self) -> None:
        """Count nothing more. Safe to repeat."""
        self._over.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def about(self, counted: Counted) -> None:
        """Count this batch from now on."""
        self._about = counted
        self._wake.set()

    def take(self, notice: Notice) -> None:
        """Take what the feed tells."""
        event = notice.event if isinstance(notice, Entry) else None
        if isinstance(event, _OF_BATCH):
            self._written += 1
            self._wake.set()
        elif isinstance(event, _OF_UPLOADS):
            self._wake.set()

    def _run(self) -> None:
        clock = self._station.opened.clock
        with ExitStack() as stack:
            records: Records | None = None
            while not self._over.is_set():
                self._wake.wait()
                self._wake.clear()
                begun = clock.monotonic()
                try:
                    records = records or stack.enter_context(self._station.journal.records())
                    self._count(records)
                except Fault as fault:
                    engineer_log().error("the header was not counted", code=fault.code, detail=fault.detail)
                except Exception:  # noqa: BLE001 -- a figure that is old costs less than all that would be
                    engineer_log().exception("the header was not counted")
                clock.wait(self._over, rest_after(clock.monotonic() - begun))

    def _count(self, records: Records) -> None:
        oldest = records.oldest(*_UNDER_WAY)
        self._picture.show(uploads=records.outbox_counts(), oldest_waiting=None if oldest is None else iso(oldest))
        written, about = self._written, self._about
        if about is None or (written == self._counted[0] and about is self._counted[1]):
            return
        figures = batch_figures(records, about.batch)
        self._picture.count(about.batch, expected_seconds(self._station.opened.value.data, about.recipe), figures)
        self._counted = written, about
