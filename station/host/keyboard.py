"""What a person types while a live picture is on the terminal: it must not tear the picture, and yet be seen."""

import codecs
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

_LONGEST = 4096
_ESCAPED = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)
"""What arrow and function keys send (ECMA-48 section 5.4)."""


class Keyboard:
    """Lines from a descriptor. While it is open as a context, a terminal echoes nothing of what is typed, nor a ^C.

    Then :attr:`typed` is what the picture shows of the line under way. Ctrl-C stays a signal. What is no terminal, or
    is another program's at the moment, is left as it is; so is Windows', which echoes no ^C.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._before: list[Any] | None = None
        self._echo_before: list[Any] | int | None = None
        self._typed, self._hides = "", False
        self._lock = threading.Lock()

    @property
    def shows(self) -> bool:
        """Whether what is typed is seen by :attr:`typed` alone."""
        return self._before is not None

    @property
    def typed(self) -> str:
        """The line under way, a dot for each key while it is hidden. May be asked by any thread."""
        with self._lock:
            return "•" * len(self._typed) if self._hides else self._typed

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Show nothing of what is typed meanwhile: neither in :attr:`typed` nor by a terminal's own echo."""
        with self._lock:
            self._hides = True
        try:
            self._stop_echo()
            yield
        finally:
            self._restore_echo()
            with self._lock:
                self._hides = False

    def lines(self) -> Iterator[str]:
        """Return each line that is ended, until the other side closes. For one thread, which may wait here for good."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        # Past Python's own buffer, whose lock a thread that still reads would hold when the interpreter ends.
        while chunk := os.read(self._handle, 4096):
            for key in _ESCAPED.sub("", decoder.decode(chunk)) if self.shows else decoder.decode(chunk):
                if key == "\x04" and self.shows and not self.typed:
                    return
                if (line := self._take(key)) is not None:
                    yield line
        if self.typed:
            yield self.typed

    def _take(self, key: str) -> str | None:
        with self._lock:
            if key in "\r\n":
                line, self._typed = self._typed, ""
                return line
            if not self.shows:
                self._typed = (self._typed + key)[-_LONGEST:]
            elif key in "\x7f\b":
                self._typed = self._typed[:-1]
            elif key == "\x15":  # Ctrl-U
                self._typed = ""
            elif key.isprintable() or key == "\t":
                self._typed = (self._typed + (" " if key == "\t" else key))[-_LONGEST:]
            return None

    def _is_ours(self) -> bool:
        try:
            return sys.platform != "win32" and os.tcgetpgrp(self._handle) == os.getpgrp()
        except OSError:  # it is no terminal, or not the one this program hangs on
            return False

    def restore(self) -> None:
        """Give the terminal back as it was. Safe to repeat, and from a signal's handler."""
        self._restore_echo()
        if sys.platform != "win32" and self._before is not None:
            import termios  # noqa: PLC0415 -- not on every system

            before, self._before = self._before, None
            # At once: what is written may wait for a reader that has stopped the terminal.
            termios.tcsetattr(self._handle, termios.TCSANOW, before)

    if sys.platform == "win32":

        def _stop_echo(self) -> None:
            import ctypes  # noqa: PLC0415 -- not on every system
            import msvcrt  # noqa: PLC0415 -- not on every system

            handle, mode = msvcrt.get_osfhandle(self._handle), ctypes.c_uint32()
            # SetConsoleMode without ENABLE_ECHO_INPUT (4); what is no console has no mode and no echo.
            if ctypes.windll.kernel32.GetConsoleMode(handle, ctypes.byref(mode)):
                self._echo_before = mode.value
                ctypes.windll.kernel32.SetConsoleMode(handle, mode.value & ~4)

        def _restore_echo(self) -> None:
            import ctypes  # noqa: PLC0415 -- not on every system
            import msvcrt  # noqa: PLC0415 -- not on every system

            before, self._echo_before = self._echo_before, None
            if isinstance(before, int):
                ctypes.windll.kernel32.SetConsoleMode(msvcrt.get_osfhandle(self._handle), before)

    else:

        def _stop_echo(self) -> None:
            if self.shows or not self._is_ours():
                return
            import termios  # noqa: PLC0415 -- not on every system

            before = termios.tcgetattr(self._handle)
            quiet = termios.tcgetattr(self._handle)
            quiet[3] &= ~termios.ECHO
            termios.tcsetattr(self._handle, termios.TCSANOW, quiet)
            self._echo_before = before

        def _restore_echo(self) -> None:
            import termios  # noqa: PLC0415 -- not on every system

            before, self._echo_before = self._echo_before, None
            if isinstance(before, list):
                termios.tcsetattr(self._handle, termios.TCSANOW, before)

    def __enter__(self) -> Self:
        if sys.platform != "win32" and self._is_ours():
            import termios  # noqa: PLC0415 -- not on every system

            before = termios.tcgetattr(self._handle)
            quiet = termios.tcgetattr(self._handle)
            quiet[3] &= ~(termios.ICANON | termios.ECHO)
            quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 1, 0
            termios.tcsetattr(self._handle, termios.TCSANOW, quiet)
            self._before = before
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()
