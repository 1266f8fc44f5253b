"""A button that acts only when it is held: a second's wish, instead of a question in the way of seven other slots."""

from typing import Final

from PySide6.QtCore import QElapsedTimer, QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QWidget

HOLD_SECONDS: Final = 1.0
_FRAME_MS: Final = 33
_HINT_MS: Final = 2500
_REPEAT_MS: Final = 20
"""How soon after a held key was let go its repetition comes."""


class HoldButton(QPushButton):
    """Emits ``held`` once each time it was held down for :data:`HOLD_SECONDS`, by mouse, finger, Space or Enter.

    Let go earlier, it does nothing but say for a moment that it is to be held. ``clicked`` means nothing here.
    """

    held = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._words = text
        self._since = QElapsedTimer()
        self._done = False
        self._fill = QColor("#B3261E")
        self._ink = QColor("#FFFFFF")
        self._frames = QTimer(self, interval=_FRAME_MS)
        self._frames.timeout.connect(self._look)
        # X repeats a held key by letting it go and pressing it at once, which Qt doesn't always find out.
        self._let_go = QTimer(self, interval=_REPEAT_MS, singleShot=True)
        self._let_go.timeout.connect(self._end)
        self._hint = QTimer(self, interval=_HINT_MS, singleShot=True)
        self._hint.timeout.connect(lambda: self.setText(self._words))
        self.setAutoDefault(False)
        self.set_words(text)

    def set_colours(self, fill: QColor, ink: QColor) -> None:
        """Colour what grows while it is held."""
        self._fill, self._ink = fill, ink
        self.update()

    def set_words(self, words: str) -> None:
        """Have this on it, in the language of now."""
        self._words = words
        self.setText(words)
        self.setAccessibleDescription(self.tr("Hold for one second."))
        self.setToolTip(self.tr("Hold for one second."))

    @property
    def share(self) -> float:
        """How much of the second has passed, 0 to 1; 0 while nobody holds it."""
        if not self._since.isValid():
            return 0.0
        return min(1.0, self._since.elapsed() / (HOLD_SECONDS * 1000))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 -- Qt's name
        if event.button() is Qt.MouseButton.LeftButton:
            self._begin()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 -- Qt's name
        self._end()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 -- Qt's name
        # Whoever slides off has changed their mind.
        if not self.rect().contains(event.position().toPoint()):
            self._end()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() not in _KEYS:
            super().keyPressEvent(event)
        elif self._let_go.isActive():
            self._let_go.stop()  # it was a repeat of the held key
        elif not event.isAutoRepeat():
            self._begin()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() not in _KEYS:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat() and self._since.isValid():
            self._let_go.start()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() is QEvent.Type.EnabledChange and not self.isEnabled():
            self._end(hint=False)
        super().changeEvent(event)

    def focusOutEvent(self, event: object) -> None:  # noqa: N802 -- Qt's name
        self._end(hint=False)
        super().focusOutEvent(event)  # type: ignore[arg-type]  # Qt hands a QFocusEvent

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        share = self.share
        if not share:
            super().paintEvent(event)
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        full = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        grown = QRectF(full)
        grown.setWidth(full.width() * share)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._fill)
        painter.drawRoundedRect(grown, 3, 3)
        painter.setPen(self.palette().buttonText().color())
        painter.drawText(full, Qt.AlignmentFlag.AlignCenter, self.text())
        # The same words in the other ink, where they lie on what has grown.
        painter.setClipRect(grown)
        painter.setPen(self._ink)
        painter.drawText(full, Qt.AlignmentFlag.AlignCenter, self.text())

    def _begin(self) -> None:
        if not self.isEnabled():
            return
        self._hint.stop()
        self.setText(self._words)
        self._done = False
        self.setDown(True)
        self._since.start()
        self._frames.start()

    def _end(self, *, hint: bool = True) -> None:
        self._let_go.stop()
        if not self._since.isValid():
            return
        self._since.invalidate()
        self._frames.stop()
        self.setDown(False)
        if hint and not self._done:
            self.setText(self.tr("Hold 1 s"))
            self._hint.start()
        self.update()

    def _look(self) -> None:
        self.update()
        if self.share >= 1.0 and not self._done:
            self._done = True
            self._end()
            self.held.emit()


_KEYS: Final = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
