"""The row above the tiles: what the line does and where the next scan goes, and its three buttons."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.fault_words import say
from station.desktop.hold_button import HoldButton
from station.desktop.scan_route import ScanRoute
from station.desktop.theme import LOOKS, Mood, Theme
from station.desktop.tile_lines import mend_first
from station.desktop.tile_words import step_words
from station.domain.line import SlotState
from station.engine.pushes import Header, Tile

_RUNS = ("running", "paused", "stopping", "closing")


class FittedLabel(QLabel):
    """A text of one or two lines in a place of fixed height; what does not fit is in its tooltip."""

    def __init__(self, parent: QWidget | None = None, *, lines: int = 2) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._lines = lines
        self.setWordWrap(lines > 1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""

    @property
    def whole(self) -> str:
        """The text, uncut."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show this; nothing else moves by it."""
        if text != self._whole:
            self._whole = text
            self.setToolTip(text)
            self.setAccessibleName(text)
            self._fit()

    def take_lines(self, lines: int) -> None:
        """Have so many lines from now on."""
        if lines != self._lines:
            self._lines = lines
            self.setWordWrap(lines > 1)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(self.font())
        room = max(10, int(self.width() * (1.85 if self._lines > 1 else 1.0)))
        self.setText(metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, room))


class LineBar(QWidget):
    """Says what the line does. Stopping takes a second's hold; pausing and arming a press."""

    pause = Signal()
    resume = Signal()
    stop = Signal()
    arm = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("line-bar")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.said = FittedLabel()
        self.said.setObjectName("line-said")
        self._pause = QPushButton()
        self._pause.setObjectName("pause")
        self._stop = HoldButton("")
        self._stop.setObjectName("stop")
        self._arm = style.primary("")
        self._arm.setObjectName("go-arm")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.fault = FittedLabel(lines=1)
        self.fault.setObjectName("line-fault")
        self.fault.hide()
        words = QVBoxLayout()
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(0)
        words.addWidget(self.said, 1)
        words.addWidget(self.fault, 1)
        self._row.addLayout(words, 1)
        for button in (self._arm, self._pause, self._stop):
            button.setAutoDefault(False)
            self._row.addWidget(button)
        self._paused = False
        self._pause.clicked.connect(self._pause_or_resume)
        self._stop.held.connect(self.stop)
        self._arm.clicked.connect(self.arm)
        self._translate()
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take these sizes and colours."""
        self._row.setSpacing(theme.px(10))
        self.setFixedHeight(theme.px(54))
        look = LOOKS[Mood.FAILED]
        self._stop.set_colours(QColor(look.paper), QColor(look.ink))
        for button in (self._arm, self._pause, self._stop):
            button.setMinimumWidth(theme.px(150))

    def show_line(self, header: Header, tiles: Iterable[Tile], route: ScanRoute, *, lost: bool) -> None:
        """Say what the line does now."""
        tiles = list(tiles)
        runs = header.run in _RUNS
        self._paused = header.run == "paused"
        self._pause.setText(self.tr("Resume") if self._paused else self.tr("Pause"))
        self._pause.setAccessibleName(self._pause.text())
        self._pause.setEnabled(header.run in ("running", "paused") and not lost)
        self._stop.setEnabled(header.run in ("running", "paused") and not lost)
        self._arm.setVisible(not runs)
        self._arm.setEnabled(header.run == "idle" and not lost)
        self._pause.setVisible(runs)
        self._stop.setVisible(runs)
        self.said.show_text(self._words(header, tiles, route, lost))

    def show_fault(self, tile: Tile | None) -> None:
        """Say what a tile has no room for: a slot's fault whole, what is to be done first where even this is short."""
        self.fault.setVisible(tile is not None)
        self.said.take_lines(2 if tile is None else 1)
        if tile is None:
            return
        words = self.tr("Slot {number}: {code} {sentence}")
        sentence = " ".join(say(tile.code, tile.sentence).split())
        whole = words.format(number=tile.slot, code=tile.code, sentence=sentence)
        if QFontMetrics(self.fault.font()).horizontalAdvance(whole) > self.said.width():
            whole = words.format(number=tile.slot, code=tile.code, sentence=mend_first(sentence))
        self.fault.show_text(whole)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)

    def _pause_or_resume(self) -> None:
        (self.resume if self._paused else self.pause).emit()

    def _words(self, header: Header, tiles: list[Tile], route: ScanRoute, lost: bool) -> str:
        if lost:
            return self.tr("The engine is gone: what is shown here may be old. The line may still be at work.")
        match header.run:
            case "stopping" | "closing":
                return self._stopping(tiles)
            case "arming":
                return self.tr("The batch is being armed…")
            case "idle":
                return self.tr("No batch is on the line.")
        if route.chosen is not None:
            return self.tr("Slot {number} is chosen: scan its label.").format(number=route.chosen)
        if header.run == "paused":
            return self.tr("Paused: boards at work are finished, no others are begun. {rest}").format(
                rest=self._running(tiles)
            )
        if header.scans_labels:
            slot = route.next
            if slot is None:
                return self.tr("No slot waits for a label. {rest}").format(rest=self._running(tiles))
            return self.tr("Scan a label: it goes to slot {number}. For another slot, type its number first.").format(
                number=slot
            )
        return self._running(tiles)

    def _running(self, tiles: list[Tile]) -> str:
        count = sum(tile.state is SlotState.RUNNING for tile in tiles)
        return self.tr("{count} of {slots} slots are at work.").format(count=count, slots=len(tiles))

    def _stopping(self, tiles: list[Tile]) -> str:
        busy = [
            self.tr("slot {number}: {step}").format(number=tile.slot, step=step_words(tile))
            for tile in tiles
            if tile.state is SlotState.RUNNING
        ]
        if not busy:
            return self.tr("Stopping: no board is at work any more; the last upload ends in a moment.")
        return self.tr("Stopping: no new boards, running steps end. {slots}").format(slots=" · ".join(busy))

    def _translate(self) -> None:
        self._stop.set_words(self.tr("Hold to stop"))
        self._stop.setAccessibleName(self.tr("Stop the line: hold for one second"))
        self._arm.setText(self.tr("Arm a batch"))
        self._arm.setAccessibleName(self.tr("Arm a batch"))
