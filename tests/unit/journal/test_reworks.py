"""A declared rework that never begins is withdrawn: its unit is what it was, as is its way to the cloud."""

import gzip
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    FaultRecord,
    Restored,
    ReworkDeclared,
    ReworkWithdrawn,
    RowSettled,
    StepIntended,
    UnitOverwritten,
    UploadDecided,
    UploadPrepared,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)
from station.domain.faults import Refusal
from station.domain.ids import AttemptId, BoardSerial, EventSeq, SlotNumber, UnitId, UploadId
from station.domain.line import CloudState, Outcome, RepeatClass, StepKind
from station.host.files import sha256_of
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.journal.codec import Entry, encode, microseconds
from station.journal.database import FILE_NAME
from station.journal.journal import Journal
from station.journal.records import Records
from station.journal.rows import OutboxRow, UnitRow
from station.journal.upload_queue import UploadQueue
from tests.unit.journal.test_journal import BATCH, HASH, SetClock, arm, identified, opened, passed_unit

V2 = Path(__file__).with_name("formats") / "journal-v2.db.gz"
V2_ENTRIES = 74

WAITING, REFUSED, UNKNOWN = CloudState.WAITING, CloudState.REFUSED, CloudState.UNKNOWN
HELD, ONBOARDED, NONE = CloudState.HELD, CloudState.ONBOARDED, CloudState.NONE


class Desk:
    """A journal, what it says, and people's two events."""

    def __init__(self, folder: Path, journal: Journal, clock: SetClock) -> None:
        self.folder, self.journal, self.clock = folder, journal, clock

    def declare(self, unit: UnitId) -> None:
        self.clock.time += timedelta(hours=1)
        self.journal.commit(ReworkDeclared(unit=unit, operator="p2", reason="antenna", second="p3"))

    def withdraw(self, unit: UnitId) -> None:
        self.clock.time += timedelta(hours=1)
        self.journal.commit(ReworkWithdrawn(unit=unit, operator="p2", reason="sold as it is", second="p3"))

    def unit(self, unit: UnitId) -> UnitRow:
        with Records(self.folder) as records:
            row = records.unit(unit)
        assert row is not None
        return row

    def queued(self, unit: UnitId) -> OutboxRow | None:
        with Records(self.folder) as records:
            return next((row for row in records.outbox() if row.unit == unit), None)

    def send(self, *units: UnitId) -> UploadId:
        name = sha256_of(b"rows")
        (seq,) = self.journal.commit(
            UploadPrepared(units=units, body_sha256=name, body_bytes=4), bodies={name: b"rows"}
        )
        self.journal.commit(UploadSending(upload=UploadId(seq), absent=units))
        return UploadId(seq)

    def settle(self, upload: UploadId, unit: UnitId, state: CloudState, words: str = "its words") -> None:
        self.clock.time += timedelta(minutes=1)
        self.journal.commit(UploadSettled(upload=upload, rows=(RowSettled(unit, state, words),)))

    def refusal(self, unit: UnitId) -> Refusal:
        with pytest.raises(Refusal) as caught:
            self.withdraw(unit)
        return caught.value


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock, folder = SetClock(), tmp_path / "data"
    with Journal(folder, clock) as journal:
        journal.open_session({"station": "T1"}, "tester")
        journal.commit(arm())
        desk = Desk(folder, journal, clock)
        yield desk
    assert find_disagreement(folder) is None, "the tables follow from the entries"


def test_what_waited_waits_again_just_as_it_did(desk: Desk) -> None:
    unit, other = passed_unit(desk.journal, 1), passed_unit(desk.journal, 2)
    before, whole = desk.queued(unit), desk.unit(unit)
    desk.declare(unit)
    assert (desk.queued(unit), desk.unit(unit).cloud, desk.unit(unit).rework) == (None, NONE, True)
    desk.withdraw(unit)
    assert before is not None
    assert desk.queued(unit) == before
    assert desk.unit(unit) == whole
    assert desk.unit(other).cloud is WAITING


@pytest.mark.parametrize("state", [REFUSED, UNKNOWN])
def test_what_the_cloud_had_said_stands_as_it_was(desk: Desk, state: CloudState) -> None:
    unit = passed_unit(desk.journal)
    desk.settle(desk.send(unit), unit, state)
    before = desk.queued(unit)
    desk.declare(unit)
    desk.withdraw(unit)
    after = desk.queued(unit)
    assert after is not None
    assert after == before
    assert (after.state, after.reason, desk.unit(unit).cloud) == (state, "its words", state)


def test_what_a_line_lead_had_decided_stays_decided(desk: Desk) -> None:
    unit = passed_unit(desk.journal)
    desk.journal.commit(UploadDecided(unit=unit, state=HELD, operator="p2", reason="doubtful"))
    desk.declare(unit)
    desk.withdraw(unit)
    row = desk.queued(unit)
    assert row is not None
    assert (row.state, row.reason, desk.unit(unit).cloud) == (HELD, "doubtful", HELD)


def test_an_onboarded_unit_stays_onboarded(desk: Desk) -> None:
    unit = passed_unit(desk.journal)
    desk.settle(desk.send(unit), unit, ONBOARDED)
    whole, before = desk.unit(unit), desk.queued(unit)
    desk.declare(unit)
    desk.withdraw(unit)
    assert (desk.unit(unit), desk.queued(unit)) == (whole, before)


def test_a_unit_in_quarantine_is_there_again(desk: Desk) -> None:
    attempt = opened(desk.journal)
    desk.journal.commit(identified(attempt), AttemptClosed(attempt=attempt, outcome=Outcome.QUARANTINED))
    with Records(desk.folder) as records:
        (unit,) = records.find_units("")
    desk.declare(unit.id)
    desk.withdraw(unit.id)
    assert desk.unit(unit.id) == unit
    again = opened(desk.journal)
    with pytest.raises(Refusal) as caught:
        desk.journal.commit(identified(again))
    assert caught.value.code == "JRN-205"
    desk.journal.commit(AttemptClosed(attempt=again, outcome=Outcome.ABORTED))


@pytest.mark.parametrize(
    ("late", "then"), [(ONBOARDED, ONBOARDED), (REFUSED, HELD)], ids=["the cloud has it", "the cloud refused it"]
)
def test_a_late_answer_while_a_rework_is_declared_counts_once_it_is_withdrawn(
    desk: Desk, late: CloudState, then: CloudState
) -> None:
    unit = passed_unit(desk.journal)
    upload = desk.send(unit)
    desk.journal.commit(UploadUnclear(upload=upload, reason="no answer"))
    desk.journal.commit(UploadDecided(unit=unit, state=HELD, operator="p2", reason="overdue"))
    desk.declare(unit)
    desk.settle(upload, unit, late, "late words")
    assert (desk.unit(unit).cloud, desk.queued(unit)) == (NONE, None)
    desk.withdraw(unit)
    row = desk.queued(unit)
    assert row is not None
    assert (row.state, row.upload, desk.unit(unit).cloud) == (then, upload, then)
    assert "late words" in row.reason


def test_a_late_answer_says_nothing_of_a_unit_whose_rework_has_begun(desk: Desk) -> None:
    unit = passed_unit(desk.journal)
    upload = desk.send(unit)
    desk.settle(upload, unit, UNKNOWN)
    desk.declare(unit)
    again = opened(desk.journal)
    desk.journal.commit(identified(again), AttemptClosed(attempt=again, outcome=Outcome.PASSED, for_cloud=True))
    desk.settle(upload, unit, ONBOARDED)
    assert desk.unit(unit).cloud is WAITING


def test_a_unit_that_was_overwritten_meanwhile_is_held(desk: Desk) -> None:
    unit = passed_unit(desk.journal)
    desk.declare(unit)
    attempt = opened(desk.journal)
    fault = FaultRecord("LINE-150", "It was changed.", "")
    desk.journal.commit(
        UnitOverwritten(attempt=attempt, unit=unit, fault=fault),
        AttemptClosed(attempt=attempt, outcome=Outcome.ABORTED, fault=fault),
    )
    desk.withdraw(unit)
    assert (desk.unit(unit).outcome, desk.unit(unit).cloud) == (Outcome.QUARANTINED, HELD)


def test_after_a_restore_nothing_that_waited_then_is_sent_blindly(desk: Desk) -> None:
    waiting, refused = passed_unit(desk.journal, 1), passed_unit(desk.journal, 2)
    desk.settle(desk.send(refused), refused, REFUSED)
    desk.declare(waiting)
    desk.declare(refused)
    about = dict.fromkeys(("made", "before", "key_before", "checkpoint", "origin", "key", "operator", "second"), "x")
    desk.journal.commit(Restored(backup=HASH, size=1, reason="it burnt", **about))
    desk.withdraw(waiting)
    desk.withdraw(refused)
    assert (desk.unit(waiting).cloud, desk.unit(refused).cloud) == (UNKNOWN, REFUSED)
    assert find_disagreement_about(desk.folder, [waiting, refused]) is None


def test_without_a_declared_rework_there_is_nothing_to_withdraw(desk: Desk) -> None:
    unit = passed_unit(desk.journal)
    assert desk.refusal(unit).code == "JRN-207"
    desk.declare(unit)
    desk.declare(unit)
    desk.withdraw(unit)
    assert desk.refusal(unit).code == "JRN-207"
    assert desk.unit(unit).cloud is WAITING


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("loaded_before", [False, True])
def test_a_rework_that_has_begun_is_not_withdrawn(desk: Desk, *, ended: bool, loaded_before: bool) -> None:
    unit = passed_unit(desk.journal)
    attempt = opened(desk.journal, 4) if loaded_before else None
    desk.declare(unit)
    attempt = attempt or opened(desk.journal, 4)
    desk.journal.commit(identified(attempt))
    if ended:
        desk.journal.commit(AttemptClosed(attempt=attempt, outcome=Outcome.FAILED))
    whole, refusal = desk.unit(unit), desk.refusal(unit)
    assert refusal.code == "JRN-208"
    assert "slot 4" in refusal.sentence
    assert desk.unit(unit) == whole


def test_nor_is_it_while_a_board_with_its_label_is_in_a_slot(desk: Desk) -> None:
    first = opened(desk.journal)
    desk.journal.commit(
        identified(first, serial=BoardSerial("S-1")), AttemptClosed(attempt=first, outcome=Outcome.PASSED)
    )
    with Records(desk.folder) as records:
        (unit,) = records.find_units("")
    desk.declare(unit.id)
    (seq,) = desk.journal.commit(AttemptOpened(batch=BATCH, slot=SlotNumber(7), recipe=HASH, serial=BoardSerial("S-1")))
    refusal = desk.refusal(unit.id)
    assert (refusal.code, "slot 7" in refusal.sentence) == ("JRN-208", True)
    desk.journal.commit(AttemptClosed(attempt=AttemptId(seq), outcome=Outcome.ABORTED))
    desk.withdraw(unit.id)
    assert not desk.unit(unit.id).rework


def test_nor_once_a_board_with_its_label_was_begun_with_that_never_said_who_it_is(desk: Desk) -> None:
    """A probe may have changed it by then: its unit is built to its end, or is not believed to be what it was."""
    first = opened(desk.journal)
    desk.journal.commit(
        identified(first, serial=BoardSerial("S-1")), AttemptClosed(attempt=first, outcome=Outcome.PASSED)
    )
    with Records(desk.folder) as records:
        (unit,) = records.find_units("")
    desk.declare(unit.id)
    for label, begun_with, code in (("S-2", True, ""), ("S-1", False, ""), ("S-1", True, "JRN-208")):
        desk.declare(unit.id)
        (seq,) = desk.journal.commit(
            AttemptOpened(batch=BATCH, slot=SlotNumber(7), recipe=HASH, serial=BoardSerial(label))
        )
        intent = StepIntended(
            attempt=AttemptId(seq), index=0, step=StepKind.FLASH, name="flash", repeat=RepeatClass.IDEMPOTENT
        )
        ends = AttemptClosed(attempt=AttemptId(seq), outcome=Outcome.ABORTED)
        desk.journal.commit(*([intent] if begun_with else []), ends)
        if code:
            assert desk.refusal(unit.id).code == code
            assert desk.unit(unit.id).rework
        else:
            desk.withdraw(unit.id)


def test_a_withdrawal_that_the_steps_of_another_board_forbid_can_not_follow_in_its_batch(
    desk: Desk, tmp_path: Path
) -> None:
    first = opened(desk.journal)
    named = identified(first, serial=BoardSerial("S-1"))
    desk.journal.commit(named, AttemptClosed(attempt=first, outcome=Outcome.PASSED))
    with Records(desk.folder) as records:
        (unit,) = records.find_units("")
    desk.declare(unit.id)
    (seq,) = desk.journal.commit(AttemptOpened(batch=BATCH, slot=SlotNumber(7), recipe=HASH, serial=BoardSerial("S-1")))
    attempt = AttemptId(seq)
    intent = StepIntended(attempt=attempt, index=0, step=StepKind.FLASH, name="flash", repeat=RepeatClass.IDEMPOTENT)
    desk.journal.commit(intent, AttemptClosed(attempt=attempt, outcome=Outcome.ABORTED))
    assert find_disagreement_about(desk.folder, batch=BATCH) is None
    desk.journal.close()
    copy = Path(shutil.copytree(desk.folder, tmp_path / "copy"))
    event = ReworkWithdrawn(unit=unit.id, operator="p1", reason="forged")
    with Records(copy) as records:
        forged = Entry(EventSeq(records.last_seq() + 1), desk.clock.now(), 0, EventSeq(1), "p1", event)
    with closing(sqlite3.connect(copy / FILE_NAME, isolation_level=None)) as db:
        row = (forged.seq, microseconds(forged.at), event.kind, None, None, unit.id, encode(forged))
        db.execute("INSERT INTO event VALUES(?,?,?,?,?,?,?)", row)
    found = find_disagreement_about(copy, batch=BATCH)
    assert found is not None
    assert "can't follow" in found.sentence


def test_the_outbox_shows_reworks_that_have_not_begun(desk: Desk) -> None:
    first, second, third = (passed_unit(desk.journal, number) for number in (1, 2, 3))
    for unit in (second, first, third):
        desk.declare(unit)
        declared = desk.clock.time
    desk.withdraw(first)
    with UploadQueue(desk.folder) as queue:
        reworks = queue.declared_reworks()
        assert queue.read([WAITING]).reworks == 2
    assert [one.unit for one in reworks] == [second, third]
    assert reworks[-1].declared == declared


@pytest.mark.parametrize("change", ["SET state = 'onboarded'", "SET since_us = since_us + 1", "SET reason = 'x'", ""])
def test_who_changes_what_a_rework_took_out_of_the_outbox_is_found_out(desk: Desk, change: str) -> None:
    unit, other = passed_unit(desk.journal, 1), passed_unit(desk.journal, 2)
    desk.declare(unit)
    desk.declare(other)
    desk.journal.close()
    db = sqlite3.connect(desk.folder / FILE_NAME, isolation_level=None)
    (row,) = db.execute("SELECT state, since_us, reason FROM withdrawn WHERE unit = ?", (unit,)).fetchall()
    what = f"UPDATE withdrawn {change}" if change else "DELETE FROM withdrawn"
    db.execute(f"{what} WHERE unit = ?", (unit,))
    for found in (find_disagreement(desk.folder), find_disagreement_about(desk.folder, [unit])):
        assert found is not None
        assert (found.table, f"unit {unit}" in found.row) == ("withdrawn", True)
    assert find_disagreement_about(desk.folder, [other]) is None
    db.execute("REPLACE INTO withdrawn(unit, state, since_us, reason) VALUES(?,?,?,?)", (unit, *row))
    db.close()


# A journal of the format before: format 2's own code wrote it, with reworks declared in every state.


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / FILE_NAME
    file.write_bytes(gzip.decompress(V2.read_bytes()))
    db = sqlite3.connect(file)
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    assert db.execute("SELECT count(*) FROM event").fetchone() == (V2_ENTRIES,)
    db.close()
    return tmp_path


def test_a_journal_of_format_2_knows_what_its_reworks_took_out_of_the_outbox(old: Path) -> None:
    assert find_disagreement(old) is None, "as it is, in its own format"
    with Journal(old, SetClock()) as journal:
        assert find_disagreement(old) is None
        with Records(old) as records:
            declared = [unit for unit in records.find_units("") if unit.rework]
        assert len(declared) == 5
        for unit in declared:
            journal.commit(ReworkWithdrawn(unit=unit.id, operator="p2", reason="it never came"))
        with Records(old) as records:
            states = {unit.device_id: (unit.cloud, unit.rework) for unit in records.find_units("")}
            assert {row.device_id: row.state for row in records.outbox()} == {
                device: cloud for device, (cloud, _) in states.items() if cloud is not NONE
            }
    assert states == {
        "unit-001": (REFUSED, False),
        "unit-002": (ONBOARDED, False),
        "unit-003": (ONBOARDED, False),
        "unit-004": (ONBOARDED, False),
        "unit-005": (WAITING, False),
        "unit-006": (HELD, False),
        "unit-007": (NONE, False),  # its rework has begun
        "unit-008": (WAITING, False),
        "unit-009": (ONBOARDED, False),  # the cloud's answer came while the rework was declared
        "unit-010": (ONBOARDED, False),
    }
    assert find_disagreement(old) is None
