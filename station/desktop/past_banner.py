"""The banner over a record: what is looked at is the past, and the line goes on."""

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from station.desktop import style
from station.desktop.named import named
from station.desktop.theme import Theme
from station.engine.pushes import Header


class PastBanner(QFrame):
    """Says so, and leads back."""

    back = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("past-banner")
        self.setAutoFillBackground(True)
        self.words = named(style.text(""), "past-words")
        leave = named(QPushButton(self.tr("Back to the list (Esc)")), "past-back")
        leave.clicked.connect(self.back)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(12), theme.px(6), theme.px(12), theme.px(6))
        row.addWidget(self.words, 1)
        row.addWidget(leave)
        self._dress()

    def tell(self, header: Header, at_work: int) -> None:
        """Say what the line does meanwhile."""
        words = self.tr("This is the record of one unit, as the journal has it.")
        if header.run in ("running", "paused", "stopping"):
            words += " " + self.tr("The line goes on: batch {batch}, {count} slot(s) at work.").format(
                batch=header.batch, count=at_work
            )
        self.words.setText(words)
        self.setAccessibleName(words)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        # From the window's palette, not from this one's, which is changed here.
        palette = QWidget().palette()
        role = palette.ColorRole
        palette.setColor(role.Window, palette.color(role.Highlight))
        self.setPalette(palette)
        ink = QWidget().palette()
        ink.setColor(role.WindowText, ink.color(role.HighlightedText))
        self.words.setPalette(ink)
