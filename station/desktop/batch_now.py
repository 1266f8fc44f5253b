"""The card at the top of the batch page: what is on the line, or the batch that can be gone on with in one press."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from station.desktop import style, words
from station.desktop.batch_reading import OpenBatch
from station.desktop.fonts import line_height
from station.desktop.hold_button import HoldButton
from station.desktop.line_bar import FittedLabel
from station.desktop.theme import LOOKS, Mood, Theme
from station.domain.line import Outcome
from station.engine.pushes import Header


class BatchNow(QFrame):
    """While a batch is on the line: how far it is, Pause and Stop. Else: the newest open batch and Continue."""

    pause = Signal()
    resume = Signal()
    stop = Signal()
    go_on = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", style.Part.CARD.value)
        self.setObjectName("batch-now")
        self._open: OpenBatch | None = None
        self._header = Header()
        self._lost = False
        self._title = style.title("")
        self.facts = FittedLabel()
        self.facts.setObjectName("batch-facts")
        self.warnings = FittedLabel()
        self.warnings.setObjectName("batch-warnings")
        self.share = QProgressBar()
        self.share.setTextVisible(False)
        self.share.setFixedHeight(theme.px(10))
        self._pause, self._stop, self._go_on = QPushButton(), HoldButton(""), style.primary("")
        look = LOOKS[Mood.FAILED]
        self._stop.set_colours(QColor(look.paper), QColor(look.ink))
        self._build(theme)
        self._pause.clicked.connect(self._pause_or_resume)
        self._stop.held.connect(self.stop)
        self._go_on.clicked.connect(self._continue)
        self._show()

    def show_header(self, header: Header, *, lost: bool) -> None:
        """Take what is on the line now."""
        if header.run == "idle" and self._header.run != "idle":
            self.show_warnings(())
        self._header, self._lost = header, lost
        self._show()

    def show_open(self, batch: OpenBatch | None) -> None:
        """Take the newest batch that is not closed."""
        self._open = batch
        self._show()

    def show_warnings(self, warnings: tuple[str, ...]) -> None:
        """Say what arming found that somebody should know."""
        self.warnings.show_text(" ".join(warnings))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._show()
        super().changeEvent(event)

    def _build(self, theme: Theme) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(14), theme.px(10), theme.px(14), theme.px(10))
        rows.setSpacing(theme.px(6))
        buttons = QHBoxLayout()
        for name, button in (("batch-continue", self._go_on), ("batch-pause", self._pause), ("batch-stop", self._stop)):
            button.setObjectName(name)
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch()
        line = line_height(self.facts.font())
        for label, lines in ((self.facts, 2), (self.warnings, 2)):
            label.setFixedHeight(line * lines + 2)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        rows.addWidget(self._title)
        rows.addWidget(self.facts)
        rows.addWidget(self.share)
        rows.addWidget(self.warnings)
        rows.addLayout(buttons)

    def _show(self) -> None:
        header = self._header
        runs = header.run not in ("idle", "arming")
        self._go_on.setVisible(not runs)
        self._pause.setVisible(runs)
        self._stop.setVisible(runs)
        works = header.run in ("running", "paused") and not self._lost
        self._pause.setEnabled(works)
        self._stop.setEnabled(works)
        self._pause.setText(self.tr("Resume") if header.run == "paused" else self.tr("Pause"))
        self._pause.setMinimumWidth(self._widest(self._pause, self.tr("Resume"), self.tr("Pause")))
        self._pause.setAccessibleName(self._pause.text())
        self._stop.set_words(self.tr("Hold to stop"))
        self._stop.setAccessibleName(self.tr("Stop the line: hold for one second"))
        if runs:
            self._show_run(header)
        else:
            self._show_open(self._open)

    def _show_run(self, header: Header) -> None:
        title = self.tr("{state}: {batch}").format(state=words.run_state(header.run), batch=header.batch or "")
        self._title.setText(title)
        counts = ", ".join(
            f"{header.outcomes[one.value]} {words.of(one)}" for one in Outcome if header.outcomes.get(one.value)
        )
        said = self.tr("{product}: {done} of {quantity} done").format(
            product=header.product, done=header.done, quantity=header.quantity
        )
        parts = [f"{said} ({counts})" if counts else said]
        if header.first_total:
            share = f"{header.first_passed / header.first_total:.0%}"
            parts.append(self.tr("first-pass yield {share}").format(share=share))
        if header.serials:
            parts.append(self.tr("labels {serials}").format(serials=header.serials))
        if header.operator:
            parts.append(self.tr("armed by {name}").format(name=header.operator))
        self.facts.show_text(" · ".join(parts))
        self._show_share(header.done, header.quantity)

    def _show_open(self, batch: OpenBatch | None) -> None:
        self._go_on.setEnabled(batch is not None and self._header.run == "idle" and not self._lost)
        if batch is None:
            self._title.setText(self.tr("No batch is open"))
            self.facts.show_text(self.tr("Fill in a work order below and arm the line."))
            self._go_on.setText(self.tr("Continue"))
            self._show_share(0, 1)
        else:
            self._title.setText(self.tr("Open: {batch}").format(batch=batch.batch))
            self.facts.show_text(
                self.tr("{product}: {done} of {quantity} done").format(
                    product=batch.product, done=batch.done, quantity=batch.quantity
                )
            )
            self._go_on.setText(self.tr("Continue {batch}").format(batch=batch.batch))
            self._show_share(batch.done, batch.quantity)
        self._go_on.setAccessibleName(self._go_on.text())

    def _show_share(self, done: int, quantity: int) -> None:
        self.share.setRange(0, max(1, quantity))
        self.share.setValue(min(done, max(1, quantity)))
        self.share.setAccessibleName(self.tr("{done} of {quantity} done").format(done=done, quantity=quantity))

    @staticmethod
    def _widest(button: QPushButton, *words: str) -> int:
        """Return how wide it is with the longest of its words: what stands beside it must not move."""
        own = button.fontMetrics().horizontalAdvance(button.text())
        most = max(button.fontMetrics().horizontalAdvance(word) for word in words)
        return button.sizeHint().width() - own + most

    def _pause_or_resume(self) -> None:
        (self.resume if self._header.run == "paused" else self.pause).emit()

    def _continue(self) -> None:
        if self._open is not None:
            self.go_on.emit(self._open)
