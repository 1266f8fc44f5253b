"""The whole window on a real engine as a technician has it, with hands at its keyboard and scanner."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from station.desktop import style
from station.desktop.background import Background
from station.desktop.batch_page import BatchPage
from station.desktop.bridge import Bridge
from station.desktop.line_page import LinePage
from station.desktop.preferences import Preferences
from station.desktop.theme import Theme
from station.desktop.tile import SlotTile
from station.desktop.window import MainWindow
from station.domain.ids import SlotNumber
from station.engine.pushes import Header
from tests.desktop.engine_rig import Rig
from tests.line.harness import STAFF

PATIENCE_MS = 60_000
"""Until a test gives up; only a defect ever lets it pass."""


class Window:
    """The whole window on a rig's engine, and hands at its keyboard and scanner."""

    def __init__(self, rig: Rig, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme = Theme(False, 0.8)
        style.apply(app, theme)
        rig.link().close()  # the engine is there now, and the rig ends it
        opened = rig.opened
        self.background = Background()
        self.bridge = Bridge(opened, self.background)
        preferences = Preferences(folder / "desktop.ini")
        preferences.mute = True
        self.window = MainWindow(opened, self.bridge, self.background, preferences, theme)
        self.window.show()
        self.bridge.connect_engine()
        self.wait(lambda: self.bridge.now is not None, "the engine's welcome")
        self.window.activateWindow()

    def end(self) -> None:
        self.bridge.end()
        self.background.end()
        self.window.close()
        self.window.deleteLater()
        QApplication.processEvents()

    @property
    def line(self) -> LinePage:
        page: LinePage = self.window.pages["line"]
        return page

    @property
    def batch(self) -> BatchPage:
        page: BatchPage = self.window.pages["batch"]
        return page

    def tile(self, slot: int) -> SlotTile:
        return self.line.grid.tiles[SlotNumber(slot)]

    def wait(self, reached: Callable[[], object], what: str) -> None:
        def look() -> None:
            assert reached(), f"waited in vain for {what}; shown: {self.seen()}"

        self.qtbot.waitUntil(look, timeout=PATIENCE_MS)

    def seen(self) -> str:
        """What the tiles and the row above them say."""
        tiles = [tile.accessibleName() for tile in self.line.grid.tiles.values()]
        return f"{tiles}; {self.line.bar.said.whole}; {self.batch.form.said.words}"

    def type(self, widget: QWidget, text: str) -> None:
        """Type into a field as people do."""
        widget.setFocus()
        QTest.keyClicks(widget, text)

    def press(self, key: Qt.Key, widget: QWidget | None = None) -> None:
        QTest.keyClick(widget or QApplication.focusWidget() or self.window, key)

    def scan(self, text: str) -> None:
        """Scan as a scanner does that types: STX first, Enter last, to whatever window is there."""
        handle = self.window.windowHandle()
        QTest.keyClick(handle, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
        for letter in text:
            QTest.keyClick(handle, letter)
        QTest.keyClick(handle, Qt.Key.Key_Return)

    def sign_in(self, who: str) -> None:
        """Sign in at the window's own panel, at the keyboard."""
        self.press(Qt.Key.Key_F8, self.window)
        fields = self.window.sign_in.fields
        self.type(fields.name, who)
        self.press(Qt.Key.Key_Return, fields.name)
        self.type(fields.secret, STAFF[who][0])
        self.press(Qt.Key.Key_Return, fields.secret)
        self.wait(lambda: self.window.person() is not None, f"{who} to be signed in")

    def arm(self, quantity: int, batch: str = "WO-1") -> None:
        """Fill in a work order at the keyboard and arm it."""
        self.press(Qt.Key.Key_F2, self.window)
        form = self.batch.form
        self.wait(lambda: form.product is not None, "the product")
        form.batch.clear()
        self.type(form.batch, batch)
        form.quantity.setFocus()
        form.quantity.selectAll()
        QTest.keyClicks(form.quantity, str(quantity))
        self.press(Qt.Key.Key_Return, form.batch)
        self.wait(lambda: self.header.run == "running", "the line to run")

    @property
    def header(self) -> Header:
        assert self.bridge.now is not None
        return self.bridge.now.header
