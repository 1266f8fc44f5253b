"""The engine's server in this process: time that jumps, faces that don't listen, commands that take their time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from station.app import Station
from station.domain.events import FaultRecord, SlotLatched
from station.domain.ids import BatchId, SlotNumber
from station.domain.line import CloudState, SlotState
from station.domain.secret import Secret
from station.engine.client import CommandFailedError, attach
from station.engine.commands import (
    Acknowledge,
    Arm,
    ChangePerson,
    Checkpoint,
    CloseBatch,
    Export,
    ListPeople,
    Release,
    SaveSettings,
    SettingsFile,
    ShowProduct,
    Shutdown,
    Stop,
)
from station.engine.face import MOST_WAITING
from station.engine.prompts import CALL_LEAD
from station.engine.results import Done, Person, Product, Reconciliation, Roll, Saved
from station.engine.server import Server
from station.engine.whereabouts import FILE_NAME, read_whereabouts
from station.engine.wire import GREETING, LONGEST
from station.host.clock import SystemClock
from station.host.files import sha256_of
from station.host.local_socket import LONGEST_PATH, LocalConnection, dial, greet
from station.line.feed import Told
from tests.desktop.engine_rig import PATIENCE, Ear
from tests.line.harness import CHEAP, STAFF, Line

pytestmark = pytest.mark.parametrize("line", [1], indirect=True)


class Ahead(SystemClock):
    """This PC's clock, set ahead by a test."""

    ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


@contextmanager
def serving(line: Line, *, linger: float = 1000.0) -> Iterator[tuple[Server, Station]]:
    """A server on the line's station, with its door open."""
    with Station(line.open(), "the engine", CHEAP) as station:
        server = Server(station, linger=linger)
        try:
            server.open()
            yield server, station
        finally:
            server.close()
    assert not (line.folder / "data" / FILE_NAME).exists()
    assert not list((line.folder / "data").glob(".engine.sock"))


def ear(line: Line) -> Ear:
    return Ear(attach(line.open(), start=False, timeout=PATIENCE))


@pytest.fixture
def ready(line: Line) -> Line:
    """A line of one slot with released settings, whose clock a test may set ahead."""
    line.clock = Ahead()
    line.write(slots=1)
    line.release()
    return line


def code_of(face: Ear, command: object) -> str:
    with pytest.raises(CommandFailedError) as caught:
        face.ask(command)
    return caught.value.failed.code


def stranger(line: Line) -> LocalConnection:
    """A face that has shown itself, and listens to nothing."""
    found = read_whereabouts(line.folder / "data")
    assert found is not None
    connection = dial(found.address, PATIENCE)
    connection.limit_silence(PATIENCE)
    greet(connection, found.key, GREETING)
    return connection


def latch(line: Line) -> None:
    """Have slot 1 be latched since an earlier session."""
    with Station(line.open(), "an earlier session") as station:
        fault = FaultRecord("DEV-101", "The port is gone. Plug it in.", "")
        station.journal.commit(SlotLatched(slot=SlotNumber(1), attempt=None, fault=fault))


def test_who_is_away_too_long_is_signed_out(ready: Line) -> None:
    with serving(ready), ear(ready) as face:
        face.sign_in("otto")
        face.wait(lambda: face.beats and face.beats[-1].idle_seconds, "a beat that counts")
        assert isinstance(ready.clock, Ahead)
        ready.clock.ahead = 601.0
        face.wait_happened("signed-out")
        assert code_of(face, Checkpoint()) == "ENG-131"
        face.sign_in("edith")
        face.ask(Checkpoint())
    with ready.open().records() as records:
        left = [(entry.by, entry.event.reason) for entry in records.entries_of_kind("signed-out")]
    assert ("p3", "away too long") in left


def test_an_engine_that_nobody_needs_ends(ready: Line) -> None:
    with serving(ready, linger=30.0) as (server, _):
        with ear(ready):
            ready.clock.ahead = 31.0
            assert not server.over.wait(1.5)  # while somebody is there, it is needed: more than one beat long
        assert not server.over.is_set()
        ready.clock.ahead = 100.0
        assert server.over.wait(PATIENCE)


def test_a_face_that_does_not_listen_is_left_and_holds_nobody_up(ready: Line) -> None:
    with serving(ready) as (_, station), ear(ready) as face:
        deaf = stranger(ready)
        for number in range(MOST_WAITING * 3):
            station.feed.publish(Told("TEST-1", f"{number} {'x' * 200}"))
        face.wait(lambda: len(face.happened) == MOST_WAITING * 3, "everything at the one that listens")
        assert [push.number for push in face.happened] == list(range(1, MOST_WAITING * 3 + 1))
        with pytest.raises((OSError, EOFError)):
            read_all(deaf)
        deaf.close()
        face.sign_in("otto")


def read_all(connection: LocalConnection) -> None:
    while True:
        connection.receive(LONGEST * 16)


def test_a_long_export_holds_up_no_acknowledgement(ready: Line, tmp_path: Path) -> None:
    latch(ready)
    with serving(ready) as (server, _), ear(ready) as face:
        assert (face.tiles[1].state, face.tiles[1].prompt) == (SlotState.LATCHED, CALL_LEAD)
        assert face.tiles[1].sentence.startswith("The port is gone")
        face.sign_in("edith")
        batch = BatchId("WO-1")
        armed = face.link.ask(Arm(batch=batch, product="tracker", quantity=1))
        armed.result(PATIENCE)
        # Somebody else makes a checkpoint that takes for ever, and this export needs one too.
        checkpoint = server._record._one
        checkpoint.acquire()
        export = face.link.ask(Export(folder=str(tmp_path / "out"), batch=batch, forms=("bundle",)))
        lead = {"who": "lena", "pin": Secret(STAFF["lena"][0])}
        assert code_of(face, Acknowledge(slot=SlotNumber(1), reason=" ", **lead)) == "PPL-112"
        assert code_of(face, Acknowledge(slot=SlotNumber(1), reason="x", who="otto", pin=Secret("619403"))) == "PPL-111"
        face.ask(Acknowledge(slot=SlotNumber(1), reason="plugged in", **lead))
        face.wait(lambda: face.tiles[1].state is SlotState.EMPTY, "the slot to want a board")
        assert not export.done()
        checkpoint.release()
        with pytest.raises(CommandFailedError, match="EVD-122"):  # no board was in yet
            export.result(PATIENCE)
        assert face.tiles[1].code == ""
    with ready.open().records() as records:
        (entry,) = records.entries_of_kind("slot-acknowledged")
    assert (entry.by, entry.event.operator) == ("p2", "p2")


def test_what_waits_goes_to_the_cloud_without_a_run_once_somebody_signs_in(ready: Line) -> None:
    ready.bench.insert(1)
    assert ready.run(1, upload=False).all_passed
    with serving(ready), ear(ready) as face:
        face.wait(lambda: face.header.uploads == {CloudState.WAITING: 1}, "the unit in the outbox")
        assert face.header.oldest_waiting
        face.sign_in("quinn")  # who may not upload
        assert not ready.cloud_truth()["devices"]
        face.sign_in("otto")
        face.wait_happened("uploads")
        face.wait(lambda: face.header.uploads == {CloudState.ONBOARDED: 1}, "the unit to be onboarded")
        assert face.header.oldest_waiting is None
        assert len(ready.cloud_truth()["devices"]) == 1


def test_a_slot_is_acknowledged_without_a_run_too(ready: Line) -> None:
    latch(ready)
    with serving(ready), ear(ready) as face:
        face.sign_in("lena")
        face.ask(Acknowledge(slot=SlotNumber(1), reason="plugged in"))
        face.wait_happened("acknowledged", slot=1)
        face.wait(lambda: face.tiles[1].state is SlotState.STOPPED, "the slot to rest")
        assert code_of(face, Acknowledge(slot=SlotNumber(2), reason="x")) == "ENG-123"


def test_people_settings_and_batches_by_way_of_the_socket(ready: Line) -> None:
    with serving(ready), ear(ready) as face:
        assert face.header.people
        product = face.ask(ShowProduct(product="tracker"))
        assert isinstance(product, Product)
        assert (product.unreleased, product.for_cloud, product.passphrase_asked) == ((), True, False)
        face.sign_in("edith")
        roll = face.ask(ListPeople())
        assert isinstance(roll, Roll)
        assert [person.name for person in roll.people] == list(STAFF)
        added = face.ask(ChangePerson(change="add", person="nina", pin=Secret("640913"), roles=("operator",)))
        assert isinstance(added, Person)
        face.wait_happened("people")
        assert code_of(face, ChangePerson(change="promote", person="nina")) == "ENG-126"
        assert code_of(face, ChangePerson(change="add", person="x", pin=Secret("640914"), roles=("boss",))) == "ENG-126"
        # Somebody who may be a second person takes one.
        more = {"roles": ("line-lead",), "reason": "promoted"}
        assert code_of(face, ChangePerson(change="roles", person="nina", **more)) == "PPL-113"
        agreed = {**more, "second": "lena", "second_pin": Secret(STAFF["lena"][0])}
        lead = face.ask(ChangePerson(change="roles", person="nina", **agreed))
        assert isinstance(lead, Person)
        assert lead.roles == ("line-lead",)
        # A settings file is replaced when it is sound, and has to be released then.
        recipe = ready.folder / "recipes" / "tracker.toml"
        before = recipe.read_text()
        why = {"before": sha256_of(before.encode()), "reason": "a comment"}
        assert code_of(face, SaveSettings(file="recipe:tracker", text="x = 1", **why)).startswith("SET-")
        assert recipe.read_text() == before
        saved = face.ask(SaveSettings(file="recipe:tracker", text=f"# changed\n{before}", **why))
        assert isinstance(saved, Saved)
        assert recipe.read_text().startswith("# changed")
        arm = Arm(batch=BatchId("WO-1"), product="tracker", quantity=1)
        assert code_of(face, arm) == "LINE-181"
        face.wait_run("idle")
        files = (SettingsFile(file=saved.file, sha256=saved.sha256),)
        assert isinstance(face.ask(Release(reason="read it", files=files)), Done)
        assert code_of(face, Arm(batch=BatchId("no name"), product="tracker", quantity=1)) == "ENG-128"
        assert code_of(face, Arm(batch=BatchId("WO-1"), product="tracker", quantity=0)) == "ENG-129"
        face.ask(arm)
        assert code_of(face, CloseBatch(batch=BatchId("WO-1"), reason="x")) == "ENG-121"
        assert code_of(face, Shutdown()) == "ENG-121"
        face.ask(Stop())
        face.wait_run("idle")
        counted = face.ask(CloseBatch(batch=BatchId("WO-1"), reason="the customer left"))
        assert isinstance(counted, Reconciliation)
        assert (counted.quantity, counted.outcomes, counted.not_started) == (1, {}, 1)
        assert any("Checkpoint" in word for word in counted.words)


def test_a_passphrase_that_is_typed_opens_the_ca(ready: Line) -> None:
    text = ready.station_file.read_text().replace('passphrase = { file = "passphrase" }\n', "")
    ready.station_file.write_text(text)
    with serving(ready), ear(ready) as face:
        face.sign_in("edith")
        arm = {"batch": BatchId("WO-1"), "product": "tracker", "quantity": 1, "reason": "typed now"}
        product = face.ask(ShowProduct(product="tracker"))
        assert isinstance(product, Product)
        assert product.passphrase_asked
        assert code_of(face, Arm(**arm)) == "ENG-125"
        assert code_of(face, Arm(**arm, passphrase=Secret("wrong horse"))) == "CA-103"
        face.ask(Arm(**arm, passphrase=Secret("correct horse battery staple")))
    texts = (ready.folder / "data" / "logs" / "station.log").read_text()
    assert "horse" not in texts


def test_faces_hear_that_the_engine_ends_and_a_new_one_is_told_so(ready: Line) -> None:
    with serving(ready) as (server, _):
        with ear(ready) as face, ear(ready) as other:
            assert code_of(face, Shutdown()) == "ENG-131"
            other.sign_in("edith")
            assert code_of(face, Shutdown()) == "ENG-131", "nobody is signed in at that face"
            assert isinstance(face.ask(Shutdown(command_line=True)), Done)
            assert server.over.wait(PATIENCE)
            thread = threading.Thread(target=server.close)
            thread.start()
            assert face.wait_lost().code == other.wait_lost().code == "ENG-105"
            thread.join()
        assert not [
            one
            for one in threading.enumerate()
            if one.name.startswith(("face", "command", "beat", "door", "counting", "uploader", "shift", "engine link"))
        ]


def test_a_data_folder_with_a_long_path_has_an_engine_too(ready: Line) -> None:
    folder = ready.folder / ("d" * LONGEST_PATH)
    ready.folder.joinpath("data").rename(folder)
    ready.station_file.write_text(ready.station_file.read_text().replace('data = "data"', f'data = "{folder.name}"'))
    (ready.folder / "data").mkdir()
    with serving(ready), ear(ready) as face:
        assert face.link.welcome.data == str(folder)
        assert not list(folder.glob(".engine.sock"))
