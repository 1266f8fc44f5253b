"""Who finds which engine: copies of a folder, an engine that is just ending, one of another version, one that hangs."""

import json
import os
import threading
from concurrent.futures import Future
from pathlib import Path
from unittest import mock

import pytest

import station.engine.client
import station.engine.orders
from station.app import Station
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.engine.client import CommandFailedError, EngineLink, attach
from station.engine.commands import Export, SaveSettings
from station.engine.process import stop_engine
from station.engine.pushes import Header, Welcome
from station.engine.results import Answer, Failed
from station.engine.server import Server
from station.engine.whereabouts import FILE_NAME, read_whereabouts
from station.engine.wire import GREETING, LONGEST_ANSWER, decode_reply, decode_request
from station.host.files import read_bytes, replace_file
from station.host.local_socket import LocalConnection, LocalListener, admit, dial, greet
from station.host.lock import FolderLock, find_owner
from tests.desktop.engine_rig import PATIENCE, running
from tests.line.harness import CHEAP, Line
from tests.line.test_engine_faces import Ahead, ear, serving, stranger

alone = pytest.mark.parametrize("line", [1], indirect=True)


@pytest.fixture
def ready(line: Line) -> Line:
    line.clock = Ahead()
    line.write(slots=1)
    line.release()
    return line


def copy_of(line: Line, folder: Path, *, claiming: bool) -> Line:
    """Return a station whose data folder came here with the address of another one's engine in it."""
    other = Line(folder, line.bench, line.cloud, line.clock)
    (folder / "data").mkdir(parents=True)
    other.write(slots=1)
    told = json.loads(read_bytes(line.folder / "data" / FILE_NAME))
    if claiming:
        told["folder"] = str((folder / "data").resolve())
    replace_file(folder / "data" / FILE_NAME, json.dumps(told).encode())
    return other


@alone
@pytest.mark.parametrize("claiming", [False, True])
def test_a_copy_of_a_folder_at_work_does_not_reach_the_other_engine(
    ready: Line, tmp_path: Path, *, claiming: bool
) -> None:
    with serving(ready) as (server, _):
        copy = copy_of(ready, tmp_path / "copy", claiming=claiming)
        assert (read_whereabouts(copy.folder / "data") is not None) == claiming
        with pytest.raises(Fault) as caught:
            attach(copy.open(), start=False, timeout=PATIENCE)
        assert caught.value.code == "ENG-101"
        assert not server.over.is_set()


@alone
@pytest.mark.announces("the data folder is gone")
def test_an_engine_whose_folder_was_taken_away_ends_and_leaves_the_next_one_alone(ready: Line) -> None:
    """Else two engines work on one fixture's boards, and what the first one writes is found by nobody."""
    data = ready.folder / "data"
    with Station(ready.open(), "the engine", CHEAP) as station:
        server = Server(station, linger=1000.0)
        server.open()
        face = ear(ready)
        try:
            face.wait(lambda: not server._orders.working, "what is begun with the engine")
            data.rename(ready.folder / "away")
            with Station(ready.open(), "the engine", CHEAP) as another:
                second = Server(another, linger=1000.0)
                second.open()
                assert server.over.wait(PATIENCE)
                server.close()
                face.wait(lambda: face.why, "the end")
                assert face.why is not None
                assert face.why.code == "ENG-110"
                with ear(ready) as later:  # whose address and socket are where it put them
                    later.wait(lambda: later.header.station, "the other engine's welcome")
                assert not second.over.is_set()
                second.close()
        finally:
            server.close()
            face.link.close()


@alone
def test_whoever_comes_when_the_engine_ends_is_told_so_instead_of_being_welcomed(ready: Line) -> None:
    with serving(ready) as (server, _):
        server.over.set()
        late = stranger(ready)
        said = decode_reply(late.receive(LONGEST_ANSWER))
        late.close()
        assert isinstance(said, Answer)
        assert isinstance(said.result, Failed)
        assert said.result.code == "ENG-105"


@alone
@pytest.mark.announces("work hangs and is left to itself")
def test_work_that_hangs_does_not_keep_the_engine_from_ending(ready: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station.engine.orders, "_PATIENCE", 0.2)
    for_ever, begun = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        for_ever.wait()

    with serving(ready) as (server, _):
        assert server._orders.later(hang)
        assert begun.wait(PATIENCE)
    for_ever.set()


@alone
def test_a_pipe_is_no_checkpoint_and_holds_nobody_up(ready: Line, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with serving(ready), ear(ready) as face:
        face.sign_in("quinn")
        export = Export(
            folder=str(tmp_path / "out"), batch=BatchId("WO-1"), forms=("bundle",), since=str(tmp_path / "pipe")
        )
        with pytest.raises(CommandFailedError) as caught:
            face.ask(export)
        assert caught.value.failed.code == "HOST-101"


def test_asking_an_engine_that_stands_still_waits_for_nothing(tmp_path: Path) -> None:
    listener, taken = LocalListener(tmp_path), Future[LocalConnection]()

    def engine() -> None:
        connection = listener.accept()
        assert connection is not None
        admit(connection, b"k" * 32, GREETING)
        taken.set_result(connection)

    threading.Thread(target=engine, daemon=True).start()
    connection = dial(listener.address, PATIENCE)
    greet(connection, b"k" * 32, GREETING)
    other = taken.result(PATIENCE)
    header = Header()
    link = EngineLink(
        connection,
        Welcome(protocol=1, version="", process=0, station_file="", data=str(tmp_path), header=header, tiles=()),
    )
    link.listen(lambda _push: None)
    try:
        # More than any buffer between the two takes, and the other side reads nothing until both were asked.
        texts = ["x" * 900_000, "y" * 900_000]
        answers = [link.ask(SaveSettings(file="station", text=text, before="", reason="a test")) for text in texts]
        assert not any(answer.done() for answer in answers)
        heard = [decode_request(other.receive(LONGEST_ANSWER)).command for _ in texts]
        assert [getattr(command, "text", "") for command in heard] == texts
    finally:
        link.close()
        other.close()
        listener.stop()
        listener.close()
    assert all(answer.done() for answer in answers)


def test_who_owns_a_folder_is_told_while_somebody_does(tmp_path: Path) -> None:
    assert find_owner(tmp_path) is None
    with FolderLock(tmp_path, "the engine"):
        assert (find_owner(tmp_path) or "").startswith(f"the engine, process {os.getpid()} of ")
    assert find_owner(tmp_path) is None


@alone
def test_an_engine_of_another_version_can_be_ended(line: Line) -> None:
    line.write(slots=1)
    with (
        running(line) as rig,
        rig.ear() as window,
        mock.patch.object(station.engine.client, "GREETING", b"nrf91-station engine 0"),
    ):
        with pytest.raises(Fault) as caught:
            attach(rig.opened, start=False, timeout=PATIENCE)
        assert caught.value.code == "ENG-106"
        assert "another version" in stop_engine(rig.opened)
        assert window.wait_lost().code in ("ENG-104", "ENG-105")
