"""Deletions from the cloud as the events make them: a unit is in doubt from the intent on, then what came of it."""

from typing import Final

import apsw

from station.domain import events as e
from station.domain.ids import UnitId
from station.domain.line import CloudState
from station.journal.faults import INCONSISTENT
from station.journal.project_checks import want_again

_ROW: Final = "unit, state, upload, reason, since_us"
_BEGUN: Final = "its deletion from the cloud was begun, and nobody knows what came of it"


def intend_deletion(db: apsw.Connection, event: e.CloudDeletionIntended, now_us: int) -> None:
    """Have nobody know how the unit stands with the cloud; where its rework is declared, nothing of it is sent."""
    if event.unit is None:
        return
    row = db.execute("SELECT device_id, rework, cloud FROM unit WHERE id = ?", (event.unit,)).fetchone()
    if row is None or row[0] != event.device_id:
        raise INCONSISTENT.fault(f"unit {event.unit}", why="another unit's device was about to be deleted")
    if row[2] == CloudState.SENDING:
        raise INCONSISTENT.fault(f"unit {event.unit}", why="a device was about to be deleted while it is sent")
    if row[1]:  # an onboarded one stayed in the outbox: there a person might have its old certificate sent again
        _move(db, event.unit, "outbox", "withdrawn", CloudState.NONE)
    _stand(db, event.unit, CloudState.UNKNOWN, _BEGUN, now_us)


def take_deletion(db: apsw.Connection, event: e.CloudDeleted, now_us: int) -> None:
    """Give the unit the state that the deletion left it in; where the device may be gone, it is checked anew."""
    if event.unit is None:
        return
    _stand(db, event.unit, event.state, event.words, now_us)
    if event.state is CloudState.ONBOARDED:  # nothing was done: it is where it was before
        _move(db, event.unit, "withdrawn", "outbox", CloudState.ONBOARDED)
    elif event.gone or event.state is CloudState.UNKNOWN:
        want_again(db, event.unit, now_us)


def _stand(db: apsw.Connection, unit: UnitId, state: CloudState, reason: str, now_us: int) -> None:
    for table in ("outbox", "withdrawn"):
        sql = f"UPDATE {table} SET state = ?, reason = ?, since_us = ? WHERE unit = ? RETURNING unit"
        found = db.execute(sql, (state, reason, now_us, unit)).fetchall()
        if found and table == "outbox":
            db.execute("UPDATE unit SET cloud = ? WHERE id = ?", (state, unit))


def _move(db: apsw.Connection, unit: UnitId, source: str, to: str, cloud: CloudState) -> None:
    moved = db.execute(f"INSERT INTO {to}({_ROW}) SELECT {_ROW} FROM {source} WHERE unit = ? RETURNING unit", (unit,))
    if moved.fetchall():
        db.execute(f"DELETE FROM {source} WHERE unit = ?", (unit,))
        db.execute("UPDATE unit SET cloud = ? WHERE id = ?", (cloud, unit))
