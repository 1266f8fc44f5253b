"""The line under the header where the window speaks: no dialog, never in anybody's way, always in the same place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from station.desktop import style
from station.desktop.fault_words import is_hint, say, told
from station.desktop.fonts import text_font
from station.desktop.shapes import ShapeMark
from station.desktop.theme import LOOKS, Mood, Shape, Theme

HEIGHT: Final = 54
_PASSING_MS: Final = 8000
"""How long a message without a code stays."""
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Message:
    """Something that somebody should know. ``notice``: the engine says when it is over."""

    code: str
    sentence: str
    notice: bool = False
    action: str = ""
    act: Callable[[], None] | None = None

    def same(self, other: "Message") -> bool:
        """Return whether it says the same."""
        return (self.code, self.sentence) == (other.code, other.sentence)


class MessageStrip(QFrame):
    """Shows the newest message, and that there are more; empty it keeps its place, so that nothing jumps."""

    def __init__(self, theme: Callable[[], Theme], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAutoFillBackground(True)
        self._theme = theme
        self._messages: list[Message] = []
        self._put_away: list[Message] = []
        """Notices that somebody has put away: they come back when they change."""
        self._at = 0
        self._resting = ""
        px = theme().px
        self.setFixedHeight(px(HEIGHT))
        self._shape = ShapeMark(Shape.BANG, px(22))
        self._code = QLabel()
        self._code.setObjectName("strip-code")
        self._code.setTextFormat(Qt.TextFormat.PlainText)
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setObjectName("strip-words")
        self._words.setWordWrap(True)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._action = QPushButton()
        self._action.setObjectName("strip-action")
        self._next = QToolButton()
        self._next.setObjectName("strip-next")
        self._close = QToolButton()
        self._close.setObjectName("strip-close")
        self._close.setText("×")
        self._close.setFixedSize(QSize(px(32), px(32)))
        row = QHBoxLayout(self)
        row.setContentsMargins(px(16), 0, px(8), 0)
        row.setSpacing(px(10))
        row.addWidget(self._shape)
        row.addWidget(self._code)
        row.addWidget(self._words, 1)
        row.addWidget(self._action)
        row.addWidget(self._next)
        row.addWidget(self._close)
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.timeout.connect(self._pass)
        self._action.clicked.connect(self._do)
        self._next.clicked.connect(self._turn)
        self._close.clicked.connect(self.put_away)
        self._translate()
        self._show()

    @property
    def shown(self) -> Message | None:
        """The message that is read now."""
        return self._messages[self._at] if self._messages else None

    def say(self, code: str, sentence: str, action: str = "", act: Callable[[], None] | None = None) -> None:
        """Show a message at once. Without a code and an action it goes by itself; else somebody puts it away."""
        self._add(Message(code, sentence, action=action, act=act))

    def set_notices(self, notices: tuple[str, ...]) -> None:
        """Show the engine's standing messages, each ``CODE sentence``; those no longer among them go."""
        now = [Message(code, sentence, notice=True) for code, _, sentence in (text.partition(" ") for text in notices)]
        self._put_away = [old for old in self._put_away if any(old.same(new) for new in now)]
        before = [message for message in self._messages if message.notice]
        for message in before:
            if not any(message.same(new) for new in now):
                self._drop(message)
        for new in now:
            if not any(new.same(old) for old in (*before, *self._put_away)):
                self._add(new)

    def take_back(self, code: str) -> None:
        """Forget what was said under this code: it is mended."""
        for message in [message for message in self._messages if message.code == code and not message.notice]:
            self._drop(message)

    def rest(self, words: str) -> None:
        """What stands here, faint, while there is no message."""
        self._resting = words
        if not self._messages:
            self._show()

    def put_away(self) -> None:
        """Have the shown message go; somebody has read it."""
        message = self.shown
        if message is None:
            return
        if message.notice:
            self._put_away.append(message)
        self._drop(message)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Write a sentence that is too long for one line in two smaller ones; a longer one yet is whole in its tip."""
        theme, text = self._theme(), self._words.text()
        font = text_font(theme.px(style.TEXT))
        row = self.layout()
        if row is not None:
            row.activate()  # what stands beside the words has its width from now on
        if QFontMetrics(font).horizontalAdvance(text) > self._words.width():
            font = text_font(theme.px(int(style.Size.SMALL.value)))
        self._words.setFont(font)
        self._words.setToolTip(text)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)

    def _add(self, message: Message) -> None:
        self._messages = [old for old in self._messages if not old.same(message)]
        self._messages.insert(0, message)
        del self._messages[_MOST:]
        self._at = 0
        self._passing.stop()
        if self._passes(message):
            self._passing.start(_PASSING_MS)
        self._show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _drop(self, message: Message) -> None:
        self._messages.remove(message)
        self._at = min(self._at, max(0, len(self._messages) - 1))
        self._show()

    def _pass(self) -> None:
        for message in [message for message in self._messages if self._passes(message)]:
            self._drop(message)

    @staticmethod
    def _passes(message: Message) -> bool:
        return not (message.code or message.act or message.notice)

    def _turn(self) -> None:
        self._at = (self._at + 1) % max(1, len(self._messages))
        self._show()

    def _do(self) -> None:
        message = self.shown
        if message is not None and message.act is not None:
            message.act()

    def _show(self) -> None:
        message = self.shown
        if message is None:
            self._colour(None)
            self._words.setText(self._resting)
            self.setAccessibleName(self._resting)
        else:
            self._colour(Mood.ERROR if message.code and not is_hint(message) else Mood.RUNNING)
            self._code.setText(message.code)
            self._words.setText(say(message.code, message.sentence))
            self.setAccessibleName(told(message, " "))
            self._action.setText(message.action)
            self._action.setAccessibleName(message.action)
            self._next.setText(f"{self._at + 1}/{len(self._messages)}")
        for widget, there in (
            (self._shape, message is not None),
            (self._code, message is not None and bool(message.code)),
            (self._action, message is not None and message.act is not None),
            (self._next, len(self._messages) > 1),
            (self._close, message is not None),
        ):
            widget.setVisible(there)
        self._fit()

    def _colour(self, mood: Mood | None) -> None:
        palette = self.palette()
        theme = self._theme()
        paper = theme.window.name() if mood is None else LOOKS[mood].paper
        ink = theme.faint.name() if mood is None else LOOKS[mood].ink
        palette.setColor(self.backgroundRole(), paper)
        for role in (palette.ColorRole.WindowText, palette.ColorRole.ButtonText, palette.ColorRole.Text):
            palette.setColor(role, ink)
        self.setPalette(palette)
        for label in (self._code, self._words, self._shape):  # a style sheet keeps a palette from being inherited
            label.setPalette(palette)
        self._shape.show_shape(Shape.BANG if mood is Mood.ERROR else Shape.PLAY)

    def restyle(self) -> None:
        """Draw anew in the theme's colours."""
        self._show()

    def _translate(self) -> None:
        self._close.setAccessibleName(self.tr("Put this message away"))
        self._close.setToolTip(self.tr("Put this message away"))
        self._next.setAccessibleName(self.tr("Next message"))
        self._next.setToolTip(self.tr("Next message"))
