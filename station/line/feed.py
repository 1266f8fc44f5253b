"""What faces see of the line: committed journal entries, lossless and in order, and passing progress."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from station.domain.ids import AttemptId, SlotNumber
from station.domain.line import SlotState, StepKind
from station.journal.codec import Entry
from station.line.log import engineer_log


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is, 0 to 1. Only the newest of a slot matters."""

    slot: SlotNumber
    attempt: AttemptId
    step: StepKind
    fraction: float


@dataclass(frozen=True, slots=True)
class SlotChanged:
    """A slot waits, runs, shows a result or is latched; ``sentence`` is the prompt or fault in its tile."""

    slot: SlotNumber
    state: SlotState
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Something a person should know that is no journal entry of its own (the uploader waits, the cloud is away)."""

    code: str
    sentence: str


Notice = Entry | Progress | SlotChanged | Told


class Feed:
    """Hands every notice to every listener, in the order of publication, one at a time.

    A listener must be quick and should not raise; a slow face keeps a queue of its own. One that raises all the same
    is written down for the engineer: the journal's own thread calls it, and that must not end by it.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[[Notice], None]] = []
        self._lock = threading.Lock()

    def listen(self, listener: Callable[[Notice], None]) -> None:
        """Call ``listener`` with every notice from now on."""
        with self._lock:
            self._listeners.append(listener)

    def leave(self, listener: Callable[[Notice], None]) -> None:
        """Call ``listener`` no more. Not from within a listener. Safe to repeat."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def publish(self, notice: Notice) -> None:
        """Hand out one notice."""
        with self._lock:
            for listener in self._listeners:
                try:
                    listener(notice)
                except Exception:  # noqa: BLE001 -- whatever a face does wrong, the line goes on
                    engineer_log().exception("a listener of the feed failed", notice=type(notice).__name__)

    def publish_entries(self, entries: Sequence[Entry]) -> None:
        """Hand out a commit's entries; the journal calls this after its sync."""
        for entry in entries:
            self.publish(entry)
