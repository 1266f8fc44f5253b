"""Who is this? Boards put back, swapped, duplicated or mute: none is changed before that is settled."""

from pathlib import Path
from typing import Any

import pytest

from station.app import Station
from station.domain.events import (
    CertificateSuperseded,
    RowSettled,
    UploadPrepared,
    UploadSending,
    UploadSettled,
    UuidLearnt,
)
from station.domain.faults import Fault
from station.domain.ids import SlotNumber, UploadId
from station.domain.line import CloudState, Outcome, StepKind
from station.host.files import sha256_of
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.decisions import decide_uploads, declare_rework, withdraw_rework
from tests.line.harness import Line, steps
from tests.line.trial import Pause, Trial, advises, prepare
from tests.line.truth import held

IMEI = 'scheme = "imei"\nprefix = "acme-"'
LABEL = 'scheme = "serial"\npattern = "TRK-[0-9]{8}"'
MUTE = {"commands": [{"do": "error", "match": "ATTESTTOKEN", "times": 0}]}
"""A modem that tells its UUID in nothing but its %KEYGEN answer (nRF9160 has no %DEVICEUUID)."""


def unit_of(trial: Trial, board: str) -> UnitRow:
    """Return the unit with this board's IMEI."""
    unit = trial.records.unit_by_imei(trial.line.board(board)["imei"])
    assert unit is not None
    return unit


def pausing(pause: Pause, *, behind: str) -> str:
    """Return the plain steps with a pause behind one of them."""
    names = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")
    at = names.index(behind) + 1
    return steps(*names[:at]) + pause.table + steps(*names[at:])


@pytest.mark.parametrize("batch", ["WO-1", "WO-2"])
def test_a_finished_board_put_back_is_left_as_it_is(line: Line, batch: str) -> None:
    prepare(line, slots=2)
    with Trial(line) as trial:
        assert trial.put({"serial": "DONE"}).passed
    # Another day: the station has ended in between, and the board comes into another slot.
    line.bench.remove(1)
    with Trial(line, batch=batch) as trial:
        before, changes, unit = held(line, "DONE"), trial.changes_to("DONE"), unit_of(trial, "DONE")
        for _ in range(2):
            end = trial.put({"serial": "DONE"}, slot=2)
            assert (end.outcome, end.code, end.latched) == (Outcome.ABORTED, "JRN-204", False), end
            assert "declare a rework" in end.sentence
            trial.take_out(2)
        assert (held(line, "DONE"), trial.changes_to("DONE")) == (before, changes)
        assert unit_of(trial, "DONE") == unit
        assert unit.outcome is Outcome.PASSED
        assert trial.put({"serial": "NEXT"}, slot=2).passed


def test_after_a_declared_rework_a_board_is_built_again_once(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        assert trial.put({"serial": "AGAIN"}).passed
        trial.take_out()
        old = trial.records.active_certificate(unit_of(trial, "AGAIN").device_id)
        before = held(line, "AGAIN")
        assert old is not None
        declare_rework(
            trial.station.gate, trial.records, unit_of(trial, "AGAIN").device_id, line.actor(), "new key", line.second()
        )
        end = trial.put({"serial": "AGAIN"})
        assert end.passed
        assert [event.serial for event in end.events(CertificateSuperseded)] == [old.serial]
        rows = trial.records.certificates_of(unit_of(trial, "AGAIN").device_id)
        assert [row.state for row in rows] == ["superseded", "active"]
        assert held(line, "AGAIN")[2]["public_key"] != before[2]["public_key"]
        trial.take_out()
        assert trial.put({"serial": "AGAIN"}).code == "JRN-204"


def test_a_rework_of_an_onboarded_board_replaces_its_certificate_in_the_cloud(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        assert trial.put({"serial": "SENT"}).passed
    (before,) = line.cloud_truth()["devices"]
    line.bench.remove(1)
    with Trial(line) as trial:
        declare_rework(
            trial.station.gate, trial.records, line.board("SENT")["uuid"], line.actor(), "new key", line.second()
        )
        assert trial.put({"serial": "SENT"}).passed
    # That it is the new one, the trial's own truth has held against the journal.
    (after,) = line.cloud_truth()["devices"]
    assert after["certificate_sha256"] != before["certificate_sha256"]
    with Records(line.folder / "data") as records:
        (row,) = records.outbox()
    assert row.state is CloudState.ONBOARDED


def test_a_board_that_the_cloud_knows_is_not_built_under_another_name(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        assert trial.put({"serial": "SENT"}).passed
    line.bench.remove(1)
    line.recipe("other", device_id=IMEI)
    with Trial(line, batch="WO-2", product="other") as trial:
        uuid, before = line.board("SENT")["uuid"], held(line, "SENT")
        declare_rework(trial.station.gate, trial.records, uuid, line.actor(), "another customer", line.second())
        end = trial.put({"serial": "SENT"})
        assert (end.outcome, end.code, end.latched) == (Outcome.ABORTED, "LINE-117", False), end
        assert uuid in end.sentence
        assert advises(end.sentence)
        assert (unit_of(trial, "SENT").device_id, held(line, "SENT")) == (uuid, before)
        trial.take_out()
    with Trial(line) as trial:
        assert trial.put({"serial": "SENT"}).passed
    (there,) = line.cloud_truth()["devices"]
    assert there["device_id"] == uuid


def test_a_board_that_the_cloud_may_know_is_not_built_under_another_name(line: Line) -> None:
    """Nobody can tell what its upload did: the old name could stay in the cloud, with a key that is about to go."""
    prepare(line, presence="port")
    line.bench.insert_described(1, {"serial": "SENT"})
    assert line.run(1, upload=False).all_passed
    with Station(line.open(), "a test") as station:
        (unit,) = station.records.find_units("")
        name, journal = sha256_of(b"rows"), station.journal
        (seq,) = journal.commit(
            UploadPrepared(units=(unit.id,), body_sha256=name, body_bytes=4), bodies={name: b"rows"}
        )
        rows = (RowSettled(unit.id, CloudState.UNKNOWN, "the cloud did not say"),)
        journal.commit(UploadSending(upload=UploadId(seq)), UploadSettled(upload=UploadId(seq), rows=rows))
    line.bench.remove(1)
    prepare(line)
    line.recipe("other", device_id=IMEI)
    with Trial(line, batch="WO-2", product="other") as trial:
        before, gate, records = held(line, "SENT"), trial.station.gate, trial.records
        declare_rework(gate, records, unit.device_id, line.actor(), "why", line.second())
        end = trial.put({"serial": "SENT"})
        assert (end.outcome, end.code, end.latched) == (Outcome.ABORTED, "LINE-118", False), end
        assert unit.device_id in end.sentence
        assert advises(end.sentence)
        assert (unit_of(trial, "SENT").device_id, held(line, "SENT")) == (unit.device_id, before)
        trial.take_out()
        # As the sentence says: withdrawn, looked up in the portal (it is not there), and declared again.
        withdraw_rework(gate, records, unit.device_id, line.actor(), "why", line.second())
        decide_uploads(gate, records, [unit.device_id], CloudState.WAITING, line.actor(), "not in the portal")
        declare_rework(gate, records, unit.device_id, line.actor(), "why", line.second())
        assert trial.put({"serial": "SENT"}).passed
        assert unit_of(trial, "SENT").device_id != unit.device_id


def test_a_board_that_gets_another_name_leaves_no_certificate_behind(line: Line) -> None:
    prepare(line, cloud=False)
    with Trial(line) as trial:
        assert trial.put({"serial": "RENAMED"}).passed
    line.bench.remove(1)
    line.recipe("other", device_id=IMEI, cloud="")
    with Trial(line, batch="WO-2", product="other") as trial:
        old = unit_of(trial, "RENAMED").device_id
        declare_rework(trial.station.gate, trial.records, old, line.actor(), "another customer", line.second())
        assert trial.put({"serial": "RENAMED"}).passed
        new = unit_of(trial, "RENAMED").device_id
        assert new != old
        rows = trial.records.certificates_of(new)
        assert [(row.device_id, row.state) for row in rows] == [(old, "superseded"), (new, "active")]


@pytest.mark.parametrize("same_uuid", [True, False])
def test_two_slots_never_work_on_one_identity(line: Line, tmp_path: Path, same_uuid: bool) -> None:
    pause = Pause(tmp_path)
    prepare(line, slots=2, table=pausing(pause, behind="identify"))
    with Trial(line) as trial:
        trial.load({"serial": "FIRST"}, slot=1)
        trial.wait_step(StepKind.COMMAND)
        first = line.board("FIRST")
        twin: dict[str, Any] = {"serial": "TWIN", "imei": first["imei"]}
        end = trial.put(twin | ({"uuid": first["uuid"]} if same_uuid else {}), slot=2)
        code, told = ("JRN-203", "Slot 1 is working") if same_uuid else ("JRN-202", "put the board aside")
        assert (end.outcome, end.code, end.latched) == (Outcome.ABORTED, code, False), end
        assert told in end.sentence
        assert advises(end.sentence)
        assert trial.changes_to("TWIN") == []
        pause.end()
        assert trial.end(1).passed
        trial.take_out(2)
        # Nor afterwards: the identity belongs to a finished unit.
        end = trial.put({"serial": "TWIN"}, slot=2)
        assert (end.outcome, end.code) == (Outcome.ABORTED, "JRN-204" if same_uuid else "JRN-202")
        assert trial.changes_to("TWIN") == []
        trial.take_out(2)
        assert trial.put({"serial": "NEXT"}, slot=2).passed


def test_a_label_belongs_to_one_board(line: Line) -> None:
    prepare(line, device_id=LABEL)
    with Trial(line) as trial:
        assert trial.put({"serial": "A"}, label="TRK-00000001").passed
        trial.take_out()
        end = trial.put({"serial": "B"}, label="TRK-00000001")
        assert (end.outcome, end.code) == (Outcome.ABORTED, "JRN-202"), end
        assert "Check the label" in end.sentence
        assert trial.changes_to("B") == []
        trial.take_out()
        assert trial.put({"serial": "B"}, label="TRK-00000002").passed
        trial.take_out()
        # A finished board under another's label, and under a new one.
        before = held(line, "A")
        for label, code in (("TRK-00000002", "JRN-201"), ("TRK-00000003", "JRN-202"), ("TRK-00000001", "JRN-204")):
            end = trial.put({"serial": "A"}, label=label)
            assert (end.outcome, end.code) == (Outcome.ABORTED, code), end
            trial.take_out()
        assert held(line, "A") == before
        assert unit_of(trial, "A").outcome is unit_of(trial, "B").outcome is Outcome.PASSED


def test_what_is_no_label_of_the_product_starts_nothing(line: Line) -> None:
    prepare(line, device_id=LABEL)
    with Trial(line) as trial:
        with pytest.raises(Fault, match="SET-104") as refused:
            trial.put({"serial": "A"}, label="TRK-1")
        assert advises(refused.value.sentence)
        assert trial.log_of("A") == []
        trial.engine.scan(SlotNumber(1), None)  # "a board is in", and not which
        end = trial.end()
        assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "LINE-113", True), end
        trial.take_out()
        assert trial.put({"serial": "A"}, label="TRK-00000001").passed


def test_an_unfit_board_swapped_in_is_not_taken_for_the_one_before(line: Line, tmp_path: Path) -> None:
    pause = Pause(tmp_path)
    prepare(line, table=pausing(pause, behind="identify"))
    with Trial(line) as trial:
        trial.load({"serial": "A"})
        trial.wait_step(StepKind.COMMAND)
        trial.swap({"serial": "PTI", "profile": "nrf9151-pti"})
        pause.end()
        end = trial.end()
        assert (end.outcome, end.code) == (Outcome.ABORTED, "LINE-114"), end
        trial.take_out()
        assert trial.put({"serial": "A"}).passed


@pytest.mark.parametrize("behind", ["identify", "write-credentials"])
def test_a_board_swapped_between_two_steps_is_noticed_before_anything_is_done(
    line: Line, tmp_path: Path, behind: str
) -> None:
    pause = Pause(tmp_path)
    prepare(line, table=pausing(pause, behind=behind))
    with Trial(line) as trial:
        trial.load({"serial": "A"})
        trial.wait_step(StepKind.COMMAND)
        trial.swap({"serial": "B"})
        pause.end()
        end = trial.end()
        assert (end.outcome, end.code, end.latched) == (Outcome.ABORTED, "LINE-114", False), end
        assert "Take it out and start again" in end.sentence
        assert trial.changes_to("B") == []
        trial.require_truth()
        for board in ("B", "A"):
            trial.take_out()
            assert trial.put({"serial": board}).passed, board
        # Both were new: what the first try did to A was taken over, or made anew, and nobody's yield suffers.
        assert trial.records.tally(trial.batch).first_passed == 2


def test_a_board_taken_out_between_two_steps_latches_the_slot(line: Line, tmp_path: Path) -> None:
    pause = Pause(tmp_path)
    prepare(line, table=pausing(pause, behind="identify"))
    with Trial(line) as trial:
        trial.load({"serial": "A"})
        trial.wait_step(StepKind.COMMAND)
        line.bench.remove(1)
        pause.end()
        end = trial.end()
        assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "DEV-101", True), end
        trial.take_out()
        assert trial.put({"serial": "A"}).passed


def test_a_uuid_that_only_the_key_tells_is_learnt_from_it(line: Line) -> None:
    prepare(line, device_id=IMEI)
    with Trial(line) as trial:
        end = trial.put({"serial": "MUTE", "profile": "nrf9160", "faults": MUTE})
        assert end.passed, end
        board = line.board("MUTE")
        assert [event.uuid for event in end.events(UuidLearnt)] == [board["uuid"]]
        unit = unit_of(trial, "MUTE")
        assert (unit.uuid, unit.device_id) == (board["uuid"], f"acme-{board['imei']}")
        assert "UUID learnt from this answer" in str(end.step(StepKind.GENERATE).results["proven"])
        trial.take_out()
        # Another board that claims the same UUID is refused, as late as it can be known.
        twin = {"serial": "TWIN", "profile": "nrf9160", "faults": MUTE, "uuid": board["uuid"]}
        end = trial.put(twin)
        assert (end.outcome, end.code, end.failed_in) == (Outcome.ABORTED, "JRN-202", StepKind.GENERATE), end
        assert trial.records.certificates_of(unit_of(trial, "TWIN").device_id) == []


@pytest.mark.parametrize("mute_times", [0, 1])
def test_a_strangers_csr_is_refused_by_its_key_where_nobody_told_the_uuid(line: Line, mute_times: int) -> None:
    prepare(line, device_id=IMEI)
    with Trial(line) as trial:
        mute = {**MUTE["commands"][0], "times": mute_times}
        lies = {"commands": [mute, {"do": "other-device-csr", "match": "KEYGEN"}]}
        end = trial.put({"serial": "LIAR", "profile": "nrf9160", "faults": lies})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "CRED-133", StepKind.PROVE), end
        trial.require_truth()
        trial.take_out()
        # The stranger's UUID, believed for a while, does not stay with the board.
        assert trial.put({"serial": "LIAR"}).passed
        assert unit_of(trial, "LIAR").uuid == line.board("LIAR")["uuid"]


def test_a_product_named_by_uuid_takes_no_board_that_cannot_tell_it(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        end = trial.put({"serial": "MUTE", "profile": "nrf9160", "faults": MUTE})
        assert (end.outcome, end.code) == (Outcome.FAILED, "LINE-111"), end
        assert "named by IMEI or serial" in end.sentence
        assert trial.changes_to("MUTE") == []
        trial.take_out()
        assert trial.put({"serial": "TELLS", "profile": "nrf9160"}).passed
