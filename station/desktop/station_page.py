"""The station itself: its checks, slots, settings and people, and this window."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from station.desktop.bridge import report
from station.desktop.checks_panel import ChecksPanel
from station.desktop.people_panel import PeoplePanel
from station.desktop.preferences import Preferences
from station.desktop.settings_panel import SettingsPanel
from station.desktop.slots_panel import SlotsPanel
from station.desktop.sounds import Sounds
from station.desktop.surroundings import Surroundings
from station.desktop.window_panel import WindowPanel
from station.engine.pushes import AtLines, Changed, Happened, Welcome
from station.software import version_text

CHECKS: Final = 0
SLOTS: Final = 1
SETTINGS: Final = 2
PEOPLE: Final = 3
WINDOW: Final = 4
"""The panels, from left to right."""


class StationPage(QWidget):
    """Five panels behind a row of tabs; Ctrl+Tab goes through them. Fulfils ``desktop.link.Page``."""

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("station")
        theme, opened = surroundings.theme(), surroundings.opened
        preferences = surroundings.preferences or Preferences(parent=self)
        sounds = surroundings.sounds or Sounds(self, mute=preferences.mute)
        self.checks = ChecksPanel(opened.settings.path, surroundings.background, theme)
        self.slots = SlotsPanel(surroundings)
        self.settings = SettingsPanel(surroundings)
        self.people = PeoplePanel(surroundings)
        self.this_window = WindowPanel(preferences, sounds, theme)
        # It reads the source's files.
        surroundings.background.run(version_text, self.this_window.show_version, report)
        self.tabs = QTabBar()
        self.tabs.setObjectName("station.tabs")
        self.tabs.setAccessibleName(self.tr("Parts of the station"))
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._stack = QStackedWidget()
        for words, panel in (
            (self.tr("Checks"), self.checks),
            (self.tr("Slots"), self.slots),
            (self.tr("Settings"), self.settings),
            (self.tr("People"), self.people),
            (self.tr("This window"), self.this_window),
        ):
            self.tabs.addTab(words)
            self._stack.addWidget(panel)
        self.tabs.currentChanged.connect(self._turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(16)] * 4)
        column.setSpacing(theme.px(12))
        column.addWidget(self.tabs)
        column.addWidget(self._stack, 1)

    def show_panel(self, panel: int) -> None:
        """Show this panel."""
        self.tabs.setCurrentIndex(panel)

    def scanned(self, text: str) -> None:
        """Give a scan to the panel that is shown."""
        if self.tabs.currentIndex() == PEOPLE:
            self.people.take_scan(text)
            return
        self.show_panel(WINDOW)
        self.this_window.take_scan(text)

    def welcome(self, welcome: Welcome) -> None:  # noqa: ARG002 -- the protocol's shape
        """Take everything as it is now; what is shown here is asked for when it is looked at."""
        self._refresh()

    def changed(self, changed: Changed) -> None:
        """Take what has changed: nothing of it is shown here."""

    def happened(self, happened: Happened) -> None:
        """Read the roll anew where it has changed, or whoever could see it has left."""
        if happened.about == "signed-out":
            self.settings.lock()
        if happened.about in ("people", "signed-out"):
            self._refresh()

    def at_lines(self, lines: AtLines) -> None:
        """Take a watched slot's AT lines: this page watches none."""

    def lost(self) -> None:
        """The engine is gone: files and checks can still be read, nothing can be saved."""
        words = self.tr("The engine is gone: nothing can be saved until it is started again.")
        for said in (self.slots.said, self.settings.said, self.people.said):
            said.bad(words)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        """Look anew when the page comes up."""
        super().showEvent(event)
        self._refresh()

    def _turn(self, panel: int) -> None:
        self._stack.setCurrentIndex(panel)
        self._refresh()

    def _refresh(self) -> None:
        if not self.isVisible():
            return
        panel = self.tabs.currentIndex()
        if panel == SLOTS:
            self.slots.reload()
        elif panel == PEOPLE:
            self.people.reload()
