"""What this PC's window remembers: how it looks and sounds, how its scanner talks. Nothing of the line is kept here.

An ini file with a version, of the user who runs the window. A value that can't be read is the default.
"""

from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QObject, QSettings, QStandardPaths, Signal

VERSION: Final = 1
LANGUAGES: Final = ("", "en", "zh_CN")
""""" is the PC's own language, where there is a translation."""


class ThemeChoice(StrEnum):
    """Which colours."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class ScannerMode(StrEnum):
    """How a barcode scanner makes itself known."""

    PREFIX = "prefix"
    """As a keyboard that types STX (Ctrl+B) first and Enter or ETX last: nothing can be taken for typing."""
    TIMING = "timing"
    """As a keyboard without a prefix: quicker than anybody types, six characters or more, then Enter."""
    SERIAL = "serial"
    """As a serial port: needs no focus and no keyboard layout."""
    OFF = "off"


E = TypeVar("E", bound=StrEnum)


class Preferences(QObject):
    """This user's choices; kept at once. For the window's thread alone."""

    changed = Signal(str)
    """The name of what has changed: theme, language, mute, scanner, page."""

    def __init__(self, file: Path | None = None, parent: QObject | None = None) -> None:
        """``file``: where they are kept; else where this PC keeps such things for the user."""
        super().__init__(parent)
        where = file or default_file()
        self._settings = QSettings(str(where), QSettings.Format.IniFormat)
        self._newer = self._number("version", VERSION) > VERSION
        if not self._newer:
            self._settings.setValue("version", VERSION)

    @property
    def file(self) -> Path:
        """Where they are kept."""
        return Path(self._settings.fileName())

    @property
    def theme(self) -> ThemeChoice:
        """Which colours."""
        return self._one_of("look/theme", ThemeChoice, ThemeChoice.SYSTEM)

    @theme.setter
    def theme(self, value: ThemeChoice) -> None:
        self._keep("look/theme", value.value, "theme")

    @property
    def language(self) -> str:
        """One of :data:`LANGUAGES`."""
        value = self._text("look/language")
        return value if value in LANGUAGES else ""

    @language.setter
    def language(self, value: str) -> None:
        self._keep("look/language", value, "language")

    @property
    def mute(self) -> bool:
        """Whether the window makes no sound."""
        return self._text("sound/mute") == "yes"

    @mute.setter
    def mute(self, value: bool) -> None:
        self._keep("sound/mute", "yes" if value else "no", "mute")

    @property
    def scanner_mode(self) -> ScannerMode:
        """How the scanner makes itself known."""
        return self._one_of("scanner/mode", ScannerMode, ScannerMode.PREFIX)

    @scanner_mode.setter
    def scanner_mode(self, value: ScannerMode) -> None:
        self._keep("scanner/mode", value.value, "scanner")

    @property
    def scanner_port(self) -> str:
        """The scanner's serial port, as a fixture would name it; "" for none."""
        return self._text("scanner/port")

    @scanner_port.setter
    def scanner_port(self, value: str) -> None:
        self._keep("scanner/port", value, "scanner")

    @property
    def scanner_baud(self) -> int:
        """Its speed; a USB scanner doesn't mind."""
        return self._number("scanner/baud", 9600)

    @scanner_baud.setter
    def scanner_baud(self, value: int) -> None:
        self._keep("scanner/baud", str(value), "scanner")

    @property
    def last_page(self) -> str:
        """The object name of the page that was shown last; "" for none."""
        return self._text("window/page")

    @last_page.setter
    def last_page(self, value: str) -> None:
        self._keep("window/page", value, "page")

    def _text(self, key: str) -> str:
        value = self._settings.value(key, "")
        return str(value) if isinstance(value, str | int) else ""  # not yet written, a number is still one

    def _number(self, key: str, default: int) -> int:
        text = self._text(key)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default

    def _one_of(self, key: str, kind: type[E], default: E) -> E:
        text = self._text(key)
        return kind(text) if text in {member.value for member in kind} else default

    def _keep(self, key: str, value: str, name: str) -> None:
        if self._text(key) == value:
            return
        self._settings.setValue(key, value)
        if not self._newer:  # what a newer version wrote is not written over: it may mean something else by the key
            self._settings.sync()
        self.changed.emit(name)


def default_file() -> Path:
    """Return where this user's preferences lie."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericConfigLocation)
    return Path(folder, "nrf91-station", "desktop.ini")
