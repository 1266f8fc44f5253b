"""Units: any of a million found while typing, its whole record, batches, export, rework and verification."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.batch_list import BatchList
from station.desktop.export_panel import ExportPanel
from station.desktop.named import gathering, named
from station.desktop.past_banner import PastBanner
from station.desktop.record_words import units_words
from station.desktop.rework_panel import ReworkPanel
from station.desktop.surroundings import Surroundings
from station.desktop.unit_filters import UnitFilters
from station.desktop.unit_record import UnitRecordView
from station.desktop.unit_table import UnitModel, UnitTable
from station.desktop.verify_panel import VerifyPanel
from station.domain.ids import BatchId
from station.domain.line import SlotState
from station.engine.pushes import AtLines, Changed, Happened, Header, Welcome
from station.journal.rows import UnitRow
from station.journal.unit_search import BatchLine, UnitLine, UnitSearch

_NO_JOURNAL: Final = "JRN-106"
_REFRESH_MS: Final = 2000
"""How long results gather before a list at its top shows them."""
_TELLING: Final = frozenset({"passed", "failed", "error", "aborted", "quarantined", "uploads", "armed", "closed"})


class UnitsPage(QWidget):
    """Fulfils :class:`station.desktop.link.Page`. A scanned label is looked for and, where it is one unit's, opened."""

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("units-page")
        self._around = surroundings
        self._running: set[int] = set()
        self._header = Header()
        self._open_one = False
        self._stale = True
        theme = surroundings.theme()
        self.filters = UnitFilters(theme, surroundings.opened.clock.now)
        self.model = UnitModel(surroundings.opened.value.data, surroundings.background, self)
        self.table = UnitTable(self.model, theme)
        self.record = UnitRecordView(surroundings)
        self.batches = BatchList(surroundings)
        self.verify = VerifyPanel(surroundings)
        self.export = ExportPanel(surroundings)
        self.banner = PastBanner(theme)
        self.rework = ReworkPanel(surroundings)
        self.tabs = named(QTabWidget(), "units-tabs")
        self.views = named(QStackedWidget(), "units-views")
        self.side = named(QStackedWidget(), "units-side")
        self.status = style.faint("")
        self.status.setObjectName("units-status")
        self.fresh = named(QPushButton(self.tr("Show new results")), "units-fresh")
        self._refresh = gathering(self, _REFRESH_MS)
        self._lay_out(theme.px(12), theme.px(20))
        self._connect()

    # ---- what the window tells

    def welcome(self, welcome: Welcome) -> None:
        """Take everything as it is now."""
        self._header = welcome.header
        self._running = {tile.slot for tile in welcome.tiles if tile.state is SlotState.RUNNING}
        self._stale = True
        self.banner.tell(self._header, len(self._running))
        if self.isVisible():
            self._catch_up()

    def changed(self, changed: Changed) -> None:
        """Take what has changed."""
        for tile in changed.tiles:
            (self._running.add if tile.state is SlotState.RUNNING else self._running.discard)(tile.slot)
        self._header = changed.header or self._header
        if changed.tiles or changed.header:
            self.banner.tell(self._header, len(self._running))

    def happened(self, happened: Happened) -> None:
        """Take one event: what is shown may be behind now."""
        if happened.about in _TELLING:
            self._stale = True
            if self.isVisible() and not self._refresh.isActive():
                self._refresh.start()

    def at_lines(self, lines: AtLines) -> None:
        """AT lines are not shown here."""

    def lost(self) -> None:
        """The engine is gone; records are read all the same, and nothing can be asked of it."""
        self._running.clear()
        self.banner.tell(self._header, len(self._running))

    def scanned(self, text: str) -> None:
        """Take a scan: a second person's badge where one is asked for, else a unit to look for."""
        if self.side.isVisible() and self.side.currentWidget() is self.rework:
            self.rework.take_scan(text)
            return
        self.tabs.setCurrentIndex(0)
        self.back()
        self._open_one = True
        self.filters.look_for(text)

    # ---- what people do

    def open_unit(self, line: UnitLine) -> None:
        """Show this unit's record."""
        self._close_side()
        self.record.open_unit(line.id)
        self.views.setCurrentWidget(self._past)
        self.record.tabs.currentWidget().setFocus(Qt.FocusReason.OtherFocusReason)

    def back(self) -> None:
        """Show the list again, where it was."""
        self._close_side()
        self.views.setCurrentWidget(self._list)
        if self.isVisible():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            self._catch_up()

    def show_batch(self, batch: str) -> None:
        """Show a batch's units."""
        self.tabs.setCurrentIndex(0)
        self.back()
        self.filters.choose_batch(batch)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self._escape()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._place_side()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        super().showEvent(event)
        self._catch_up()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        field = self.filters.search
        if watched is not field:
            return super().eventFilter(watched, event)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_PageDown):
                self.table.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
            if event.key() == Qt.Key.Key_Escape and field.text():
                field.clear()
                return True
        return super().eventFilter(watched, event)

    # ---- how it lies

    def _lay_out(self, gap: int, edge: int) -> None:
        self._list = QWidget()
        status = QHBoxLayout()
        status.addWidget(self.status, 1)
        status.addWidget(self.fresh)
        self._open = named(QPushButton(self.tr("Open")), "units-open")
        self._export = named(QPushButton(self.tr("Export…")), "units-export")
        status.addWidget(self._open)
        status.addWidget(self._export)
        # Its place is kept while nothing is new, so that nothing jumps.
        policy = self.fresh.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.fresh.setSizePolicy(policy)
        self.fresh.hide()
        rows = QVBoxLayout(self._list)
        rows.setContentsMargins(0, gap, 0, 0)
        rows.setSpacing(gap)
        rows.addWidget(self.filters)
        rows.addWidget(self.table, 1)
        rows.addLayout(status)
        self._past = QWidget()
        past = QVBoxLayout(self._past)
        past.setContentsMargins(0, gap, 0, 0)
        past.setSpacing(gap)
        past.addWidget(self.banner)
        past.addWidget(self.record, 1)
        self.views.addWidget(self._list)
        self.views.addWidget(self._past)
        self.tabs.addTab(self.views, self.tr("Units"))
        self.tabs.addTab(self.batches, self.tr("Batches"))
        self.tabs.addTab(self.verify, self.tr("Verify"))
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.setAccessibleName(self.tr("Units, batches, verification"))
        card = style.card()
        inside = QVBoxLayout(card)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.side)
        self.side.addWidget(self.export)
        self.side.addWidget(self.rework)
        # Over the page, not beside it: what lies under it stays where it is.
        card.setParent(self)
        card.setFixedWidth(self._around.theme().px(460))
        card.hide()
        self._side_card, self._edge, self._gap = card, edge, gap
        row = QHBoxLayout(self)
        row.setContentsMargins(edge, gap // 2, edge, gap)
        row.addWidget(self.tabs, 1)
        self.banner.tell(self._header, len(self._running))

    def _connect(self) -> None:
        self.filters.wanted_changed.connect(self._search)
        self.filters.accepted.connect(self._accept)
        self.filters.search.installEventFilter(self)
        self.model.found.connect(self._found)
        self.model.counted.connect(self._tell_status)
        self.model.failed.connect(self._fail)
        self.table.opened.connect(self.open_unit)
        self.fresh.clicked.connect(self._search)
        self._open.clicked.connect(self._accept)
        self._export.clicked.connect(self._export_chosen)
        self.banner.back.connect(self.back)
        self.record.back.connect(self.back)
        self.record.walk.connect(self._walk)
        self.record.export.connect(self._export_one)
        self.record.rework.connect(self._offer_rework)
        self.batches.units.connect(self.show_batch)
        self.batches.export.connect(self._export_batch)
        self.export.closed.connect(self._close_side)
        self.export.verify.connect(self._verify)
        self.rework.closed.connect(self._close_side)
        self.rework.declared.connect(self._read_again)
        self._refresh.timeout.connect(self._catch_up)
        self.tabs.currentChanged.connect(self._turn)
        for keys, press in (
            (QKeySequence(QKeySequence.StandardKey.Find), self._find),
            (QKeySequence("Ctrl+E"), self._export_shown),
            (QKeySequence("Alt+Up"), lambda: self._walk(-1)),
            (QKeySequence("Alt+Down"), lambda: self._walk(1)),
        ):
            shortcut = QShortcut(keys, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(press)

    # ---- the list

    def _search(self) -> None:
        self._stale = False
        self.fresh.hide()
        self.model.search(self.filters.wanted())

    def _found(self) -> None:
        self._tell_status()
        if self._open_one:
            self._open_one = False
            line = self.model.line(0) if self.model.count == 1 else None
            if line is not None:
                self.open_unit(line)

    def _tell_status(self) -> None:
        count = self.model.count
        if count is None:
            self.status.setText(self.tr("Counting…"))
        elif count:
            self.status.setText(units_words(count))
        elif self.filters.filtered():
            self.status.setText(self.tr("No unit is like that. Take a filter away, or type less."))
        else:
            self.status.setText(self.tr("No unit yet: the first one appears once it was identified in a slot."))
        self._open.setEnabled(count != 0)
        self._export.setEnabled(count != 0)

    def _accept(self) -> None:
        chosen = self.table.chosen()
        if chosen:
            self.open_unit(chosen[0])

    def _catch_up(self) -> None:
        """Show what is new, but never under somebody's hands: then it is offered."""
        if not self._stale:
            return
        if self.views.currentWidget() is self._past:
            self._read_again()
            return
        if self.model.rowCount() and (self.table.verticalScrollBar().value() or self.table.currentIndex().row() > 0):
            self.fresh.show()
            return
        self._search()
        self._offer_filters()
        if self.tabs.currentWidget() is self.batches:
            self.batches.read()

    def _offer_filters(self) -> None:
        folder = self._around.opened.value.data

        def read() -> tuple[list[str], list[BatchLine]]:
            with UnitSearch(folder) as search:
                return search.products(), search.batches()

        self._around.background.run(
            read,
            lambda found: self.filters.offer(found[0], [one.id for one in found[1]]),
            self._fail,
            key=f"unit-filters-{id(self)}",
        )

    def _fail(self, error: object) -> None:
        code = getattr(error, "code", "")
        if code == _NO_JOURNAL:
            self.status.setText(self.tr("No journal yet: it begins with the first batch."))
            return
        self._around.say(code, getattr(error, "sentence", str(error)))

    # ---- records, and what is done with them

    def _read_again(self) -> None:
        if self.record.unit is not None:
            self.record.open_unit(self.record.unit)

    def _walk(self, by: int) -> None:
        if self.views.currentWidget() is self._past:
            line = self.table.step(by)
            if line is not None:
                self.record.open_unit(line.id)
                self._close_side()

    def _export_one(self, unit: UnitRow) -> None:
        self.export.offer_units((unit.id,), unit.device_id)
        self._open_side(self.export)

    def _export_chosen(self) -> None:
        chosen = self.table.chosen()
        if chosen:
            self.export.offer_units(tuple(line.id for line in chosen), chosen[0].device_id)
            self._open_side(self.export)

    def _export_batch(self, batch: str) -> None:
        self.export.offer_batch(BatchId(batch))
        self._open_side(self.export)

    def _export_shown(self) -> None:
        if self.tabs.currentWidget() is self.views:
            if self.views.currentWidget() is self._past and self.record.shown is not None:
                self._export_one(self.record.shown.record.unit)
            else:
                self._export_chosen()
        elif (batch := self.batches.chosen()) is not None:
            self._export_batch(batch)

    def _offer_rework(self, unit: UnitRow) -> None:
        self.rework.offer(unit.device_id, declared=unit.rework)
        self._open_side(self.rework)

    def _verify(self, path: str) -> None:
        self._close_side()
        self.tabs.setCurrentWidget(self.verify)
        self.verify.offer(path)
        self.verify.start()

    def _open_side(self, panel: QWidget) -> None:
        self.side.setCurrentWidget(panel)
        self._place_side()
        self._side_card.show()
        self._side_card.raise_()

    def _place_side(self) -> None:
        card, top = self._side_card, self.tabs.tabBar().height() + self._gap
        card.setGeometry(self.width() - card.width() - self._edge, top, card.width(), self.height() - top - self._gap)

    def _close_side(self) -> None:
        self.rework.second.clear()
        self._side_card.hide()

    def _escape(self) -> None:
        if self._side_card.isVisible():
            self._close_side()
            view = self.tabs.currentWidget()
            (self.table if view is self.views and self.views.currentWidget() is self._list else view).setFocus()
        elif self.tabs.currentWidget() is self.views and self.views.currentWidget() is self._past:
            self.back()
        else:
            self._find()

    def _find(self) -> None:
        if self.tabs.currentWidget() is self.batches:
            self.batches.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.batches.search.selectAll()
            return
        self.tabs.setCurrentIndex(0)
        if self.views.currentWidget() is self._past:
            self.back()
        self.filters.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filters.search.selectAll()

    def _turn(self, _index: int) -> None:
        self._close_side()
        if self.tabs.currentWidget() is self.batches:
            self.batches.read()
