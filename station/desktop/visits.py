"""The pages of the window, in the order of their keys, each loaded and built when it is first visited."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QWidget

from station.desktop.bridge import Bridge, report
from station.desktop.line_page import LinePage
from station.desktop.rail import Stop
from station.desktop.surroundings import Surroundings
from station.desktop.sweeping import settle
from station.engine.pushes import Welcome
from station.loading import loading

if TYPE_CHECKING:  # all but the line's page, which every window needs
    from station.desktop.batch_page import BatchPage
    from station.desktop.quality_page import QualityPage
    from station.desktop.station_page import StationPage
    from station.desktop.units_page import UnitsPage
    from station.desktop.uploads_page import UploadsPage

    VisitedPage = LinePage | BatchPage | UnitsPage | UploadsPage | QualityPage | StationPage

translate = QCoreApplication.translate

LINE: Final = "line"
AHEAD_MS: Final = 500
"""How long after the engine's first word the other pages are loaded: by then the tiles are drawn."""

STOPS: Final = (
    Stop(LINE, "line", Qt.Key.Key_F1, lambda: translate("Rail", "Line")),
    Stop("batch", "batch", Qt.Key.Key_F2, lambda: translate("Rail", "Batch")),
    Stop("units", "units", Qt.Key.Key_F3, lambda: translate("Rail", "Units")),
    Stop("uploads", "uploads", Qt.Key.Key_F4, lambda: translate("Rail", "Uploads")),
    Stop("quality", "quality", Qt.Key.Key_F5, lambda: translate("Rail", "Quality")),
    Stop("station", "station", Qt.Key.Key_F6, lambda: translate("Rail", "Station")),
)


_PAGES: Final[dict[str, Callable[[], Any]]] = {
    LINE: lambda: LinePage,
    "batch": lambda: import_module("station.desktop.batch_page").BatchPage,
    "units": lambda: import_module("station.desktop.units_page").UnitsPage,
    "uploads": lambda: import_module("station.desktop.uploads_page").UploadsPage,
    "quality": lambda: import_module("station.desktop.quality_page").QualityPage,
    "station": lambda: import_module("station.desktop.station_page").StationPage,
}
"""What each stop shows: all together they would double the time until a window is on the screen."""


class Pages(dict[str, "VisitedPage"]):
    """A window's pages by their stop's name; ``pages[name]`` builds one that is not there yet. For Qt's main thread.

    All else that a dict can do, and all that is told here, is about those alone that were built. One that is built
    later is told then how things are.
    """

    def __init__(
        self, surroundings: Surroundings, bridge: Bridge, window: QWidget, join: Callable[[QWidget], None]
    ) -> None:
        """``join`` makes a page that was just built a part of the ``window``."""
        super().__init__()
        self._surroundings, self._bridge, self._join = surroundings, bridge, join
        self._lost = self._loaded = False
        self._ahead = QTimer(window)
        self._ahead.setSingleShot(True)
        self._ahead.setInterval(AHEAD_MS)
        self._ahead.timeout.connect(self._load_others)

    def __missing__(self, name: str) -> "VisitedPage":
        with loading():
            kind = _PAGES[name]()
        page: VisitedPage = kind(self._surroundings)
        self[name] = page
        self._join(page)
        now = self._bridge.now
        if now is not None:
            _tell(page, lambda page: page.welcome(now))
        elif self._lost:
            _tell(page, lambda page: page.lost())
        return page

    def welcome(self, welcome: Welcome) -> None:
        """Have every page take everything as it is now."""
        self._lost = False
        self.tell(lambda page: page.welcome(welcome))
        self.load_soon()

    def lose(self) -> None:
        """Have every page know that the engine is gone."""
        self._lost = True
        self.tell(lambda page: page.lost())
        self.load_soon()

    def tell(self, call: Callable[["VisitedPage"], None]) -> None:
        """Have every page hear something."""
        for page in self.values():
            _tell(page, call)

    def load_soon(self) -> None:
        """Load the others once the tiles are drawn, so that no first visit waits for that. Safe to repeat."""
        if not self._loaded:
            self._ahead.start()

    def end(self) -> None:
        """Load nothing more. Safe to repeat."""
        self._ahead.stop()

    def _load_others(self) -> None:
        self._loaded = True
        self._surroundings.background.run(load_pages, lambda _none: settle(), report, long=True)


def load_pages() -> None:
    """Load what the pages are made of. For any thread; safe to repeat."""
    for load in _PAGES.values():
        load()


def _tell(page: "VisitedPage", call: Callable[["VisitedPage"], None]) -> None:
    try:
        call(page)
    except Exception as error:  # noqa: BLE001 -- one page's mistake must not keep the others from hearing
        report(error)
