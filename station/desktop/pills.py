"""States as they stand in tables and headings: a coloured field with the drawn shape and the word."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from station.desktop.fonts import text_font
from station.desktop.shapes import draw_shape
from station.desktop.theme import Look, Theme

LOOK_ROLE = Qt.ItemDataRole.UserRole + 1
"""The :class:`Look` of a cell that is drawn as a pill; its word is the display role."""


def draw_pill(painter: QPainter, rect: QRectF, look: Look, word: str) -> None:
    """Draw a state into ``rect``: shape left, word beside it, cut where it must be. The painter is left as it was."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.paper))
    painter.drawRoundedRect(rect, rect.height() * 0.22, rect.height() * 0.22)
    side = rect.height() * 0.62
    left = rect.left() + rect.height() * 0.3
    draw_shape(painter, look.shape, QRectF(left, rect.center().y() - side / 2, side, side), QColor(look.ink))
    place = QRectF(left + side * 1.35, rect.top(), 0, rect.height())
    place.setRight(rect.right() - rect.height() * 0.2)
    painter.setPen(QColor(look.ink))
    cut = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, int(place.width()) + 1)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)
    painter.restore()


class PillDelegate(QStyledItemDelegate):
    """Draws cells that have a look as pills, and all others as ever."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        look = index.data(LOOK_ROLE)
        if not isinstance(look, Look):
            super().paint(painter, option, index)
            return
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        word, plain.text = plain.text, ""
        if plain.widget is not None:
            plain.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, plain.widget)
        painter.save()
        painter.setFont(plain.font)
        margin = max(2.0, plain.rect.height() * 0.14)
        draw_pill(painter, QRectF(plain.rect).adjusted(margin, margin, -margin, -margin), look, word)
        painter.restore()


class Pill(QWidget):
    """One state on its own, as large as its word needs."""

    def __init__(self, theme: Theme, pixels: float = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._word = None, ""
        self._height = theme.px(pixels * 1.9)
        self.setFont(text_font(theme.px(pixels), bold=True))

    _look: Look | None

    def show_state(self, look: Look, word: str) -> None:
        """Show this state from now on."""
        self._look, self._word = look, word
        self.setAccessibleName(word)
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        wide = QFontMetrics(self.font()).horizontalAdvance(self._word) + int(self._height * 1.5)
        return QSize(wide, self._height)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        if self._look is not None:
            draw_pill(QPainter(self), QRectF(self.rect()), self._look, self._word)
