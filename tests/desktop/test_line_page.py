"""The Line page without an engine: scans, choosing, the drawer, unlocking, and an engine that is gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from station.desktop import style
from station.desktop.batch_page import BatchPage
from station.desktop.line_page import LinePage
from station.desktop.theme import Theme
from station.desktop.tile import SlotTile
from station.domain.ids import SlotNumber
from station.domain.line import Outcome, SlotState
from station.engine.commands import Acknowledge, Pause, Resume, Scan, Stop, WatchSlot
from station.engine.prompts import CALL_LEAD, PUT_IN_AND_SAY, SCAN
from station.engine.pushes import AtLines, Header, Tile
from station.engine.results import Done, Failed, Person
from tests.desktop.line_rig import Around, change, shown, welcome

EMPTY, RUNNING, LATCHED = SlotState.EMPTY, SlotState.RUNNING, SlotState.LATCHED
REFUSED = Failed(code="LINE-188", sentence="TRK-1 is used already: check it.")


def slot(number: int, state: SlotState = EMPTY, **more: object) -> Tile:
    return Tile(slot=SlotNumber(number), state=state, **more)  # type: ignore[arg-type]  # each test gives its own fields


LOCKED = slot(2, LATCHED, code="DEV-105", sentence="The port is gone. Put it back.", prompt=CALL_LEAD)
LENA = Person(id="p2", name="Lena", roles=("line-lead",), rights=("RUN", "ACKNOWLEDGE"))


@pytest.fixture
def around(tmp_path: Path) -> Around:
    return Around(tmp_path)


@pytest.fixture
def page(around: Around, qtbot: QtBot) -> Iterator[LinePage]:  # noqa: ARG001 -- Qt is there then
    made = LinePage(around.surroundings)
    with shown(around, made):
        made.welcome(welcome([slot(number) for number in range(1, 9)], scans_labels=True))
        yield made


def test_a_label_goes_to_the_slot_that_is_marked(page: LinePage, around: Around) -> None:
    assert "slot 1" in page.bar.said.whole
    assert "next scanned label goes here" in page.grid.tiles[SlotNumber(1)].accessibleDescription()
    page.scanned("TRK-1")
    assert around.commands == [Scan(slot=SlotNumber(1), label="TRK-1")]
    assert "TRK-1 goes here" in page.grid.tiles[SlotNumber(1)].shown
    assert "slot 2" in page.bar.said.whole
    page.changed(change(slot(1, RUNNING, label="TRK-1")))
    assert "TRK-1 goes here" not in page.grid.tiles[SlotNumber(1)].shown


def test_the_line_above_says_what_small_tiles_have_no_room_for(page: LinePage) -> None:
    page.resize(1200, 620)
    page.welcome(welcome([slot(number) for number in range(1, 33)]))
    assert page.bar.fault.isHidden()
    place = page.bar.geometry()
    story = "The port usb-example is not there any more."
    mend = "Check the board's seat, the cable and the fixture file."
    page.changed(change(slot(7, LATCHED, attempt=3, code="DEV-101", sentence=f"{story} {mend}", prompt=CALL_LEAD)))
    assert page.bar.fault.isVisible()
    assert page.bar.fault.whole == f"Slot 7: DEV-101 {story} {mend}"
    assert mend in page.bar.fault.text()
    again = story[:-1] + ", for somebody has pulled it out and not put it in again" * 4 + "."
    page.changed(change(slot(7, LATCHED, attempt=3, code="DEV-101", sentence=f"{again} {mend}", prompt=CALL_LEAD)))
    assert page.bar.fault.text().startswith(f"Slot 7: DEV-101 {mend}")
    assert page.bar.geometry() == place
    page.changed(change(slot(7, RUNNING, attempt=4)))
    assert page.bar.fault.isHidden()


def test_a_typed_number_or_a_slots_code_chooses_the_slot(page: LinePage, around: Around, qtbot: QtBot) -> None:
    QTest.keyClick(page.grid.tiles[SlotNumber(1)], "5")
    qtbot.waitUntil(lambda: page.bar.said.whole == "Slot 5 is chosen: scan its label.")
    page.scanned("TRK-1")
    page.scanned("SLOT-7")
    page.scanned("TRK-2")
    assert around.commands == [Scan(slot=SlotNumber(5), label="TRK-1"), Scan(slot=SlotNumber(7), label="TRK-2")]
    page.scanned("SLOT-9")
    assert around.said == [("", "SLOT-9: this fixture has no such slot.")]


@pytest.mark.parametrize("text", ["352656100000127", "SN7", "7X"])
def test_digits_of_a_scan_choose_no_slot(page: LinePage, around: Around, qtbot: QtBot, text: str) -> None:
    for letter in text:
        QTest.keyClick(page.grid.tiles[SlotNumber(1)], letter)
    qtbot.waitUntil(lambda: not page._digits)
    page.scanned("TRK-1")
    assert around.commands == [Scan(slot=SlotNumber(1), label="TRK-1")]


def test_a_label_scanned_beside_the_unlocking_goes_to_its_slot(page: LinePage, around: Around) -> None:
    page.changed(change(LOCKED))
    page.grid.tiles[SlotNumber(2)]._act.click()
    page.scanned("TRK-1")
    assert around.commands == [Scan(slot=SlotNumber(1), label="TRK-1")]
    assert page.acknowledge.person.who() == ""


def test_two_digits_choose_a_slot_of_a_large_fixture(page: LinePage, qtbot: QtBot) -> None:
    page.welcome(welcome([slot(number) for number in range(1, 33)], scans_labels=True))
    for digit in "17":
        QTest.keyClick(page, digit)
    qtbot.waitUntil(lambda: page.bar.said.whole == "Slot 17 is chosen: scan its label.")
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert "it goes to slot 1." in page.bar.said.whole


def test_a_refused_scan_is_said_in_the_tile_and_in_the_strip(page: LinePage, around: Around) -> None:
    page.scanned("TRK-1")
    _, _, failed = around.last(Scan)
    failed(REFUSED)
    tile = page.grid.tiles[SlotNumber(1)]
    assert any(text.startswith("LINE-188") for text in tile.shown)
    assert REFUSED.sentence in tile.toolTip()
    assert around.said[-1] == ("LINE-188", f"TRK-1: {REFUSED.sentence}")
    assert "slot 1" in page.bar.said.whole, "the slot waits again"


def test_a_label_without_a_slot_is_not_lost_in_silence(page: LinePage, around: Around) -> None:
    page.changed(change(*[slot(number, RUNNING) for number in range(1, 9)]))
    page.scanned("TRK-9")
    assert around.commands == []
    assert "TRK-9" in around.said[-1][1]


def test_somebody_says_that_a_board_is_in(page: LinePage, around: Around) -> None:
    page.changed(change(slot(3, prompt=PUT_IN_AND_SAY)))
    page.grid.tiles[SlotNumber(3)]._act.click()
    assert around.commands == [Scan(slot=SlotNumber(3), label=None)]


def test_whoever_may_unlocks_with_a_reason_alone(page: LinePage, around: Around) -> None:
    around.who = LENA
    page.changed(change(LOCKED))
    page.grid.tiles[SlotNumber(2)]._act.click()
    panel = page.acknowledge
    assert panel.slot == 2
    assert panel.person.isHidden()
    QTest.keyClick(panel.reason, Qt.Key.Key_Return)
    assert around.commands == [], "no reason, no unlocking"
    QTest.keyClicks(panel.reason, "cable")
    QTest.keyClick(panel.reason, Qt.Key.Key_Return)
    (asked,) = around.commands
    assert asked == Acknowledge(slot=SlotNumber(2), reason="cable")
    _, done, _ = around.last(Acknowledge)
    done(Done())
    assert panel.slot is None


def test_an_operator_has_a_line_lead_type_name_and_pin(page: LinePage, around: Around) -> None:
    around.who = Person(id="p3", name="Otto", roles=("operator",), rights=("RUN",))
    page.changed(change(LOCKED))
    page.grid.tiles[SlotNumber(2)]._act.click()
    panel = page.acknowledge
    assert not panel.person.isHidden()
    QTest.keyClicks(panel.reason, "cable")
    panel.person.setFocus()
    page.scanned("BADGE-LENA")
    assert panel.person.who() == "BADGE-LENA"
    QTest.keyClicks(panel.person.secret, "830275")
    QTest.keyClick(panel.person.secret, Qt.Key.Key_Return)
    command, _, failed = around.last(Acknowledge)
    assert (command.who, command.pin.reveal(), command.reason) == ("BADGE-LENA", "830275", "cable")
    assert "830275" not in repr(command)
    failed(Failed(code="PPL-111", sentence="BADGE-LENA may not do that."))
    assert "PPL-111" in panel.said.words
    assert panel.person.secret.text() == ""


def test_the_panel_lies_over_its_tile_and_closes_when_somebody_else_unlocks(page: LinePage) -> None:
    page.changed(change(LOCKED))
    page.grid.tiles[SlotNumber(2)]._act.click()
    tile = page.grid.tiles[SlotNumber(2)]
    place = QRect(tile.mapTo(page._body, tile.rect().topLeft()), tile.size())
    assert page.acknowledge.geometry().contains(place.center())
    assert page._body.rect().contains(page.acknowledge.geometry())
    page.changed(change(slot(2)))
    assert page.acknowledge.slot is None


def test_the_drawer_watches_its_slot_and_no_other(page: LinePage, around: Around) -> None:
    QTest.mouseClick(page.grid.tiles[SlotNumber(4)], Qt.MouseButton.LeftButton)
    assert around.commands == [WatchSlot(slot=SlotNumber(4))]
    page.at_lines(AtLines(slot=SlotNumber(4), lines=(("2026-05-04T10:00:00.123+00:00", ">", "AT+CGSN"),)))
    page.at_lines(AtLines(slot=SlotNumber(5), lines=(("2026-05-04T10:00:00+00:00", ">", "AT+CFUN"),)))
    assert page.drawer.log.toPlainText().endswith(".123 > AT+CGSN")
    QTest.keyClick(page.drawer, Qt.Key.Key_Escape)
    assert around.commands[-1] == WatchSlot(slot=None)
    assert page.drawer.isHidden()
    assert page.grid.tiles[SlotNumber(4)].hasFocus()


@pytest.mark.parametrize(("size", "count"), [((1280, 720), 8), ((1280, 720), 32), ((1920, 1080), 32)])
def test_a_drawer_moves_no_tile_to_another_row(tmp_path: Path, qtbot: QtBot, size: tuple[int, int], count: int) -> None:
    around = Around(tmp_path, size=size)
    page = LinePage(around.surroundings)
    with shown(around, page):
        page.welcome(welcome([slot(number) for number in range(1, count + 1)]))
        before = page.grid.columns
        QTest.mouseClick(page.grid.tiles[SlotNumber(2)], Qt.MouseButton.LeftButton)
        assert page.drawer.slot == 2
        assert page.grid.columns == before
        assert all(tile.areas.big >= 46 for tile in page.grid.tiles.values())
        assert page._body.rect().contains(page.drawer.geometry())
    assert qtbot is not None


def test_the_whole_fault_is_in_the_drawer(page: LinePage) -> None:
    sentence = " ".join(["The modem did not store it."] * 20)
    page.changed(change(slot(1, SlotState.DONE, outcome=Outcome.FAILED, code="LINE-122", sentence=sentence)))
    page.grid.tiles[SlotNumber(1)].setFocus()
    QTest.keyClick(page.grid.tiles[SlotNumber(1)], Qt.Key.Key_Return)
    assert page.drawer.fault.text() == f"LINE-122 {sentence}"


def test_arrows_go_through_the_tiles_and_tab_leaves_them(page: LinePage) -> None:
    tiles = page.grid.tiles
    tiles[SlotNumber(1)].setFocus()
    for key, there in ((Qt.Key.Key_Right, 2), (Qt.Key.Key_Down, 6), (Qt.Key.Key_Left, 5), (Qt.Key.Key_Up, 1)):
        QTest.keyClick(page.focusWidget(), key)
        assert tiles[SlotNumber(there)].hasFocus(), key
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
    assert not any(tile.hasFocus() for tile in tiles.values())


def test_pausing_and_going_on(page: LinePage, around: Around) -> None:
    page.bar._pause.click()
    page.changed(change(header=Header(run="paused")))
    page.bar._pause.click()
    page.bar._stop.held.emit()
    assert around.commands == [Pause(), Resume(), Stop()]


def test_a_stopping_line_says_what_each_slot_does(page: LinePage) -> None:
    page.changed(change(slot(3, RUNNING, step="Flash", step_index=2, steps=10), header=Header(run="stopping")))
    assert "slot 3: 3/10 Flash the application" in page.bar.said.whole
    assert not page.bar._stop.isEnabled()


def test_what_a_lost_engine_told_is_marked_as_old(page: LinePage) -> None:
    page.lost()
    assert "may be old" in page.bar.said.whole
    assert all("may be old" in tile.accessibleDescription() for tile in page.grid.tiles.values())
    assert not page.bar._stop.isEnabled()
    page.welcome(welcome([slot(number, prompt=SCAN) for number in range(1, 9)]))
    assert not any("may be old" in tile.accessibleDescription() for tile in page.grid.tiles.values())


def test_an_idle_line_leads_to_arming(page: LinePage, qtbot: QtBot) -> None:
    page.changed(change(header=Header(run="idle")))
    with qtbot.waitSignal(page.go_to) as led:
        page.bar._arm.click()
    assert led.args == ["batch"]


@pytest.mark.parametrize("kind", [LinePage, BatchPage])
def test_every_control_has_a_name_for_those_who_do_not_see_it(
    around: Around, qtbot: QtBot, kind: type[LinePage] | type[BatchPage]
) -> None:
    page = kind(around.surroundings)
    with shown(around, page):
        if isinstance(page, LinePage):
            page.welcome(welcome([slot(1), LOCKED]))
        controls = [one for one in page.findChildren(QWidget) if isinstance(one, _CONTROLS)]
        nameless = [one.objectName() for one in controls if not one.accessibleName() and not one.isHidden()]
        assert controls
        assert [name for name in nameless if not name.startswith("qt_")] == []
    assert qtbot is not None


_CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QSpinBox, QPlainTextEdit, QTableView, SlotTile)


@pytest.mark.parametrize("dark", [False, True])
def test_a_change_of_theme_reaches_every_tile(page: LinePage, around: Around, dark: bool) -> None:
    around.theme = Theme(dark, 0.8)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    for theme in (Theme(not dark, 0.8), around.theme):
        style.apply(app, theme)
    tiles = page.grid.tiles.values()
    assert {tile._theme for tile in tiles} == {around.theme}
