"""The first run, gone through as a person does who has no mouse, on a real engine and a simulated bench."""

import os
import signal
import stat
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from station.desktop import style
from station.desktop.preferences import Preferences
from station.desktop.theme import Theme
from station.desktop.wizard import Wizard
from station.doctor.findings import State
from station.doctor.reading import run_doctor
from station.domain.line import Outcome
from station.engine.whereabouts import read_whereabouts
from station.host.files import sha256_of
from station.opened import open_station
from station.people.roll import People
from station.settings.first_fixture import render_simulated
from station.settings.first_station import FirstStation, write_station
from tests.line.processes import child_environment

PATIENCE_MS = 90_000
PIN, PASSPHRASE = "582914", "correct horse battery"


@pytest.fixture
def begun(tmp_path: Path, qapp: QApplication) -> Iterator[Wizard]:
    """A wizard for a station in an empty folder; an engine that it started ends with the test."""
    style.apply(qapp, Theme(dark=False, scale=0.8))
    with mock.patch.dict(os.environ, child_environment({})):
        wizard = Wizard(tmp_path / "works" / "station.toml", Theme(False, 0.8), Preferences(tmp_path / "desktop.ini"))
        wizard.resize(1280, 720)
        wizard.show()
        wizard.activateWindow()
        try:
            yield wizard
        finally:
            wizard.end()
            wizard.close()
            wizard.deleteLater()
            found = read_whereabouts(tmp_path / "works" / "data")
            if found is not None:
                os.kill(found.process, signal.SIGTERM)


class Typist:
    """Nobody but keys: Tab, letters, Space and Enter."""

    def __init__(self, wizard: Wizard, qtbot: QtBot) -> None:
        self.wizard, self.qtbot = wizard, qtbot

    @property
    def focused(self) -> QWidget:
        """What has the focus; a window that has just come gets it a moment later, perhaps from one that goes."""

        def ours() -> QWidget | None:
            found = QApplication.focusWidget()
            return found if found is not None and self.wizard.isAncestorOf(found) else None

        self.qtbot.waitUntil(lambda: ours() is not None, timeout=PATIENCE_MS)
        found = ours()
        assert found is not None
        return found

    def reach(self, name: str) -> None:
        """Press Tab until this widget has the focus; it must be reached within one round."""
        for _ in range(60):
            focused = self.focused
            if focused.objectName() == name:
                return
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        raise AssertionError(f"{name} is not reached by Tab in {self.wizard.step.heading}")

    def write(self, name: str, text: str) -> None:
        """Write into a field, in place of what it has."""
        self.reach(name)
        focused = self.focused
        QTest.keyClick(focused, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        if text.isascii():
            QTest.keyClicks(focused, text)
            return
        typed = QInputMethodEvent()  # as letters come that no key has
        typed.setCommitString(text)
        QApplication.sendEvent(focused, typed)

    def press(self, name: str, key: Qt.Key = Qt.Key.Key_Space) -> None:
        self.reach(name)
        QTest.keyClick(self.focused, key)

    def enter(self, heading: str) -> None:
        """Press Enter where the focus is, and see the step of this heading come."""
        self.wait(self.wizard.next.isEnabled, "the step to be answered")
        QTest.keyClick(self.focused, Qt.Key.Key_Return)
        self.wait(lambda: self.wizard.step.heading == heading, heading)

    def wait(self, reached: object, what: str) -> None:
        def look() -> None:
            assert reached(), f"waited for {what}: {self.wizard.step.heading}: {self.wizard.step.said.words}"

        self.qtbot.waitUntil(look, timeout=PATIENCE_MS)


def test_a_station_is_begun_by_keyboard_alone_and_builds_its_first_unit(
    begun: Wizard, qtbot: QtBot, tmp_path: Path
) -> None:
    hands, folder = Typist(begun, qtbot), tmp_path / "works"
    hands.enter("Station")
    hands.write("wizard.line", "Line 1, Halle Süd")
    hands.enter("Fixture")
    assert not folder.exists(), "nothing may be written before it is begun"
    hands.write("wizard.slots", "2")
    hands.enter("Cloud")
    hands.enter("You")
    hands.write("wizard.name", "Edith")
    hands.write("wizard.pin.first", PIN)
    hands.write("wizard.pin.again", PIN)
    hands.enter("CA")
    hands.write("wizard.ca.name", "Test Works")
    hands.write("wizard.ca.passphrase", PASSPHRASE)
    hands.write("wizard.ca.again", PASSPHRASE)
    hands.enter("Begin")
    assert not folder.exists()
    hands.press("wizard.next", Qt.Key.Key_Return)
    hands.wait(lambda: begun.step.heading == "Copies", "the beginning")

    hands.write("wizard.copy-to", str(tmp_path / "stick"))
    hands.press("wizard.copy")
    hands.wait(lambda: begun.answers.copies, "the copy")
    hands.press("wizard.write-sheet")
    hands.wait(lambda: begun.answers.sheet, "the sheet")
    hands.press("wizard.next", Qt.Key.Key_Return)
    hands.wait(lambda: begun.step.heading == "Checks", "the checks")
    hands.wait(lambda: begun.step.panel.findings, "the doctor")
    hands.press("wizard.next", Qt.Key.Key_Return)
    hands.wait(lambda: begun.step.heading == "First unit", "the first unit's step")
    hands.wait(lambda: begun.step.product.currentText() == "tracker", "the products")
    hands.press("wizard.build", Qt.Key.Key_Return)
    hands.wait(lambda: begun.answers.tried, "the first unit")
    hands.press("wizard.next", Qt.Key.Key_Return)
    hands.wait(lambda: begun.step.heading == "Done", "the end")
    assert begun.findChild(QLabel, "wizard.end.unit").text() == begun.answers.tried
    with qtbot.waitSignal(begun.accepted):
        hands.press("wizard.next", Qt.Key.Key_Return)

    opened = open_station(folder / "station.toml")
    assert (opened.value.station_id, opened.value.line) == ("line-1-halle-sud", "Line 1, Halle Süd")
    assert [one.name for one in People(opened.value.data, opened.clock).all] == ["Edith"]
    with opened.records() as records:
        (unit,) = records.find_units("")
        assert unit.outcome is Outcome.PASSED
        assert unit.device_id == begun.answers.tried
        assert records.active_certificate(unit.device_id) is not None
    (copy,) = (tmp_path / "stick").iterdir()
    for file in (opened.value.data / "ca").iterdir():
        assert sha256_of((copy / file.name).read_bytes()) == sha256_of(file.read_bytes())
    troubles = [one for one in run_doctor(folder / "station.toml") if one.state is State.TROUBLE]
    assert not troubles
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / "station.toml").stat().st_mode) == 0o600
    for file in (path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        assert PIN.encode() not in content, file
        assert PASSPHRASE.encode() not in content, file


def test_what_is_missing_is_said_and_nothing_goes_on_before(begun: Wizard, qtbot: QtBot) -> None:
    hands = Typist(begun, qtbot)
    hands.enter("Station")
    hint = begun.findChild(QLabel, "wizard.hint")
    assert hint.text() == "Give the line a name."
    QTest.keyClick(hands.focused, Qt.Key.Key_Return)
    assert begun.step.heading == "Station"
    hands.write("wizard.line", "线路")
    assert "station ID" in hint.text()  # nothing of that name can stand in one
    hands.write("wizard.station-id", "xian-1")
    hands.enter("Fixture")
    QTest.keyClick(begun, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert begun.step.heading == "Station"
    assert begun.step.identity.text() == "xian-1"
    hands.enter("Fixture")
    hands.enter("Cloud")
    assert not begun.step.team_api.isEnabled(), "simulated boards must not reach a real account"
    hands.enter("You")
    hands.write("wizard.name", "Edith")
    hands.write("wizard.pin.first", "58291")
    assert "again" in hint.text()


def test_a_weak_pin_is_refused_where_it_can_still_be_changed(begun: Wizard, qtbot: QtBot, tmp_path: Path) -> None:
    hands = Typist(begun, qtbot)
    hands.enter("Station")
    hands.write("wizard.line", "L1")
    for heading in ("Fixture", "Cloud", "You"):
        hands.enter(heading)
    hands.write("wizard.name", "Edith")
    hands.write("wizard.pin.first", "1234")
    hands.write("wizard.pin.again", "1234")
    hands.enter("CA")
    hands.write("wizard.ca.name", "Test Works")
    hands.write("wizard.ca.passphrase", PASSPHRASE)
    hands.write("wizard.ca.again", PASSPHRASE)
    hands.enter("Begin")
    hands.press("wizard.next", Qt.Key.Key_Return)
    hands.wait(lambda: "PPL-123" in begun.step.said.words, "the refusal")
    first = tomllib.loads((tmp_path / "works" / "station.toml").read_text(encoding="utf-8"))
    begun.go_back()
    begun.go_back()
    assert begun.step.heading == "You"  # the settings stand; only people and CA are still asked for
    hands.write("wizard.pin.first", PIN)
    hands.write("wizard.pin.again", PIN)
    hands.enter("CA")
    hands.enter("Begin")
    hands.press("wizard.next", Qt.Key.Key_Return)
    hands.wait(lambda: begun.step.heading == "Copies", "the beginning")
    assert tomllib.loads((tmp_path / "works" / "station.toml").read_text(encoding="utf-8")) == first


def test_leaving_is_asked_for_twice(begun: Wizard, qtbot: QtBot) -> None:
    QTest.keyClick(begun, Qt.Key.Key_Escape)
    assert begun.isVisible()
    assert "once more" in begun.findChild(QLabel, "wizard.hint").text()
    with qtbot.waitSignal(begun.rejected):
        QTest.keyClick(begun, Qt.Key.Key_Escape)


def test_a_station_that_has_a_file_and_nobody_is_asked_for_people_and_ca_alone(
    tmp_path: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    (tmp_path / "fixture.toml").write_text(render_simulated(1), encoding="utf-8")
    answers = FirstStation(
        station_id="a",
        line="L",
        data=tmp_path / "data",
        fixture=tmp_path / "fixture.toml",
        recipes=tmp_path,
        ca_name="Named In The File",
    )
    written = write_station(tmp_path / "station.toml", answers)
    style.apply(qapp, Theme(dark=True, scale=0.8))
    wizard = Wizard(written.path, Theme(dark=True, scale=0.8))
    wizard.show()
    wizard.activateWindow()
    try:
        hands = Typist(wizard, qtbot)
        hands.enter("You")
        hands.write("wizard.name", "Edith")
        hands.write("wizard.pin.first", PIN)
        hands.write("wizard.pin.again", PIN)
        hands.enter("CA")
        assert wizard.step.name.text() == "Named In The File"
        assert not wizard.step.name.isEnabled()
        hands.write("wizard.ca.passphrase", PASSPHRASE)
        hands.write("wizard.ca.again", PASSPHRASE)
        hands.enter("Begin")
        assert "stays as it is" in wizard.step.said.words
    finally:
        wizard.end()
        wizard.close()
        wizard.deleteLater()
