"""Stop is held for a second: a press, a slip or a key's repetition stops nothing."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from station.desktop.hold_button import HoldButton

PATIENCE_MS = 20_000


@pytest.fixture
def button(qtbot: QtBot) -> HoldButton:
    made = HoldButton("Hold to stop")
    qtbot.addWidget(made)
    made.resize(200, 50)
    made.show()
    made.setFocus()
    return made


def test_a_short_press_does_nothing_but_say_how(button: HoldButton, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(button.held):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        QTest.keyClick(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: button.text() == "Hold 1 s")
    assert button.share == 0


@pytest.mark.parametrize("by", ["mouse", "space", "enter"])
def test_held_for_a_second_it_acts_once(button: HoldButton, qtbot: QtBot, by: str) -> None:
    heard: list[float] = []
    button.held.connect(lambda: heard.append(button.share))
    key = {"space": Qt.Key.Key_Space, "enter": Qt.Key.Key_Return}.get(by)
    if key is None:
        QTest.mousePress(button, Qt.MouseButton.LeftButton)
    else:
        QTest.keyPress(button, key)
    grown: list[float] = []
    qtbot.waitUntil(lambda: grown.append(button.share) or bool(heard), timeout=PATIENCE_MS)  # type: ignore[func-returns-value]  # both in one look
    assert any(0.0 < share < 1.0 for share in grown), "it shows how far it is"
    if key is None:
        QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    else:
        QTest.keyRelease(button, key)
    QApplication.processEvents()
    assert len(heard) == 1
    assert button.text() == "Hold to stop"


def test_a_keys_repetition_does_not_begin_anew(button: HoldButton, qtbot: QtBot) -> None:
    QTest.keyPress(button, Qt.Key.Key_Space)
    QApplication.processEvents()
    began = button._since.msecsSinceReference()
    repeated = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", True)
    let_go = QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", True)
    for event in (let_go, repeated):
        QApplication.sendEvent(button, event)
    assert button._since.isValid()
    assert button._since.msecsSinceReference() == began
    QTest.keyRelease(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not button._since.isValid())


@pytest.mark.parametrize("how", ["slides off", "is disabled", "loses the focus"])
def test_it_lets_go_when_the_person_does(button: HoldButton, qtbot: QtBot, how: str) -> None:
    with qtbot.assertNotEmitted(button.held):
        QTest.mousePress(button, Qt.MouseButton.LeftButton)
        assert button._since.isValid()
        match how:
            case "slides off":
                QTest.mouseMove(button, QPoint(500, 500))
            case "is disabled":
                button.setEnabled(False)
            case _:
                button.clearFocus()
        QApplication.processEvents()
        assert not button._since.isValid()
