"""Chips: filters that are seen at a glance, each on or off, several at once or one of a few."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from station.desktop import style
from station.desktop.shapes import shape_icon
from station.desktop.theme import Look, Theme

Value = TypeVar("Value", bound=Hashable)


class Chip(QToolButton):
    """One filter; reached by Tab, switched by Space, Enter or a click."""

    def __init__(self, words: str, theme: Theme, look: Look | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(words)
        self.setAccessibleName(words)
        self.setCheckable(True)
        self.setProperty("part", style.Part.CHIP.value)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme, self._look = theme, look
        if look is not None:
            side = theme.px(14)
            self.setIconSize(QSize(side, side))
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self.toggled.connect(self._draw)
            self._draw(False)

    def _draw(self, on: bool) -> None:
        if self._look is not None:
            ink = self.palette().highlightedText().color() if on else self._mark_ink()
            self.setIcon(shape_icon(self._look.shape, ink, self.iconSize(), self.devicePixelRatioF()))

    def _mark_ink(self) -> QColor:
        return self._theme.ink


class _Signals(QWidget):
    changed = Signal()
    """Somebody switched a chip."""


class ChipRow(_Signals, Generic[Value]):
    """Chips in a row with what they are about in front. ``one``: exactly one is on; else none on means all."""

    def __init__(
        self,
        words: str,
        chips: Sequence[tuple[Value, str, Look | None]],
        theme: Theme,
        *,
        one: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._one = one
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(6))
        if words:
            label: QLabel = style.faint(words, style.Size.SMALL)
            label.setWordWrap(False)
            label.setFixedWidth(theme.px(64))  # rows of chips below each other begin at one line
            row.addWidget(label)
        self.chips: dict[Value, Chip] = {}
        for value, name, look in chips:
            chip = Chip(name, theme, look, self)
            chip.setObjectName(f"chip-{value if value is not None else 'none'}")
            chip.setAutoExclusive(one)
            chip.clicked.connect(self.changed)
            self.chips[value] = chip
            row.addWidget(chip)

    def chosen(self) -> frozenset[Value]:
        """Return what is switched on."""
        return frozenset(value for value, chip in self.chips.items() if chip.isChecked())

    def choose(self, *values: Value) -> None:
        """Switch exactly these on; nobody is told."""
        for value, chip in self.chips.items():
            chip.setChecked(value in values)

    def when_changed(self, heard: Callable[[], None]) -> None:
        """Call ``heard`` whenever somebody switches a chip."""
        self.changed.connect(heard)
