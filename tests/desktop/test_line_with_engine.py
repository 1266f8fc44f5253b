"""The window's Line and Batch pages on a real engine: everything by scanner and keyboard, as on a line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from station.desktop.hold_button import HoldButton
from station.desktop.theme import Mood
from station.domain.ids import BatchId
from station.domain.line import SlotState
from tests.desktop.engine_rig import Rig, running
from tests.desktop.line_window import Window
from tests.line.harness import STAFF, Line, steps

LABEL = 'scheme = "serial"\npattern = "TRK-[0-9]{4}"'
BAD = {"serial": "BAD", "faults": {"traits": ["no-imei"]}}
"""A board that fails: its modem has no IMEI."""
GONE = {"serial": "GONE", "faults": {"commands": [{"do": "vanish", "match": "CGMR"}]}}
"""A board whose port goes away."""


@pytest.fixture
def rig(line: Line) -> Iterator[Rig]:
    line.write(slots=2)
    with running(line) as ready:
        yield ready


@pytest.fixture
def scanning(line: Line) -> Iterator[Rig]:
    line.recipe(device_id=LABEL)
    line.write(slots=2)
    with running(line) as ready:
        yield ready


@pytest.fixture
def window(rig: Rig, qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    made = Window(rig, qtbot, tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_whole_batch_by_scanner_and_keyboard(scanning: Rig, qtbot: QtBot, tmp_path: Path) -> None:
    window = Window(scanning, qtbot, tmp_path)
    try:
        window.sign_in("otto")
        window.arm(2)
        window.wait(lambda: window.window.stack.currentWidget() is window.line, "the line's page")
        window.wait(lambda: all(tile.mood is Mood.EMPTY for tile in window.line.grid.tiles.values()), "empty slots")
        for slot in (1, 2):
            scanning.line.bench.insert(slot)
        QTest.keyClick(window.line, "2")
        # A digit counts only once it is clear that no scanner typed it.
        window.wait(lambda: window.line._route.chosen == 2, "slot 2 to be chosen")
        window.scan("TRK-0002")
        window.scan("SLOT-1")
        window.scan("TRK-0001")
        window.wait(lambda: all(tile.mood is Mood.PASSED for tile in window.line.grid.tiles.values()), "both to pass")
        assert [window.tile(slot).tile.device_id for slot in (1, 2)] == ["TRK-0001", "TRK-0002"]
        window.wait(lambda: window.header.run == "idle", "the batch's end")
        with scanning.opened.records() as records:
            row = records.batch(BatchId("WO-1"))
            assert row is not None
            assert row.closed
            assert {unit.serial: unit.outcome for unit in records.units_of(BatchId("WO-1"))} == {
                "TRK-0001": "passed",
                "TRK-0002": "passed",
            }
    finally:
        window.end()


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_refused_label_is_said_in_the_tile(scanning: Rig, qtbot: QtBot, tmp_path: Path) -> None:
    window = Window(scanning, qtbot, tmp_path)
    try:
        window.sign_in("otto")
        window.arm(2)
        window.wait(lambda: window.tile(1).mood is Mood.EMPTY, "an empty slot")
        window.scan("SLOT-1")
        window.scan("two words")
        window.wait(lambda: any(text.startswith("SET-104") for text in window.tile(1).shown), "the refusal")
        assert window.line._route.given == {}
    finally:
        window.end()


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_failed_and_a_passed_board(rig: Rig, window: Window) -> None:
    window.sign_in("otto")
    window.arm(2)
    rig.line.bench.insert_described(1, BAD)
    rig.line.bench.insert(2)
    window.wait(lambda: window.tile(1).mood is Mood.FAILED, "the failure")
    window.wait(lambda: window.tile(2).mood is Mood.PASSED, "the pass")
    tile = window.tile(1)
    assert tile.tile.code == "AT-305"
    assert "Put the board aside" in tile.tile.sentence
    assert tile.accessibleName() == f"Slot 1: FAIL, AT-305 {tile.tile.sentence}"
    assert any(text.startswith("AT-305") for text in tile.shown)


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_line_lead_unlocks_a_slot_in_its_tile_and_an_operator_may_not(rig: Rig, window: Window) -> None:
    latch_first_slot(rig, window)
    tile, panel = window.tile(1), window.line.acknowledge
    assert tile.accessibleName().startswith("Slot 1: ERROR, ")
    window.line.grid.unlock.emit(1)
    assert panel.slot == 1
    window.type(panel.reason, "the port was taken")
    # An operator may not: the sentence is in the panel, and the slot stays as it is.
    window.type(panel.person.name, "otto")
    window.type(panel.person.secret, STAFF["otto"][0])
    window.press(Qt.Key.Key_Return, panel.person.secret)
    window.wait(lambda: panel.said.words.startswith("PPL-111"), "the refusal")
    assert tile.tile.state is SlotState.LATCHED
    assert panel.person.secret.text() == ""
    panel.person.name.clear()
    window.type(panel.person.name, "lena")
    window.type(panel.person.secret, STAFF["lena"][0])
    window.press(Qt.Key.Key_Return, panel.person.secret)
    window.wait(lambda: panel.slot is None, "the panel to close")
    window.wait(lambda: tile.tile.state is not SlotState.LATCHED, "the slot to work again")
    assert panel.person.secret.text() == ""
    person = window.window.person()
    assert person is not None
    assert person.name == "otto", "only that one act was Lena's"


@pytest.mark.parametrize("line", [2], indirect=True)
def test_pause_go_on_stop_by_holding_and_close_with_the_sum(rig: Rig, window: Window) -> None:
    window.sign_in("lena")
    window.arm(5)
    bar = window.line.bar
    pause = bar.findChild(type(bar._pause), "pause")
    stop = bar.findChild(HoldButton, "stop")
    assert pause is not None
    assert stop is not None
    rig.line.bench.insert(1)
    window.wait(lambda: window.tile(1).mood is Mood.PASSED, "the first board")
    window.press(Qt.Key.Key_Space, pause)
    window.wait(lambda: window.header.run == "paused", "the pause")
    rig.line.bench.insert(2)
    window.wait(lambda: pause.text() == "Resume", "the button to say so")
    window.press(Qt.Key.Key_Space, pause)
    window.wait(lambda: window.tile(2).mood is Mood.PASSED, "the second board, after the pause")
    # A short press stops nothing; a held one does.
    QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert stop.text() == "Hold 1 s"
    assert window.header.run == "running"
    stop.setFocus()
    QTest.keyPress(stop, Qt.Key.Key_Space)
    window.wait(lambda: window.header.run == "idle", "the line's rest")
    QTest.keyRelease(stop, Qt.Key.Key_Space)
    window.press(Qt.Key.Key_F2, window.window)
    close = window.batch.close_card
    window.wait(lambda: close.batches.currentText() == "WO-1" and close.do.isEnabled(), "the open batch")
    before = "5 ordered = 2 passed + 0 failed + 3 not started"
    window.wait(lambda: close.equation.sentence == before, "the sum")
    window.type(close.reason, "the order was cut short")
    window.press(Qt.Key.Key_Return, close.reason)
    window.wait(lambda: "is closed" in close.said.words, "the batch to be closed")
    assert close.equation.sentence == before
    assert close.equation.adds_up
    with rig.opened.records() as records:
        row = records.batch(BatchId("WO-1"))
        assert row is not None
        assert row.closed


@pytest.mark.parametrize("line", [2], indirect=True)
def test_an_open_batch_is_continued_in_one_press(rig: Rig, window: Window) -> None:
    window.sign_in("otto")
    window.arm(2)
    rig.line.bench.insert(1)
    window.wait(lambda: window.tile(1).mood is Mood.PASSED, "the first board")
    window.line.bar.stop.emit()
    window.wait(lambda: window.header.run == "idle", "the line's rest")
    window.press(Qt.Key.Key_F2, window.window)
    button = window.batch.now._go_on
    window.wait(lambda: button.isEnabled() and button.text() == "Continue WO-1", "the batch to be offered")
    window.press(Qt.Key.Key_Space, button)
    window.wait(lambda: window.header.run == "running", "the line to run")
    assert (window.header.batch, window.header.quantity, window.header.done) == ("WO-1", 2, 1)
    rig.line.bench.insert(2)
    window.wait(lambda: window.header.run == "idle", "the batch's end")


@pytest.mark.parametrize("line", [2], indirect=True)
def test_the_drawer_has_the_steps_of_the_journal_and_the_modems_words(rig: Rig, window: Window) -> None:
    window.sign_in("otto")
    window.arm(2)
    window.press(Qt.Key.Key_F1, window.window)
    window.tile(1).setFocus()
    window.press(Qt.Key.Key_Return, window.tile(1))
    drawer = window.line.drawer
    assert drawer.slot == 1
    rig.line.bench.insert(1)
    window.wait(lambda: window.tile(1).mood is Mood.PASSED, "the board")
    window.wait(lambda: all(row.outcome for row in drawer.steps.steps.rows) and drawer.steps.steps.rows, "the steps")
    assert [row.name for row in drawer.steps.steps.rows] == [
        "Identify",
        "Clear old credentials",
        "Generate key",
        "Sign certificate",
        "Write credentials",
        "Prove key",
        "Store and switch off",
    ]
    window.wait(lambda: "%KEYGEN" in drawer.log.toPlainText(), "the AT lines")
    window.press(Qt.Key.Key_Escape, drawer.log)
    assert drawer.slot is None
    assert drawer.isHidden()


UNCLEAR = """\
[[steps]]
do = "command"
name = "lock"
program = "{python}"
arguments = ["-c", "raise SystemExit(3)"]
repeat = "one-way"
timeout_s = 20
"""
"""A step that may never be done twice, of which nobody knows afterwards whether it was done."""


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_board_of_which_nobody_knows_is_held(line: Line, qtbot: QtBot, tmp_path: Path) -> None:
    line.recipe(table=steps() + UNCLEAR)
    line.write(slots=2)
    with running(line) as rig:
        window = Window(rig, qtbot, tmp_path)
        try:
            window.sign_in("otto")
            window.arm(2)
            rig.line.bench.insert(1)
            window.wait(lambda: window.tile(1).mood is Mood.QUARANTINED, "the quarantine")
            assert window.tile(1).accessibleName().startswith("Slot 1: HOLD, LINE-134 ")
            window.wait(lambda: not window.tile(1)._act.isHidden(), "the slot to ask for a line lead")
        finally:
            window.end()


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_finished_board_put_in_again_is_turned_away(rig: Rig, window: Window) -> None:
    window.sign_in("otto")
    window.arm(2)
    board = rig.line.bench.insert(1)
    window.wait(lambda: window.tile(1).mood is Mood.PASSED, "the board")
    rig.line.bench.remove(1)
    window.wait(lambda: window.tile(1).tile.state is SlotState.EMPTY, "the slot to be empty")
    assert window.tile(1).mood is Mood.PASSED, "its result stays in sight"
    rig.line.bench.insert(1, board)
    window.wait(lambda: window.tile(1).mood is Mood.ABORTED, "the board to be turned away")
    assert window.tile(1).tile.code


def latch_first_slot(rig: Rig, window: Window) -> None:
    """Have a board's port go away in the middle of its work: the station's own fault."""
    window.sign_in("otto")
    window.arm(2)
    rig.line.bench.insert_described(1, GONE)
    window.wait(lambda: window.tile(1).mood is Mood.ERROR, "the slot to latch")
