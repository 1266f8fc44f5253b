"""Work that the window must not wait for: done in other threads, its results handed over in the window's own."""

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Final, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

T = TypeVar("T")

_READERS: Final = 2
"""How much is read at a time; more would only take the processor from the window."""


class Background(QObject):
    """Threads that work for the window. For the window's thread alone; create it there.

    None of them holds the program up when the window ends: what only reads may be left in the middle.
    """

    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._over = False
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._newest: dict[str, int] = {}
        self._numbers = itertools.count(1)
        # Queued: the signal is emitted from a worker, and what it carries is called in the window's thread.
        self._ended.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)
        self._threads = [threading.Thread(target=self._read, name="window", daemon=True) for _ in range(_READERS)]
        for thread in self._threads:
            thread.start()

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None],
        key: str = "",
        *,
        long: bool = False,
    ) -> None:
        """Do ``work`` elsewhere; then exactly one of the others is called, in the window's thread.

        Where a ``key`` is given and something newer was begun under it in the meantime, neither is called; nor after
        :meth:`end`, when nobody is there to hear it. ``long``: it may take more than a moment, or wait for another
        program, and gets a thread of its own, so that what is read meanwhile need not wait for it.
        """
        if self._over:
            return
        number = next(self._numbers)
        if key:
            self._newest[key] = number

        def is_wanted() -> bool:
            return not self._over and (not key or self._newest.get(key) == number)

        def carry_out() -> None:
            if not is_wanted():
                return  # superseded while it waited
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 -- whatever it is goes to whoever asked, in their thread
                told = error
                self._tell(lambda: failed(told) if is_wanted() else None)
            else:
                self._tell(lambda: done(result) if is_wanted() else None)

        if long:
            threading.Thread(target=carry_out, name="window, long", daemon=True).start()
        else:
            self._queue.put(carry_out)

    def end(self) -> None:
        """Begin nothing more and tell nobody any more; what is under way is left to itself. Safe to repeat."""
        self._over = True
        for _ in self._threads:
            self._queue.put(None)

    def _read(self) -> None:
        while (work := self._queue.get()) is not None:
            work()

    def _tell(self, hand_over: Callable[[], None]) -> None:
        if not self._over:
            with suppress(RuntimeError):  # the window was taken down between the two
                self._ended.emit(hand_over)

    @staticmethod
    def _hand_over(hand_over: Callable[[], None]) -> None:
        hand_over()
