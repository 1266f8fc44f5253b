"""A body's rows without a thread: for worlds in which all goes one after the other, on one reader."""

from collections.abc import Callable, Sequence

from station.cloud.protocol import OnboardRow
from station.domain.ids import UnitId
from station.journal.rows import OutboxRow


class RowsAtOnce:
    """Makes the rows of a body when they are asked for, and nothing ahead."""

    def __init__(self, rows_of: Callable[[Sequence[UnitId]], Sequence[OnboardRow]]) -> None:
        self._rows_of = rows_of

    def begin(self, waiting: Sequence[OutboxRow]) -> None:
        """Begin nothing."""

    def rows_of(self, waiting: Sequence[OutboxRow]) -> Sequence[OnboardRow]:
        """Return the units' rows."""
        return self._rows_of([row.unit for row in waiting])
