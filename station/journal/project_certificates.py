"""Certificates as the events make them: one active a device, one device a public key."""

import apsw

from station.domain import events as e
from station.domain.ids import EventSeq, UnitId
from station.domain.line import Outcome
from station.journal.faults import ACTIVE_CERTIFICATE, FINISHED_CERTIFICATE, INCONSISTENT, KEY_OF_ANOTHER
from station.journal.project_units import unit_of


def intend(db: apsw.Connection, event: e.CertificateIntended, seq: EventSeq) -> UnitId | None:
    """Reserve the serial number for this device and key."""
    other = db.execute("SELECT device_id FROM certificate WHERE spki = ?", (event.spki_sha256,)).get
    if other is not None:
        raise KEY_OF_ANOTHER.fault(f"key {event.spki_sha256} of {other}")
    _require_none_active(db, event.device_id)
    db.execute(
        "INSERT INTO certificate VALUES(?,?,?,?,?,'intended',?,NULL)",
        (event.serial, event.device_id, event.spki_sha256, event.issuer, event.profile, seq),
    )
    return _unit(db, event.device_id)


def issue(db: apsw.Connection, event: e.CertificateIssued, seq: EventSeq) -> UnitId | None:
    """Make the intended certificate the device's active one."""
    row = db.execute("SELECT device_id, state FROM certificate WHERE serial = ?", (event.serial,)).fetchone()
    if row is None or row[1] != "intended":
        raise INCONSISTENT.fault(f"certificate {event.serial}: {row}", why="a certificate was issued without intent")
    _require_none_active(db, row[0])
    db.execute("UPDATE certificate SET state = 'active', issued = ? WHERE serial = ?", (seq, event.serial))
    return _unit(db, row[0])


def supersede(db: apsw.Connection, event: e.CertificateSuperseded) -> UnitId:
    """End the certificate. A finished unit's stays until a rework has begun (then the unit is no longer passed)."""
    row = db.execute("SELECT device_id, state FROM certificate WHERE serial = ?", (event.serial,)).fetchone()
    if row is None or row[1] == "superseded":
        raise INCONSISTENT.fault(f"certificate {event.serial}: {row}", why="a certificate can't be superseded")
    unit = unit_of(db, event.attempt)
    finished = db.execute("SELECT outcome FROM unit WHERE device_id = ?", (row[0],)).get
    if finished == Outcome.PASSED:
        raise FINISHED_CERTIFICATE.fault(serial=event.serial)
    db.execute("UPDATE certificate SET state = 'superseded' WHERE serial = ?", (event.serial,))
    return unit


def _require_none_active(db: apsw.Connection, device_id: str) -> None:
    if db.execute("SELECT 1 FROM certificate WHERE device_id = ? AND state = 'active'", (device_id,)).get:
        raise ACTIVE_CERTIFICATE.fault(device_id=device_id)


def _unit(db: apsw.Connection, device_id: str) -> UnitId | None:
    unit = db.execute("SELECT id FROM unit WHERE device_id = ?", (device_id,)).get
    return None if unit is None else UnitId(unit)
