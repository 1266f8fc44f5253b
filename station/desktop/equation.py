"""A work order added up, as an equation that anybody can check: ordered = passed + failed + … + not started."""

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from station.desktop import words
from station.desktop.fonts import text_font
from station.desktop.shapes import draw_shape
from station.desktop.surroundings import Surroundings
from station.desktop.theme import LOOKS, Mood, Shape
from station.domain.line import Outcome

_ALWAYS: Final = (Outcome.PASSED.value, Outcome.FAILED.value, "not started")


class Equation(QWidget):
    """Numbers with their words below, signs between them, and at the end a tick where the sum is right."""

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("equation")
        self._around = surroundings
        self._quantity: int | None = None
        self._terms: list[tuple[str, int]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def sentence(self) -> str:
        """The equation in one line of text; "" where nothing is shown."""
        if self._quantity is None:
            return ""
        text = f"{self._quantity} {self._word('ordered')} ="
        for place, (name, count) in enumerate(self._terms):
            sign = "–" if count < 0 else "+" if place else ""
            text += f" {sign} {abs(count)} {self._word(name)}" if sign else f" {count} {self._word(name)}"
        return text

    @property
    def adds_up(self) -> bool:
        """Whether both sides are equal."""
        return self._quantity == sum(count for _, count in self._terms)

    def show_sum(self, quantity: int, terms: Iterable[tuple[str, int]]) -> None:
        """Show this; ways in which nothing ended are left out, but for those that everybody asks for."""
        self._quantity = quantity
        self._terms = [(name, count) for name, count in terms if count or name in _ALWAYS]
        self.setAccessibleName(self.sentence)
        self.setToolTip(self.sentence)
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._quantity, self._terms = None, []
        self.setAccessibleName("")
        self.setToolTip("")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(200, self._around.theme().px(66))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.PaletteChange:
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        if self._quantity is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._around.theme()
        blocks = [("", self._quantity, self._word("ordered"))]
        for place, (name, count) in enumerate(self._terms):
            sign = "=" if not place else "–" if count < 0 else "+"
            blocks.append((sign, abs(count), self._word(name)))
        size = self._fitting(blocks)
        big, small, signs = text_font(size, bold=True), text_font(max(12, size // 2)), text_font(size)
        left, height = 0.0, float(self.height())
        upper, lower = QRectF(0, 0, 0, height * 0.6), QRectF(0, height * 0.6, 0, height * 0.4)
        centre = Qt.AlignmentFlag.AlignCenter
        for sign, count, word in blocks:
            if sign:
                painter.setFont(signs)
                painter.setPen(theme.faint)
                wide = QFontMetricsF(signs).horizontalAdvance(sign) + size * 0.7
                painter.drawText(QRectF(left, upper.top(), wide, upper.height()), centre, sign)
                left += wide
            wide = self._wide(big, small, count, word)
            painter.setFont(big)
            painter.setPen(theme.ink)
            painter.drawText(QRectF(left, upper.top(), wide, upper.height()), centre, str(count))
            painter.setFont(small)
            painter.setPen(theme.faint)
            painter.drawText(QRectF(left, lower.top(), wide, lower.height()), centre, word)
            left += wide
        look = LOOKS[Mood.PASSED if self.adds_up else Mood.FAILED]
        ink = QColor(look.paper).lighter(165) if theme.dark else QColor(look.paper)
        mark = QRectF(left + size * 0.6, upper.top(), size, upper.height())
        draw_shape(painter, Shape.TICK if self.adds_up else Shape.CROSS, mark, ink)

    def _fitting(self, blocks: list[tuple[str, int, str]]) -> int:
        """Return the largest size at which everything fits."""
        for size in range(self._around.theme().px(30), 13, -1):
            big, small, signs = text_font(size, bold=True), text_font(max(12, size // 2)), text_font(size)
            wide = sum(self._wide(big, small, count, word) for _, count, word in blocks)
            metrics = QFontMetricsF(signs)
            wide += sum(metrics.horizontalAdvance(sign) + size * 0.7 for sign, _, _ in blocks if sign)
            if wide + size * 1.6 <= self.width():
                return size
        return 14

    @staticmethod
    def _wide(big: QFont, small: QFont, count: int, word: str) -> float:
        return max(QFontMetricsF(big).horizontalAdvance(str(count)), QFontMetricsF(small).horizontalAdvance(word))

    def _word(self, name: str) -> str:
        match name:
            case "ordered":
                return self.tr("ordered")
            case "not started":
                return self.tr("not started")
            case "beyond the order":
                return self.tr("beyond the order")
            case _:
                return words.of(Outcome(name)) if name in {one.value for one in Outcome} else name
