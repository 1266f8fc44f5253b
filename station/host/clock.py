"""Time, injected: nothing in the station asks the operating system for it but this module."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from station.domain.faults import Cancelled


class Clock(Protocol):
    """The station's time. All methods are safe to call from any thread."""

    def now(self) -> datetime:
        """Return wall-clock time, aware, in UTC. It may jump; nothing measures with it."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until ``event`` is set (True) or ``seconds`` have passed (False)."""


class SystemClock:
    """This PC's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(max(0.0, seconds))


class Deadline:
    """A point in monotonic time after which something has taken too long."""

    __slots__ = ("_at", "_clock")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._at = clock.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self._at - self._clock.monotonic())

    def passed(self) -> bool:
        """Return whether no time is left."""
        return self._clock.monotonic() >= self._at


class Stop:
    """A person's wish to stop, carried through the threads; set once, never taken back."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def request(self) -> None:
        """Ask everything that holds this to stop. Safe to repeat."""
        with self._lock:
            if self.event.is_set():
                return
            self.event.set()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def on_request(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` once when stopping is asked for, at once if it already was."""
        with self._lock:
            if not self.event.is_set():
                self._listeners.append(listener)
                return
        listener()

    @property
    def requested(self) -> bool:
        """Whether stopping was asked for."""
        return self.event.is_set()

    def check(self) -> None:
        """Raise :class:`Cancelled` when stopping was asked for."""
        if self.event.is_set():
            raise Cancelled
