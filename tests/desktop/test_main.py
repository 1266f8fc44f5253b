"""How the window is started: nothing but it loads Qt, and what keeps it from opening is a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from station.desktop import main, wizard
from station.desktop.main import Look
from station.desktop.preferences import Preferences, ThemeChoice
from station.desktop.screen import require_screen
from station.desktop.sign_in import PersonFields
from station.domain.faults import Fault
from tests.line.processes import child_environment

ROOT = Path(__file__).parents[2]


def python(code: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | child_environment({}) | {"PYTHONPATH": str(ROOT)} | more
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_no_other_command_loads_qt() -> None:
    done = python(
        "import sys, station.cli; [one.load() for one in station.cli.COMMANDS.values()]; "
        "print([name for name in sys.modules if 'PySide' in name or 'pyqtgraph' in name])"
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there always is a screen")
def test_without_a_screen_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Fault) as caught:
        require_screen()
    assert caught.value.code == "DSK-101"
    for name, nobody in (
        ("DISPLAY", ":4711"),
        ("DISPLAY", "127.0.0.1:4711"),
        ("WAYLAND_DISPLAY", str(tmp_path / "no")),
    ):
        monkeypatch.setenv(name, nobody)
        with pytest.raises(Fault, match="no screen"):
            require_screen()
        monkeypatch.delenv(name)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    require_screen()
    monkeypatch.delenv("QT_QPA_PLATFORM")
    words = ["station", "desktop", "--station", str(tmp_path / "station.toml")]
    done = python(f"import sys; sys.argv = {words}; from station.__main__ import main; main()", QT_QPA_PLATFORM="")
    assert (done.returncode, done.stderr.split()[0]) == (4, "DSK-101"), done.stderr


def test_without_qts_libraries_there_is_a_sentence() -> None:
    done = python(
        "import sys\n"
        "sys.modules['PySide6.QtWidgets'] = None\n"
        "from station.__main__ import main\n"
        "sys.argv = ['station', 'desktop']\n"
        "main()\n"
    )
    assert (done.returncode, done.stderr.split()[0]) == (4, "DSK-102"), done.stderr


def test_theme_and_language_follow_the_preferences(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "desktop.ini")
    preferences.theme = ThemeChoice.LIGHT
    preferences.language = "en"
    look, told = Look(qapp, preferences), []
    look.on_change(told.append)
    fields = PersonFields()
    qtbot.addWidget(fields)
    assert fields.name.accessibleName() == "Name or badge"
    assert not look.theme.dark
    try:
        preferences.theme = ThemeChoice.DARK
        assert look.theme.dark
        assert qapp.palette().window().color() == look.theme.window
        preferences.language = "zh_CN"
        qtbot.waitUntil(lambda: fields.name.accessibleName() == "姓名或工牌")
    finally:
        preferences.language = "en"
        preferences.theme = ThemeChoice.LIGHT
    qtbot.waitUntil(lambda: fields.name.accessibleName() == "Name or badge")
    assert told == ["theme", "language", "language", "theme"]


@pytest.mark.usefixtures("qapp")
def test_a_first_run_that_is_given_up_opens_no_window(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(wizard, "run_wizard", lambda path, *_: asked.append(path))
    file = tmp_path / "station.toml"
    assert main.run_desktop(file, preferences_file=tmp_path / "desktop.ini") == main.CLOSED
    assert asked == [file]
