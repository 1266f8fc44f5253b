"""What the engine says reaches the window in order, in the window's own thread, and its loss is told."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from unittest import mock

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from station.desktop import bridge as bridging
from station.desktop.background import Background
from station.desktop.bridge import AT_ONCE, TILES_AT_ONCE, Bridge
from station.domain.ids import SlotNumber
from station.domain.secret import Secret
from station.engine.commands import SignIn
from station.engine.pushes import Beat, Changed, Happened, Header, Tile, Welcome
from station.engine.results import Failed, Person, Result
from station.engine.whereabouts import PURPOSE
from station.host.clock import SystemClock
from station.host.lock import FolderLock
from station.journal.database import FILE_NAME
from station.journal.schema import MIGRATIONS
from tests.desktop.engine_rig import PATIENCE, Rig
from tests.faults.formats import format_at, take_back_format
from tests.line.harness import STAFF
from tests.line.processes import child_environment

MS = int(PATIENCE * 1000)


@dataclass
class Listener:
    """Everything that a bridge says, with the thread in which it said so."""

    heard: list[object] = field(default_factory=list)
    gone: list[Failed] = field(default_factory=list)
    threads: set[threading.Thread] = field(default_factory=set)

    def hear(self, push: object) -> None:
        self.threads.add(threading.current_thread())
        self.heard.append(push)

    def go(self, why: object) -> None:
        self.threads.add(threading.current_thread())
        assert isinstance(why, Failed)
        self.gone.append(why)

    def of(self, kind: type) -> list[object]:
        return [push for push in self.heard if isinstance(push, kind)]


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.end()


@pytest.fixture
def bridged(rig: Rig, background: Background) -> Iterator[tuple[Bridge, Listener]]:
    bridge, listener = Bridge(rig.opened, background), Listener()
    bridge.heard.connect(listener.hear)
    bridge.gone.connect(listener.go)
    yield bridge, listener
    bridge.end()


def test_the_engine_is_heard_asked_lost_and_found_again(
    rig: Rig, bridged: tuple[Bridge, Listener], qtbot: QtBot
) -> None:
    bridge, listener = bridged
    with rig.ear() as ear:  # starts it
        bridge.connect_engine()
        qtbot.waitUntil(lambda: bool(listener.of(Beat)), timeout=MS)
        assert isinstance(listener.heard[0], Welcome)
        assert bridge.now is not None
        assert [tile.slot for tile in bridge.now.tiles] == [1, 2]

        answers: list[Result | Failed] = []
        bridge.ask(SignIn(who="edith", pin=Secret("00000000")), answers.append, answers.append)
        bridge.ask(SignIn(who="edith", pin=Secret(STAFF["edith"][0])), answers.append, answers.append)
        qtbot.waitUntil(lambda: len(answers) == 2, timeout=MS)
        assert {type(answer) for answer in answers} == {Failed, Person}

        ear.sign_in()
        rig.arm(ear, quantity=1)
        qtbot.waitUntil(lambda: bridge.now is not None and bridge.now.header.batch == "WO-1", timeout=MS)
    rig.kill()
    qtbot.waitUntil(lambda: bool(listener.gone), timeout=MS)
    assert listener.gone[0].code == "ENG-104"
    assert bridge.now is None
    bridge.ask(SignIn(who="edith", pin=Secret("1")), answers.append, answers.append)
    qtbot.waitUntil(lambda: len(answers) == 3, timeout=MS)
    assert isinstance(answers[2], Failed)

    rig.link().close()
    bridge.connect_engine()
    qtbot.waitUntil(lambda: len(listener.of(Welcome)) == 2, timeout=MS)
    assert listener.threads == {threading.main_thread()}


def test_an_engine_that_brings_the_record_to_its_format_is_told_of_and_waited_for(
    rig: Rig, background: Background, qtbot: QtBot
) -> None:
    """However long that takes, and whoever has started it: another window's engine may be at it."""
    journal, other = rig.data / FILE_NAME, FolderLock(rig.data, PURPOSE)
    take_back_format(journal, len(MIGRATIONS) - 1)
    waited = list[float]()

    class Clock(SystemClock):
        def monotonic(self) -> float:
            return super().monotonic() + sum(waited)

        def wait(self, event: threading.Event, seconds: float) -> bool:
            waited.append(60.0)  # more than any other start may take
            other.release()
            return super().wait(event, seconds)

    bridge, listener = Bridge(replace(rig.opened, clock=Clock()), background), Listener()
    bridge.heard.connect(listener.hear)
    bridge.gone.connect(listener.go)
    bridge.migrating.connect(lambda: listener.hear("migrating"))
    try:
        with mock.patch.dict(os.environ, child_environment({})):
            bridge.connect_engine()
            qtbot.waitUntil(lambda: bool(listener.of(Welcome) or listener.gone), timeout=MS)
        assert not listener.gone
        assert bridge.now is not None
        rig.started.append(bridge.now.process)
        assert waited
        assert listener.heard[0] == "migrating"
        assert isinstance(listener.heard[1], Welcome)
        assert listener.threads == {threading.main_thread()}
        assert format_at(journal) == len(MIGRATIONS)
    finally:
        bridge.end()
        other.release()


def test_a_flood_is_handed_over_in_order_and_changes_as_one(qtbot: QtBot, rig: Rig, background: Background) -> None:
    bridge, listener = Bridge(rig.opened, background), Listener()
    bridge.heard.connect(listener.hear)
    many = AT_ONCE * 3
    tile = Tile(slot=SlotNumber(1))
    changes = [
        Changed(tiles=(tile,), header=Header(done=1)),
        Changed(tiles=(Tile(slot=SlotNumber(1), step="sign"),)),
        Changed(tiles=(Tile(slot=SlotNumber(2)),)),
    ]
    events = [Happened(number=number, at="", about="told") for number in range(many)]

    def flood() -> None:
        for push in (*changes, *events):
            bridge._put(push)

    thread = threading.Thread(target=flood)
    thread.start()
    thread.join()
    assert listener.heard == []  # nothing is said in the other thread
    qtbot.waitUntil(lambda: len(listener.of(Happened)) == many)
    assert [push.number for push in listener.heard if isinstance(push, Happened)] == list(range(many))
    (change,) = listener.of(Changed)
    assert isinstance(change, Changed)
    assert (change.header, [(tile.slot, tile.step) for tile in change.tiles]) == (
        Header(done=1),
        [(1, "sign"), (2, "")],
    )
    assert listener.threads == {threading.main_thread()}


def test_a_whole_fixture_that_changes_lets_the_window_draw_in_between(
    qtbot: QtBot, rig: Rig, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridging, "HOLD_S", 0.0)  # as on a PC on which each part takes its time
    bridge, listener = Bridge(rig.opened, background), Listener()
    bridge.heard.connect(listener.hear)
    header, turns = Header(done=7), list[int]()
    bridge._put(Changed(tiles=tuple(Tile(slot=SlotNumber(slot)) for slot in range(1, 33)), header=header))
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(len(listener.heard)))
    timer.start(0)
    qtbot.waitUntil(lambda: len(listener.heard) == 32 // TILES_AT_ONCE)
    timer.stop()
    parts = [push for push in listener.heard if isinstance(push, Changed)]
    assert [tile.slot for part in parts for tile in part.tiles] == list(range(1, 33))
    assert [part.header for part in parts] == [None] * (len(parts) - 1) + [header]
    assert len(set(turns)) > 4, "others had their turn between the parts"


def test_a_mistake_in_one_page_keeps_nobody_else_from_hearing(
    qtbot: QtBot, rig: Rig, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge, listener = Bridge(rig.opened, background), Listener()
    told: list[str] = []
    monkeypatch.setattr("sys.excepthook", lambda _kind, error, _trace: told.append(str(error)))

    def fail() -> None:
        raise ValueError("a page's mistake")

    bridge.heard.connect(listener.hear)
    bridge._put(fail)
    bridge._put(Happened(number=1, at="", about="told"))
    qtbot.waitUntil(lambda: len(listener.heard) == 1)
    assert told == ["a page's mistake"]
