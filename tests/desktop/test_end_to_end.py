"""What may never fail at a line: who may do what, the record found again, an engine or a window that is killed."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from station.ca.authority import Authority
from station.desktop.station_page import SETTINGS, StationPage
from station.desktop.theme import Mood
from station.desktop.units_page import UnitsPage
from station.domain.ids import BatchId
from station.domain.line import CloudState, Outcome, SlotState
from station.domain.secret import Secret
from station.engine.commands import Command, Release, SaveSettings
from station.engine.results import Failed
from tests.desktop.engine_rig import Rig
from tests.desktop.line_window import PATIENCE_MS, Window
from tests.line.harness import PASSPHRASE, STAFF
from tests.line.processes import Process
from tests.line.truth import require_truth

AT_ONCE = 2.0
"""Seconds after which a dead engine must be seen in the tiles."""
STUCK = {"serial": "STUCK", "faults": {"commands": [{"do": "hang", "match": "KEYGEN"}]}}
"""A board that stays in the middle of its work until somebody puts it in again."""
BATCH = BatchId("WO-1")


@pytest.fixture
def window(rig: Rig, qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    made = Window(rig, qtbot, tmp_path)
    yield made
    made.end()


def ask(window: Window, command: Command) -> Failed | None:
    """Ask the engine past all that the pages keep from being asked; return its refusal."""
    answers: list[Failed | None] = []
    window.bridge.ask(command, lambda _result: answers.append(None), answers.append)
    window.wait(lambda: answers, "the engine's answer")
    return answers[0]


def sign_out(window: Window) -> None:
    window.press(Qt.Key.Key_F8, window.window)
    window.wait(lambda: window.window.person() is None, "nobody to be signed in")


def require_whole(rig: Rig, quantity: int) -> None:
    """Every unit of the batch was built once: in the journal, on its board, and at the cloud."""
    opened = rig.opened
    authority = Authority.open(opened.value.ca_folder, Secret(PASSPHRASE), opened.clock)
    with opened.records() as records:
        units = records.units_of(BATCH)
        row = records.batch(BATCH)
        require_truth(rig.line, records, opened.recipe("tracker").value, authority)
    assert row is not None
    assert row.closed
    assert [unit.outcome for unit in units] == [Outcome.PASSED] * quantity
    assert len({unit.imei for unit in units}) == quantity
    assert {unit.cloud for unit in units} == {CloudState.ONBOARDED}


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_unit_is_built_sent_and_found_and_each_role_does_its_own(rig: Rig, window: Window) -> None:
    # QA reads, and arms nothing.
    window.sign_in("quinn")
    window.press(Qt.Key.Key_F2, window.window)
    form = window.batch.form
    window.wait(lambda: form.product is not None, "the product")
    window.type(form.batch, "WO-1")
    window.press(Qt.Key.Key_Return, form.batch)
    window.wait(lambda: form.said.words.startswith("PPL-111"), "the refusal")
    assert "run a batch" in form.said.words
    window.wait(lambda: window.header.run == "idle", "the line to rest again")
    with rig.opened.records() as records:
        assert records.batch(BATCH) is None
    sign_out(window)

    # An operator arms; the unit is built and goes to the cloud.
    window.sign_in("otto")
    window.arm(1)
    rig.line.bench.insert(1)
    window.wait(lambda: window.tile(1).mood is Mood.PASSED, "the board")
    window.wait(lambda: window.header.run == "idle", "the batch's end")
    window.wait(lambda: window.header.uploads.get(CloudState.ONBOARDED) == 1, "the cloud's answer")
    device = str(window.tile(1).tile.device_id)

    # It is found by what somebody types, and its record opens.
    window.press(Qt.Key.Key_F3, window.window)
    units = window.window.pages["units"]
    assert isinstance(units, UnitsPage)
    window.type(units.filters.search, device[:8])
    window.wait(lambda: units.model.wanted.text == device[:8] and units.model.count == 1, "the unit")
    window.press(Qt.Key.Key_Return, units.filters.search)
    window.wait(lambda: units.record.shown is not None, "its record")
    assert str(units.record.shown.record.unit.device_id) == device
    window.type(units.filters.search, "x")
    units.back()
    window.wait(lambda: units.model.count == 0, "nothing to be found by a wrong word")
    units.filters.search.clear()

    # An operator declares no rework, with whomever beside: the engine says so, and the unit stays what it is.
    units._open_side(units.rework)
    units.rework.offer(units.record.shown.record.unit.device_id)
    window.type(units.rework.reason, "a scratch")
    window.type(units.rework.second.name, "lena")
    window.type(units.rework.second.secret, STAFF["lena"][0])
    units.rework.go.click()
    window.wait(lambda: units.rework.said.words.startswith("PPL-111"), "the refusal")
    with rig.opened.records() as records:
        assert not records.units_of(BATCH)[0].rework
    units._close_side()

    # Nor does one change settings: the page stays locked, and where it did not, the engine would refuse.
    window.press(Qt.Key.Key_F6, window.window)
    page = window.window.pages["station"]
    assert isinstance(page, StationPage)
    page.show_panel(SETTINGS)
    window.wait(page.settings.text.toPlainText, "the file")
    unlock = page.settings.findChild(QPushButton, "settings.unlock")
    assert unlock is not None
    unlock.click()
    assert not page.settings.unlocked
    assert page.settings.said.words.startswith("Only an engineer")
    before = rig.line.station_file.read_bytes()
    for command in (
        SaveSettings(file="station", text="", before="", reason="a try"),
        Release(reason="a try", files=()),
    ):
        refused = ask(window, command)
        assert refused is not None
        assert (refused.code, "change the settings" in refused.sentence) == ("PPL-111", True)
    assert rig.line.station_file.read_bytes() == before
    require_whole(rig, 1)


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_killed_engine_is_seen_at_once_and_the_batch_goes_on(rig: Rig, window: Window, qtbot: QtBot) -> None:
    window.sign_in("otto")
    window.arm(3)
    rig.line.bench.insert_described(1, {"serial": "FIRST"})
    rig.line.bench.insert_described(2, STUCK)
    window.wait(lambda: window.tile(1).mood is Mood.PASSED, "the first board")
    window.wait(lambda: window.tile(2).tile.step.lower().startswith("generate"), "the second to be in work")
    with qtbot.waitSignal(window.bridge.gone, timeout=PATIENCE_MS):
        begun = time.monotonic()
        rig.kill()
    assert time.monotonic() - begun < AT_ONCE
    for tile in window.line.grid.tiles.values():
        assert tile.accessibleDescription().startswith("The engine is gone: this may be old.")
    said = window.window.strip.shown
    assert said is not None
    assert (said.code, said.action) == ("ENG-104", "Start again")
    assert window.window.person() is None

    # Boards come out: nobody knows how far the second is. Then the engine is started again from the window.
    for slot in (1, 2):
        rig.line.bench.remove(slot)
    start = window.window.strip.findChild(QPushButton, "strip-action")
    assert start is not None
    with qtbot.waitSignal(window.bridge.heard, timeout=PATIENCE_MS):
        window.press(Qt.Key.Key_Space, start)
    window.wait(lambda: window.bridge.now is not None, "the engine to be back")
    assert window.bridge.now is not None
    rig.started.append(window.bridge.now.process)
    assert window.window.strip.shown is None or window.window.strip.shown.code != "ENG-104"
    window.sign_in("otto")
    window.press(Qt.Key.Key_F2, window.window)
    go_on = window.batch.now._go_on
    window.wait(lambda: go_on.isEnabled() and go_on.text() == "Continue WO-1", "the batch to be offered")
    window.press(Qt.Key.Key_Space, go_on)
    window.wait(lambda: window.header.run == "running", "the line to run")
    window.wait(lambda: window.header.done == 1, "the unit that was built before to count")
    rig.line.bench.insert_described(1, {"serial": "STUCK"})
    rig.line.bench.insert_described(2, {"serial": "THIRD"})
    window.wait(lambda: window.header.run == "idle", "the batch's end")
    window.wait(lambda: window.header.uploads.get(CloudState.ONBOARDED) == 3, "the cloud's answer")
    require_whole(rig, 3)


WINDOW = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from station.desktop import main
from station.domain.ids import BatchId
from station.domain.secret import Secret
from station.engine.commands import Arm, SignIn
from station.engine.pushes import Changed, Welcome

def say(words):
    print(words, flush=True)

class Own(main.Desktop):
    def open(self):
        self.bridge.heard.connect(self.hear)
        super().open()

    def hear(self, push):
        if isinstance(push, Welcome):
            say(f"engine {push.process}")
            self.bridge.ask(SignIn(who="otto", pin=Secret(PIN)), self.arm, say)
        elif isinstance(push, Changed):
            for tile in push.tiles:
                say(f"tile {tile.slot} {tile.state} {tile.step}")

    def arm(self, _person):
        self.bridge.ask(Arm(batch=BatchId("WO-1"), product="tracker", quantity=2), lambda _armed: say("armed"), say)

main.Desktop = Own
main.run_desktop(Path(sys.argv[1]), preferences_file=Path(sys.argv[1]).with_name("desktop.ini"))
"""
"""The window as a program of its own, whose person signs in and arms by itself."""


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_killed_window_stops_nothing_and_a_new_one_shows_it(rig: Rig, qtbot: QtBot, tmp_path: Path) -> None:
    with Process(
        [sys.executable, "-c", WINDOW.replace("PIN", repr(STAFF["otto"][0])), rig.line.station_file],
        environment={"QT_QPA_PLATFORM": "offscreen"},
    ) as first:
        rig.started.append(int(first.hear_text("engine").split()[1]))
        first.hear_text("armed")
        rig.line.bench.insert_described(1, STUCK)
        first.hear_text("tile 1 running Generate")
        first.kill()
    # Nobody looks now; the line goes on all the same.
    rig.line.bench.insert_described(2, {"serial": "SECOND"})
    window = Window(rig, qtbot, tmp_path)
    try:
        assert set(rig.started) == {rig.started[0]}, "it is the same engine"
        assert (window.header.run, window.header.batch) == ("running", "WO-1")
        window.wait(lambda: window.tile(2).mood is Mood.PASSED, "what was built meanwhile")
        assert window.tile(1).tile.state is not SlotState.STOPPED
        assert window.window.person() is None
        rig.line.bench.remove(1)
        window.wait(lambda: window.tile(1).mood is not Mood.RUNNING, "the board that was taken out")
        window.sign_in("lena")
        if window.tile(1).tile.state is SlotState.LATCHED:
            window.line.grid.unlock.emit(1)
            window.type(window.line.acknowledge.reason, "taken out")
            window.press(Qt.Key.Key_Return, window.line.acknowledge.reason)
        window.wait(lambda: window.tile(1).tile.state is SlotState.EMPTY, "the slot to be free")
        rig.line.bench.insert_described(1, {"serial": "STUCK"})
        window.wait(lambda: window.header.run == "idle", "the batch's end")
        window.wait(lambda: window.header.uploads.get(CloudState.ONBOARDED) == 2, "the cloud's answer")
        require_whole(rig, 2)
    finally:
        window.end()
