"""A batch that will not be completed is closed here, with its places added up before and after."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.batch_reading import OpenBatch
from station.desktop.equation import Equation
from station.desktop.said import Said
from station.desktop.surroundings import Surroundings
from station.domain.ids import BatchId
from station.domain.line import Outcome
from station.engine.commands import CloseBatch
from station.engine.results import Failed, Reconciliation, Result


class BatchClose(QFrame):
    """Chooses an open batch, shows it added up, and closes it for a reason. ``closed``: one was."""

    closed = Signal()

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", style.Part.CARD.value)
        self.setObjectName("batch-close")
        self._around = surroundings
        self._batches: dict[str, OpenBatch] = {}
        self._running: BatchId | None = None
        self._lost = False
        self._asking = False
        theme = surroundings.theme()
        self._title = style.title("")
        self.batches = QComboBox()
        self.batches.setObjectName("close-batch")
        self.batches.setMinimumWidth(theme.px(200))
        self.equation = Equation(surroundings)
        self.reason = QLineEdit()
        self.reason.setObjectName("close-reason")
        self.reason.setMaxLength(500)
        self.do = QPushButton()
        self.do.setObjectName("close-do")
        self.said = Said(theme, lines=2)
        self._build(theme.px(14), theme.px(10), theme.px(6))
        self.batches.currentTextChanged.connect(self._chosen)
        self.reason.returnPressed.connect(self._ask)
        self.do.clicked.connect(self._ask)
        self._translate()
        self._enable()

    def show_batches(self, batches: tuple[OpenBatch, ...]) -> None:
        """Offer these open batches; the chosen one stays chosen."""
        before = self.batches.currentText()
        self._batches = {one.batch: one for one in batches}
        self.batches.blockSignals(True)
        self.batches.clear()
        self.batches.addItems(list(self._batches))
        if before in self._batches:
            self.batches.setCurrentText(before)
        self.batches.blockSignals(False)
        chosen = self._batches.get(self.batches.currentText())
        if chosen is not None:
            self.equation.show_sum(chosen.quantity, chosen.lines)
        self._enable()

    def show_running(self, batch: BatchId | None, *, lost: bool) -> None:
        """Take which batch is on the line: that one is stopped first."""
        if (batch, lost) != (self._running, self._lost):
            self._running, self._lost = batch, lost
            self._enable()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)

    def _build(self, side: int, top: int, gap: int) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(side, top, side, top)
        rows.setSpacing(gap)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch()
        head.addWidget(self.batches)
        row = QHBoxLayout()
        row.addWidget(self.reason, 1)
        row.addWidget(self.do)
        rows.addLayout(head)
        rows.addWidget(self.equation)
        rows.addLayout(row)
        rows.addWidget(self.said)

    def _chosen(self, name: str) -> None:
        chosen = self._batches.get(name)
        self.said.clear()
        if chosen is None:
            self.equation.clear()
        else:
            self.equation.show_sum(chosen.quantity, chosen.lines)
        self._enable()

    def _enable(self) -> None:
        name = self.batches.currentText()
        can = bool(name) and name != self._running and not self._lost and not self._asking
        self.batches.setEnabled(bool(self._batches))
        # Not disabled: what stands in it says why nothing can be typed.
        self.reason.setReadOnly(not can)
        self.reason.setFocusPolicy(Qt.FocusPolicy.StrongFocus if can else Qt.FocusPolicy.NoFocus)
        self.do.setEnabled(can)
        self.reason.setPlaceholderText(
            self.tr("Stop the line first: this batch is on it")
            if name and name == self._running
            else self.tr("Why it is closed before it is complete")
        )

    def _ask(self) -> None:
        name = self.batches.currentText()
        if not self.do.isEnabled():
            return
        if not self.reason.text().strip():
            self.said.ask(self.tr("Say first why the batch is closed: it can't be opened again."))
            self.reason.setFocus()
            return
        self._asking = True
        self._enable()
        self.said.busy(self.tr("Closing…"))
        command = CloseBatch(batch=BatchId(name), reason=self.reason.text().strip())
        self._around.link.ask(command, self._done, self._failed)

    def _done(self, result: Result) -> None:
        self._asking = False
        if isinstance(result, Reconciliation):
            counts = dict.fromkeys((Outcome.PASSED.value, Outcome.FAILED.value), 0) | result.outcomes
            terms = [*counts.items()]
            terms.append(("not started", result.not_started))
            if result.beyond:
                terms.append(("beyond the order", -result.beyond))
            self.reason.clear()
            self._batches.pop(result.batch, None)
            self.batches.blockSignals(True)
            self.batches.removeItem(self.batches.findText(result.batch))
            self.batches.setCurrentIndex(-1)
            self.batches.blockSignals(False)
            self.equation.show_sum(result.quantity, terms)
            self.said.good(self.tr("{batch} is closed.").format(batch=result.batch) + " " + " ".join(result.words))
        self._enable()
        self.closed.emit()

    def _failed(self, why: Failed) -> None:
        self._asking = False
        self._enable()
        self.said.failed(why)

    def _translate(self) -> None:
        self._title.setText(self.tr("Close a batch"))
        self.batches.setAccessibleName(self.tr("Batch to close"))
        self.reason.setAccessibleName(self.tr("Why the batch is closed"))
        self.do.setText(self.tr("Close it"))
        self.do.setAccessibleName(self.tr("Close the batch"))
        self._enable()
