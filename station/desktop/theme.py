"""How the window looks: colours of both themes, sizes that follow the screen, one drawn look for every state.

Contrast of every pair is 4.5:1 or more (WCAG 2.2, 1.4.3); a test computes it.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from PySide6.QtGui import QColor


class Shape(StrEnum):
    """What is drawn beside a state's word, so that nobody needs its colour."""

    RING = "ring"
    PLAY = "play"
    TICK = "tick"
    CROSS = "cross"
    BANG = "bang"
    ARC = "arc"
    BARS = "bars"
    SQUARE = "square"


class Mood(StrEnum):
    """What a tile, a chip or a row says at one glance."""

    EMPTY = "empty"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """The station's fault: somebody is asked to do something."""
    QUARANTINED = "quarantined"
    ABORTED = "aborted"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Look:
    """A state's colours and shape."""

    ink: str
    paper: str
    shape: Shape


LOOKS: Final = MappingProxyType(
    {
        Mood.EMPTY: Look("#2B2F33", "#B8BDC2", Shape.RING),
        Mood.RUNNING: Look("#0B3A75", "#DCE6F2", Shape.PLAY),
        Mood.PASSED: Look("#FFFFFF", "#1B7F4B", Shape.TICK),
        Mood.FAILED: Look("#FFFFFF", "#B3261E", Shape.CROSS),
        Mood.ERROR: Look("#1A1A1A", "#F2B705", Shape.BANG),
        Mood.QUARANTINED: Look("#FFFFFF", "#6B4FA0", Shape.SQUARE),
        Mood.ABORTED: Look("#FFFFFF", "#4A5560", Shape.ARC),
        Mood.STOPPED: Look("#E6E9EC", "#3A4046", Shape.BARS),
    }
)
"""The same in light and dark: what a state looks like is learnt once."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours, and the factor by which sizes grow with the screen (1.0 at 1920×1080)."""

    dark: bool
    scale: float = 1.0

    def px(self, size: float) -> int:
        """Return a size that was drawn for 1920×1080 as it is on this screen, at least 1."""
        return max(1, round(size * self.scale))

    @property
    def window(self) -> QColor:
        """What lies under everything."""
        return QColor("#15181B" if self.dark else "#EEF0F2")

    @property
    def card(self) -> QColor:
        """What content lies on."""
        return QColor("#1F2428" if self.dark else "#FFFFFF")

    @property
    def ink(self) -> QColor:
        """Text."""
        return QColor("#E8ECEF" if self.dark else "#1B1F23")

    @property
    def faint(self) -> QColor:
        """Text that may be passed over; still 4.5:1."""
        return QColor("#A2ACB5" if self.dark else "#56616B")

    @property
    def rule(self) -> QColor:
        """Lines between things."""
        return QColor("#39424A" if self.dark else "#CDD3D9")

    @property
    def accent(self) -> QColor:
        """What can be pressed, and what has the focus."""
        return QColor("#7FB2F0" if self.dark else "#0B4FA0")
