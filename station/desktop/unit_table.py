"""A table of a million units: its scroll bar is true, and only the pages that are looked at are ever read."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from station.desktop.background import Background
from station.desktop.named import gathering
from station.desktop.pills import LOOK_ROLE, PillDelegate
from station.desktop.record_words import CLOUD_LOOKS, OUTCOME_MOODS, cloud_word, outcome_word, time_words
from station.desktop.theme import LOOKS, Theme
from station.domain.faults import Cancelled
from station.journal.unit_search import PAGE, Extent, UnitLine, UnitSearch, Wanted

Found = TypeVar("Found")
Index = QModelIndex | QPersistentModelIndex

_KEPT: Final = 40
"""Pages that stay in memory: 8000 rows."""
_ASKED: Final = 3
"""Pages that are still fetched when the scroll bar has flown past; those before them are not."""
_COLUMNS: Final = 10
_OUTCOME: Final = 0
_CLOUD: Final = 8


class Interest:
    """Whether the answer to a question is still wanted. The window's thread ends it, a worker looks."""

    def __init__(self) -> None:
        self._over = False

    def end(self) -> None:
        """Nobody wants it any more. Safe to repeat."""
        self._over = True

    def lasts(self) -> bool:
        """Return whether somebody still waits for it."""
        return not self._over


class UnitModel(QAbstractTableModel):
    """The units that are wanted now, newest board first. Reads in ``background``; for the window's thread alone."""

    found = Signal()
    """The first page is there; the count may follow."""
    counted = Signal()
    """The count is known, and with it the scroll bar's length."""
    failed = Signal(object)
    """The journal can't be read: the fault."""

    def __init__(self, folder: Path, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder, self._background = folder, background
        self._wanted, self._interest = Wanted(), Interest()
        self._pages: OrderedDict[int, list[UnitLine]] = OrderedDict()
        self._extent: Extent | None = None
        self._rows = 0
        self._asked: list[int] = []
        self._fetching: int | None = None

    @property
    def wanted(self) -> Wanted:
        """What is looked for."""
        return self._wanted

    @property
    def count(self) -> int | None:
        """How many units there are; None while they are being counted."""
        return None if self._extent is None else self._extent.count

    def search(self, wanted: Wanted) -> None:
        """Look for other units. What is shown stays until the first page is there."""
        self._interest.end()
        self._interest = interest = Interest()
        folder, self._wanted = self._folder, wanted

        def first() -> list[UnitLine] | None:
            return _unless_over(lambda: _search(folder, interest).page(wanted))

        self._background.run(first, partial(self._take_first, interest), self._fail, key=f"units-first-{id(self)}")

    def line(self, row: int) -> UnitLine | None:
        """Return a row's unit; None while its page is being read."""
        page = self._pages.get(row // PAGE)
        if page is None:
            self._want(row // PAGE)
            return None
        return page[row % PAGE] if row % PAGE < len(page) else None

    def end(self) -> None:
        """Let go of what is being read. Safe to repeat."""
        self._interest.end()

    # ---- what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 -- Qt's name and Qt's default
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 -- Qt's name and Qt's default
        return 0 if parent.isValid() else _COLUMNS

    def headerData(  # noqa: N802 -- Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (
            self.tr("Outcome"),
            self.tr("Device ID"),
            self.tr("IMEI"),
            self.tr("Serial"),
            self.tr("Batch"),
            self.tr("Slot"),
            self.tr("Tries"),
            self.tr("Fault"),
            self.tr("Cloud"),
            self.tr("Last attempt"),
        )[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        # Qt asks for a dozen roles a cell: those without an answer leave first.
        if role not in (Qt.ItemDataRole.DisplayRole, LOOK_ROLE, Qt.ItemDataRole.AccessibleTextRole):
            return None
        line = self.line(index.row())
        if line is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole and index.column() == 1 else None
        if role == LOOK_ROLE:
            return self._look(line, index.column())
        return self._text(line, index.column())

    @staticmethod
    def _look(line: UnitLine, column: int) -> object:
        match column:
            case 0:
                return LOOKS[OUTCOME_MOODS[line.outcome]]
            case 8:
                return CLOUD_LOOKS[line.cloud]
            case _:
                return None

    @staticmethod
    def _text(line: UnitLine, column: int) -> str:
        match column:
            case 0:
                return outcome_word(line.outcome)
            case 1:
                return line.device_id
            case 2:
                return line.imei
            case 3:
                return line.serial or ""
            case 4:
                return line.batch
            case 5:
                return str(line.slot) if line.slot else ""
            case 6:
                return str(line.attempts)
            case 7:
                return line.fault or ""
            case 8:
                return cloud_word(line.cloud)
            case _:
                return time_words(line.began)

    # ---- what comes back

    def _take_first(self, interest: Interest, page: list[UnitLine] | None) -> None:
        if page is None or not interest.lasts():
            return
        self.beginResetModel()
        self._pages.clear()
        self._pages[0] = page
        self._rows, self._asked, self._fetching = len(page), [], None
        whole = len(page) < PAGE
        self._extent = Extent(len(page), tuple(line.id for line in page[:1])) if whole else None
        self.endResetModel()
        self.found.emit()
        if whole:
            self.counted.emit()
            return
        folder, wanted, newest = self._folder, self._wanted, page[0].id

        def extent() -> Extent | None:
            return _unless_over(lambda: _search(folder, interest).extent(wanted, newest))

        self._background.run(extent, partial(self._take_extent, interest), self._fail, key=f"units-all-{id(self)}")

    def _take_extent(self, interest: Interest, extent: Extent | None) -> None:
        if extent is None or not interest.lasts():
            return
        self._extent = extent
        if extent.count > self._rows:
            self.beginInsertRows(QModelIndex(), self._rows, extent.count - 1)
            self._rows = extent.count
            self.endInsertRows()
        self.counted.emit()

    def _want(self, page: int) -> None:
        if page == self._fetching or self._extent is None or page >= len(self._extent.firsts):
            return
        if page in self._asked:
            self._asked.remove(page)
        self._asked = [*self._asked, page][-_ASKED:]
        if self._fetching is None:
            self._fetch()

    def _fetch(self) -> None:
        if not self._asked or self._extent is None:
            self._fetching = None
            return
        page = self._fetching = self._asked.pop()
        folder, wanted, interest, first = self._folder, self._wanted, self._interest, self._extent.firsts[page]

        def rows() -> list[UnitLine] | None:
            return _unless_over(lambda: _search(folder, interest).page(wanted, first))

        self._background.run(rows, partial(self._take_page, interest, page), self._fail)

    def _take_page(self, interest: Interest, page: int, rows: list[UnitLine] | None) -> None:
        if rows is None or not interest.lasts():
            return
        self._pages[page] = rows
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        self._fetching = None
        last = min(self._rows, (page + 1) * PAGE) - 1
        self.dataChanged.emit(self.index(page * PAGE, 0), self.index(last, _COLUMNS - 1))
        self._fetch()

    def _fail(self, error: BaseException) -> None:
        self._fetching = None
        self.failed.emit(error)


def _search(folder: Path, interest: Interest) -> UnitSearch:
    return UnitSearch(folder, interest.lasts)


def _unless_over(ask: Callable[[], Found]) -> Found | None:
    """Return what is asked for; None where nobody wants it any more."""
    try:
        return ask()
    except Cancelled:
        return None


class UnitTable(QTableView):
    """The table itself. Enter or a double click opens a unit."""

    opened = Signal(object)
    """Somebody wants to see this :class:`UnitLine`'s record."""

    def __init__(self, model: UnitModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unit-table")
        self.setAccessibleName(self.tr("Units"))
        self._units = model
        self.setModel(model)
        pills = PillDelegate(self)
        for column in (_OUTCOME, _CLOUD):  # all others are drawn in half the time without it
            self.setItemDelegateForColumn(column, pills)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # IDs of one series begin alike
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(True)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(theme.px(36))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        widths = (150, 0, 165, 140, 160, 56, 60, 110, 185, 165)
        for column, width in enumerate(widths):
            if width:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(column, theme.px(width))
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.doubleClicked.connect(self._open)
        model.modelReset.connect(self._choose_first)
        # What is seen but not read yet is asked for once the scroll bar rests for a moment.
        self._rest = gathering(self, 30)
        self._rest.timeout.connect(self.viewport().update)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._rest.start())

    def chosen(self) -> list[UnitLine]:
        """Return the selected units that have been read, top to bottom."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [line for row in rows if (line := self._units.line(row)) is not None]

    def step(self, by: int) -> UnitLine | None:
        """Move the selection and return the unit it is at then; None where there is none, or not yet."""
        row = self.currentIndex().row() + by
        if not 0 <= row < self._units.rowCount():
            return None
        self.selectRow(row)
        return self._units.line(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
            return
        super().keyPressEvent(event)

    def _open(self) -> None:
        line = self._units.line(self.currentIndex().row()) if self.currentIndex().isValid() else None
        if line is not None:
            self.opened.emit(line)

    def _choose_first(self) -> None:
        if self._units.rowCount():
            self.selectRow(0)
            self.scrollToTop()
