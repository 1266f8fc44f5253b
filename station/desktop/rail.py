"""The left rail: one button a page, F1 to F6; the pages' pictures are drawn, not taken from a font."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QFrame, QVBoxLayout, QWidget

from station.desktop.fonts import text_font
from station.desktop.theme import LOOKS, Mood, Theme

WIDTH: Final = 96
_TALL: Final = 84


@dataclass(frozen=True, slots=True)
class Stop:
    """A page as the rail knows it. ``picture`` is one of those that :func:`draw_picture` draws."""

    name: str
    picture: str
    key: Qt.Key
    words: Callable[[], str]


def draw_picture(painter: QPainter, picture: str, rect: QRectF, ink: QColor) -> None:
    """Draw a page's picture into ``rect``. The painter is left as it was."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center())
    side = min(rect.width(), rect.height())
    painter.scale(side / 2, side / 2)  # from here on the picture is (-1, -1) to (1, 1)
    painter.setPen(QPen(ink, 0.17, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    match picture:
        case "line":
            for x, y in ((-0.85, -0.85), (0.15, -0.85), (-0.85, 0.15), (0.15, 0.15)):
                painter.drawRoundedRect(QRectF(x, y, 0.7, 0.7), 0.12, 0.12)
        case "batch":
            painter.drawRoundedRect(QRectF(-0.7, -0.7, 1.4, 1.6), 0.15, 0.15)
            painter.setBrush(ink)
            painter.drawRoundedRect(QRectF(-0.3, -0.92, 0.6, 0.34), 0.1, 0.1)
            for y in (-0.1, 0.3):
                painter.drawLine(QPointF(-0.35, y), QPointF(0.35, y))
        case "units":
            for y in (-0.65, 0.0, 0.65):
                painter.drawPoint(QPointF(-0.8, y))
                painter.drawLine(QPointF(-0.4, y), QPointF(0.85, y))
        case "uploads":
            painter.drawPolyline(_points((-0.45, -0.2), (0.0, -0.75), (0.45, -0.2)))
            painter.drawLine(QPointF(0, -0.7), QPointF(0, 0.35))
            painter.drawPolyline(_points((-0.8, 0.35), (-0.8, 0.8), (0.8, 0.8), (0.8, 0.35)))
        case "quality":
            painter.drawPolyline(_points((-0.85, -0.85), (-0.85, 0.85), (0.85, 0.85)))
            painter.drawPolyline(_points((-0.5, 0.35), (-0.1, -0.15), (0.25, 0.15), (0.75, -0.6)))
        case _:
            for y, knob in ((-0.55, 0.3), (0.0, -0.35), (0.55, 0.1)):
                painter.drawLine(QPointF(-0.85, y), QPointF(0.85, y))
                painter.setBrush(ink)
                painter.drawEllipse(QPointF(knob, y), 0.16, 0.16)
    painter.restore()


def window_icon(theme: Theme) -> QIcon:
    """Return the station's icon: the line's picture on the accent."""
    icon = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        picture = QPixmap(side, side)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.accent)
        painter.drawRoundedRect(QRectF(0, 0, side, side), side * 0.2, side * 0.2)
        draw_picture(painter, "line", QRectF(side * 0.22, side * 0.22, side * 0.56, side * 0.56), theme.card)
        painter.end()
        icon.addPixmap(picture)
    return icon


class RailButton(QAbstractButton):
    """One page: picture, word and key; the page that is shown has a bar and a field of its own."""

    def __init__(self, stop: Stop, theme: Callable[[], Theme], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stop, self._theme = stop, theme
        self._count = 0
        self.setObjectName(f"rail-{stop.name}")
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(theme().px(_TALL))
        self.setToolTip(self._key)
        self.translate()

    def count(self, number: int) -> None:
        """Show how many things wait there for a person."""
        if number != self._count:
            self._count = number
            self.translate()
            self.update()

    def translate(self) -> None:
        """Take the page's name in the present language."""
        text = self._stop.words()
        self.setText(text)
        more = f", {self._count}" if self._count else ""
        self.setAccessibleName(f"{text} ({self._key}){more}")

    @property
    def _key(self) -> str:
        return self._stop.key.name.removeprefix("Key_")

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(self._theme().px(WIDTH), self._theme().px(_TALL))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        theme, painter = self._theme(), QPainter(self)
        px = theme.px
        ink = theme.accent if self.isChecked() else theme.ink
        if self.isChecked() or self.underMouse():
            painter.fillRect(self.rect(), theme.window)
        if self.isChecked():
            painter.fillRect(0, 0, px(4), self.height(), theme.accent)
        if self.hasFocus():
            painter.setPen(QPen(theme.accent, px(2)))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(px(6), px(3), -px(3), -px(3)), px(6), px(6))
        side = px(28)
        left = (self.width() - side) / 2
        draw_picture(painter, self._stop.picture, QRectF(left, px(12), side, side), ink)
        painter.setPen(ink)
        painter.setFont(text_font(px(16), bold=self.isChecked()))
        painter.drawText(QRectF(0, px(43), self.width(), px(22)), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.setPen(theme.faint)
        painter.setFont(text_font(px(13)))
        painter.drawText(QRectF(0, px(62), self.width(), px(17)), Qt.AlignmentFlag.AlignCenter, self._key)
        if self._count:
            self._paint_count(painter, theme)

    def _paint_count(self, painter: QPainter, theme: Theme) -> None:
        text = str(self._count) if self._count < 100 else "99+"
        painter.setFont(text_font(theme.px(14), bold=True))
        high = theme.px(20)
        wide = max(high, painter.fontMetrics().horizontalAdvance(text) + theme.px(10))
        field = QRectF(self.width() / 2 + theme.px(8), theme.px(5), wide, high)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LOOKS[Mood.ERROR].paper))
        painter.drawRoundedRect(field, high / 2, high / 2)
        painter.setPen(QColor(LOOKS[Mood.ERROR].ink))
        painter.drawText(field, Qt.AlignmentFlag.AlignCenter, text)


class Rail(QFrame):
    """All pages, one below the other. Up and Down move between them, as Tab does."""

    chosen = Signal(str)
    """The name of the page that is wanted."""

    def __init__(self, stops: tuple[Stop, ...], theme: Callable[[], Theme], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setFixedWidth(theme().px(WIDTH))
        self._buttons: dict[str, RailButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for stop in stops:
            button = RailButton(stop, theme)
            button.clicked.connect(lambda _checked=False, name=stop.name: self.chosen.emit(name))
            column.addWidget(button)
            self._buttons[stop.name] = button
        column.addStretch()

    def show_page(self, name: str) -> None:
        """Mark the page that is shown."""
        if name in self._buttons:
            self._buttons[name].setChecked(True)

    def count(self, name: str, number: int) -> None:
        """Show how many things wait on a page for a person."""
        self._buttons[name].count(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        buttons = list(self._buttons.values())
        at = next((at for at, button in enumerate(buttons) if button.hasFocus()), None)
        if step is None or at is None:
            super().keyPressEvent(event)
            return
        buttons[(at + step) % len(buttons)].setFocus(Qt.FocusReason.TabFocusReason)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            for button in self._buttons.values():
                button.translate()
        super().changeEvent(event)


def _points(*points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])
