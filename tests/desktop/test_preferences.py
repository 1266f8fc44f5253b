"""What the window remembers is there at the next start, and a damaged file is no reason not to start."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from station.desktop.preferences import VERSION, Preferences, ScannerMode, ThemeChoice

pytestmark = pytest.mark.usefixtures("qtbot")


def test_everything_is_kept_and_told_once(tmp_path: Path) -> None:
    file = tmp_path / "a" / "desktop.ini"
    first, told = Preferences(file), []
    first.changed.connect(told.append)
    for _ in range(2):  # the second time nothing changes
        first.theme = ThemeChoice.DARK
        first.language = "zh_CN"
        first.mute = True
        first.scanner_mode = ScannerMode.SERIAL
        first.scanner_port = "usb-Scanner-if00"
        first.scanner_baud = 115200
        first.last_page = "units"
    assert told == ["theme", "language", "mute", "scanner", "scanner", "scanner", "page"]
    again = Preferences(file)
    assert (again.theme, again.language, again.mute) == (ThemeChoice.DARK, "zh_CN", True)
    assert (again.scanner_mode, again.scanner_port, again.scanner_baud) == (
        ScannerMode.SERIAL,
        "usb-Scanner-if00",
        115200,
    )
    assert again.last_page == "units"


def test_a_new_pc_has_the_defaults(tmp_path: Path) -> None:
    fresh = Preferences(tmp_path / "desktop.ini")
    assert (fresh.theme, fresh.language, fresh.mute) == (ThemeChoice.SYSTEM, "", False)
    assert (fresh.scanner_mode, fresh.scanner_port, fresh.scanner_baud) == (ScannerMode.PREFIX, "", 9600)


@pytest.mark.parametrize(
    "text",
    [
        "[look]\ntheme=purple\nlanguage=xx\n[scanner]\nmode=mind\nbaud=-1\n[sound]\nmute=maybe\n",
        "[look]\ntheme=a, b, c\n[scanner]\nbaud=99999999999999\n",
        "\x00\xff not an ini [[[",
    ],
)
def test_what_cannot_be_read_is_the_default(tmp_path: Path, text: str) -> None:
    file = tmp_path / "desktop.ini"
    file.write_text(text, encoding="latin-1")
    found = Preferences(file)
    assert (found.theme, found.language, found.mute) == (ThemeChoice.SYSTEM, "", False)
    assert (found.scanner_mode, found.scanner_baud) == (ScannerMode.PREFIX, 9600)


def test_the_version_stands_in_the_file_and_a_newer_one_stays(tmp_path: Path) -> None:
    file = tmp_path / "desktop.ini"
    Preferences(file).mute = True
    assert f"version={VERSION}" in file.read_text(encoding="utf-8")
    other = QSettings(str(file), QSettings.Format.IniFormat)
    other.setValue("version", VERSION + 1)
    other.sync()
    assert Preferences(file).mute
    assert f"version={VERSION + 1}" in file.read_text(encoding="utf-8")
