"""The outbox as people look at it: what waits, since when, how often it was tried, what the cloud said. Read only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from station.domain.ids import BatchId, DeviceId, UnitId, UploadId
from station.domain.line import CloudState
from station.journal.database import open_for_reading
from station.journal.spans import time_of
from station.journal.tallying import count_outbox, oldest_in

MOST: Final = 2000
"""Rows that are shown at most: the longest waiting; of the onboarded, the newest."""
_MARKED: Final = (
    "FROM final_check JOIN outbox ON outbox.unit = final_check.unit AND outbox.state = 'onboarded' "
    "WHERE final_check.state IN ('refused', 'unsure') AND final_check.state <> 'passed'"
)


@dataclass(frozen=True, slots=True)
class QueuedUnit:
    """A unit in the outbox. ``upload_state`` is None before it was in a body; ``next_try`` where one is set."""

    unit: UnitId
    device_id: DeviceId
    batch: BatchId
    state: CloudState
    since: datetime
    reason: str
    upload: UploadId | None
    upload_state: str | None
    tries: int
    next_try: datetime | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """All counts by state, the oldest time among what is under way, and the rows of the states that were asked for.

    ``reworks`` counts units whose rework is declared and has not begun: they are not sent meanwhile. ``checks`` counts
    the onboarded ones whose final check was refused, or could not be told; of the onboarded, they come first.
    """

    counts: dict[CloudState, int]
    oldest: datetime | None
    rows: tuple[QueuedUnit, ...]
    reworks: int = 0
    checks: int = 0


@dataclass(frozen=True, slots=True)
class DeclaredRework:
    """A unit that may be built once more, and has not been: until then, or until that is withdrawn, it is not sent."""

    unit: UnitId
    device_id: DeviceId
    declared: datetime


class UploadQueue:
    """Questions to a read-only connection of its own. For one thread."""

    def __init__(self, folder: Path) -> None:
        self._db = open_for_reading(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def read(self, states: Collection[CloudState]) -> Queue:
        """Return the queue as it is now, with at most :data:`MOST` rows of ``states``. Looks only."""
        reworks: Any = self._db.execute("SELECT count(*) FROM unit WHERE rework = 1").get
        checks: Any = self._db.execute(f"SELECT count(*) {_MARKED}").get
        oldest = oldest_in(self._db, CloudState.WAITING, CloudState.SENDING)
        return Queue(self.counts(), oldest, self._rows(states), int(reworks), int(checks))

    def counts(self) -> dict[CloudState, int]:
        """Return how many units are in each state; those that hold none are left out."""
        return count_outbox(self._db)

    def declared_reworks(self) -> tuple[DeclaredRework, ...]:
        """Return the reworks that are declared and have not begun, the oldest first. Looks only."""
        rows: Any = self._db.execute(
            "SELECT unit.id, unit.device_id, max(event.seq), event.at_us FROM unit "
            "JOIN event ON event.unit = unit.id AND event.kind = 'rework-declared' "
            "WHERE unit.rework = 1 GROUP BY unit.id ORDER BY 3 LIMIT ?",
            (MOST,),
        )
        return tuple(DeclaredRework(UnitId(unit), device, time_of(at)) for unit, device, _, at in rows)

    def _rows(self, states: Collection[CloudState]) -> tuple[QueuedUnit, ...]:
        chosen = sorted(one.value for one in states if one is not CloudState.ONBOARDED)
        marks = ",".join("?" * len(chosen))
        found: list[Any] = []
        if chosen:
            found += self._db.execute(
                f"SELECT unit, state, since_us, reason, upload FROM outbox WHERE state IN ({marks}) "
                "AND state <> 'onboarded' ORDER BY since_us, unit LIMIT ?",
                (*chosen, MOST),
            )
        if CloudState.ONBOARDED in states:
            marked: list[Any] = list(
                self._db.execute(
                    "SELECT outbox.unit, outbox.state, since_us, 'final check: ' || words, upload "
                    f"{_MARKED} ORDER BY final_check.state, outbox.unit LIMIT ?",
                    (MOST,),
                )
            )
            found += marked
            first = {row[0] for row in marked}
            newest: Any = self._db.execute(
                "SELECT unit, state, since_us, reason, upload FROM outbox WHERE state = 'onboarded' "
                "ORDER BY unit DESC LIMIT ?",
                (MOST,),
            )
            found += [row for row in newest if row[0] not in first]
        return tuple(self._row(*row) for row in found[:MOST])

    def _row(self, unit: int, state: str, since: int, reason: str, upload: int | None) -> QueuedUnit:
        known: Any = self._db.execute("SELECT device_id, batch FROM unit WHERE id = ?", (unit,)).fetchone()
        sent: Any = None
        if upload is not None:
            sql = "SELECT state, tries, next_us, request_id, reason FROM upload WHERE id = ?"
            sent = self._db.execute(sql, (upload,)).fetchone()
        under_way, tries, next_us, request, said = sent or (None, 0, None, None, "")
        return QueuedUnit(
            unit=UnitId(unit),
            device_id=known[0],
            batch=known[1],
            state=CloudState(state),
            since=time_of(since),
            reason=reason or said,
            upload=None if upload is None else UploadId(upload),
            upload_state=under_way,
            tries=tries,
            next_try=None if next_us is None or under_way != "prepared" else time_of(next_us),
            request_id=request,
        )
