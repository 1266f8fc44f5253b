"""Places in a batch: no slot starts a board for which the work order has no place left."""

import threading
from collections.abc import Callable
from typing import Final

from station.host.clock import Stop

_MOST_A_TRY: Final = 3
"""More units than one try can end: its own, and one that a full disk left open in its slot and that is closed first."""


class Intake:
    """Counts what is finished and what runs. Every method may be called from any thread.

    ``over`` is requested once the batch is complete or the line is to stop; waits for boards end with it.

    To count a batch takes the longer the more of it is built. So it is counted only where it may be full by now:
    among thousands of units a few dozen times, and towards the end after each.
    """

    def __init__(self, quantity: int, count: Callable[[], int]) -> None:
        """``count`` returns how many units have ended by now; it is called from any thread, by one at a time."""
        self._quantity, self._count = quantity, count
        self._finished = finished = count()
        self._uncounted = 0
        """Tries that have ended since ``_finished`` was counted."""
        self._running = 0
        self._paused = False
        self._changed = threading.Condition()
        self.over = Stop()
        if finished >= quantity:
            self.over.request()
        self.over.on_request(self._wake)

    def take(self) -> bool:
        """Wait for a place and take it; False when the batch needs no more boards or the line stops."""
        with self._changed:
            while not self.over.requested and (self._paused or self._is_full(self._running)):
                self._changed.wait()
            if self.over.requested:
                return False
            self._running += 1
            return True

    def give_back(self) -> None:
        """Return the place of an attempt that has ended, and see whether the batch is complete.

        Both at once: nobody gets the place before it is known whether its unit has filled it. The place comes back
        whatever the count raises, since one that is lost would hold up the batch for ever.
        """
        with self._changed:
            self._uncounted += 1
            try:
                complete = self._is_full(0)
            finally:
                self._running -= 1
                self._changed.notify_all()
        if complete:
            self.over.request()

    def _is_full(self, running: int) -> bool:
        """Return whether what is finished and ``running`` others fill the order. With the lock held.

        Under the lock, so that an older count never comes behind a newer one.
        """
        if self._finished + _MOST_A_TRY * self._uncounted + running < self._quantity:
            return False
        if self._uncounted:
            self._finished, self._uncounted = self._count(), 0
        return self._finished + running >= self._quantity

    def pause(self) -> None:
        """Give no place until :meth:`resume`; who has one keeps it. Safe to repeat."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Give places again. Safe to repeat."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    @property
    def complete(self) -> bool:
        """Whether as many units have ended as the work order asks for."""
        with self._changed:
            return self._finished >= self._quantity

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
