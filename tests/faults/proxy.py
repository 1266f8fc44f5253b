"""A broken network on loopback: a TCP proxy that delays, cuts after so many bytes, and drops answers, by a script.

What was let through to the server is worked on to its end before the client is cut off: so a test knows what the
server has done when the client hears of the cut.
"""

import contextlib
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

_CHUNK = 65536
_PATIENCE = 10.0
"""Seconds until a test gives up; only a defect ever lets them pass."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What happens to one connection.

    ``up``: so many bytes of the client's reach the server, then the connection is cut; None: all. ``down``: so many of
    the server's reach the client. ``reset``: cut by a reset (RST) instead of an end (FIN). ``delay``: seconds before
    anything is let through in either direction. ``refuse``: it is closed before a byte of it was read.
    """

    up: int | None = None
    down: int | None = None
    reset: bool = False
    delay: float = 0.0
    refuse: bool = False


@dataclass(slots=True)
class Passed:
    """What came through one connection, whole or in part."""

    up: bytes = b""
    down: bytes = b""


class Proxy:
    """Listens on loopback from construction until :meth:`close`. Connections it has no script for are let through."""

    def __init__(self, port: int) -> None:
        """``port`` on loopback is where the server listens."""
        self._to = port
        self._script: deque[Cut | None] = deque()
        self._lock = threading.Lock()
        self.connections: list[Passed] = []
        """Every connection since :meth:`script`, in the order in which they came."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()
        self._stopping, self._stop = socket.socketpair()
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        number: int = self._listener.getsockname()[1]
        return number

    def script(self, *cuts: Cut | None) -> None:
        """Have these happen to the next connections, one each; None lets one through."""
        with self._lock:
            self._script = deque(cuts)
            self.connections = []

    def close(self) -> None:
        """Listen no more, and end what is open."""
        self._closing.set()
        with contextlib.suppress(OSError):  # nobody accepts just now: closing alone ends it
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(_PATIENCE)
        for thread in self._threads:
            thread.join(_PATIENCE)
        for one in (self._stopping, self._stop):
            one.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                cut = self._script.popleft() if self._script else None
                self.connections.append(passed := Passed())
            self._threads = [one for one in self._threads if one.is_alive()]
            thread = threading.Thread(target=self._carry, args=(client, cut or Cut(), passed), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, client: socket.socket, cut: Cut, passed: Passed) -> None:
        with client:
            client.settimeout(_PATIENCE)
            if not cut.refuse:
                with socket.create_connection(("127.0.0.1", self._to), _PATIENCE) as server:
                    self._closing.wait(cut.delay)
                    back = threading.Thread(target=self._back, args=(client, server, cut, passed), daemon=True)
                    back.start()
                    self._there(client, server, cut, passed)
                    # The server has seen the end of what it gets, and now works on it to its own end.
                    back.join(_PATIENCE)
            if cut.reset or cut.refuse:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _there(self, client: socket.socket, server: socket.socket, cut: Cut, passed: Passed) -> None:
        """Carry from the client to the server, until either ends or the cut."""
        with contextlib.suppress(OSError):  # the other side is gone: that is the end of it
            while cut.up is None or len(passed.up) < cut.up:
                data = client.recv(_CHUNK if cut.up is None else cut.up - len(passed.up))
                if not data:
                    break
                server.sendall(data)
                passed.up += data
            server.shutdown(socket.SHUT_WR)

    def _back(self, client: socket.socket, server: socket.socket, cut: Cut, passed: Passed) -> None:
        """Carry from the server to the client; behind the cut the answer is read on, and dropped."""
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK):
                let = data if cut.down is None else data[: max(0, cut.down - len(passed.down))]
                passed.down += let
                if let and cut.up is None:
                    client.sendall(let)
                if cut.down is not None and len(passed.down) >= cut.down:
                    break
            if cut.down is not None:
                # What the client still waits for never comes.
                client.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def open_proxy(port: int) -> Iterator[Proxy]:
    """Give a proxy before the server on this port."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
