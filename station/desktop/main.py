"""The window from its start to its end: what it needs is found, the first run is led through, and mistakes are told."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, Qt, QTimer, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from station.demo_bench import begun_works
from station.desktop import style
from station.desktop.background import Background
from station.desktop.bridge import Bridge
from station.desktop.fault_words import told
from station.desktop.preferences import Preferences, ThemeChoice
from station.desktop.rail import window_icon
from station.desktop.screen import require_screen
from station.desktop.sweeping import Sweeper
from station.desktop.theme import Theme
from station.desktop.window import MainWindow
from station.domain.faults import Fault
from station.engine.results import Person
from station.host.mistakes import write_mistake
from station.line.faults import MISTAKE
from station.opened import Opened, open_station
from station.people.person import has_people

if TYPE_CHECKING:  # no window but a demo's has them
    from station.desktop.demo_hands import DemoHands

CLOSED: Final = 0
"""The exit code of a window that was closed, whatever the line does meanwhile."""

_TRANSLATIONS: Final = Path(__file__).parent / "translations"


@dataclass(frozen=True, slots=True)
class Demo:
    """A window onto a simulated line. ``hands``: whether somebody puts the boards in."""

    folder: Path
    slots: int = 8
    fast: bool = False
    hands: bool = True


def run_desktop(file: Path, *, demo: Demo | None = None, preferences_file: Path | None = None) -> int:
    """Show the window of the station whose file is ``file`` until it is closed, and return the exit code.

    The engine is found or started, and goes on without the window. A station that is not there yet is begun with the
    wizard. Raises DSK-101 where there is no screen, and what keeps the station or a demo from being opened.
    """
    require_screen()
    application = QApplication.instance() or QApplication(["nrf91-station"])
    if not isinstance(application, QApplication):
        raise TypeError("this process has an application without windows")
    application.setApplicationName("nrf91-station")
    application.setApplicationDisplayName("nRF91 station")
    application.setDesktopFileName("nrf91-station")
    preferences = Preferences(preferences_file)
    look = Look(application, preferences)
    sweeper = Sweeper(look)
    try:
        return _show_either(application, look, preferences, file, demo)
    finally:
        sweeper.end()


def _show_either(
    application: QApplication, look: "Look", preferences: Preferences, file: Path, demo: Demo | None
) -> int:
    if demo is None:
        return _show(application, look, preferences, file, None, "")
    with begun_works(demo.folder, slots=demo.slots, fast=demo.fast, seed=1) as ready:
        # A line's own window has no use for any of it; a demo's loads it while its bench does the same.
        from station.desktop.demo_hands import DemoHands, begin_line  # noqa: PLC0415

        works = ready()
        opened, hint = begin_line(works)
        hands = DemoHands(opened, works, load=demo.hands)
        return _show(application, look, preferences, works.station_file, hands, hint)


class Look(QObject):
    """Theme and language of the application, as preferences and system say. For Qt's main thread."""

    def __init__(self, application: QApplication, preferences: Preferences) -> None:
        super().__init__()
        self._application, self._preferences = application, preferences
        self._translators: list[QTranslator] = []
        self._listeners: list[Callable[[str], None]] = []
        self.theme = self._chosen()
        self._apply()
        self._translate()
        application.setWindowIcon(window_icon(self.theme))
        preferences.changed.connect(self._preferred)
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: self._preferred("theme"))

    def on_change(self, listener: Callable[[str], None]) -> None:
        """Call ``listener`` with ``theme`` or ``language`` after that has changed."""
        self._listeners.append(listener)

    def _preferred(self, name: str) -> None:
        if name == "theme":
            # Where the system has no scheme of its own Qt takes the palette's for it, and says that it changed.
            if self._chosen() == self.theme:
                return
            self.theme = self._chosen()
            self._tell(name)  # first: pages ask for the theme while the palette changes
            self._apply()
        elif name == "language":
            self._translate()
            self._tell(name)

    def _tell(self, name: str) -> None:
        for listener in self._listeners:
            listener(name)

    def _chosen(self) -> Theme:
        choice = self._preferences.theme
        system = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return Theme(choice is ThemeChoice.DARK or (choice is ThemeChoice.SYSTEM and system), style.screen_scale())

    def _apply(self) -> None:
        style.apply(self._application, self.theme)

    def _translate(self) -> None:
        for old in self._translators:
            self._application.removeTranslator(old)
        self._translators = []
        language = self._preferences.language or QLocale.system().name()
        QLocale.setDefault(QLocale(language))
        own, qt = str(_TRANSLATIONS), QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        for name, folder in ((f"qtbase_{language}", qt), (f"station_{language}", own)):
            translator = QTranslator(self)
            if translator.load(name, folder):
                self._application.installTranslator(translator)
                self._translators.append(translator)


class Desktop(QObject):
    """One station's window, with all that outlives it when it is built anew in another language."""

    def __init__(self, opened: Opened, look: Look, preferences: Preferences, hint: str) -> None:
        super().__init__()
        self._opened, self._look, self._preferences, self._hint = opened, look, preferences, hint
        self.background = Background(self)
        self.bridge = Bridge(opened, self.background, self)
        self._old: list[MainWindow] = []
        """Windows in another language: what is still being read for their pages must find them."""
        self.window = self._build()
        look.on_change(self._changed)

    def open(self) -> None:
        """Show the window and look for the engine."""
        self.window.show()
        self.bridge.connect_engine()

    def end(self) -> None:
        """Leave the engine, which goes on, and wait for what is being read. Safe to repeat."""
        self.bridge.end()
        self.background.end()

    def tell_mistake(self, error: BaseException) -> None:
        """Say that the program made a mistake, in the window that goes on."""
        try:
            path = str(write_mistake(error, [self._opened.redactor]))
        except OSError as why:
            path = f"this message ({why})"
        fault = MISTAKE.fault(path=path)
        self.window.strip.say(fault.code, fault.sentence)

    def _build(self, person: Person | None = None) -> MainWindow:
        return MainWindow(
            self._opened,
            self.bridge,
            self.background,
            self._preferences,
            self._look.theme,
            person=person,
            hint=self._hint,
        )

    def _changed(self, name: str) -> None:
        if name == "theme":
            self.window.use_theme(self._look.theme)
        else:
            # Later: the page on which the language was chosen is still at work.
            QTimer.singleShot(0, self, self._rebuild)

    def _rebuild(self) -> None:
        old = self.window
        self._old.append(old)
        self.window = self._build(old.person())
        self.window.setGeometry(old.geometry())
        self.window.setWindowState(old.windowState())
        self.window.show()
        old.leave()


def _show(
    application: QApplication, look: Look, preferences: Preferences, file: Path, hands: "DemoHands | None", hint: str
) -> int:
    try:
        found = _find_station(file, look.theme, preferences)
        if found is None:
            return CLOSED
        desktop = Desktop(found, look, preferences, hint)
    except Fault as fault:
        _tell(fault)
        raise
    with _signals(application), _mistakes(desktop):
        application.setQuitOnLastWindowClosed(True)
        desktop.open()
        if hands is not None:
            desktop.background.run(hands.watch, lambda _none: None, _raise, long=True)
        try:
            return application.exec()
        finally:
            # It has ended: hiding the window must not ask for that once more, of whatever runs next here.
            application.setQuitOnLastWindowClosed(False)
            desktop.window.leave()
            desktop.end()
            if hands is not None:
                hands.end()


def _find_station(file: Path, theme: Theme, preferences: Preferences) -> Opened | None:
    """Return the station, begun with the wizard where there is none or where nobody works; None: the person gave up."""
    if file.exists():
        opened = open_station(file)
        if has_people(opened.value.data):
            return opened
    from station.desktop.wizard import run_wizard  # noqa: PLC0415 -- it is seen once in a station's life

    begun = run_wizard(file, theme, preferences)
    return None if begun is None else open_station(begun)


def _tell(fault: Fault) -> None:
    """Show why there is no window, where no terminal will: a station started from a menu has none."""
    if QGuiApplication.platformName() in ("offscreen", "minimal") or (sys.stderr is not None and sys.stderr.isatty()):
        return
    box = QMessageBox(QMessageBox.Icon.Warning, "nRF91 station", told(fault, "\n\n"))
    box.setObjectName("no-station")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setDetailedText(fault.detail)
    box.exec()


@contextmanager
def _signals(application: QApplication) -> Iterator[None]:
    """Ctrl-C in the terminal closes the window, as its corner does. The window's clock lets Python see the signal."""
    before = signal.signal(signal.SIGINT, lambda *_: application.quit())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _mistakes(desktop: Desktop) -> Iterator[None]:
    """A mistake of ours inside a page is said, and its trace kept; the window goes on."""
    before = sys.excepthook

    def tell(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        desktop.tell_mistake(error)

    sys.excepthook = tell
    try:
        yield
    finally:
        sys.excepthook = before


def _raise(error: BaseException) -> None:
    raise error
