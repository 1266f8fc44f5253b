"""What a run shows, one thing after the other, from a thread of its own."""

import os
import queue
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Outlet:
    """Shows what it is given, in order; a reader that is slow, or gone, never holds up the line that hands it over."""

    def __init__(self) -> None:
        # Also a signal's handler hands things over, and may have interrupted a put: this queue allows that.
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="outlet", daemon=True)
        self._thread.start()

    def put(self, show: Callable[[], None]) -> None:
        """Have ``show`` called behind all that was put before; not at all after the end, or once nobody reads."""
        if not self._closed:
            self._queue.put(show)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show all that was put, and nothing any more."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        gone = False
        while (show := self._queue.get()) is not None:
            if gone:
                continue
            try:
                show()
            except (OSError, SystemExit):  # rich would end the program at a broken pipe; the line goes on
                gone = True
                # What the stream still holds would fail once more when Python flushes it at the very end.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
