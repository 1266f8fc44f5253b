"""What a scanner types or sends, and what stands in the window's own file, as functions of bytes; needs Qt.

See :mod:`tests.faults.hostile`; apart from it, so that nothing else loads Qt.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import QApplication

from station.desktop.preferences import LANGUAGES, Preferences, ScannerMode
from station.desktop.scanner import LONGEST, Scanner
from station.desktop.scanner_port import ScanReader
from tests.faults.hostile_forms import Target, in_folder

_GAPS: Final = (0, 1, 20, 34, 36, 71, 299, 301, 6000)
"""Milliseconds: to both sides of everything that the scanner measures by."""
_SPECIAL: Final = {
    0x00: (Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier, "\x02"),
    0x01: (Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier, "\x03"),
    0x02: (Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier, ""),
    0x03: (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r"),
    0x04: (Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier, "\n"),
    0x05: (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier, "\t"),
    0x06: (Qt.Key.Key_Shift, Qt.KeyboardModifier.ShiftModifier, ""),
    0x07: (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier, ""),
    0x08: (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " "),
    0x09: (Qt.Key.Key_unknown, Qt.KeyboardModifier.NoModifier, "\u202e"),
    0x0A: (Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "ab"),
}
_KINDS: Final = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride)


class Listener(QWindow):
    """A window that counts what it is given back."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        self.given.append(event.text())


def _application() -> QCoreApplication:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QApplication.instance() or QApplication([])


def type_keys(data: bytes) -> tuple[int, list[str]]:
    """Type as ``data`` says: two bytes a key, which one and how long after the last.

    Return how many presses that were typed reached the window, of those that came, and every scan. Raises where a
    press reached it twice, a scan is none, or more is held back than a label is long.
    """
    application = _application()
    window, scanner = Listener(), Scanner()
    scans: list[str] = []
    said: list[str] = []
    scanner.scanned.connect(scans.append)
    for signal in (scanner.dropped, scanner.unprefixed):
        signal.connect(said.append)
    mode = (ScannerMode.PREFIX, ScannerMode.TIMING)[data[0] & 1] if data else ScannerMode.PREFIX
    scanner.listen(mode)
    at, presses, passed = 10_000, 0, 0
    for place in range(1, len(data) - 1, 2):
        code, how = data[place], data[place + 1]
        at += _GAPS[how % len(_GAPS)]
        kind = _KINDS[(0, 0, 0, 1, 2)[how // len(_GAPS) % 5]]
        plain = (Qt.Key(0x20 + code % 0x5F), Qt.KeyboardModifier.NoModifier, chr(0x20 + code % 0x5F))
        key, modifiers, typed = _SPECIAL.get(code, plain)
        event = QKeyEvent(kind, key, modifiers, typed, how >= 0xF0)
        event.setTimestamp(at)
        taken = scanner.eventFilter(window, event)
        if kind is QEvent.Type.KeyPress:
            presses += 1
            passed += not taken
        if how & 0x40:
            application.processEvents()
        _require(len(scanner._text) <= LONGEST + 1 and len(scanner._held) <= 4 * LONGEST + 4, "too much is held back")
        _require(passed + len(window.given) <= presses, "a key came twice")
    scanner.end()
    application.processEvents()
    _require(passed + len(window.given) <= presses, "a key came twice")
    _require(all(one and len(one) <= 2 * LONGEST and one == one.strip() for one in scans), f"a scan is none: {scans}")
    _require(all(len(one) <= 2 * LONGEST + 2 for one in said), "more is told of than can be a label")
    window.deleteLater()
    scanner.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return passed + len(window.given), scans


def read_port(data: bytes) -> list[str]:
    """Return the scans in a stream; raises where they are others in other pieces, or one is none."""
    whole = ScanReader().take(data[1:])
    size, reader = 1 + (data[0] if data else 0), ScanReader()
    pieces = [one for at in range(1, len(data), size) for one in reader.take(data[at : at + size])]
    _require(whole == pieces, f"in other pieces other scans: {whole} {pieces}")
    _require(all(one and len(one) <= LONGEST and one == one.strip() for one in whole), f"a scan is none: {whole}")
    return whole


def _preferences(folder: Path, data: bytes) -> None:
    _application()
    path = folder / "desktop.ini"
    path.write_bytes(data)
    chosen = Preferences(path)
    _require(chosen.language in LANGUAGES and 0 <= chosen.scanner_baud < 10**9, "a value of another kind")
    for read in (chosen.theme, chosen.mute, chosen.scanner_mode, chosen.scanner_port, chosen.last_page):
        str(read)
    chosen.mute = not chosen.mute
    chosen.scanner_port = "COM7"
    _require(chosen.scanner_port == "COM7", "what was chosen is not kept")


def _require(holds: object, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def _typed(mode: int, text: str, gap: int = 1) -> bytes:
    codes = {"\x02": 0x00, "\x03": 0x01, "\r": 0x03, "\t": 0x05, " ": 0x08}
    keys = (bytes([codes.get(one, ord(one) - 0x20 + 0x5F), _GAPS.index(gap)]) for one in text)
    return bytes([mode]) + b"".join(keys)


def desktop_targets() -> tuple[Target, ...]:
    """Return the readers of the desktop."""
    ini = b"[General]\nversion=1\n[look]\ntheme=dark\nlanguage=en\n[scanner]\nmode=serial\nport=COM3\nbaud=9600\n"
    takes_all: Callable[[bytes], object] = type_keys
    return (
        Target(
            "scanner-keys",
            takes_all,
            (
                _typed(0, "\x02SN-0042\r"),
                _typed(1, "SN-0042\r"),
                _typed(0, "SN-0042\r"),
                _typed(1, "hand", 301),
                _typed(0, "\x02" + "9" * 300 + "\r"),
            ),
            (),
            share=0.2,
            takes_all=True,
        ),
        Target(
            "scanner-port",
            read_port,
            (b"\x03\x02SN-0042\r\nSN-0043\x03", b"\0" + b"9" * 300 + b"\rA1\r"),
            (),
            takes_all=True,
        ),
        Target("preferences", in_folder(_preferences), (ini,), (), share=0.1, takes_all=True),
    )
