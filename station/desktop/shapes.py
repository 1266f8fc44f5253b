"""A state's shape, drawn with lines and never with a font's glyph: it looks the same on every PC and at every size."""

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from station.desktop.theme import Shape

_STROKE: Final = 0.13
"""A line's width as a share of the shape's side."""


def draw_shape(painter: QPainter, shape: Shape, rect: QRectF, ink: QColor) -> None:
    """Draw ``shape`` in the largest square in the middle of ``rect``. The painter is left as it was."""
    side = min(rect.width(), rect.height())
    if side <= 0:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center())
    painter.scale(side, side)  # from here on the square is (-0.5, -0.5) to (0.5, 0.5)
    pen = QPen(ink, _STROKE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    match shape:
        case Shape.RING:
            painter.drawEllipse(QPointF(0, 0), 0.34, 0.34)
        case Shape.PLAY:
            painter.setBrush(ink)
            painter.drawPolygon(_polygon((-0.24, -0.32), (0.34, 0.0), (-0.24, 0.32)))
        case Shape.TICK:
            painter.drawPolyline(_polygon((-0.36, 0.04), (-0.1, 0.3), (0.38, -0.28)))
        case Shape.CROSS:
            painter.drawLine(QPointF(-0.3, -0.3), QPointF(0.3, 0.3))
            painter.drawLine(QPointF(-0.3, 0.3), QPointF(0.3, -0.3))
        case Shape.BANG:
            painter.drawLine(QPointF(0, -0.36), QPointF(0, 0.1))
            painter.drawPoint(QPointF(0, 0.35))
        case Shape.ARC:
            _draw_arc(painter, ink)
        case Shape.BARS:
            painter.drawLine(QPointF(-0.16, -0.3), QPointF(-0.16, 0.3))
            painter.drawLine(QPointF(0.16, -0.3), QPointF(0.16, 0.3))
        case Shape.SQUARE:
            painter.drawRect(QRectF(-0.33, -0.33, 0.66, 0.66))
            painter.drawLine(QPointF(-0.14, 0), QPointF(0.14, 0))
    painter.restore()


def shape_icon(shape: Shape, ink: QColor, size: QSize, ratio: float = 1.0) -> QIcon:
    """Return ``shape`` as an icon, for whatever takes no painter. ``ratio``: device pixels to a pixel."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw_shape(painter, shape, QRectF(0, 0, size.width(), size.height()), ink)
    painter.end()
    return QIcon(picture)


class ShapeMark(QWidget):
    """A shape on its own, as large as it is fixed to be."""

    def __init__(self, shape: Shape, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape, self._ink = shape, QColor()
        self.setFixedSize(side, side)

    def show_shape(self, shape: Shape, ink: QColor | None = None) -> None:
        """Draw this from now on; without ``ink`` in the palette's."""
        self._shape, self._ink = shape, ink or QColor()
        self.update()

    def paintEvent(self, _event: object) -> None:  # noqa: N802 -- Qt's name
        ink = self._ink if self._ink.isValid() else self.palette().windowText().color()
        draw_shape(QPainter(self), self._shape, QRectF(self.rect()), ink)


def _draw_arc(painter: QPainter, ink: QColor) -> None:
    """Three quarters of a ring that ends in an arrow's head: it goes round once more."""
    radius = 0.29
    path = QPainterPath()
    box = QRectF(-radius, -radius, 2 * radius, 2 * radius)
    path.arcMoveTo(box, 65)
    path.arcTo(box, 65, 270)
    painter.drawPath(path)
    # The head sits where the arc begins and points the way the clock's hands go.
    at = math.radians(65)
    painter.translate(radius * math.cos(at), -radius * math.sin(at))
    painter.rotate(25)
    painter.setBrush(ink)
    painter.setPen(QPen(ink, _STROKE / 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPolygon(_polygon((0.0, -0.15), (0.2, 0.0), (0.0, 0.15)))


def _polygon(*points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])
