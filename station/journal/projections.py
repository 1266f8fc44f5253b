"""What follows from an event: the tables that screens, uniqueness and the outbox read.

:func:`apply` runs inside the event's own transaction, so a projection can never differ from the events. It refuses
(raises a fault, and the event is not written) what must not be true: the same IMEI on two boards, a finished
unit built again without a declared rework, two active certificates for a device.
"""

import json
from datetime import datetime
from typing import Final, assert_never

import apsw

from station.domain import events as e
from station.domain.ids import AttemptId, BatchId, UnitId, UploadId
from station.domain.line import CloudState
from station.journal.codec import Entry, microseconds
from station.journal.faults import BATCH_CLOSED, BATCH_DIFFERS, INCONSISTENT
from station.journal.project_certificates import intend, issue, supersede
from station.journal.project_checks import bring_due, check
from station.journal.project_deletions import intend_deletion, take_deletion
from station.journal.project_reworks import declare_rework, doubt_withdrawn, require_deletable, withdraw_rework
from station.journal.project_units import close_attempt, identify, learn_uuid, overwrite

_LISTED: Final = "IN (SELECT value FROM json_each(?))"

Keys = tuple[BatchId | None, AttemptId | None, UnitId | None]


def apply(db: apsw.Connection, entry: Entry) -> Keys:
    """Bring every table up to date with ``entry``; return the batch, attempt and unit it is to be found under."""
    event, seq = entry.event, entry.seq
    match event:
        case e.StepIntended() | e.StepFinished():  # most entries are: what each unit has comes first
            # A slot that hung and came back after its attempt was closed elsewhere writes nothing more about it.
            open_at = "SELECT 1 FROM attempt WHERE id = ? AND outcome IS NULL"
            if db.execute(open_at, (event.attempt,)).get is None:
                raise INCONSISTENT.fault(f"attempt {event.attempt}", why="a step of an attempt that has ended")
            return None, event.attempt, None
        case e.AttemptOpened():
            if db.execute("SELECT state FROM batch WHERE id = ?", (event.batch,)).get == "closed":
                raise BATCH_CLOSED.fault(batch=event.batch)
            db.execute(
                "INSERT INTO attempt(id, batch, slot, recipe, serial, opened_us) VALUES(?,?,?,?,?,?)",
                (seq, event.batch, event.slot, event.recipe, event.serial, microseconds(entry.at)),
            )
            return event.batch, AttemptId(seq), None
        case e.UnitIdentified():
            unit = identify(db, event, UnitId(seq))
            return None, event.attempt, unit
        case e.CertificateIntended():
            return None, None, intend(db, event, seq)
        case e.CertificateIssued():
            return None, None, issue(db, event, seq)
        case e.AttemptClosed():
            return None, event.attempt, close_attempt(db, event, microseconds(entry.at))
        case (
            e.SessionOpened()
            | e.SessionClosed()
            | e.UploadDecided()
            | e.ReworkDeclared()
            | e.ReworkWithdrawn()
            | e.CredentialDeletionIntended()
            | e.CredentialDeleted()
            | e.UnclaimIntended()
            | e.Unclaimed()
            | e.CloudDeletionIntended()
            | e.CloudDeleted()
            | e.FinalChecked()
            | e.Restored()
            | e.KeyLost()
        ):
            return _apply_plain(db, entry)
        case (
            e.SettingsReleased() | e.SettingsSaved() | e.AuthorityIntended() | e.AuthorityCreated() | e.ExportIntended()
        ):
            return None, None, None
        case e.DevelopmentKeyIntended() | e.DevelopmentKeyMade() | e.ClaimRuleIntended() | e.ClaimRuleMade():
            return None, None, None
        case e.SignedIn() | e.SignInRefused() | e.SignedOut() | e.PersonChanged() | e.ActionRefused() | e.Exported():
            return None, None, None
        case e.CheckpointMade():
            db.execute("INSERT INTO checkpoint VALUES(?,?,?)", (event.size, seq, event.note))
            return None, None, None
        case e.Context():
            sql = "INSERT INTO context VALUES(?,?,?) ON CONFLICT DO NOTHING"
            db.execute(sql, (event.sha256, seq, event.about))
            return None, None, None
        case e.ClockCorrected():
            db.execute("INSERT INTO corrected VALUES(?,?)", (event.first, event.last))
            db.execute(
                "UPDATE latest SET at_us = (SELECT coalesce(max(at_us), 0) FROM event WHERE NOT EXISTS "
                "(SELECT 1 FROM corrected WHERE seq BETWEEN first AND last))"
            )
            return None, None, None
        case e.AccountConfirmed():
            db.execute("REPLACE INTO account VALUES(?,?,?,?)", (event.base_url, event.team_id, event.team_name, seq))
            return None, None, None
        case e.BatchArmed():
            _arm(db, entry, event)
            return event.batch, None, None
        case e.BatchClosed():
            db.execute("UPDATE batch SET state = 'closed', closed = ? WHERE id = ?", (seq, event.batch))
            return event.batch, None, None
        case e.UuidLearnt():
            return None, event.attempt, learn_uuid(db, event)
        case e.CertificateSuperseded():
            return None, event.attempt, supersede(db, event)
        case e.UnitOverwritten():
            return None, event.attempt, overwrite(db, event)
        case e.SlotLatched():
            db.execute("REPLACE INTO slot VALUES(?,?,?)", (event.slot, seq, event.fault.code))
            return None, event.attempt, None
        case e.SlotAcknowledged():
            db.execute("DELETE FROM slot WHERE number = ?", (event.slot,))
            return None, None, None
        case (
            e.UploadPrepared()
            | e.UploadSending()
            | e.UploadPutOff()
            | e.UploadAccepted()
            | e.UploadUnclear()
            | e.UploadSettled()
        ):
            _apply_upload(db, entry, event)
            return None, None, None
        case _:
            assert_never(event)


def advance_clock(db: apsw.Connection, at_us: int) -> None:
    """Remember the latest time of any entry; a correction may take it back (see :class:`ClockCorrected`)."""
    db.execute("INSERT INTO latest VALUES(1,?) ON CONFLICT DO UPDATE SET at_us = max(at_us, excluded.at_us)", (at_us,))


def _apply_plain(db: apsw.Connection, entry: Entry) -> Keys:
    event = entry.event
    match event:
        case e.KeyLost():
            return None, event.attempt, None
        case e.ReworkDeclared():
            declare_rework(db, event)
            return None, None, event.unit
        case e.ReworkWithdrawn():
            withdraw_rework(db, event)
            return None, None, event.unit
        case e.CredentialDeletionIntended():
            require_deletable(db, event)
            return None, None, event.unit
        case e.CredentialDeleted() | e.UnclaimIntended():
            return None, None, event.unit
        case e.Unclaimed():
            _unclaim(db, event, microseconds(entry.at))
            return None, None, event.unit
        case e.CloudDeletionIntended():
            intend_deletion(db, event, microseconds(entry.at))
            return None, None, event.unit
        case e.CloudDeleted():
            take_deletion(db, event, microseconds(entry.at))
            return None, None, event.unit
        case e.FinalChecked():
            check(db, event, microseconds(entry.at))
            return None, None, event.unit
        case e.Restored():
            doubt_withdrawn(db)
            return None, None, None
        case e.UploadDecided():
            _decide(db, event, microseconds(entry.at))
            return None, None, event.unit
        case _:
            return None, None, None


def _arm(db: apsw.Connection, entry: Entry, event: e.BatchArmed) -> None:
    row = db.execute("SELECT product, recipe, state FROM batch WHERE id = ?", (event.batch,)).fetchone()
    if row is None:
        db.execute(
            "INSERT INTO batch VALUES(?,?,?,?,?,'armed',?,NULL)",
            (event.batch, event.product, event.recipe, event.fixture, event.quantity, entry.seq),
        )
        return
    product, recipe, state = row
    if state == "closed":
        raise BATCH_CLOSED.fault(batch=event.batch)
    if (product, recipe) != (event.product, event.recipe):
        what = "product" if product != event.product else "recipe (its file or an image has changed)"
        raise BATCH_DIFFERS.fault(f"{recipe} then, {event.recipe} now", batch=event.batch, what=what)
    db.execute("UPDATE batch SET quantity = ?, fixture = ? WHERE id = ?", (event.quantity, event.fixture, event.batch))


UploadEvent = e.UploadPrepared | e.UploadSending | e.UploadPutOff | e.UploadAccepted | e.UploadUnclear | e.UploadSettled


def _apply_upload(db: apsw.Connection, entry: Entry, event: UploadEvent) -> None:
    now = microseconds(entry.at)
    upload = entry.seq if isinstance(event, e.UploadPrepared) else event.upload
    db.execute("INSERT INTO upload_event VALUES(?,?)", (upload, entry.seq))
    match event:
        case e.UploadPrepared():
            units, into = json.dumps(event.units), (CloudState.SENDING, entry.seq, now)
            db.execute(
                f"UPDATE outbox SET state = ?, upload = ?, since_us = ? WHERE unit {_LISTED} AND state = ?",
                (*into, units, CloudState.WAITING),
            )
            if (moved := db.changes()) != len(event.units):
                said = f"{moved} of the units {units}"
                raise INCONSISTENT.fault(said, why="a unit that does not wait was put into an upload")
            db.execute(f"UPDATE unit SET cloud = ? WHERE id {_LISTED}", (CloudState.SENDING, units))
            db.execute("INSERT INTO upload_unit SELECT value, ? FROM json_each(?)", (entry.seq, units))
            db.execute(
                "INSERT INTO upload(id, state, body_sha256, units) VALUES(?,'prepared',?,?)",
                (entry.seq, event.body_sha256, units),
            )
        case e.UploadSending():
            db.execute(
                "UPDATE upload SET state='sending', tries=tries+1, absent=?, first_sent_us=coalesce(first_sent_us, ?) "
                "WHERE id=?",
                (json.dumps(event.absent), now, event.upload),
            )
        case e.UploadPutOff():
            until = microseconds(datetime.fromisoformat(event.until))
            db.execute(
                "UPDATE upload SET state='prepared', next_us=?, reason=? WHERE id=?",
                (until, event.reason, event.upload),
            )
        case e.UploadAccepted():
            db.execute(
                "UPDATE upload SET state='accepted', request_id=?, reason='' WHERE id=?",
                (event.request_id, event.upload),
            )
        case e.UploadUnclear():
            db.execute("UPDATE upload SET state='unclear', reason=? WHERE id=?", (event.reason, event.upload))
        case e.UploadSettled():
            for settled in event.rows:
                _settle_row(db, event.upload, settled, now)
            # While single rows alone are known, the others are still looked for. (The last condition picks the index.)
            db.execute(
                "UPDATE upload SET state='settled', reason='' WHERE id = :id "
                "AND NOT EXISTS "
                "(SELECT 1 FROM outbox WHERE upload = :id AND state = 'sending' AND state <> 'onboarded')",
                {"id": event.upload},
            )
        case _:
            assert_never(event)


def _decide(db: apsw.Connection, event: e.UploadDecided, now: int) -> None:
    """Take a person's decision. A unit whose upload is still under way stays joined to it, for its late answer."""
    awaited = db.execute(
        "SELECT upload.id FROM outbox JOIN upload ON upload.id = outbox.upload "
        "WHERE outbox.unit = ? AND upload.state <> 'settled'",
        (event.unit,),
    ).get
    _settle(db, event.unit, event.state, event.reason, now)
    if awaited is not None:
        db.execute("UPDATE outbox SET upload = ? WHERE unit = ?", (awaited, event.unit))


def _unclaim(db: apsw.Connection, event: e.Unclaimed, now: int) -> None:
    """Hold a unit that was claimed and no more; also where it waits for its rework to begin, or be withdrawn."""
    for table in ("outbox", "withdrawn") if event.gone else ():
        state = db.execute(f"SELECT state FROM {table} WHERE unit = ?", (event.unit,)).get
        if state == CloudState.CLAIMED:
            _settle(db, event.unit, CloudState.HELD, f"its claim was given up: {event.words}", now, table)


def _settle_row(db: apsw.Connection, upload: UploadId, row: e.RowSettled, now: int) -> None:
    """Take what became of a unit in ``upload``; see :class:`UploadSettled` for one that was decided in between."""
    for table in ("outbox", "withdrawn"):  # while a rework is declared, what was withdrawn for it is kept up to date
        which = f"SELECT state, reason FROM {table} WHERE unit = ? AND upload = ?"
        found = db.execute(which, (row.unit, upload)).fetchone()
        if found is not None:
            break
    else:
        return  # built again, or in a later body: that one's answer counts
    state, words = CloudState(str(found[0])), str(found[1])
    onboarded, there = CloudState.ONBOARDED, (CloudState.CLAIMED, CloudState.ONBOARDED)
    if state is CloudState.SENDING or row.state is onboarded or (row.state in there and state is not onboarded):
        _settle(db, row.unit, row.state, row.reason, now, table)
        return
    late = f"{words}; the cloud's late answer: {row.state}, {row.reason}"
    contradicted = state in there and row.state is CloudState.REFUSED
    _settle(db, row.unit, CloudState.UNKNOWN if contradicted else state, late, now, table)


def _settle(db: apsw.Connection, unit: UnitId, state: CloudState, reason: str, now: int, table: str = "outbox") -> None:
    db.execute(
        f"UPDATE {table} SET state = ?, reason = ?, since_us = ?, "
        "upload = CASE WHEN ? = 'waiting' THEN NULL ELSE upload END WHERE unit = ?",
        (state, reason, now, state, unit),
    )
    if table == "outbox":
        db.execute("UPDATE unit SET cloud = ? WHERE id = ?", (state, unit))
    if state is CloudState.ONBOARDED:
        bring_due(db, unit, now)
