"""What came of something that was just asked for, said beside it: a shape and a sentence, nothing to be closed."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from station.desktop.fault_words import told
from station.desktop.fonts import line_height
from station.desktop.shapes import draw_shape
from station.desktop.theme import LOOKS, Mood, Shape, Theme
from station.domain.faults import Fault
from station.engine.results import Failed


class Badge(QWidget):
    """A shape on its mood's colour: what a tile says large, in a row."""

    def __init__(self, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape, self._mood = Shape.RING, Mood.EMPTY
        self.setFixedSize(side, side)

    def show_mood(self, mood: Mood, shape: Shape | None = None) -> None:
        """Draw this from now on; without a ``shape`` the mood's own."""
        self._mood, self._shape = mood, shape or LOOKS[mood].shape
        self.update()

    def paintEvent(self, _event: object) -> None:  # noqa: N802 -- Qt's name
        """Draw it."""
        painter, side = QPainter(self), self.width()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LOOKS[self._mood].paper))
        painter.drawRoundedRect(self.rect(), side * 0.22, side * 0.22)
        inside = QRectF(side * 0.2, side * 0.2, side * 0.6, side * 0.6)
        draw_shape(painter, self._shape, inside, QColor(LOOKS[self._mood].ink))


class Said(QFrame):
    """One sentence with its shape. Its place is kept while nothing is said, so that nothing jumps."""

    def __init__(self, theme: Theme, lines: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = Badge(theme.px(22), self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(10))
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self._text.setMinimumHeight(line_height(self.font()) * lines)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.clear()

    @property
    def words(self) -> str:
        """What is said now."""
        return self._text.text()

    def clear(self) -> None:
        """Say nothing."""
        self._text.setText("")
        self._mark.hide()

    def good(self, words: str) -> None:
        """Say that it was done."""
        self._say(Mood.PASSED, words)

    def busy(self, words: str) -> None:
        """Say that it is being done."""
        self._say(Mood.RUNNING, words)

    def ask(self, words: str) -> None:
        """Say what is to be done first, or what there is to know."""
        self._say(Mood.EMPTY, words, Shape.PLAY)

    def bad(self, words: str) -> None:
        """Say why it was not done."""
        self._say(Mood.FAILED, words)

    def failed(self, failed: Failed) -> None:
        """Say with which fault it ended."""
        self.bad(told(failed))

    def broke(self, error: BaseException) -> None:
        """Say with which fault work in the background ended; anything else goes on to whoever logs mistakes."""
        if not isinstance(error, Fault):
            raise error
        self.bad(told(error))

    def _say(self, mood: Mood, words: str, shape: Shape | None = None) -> None:
        self._mark.show_mood(mood, shape)
        self._mark.show()
        self._text.setText(words)
        self.setAccessibleName(words)
