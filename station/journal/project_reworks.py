"""Reworks as the events make them: a declared one takes its unit from the outbox, a withdrawn one puts it back."""

from typing import Final

import apsw

from station.domain import events as e
from station.domain.line import CloudState, Outcome
from station.journal.faults import (
    BUSY_ELSEWHERE,
    CREDENTIALS_STAY,
    CREDENTIALS_TOUCHED,
    INCONSISTENT,
    NO_REWORK,
    REWORK_BEGUN,
    UPLOADING,
)

_ROW: Final = "unit, state, upload, reason, since_us"
_DOUBT: Final = "restored from a backup: the PC before may have had it sent since then"


def declare_rework(db: apsw.Connection, event: e.ReworkDeclared) -> None:
    """Allow one more attempt at the unit; refuse while one runs or an upload of it is under way."""
    row = db.execute("SELECT device_id, open_attempt, cloud FROM unit WHERE id = ?", (event.unit,)).fetchone()
    if row is None:
        raise INCONSISTENT.fault(f"unit {event.unit}", why="a rework of a unit that does not exist was declared")
    if row[1] is not None:
        slot = db.execute("SELECT slot FROM attempt WHERE id = ?", (row[1],)).get
        raise BUSY_ELSEWHERE.fault(slot=slot)
    if row[2] == CloudState.SENDING:
        raise UPLOADING.fault(device_id=row[0])
    # What the cloud doesn't have yet is not sent any more, nor decided about: the unit gets another certificate.
    taken = f"SELECT {_ROW} FROM outbox WHERE unit = ? AND state <> ?"
    db.execute(f"INSERT INTO withdrawn({_ROW}) {taken}", (event.unit, CloudState.ONBOARDED))
    withdrawn = db.execute(
        "DELETE FROM outbox WHERE unit = ? AND state <> ? RETURNING unit", (event.unit, CloudState.ONBOARDED)
    ).fetchall()
    cloud = CloudState.NONE if withdrawn else row[2]
    db.execute("UPDATE unit SET rework = 1, cloud = ? WHERE id = ?", (cloud, event.unit))


def withdraw_rework(db: apsw.Connection, event: e.ReworkWithdrawn) -> None:
    """Have the unit be what it was before; refuse where no rework is declared, or where it has begun."""
    row = db.execute("SELECT device_id, rework, serial FROM unit WHERE id = ?", (event.unit,)).fetchone()
    if row is None:
        raise INCONSISTENT.fault(f"unit {event.unit}", why="a rework of a unit that does not exist was withdrawn")
    device_id, declared, serial = row
    since = _declared(db, event)
    slot = _slot_with(db, device_id, serial, since) if declared else _slot_of_rework(db, event, since)
    if slot is not None:
        raise REWORK_BEGUN.fault(device_id=device_id, slot=slot)
    if not declared:
        raise NO_REWORK.fault(device_id=device_id)
    touched = "SELECT 1 FROM event WHERE unit = ? AND kind = ? AND seq > ?"
    if db.execute(touched, (event.unit, e.CredentialDeletionIntended.kind, since)).get is not None:
        raise CREDENTIALS_TOUCHED.fault(device_id=device_id)
    back = db.execute(
        f"INSERT INTO outbox({_ROW}) SELECT {_ROW} FROM withdrawn WHERE unit = ? RETURNING state", (event.unit,)
    )
    state = back.get
    db.execute("UPDATE unit SET rework = 0, cloud = coalesce(?, cloud) WHERE id = ?", (state, event.unit))
    forget_withdrawn(db, event.unit)


def require_deletable(db: apsw.Connection, event: e.CredentialDeletionIntended) -> None:
    """Refuse to have a credential deleted that a finished unit holds, or one that is being built."""
    row = db.execute("SELECT id, device_id, outcome, rework FROM unit WHERE imei = ?", (event.imei,)).fetchone()
    if (row[0] if row is not None else None) != event.unit:
        raise INCONSISTENT.fault(f"IMEI {event.imei}", why="a credential of another unit was about to be deleted")
    if row is not None and not row[3] and row[2] in (None, Outcome.PASSED, Outcome.QUARANTINED):
        raise CREDENTIALS_STAY.fault(device_id=row[1], state=row[2] or "being built")


def forget_withdrawn(db: apsw.Connection, unit: int) -> None:
    """Keep nothing of what a declared rework took out of the outbox: it has begun, or the row is back."""
    db.execute("DELETE FROM withdrawn WHERE unit = ?", (unit,))


def doubt_withdrawn(db: apsw.Connection) -> None:
    """Have nothing be sent blindly that waited when its rework was declared: a backup ends before what came then."""
    doubted = (CloudState.UNKNOWN, _DOUBT, CloudState.WAITING)
    db.execute("UPDATE withdrawn SET state = ?, reason = ? WHERE state = ?", doubted)


def _declared(db: apsw.Connection, event: e.ReworkWithdrawn) -> int:
    """Return the place of the declaration that would be withdrawn; 0 where there was none since the last withdrawal."""
    last = "SELECT max(seq) FROM event WHERE unit = ?1 AND kind = ?2"
    declared = db.execute(last, (event.unit, e.ReworkDeclared.kind)).get or 0
    withdrawn = db.execute(last, (event.unit, e.ReworkWithdrawn.kind)).get or 0
    return int(declared) if declared > withdrawn else 0


def _slot_with(db: apsw.Connection, device_id: object, serial: object, since: int) -> object:
    """Return the slot that has, or had since, a board with the unit's label that never said who it is; else None.

    A probe may have changed such a board before it was asked.
    """
    sql = (
        "SELECT slot FROM attempt WHERE unit IS NULL AND serial IN (?, ?) AND (outcome IS NULL OR id > ? AND EXISTS "
        "(SELECT 1 FROM event WHERE event.attempt = attempt.id AND event.kind = ?)) LIMIT 1"
    )
    return db.execute(sql, (device_id, serial, since, e.StepIntended.kind)).get


def _slot_of_rework(db: apsw.Connection, event: e.ReworkWithdrawn, since: int) -> object:
    """Return where the unit's last rework began; None where there was none, or it was withdrawn."""
    # By what it said of itself: its board may have been in the slot before the rework was declared.
    begun = (
        "SELECT attempt.slot FROM event JOIN attempt ON attempt.id = event.attempt "
        "WHERE event.unit = ? AND event.kind = ? AND event.seq > ? ORDER BY event.seq LIMIT 1"
    )
    return db.execute(begun, (event.unit, e.UnitIdentified.kind, since)).get if since else None
