"""The Units page on an offscreen screen, used as somebody uses it, and how long that person waits."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication

from station.desktop.units_page import UnitsPage
from station.domain.ids import UnitId
from tests.desktop.records_rig import desk

_PATIENCE = 60.0
_STIR_MS = 200
"""A loop that waits for an event that came already goes on after this long; no measured wait ends by it."""


class Eyes(QObject):
    """Sees when Qt draws a part of the page of which something is true by then."""

    def __init__(self, *views: QAbstractScrollArea) -> None:
        super().__init__()
        self._reached: Callable[[], bool] | None = None
        for view in views:
            view.viewport().installEventFilter(self)

    def wait(self, reached: Callable[[], bool]) -> None:
        """Return when it is true, and drawn since."""
        self._reached = reached
        _until(lambda: self._reached is None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.Paint and self._reached is not None and self._reached():
            self._reached = None
        return super().eventFilter(watched, event)


class UnitsWindow:
    """The page as large as a screen. Each answer is in milliseconds, until it is drawn."""

    def __init__(self, page: UnitsPage) -> None:
        self._page, self._found = page, 0
        page.model.found.connect(self._note)
        story = page.record.tabs.widget(0)
        assert isinstance(story, QAbstractScrollArea)
        self._eyes = Eyes(page.table, story)

    def find(self, unit: UnitId, text: str) -> float:
        """Have a whole identifier come into the search field, until its unit stands in the table."""
        page, before = self._page, self._found
        begun = time.perf_counter()
        page.filters.search.setText(text)
        self._eyes.wait(lambda: self._found > before)
        took = (time.perf_counter() - begun) * 1000
        line = page.model.line(0)
        assert page.model.wanted.text == text
        assert line is not None
        assert line.id == unit
        return took

    def open(self, unit: UnitId) -> float:
        """Press Return on what was found, until its record is there; then go back to the list."""
        page = self._page
        assert page.record.shown is None or page.record.shown.record.unit.id != unit
        begun = time.perf_counter()
        QTest.keyClick(page.filters.search, Qt.Key.Key_Return)
        self._eyes.wait(lambda: page.record.shown is not None and page.record.shown.record.unit.id == unit)
        took = (time.perf_counter() - begun) * 1000
        assert page.record.isVisible()
        page.back()
        return took

    def paint(self) -> float:
        """Draw the page as it stands, once more."""
        begun = time.perf_counter()
        self._page.repaint()
        return (time.perf_counter() - begun) * 1000

    def _note(self) -> None:
        self._found += 1


@contextmanager
def units_window(folder: Path) -> Iterator[UnitsWindow]:
    """Show the page over the journal in ``folder / "data"``, with all of its units in the list at first."""
    application = QApplication.instance() or QApplication([])
    stir = QTimer()
    stir.start(_STIR_MS)
    with desk(folder) as around:
        page = UnitsPage(around.surroundings)
        page.resize(1920, 1080)
        page.show()
        _until(lambda: page.model.count is not None and page.filters.batch.count() > 1)
        _rest()  # nobody types before the page is seen
        yield UnitsWindow(page)
        assert not around.said, around.said
        page.model.end()
        page.close()
    stir.stop()
    del application


def _until(reached: Callable[[], bool]) -> None:
    late = time.perf_counter() + _PATIENCE
    while not reached():
        assert time.perf_counter() < late, "waited in vain for the page"
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def _rest() -> None:
    """Return when all is drawn that was to be drawn."""
    rested = list[bool]()
    QTimer.singleShot(0, lambda: rested.append(True))  # Qt comes to it behind everything else
    _until(lambda: bool(rested))
