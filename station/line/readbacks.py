"""Which batch has had a unit read back behind its last image, so that the others may rely on it."""

import threading

from station.domain.events import StepFinished
from station.domain.ids import AttemptId, BatchId
from station.domain.line import Outcome, StepKind
from station.journal.records import Records


class ReadBacks:
    """Remembers whether a unit of the batch was read back. For all slots' threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[BatchId, AttemptId] = {}
        self._searched: set[BatchId] = set()

    def find(self, batch: BatchId, records: Records) -> AttemptId | None:
        """Return the attempt in which a unit of this batch was read back with success; the journal is asked once."""
        with self._lock:
            if batch not in self._searched:
                for attempt in records.attempts_of_batch(batch):
                    if any(_was_read_back(entry.event) for entry in records.entries_of(attempt.id)):
                        self._known.setdefault(batch, attempt.id)
                        break
                self._searched.add(batch)
            return self._known.get(batch)

    def add(self, batch: BatchId, attempt: AttemptId) -> None:
        """Take it that this attempt's read-back succeeded and is in the journal."""
        with self._lock:
            self._known.setdefault(batch, attempt)


def _was_read_back(event: object) -> bool:
    match event:
        case StepFinished(step=StepKind.READ_BACK, outcome=Outcome.PASSED, results={"read_back": True}):
            return True
        case _:
            return False
