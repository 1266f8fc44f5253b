"""Bytes of a port, cut into lines."""

import re
from dataclasses import dataclass
from typing import Protocol

from station.host.clock import Deadline

LONGEST_LINE = 8192
"""Bytes. at_host's buffer ends every genuine line below 4096; at_shell's echo of a command adds its prompt."""

_END = re.compile(rb"\r\n|\r|\n")


class ByteSource(Protocol):
    """Where bytes come from. Both methods raise the port's fault when it is gone."""

    def read_some(self) -> bytes:
        """Return what is there, waiting a short while for the first byte; empty when none came."""

    def read_waiting(self) -> bytes:
        """Return what is there, without waiting."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it came: ``text`` one character a byte (Latin-1), ``end`` its CR, LF or CR LF."""

    text: str
    end: str


class Unended(Exception):  # noqa: N818 -- the channel makes a fault of it
    """A line was longer than any may be, or never ended; its bytes are gone."""


class LineReader:
    """Cuts a byte stream into lines without ever waiting longer or holding more than it is allowed.

    CR, LF and CR LF end a line. A CR ends it at once, so an LF that arrives later is an empty line of its own:
    joining ``text + end`` of all lines gives the bytes back exactly.
    """

    def __init__(self, source: ByteSource, longest: int = LONGEST_LINE) -> None:
        self._source = source
        self._longest = longest
        self._buffer = bytearray()
        self._searched = 0
        self._after_return = False

    @property
    def partial(self) -> str:
        """What has come of the line that has not ended yet, as long as no whole line is waiting."""
        return self._buffer.decode("latin-1")

    def next_line(self, deadline: Deadline) -> Line | None:
        """Return the next line, or None when ``deadline`` passed first. Raises :class:`Unended` or the port's fault."""
        while (line := self._cut()) is None:
            if deadline.passed():
                return None
            self._buffer += self._source.read_some()
        return line

    def waiting_lines(self) -> list[Line]:
        """Return the whole lines that are there already, without waiting."""
        self._buffer += self._source.read_waiting()
        lines = []
        while (line := self._cut()) is not None:
            lines.append(line)
        return lines

    def wait_partial(self, deadline: Deadline) -> None:
        """Wait until something more has come, or ``deadline`` has passed."""
        before = len(self._buffer)
        while len(self._buffer) == before and not deadline.passed():
            self._buffer += self._source.read_some()

    def drop_partial(self) -> str:
        """Forget what has come of an unended line and return it; whole lines stay. Waits for nothing."""
        self._buffer += self._source.read_waiting()
        start = max(self._buffer.rfind(b"\r"), self._buffer.rfind(b"\n")) + 1
        partial = self._buffer[start:].decode("latin-1")
        del self._buffer[start:]
        self._searched = 0
        return partial

    def finish_line(self) -> None:
        """After a line that ended with CR alone, take the LF that usually follows, waiting one short read for it.

        A device that ends with CR LF is not ready for the next command between the two.
        """
        if self._after_return:
            if not self._buffer:
                self._buffer += self._source.read_some()
            if self._buffer[:1] == b"\n":
                del self._buffer[:1]
            self._after_return = False

    def _cut(self) -> Line | None:
        end = _END.search(self._buffer, self._searched)
        if end is None:
            if len(self._buffer) > self._longest:
                self._buffer.clear()
                self._searched = 0
                raise Unended
            self._searched = len(self._buffer)
            return None
        if end.start() > self._longest:
            del self._buffer[: end.end()]
            self._searched = 0
            raise Unended
        line = Line(self._buffer[: end.start()].decode("latin-1"), end.group().decode("latin-1"))
        del self._buffer[: end.end()]
        self._searched = 0
        self._after_return = line.end == "\r"
        return line
