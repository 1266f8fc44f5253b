"""The next body's rows, made while this one is stored and sent: much of that is waiting, for the disk and the cloud."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from station.cloud.protocol import OnboardRow
from station.domain.ids import UnitId
from station.journal.rows import OutboxRow


class Rows(Protocol):
    """What the outbox is to hand over of the units that wait."""

    def begin(self, waiting: Sequence[OutboxRow]) -> None:
        """Take it that these units' rows are asked for next."""

    def rows_of(self, waiting: Sequence[OutboxRow]) -> Sequence[OnboardRow]:
        """Return the units' rows, in this order, as they are now."""


class RowsAhead:
    """Makes rows in a thread of its own, those of one body at the most, and none that nobody asked for.

    One thread uses it. ``rows_of`` is called in its thread too, never by two at the same time: whatever that reads with
    must be no other's.
    """

    def __init__(self, rows_of: Callable[[Sequence[UnitId]], Sequence[OnboardRow]]) -> None:
        """Start nothing yet."""
        self._rows_of = rows_of
        self._worker = ThreadPoolExecutor(1, "rows-ahead")
        self._begun: tuple[Sequence[OutboxRow], Future[Sequence[OnboardRow]]] | None = None

    def begin(self, waiting: Sequence[OutboxRow]) -> None:
        """Begin to make the rows of these units, as they wait now. Only once those before were asked for."""
        self._begun = waiting, self._worker.submit(self._rows_of, [row.unit for row in waiting])

    def rows_of(self, waiting: Sequence[OutboxRow]) -> Sequence[OnboardRow]:
        """Return the units' rows; those that were made ahead only where all wait exactly as they did then.

        A unit that was built again, or of which anybody decided, waits since another time. Raises as the function that
        makes them, and never what went wrong with it earlier.
        """
        begun, self._begun = self._begun, None
        if begun is not None:
            waited, rows = begun
            failed = rows.exception()  # nothing is made by two
            if failed is None and waited == waiting:
                return rows.result()
        return self._rows_of([row.unit for row in waiting])

    def end(self) -> None:
        """Return when nothing is made any more. Safe to repeat; nothing may be begun afterwards."""
        self._worker.shutdown()
