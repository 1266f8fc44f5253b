"""A connection inside this PC that only its user can open: whole messages, as bytes, both ways.

A Unix socket with mode 600 in a private folder, a named pipe on Windows; and both sides show that they have read the
same private file, without sending what stands in it. Nothing is ever unpickled.
"""

import hmac
import multiprocessing.connection
import os
import secrets
import shutil
import socket
import struct
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

KEY_BYTES: Final = 32
LONGEST_PATH: Final = 100
"""Bytes of a Unix socket's path: Linux takes 107, others fewer (unix(7))."""

_TEMPORARY: Final = "nrf91-station-"
_NONCE: Final = 32
_PROOF: Final = 32
_POLL: Final = 1.0
"""Windows: seconds between two looks whether a connection was hung up in this process."""
_WAITING: Final = 16
_TROUBLE: Final = 0.05
"""Seconds before the next try to take a connection, after one that failed."""

_LONGEST_HELLO: Final = 256


class _Messages(Protocol):
    """multiprocessing's connection, of whichever kind this PC has."""

    def send_bytes(self, buf: bytes) -> None: ...
    def recv_bytes(self, maxlength: int | None = None) -> bytes: ...
    def poll(self, timeout: float | None = 0.0) -> bool: ...
    def close(self) -> None: ...


class TooLongError(OSError):
    """The other side sends a message that is longer than anything it may."""


class LocalConnection:
    """Whole messages to and from the other side. One thread receives, one sends; :meth:`hang_up` is for any."""

    def __init__(self, connection: _Messages, plug: socket.socket | None) -> None:
        self._connection, self._plug = connection, plug
        self._silence: float | None = None
        self._over = threading.Event()

    def send(self, message: bytes) -> None:
        """Hand over one message; waits while the other side does not read. Raises OSError when it is gone."""
        if self._over.is_set():
            raise ConnectionResetError("hung up")
        self._connection.send_bytes(message)

    def receive(self, longest: int) -> bytes:
        """Return the next message. Raises EOFError at the end, OSError where it broke, is silent, or is too long."""
        if sys.platform == "win32":
            left = self._silence
            while not self._connection.poll(_POLL if left is None else min(_POLL, left)):
                if self._over.is_set():
                    raise EOFError
                if left is not None and (left := left - _POLL) <= 0:
                    raise TimeoutError("nothing was heard")
        try:
            return self._connection.recv_bytes(longest)
        except OSError as error:
            if str(error) == "bad message length":  # multiprocessing's own word for it
                raise TooLongError(f"longer than {longest} bytes") from None
            raise

    def limit_silence(self, seconds: float | None) -> None:
        """Have :meth:`receive` raise OSError once nothing came for so long; None: wait for ever."""
        self._silence = seconds
        if self._plug is not None:
            _limit(self._plug, socket.SO_RCVTIMEO, seconds)

    def hang_up(self) -> None:
        """End it: whoever sends or receives here or there hears of it. Safe to repeat."""
        self._over.set()
        if self._plug is not None:
            with suppress(OSError):  # the other side was quicker
                self._plug.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give it back, once nobody sends or receives here any more. Safe to repeat."""
        self.hang_up()
        self._connection.close()
        if self._plug is not None:
            self._plug.close()


class LocalListener:
    """Takes connections at :attr:`address`, until it is closed."""

    def __init__(self, folder: Path) -> None:
        """Listen in ``folder`` where its path is short enough, else in a private one of its own. Raises OSError.

        The caller owns the folder: what an earlier one left there goes.
        """
        self._over = False
        self.address = ""
        if sys.platform == "win32":
            self.address = rf"\\.\pipe\{_TEMPORARY}{secrets.token_hex(16)}"
            self._pipe = multiprocessing.connection.Listener(self.address, "AF_PIPE")
        else:
            self._own: Path | None = None
            path = folder.absolute() / ".engine.sock"
            if len(os.fsencode(path)) >= LONGEST_PATH or not self._listens(path):
                self._own = Path(tempfile.mkdtemp(prefix=_TEMPORARY))
                self._listen(self._own / "sock")

    def accept(self) -> LocalConnection | None:
        """Wait for the next one, of whom nothing is known yet; None once this is closed."""
        while not self._over:
            try:
                return self._accept()
            except (OSError, EOFError):
                # One that was gone before it was here, too many open files; or the end, which the loop sees.
                if not self._over:
                    threading.Event().wait(_TROUBLE)
        return None

    if sys.platform == "win32":

        def _accept(self) -> LocalConnection:
            return LocalConnection(self._pipe.accept(), None)

        def stop(self) -> None:
            """Have :meth:`accept` return None, now and from now on. Safe to repeat, from any thread."""
            if not self._over:
                self._over = True
                with suppress(OSError):  # nobody waits there
                    multiprocessing.connection.Client(self.address, "AF_PIPE").close()

        def close(self, *, moved: bool = False) -> None:  # noqa: ARG002 -- a pipe lies in no folder
            """Give the address back; nothing of it stays. Once no thread accepts any more. Safe to repeat."""
            self._over = True
            self._pipe.close()

    else:

        def _accept(self) -> LocalConnection:
            plug, _ = self._socket.accept()
            return _plugged(plug)

        def _listens(self, path: Path) -> bool:
            try:
                self._listen(path)
            except OSError:
                return False  # a disk that knows no sockets, such as a share
            return True

        def _listen(self, path: Path) -> None:
            self._socket = socket.socket(socket.AF_UNIX)
            try:
                path.unlink(missing_ok=True)
                self._socket.bind(str(path))
                path.chmod(0o600)  # before it listens: nobody else was ever let in
                self._socket.listen(_WAITING)
            except BaseException:
                self._socket.close()
                raise
            self.address = str(path)

        def stop(self) -> None:
            """Have :meth:`accept` return None, now and from now on. Safe to repeat, from any thread."""
            if not self._over:
                self._over = True
                with suppress(OSError):  # nobody waits there
                    self._socket.shutdown(socket.SHUT_RDWR)

        def close(self, *, moved: bool = False) -> None:
            """Give the address back; nothing of it stays. Once no thread accepts any more. Safe to repeat.

            ``moved``: another folder is in the place of the one it listened in, and what lies there is not its own.
            """
            self._over = True
            self._socket.close()
            if self._own is not None or not moved:
                Path(self.address).unlink(missing_ok=True)
            if self._own is not None:
                shutil.rmtree(self._own, ignore_errors=True)


def clear_away(address: str) -> None:
    """Remove what a killed listener left at ``address`` outside of its folder. Safe to repeat."""
    folder = Path(address).parent
    if sys.platform != "win32" and folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith(_TEMPORARY):
        shutil.rmtree(folder, ignore_errors=True)


if sys.platform == "win32":

    def dial(address: str, _seconds: float) -> LocalConnection:
        """Connect to a listener. Raises OSError: nobody listens there, or does not take anybody."""
        return LocalConnection(multiprocessing.connection.Client(address, "AF_PIPE"), None)

else:

    def dial(address: str, seconds: float) -> LocalConnection:
        """Connect to a listener. Raises OSError: nobody listens there, or does not take anybody for ``seconds``."""
        plug = socket.socket(socket.AF_UNIX)
        try:
            plug.settimeout(seconds)
            plug.connect(address)
            plug.settimeout(None)
            # What the other side does not take for so long, it never will: for those who ask, not for those who tell.
            _limit(plug, socket.SO_SNDTIMEO, seconds)
            return _plugged(plug)
        except BaseException:
            plug.close()
            raise


def greet(connection: LocalConnection, key: bytes, words: bytes) -> None:
    """Make sure that the listener's side has ``key`` and says ``words`` too. Raises OSError or EOFError.

    ConnectionAbortedError is the one for other words.
    """
    hello = connection.receive(_LONGEST_HELLO)
    own = secrets.token_bytes(_NONCE)
    if hello[:-_NONCE] != words or len(hello) != len(words) + _NONCE:
        raise ConnectionAbortedError("it speaks another language")
    connection.send(own + _proof(key, b"calls", hello, own))
    if not hmac.compare_digest(connection.receive(_PROOF), _proof(key, b"answers", hello, own)):
        raise ConnectionRefusedError("it does not know the key")


def admit(connection: LocalConnection, key: bytes, words: bytes) -> None:
    """Make sure that whoever connected has ``key``. Raises OSError or EOFError."""
    hello = words + secrets.token_bytes(_NONCE)
    connection.send(hello)
    answer = connection.receive(_NONCE + _PROOF)
    own, proof = answer[:_NONCE], answer[_NONCE:]
    if not hmac.compare_digest(proof, _proof(key, b"calls", hello, own)):
        raise ConnectionRefusedError("it does not know the key")
    connection.send(_proof(key, b"answers", hello, own))


def _proof(key: bytes, who: bytes, hello: bytes, own: bytes) -> bytes:
    return hmac.digest(key, who + b"\0" + hello + own, "sha256")


def _plugged(plug: socket.socket) -> LocalConnection:
    # The connection has a descriptor of its own, so that the socket can be shut down whoever is inside the other.
    return LocalConnection(multiprocessing.connection.Connection(os.dup(plug.fileno())), plug)


def _limit(plug: socket.socket, option: int, seconds: float | None) -> None:
    whole = int(seconds or 0)
    part = int(((seconds or 0) - whole) * 1e6)
    plug.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", whole, part))
