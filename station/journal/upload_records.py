"""The part of :class:`station.journal.records.Records` that is about the outbox: what waits, and what is under way."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import apsw
from pydantic_core import from_json

from station.domain.events import UploadSending
from station.domain.ids import DeviceId, Sha256, UnitId, UploadId
from station.domain.line import CloudState
from station.journal.codec import Entry, decode, microseconds
from station.journal.faults import DAMAGED
from station.journal.rows import OutboxRow, UploadRow
from station.journal.spans import time_of
from station.journal.tallying import count_outbox, oldest_in

_UPLOAD: Final = "id, state, body_sha256, units, absent, request_id, tries, first_sent_us, next_us, reason"


class UploadRecords:
    """Questions about the outbox and its uploads. No method changes anything; every one may be repeated."""

    _db: apsw.Connection
    _path: Path

    def outbox(
        self, *states: CloudState, unit: UnitId | None = None, after: OutboxRow | None = None, limit: int = 1_000_000
    ) -> list[OutboxRow]:
        """Return the outbox in these states (all when none is named), longest waiting first; ``after`` a row of it."""
        terms, values = [f"state IN ({','.join('?' * len(states))})"] if states else [], list[object](states)
        if states and CloudState.ONBOARDED not in states:
            terms.append("state <> 'onboarded'")  # picks the index: all but a few have come to this end
        if unit is not None:
            terms, values = [*terms, "outbox.unit = ?"], [*values, unit]
        if after is not None:
            terms, values = [*terms, "(since_us, unit.id) > (?, ?)"], [*values, microseconds(after.since), after.unit]
        sql = (
            "SELECT outbox.unit, device_id, state, upload, reason, since_us FROM outbox JOIN unit ON "
            f"{' AND '.join(['unit.id = outbox.unit', *terms])} ORDER BY since_us, outbox.unit LIMIT ?"
        )
        bound: Any = (*values, limit)
        rows: Any = self._db.execute(sql, bound)
        return [
            OutboxRow(unit, device, CloudState(state), upload, reason, time_of(since))
            for unit, device, state, upload, reason, since in rows
        ]

    def outbox_counts(self) -> dict[CloudState, int]:
        """Return how many units the outbox holds in each state; those that hold none are left out."""
        return count_outbox(self._db)

    def requests_of_others(self, upload: UploadId) -> list[str]:
        """Return the request IDs that belong to other uploads than this one."""
        sql = "SELECT request_id FROM upload WHERE request_id IS NOT NULL AND id <> ?"
        rows: Any = self._db.execute(sql, (upload,))
        return [request for (request,) in rows]

    def open_uploads(self) -> list[UploadRow]:
        """Return the uploads that are not settled, oldest first."""
        rows: Any = self._db.execute(f"SELECT {_UPLOAD} FROM upload WHERE state <> 'settled' ORDER BY id")
        return [_upload(row) for row in rows]

    def last_sending(self, upload: UploadId) -> Entry | None:
        """Return the entry with which the upload was sent last, None before it ever was."""
        sql = (
            "SELECT leaf FROM upload_event JOIN event USING (seq) WHERE upload = ? AND kind = ? "
            "ORDER BY seq DESC LIMIT 1"
        )
        leaf: Any = self._db.execute(sql, (upload, UploadSending.kind)).get
        return None if leaf is None else decode(leaf)

    def withdrawn_state(self, unit: UnitId) -> CloudState | None:
        """Return how the unit stood with the cloud when its rework, not begun yet, was declared; None if in no way."""
        state: Any = self._db.execute("SELECT state FROM withdrawn WHERE unit = ?", (unit,)).get
        return None if state is None else CloudState(state)

    def upload(self, upload: UploadId) -> UploadRow | None:
        """Return one upload."""
        row: Any = self._db.execute(f"SELECT {_UPLOAD} FROM upload WHERE id = ?", (upload,)).fetchone()
        return None if row is None else _upload(row)

    def body(self, name: Sha256) -> bytes:
        """Return a stored body; raises JRN-103 when it is not there or not what its name says."""
        data: Any = self._db.execute("SELECT data FROM body WHERE sha256 = ?", (name,)).get
        if data is None:
            raise DAMAGED.fault(f"no body {name}", path=self._path, why="an upload's body is missing")
        return bytes(data)

    def oldest(self, *states: CloudState) -> datetime | None:
        """Return since when the unit is in one of these states that is longest; None where none is."""
        return oldest_in(self._db, *states)

    def holds(self, state: CloudState) -> bool:
        """Return whether a unit is in this state, of those that come to an end: not onboarded ones."""
        sql = "SELECT 1 FROM outbox WHERE state = ? AND state <> 'onboarded' LIMIT 1"
        return self._db.execute(sql, (state,)).get is not None

    def undecided(self, upload: UploadRow) -> list[UnitId]:
        """Return the upload's units of which neither cloud nor person has said anything yet, in its order."""
        sql = (
            "SELECT unit FROM json_each(?) AS one JOIN outbox ON outbox.unit = one.value "
            "WHERE upload = ? AND state = ? ORDER BY one.id"
        )
        rows: Any = self._db.execute(sql, (json.dumps(upload.units), upload.id, CloudState.SENDING))
        return [UnitId(unit) for (unit,) in rows]

    def built_again(self, units: Sequence[UnitId]) -> frozenset[UnitId]:
        """Return those of the units that had more than one attempt."""
        sql = "SELECT id FROM unit WHERE attempts > 1 AND id IN (SELECT value FROM json_each(?))"
        rows: Any = self._db.execute(sql, (json.dumps(units),))
        return frozenset(UnitId(unit) for (unit,) in rows)

    def devices_of(self, units: Sequence[UnitId]) -> list[tuple[UnitId, DeviceId]]:
        """Return the units with their device IDs, in this order; without those that nobody knows."""
        sql = "SELECT unit.id, device_id FROM json_each(?) AS one JOIN unit ON unit.id = one.value ORDER BY one.id"
        rows: Any = self._db.execute(sql, (json.dumps(units),))
        return [(UnitId(unit), DeviceId(device)) for unit, device in rows]


def _upload(row: tuple[Any, ...]) -> UploadRow:
    return UploadRow(
        id=row[0],
        state=row[1],
        body_sha256=row[2],
        units=tuple(from_json(row[3])),
        absent=frozenset(from_json(row[4])),
        request_id=row[5],
        tries=row[6],
        first_sent=None if row[7] is None else time_of(row[7]),
        not_before=None if row[8] is None else time_of(row[8]),
        reason=row[9],
    )
