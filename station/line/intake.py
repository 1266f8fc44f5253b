"""Places in a batch: no slot starts a board for which the work order has no place left."""

import threading
from collections.abc import Callable

from station.host.clock import Stop


class Intake:
    """Counts what is finished and what runs. Every method may be called from any thread.

    ``over`` is requested once the batch is complete or the line is to stop; waits for boards end with it.
    """

    def __init__(self, quantity: int, finished: int) -> None:
        self._quantity = quantity
        self._finished = finished
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
            while not self.over.requested and (self._paused or self._finished + self._running >= self._quantity):
                self._changed.wait()
            if self.over.requested:
                return False
            self._running += 1
            return True

    def give_back(self, count: Callable[[], int]) -> None:
        """Return the place of an attempt that has ended, and take from ``count`` how many units have ended by now.

        Both at once: nobody gets the place before it is known whether its unit has filled it. The place comes back
        whatever ``count`` raises, since one that is lost would hold up the batch for ever.
        """
        with self._changed:
            try:
                # Under the lock, so that an older count never comes behind a newer one.
                self._finished = count()
            finally:
                self._running -= 1
                self._changed.notify_all()
            complete = self._finished >= self._quantity
        if complete:
            self.over.request()

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
