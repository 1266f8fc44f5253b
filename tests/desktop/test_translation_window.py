"""Another language in a real window on a real engine: every page speaks it, at 1280×720, and nothing is clipped."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QTabBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from station.desktop.main import Desktop, Look
from station.desktop.preferences import Preferences, ThemeChoice
from station.desktop.visits import STOPS
from tests.desktop.engine_rig import PATIENCE, Rig

MS = int(PATIENCE * 1000)
pytestmark = pytest.mark.xdist_group("translated window")
PROSE = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}\b")
"""Three words in a row: English that somebody wrote, no name."""


@pytest.fixture
def desktop(standing: Rig, qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desktop]:
    standing.link().close()  # starts the engine as the tests do
    preferences = Preferences(tmp_path / "desktop.ini")
    preferences.theme, preferences.language = ThemeChoice.LIGHT, "en"
    desktop = Desktop(standing.opened, Look(qapp, preferences), preferences, "")
    try:
        desktop.open()
        qtbot.waitUntil(lambda: desktop.bridge.now is not None, timeout=MS)
        english = desktop.window
        preferences.language = "zh_CN"
        qtbot.waitUntil(lambda: desktop.window is not english, timeout=MS)
        desktop.window.resize(1280, 720)
        qtbot.waitExposed(desktop.window)
        yield desktop
    finally:
        preferences.language = "en"
        QApplication.processEvents()  # the window is built anew for that too
        desktop.window.leave()
        desktop.end()
        desktop.window.close()


def tabs_of(page: QWidget) -> Iterator[None]:
    """Shows one part of the page after another; a page without parts is one."""
    bars = [bar for bar in page.findChildren(QTabBar) if bar.isVisible()]
    if not bars:
        yield None
    for bar in bars:
        for place in range(bar.count()):
            bar.setCurrentIndex(place)
            QApplication.processEvents()
            yield None


def texts_of(window: QWidget) -> Iterator[tuple[QWidget, str]]:
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and isinstance(widget, QLabel | QAbstractButton) and widget.text():
            yield widget, widget.text()


def test_every_page_speaks_the_language_and_fits(desktop: Desktop, qtbot: QtBot) -> None:
    window, seen = desktop.window, 0
    assert window.width() == 1280
    assert window.height() == 720
    for stop in STOPS:
        window.show_page(stop.name)
        qtbot.waitUntil(window.pages[stop.name].isVisible)
        for _ in tabs_of(window.pages[stop.name]):
            for widget, text in texts_of(window):
                assert not PROSE.search(text), (stop.name, widget.objectName(), text)
                if isinstance(widget, QAbstractButton) and not isinstance(widget, QToolButton):
                    seen += 1
                    wanted = widget.sizeHint().width()
                    assert widget.width() >= wanted - 1, (stop.name, widget.objectName(), text, wanted)
    assert seen > 50


def test_the_window_keeps_its_place_and_the_smallest_screen_is_enough(desktop: Desktop) -> None:
    hint = desktop.window.minimumSizeHint()
    assert hint.width() <= 1280
    assert hint.height() <= 720
