"""What is behind a tile: every step with its time, the whole fault, and what station and modem say to each other."""

from datetime import datetime
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.fault_words import told
from station.desktop.fonts import mono_font, state_font, text_font
from station.desktop.shapes import draw_shape
from station.desktop.slot_steps import AttemptSteps
from station.desktop.step_list import StepList
from station.desktop.surroundings import Surroundings
from station.desktop.theme import LOOKS, Theme
from station.desktop.tile_words import clock_words, elapsed, fault_words, mood_of, prompt_words, state_word, unit_words
from station.domain.ids import AttemptId, SlotNumber
from station.domain.line import SlotState
from station.engine.commands import WatchSlot
from station.engine.prompts import PUT_IN_AND_SAY
from station.engine.pushes import AtLines, Tile
from station.engine.results import Failed, Result

WIDTH: Final = 560
"""As drawn for 1920×1080."""

_MOST_LINES: Final = 2000


class SlotHead(QWidget):
    """Slot number, shape and word in the state's colours, as on the tile."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tile: Tile | None = None
        self._time = ""
        self.setFixedHeight(theme.px(84))

    def show_tile(self, tile: Tile, now: datetime) -> None:
        """Show this slot."""
        self._tile, self._time = tile, clock_words(elapsed(tile, now))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take these sizes."""
        self._theme = theme
        self.setFixedHeight(theme.px(84))

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(200, self._theme.px(84))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        if self._tile is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        mood, theme = mood_of(self._tile), self._theme
        look, box = LOOKS[mood], QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.paper))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor(look.ink))
        painter.setFont(state_font(max(46, theme.px(52))))
        box = box.adjusted(theme.px(16), 0, -theme.px(16), 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        number, metrics = str(self._tile.slot), QFontMetricsF(painter.font())
        painter.drawText(box, flags, number)
        left = box.left() + metrics.horizontalAdvance(number) + theme.px(14)
        side = float(theme.px(40))
        draw_shape(painter, look.shape, QRectF(left, box.center().y() - side / 2, side, side), QColor(look.ink))
        painter.drawText(box.adjusted(left - box.left() + side + theme.px(14), 0, 0, 0), flags, state_word(mood))
        painter.setFont(text_font(theme.px(22), bold=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._time)


class Drawer(QFrame):
    """One slot in detail. While it is open, the engine pushes that slot's AT lines to this window, and no other's."""

    closed = Signal()
    unlock = Signal(int)
    loaded = Signal(int)

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawer")
        self.setProperty("part", style.Part.CARD.value)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._around = surroundings
        self._tile: Tile | None = None
        self._read: tuple[object, ...] = ()
        theme = surroundings.theme()
        self.head = SlotHead(theme)
        self.unit = style.title("", style.Size.TEXT)
        self.unit.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.fault = style.text("")
        self.fault.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.fault.setObjectName("drawer-fault")
        self.prompt = style.title("", style.Size.TEXT)
        self.steps = StepList(surroundings.opened.clock, theme)
        self.log = QPlainTextEdit()
        self.log.setObjectName("at-log")
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(_MOST_LINES)
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.log.setTabChangesFocus(True)
        self._steps_title, self._log_title = (QLabel(), QLabel())
        self.act = style.primary("")
        self.act.setObjectName("drawer-act")
        self._copy, self._close = QPushButton(), QPushButton()
        self._copy.setObjectName("copy-log")
        self._close.setObjectName("close-drawer")
        self._build(theme)
        self.act.clicked.connect(self._acted)
        self._copy.clicked.connect(self._copied)
        self._close.clicked.connect(self.close_drawer)
        self._ticking = QTimer(self, interval=1000)
        self._ticking.timeout.connect(self._tick)
        self._translate()
        self.hide()

    @property
    def slot(self) -> SlotNumber | None:
        """The slot that is shown; None while the drawer is closed."""
        return self._tile.slot if self._tile else None

    def open_for(self, tile: Tile) -> None:
        """Show this slot, and hear its AT lines from now on."""
        fresh = self.slot != tile.slot
        self._tile = tile
        if fresh:
            self._read = ()
            self.log.clear()
            self.steps.clear()
            self._watch(tile.slot)
        self.show()
        self.raise_()
        self._show(tile)

    def show_tile(self, tile: Tile) -> None:
        """Take what the slot is now; another slot's is not looked at."""
        if tile.slot == self.slot and tile != self._tile:
            self._tile = tile
            self._show(tile)

    def show_lines(self, lines: AtLines) -> None:
        """Add what station and modem said; the newest stays in sight unless somebody reads further up."""
        if lines.slot != self.slot:
            return
        for at, way, text in lines.lines:
            self.log.appendPlainText(f"{_local(at)} {way} {text}")

    def watch_again(self) -> None:
        """Ask for the AT lines once more: the engine is another one."""
        if self._tile is not None:
            self.log.clear()
            self._watch(self._tile.slot)

    def close_drawer(self) -> None:
        """Show nothing, and hear no AT lines any more. Safe to repeat."""
        if self._tile is None:
            return
        self._tile = None
        self._ticking.stop()
        self._watch(None)
        self.hide()
        self.closed.emit()

    def set_theme(self, theme: Theme) -> None:
        """Take these sizes and colours."""
        self.log.setFont(mono_font(max(12, theme.px(14))))
        self.head.set_theme(theme)
        self.steps.set_theme(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self.close_drawer()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)

    def _build(self, theme: Theme) -> None:
        pad, gap = theme.px(14), theme.px(8)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(pad, pad, pad, pad)
        rows.setSpacing(gap)
        buttons = QHBoxLayout()
        buttons.addWidget(self.act)
        buttons.addStretch()
        buttons.addWidget(self._copy)
        buttons.addWidget(self._close)
        for title in (self._steps_title, self._log_title):
            title.setProperty("part", style.Part.TITLE.value)
        for widget in (self.head, self.unit, self.fault, self.prompt, self._steps_title):
            rows.addWidget(widget)
        rows.addWidget(self.steps, 5)
        rows.addWidget(self._log_title)
        rows.addWidget(self.log, 3)
        rows.addLayout(buttons)
        self.set_theme(theme)

    def _show(self, tile: Tile) -> None:
        self.head.show_tile(tile, self._around.opened.clock.now())
        self.setAccessibleName(self.tr("Slot {number} in detail").format(number=tile.slot))
        for label, text in (
            (self.unit, unit_words(tile)),
            (self.fault, fault_words(tile)),
            (self.prompt, prompt_words(tile)),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        latched = tile.state is SlotState.LATCHED
        self.act.setText(self.tr("Unlock…") if latched else self.tr("Board is in"))
        self.act.setAccessibleName(self.act.text())
        self.act.setVisible(latched or (tile.state is SlotState.EMPTY and tile.prompt == PUT_IN_AND_SAY))
        if tile.state is SlotState.RUNNING:
            self._ticking.start()
        else:
            self._ticking.stop()
        self._read_steps(tile)

    def _read_steps(self, tile: Tile) -> None:
        """Read the steps again where one has begun or ended since."""
        state = (tile.slot, tile.attempt, tile.step, tile.step_index, tile.state, tile.outcome)
        if state == self._read:
            return
        self._read = state
        if tile.attempt is None:
            self.steps.clear()
            return
        attempt, opened = AttemptId(tile.attempt), self._around.opened

        def read() -> AttemptSteps:
            from station.desktop.slot_reading import read_attempt  # noqa: PLC0415 -- no window starts with this open

            return read_attempt(opened, attempt)

        self._around.background.run(
            read,
            lambda steps: self._have_steps(tile.slot, steps),
            lambda error: self._around.say(getattr(error, "code", ""), getattr(error, "sentence", str(error))),
            key="drawer",
        )

    def _have_steps(self, slot: SlotNumber, steps: AttemptSteps) -> None:
        if self._tile is not None and self._tile.slot == slot and self._tile.attempt == steps.attempt:
            self.steps.show_steps(steps)

    def _tick(self) -> None:
        if self._tile is not None:
            self.head.show_tile(self._tile, self._around.opened.clock.now())
            self.steps.tick()

    def _watch(self, slot: SlotNumber | None) -> None:
        self._around.link.ask(WatchSlot(slot=slot), _heard, lambda why: self._not_watched(slot, why))

    def _not_watched(self, slot: SlotNumber | None, why: Failed) -> None:
        if slot is not None and slot == self.slot:
            self.log.setPlainText(told(why, " "))

    def _acted(self) -> None:
        if self._tile is not None:
            (self.unlock if self._tile.state is SlotState.LATCHED else self.loaded).emit(self._tile.slot)

    def _copied(self) -> None:
        QGuiApplication.clipboard().setText(self.log.toPlainText())
        self._around.say("", self.tr("The AT lines are copied."))

    def _translate(self) -> None:
        self._steps_title.setText(self.tr("Steps"))
        self._log_title.setText(self.tr("Station (>) and modem (<)"))
        self.steps.setAccessibleName(self.tr("Steps"))
        self.log.setAccessibleName(self.tr("AT lines between station and modem"))
        if self._tile is not None:
            self._show(self._tile)
        self.act.setAccessibleName(self.act.text() or self.tr("Unlock…"))
        self._copy.setText(self.tr("Copy"))
        self._copy.setAccessibleName(self.tr("Copy the AT lines"))
        self._close.setText(self.tr("Close"))
        self._close.setAccessibleName(self.tr("Close the drawer"))


def _local(at: str) -> str:
    """Return the time of day here, to the millisecond; what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return at
    return f"{moment.astimezone():%H:%M:%S}.{moment.microsecond // 1000:03}"


def _heard(_result: Result) -> None:
    """Nothing is to be done: the lines come by themselves."""
