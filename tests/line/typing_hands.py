"""A person at a terminal: what is shown is read, and keys are pressed."""

import codecs
import contextlib
import os
import pty
import select
import subprocess
import termios
from collections.abc import Iterator

from station.host.clock import Deadline, SystemClock
from tests.line.harness import Line
from tests.line.processes import PATIENCE, STATION, child_environment, signed

# Its own terminal, not only an open file: then a Ctrl-C is a signal.
TAKE = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
AT_TERMINAL = (*STATION[:2], TAKE + STATION[2])


class Terminal:
    """A program that believes a person sits in front of it."""

    def __init__(self, *typed: object) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [*AT_TERMINAL, *map(str, typed)],
            env=child_environment({"TERM": "xterm", "COLUMNS": "160", "LINES": "40"}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._looked_at = 0

    def read_until(self, text: str) -> None:
        """Return when ``text`` is shown behind what was already looked at."""
        deadline = Deadline(SystemClock(), PATIENCE)
        while (at := self.shown.find(text, self._looked_at)) < 0:
            assert not deadline.passed(), self.shown
            assert self._read(deadline.left()), self.shown
        self._looked_at = at + len(text)

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._master, text.encode() + b"\n")

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def leave_with(self, key: str) -> int:
        """Press the key until the program ends; return the exit code.

        Python misses a Ctrl-C between showing its question and waiting for the answer: so a person presses it again.
        """
        deadline = Deadline(SystemClock(), PATIENCE)
        while self._process.poll() is None:
            assert not deadline.passed(), self.shown
            self.press(key)
            while self._read(1.0):
                pass
        return self.end()

    def modes(self) -> list[object]:
        """Return how the terminal is set."""
        return termios.tcgetattr(self._master)

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while self._read(PATIENCE):
            pass
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # nobody has the other side open any more
            return False
        # A read may end inside of a character, and between \r and \n.
        self.shown = (self.shown + self._decoder.decode(data)).replace("\r\n", "\n")
        return bool(data)


@contextlib.contextmanager
def terminal(line: Line, *typed: object, sign_in: bool = True) -> Iterator[Terminal]:
    """Start a command at a terminal; an engineer signs in by file, unless the test is about signing in."""
    opened = Terminal(*(signed(line, typed) if sign_in else typed), "--station", line.station_file)
    try:
        yield opened
    finally:
        opened.close()
