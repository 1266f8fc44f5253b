"""A run that is killed anywhere: the next one goes on, and no key, certificate or device comes into being twice."""

import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from serial import Serial

from station.app import Station
from station.domain.events import KeyLost, StepFinished
from station.domain.ids import DeviceId
from station.domain.line import CloudState, Outcome, StepKind
from station.host.clock import Deadline
from station.host.files import sha256_of
from station.journal.records import Records
from station.line.outbox_rules import OutboxRules
from station.line.summary import Summary
from station.line.uploader import Uploader
from station.simulator.cloud_faults import Do, Fault
from tests.line.harness import Line
from tests.line.processes import PATIENCE, Process, run_station, start_run

CRASH_AT = Path(__file__).with_name("crash_at.py")
TAG = 16842753
SENDING = "POST /v1/devices"


def crash(line: Line, kind: str, *fields: str, quantity: int = 1) -> None:
    """Have a run die at an entry."""
    with Process([sys.executable, CRASH_AT, line.station_file, "WO-1", quantity, kind, *fields]) as run:
        assert run.end() == -signal.SIGKILL, run.errors


def until(line: Line, reached: Callable[[], bool]) -> None:
    """Return when something that only the bench or the cloud can tell has happened."""
    deadline, never = Deadline(line.clock, PATIENCE), threading.Event()
    while not reached():
        assert not deadline.passed()
        line.clock.wait(never, 0.02)


def require_sound(line: Line, serials: list[str], summary: Summary) -> None:
    """Hold the journal against boards and cloud: each board passed, once, with the key that it truly holds."""
    assert summary.tally.outcomes == {"passed": len(serials)}
    assert summary.tally.cloud == {"onboarded": len(serials)}
    boards = {str(board["uuid"]): board for board in map(line.board, serials)}
    truth = line.cloud_truth()
    assert sum(operation["rows"] for operation in truth["operations"]) == len(serials)
    fingerprints = {device["device_id"]: device["certificate_sha256"] for device in truth["devices"]}
    assert set(fingerprints) == set(boards)
    with Records(line.folder / "data") as records:
        assert records.open_attempts() == []
        for device, board in boards.items():
            (active,) = [row for row in records.certificates_of(DeviceId(device)) if row.state != "superseded"]
            der = records.certificate_der(active)
            certificate = load_der_x509_certificate(der)
            spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            held = {item["type"]: item for item in board["credentials"] if item["sec_tag"] == TAG}
            assert held[2]["public_key"] == spki.hex()
            assert held[1]["content"].replace("\r\n", "\n").encode() == certificate.public_bytes(Encoding.PEM)
            assert fingerprints[device] == sha256_of(der)


@dataclass(frozen=True)
class History:
    """What a board and the journal tell of it."""

    orphans: list[StepKind | None]
    """In which step each aborted attempt was cut off"""
    keygens: int
    """How often the board was asked for a key"""
    lost: int
    """How many of its keys the journal calls lost"""
    adopted: bool
    """Whether the last attempt went on with an earlier one's key"""
    intended: int = 1
    """How many certificates were ever meant for it"""


def read_history(line: Line, serial: str) -> History:
    with Records(line.folder / "data") as records:
        (unit,) = records.find_units(str(line.board(serial)["uuid"]))
        attempts = records.attempts_of_unit(unit.id)
        events = [entry.event for one in attempts for entry in records.entries_of(one.id)]
        made = [event for event in events if isinstance(event, StepFinished) and event.step is StepKind.GENERATE]
        return History(
            orphans=[one.orphan for one in attempts if one.outcome is Outcome.ABORTED],
            keygens=sum("%KEYGEN" in str(entry["command"]) for entry in line.bench.describe_log(serial)),
            lost=sum(isinstance(event, KeyLost) for event in events),
            adopted=made[-1].results["adopted_from"] is not None,
            intended=len(records.certificates_of(unit.device_id)),
        )


@pytest.mark.parametrize(
    ("point", "left"),
    [
        (("attempt-opened",), History([], 1, 0, adopted=False)),
        (("step-finished", "step=generate-key"), History([StepKind.SIGN], 1, 0, adopted=True)),
        (("certificate-intended",), History([StepKind.SIGN], 1, 0, adopted=True)),
        (("certificate-issued",), History([StepKind.SIGN], 1, 0, adopted=True)),
        (("attempt-closed",), History([], 1, 0, adopted=False)),
        (("upload-prepared",), History([], 1, 0, adopted=False)),
        (("upload-accepted",), History([], 1, 0, adopted=False)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_a_run_killed_at_an_entry_is_taken_up_by_the_next(line: Line, point: tuple[str, ...], left: History) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    crash(line, *point)
    require_sound(line, ["B1"], line.run(1))
    assert read_history(line, "B1") == left
    assert len(line.cloud_truth()["posts"]) == 1


# What each board does just before the kill, and what its first attempt leaves behind. The answer that is lost is that
# of a command which the board carried out.
HELD = {
    r"\+CGSN": History([], 1, 0, adopted=False),  # it had not said yet who it is
    "%CMNG=1": History([StepKind.CLEAR], 1, 0, adopted=False),
    "%KEYGEN": History([StepKind.GENERATE], 2, 1, adopted=False),
    "%CMNG=0,16842753,0,": History([StepKind.WRITE], 1, 0, adopted=True),
    "%CMNG=0,16842753,1,": History([StepKind.WRITE], 1, 0, adopted=True),
    "%JWT": History([StepKind.PROVE], 1, 0, adopted=True),
    r"\+CFUN=0": History([StepKind.STORE], 1, 0, adopted=True),
    "nothing": History([], 1, 0, adopted=False),
}


def test_boards_cut_off_in_eight_different_places_all_go_on(line: Line) -> None:
    serials = [f"B{number}" for number in range(1, 9)]
    for slot, (serial, command) in enumerate(zip(serials, HELD, strict=True), start=1):
        faults = {"commands": [{"do": "lose-answer", "match": command}]}
        line.bench.insert_described(slot, {"serial": serial, "faults": faults})
    with start_run(line, 8) as run:
        run.hear_event("attempt-closed", outcome="passed")
        until(line, lambda: all(struck(line, serial) for serial in serials[:-1]))
        run.kill()
    require_sound(line, serials, line.run(8))
    assert {command: read_history(line, serial) for serial, command in zip(serials, HELD, strict=True)} == HELD


def struck(line: Line, serial: str) -> bool:
    return any(entry["fault"] for entry in line.bench.describe_log(serial))


def test_a_board_that_is_cut_off_again_and_again_keeps_its_first_key(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    crash(line, "step-finished", "step=generate-key")
    crash(line, "step-intended", "step=clear-credentials")
    crash(line, "certificate-issued")
    require_sound(line, ["B1"], line.run(1))
    cut_off: list[StepKind | None] = [StepKind.SIGN, StepKind.CLEAR, StepKind.SIGN]
    assert read_history(line, "B1") == History(cut_off, 1, 0, adopted=True)


def test_a_key_that_the_power_cut_took_is_made_anew_and_its_certificate_ended(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1", "faults": {"traits": ["unflushed-lost"]}})
    crash(line, "certificate-issued")
    line.bench.power(1, on=False)
    line.bench.power(1, on=True)
    require_sound(line, ["B1"], line.run(1))
    assert read_history(line, "B1") == History([StepKind.SIGN], 2, 0, adopted=False, intended=2)


def test_a_key_that_somebody_replaced_meanwhile_is_not_taken_for_the_journals(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    crash(line, "certificate-issued")
    with Serial(str(line.folder / "data" / "bench" / "slot1"), 115200, timeout=PATIENCE) as port:
        for command in (f"AT%CMNG=3,{TAG},2", f"AT%KEYGEN={TAG},2,0"):
            port.write(command.encode() + b"\r\n")
            assert b"ERROR" not in port.read_until(b"OK\r\n")
    require_sound(line, ["B1"], line.run(1))
    assert read_history(line, "B1") == History([StepKind.SIGN], 3, 0, adopted=False, intended=2)


def test_a_board_goes_on_in_another_slot(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    crash(line, "certificate-issued")
    line.bench.remove(1)
    line.bench.insert_described(1, {"serial": "B2"})
    line.bench.insert_described(5, {"serial": "B1"})
    require_sound(line, ["B1", "B2"], line.run(2))
    assert read_history(line, "B1") == History([StepKind.SIGN], 1, 0, adopted=True)


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("step-intended", {"step": "generate-key"}),
        ("certificate-issued", {}),
    ],
)
def test_the_command_itself_killed_on_a_line_of_its_output(line: Line, event: str, fields: dict[str, str]) -> None:
    serials = ["B1", "B2", "B3"]
    for slot, serial in enumerate(serials, start=1):
        # Late answers, so that the kill comes while something is under way.
        late = [{"do": "late", "match": match, "seconds": 0.3} for match in ("%KEYGEN", "%CMNG=0", "%JWT")]
        line.bench.insert_described(slot, {"serial": serial, "faults": {"commands": late}})
    with start_run(line, 3) as run:
        run.hear_event(event, **fields)
        run.kill()
    require_sound(line, serials, line.run(3))


def test_a_body_on_its_way_when_the_process_died_is_found_and_not_sent_again(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    line.cloud.fail(Fault(SENDING, Do.SLOW, seconds=PATIENCE))
    with start_run(line, 1) as run:
        run.hear_event("upload-sending")
        until(line, lambda: bool(line.cloud_truth()["operations"]))
        run.kill()
    with run_station(line, "upload", "--json") as upload:
        assert upload.end() == 0, upload.errors
    assert upload.events()[-1]["counts"] == {"onboarded": 1}
    truth = line.cloud_truth()
    assert len(truth["posts"]) == 1
    assert [device["device_id"] for device in truth["devices"]] == [line.board("B1")["uuid"]]


def test_a_body_that_never_left_when_the_process_died_goes_in_the_end(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    crash(line, "upload-sending")
    opened = line.open()
    cloud = opened.cloud()
    assert cloud is not None
    with Station(opened, "a test") as station:
        station.enter(line.actor())
        outbox = station.outbox(cloud, OutboxRules(poll_first=0.05, settle=0.3))
        uploader = Uploader(outbox, line.clock, station.feed)
        uploader.nudge(flush=True)
        uploader.start()
        try:
            assert uploader.wait_idle(PATIENCE)
        finally:
            uploader.end()
        assert station.records.outbox_counts() == {CloudState.ONBOARDED: 1}
    assert [post["acted"] for post in line.cloud_truth()["posts"]].count(True) == 1
