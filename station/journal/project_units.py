"""Units and attempts as the events make them."""

import apsw

from station.domain import events as e
from station.domain.ids import UnitId
from station.domain.line import CloudState, Outcome
from station.journal.faults import (
    ALREADY_PASSED,
    BUSY_ELSEWHERE,
    INCONSISTENT,
    OTHER_BOARD,
    QUARANTINED,
    TWO_BOARDS,
)
from station.journal.project_checks import want_check
from station.journal.project_reworks import forget_withdrawn

_COLUMNS = "id, device_id, imei, uuid, serial, outcome, rework, open_attempt"


def identify(db: apsw.Connection, event: e.UnitIdentified, new: UnitId) -> UnitId:
    """Join the attempt to the board it is at, known or new; refuse a board that must not be touched now."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM unit WHERE imei = ? OR uuid = ? OR serial = ? OR device_id = ?",
        (event.imei, event.uuid, event.serial, event.device_id),
    ).fetchall()
    if len(rows) > 1:
        raise TWO_BOARDS.fault(f"units {[row[0] for row in rows]}", which=", ".join(str(row[1]) for row in rows))
    attempt = db.execute("SELECT batch, unit, outcome FROM attempt WHERE id = ?", (event.attempt,)).fetchone()
    if attempt is None or attempt[1] is not None or attempt[2] is not None:
        raise INCONSISTENT.fault(f"attempt {event.attempt}: {attempt}", why="an attempt can't be identified now")
    batch = attempt[0]
    if rows:
        unit = UnitId(int(rows[0][0] or 0))
        _require_same_board(event, rows[0])
        _require_free(db, event, rows[0])
        db.execute(
            "UPDATE unit SET batch = ?, device_id = ?, uuid = coalesce(uuid, ?), serial = coalesce(serial, ?), "
            "outcome = NULL, fault = NULL, attempts = attempts + 1, open_attempt = ?, last_attempt = ?, rework = 0 "
            "WHERE id = ?",
            (batch, event.device_id, event.uuid, event.serial, event.attempt, event.attempt, unit),
        )
        forget_withdrawn(db, unit)
    else:
        unit = new
        db.execute(
            "INSERT INTO unit(id, batch, device_id, imei, uuid, serial, attempts, open_attempt, last_attempt) "
            "VALUES(?,?,?,?,?,?,1,?,?)",
            (unit, batch, event.device_id, event.imei, event.uuid, event.serial, event.attempt, event.attempt),
        )
    db.execute(
        "UPDATE attempt SET unit = ?, adopts = ?, number = (SELECT attempts FROM unit WHERE id = ?) WHERE id = ?",
        (unit, event.adopts, unit, event.attempt),
    )
    return unit


def _require_same_board(event: e.UnitIdentified, row: tuple[object, ...]) -> None:
    _, device_id, imei, uuid, serial, _, _, _ = row
    for what, here, known in (
        ("IMEI", event.imei, imei),
        ("UUID", event.uuid, uuid),
        ("serial number", event.serial, serial),
    ):
        if here is not None and known is not None and here != known:
            found_by = next(
                name
                for name, mine, theirs in (
                    ("IMEI", event.imei, imei),
                    ("UUID", event.uuid, uuid),
                    ("serial number", event.serial, serial),
                    ("device ID", event.device_id, device_id),
                )
                if mine is not None and mine == theirs
            )
            value = {"IMEI": imei, "UUID": uuid, "serial number": serial, "device ID": device_id}[found_by]
            raise OTHER_BOARD.fault(f"{what} {here} here, {known} there", what=found_by, value=value, other=device_id)


def _require_free(db: apsw.Connection, event: e.UnitIdentified, row: tuple[object, ...]) -> None:
    _, device_id, _, _, _, outcome, rework, open_attempt = row
    if open_attempt is not None and open_attempt != event.attempt:
        slot = db.execute("SELECT slot FROM attempt WHERE id = ?", (open_attempt,)).get
        raise BUSY_ELSEWHERE.fault(f"attempt {open_attempt}", slot=slot)
    if rework:
        return
    if outcome == Outcome.PASSED:
        raise ALREADY_PASSED.fault(device_id=device_id)
    if outcome == Outcome.QUARANTINED:
        raise QUARANTINED.fault(device_id=device_id)


def learn_uuid(db: apsw.Connection, event: e.UuidLearnt) -> UnitId:
    """Give the attempt's unit the UUID its key generation told; refuse one that is another board's."""
    unit = unit_of(db, event.attempt)
    other = db.execute("SELECT device_id FROM unit WHERE uuid = ? AND id <> ?", (event.uuid, unit)).get
    if other is not None:
        raise OTHER_BOARD.fault(what="UUID", value=event.uuid, other=other)
    known = db.execute("SELECT uuid, device_id FROM unit WHERE id = ?", (unit,)).fetchone()
    if known is not None and known[0] not in (None, event.uuid):
        raise OTHER_BOARD.fault(f"{event.uuid} here, {known[0]} there", what="UUID", value=known[0], other=known[1])
    db.execute("UPDATE unit SET uuid = ? WHERE id = ?", (event.uuid, unit))
    return unit


def unit_of(db: apsw.Connection, attempt: int) -> UnitId:
    """Return the unit that the attempt is at; raises JRN-108 before it was identified."""
    unit = db.execute("SELECT unit FROM attempt WHERE id = ?", (attempt,)).get
    if unit is None:
        raise INCONSISTENT.fault(f"attempt {attempt}", why="a board that nobody identified was written about")
    return UnitId(unit)


def close_attempt(db: apsw.Connection, event: e.AttemptClosed, now_us: int) -> UnitId | None:
    """End the attempt and give its unit the outcome; a passed one that is meant for the cloud enters the outbox."""
    code = event.fault.code if event.fault else None
    row = db.execute(
        "UPDATE attempt SET outcome = ?, fault = ?, orphan = ?, closed_us = ? WHERE id = ? AND outcome IS NULL "
        "RETURNING unit",
        (event.outcome, code, event.orphan, now_us, event.attempt),
    ).fetchone()
    if row is None:
        raise INCONSISTENT.fault(f"attempt {event.attempt}", why="an attempt was closed twice")
    if row[0] is None:
        if event.outcome is Outcome.PASSED:
            raise INCONSISTENT.fault(f"attempt {event.attempt}", why="a board that nobody identified passed")
        return None
    unit = UnitId(row[0])
    # A fault of the station and a person's stop say nothing about the board: they are no first result of it.
    counts, passed = event.outcome in (Outcome.PASSED, Outcome.FAILED), event.outcome is Outcome.PASSED
    waits = CloudState.WAITING if passed and event.for_cloud else None
    db.execute(
        "UPDATE unit SET outcome = ?, fault = ?, open_attempt = NULL, passed = CASE WHEN ? THEN ? ELSE passed END, "
        "first_outcome = CASE WHEN ? THEN coalesce(first_outcome, ?) ELSE first_outcome END, "
        "cloud = coalesce(?, cloud) WHERE id = ?",
        (event.outcome, code, passed, event.attempt, counts, event.outcome, waits, unit),
    )
    if event.outcome in (Outcome.FAILED, Outcome.ERROR):
        # A UUID that only a key's answer told may be a stranger's: it stays once a key made with it has passed.
        db.execute(
            "UPDATE unit SET uuid = NULL WHERE id = ? AND passed IS NULL "
            "AND EXISTS (SELECT 1 FROM event WHERE attempt = ? AND kind = ?)",
            (unit, event.attempt, e.UuidLearnt.kind),
        )
    if waits is not None:
        db.execute("REPLACE INTO outbox(unit, state, since_us) VALUES(?,?,?)", (unit, waits, now_us))
    want_check(db, event, unit, now_us)
    return unit


def overwrite(db: apsw.Connection, event: e.UnitOverwritten) -> UnitId:
    """Take a finished unit for unfinished: in quarantine, and held back from the cloud where nothing was sent yet."""
    db.execute(
        "UPDATE unit SET outcome = ?, fault = ? WHERE id = ?", (Outcome.QUARANTINED, event.fault.code, event.unit)
    )
    hold = "SET state = ?, reason = ? WHERE unit = ? AND state NOT IN (?, ?) RETURNING unit"
    how = (CloudState.HELD, event.fault.sentence, event.unit, CloudState.SENDING, CloudState.ONBOARDED)
    held = db.execute(f"UPDATE outbox {hold}", how).fetchall()
    db.execute(f"UPDATE withdrawn {hold}", how).fetchall()  # of a rework that may still be withdrawn
    if held:
        db.execute("UPDATE unit SET cloud = ? WHERE id = ?", (CloudState.HELD, event.unit))
    return event.unit
