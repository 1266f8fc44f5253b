"""Certificates as the events make them: one active a device, one device a public key."""

from typing import Any, Final

import apsw

from station.domain import events as e
from station.domain.ids import EventSeq, UnitId
from station.domain.line import Outcome
from station.journal.faults import ACTIVE_CERTIFICATE, FINISHED_CERTIFICATE, INCONSISTENT, KEY_OF_ANOTHER
from station.journal.project_units import unit_of

# One question each: every unit asks them.
_AROUND_INTENT: Final = (
    "SELECT (SELECT device_id FROM certificate WHERE spki = ?), "
    "EXISTS (SELECT 1 FROM certificate WHERE device_id = ? AND state = 'active'), "
    "(SELECT id FROM unit WHERE device_id = ?)"
)
_AROUND_ISSUE: Final = (
    "SELECT device_id, state, "
    "EXISTS (SELECT 1 FROM certificate AS other WHERE other.device_id = one.device_id AND other.state = 'active'), "
    "(SELECT id FROM unit WHERE unit.device_id = one.device_id) FROM certificate AS one WHERE serial = ?"
)


def intend(db: apsw.Connection, event: e.CertificateIntended, seq: EventSeq) -> UnitId | None:
    """Reserve the serial number for this device and key."""
    around: Any = db.execute(_AROUND_INTENT, (event.spki_sha256, event.device_id, event.device_id)).fetchone()
    other, active, unit = around
    if other is not None:
        raise KEY_OF_ANOTHER.fault(f"key {event.spki_sha256} of {other}")
    if active:
        raise ACTIVE_CERTIFICATE.fault(device_id=event.device_id)
    db.execute(
        "INSERT INTO certificate VALUES(?,?,?,?,?,'intended',?,NULL)",
        (event.serial, event.device_id, event.spki_sha256, event.issuer, event.profile, seq),
    )
    return None if unit is None else UnitId(unit)


def issue(db: apsw.Connection, event: e.CertificateIssued, seq: EventSeq) -> UnitId | None:
    """Make the intended certificate the device's active one."""
    row: Any = db.execute(_AROUND_ISSUE, (event.serial,)).fetchone()
    if row is None or row[1] != "intended":
        raise INCONSISTENT.fault(f"certificate {event.serial}: {row}", why="a certificate was issued without intent")
    device, _, active, unit = row
    if active:
        raise ACTIVE_CERTIFICATE.fault(device_id=device)
    db.execute("UPDATE certificate SET state = 'active', issued = ? WHERE serial = ?", (seq, event.serial))
    return None if unit is None else UnitId(unit)


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
