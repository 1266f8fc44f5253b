"""Ctrl-C, three times: end safely, say what leaving would leave, leave."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from station.host.clock import Stop
from station.host.signals import heard_signals
from station.outlet import Outlet

_LEFT: Final = 130


class Interrupts:
    """First Ctrl-C: ``stop`` is requested. Second: says what leaving now would leave. Third: leaves, with code 130.

    For the time of a ``with`` in the main thread; SIGTERM is the same as Ctrl-C.
    """

    def __init__(
        self,
        stop: Stop,
        outlet: Outlet,
        say: Callable[[str], None],
        *,
        stopping: str,
        what_stays: Callable[[], str],
        abandon: Callable[[], None] = lambda: None,
    ) -> None:
        """``stopping`` is said at the first, ``what_stays`` is asked at the second.

        ``abandon`` gives the terminal back before the program ends on the spot.
        """
        self._stop, self._outlet, self._say = stop, outlet, say
        self._stopping, self._what_stays, self._abandon = stopping, what_stays, abandon
        self._count = 0
        self._heard = ExitStack()

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._heard.enter_context(heard_signals((signal.SIGINT, signal.SIGTERM), self._take))

    def __exit__(self, *_: object) -> None:
        self._heard.close()

    def _take(self, _number: int) -> None:
        self._count += 1
        if self._count == 1:
            # From a thread of its own: whatever the listeners do, the next Ctrl-C must be heard.
            threading.Thread(target=self._stop.request, daemon=True).start()
            self._outlet.put(lambda: self._say(self._stopping))
        elif self._count == 2:
            self._outlet.put(lambda: self._say(self._what_stays()))
        else:
            try:
                self._abandon()
            finally:
                os._exit(_LEFT)
