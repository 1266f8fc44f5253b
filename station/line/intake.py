"""Places in a batch: no slot starts a board for which the work order has no place left."""

import threading

from station.host.clock import Stop


class Intake:
    """Counts what is finished and what runs. Every method may be called from any thread.

    ``over`` is requested once the batch is complete or the line is to stop; waits for boards end with it.
    """

    def __init__(self, quantity: int, finished: int) -> None:
        self._quantity = quantity
        self._finished = finished
        self._running = 0
        self._changed = threading.Condition()
        self.over = Stop()
        if finished >= quantity:
            self.over.request()
        self.over.on_request(self._wake)

    def take(self) -> bool:
        """Wait for a place and take it; False when the batch needs no more boards or the line stops."""
        with self._changed:
            while not self.over.requested and self._finished + self._running >= self._quantity:
                self._changed.wait()
            if self.over.requested:
                return False
            self._running += 1
            return True

    def give_back(self) -> None:
        """Return the place of an attempt that has ended. It is free for others once :meth:`count` said how it ended."""
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def count(self, finished: int) -> None:
        """Take how many units of the batch have ended by now, as the journal counts."""
        with self._changed:
            self._finished = finished
            complete = self._finished >= self._quantity
            self._changed.notify_all()
        if complete:
            self.over.request()

    @property
    def complete(self) -> bool:
        """Whether as many units have ended as the work order asks for."""
        with self._changed:
            return self._finished >= self._quantity

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
