"""The ports of simulated boards: pseudo-terminals, and RFC 2217 servers where a PC has none (Windows)."""

import os
import selectors
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import serial
from serial import rfc2217

from station.simulator.faults import TRANSPORT_MISSING

_CHUNK = 65536
_UNREAD_LIMIT_S = 2.0
"""So long a write waits for somebody to read; then the bytes are lost, as on a wire."""


class Woken(Exception):  # noqa: N818 -- it is no error: another thread wants the slot's attention
    """A write was given up because :meth:`Port.wake` was called."""


class Port(Protocol):
    """A simulated board's end of its serial line. One thread uses it; :meth:`wake` is for the others."""

    @property
    def address(self) -> str:
        """What a fixture file would name: a path or an rfc2217:// address."""

    def announce(self) -> None:
        """Let the port appear, so that it can be opened. Safe to repeat."""

    def read(self) -> bytes:
        """Wait for bytes and return them; b"" when woken."""

    def pending(self) -> bytes:
        """Return what has arrived, without waiting."""

    def write(self, data: bytes) -> None:
        """Send ``data``; what nobody reads is lost after two seconds. Raises :class:`Woken`."""

    def baud(self) -> int | None:
        """Return the speed the station has set, None where it can't be told."""

    def wake(self) -> None:
        """Make a waiting read or write return. Safe from any thread and to repeat."""

    def close(self) -> None:
        """Let the port vanish for whoever has it open. Safe to repeat."""


def bind_loopback(number: int) -> socket.socket:
    """Return a socket at a TCP port of 127.0.0.1 (0: any free one), not listening: others can't get it by chance.

    Except on Windows, further ones can be bound to the same port while none of them listens.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two programs share the port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", number))
    return bound


class Rfc2217Port:
    """A port as an RFC 2217 server on loopback.

    A thread of its own speaks Telnet, so that a busy modem can't stall the negotiation.
    """

    def __init__(self, number: int) -> None:
        """Take TCP port ``number`` of 127.0.0.1; connections are refused until :meth:`announce`."""
        self._changed = threading.Condition()
        self._received = bytearray()
        self._woken = False
        self._closed = False
        self._connection: socket.socket | None = None
        self._sending = threading.Lock()
        self._settings = serial.serial_for_url("loop://", baudrate=115200)
        self._listener = bind_loopback(number)
        self._number = self._listener.getsockname()[1]
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"rfc2217://127.0.0.1:{self._number}"

    def announce(self) -> None:
        if self._thread is not None:
            return
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve, name=f"rfc2217-{self._number}", daemon=True)
        self._thread.start()

    def read(self) -> bytes:
        with self._changed:
            while not (self._received or self._woken):
                self._changed.wait()
            self._woken = False
            return self._take()

    def pending(self) -> bytes:
        with self._changed:
            return self._take()

    def write(self, data: bytes) -> None:
        # 0xFF is doubled: it is Telnet's escape (RFC 2217 section 2).
        self._send(data.replace(b"\xff", b"\xff\xff"))

    def baud(self) -> int | None:
        return self._settings.baudrate

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        self._closed = True
        _hang_up(self._listener)
        if self._connection is not None:
            _hang_up(self._connection)
        if self._thread is not None:
            self._thread.join(5)
        self._settings.close()

    def _take(self) -> bytes:
        data = bytes(self._received)
        self._received.clear()
        return data

    def _send(self, data: bytes) -> None:
        with self._sending:
            if self._connection is None:
                return  # nobody is there: the bytes are lost
            try:
                self._connection.sendall(data)
            except OSError:
                return  # likewise; the serving thread notices and waits for the next one

    def _serve(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._sending:
                self._connection = connection
            self._listen(connection)
            with self._sending:
                self._connection = None
            connection.close()

    def _listen(self, connection: socket.socket) -> None:
        # Of a connection it needs write() alone, of a port the settings.
        writer = cast("rfc2217.Serial", _Writer(self._send))
        manager = rfc2217.PortManager(cast("rfc2217.Serial", self._settings), writer)
        while not self._closed:
            try:
                data = connection.recv(_CHUNK)
            except OSError:
                return
            if not data:
                return
            plain = b"".join(manager.filter(data))
            with self._changed:
                self._received += plain
                self._changed.notify_all()


class _Writer:
    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.write = write


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()  # it was not connected: closing alone ends an accept
        return
    connection.close()


if sys.platform != "win32":
    import termios
    import tty

    _SPEEDS = {
        getattr(termios, f"B{speed}"): speed
        for speed in (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1000000)
        if hasattr(termios, f"B{speed}")
    }

    class PtyPort:
        """A port as a pseudo-terminal, under a name that comes and goes with the board."""

        def __init__(self, alias: Path) -> None:
            """Make the terminal; ``alias`` will point at it, replacing what a crash left there."""
            self._alias = alias
            self._master, self._slave = os.openpty()
            # Raw before anything is written, or the line discipline would echo it; and the slave end stays open
            # here, or the master would see errors whenever the station has the port closed.
            tty.setraw(self._slave)
            settings = termios.tcgetattr(self._slave)
            settings[4] = settings[5] = termios.B115200
            termios.tcsetattr(self._slave, termios.TCSANOW, settings)
            os.set_blocking(self._master, False)
            self._bell, self._ear = socket.socketpair()
            self._bell.setblocking(False)
            self._ear.setblocking(False)
            self._reading = selectors.DefaultSelector()
            self._reading.register(self._master, selectors.EVENT_READ)
            self._reading.register(self._ear, selectors.EVENT_READ)
            self._announced = False

        @property
        def address(self) -> str:
            return str(self._alias)

        def announce(self) -> None:
            if self._announced:
                return
            self._alias.unlink(missing_ok=True)
            self._alias.symlink_to(os.ttyname(self._slave))
            self._announced = True

        def read(self) -> bytes:
            ready = {key.fd for key, _ in self._reading.select()}
            if self._ear.fileno() in ready:
                self._ear.recv(_CHUNK)
                return b""
            return self.pending()

        def pending(self) -> bytes:
            try:
                return os.read(self._master, _CHUNK)
            except BlockingIOError:
                return b""

        def write(self, data: bytes) -> None:
            rest = memoryview(data)
            while rest:
                try:
                    rest = rest[os.write(self._master, rest) :]
                except BlockingIOError:
                    if not self._writable():
                        return

        def baud(self) -> int | None:
            return _SPEEDS.get(termios.tcgetattr(self._master)[5])

        def wake(self) -> None:
            try:
                self._bell.send(b"!")
            except (BlockingIOError, OSError):
                return  # it rings already, or the port is closed and nobody listens

        def close(self) -> None:
            if self._master < 0:
                return
            if self._announced:
                self._alias.unlink(missing_ok=True)
            self._reading.close()
            os.close(self._master)
            os.close(self._slave)
            self._master = -1
            self._bell.close()
            self._ear.close()

        def _writable(self) -> bool:
            with selectors.DefaultSelector() as selector:
                selector.register(self._master, selectors.EVENT_WRITE)
                selector.register(self._ear, selectors.EVENT_READ)
                ready = {key.fd for key, _ in selector.select(_UNREAD_LIMIT_S)}
            if self._ear.fileno() in ready:
                raise Woken
            return self._master in ready


def open_pty(alias: Path) -> Port:
    """Return a pseudo-terminal named ``alias`` in a folder that exists; SIM-105 on a PC that has none."""
    if sys.platform == "win32":
        raise TRANSPORT_MISSING.fault()
    return PtyPort(alias)


if TYPE_CHECKING:
    _rfc2217_is_a_port: Callable[[int], Port] = Rfc2217Port
