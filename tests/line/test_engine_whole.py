"""Batches by way of the engine's socket, as windows do it; the engine is a process of its own, and may be killed."""

import json
import os
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from station.domain.events import AttemptClosed
from station.domain.faults import Fault
from station.domain.ids import SlotNumber
from station.domain.line import CloudState, Outcome, SlotState
from station.domain.secret import Secret
from station.engine.client import CommandFailedError, attach
from station.engine.commands import Acknowledge, Pause, Resume, SignIn, SignOut, Stop, WatchSlot
from station.engine.prompts import PAUSED, PUT_IN, TAKE_OUT
from station.engine.pushes import Changed
from station.engine.results import Armed, Person
from station.engine.whereabouts import FILE_NAME, read_whereabouts
from station.host.clock import SystemClock
from station.host.files import replace_file
from station.host.lock import FolderLock
from tests.desktop.engine_rig import PATIENCE, Ear, Rig, running
from tests.line.harness import PASSPHRASE, STAFF, Line
from tests.line.processes import call_station, child_environment
from tests.stored_leaves import legible

FACE = """
import sys
from pathlib import Path
from station.opened import open_station
from station.engine.client import attach
from station.engine.commands import SignIn
from station.domain.secret import Secret
link = attach(open_station(Path(sys.argv[1])))
link.listen(lambda _push: None)
link.ask(SignIn(who="lena", pin=Secret("830275"))).result(60)
print("in", link.welcome.process, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def rig(line: Line) -> Iterator[Rig]:
    line.write(slots=2)
    with running(line) as ready:
        yield ready


pytestmark = pytest.mark.parametrize("line", [2], indirect=True)


def refused(face: Ear, command: object) -> str:
    """Return the code with which the command is refused."""
    with pytest.raises(CommandFailedError) as caught:
        face.ask(command)
    return caught.value.failed.code


def outcomes(rig: Rig) -> list[Outcome]:
    with rig.opened.records() as records:
        events = [entry.event for entry in records.entries_from(1)]
    return [event.outcome for event in events if isinstance(event, AttemptClosed)]


def test_a_batch_over_the_socket_in_front_of_two_windows(rig: Rig) -> None:
    with rig.ear() as face, rig.ear() as other:
        assert face.link.welcome.process == other.link.welcome.process
        assert refused(face, Pause()) == "ENG-131"
        person = face.sign_in("otto")
        assert isinstance(person, Person)
        assert (person.name, "RUN" in person.rights, "EXPORT" in person.rights) == ("otto", True, False)
        assert refused(face, Pause()) == "ENG-122"
        face.ask(WatchSlot(slot=SlotNumber(1)))
        armed = rig.arm(face, 2)
        assert isinstance(armed, Armed)
        assert "(" in armed.cloud
        # Nobody is signed in at the other one: it sees all, and may do nothing.
        other.wait(lambda: other.tiles[1].prompt == PUT_IN, "slot 1 to want a board")
        assert refused(other, Pause()) == "ENG-131"
        assert refused(face, SignIn(who="otto", pin=Secret("111222"))) == "PPL-101"
        rig.line.bench.insert(1)
        other.wait(lambda: other.tiles[1].prompt == TAKE_OUT, "slot 1 to be done")
        rig.line.bench.insert(2)
        for one in (face, other):
            one.wait_happened("closed", batch="WO-1")
            one.wait_run("idle")
            one.wait(lambda one=one: one.header.done == 2, "both to be counted")
            assert one.header.outcomes == {Outcome.PASSED: 2}
            assert (one.header.product, one.header.quantity, one.header.operator) == ("tracker", 2, "otto")
            assert [push.number for push in one.happened] == list(range(1, len(one.happened) + 1))
            passed = [push for push in one.happened if push.about == "passed"]
            assert sorted(push.slot or 0 for push in passed) == [1, 2]
            with rig.opened.records() as records:
                assert all(push.unit is not None and records.unit(push.unit) for push in passed)
        tile = face.tiles[1]
        assert tile.outcome is Outcome.PASSED
        assert (tile.step_index, tile.seconds is not None, tile.device_id is not None) == (tile.steps, True, True)
        said = [text for _, way, text in face.at_lines if way == ">"]
        assert any("KEYGEN" in text for text in said)
        assert not other.at_lines
        face.wait(lambda: face.header.uploads == {CloudState.ONBOARDED: 2}, "both to be onboarded")
        assert len(rig.line.cloud_truth()["devices"]) == 2
        face.ask(SignOut())
        assert refused(face, Stop()) == "ENG-131"


def test_pause_gives_no_board_a_place_and_stop_leaves_the_batch_open(rig: Rig) -> None:
    with rig.ear() as face:
        face.sign_in("lena")
        rig.arm(face, 2)
        face.ask(Pause())
        face.wait(lambda: face.header.run == "paused" and face.tiles[1].prompt == PAUSED, "the pause")
        rig.line.bench.insert(1)
        face.ask(Pause())
        face.ask(Resume())
        face.wait_happened("passed", slot=1)
        assert refused(face, Acknowledge(slot=SlotNumber(9), reason="x")) == "ENG-123"
        with pytest.raises(CommandFailedError) as caught:
            rig.arm(face, 5, batch="WO-2")
        assert caught.value.failed.code == "ENG-121"
        face.ask(Stop())
        face.wait_happened("stopped", batch="WO-1")
        face.wait_run("idle")
        assert all(tile.state is SlotState.STOPPED for tile in face.tiles.values())
        rig.line.bench.remove(1)
        # The same again goes on, and is complete with one more.
        before = len(face.heard)
        rig.arm(face, 2)
        rig.line.bench.insert(2)
        face.wait_happened("closed", batch="WO-1")
        assert outcomes(rig) == [Outcome.PASSED] * 2
        face.wait_run("idle")
        # What is shown of a batch was counted for it from the first moment on.
        rig.arm(face, 2, batch="WO-2")
        face.wait_run("running")
        face.ask(Stop())
        face.wait_run("idle")
        told = [push.header for push in face.heard[before:] if isinstance(push, Changed) and push.header is not None]
        # While it is armed the header still has the last run, and what had been counted of that by then.
        begun = [header for header in told if header.run not in ("idle", "arming")]
        at_work = [header.done for header in begun if header.batch == "WO-1"]
        assert at_work == sorted(at_work)
        assert at_work[0] == 1
        assert {header.done for header in begun if header.batch == "WO-2"} == {0}


def test_a_window_that_is_killed_stops_nothing(rig: Rig) -> None:
    with rig.face_process(FACE) as other:
        process = int(other.hear_text("in").split()[1])
        rig.started.append(process)
        with rig.ear() as face:
            assert face.link.welcome.process == process
            face.sign_in("otto")
            rig.arm(face, 1)
        os.kill(other.pid, signal.SIGKILL)
        other.kill()
        rig.line.bench.insert(1)
        with rig.ear() as again:
            assert again.link.welcome.process == process
            again.wait(lambda: again.header.done == 1 and again.header.run == "idle", "the batch to end")
    with rig.opened.records() as records:
        left = [entry.event.reason for entry in records.entries_of_kind("signed-out")]
    assert "the window was closed" in left


def test_a_killed_engine_is_noticed_at_once_and_the_batch_goes_on(rig: Rig) -> None:
    with rig.ear() as face:
        face.sign_in("otto")
        rig.arm(face, 2)
        rig.line.bench.insert_described(1, {"serial": "B1"})
        face.wait(lambda: face.tiles[1].step_index >= 2, "the board to be in work")
        dead = rig.kill()
        why = face.wait_lost()
        assert why.code == "ENG-104"
        assert refused(face, Pause()) == "ENG-104"
    found = read_whereabouts(rig.data)
    assert found is not None
    assert found.process == dead  # it had no time to clear away
    with rig.ear() as face:
        assert face.link.welcome.process != dead
        face.sign_in("otto")
        rig.arm(face, 2)
        rig.line.bench.insert(2)
        face.wait_happened("closed", batch="WO-1")
    with rig.opened.records() as records:
        assert sorted(unit.outcome or "" for unit in records.units_of("WO-1")) == ["passed"] * 2
        tally = records.tally("WO-1")
    assert tally.count(Outcome.PASSED) == 2


def test_two_windows_that_start_at_one_moment_find_one_engine(rig: Rig) -> None:
    with rig.face_process(FACE) as one, rig.face_process(FACE) as two:
        processes = {int(face.hear_text("in").split()[1]) for face in (one, two)}
        rig.started += processes
        assert len(processes) == 1
        assert stat.S_IMODE((rig.data / FILE_NAME).stat().st_mode) == 0o600
        # Commands that write are refused by name; those that read are not.
        code, _, errors = call_station(rig.line, "checkpoint")
        assert (code, "HOST-105" in errors, "the engine" in errors) == (4, True, True)
        assert call_station(rig.line, "units")[0] == 1
        assert call_station(rig.line, "engine", "--stop")[0] == 0
    for process in processes:
        gone(process)
    assert not (rig.data / FILE_NAME).exists()
    assert not list(rig.data.glob("*.sock"))
    assert call_station(rig.line, "engine", "--stop")[2].startswith("ENG-101")


@pytest.mark.parametrize("ends", [True, False])
def test_a_window_that_comes_while_a_command_is_at_work_waits_for_it_a_moment(rig: Rig, *, ends: bool) -> None:
    """Found by a window that was told of "another program (unknown)": it was the engine, just taking its folder."""
    command = FolderLock(rig.data, "a command")

    class Clock(SystemClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            if ends:
                command.release()
            return super().wait(event, seconds)

    opened = replace(rig.opened, clock=Clock())
    try:
        if not ends:
            with pytest.raises(Fault, match="a command, process") as caught:
                attach(opened)
            assert caught.value.code == "HOST-105"
            return
        link = attach(opened)
        rig.started.append(link.welcome.process)
        link.close()
    finally:
        command.release()


def gone(process: int) -> None:
    """Return when a process is gone."""
    tick = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        tick.wait(0.02)
    raise AssertionError(f"{process} lives")


def test_what_keeps_an_engine_from_starting_comes_back_as_its_sentence(rig: Rig) -> None:
    opened = rig.opened
    with pytest.raises(Fault) as caught:
        attach(opened, start=False)
    assert caught.value.code == "ENG-101"
    replace_file(rig.line.station_file, b"schema = 1\n")  # somebody broke it after the window had read it
    with mock.patch.dict(os.environ, child_environment({})), pytest.raises(Fault) as caught:
        attach(opened, timeout=PATIENCE)
    assert caught.value.code.startswith("SET-")
    assert "station.toml" in caught.value.sentence


def test_no_secret_stays_behind(rig: Rig) -> None:
    with rig.ear() as face:
        face.sign_in("edith")
        assert refused(face, SignIn(who="lena", pin=Secret("770011"))) == "PPL-101"
        rig.arm(face, 1)
        rig.line.bench.insert(1)
        face.wait_happened("closed")
    rig.end()
    texts = b"".join(path.read_bytes() for path in (rig.data / "logs").iterdir())
    texts += legible(rig.data / "journal.db")
    for secret in (STAFF["edith"][0], STAFF["lena"][0], "770011", PASSPHRASE, rig.line.cloud.api_key):
        assert secret.encode() not in texts


def test_garbage_costs_its_own_connection_alone(rig: Rig) -> None:
    with rig.ear() as face:
        found = read_whereabouts(rig.data)
        assert found is not None
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 5000, json.dumps({"number": 1}).encode()):
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.settimeout(PATIENCE)
                stranger.connect(found.address)
                stranger.sendall(garbage)
                with pytest.raises((EOFError, ConnectionError)):
                    read_to_end(stranger)
        face.sign_in("otto")
        assert Path(found.address).exists()


def read_to_end(stranger: socket.socket) -> None:
    """Read until the other side hangs up; then raise."""
    while stranger.recv(4096):
        pass
    raise EOFError
