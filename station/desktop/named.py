"""What every page needs of Qt: widgets with names by which tests find them, and timers that gather what comes often."""

from typing import TypeVar

from PySide6.QtCore import QObject, QTimer

Thing = TypeVar("Thing", bound=QObject)


def named(thing: Thing, name: str) -> Thing:
    """Return ``thing`` with this object name."""
    thing.setObjectName(name)
    return thing


def gathering(parent: QObject, milliseconds: int) -> QTimer:
    """Return a timer that, once started, rings once: what comes in the meantime is dealt with together."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    return timer
