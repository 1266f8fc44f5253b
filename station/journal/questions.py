"""Questions that somebody may stop waiting for, asked of a journal that others write meanwhile."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import apsw

from station.domain.faults import Cancelled
from station.journal.database import open_for_reading

_STEPS: Final = 200_000
"""SQLite's own steps between two looks whether the answer is still wanted: some ten milliseconds."""


class Questions:
    """A read-only connection of its own. For one thread, but ``wanted``, which any may change.

    Once ``wanted`` says no, what is under way soon ends with ``Cancelled``.
    """

    def __init__(self, folder: Path, wanted: Callable[[], bool] = lambda: True) -> None:
        """Raises JRN-106 where there is no journal, JRN-10x where it can't be read."""
        self._db = open_for_reading(folder)
        self._db.set_progress_handler(lambda: not wanted(), _STEPS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def _rows(self, sql: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        bound: Any = values
        try:
            rows: Any = self._db.execute(sql, bound).fetchall()
        except apsw.InterruptError:
            raise Cancelled from None
        return list(rows)
