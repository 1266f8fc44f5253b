"""Signals that ask a program to end, heard whatever its main thread is at."""

import signal
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from types import FrameType


@contextmanager
def heard_signals(numbers: Collection[int], take: Callable[[int], None]) -> Iterator[None]:
    """Call ``take`` with each of these signals that comes within the block, one after the other, in another thread.

    None is lost: a handler of Python's own runs only once the main thread runs Python again, and where the signal came
    just before that thread began to wait, or was another thread's, that is never. The main thread is not disturbed: a
    lock that it holds can be waited for. For the main thread; not within itself. Handlers are as before afterwards.
    """
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        theirs.setblocking(False)
        listener = threading.Thread(target=_listen, args=(ours, frozenset(numbers), take), name="signals", daemon=True)
        listener.start()
        # The socket before the handlers, and after them: in between, one that comes would be nobody's.
        woken = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, _leave_to_listener) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(woken)
            theirs.close()  # the listener's end, which it comes to before its own socket goes
            listener.join()


def _listen(ours: socket.socket, numbers: frozenset[int], take: Callable[[int], None]) -> None:
    while came := _bytes(ours):
        for number in came:
            if number in numbers:
                take(number)


def _bytes(ours: socket.socket) -> bytes:
    try:
        return ours.recv(16)
    except OSError:
        return b""  # the block is over


def _leave_to_listener(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that the signal came is in the socket already, written before Python runs this."""
