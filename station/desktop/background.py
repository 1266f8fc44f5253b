"""Work that the window must not wait for: done in other threads, its results handed over in the window's own."""

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

T = TypeVar("T")

_READERS: Final = 2
"""How much is read at a time; more would only take the processor from the window."""


@dataclass(slots=True, eq=False)
class _Asked:
    """One piece of work, and who is told of it."""

    by: "Background"
    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    key: str
    number: int
    result: Any = None
    error: BaseException | None = None


_asked: Final[dict[int, _Asked]] = {}
"""What was asked for and is not answered yet, of every window.

It stands here and not in the threads, which know only its number: what it names are parts of a window, and the last
who lets go of a part takes it down. A worker that did so would take down timers, models and plots while the window's
thread uses them, and the program would end without a word.
"""
_numbers: Final = itertools.count(1)


class Background(QObject):
    """Threads that work for the window. For the window's thread alone; create it there.

    None of them holds the program up when the window ends: what only reads may be left in the middle. What was handed
    over is let go of in the window's thread, whatever became of it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._over = False
        self._queue: SimpleQueue[int | None] = SimpleQueue()
        self._newest: dict[str, int] = {}
        self._mouth = _mouth()
        for _ in range(_READERS):
            threading.Thread(target=_read, args=(self._queue, self._mouth), name="window", daemon=True).start()

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
        number = next(_numbers)
        if key:
            self._newest[key] = number
        _asked[number] = _Asked(self, work, done, failed, key, number)
        if long:
            arguments = (number, self._mouth)
            threading.Thread(target=_carry_out, args=arguments, name="window, long", daemon=True).start()
        else:
            self._queue.put(number)

    def end(self) -> None:
        """Begin nothing more and tell nobody any more; what is under way is left to itself. Safe to repeat."""
        self._over = True
        for _ in range(_READERS):
            self._queue.put(None)

    def wants(self, asked: _Asked) -> bool:
        """Return whether anybody still waits for this: not after :meth:`end`, nor where something newer was asked."""
        return not self._over and (not asked.key or self._newest.get(asked.key) == asked.number)


class _Mouth(QObject):
    """Tells the window's thread what was carried out. There is one, which stays: a thread may always speak to it."""

    carried_out = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        # Queued: the signal is emitted from a worker, and what it names is called in the window's thread.
        self.carried_out.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    def _hand_over(self, number: int) -> None:
        asked = _asked.pop(number)
        if not asked.by.wants(asked):
            return
        if asked.error is not None:
            asked.failed(asked.error)
        else:
            asked.done(asked.result)


_mouths: Final[list[_Mouth]] = []


def _mouth() -> _Mouth:
    if not _mouths:
        _mouths.append(_Mouth())
    return _mouths[0]


def _read(queue: SimpleQueue[int | None], mouth: _Mouth) -> None:
    while (number := queue.get()) is not None:
        _carry_out(number, mouth)


def _carry_out(number: int, mouth: _Mouth) -> None:
    _answer(_asked[number])
    with suppress(RuntimeError):  # the whole application was taken down meanwhile
        mouth.carried_out.emit(number)


def _answer(asked: _Asked) -> None:
    # A function of its own: when the window's thread hears of it, nothing here holds a part of the window any more.
    if not asked.by.wants(asked):
        return  # superseded while it waited; the window's thread lets go of it
    try:
        asked.result = asked.work()
    except BaseException as error:  # noqa: BLE001 -- whatever it is goes to whoever asked, in their thread
        asked.error = error
