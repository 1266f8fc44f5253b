"""A scanner that types is told from a person, wherever the focus is."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from station.desktop import scanner as scanner_module
from station.desktop.preferences import ScannerMode
from station.desktop.scanner import Scanner

LABEL = "SN 00-42/YZ"
"""With a space, which presses a focused button, and a hyphen."""


class Bench:
    """A window with a field and a button, and what became of what was typed into it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.field, self.button = QLineEdit(), QPushButton("Start")
        column = QVBoxLayout(self.window)
        column.addWidget(self.field)
        column.addWidget(self.button)
        self.pressed: list[bool] = []
        self.button.clicked.connect(lambda: self.pressed.append(True))
        self.scanner = Scanner(self.window)
        self.scans: list[str] = []
        self.drops: list[str] = []
        self.scanner.scanned.connect(self.scans.append)
        self.scanner.dropped.connect(self.drops.append)
        self.bare: list[str] = []
        self.scanner.unprefixed.connect(self.bare.append)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitExposed(self.window)
        self.scanner.watch(self.window.windowHandle())

    def type(self, text: str, delay: int = -1) -> None:
        """Press keys as a keyboard does: into the window, which finds whoever has the focus."""
        handle = self.window.windowHandle()
        for character in text:
            QTest.qWait(max(0, delay))  # keyClick() knows no delay where the key is a letter
            match character:
                case "\x02":
                    QTest.keyClick(handle, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
                case "\x03":
                    QTest.keyClick(handle, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
                case "\t":
                    QTest.keyClick(handle, Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier)
                case "\r":
                    QTest.keyClick(handle, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)
                case _:
                    QTest.keyClick(handle, character, Qt.KeyboardModifier.NoModifier)


@pytest.fixture
def bench(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    # A busy PC stands still for longer than a scanner's keys are apart.
    for name in ("GAP_MS", "QUIET_MS"):
        monkeypatch.setattr(scanner_module, name, 4 * getattr(scanner_module, name))
    bench = Bench(qtbot)
    yield bench
    bench.scanner.end()


@pytest.mark.parametrize("end", ["\r", "\x03"])
@pytest.mark.parametrize("on", ["field", "button"])
def test_a_prefixed_scan_reaches_nothing_but_whoever_waits_for_it(bench: Bench, on: str, end: str) -> None:
    bench.scanner.listen(ScannerMode.PREFIX)
    getattr(bench, on).setFocus()
    bench.type(f"\x02{LABEL}{end}")
    bench.qtbot.waitUntil(lambda: bench.scans == [LABEL])
    assert (bench.field.text(), bench.pressed) == ("", [])
    bench.type(f"\x02{LABEL}{end}")  # and once more: nothing is left over from the first
    bench.qtbot.waitUntil(lambda: bench.scans == [LABEL, LABEL])
    assert (bench.field.text(), bench.pressed) == ("", [])


def test_people_type_as_ever_beside_a_prefixed_scanner(bench: Bench) -> None:
    bench.scanner.listen(ScannerMode.PREFIX)
    bench.field.setFocus()
    bench.type("WO-1042")  # as quick as can be, and nothing ends it: it is the field's
    bench.qtbot.waitUntil(lambda: bench.field.text() == "WO-1042")
    bench.button.setFocus()
    bench.type(" ")
    bench.qtbot.waitUntil(lambda: bench.pressed == [True])
    assert (bench.scans, bench.bare) == ([], [])


@pytest.mark.parametrize("end", ["\r", "\t", "\x03"])
@pytest.mark.parametrize("on", ["field", "button"])
@pytest.mark.parametrize("mode", [ScannerMode.PREFIX, ScannerMode.SERIAL])
def test_a_scan_that_lost_its_prefix_does_nothing_and_is_said(
    bench: Bench, on: str, end: str, mode: ScannerMode
) -> None:
    bench.scanner.listen(mode)
    getattr(bench, on).setFocus()
    bench.type(f"{LABEL}{end}")
    bench.qtbot.waitUntil(lambda: bench.bare == [LABEL])
    assert (bench.field.text(), bench.pressed, bench.scans) == ("", [], [])
    assert getattr(bench, on).hasFocus()


@pytest.mark.parametrize("mode", [ScannerMode.PREFIX, ScannerMode.TIMING])
def test_a_scan_without_an_end_presses_no_button_nor_does_its_rest(bench: Bench, mode: ScannerMode) -> None:
    bench.scanner.listen(mode)
    bench.button.setFocus()
    bench.type("SN 00")
    heard = bench.bare if mode is ScannerMode.PREFIX else bench.drops
    bench.qtbot.waitUntil(lambda: heard == ["SN 00"])
    bench.type(" 7\r")  # what such a scanner still had to type
    QTest.qWait(3 * scanner_module.GAP_MS)
    assert (bench.pressed, bench.scans) == ([], [])
    QTest.qWait(scanner_module.QUIET_MS + 50)
    bench.type(" ")
    bench.qtbot.waitUntil(lambda: bench.pressed == [True])


def test_a_scan_that_lost_its_beginning_is_no_scan(bench: Bench) -> None:
    bench.scanner.listen(ScannerMode.TIMING)
    bench.button.setFocus()
    bench.type("35")
    QTest.qWait(scanner_module.GAP_MS + 20)
    bench.type("2656100000123\r")
    bench.qtbot.waitUntil(lambda: bench.drops == ["2656100000123"])
    assert (bench.scans, bench.pressed) == ([], [])
    QTest.qWait(scanner_module.QUIET_MS + 50)
    bench.type("352656100000123\r")
    bench.qtbot.waitUntil(lambda: bench.scans == ["352656100000123"])


def test_a_scan_that_never_ends_is_dropped_and_typing_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner_module, "PATIENCE_MS", 30)
    bench.scanner.listen(ScannerMode.PREFIX)
    bench.field.setFocus()
    bench.type("\x02half")
    bench.qtbot.waitUntil(lambda: bench.drops == ["half"])
    bench.type("typed")
    bench.qtbot.waitUntil(lambda: bench.field.text() == "typed")
    assert bench.scans == []


def test_a_second_prefix_begins_the_scan_anew(bench: Bench) -> None:
    bench.scanner.listen(ScannerMode.PREFIX)
    bench.type("\x02cut of\x02WHOLE-1\r")
    bench.qtbot.waitUntil(lambda: bench.scans == ["WHOLE-1"])


def test_what_is_longer_than_any_label_is_no_scan(bench: Bench) -> None:
    bench.scanner.listen(ScannerMode.PREFIX)
    bench.type("\x02" + "7" * (scanner_module.LONGEST + 1))
    assert len(bench.drops) == 1
    assert bench.scans == []


@pytest.mark.parametrize("on", ["field", "button"])
def test_a_fast_scan_without_a_prefix_leaks_nothing_either(bench: Bench, on: str) -> None:
    bench.scanner.listen(ScannerMode.TIMING)
    getattr(bench, on).setFocus()
    bench.type(f"{LABEL}\r")
    bench.qtbot.waitUntil(lambda: bench.scans == [LABEL])
    assert (bench.field.text(), bench.pressed) == ("", [])


def test_typing_is_handed_over_whole_and_in_its_order(bench: Bench) -> None:
    bench.scanner.listen(ScannerMode.TIMING)
    bench.field.setFocus()
    bench.type("slow typing", delay=scanner_module.GAP_MS + 15)
    bench.qtbot.waitUntil(lambda: bench.field.text() == "slow typing")
    bench.type("abc\r")  # fast, and too short for a scan
    bench.qtbot.waitUntil(lambda: bench.field.text() == "slow typingabc")
    assert bench.scans == []
    bench.button.setFocus()
    bench.type(" ")
    bench.qtbot.waitUntil(lambda: bench.pressed == [True])


def test_without_a_scanner_everything_is_typing(bench: Bench) -> None:
    bench.scanner.listen(ScannerMode.OFF)
    bench.field.setFocus()
    bench.type(LABEL)
    assert (bench.field.text(), bench.scans) == (LABEL, [])
