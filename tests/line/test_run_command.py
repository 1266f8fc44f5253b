"""``station run`` as people and programs meet it: its lines, its exit codes, Ctrl-C, scans, and a second station."""

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from station.domain.events import BatchArmed
from station.domain.ids import BatchId, EventSeq
from station.domain.line import StepKind
from station.journal.records import Records
from station.simulator.cloud_faults import Do, Fault
from tests.line.harness import STAFF, Line
from tests.line.processes import Process, call_station, run_station, start_run
from tests.line.test_recovery import until


def slow_key(seconds: float = 2.0) -> dict[str, Any]:
    return {"commands": [{"do": "late", "match": "%KEYGEN", "seconds": seconds}]}


@pytest.fixture
def keygen_under_way(line: Line, request: pytest.FixtureRequest) -> Iterator[Process]:
    """A run whose only board is busy with its key for two more seconds, or as many as the test's parameter says."""
    line.bench.insert_described(1, {"serial": "B1", "faults": slow_key(getattr(request, "param", 2.0))})
    with start_run(line, 1) as run:
        run.hear_event("step-intended", step="generate-key")
        yield run


def keygens(line: Line, serial: str) -> int:
    return sum("%KEYGEN" in str(entry["command"]) for entry in line.bench.describe_log(serial))


def acknowledge(run: Process, line: str, who: str) -> None:
    """Type the line, and then name and PIN as the station asks for them."""
    run.say(line)
    run.hear_error("write your name or badge")
    run.say(who)
    run.hear_error("Your PIN")
    run.say(STAFF[who][0])


def outcomes(run: Process) -> list[str]:
    return [event["outcome"] for event in run.events() if event["event"] == "attempt-closed"]


def test_all_passed_is_0_and_the_summary_is_the_last_line(line: Line) -> None:
    for slot in (1, 2, 3):
        line.bench.insert_described(slot, {"serial": f"B{slot}"})
    with start_run(line, 3, "--sign-in", line.sign_in_file("otto")) as run:
        assert run.end() == 0, run.errors
    events = run.events()
    assert [event["event"] for event in events].count("summary") == 1
    summary = events[-1]
    assert summary["event"] == "summary"
    assert summary["all_passed"] is True
    assert summary["outcomes"]["passed"] == 3
    assert summary["cloud"] == {"onboarded": 3}
    assert sorted(unit["slot"] for unit in summary["units"]) == [1, 2, 3]
    assert {unit["unit"] for unit in summary["units"]} == {line.board(f"B{slot}")["uuid"] for slot in (1, 2, 3)}
    places = [event["seq"] for event in events if "seq" in event]
    assert places == sorted(places)
    with Records(line.folder / "data") as records:
        said = [records.entry(place) for place in places]
    assert [entry.event.kind for entry in said] == [event["event"] for event in events if "seq" in event]
    assert {entry.by for entry in said} == {"p3"}
    assert run.errors == []


def test_a_failed_unit_is_1(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    line.bench.insert_described(
        2, {"serial": "B2", "faults": {"commands": [{"do": "wrong-digest", "match": "%KEYGEN"}]}}
    )
    with start_run(line, 2) as run:
        assert run.end() == 1, run.errors
    assert sorted(outcomes(run)) == ["failed", "passed"]
    assert run.events()[-1]["all_passed"] is False


def test_a_station_at_fault_with_nobody_there_is_4(line: Line) -> None:
    line.write(slots=1)
    weak = {"commands": [{"do": "cme", "code": 528, "match": "%CMNG=0"}]}
    line.bench.insert_described(1, {"serial": "B1", "faults": weak})
    with start_run(line, 1) as run:
        run.hear_event("slot-latched")
        run.leave()
        assert run.end() == 4, run.errors
    assert outcomes(run) == ["error"]
    assert [event["code"] for event in run.events() if event["event"] == "told"][-1] == "LINE-142"


def test_without_json_people_get_lines_and_a_table(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    what = ("--batch", "WO-1", "--product", "tracker", "--quantity", 1)
    line.release()
    with run_station(line, "run", *what, "--headless", environment={"COLUMNS": "200"}) as run:
        assert run.end() == 0, run.errors
    shown = "\n".join(run.lines)
    assert f": {line.board('B1')['uuid']}\n" in shown
    assert "100.0% (1 of 1)" in shown
    assert "\x1b" not in shown


def test_the_first_ctrl_c_lets_the_step_end_and_the_board_goes_on_later(line: Line, keygen_under_way: Process) -> None:
    run = keygen_under_way
    run.signal(signal.SIGINT)
    assert run.end() == 130
    steps = {event["step"]: event["outcome"] for event in run.events() if event["event"] == "step-finished"}
    assert steps["generate-key"] == "passed"
    assert "sign" not in steps
    assert outcomes(run) == ["aborted"]
    assert run.events()[-1]["event"] == "summary"
    assert "Stopping" in run.errors[0]
    assert line.run(1).all_passed
    assert keygens(line, "B1") == 1


def test_sigterm_is_a_first_ctrl_c(keygen_under_way: Process) -> None:
    keygen_under_way.signal(signal.SIGTERM)
    assert keygen_under_way.end() == 130
    assert outcomes(keygen_under_way) == ["aborted"]


@pytest.mark.parametrize("keygen_under_way", [15.0], indirect=True)  # three Ctrl-C, also on a busy PC
def test_the_second_ctrl_c_explains_and_the_third_leaves(line: Line, keygen_under_way: Process) -> None:
    run = keygen_under_way
    run.signal(signal.SIGINT)
    run.hear_error("Stopping")
    run.signal(signal.SIGINT)
    assert "slot 1: Generate key" in run.hear_error("Still running")
    run.signal(signal.SIGINT)
    assert run.end() == 130
    assert outcomes(run) == []
    # The board still works on its answer, which comes to whoever opens the port next.
    summary = line.run(1)
    assert summary.all_passed
    assert keygens(line, "B1") == 2
    with Records(line.folder / "data") as records:
        aborted, passed = records.attempts_of_batch(summary.batch)
    assert (aborted.outcome, aborted.orphan, passed.outcome) == ("aborted", StepKind.GENERATE, "passed")


def test_ctrl_c_while_nothing_runs_ends_at_once(line: Line) -> None:
    with start_run(line, 1) as run:
        run.hear_event("slot", slot=8, state="empty")
        run.signal(signal.SIGINT)
        assert run.end(10) == 130
    assert run.events()[-1]["event"] == "summary"


def test_ctrl_c_in_an_upload_tells_where_things_stand(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    assert line.run(1, upload=False).all_passed
    line.cloud.fail(Fault("POST /v1/devices", Do.STATUS, status=429, headers={"Retry-After": "600"}))
    with run_station(line, "upload") as upload:
        upload.hear_text("CLD-WAIT")
        upload.signal(signal.SIGINT)
        assert upload.end() == 130
    assert upload.lines[-1] == "1 sending"


@pytest.fixture
def slow_post(line: Line) -> Iterator[Process]:
    """`station upload` of one unit, whose body the cloud has while its answer takes its time."""
    line.bench.insert_described(1, {"serial": "B1"})
    assert line.run(1, upload=False).all_passed
    line.cloud.fail(Fault("POST /v1/devices", Do.SLOW, seconds=3.0))
    with run_station(line, "upload") as upload:
        upload.hear_text("sending 1 unit")
        until(line, lambda: bool(line.cloud_truth()["posts"]))  # on a busy PC it leaves later
        upload.signal(signal.SIGINT)
        assert "the request under way ends; nothing new is sent" in upload.hear_text("Stopping")
        yield upload


def test_the_first_ctrl_c_lets_the_request_to_the_cloud_end(line: Line, slow_post: Process) -> None:
    assert slow_post.end() == 130
    assert any("the cloud took 1 unit" in shown for shown in slow_post.lines)
    assert slow_post.lines[-1] == "1 sending"
    assert call_station(line, "upload")[0] == 0
    assert len(line.cloud_truth()["posts"]) == 1


def test_in_an_upload_the_second_ctrl_c_explains_and_the_third_leaves(line: Line, slow_post: Process) -> None:
    slow_post.signal(signal.SIGINT)
    slow_post.hear_text("Leaving now (Ctrl-C once more) cuts it: what became of it is looked for")
    slow_post.signal(signal.SIGINT)
    assert slow_post.end() == 130
    assert not any("the cloud took" in shown for shown in slow_post.lines)
    code, _, errors = call_station(line, "upload", "--patience", "60")
    assert (code, errors) == (0, "")
    assert len(line.cloud_truth()["posts"]) == 1
    assert len(line.cloud_truth()["devices"]) == 1


def test_a_batch_is_told_to_change_its_quantity_before_anything_begins(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    with start_run(line, 3) as first:
        first.hear_event("attempt-closed", outcome="passed")
        first.signal(signal.SIGINT)
        assert first.end() == 130
    assert not [event for event in first.events() if "changes" in event.get("sentence", "")]
    said = "The quantity of batch WO-1 changes from 3 to 2; 1 are done already."
    line.bench.insert_described(2, {"serial": "B2"})
    with start_run(line, 2) as second:
        assert second.end() == 0, second.errors
    names = [event["event"] for event in second.events()]
    told = [event.get("sentence") for event in second.events()].index(said)
    assert told < names.index("attempt-opened")
    with Records(line.folder / "data") as records:
        armed = [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, BatchArmed)]
        row = records.batch(BatchId("WO-1"))
    assert [(one.quantity, said in one.warnings) for one in armed] == [(3, False), (2, True)]
    assert row is not None
    assert (row.quantity, row.closed) == (2, True)


def test_a_batch_can_not_become_smaller_than_what_is_done(line: Line) -> None:
    for slot in (1, 2):
        line.bench.insert_described(slot, {"serial": f"B{slot}"})
    with start_run(line, 3) as first:
        for _ in range(2):
            first.hear_event("attempt-closed", outcome="passed")
        first.signal(signal.SIGINT)
        assert first.end() == 130
    with start_run(line, 1) as second:
        assert second.end() == 4
    assert (second.lines, second.errors[0][:8]) == ([], "LINE-154")
    assert "already has 2 finished units" in second.errors[0]
    with Records(line.folder / "data") as records:
        row = records.batch(BatchId("WO-1"))
    assert row is not None
    assert row.quantity == 3
    with start_run(line, 2) as third:
        assert third.end() == 0, third.errors


def test_scanned_labels_start_their_slots(line: Line) -> None:
    line.write(slots=2, slot='presence = "scan"\n')
    line.recipe(device_id='scheme = "serial"\npattern = "SN[0-9]{4}"')
    for slot in (1, 2):
        line.bench.insert_described(slot, {"serial": f"B{slot}"})
    with start_run(line, 2) as run:
        run.hear_event("slot", slot=2, state="empty")
        for wrong in (
            "hello",
            "[/x]",
            "1 [/x]",
            "1",
            "1 sn0001",
            "7 SN0001",
            "one SN0001",
            "1 SN0001 SN0002",
            "ack",
            "ack 1",
        ):
            run.say(wrong)
            run.hear_error("Write SLOT [SERIAL], or: ack SLOT REASON")
        run.say("2 SN0002")
        run.hear_event("attempt-closed", outcome="passed")
        run.say("")
        run.say("1 SN0001")
        assert run.end() == 0, run.errors
    assert {unit["unit"]: unit["slot"] for unit in run.events()[-1]["units"]} == {"SN0001": 1, "SN0002": 2}
    assert {device["device_id"] for device in line.cloud_truth()["devices"]} == {"SN0001", "SN0002"}


def test_a_latched_slot_works_again_once_it_is_acknowledged(line: Line) -> None:
    line.write(slots=2)
    weak = {"commands": [{"do": "cme", "code": 528, "match": "%CMNG=0"}]}
    line.bench.insert_described(1, {"serial": "B1", "faults": weak})
    with start_run(line, 1, "--sign-in", line.sign_in_file("otto")) as run:
        run.hear_event("slot-latched", slot=1)
        line.bench.remove(1)
        acknowledge(run, "ack 1 the supply was too weak", "lena")
        run.hear_event("slot-acknowledged", slot=1, operator="p2", reason="the supply was too weak")
        run.hear_event("slot", slot=1, state="empty")
        line.bench.insert_described(1, {"serial": "B1"})
        assert run.end() == 0, run.errors
    assert outcomes(run) == ["error", "passed"]


def test_a_reader_that_goes_away_does_not_hold_up_the_line(line: Line) -> None:
    with start_run(line, 2) as run:
        run.hear_event("slot", slot=8, state="empty")
        run.close_output()
        for slot in (1, 2):
            line.bench.insert_described(slot, {"serial": f"B{slot}"})
        assert run.end() == 0, run.errors
    assert run.errors == []
    assert {device["device_id"] for device in line.cloud_truth()["devices"]} == {
        line.board(serial)["uuid"] for serial in ("B1", "B2")
    }


def test_a_second_station_on_the_folder_is_refused_and_readers_are_not(line: Line) -> None:
    with start_run(line, 1) as run:
        run.hear_event("slot", slot=8, state="empty")
        for arguments in (
            ("run", "--batch", "WO-2", "--product", "tracker", "--quantity", "1"),
            ("upload",),
            ("decide", "x", "hold", "--reason", "r"),
            ("rework", "x", "--reason", "r"),
            ("correct-clock", "1", "2", "--reason", "r"),
            ("release", "--reason", "r"),
            ("people", "disable", "otto", "--reason", "r"),
            ("close", "WO-1", "--reason", "r"),
            ("init",),
        ):
            code, _, errors = call_station(line, *arguments)
            assert code == 4
            assert "HOST-105" in errors
            assert f"batch WO-1, process {run.pid} of" in errors
        line.bench.insert_described(1, {"serial": "B1"})
        run.hear_event("unit-identified")
        for reader in ("units", "outbox"):
            code, shown, errors = call_station(line, reader, "--json")
            assert (code, errors) == (0, "")
            for text in shown.splitlines():
                assert json.loads(text)["device_id"] == line.board("B1")["uuid"]
        assert run.end() == 0
    assert call_station(line, "upload")[0] == 0
