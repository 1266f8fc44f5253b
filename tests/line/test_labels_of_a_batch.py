"""A batch that is held to a range of labels: no other board is touched, and no label is used twice."""

from pathlib import Path

import pytest

from station.domain.events import AttemptClosed, AttemptOpened, BatchArmed
from station.domain.faults import Fault
from station.domain.ids import AttemptId, BoardSerial, EventSeq, SlotNumber
from station.domain.line import CloudState, Outcome
from station.line.decisions import decide_uploads
from tests.line.harness import Line
from tests.line.processes import call_station
from tests.line.test_identity import LABEL, pausing
from tests.line.trial import Pause, Trial, advises, prepare

RANGE = "TRK-00000001..TRK-00001000"


def label(number: int) -> str:
    return f"TRK-{number:08}"


def refused(trial: Trial, slot: int, number: int) -> str:
    """Scan, and return the code with which that is refused; the slot goes on waiting for a board."""
    with pytest.raises(Fault) as caught:
        trial.scan(slot, label(number))
    assert advises(caught.value.sentence)
    return caught.value.code


def test_a_board_with_another_label_is_not_touched_and_the_slot_waits_on(line: Line) -> None:
    prepare(line, device_id=LABEL, cloud=False)
    with Trial(line, serials=RANGE) as trial:
        trial.wait_empty()
        line.bench.insert_described(1, {"serial": "STRANGER"})
        for number in (0, 1001, 99999999):
            assert refused(trial, 1, number) == "LINE-187"
        assert trial.records.attempts_of_batch(trial.batch) == []
        assert trial.log_of("STRANGER") == []
        line.bench.remove(1)
        assert trial.put({"serial": "OURS"}, label=label(1000)).passed
        line.bench.remove(1)


def test_a_used_label_is_refused_before_the_board_is_touched(line: Line, tmp_path: Path) -> None:
    pause = Pause(tmp_path)
    prepare(line, presence="port", slots=3, device_id=LABEL, cloud=False, table=pausing(pause, behind="identify"))
    with Trial(line, serials=RANGE) as trial:
        trial.load({"serial": "A"}, slot=1, label=label(1))
        trial.wait(lambda: trial.records.unit_by_serial(label(1)), "the first board to say who it is")
        trial.wait_empty(2)
        line.bench.insert_described(2, {"serial": "B"})
        assert refused(trial, 2, 1) == "LINE-188"
        # Scanned for another slot that still waits for its board: that is a use too.
        trial.scan(3, label(3))
        assert refused(trial, 2, 3) == "LINE-188"
        with pytest.raises(Fault) as busy:
            trial.engine.scan(SlotNumber(1), BoardSerial(label(1)))
        assert busy.value.code == "LINE-115"
        pause.end()
        assert trial.end(1).passed
        assert refused(trial, 2, 1) == "LINE-188"
        assert trial.log_of("B") == []
        trial.scan(2, label(2))
        assert trial.end(2).passed
        line.bench.insert_described(3, {"serial": "C"})
        assert trial.end(3).passed


def test_what_the_journal_knows_of_a_label_counts_whatever_the_slots_say(line: Line) -> None:
    """Also of an attempt that another run of the station has under way, and for recipes that flash before they ask."""
    prepare(line, device_id=LABEL)
    with Trial(line, serials=RANGE) as trial:
        assert trial.put({"serial": "A"}, label=label(1)).passed
        line.bench.remove(1)
        gate, records, serials = trial.station.gate, trial.records, trial.armed.serials
        assert serials is not None
        decide_uploads(gate, records, [label(1)], CloudState.HELD, line.actor(), "a test")
        decide_uploads(gate, records, [label(1)], CloudState.UNKNOWN, line.actor(), "a test")
        serials.require(BoardSerial(label(1)), SlotNumber(1), records, looks_first=True)
        with pytest.raises(Fault, match="LINE-188"):
            serials.require(BoardSerial(label(1)), SlotNumber(1), records, looks_first=False)
        decide_uploads(gate, records, [label(1)], CloudState.WAITING, line.actor(), "a test")
        begun = AttemptOpened(
            batch=trial.batch, slot=SlotNumber(7), recipe=trial.armed.recipe, serial=BoardSerial(label(2))
        )
        (attempt,) = trial.station.journal.commit(begun)
        assert refused(trial, 1, 2) == "LINE-188"
        serials.require(BoardSerial(label(2)), SlotNumber(7), records, looks_first=True)
        trial.station.journal.commit(AttemptClosed(attempt=AttemptId(attempt), outcome=Outcome.ABORTED))
        serials.require(BoardSerial(label(2)), SlotNumber(1), records, looks_first=True)


def test_a_failed_board_comes_again_and_so_does_one_of_a_rework(line: Line) -> None:
    prepare(line, slots=2, device_id=LABEL, cloud=False)
    bad = {"commands": [{"do": "wrong-digest", "match": "%KEYGEN"}]}
    with Trial(line, serials=RANGE) as trial:
        assert trial.put({"serial": "A", "faults": bad}, label=label(7)).code
        line.bench.remove(1)
        assert trial.put({"serial": "A"}, slot=2, label=label(7)).passed, "in whatever slot"
        line.bench.remove(2)
    line.rework(label(7))
    with Trial(line) as trial:
        assert trial.armed.serials is not None, "the range goes on without being said again"
        assert trial.put({"serial": "A"}, label=label(7)).passed
        line.bench.remove(1)
        assert refused(trial, 1, 7) == "LINE-188"


def test_a_finished_unit_whose_upload_nobody_knows_may_still_show_itself(line: Line) -> None:
    prepare(line, device_id=LABEL)
    with Trial(line, serials=RANGE) as trial:
        assert trial.put({"serial": "A"}, label=label(1)).passed
        line.bench.remove(1)
        gate, records = trial.station.gate, trial.records
        decide_uploads(gate, records, [label(1)], CloudState.HELD, line.actor(), "a test")
        decide_uploads(gate, records, [label(1)], CloudState.UNKNOWN, line.actor(), "a test")
        # It is asked who it is, and left as it is: there is no upload that its token could prove.
        before = trial.changes_to("A")
        assert trial.put({"serial": "A"}, label=label(1)).code == "JRN-204"
        assert trial.changes_to("A") == before
        line.bench.remove(1)
        decide_uploads(gate, records, [label(1)], CloudState.WAITING, line.actor(), "a test")


def test_a_batch_is_armed_again_with_its_own_range_or_without_a_word(line: Line) -> None:
    prepare(line, device_id=LABEL, cloud=False)
    Trial(line, serials=RANGE).close()
    Trial(line).close()
    Trial(line, serials=RANGE).close()
    for serials, code in (("TRK-00000001..TRK-00001001", "LINE-186"), ("TRK-1..TRK-9", "LINE-183")):
        with pytest.raises(Fault) as caught:
            Trial(line, serials=serials)
        assert caught.value.code == code
        assert advises(caught.value.sentence)
    with pytest.raises(Fault) as small:
        Trial(line, batch="WO-2", serials="TRK-00000001..TRK-00000999")
    assert small.value.code == "LINE-185"
    line.recipe("plain", cloud="")
    with pytest.raises(Fault) as unscanned:
        Trial(line, batch="WO-3", product="plain", serials=RANGE)
    assert unscanned.value.code == "LINE-184"
    with line.open().records() as records:
        armed = [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, BatchArmed)]
    assert [(one.batch, one.serials) for one in armed] == [("WO-1", RANGE)] * 3


def test_the_command_takes_the_range_and_refuses_a_wrong_one(line: Line) -> None:
    prepare(line, device_id=LABEL, cloud=False)
    run = ("run", "--batch", "WO-1", "--product", "tracker", "--quantity", 5, "--serials")
    code, _, errors = call_station(line, *run, "TRK-00000001-TRK-00000005")
    assert (code, errors[:8]) == (4, "LINE-183")
    code, _, errors = call_station(line, *run, "TRK-00000001..TRK-00000004")
    assert (code, errors[:8]) == (4, "LINE-185")
    with line.open().records() as records:
        assert records.batch_names() == []


def test_without_a_range_any_label_of_the_product_will_do(line: Line) -> None:
    prepare(line, device_id=LABEL, cloud=False)
    with Trial(line) as trial:
        assert trial.armed.serials is None
        assert trial.put({"serial": "A"}, label=label(99999999)).passed
