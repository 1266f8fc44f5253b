"""All work orders: each with its tally and its reconciliation, ready to be exported, its units one press away."""

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QTableView, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.grid import Grid, grid_view
from station.desktop.named import named
from station.desktop.pills import Pill
from station.desktop.record_words import (
    CLOUD_LOOKS,
    cloud_word,
    number_words,
    outcome_word,
    share_words,
    time_words,
)
from station.desktop.surroundings import Surroundings
from station.desktop.theme import LOOKS, Mood
from station.domain.ids import BatchId
from station.domain.line import CloudState, Outcome
from station.journal.reconciliation import Reconciliation, reconcile
from station.journal.rows import Tally
from station.journal.unit_search import BatchLine, UnitSearch


@dataclass(frozen=True, slots=True)
class _Counted:
    batch: BatchId
    tally: Tally
    places: Reconciliation


class BatchList(QWidget):
    """The batches; choosing one counts it in the background."""

    export = Signal(str)
    """Somebody wants this batch exported."""
    units = Signal(str)
    """Somebody wants to see this batch's units."""

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("batch-list")
        self._around = around
        self._all: list[BatchLine] = []
        self._shown: list[BatchLine] = []
        self._counted: _Counted | None = None
        theme = around.theme()
        gap = theme.px(12)
        self.search = named(QLineEdit(), "batch-search")
        self.search.setPlaceholderText(self.tr("Batch or product: any part of it"))
        self.search.setAccessibleName(self.tr("Search for a batch"))
        self.search.setClearButtonEnabled(True)
        self._model = Grid(
            (self.tr("Batch"), self.tr("Product"), self.tr("Ordered"), self.tr("State"), self.tr("Begun")), self
        )
        self.table: QTableView = grid_view(self._model, (0, 160, 90, 120, 170), theme, self.tr("Batches"))
        self.table.setObjectName("batch-table")
        left = QVBoxLayout()
        left.setSpacing(gap)
        left.addWidget(self.search)
        left.addWidget(self.table, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, gap, 0, 0)
        row.setSpacing(gap)
        row.addLayout(left, 3)
        row.addWidget(self._card(gap), 2)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self.table.setFocus)
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self.table.doubleClicked.connect(lambda _: self._tell(self.units))

    def _card(self, gap: int) -> QWidget:
        card = style.card()
        rows = QVBoxLayout(card)
        rows.setContentsMargins(gap, gap, gap, gap)
        rows.setSpacing(gap)
        self._name = style.title("", style.Size.TITLE)
        self._sum = style.text("", style.Size.TITLE)
        self._sum.setObjectName("batch-reconciliation")
        self._yield = style.text("")
        self._yield.setObjectName("batch-yield")
        self._notes = style.faint("")
        self._pills = QVBoxLayout()
        self._pills.setSpacing(gap // 2)
        self._show = style.primary(self.tr("Show its units"))
        self._show.setObjectName("batch-units")
        self._export = named(QPushButton(self.tr("Export the batch…")), "batch-export")
        buttons = QHBoxLayout()
        buttons.addWidget(self._show)
        buttons.addWidget(self._export)
        buttons.addStretch()
        for widget in (self._name, style.faint(self.tr("Reconciliation"), style.Size.SMALL), self._sum, self._yield):
            rows.addWidget(widget)
        rows.addLayout(self._pills)
        rows.addWidget(self._notes)
        rows.addStretch()
        rows.addLayout(buttons)
        self._show.clicked.connect(lambda: self._tell(self.units))
        self._export.clicked.connect(lambda: self._tell(self.export))
        self._offer(None)
        return card

    def read(self) -> None:
        """Read the list anew. Safe to repeat."""
        folder = self._around.opened.value.data

        def batches() -> list[BatchLine]:
            with UnitSearch(folder) as search:
                return search.batches()

        self._around.background.run(batches, self._take, self._fail, key=f"batches-{id(self)}")

    def chosen(self) -> BatchId | None:
        """Return the batch that is chosen."""
        row = self.table.currentIndex().row()
        return self._shown[row].id if 0 <= row < len(self._shown) else None

    def _take(self, batches: list[BatchLine]) -> None:
        was = self.chosen()
        self._all = batches
        self._filter()
        if was is not None:
            rows = [row for row, one in enumerate(self._shown) if one.id == was]
            self.table.selectRow(rows[0] if rows else 0)

    def _filter(self) -> None:
        text = self.search.text().strip().lower()
        self._shown = [one for one in self._all if text in one.id.lower() or text in one.product.lower()]
        self._model.show_rows(
            [
                (
                    one.id,
                    one.product,
                    number_words(one.quantity),
                    (self.tr("Closed"), LOOKS[Mood.STOPPED]) if one.closed else (self.tr("Open"), LOOKS[Mood.RUNNING]),
                    time_words(one.opened),
                )
                for one in self._shown
            ]
        )
        if self._shown:
            self.table.selectRow(0)
        else:
            self._offer(None)

    def _choose(self, index: QModelIndex, _before: QModelIndex) -> None:
        if not 0 <= index.row() < len(self._shown):
            return
        batch, opened = self._shown[index.row()].id, self._around.opened

        def count() -> _Counted:
            with opened.records() as records:
                return _Counted(batch, records.tally(batch), reconcile(records, batch))

        self._around.background.run(count, self._offer, self._fail, key=f"batch-{id(self)}")

    def _offer(self, counted: _Counted | None) -> None:
        self._counted = counted
        for button in (self._show, self._export):
            button.setEnabled(counted is not None)
        while (item := self._pills.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if counted is None:
            self._name.setText(self.tr("No batch"))
            for label in (self._sum, self._yield, self._notes):
                label.setText("")
            return
        self._name.setText(counted.batch)
        self._sum.setText(self.equation(counted.places))
        tally = counted.tally
        share = tally.first_passed / tally.first_total if tally.first_total else None
        self._yield.setText(
            self.tr("First-pass yield {share}: {good} of {total}").format(
                share=share_words(share), good=number_words(tally.first_passed), total=number_words(tally.first_total)
            )
        )
        theme = self._around.theme()
        for state in CloudState:
            if state is not CloudState.NONE and tally.cloud.get(state):
                pill = Pill(theme, 16)
                pill.show_state(CLOUD_LOOKS[state], f"{number_words(tally.cloud[state])} {cloud_word(state)}")
                self._pills.addWidget(pill)
        in_work = tally.outcomes.get("in-progress", 0)
        self._notes.setText(self.tr("In work now: {count}").format(count=in_work) if in_work else "")

    def equation(self, places: Reconciliation) -> str:
        """Return the work order added up, as people write it down."""
        ordered = self.tr("ordered")
        parts = [f"{number_words(places.ordered)} {ordered} ="]
        names = {outcome.value: outcome_word(outcome).lower() for outcome in Outcome}
        names |= {"not started": self.tr("not started"), "beyond the order": self.tr("beyond the order")}
        for name, count in places.lines():
            if count or name in ("passed", "not started"):
                sign = "–" if count < 0 else "+"
                lead = "" if len(parts) == 1 and count >= 0 else f"{sign} "
                parts.append(f"{lead}{number_words(abs(count))} {names.get(name, name)}")
        return " ".join(parts)

    def _tell(self, signal: SignalInstance) -> None:
        if self._counted is not None:
            signal.emit(self._counted.batch)

    def _fail(self, error: BaseException) -> None:
        self._offer(None)
        code = getattr(error, "code", "")
        if code != "JRN-106":
            self._around.say(code, getattr(error, "sentence", str(error)))
