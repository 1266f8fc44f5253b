"""What is said on a port: sent and heard line by line, and shown to engineers without secrets."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from station.devices.faults import PORT_BLOCKED, TOO_MUCH
from station.devices.framing import Framing, label_of
from station.devices.lines import ByteSource, Line, LineReader, Unended
from station.devices.replies import PROMPT, Piece, PieceKind, ReplyReader, strip_control
from station.domain.faults import Fault
from station.host.clock import Clock, Deadline
from station.host.redaction import HIDDEN, hide_shapes

_MOST_BYTES = 256 * 1024
"""More than this in one answer is a flood."""

_QUOTED_BACK = re.compile(r".*(?=: (?:command not found|wrong parameter count)$)")
_PERHAPS_A_PIECE = re.compile(r"[A-Za-z0-9+/=_-]{12,}")
_STILL_COLOURED = re.compile(r"\x1b\[[1-9][0-9;]*m(?!.*\x1b\[0?m)", re.DOTALL)


class Direction(StrEnum):
    """Who said a line of the transcript."""

    SENT = ">"
    RECEIVED = "<"


Transcript = Callable[[Direction, str], None]


class Port(ByteSource, Protocol):
    """An open port."""

    @property
    def address(self) -> str:
        """How the fixture names it."""

    def write(self, data: bytes) -> None:
        """Send ``data`` whole; raises the port's fault."""

    def close(self) -> None:
        """Give the port back. Safe to repeat."""


def hide_pieces(text: str) -> str:
    """Return a final result without what may be a piece of the secret just sent. Pure.

    A shell that lost the beginning of a line takes the rest, a part of a key, for a command, and says so.
    """
    return _PERHAPS_A_PIECE.sub(HIDDEN, _QUOTED_BACK.sub(HIDDEN, text))


class Talk:
    """Sends commands and hears lines. Knows what is unanswered, and what must not be shown. One thread."""

    def __init__(self, port: Port, framing: Framing, clock: Clock, transcript: Transcript | None) -> None:
        self.port = port
        self.framing = framing
        self.clock = clock
        self.unanswered: list[str] = []
        """Commands whose answers may still come, oldest first."""
        self.restarts = 0
        """Grows whenever the board is seen to restart; a banner of several lines counts several times."""
        self.heard = 0
        """Bytes of whole lines that have come."""
        self.blocked = False
        """Whether the last attempt to send found no way out: a hung board under flow control, or wrong settings."""
        self._reader = LineReader(port)
        self._transcript = transcript
        self._secret = False

    def send(self, command: str, wire: bytes, *, secret: bool = False) -> None:
        """Send ``wire`` for ``command``, which is unanswered from now on."""
        self.unanswered.append(command)
        # Until nothing is unanswered any more, a late echo of a secret is a secret too.
        self._secret = self._secret or secret
        shown = f'{label_of(command)},"{HIDDEN}"' if secret and '"' in command else command
        self._show(Direction.SENT, shown)
        self.port.write(wire)

    def try_send(self, command: str, wire: bytes) -> None:
        """Send ``wire``, to no effect where the port takes no data: a board that hangs under flow control is silent.

        An empty ``command`` is one that gets no answer of its own.
        """
        try:
            if command:
                self.send(command, wire)
            else:
                self._show(Direction.SENT, "(frees a stuck input line)")
                self.port.write(wire)
            self.blocked = False
        except Fault as fault:
            if fault.code != PORT_BLOCKED.code:
                raise
            self.blocked = True

    def all_answered(self) -> None:
        """Forget what was unanswered."""
        self.unanswered.clear()
        self._secret = False

    def hear(self, reading: ReplyReader, deadline: Deadline, command: str | None) -> bool:
        """Feed lines to ``reading`` until it has a verdict or saw a restart (True), or ``deadline`` passed (False).

        Raises the port's faults, and AT-105 for a flood or a line without end instead of an answer to ``command``;
        where there is none (None) they are passed over.
        """
        received = 0
        while reading.verdict is None and not reading.banner:
            try:
                line = self._reader.next_line(deadline)
            except Unended as error:
                if command is None:
                    continue
                raise TOO_MUCH.fault("a line without end", command=label_of(command)) from error
            if line is None:
                return self._restarted_midline(reading)
            received += len(line.text) + 1
            self.heard += len(line.text) + 1
            if command is not None and received > _MOST_BYTES:
                raise TOO_MUCH.fault(f"{received} bytes", command=label_of(command))
            self._tell(reading.feed(line))
        if reading.verdict:
            self._reader.finish_line()
        else:
            self.restarts += 1
        return True

    def hear_waiting(self, reading: ReplyReader) -> bool:
        """Feed what is there already, as far as a verdict or a restart; return False where it had no line end."""
        try:
            lines = self._reader.waiting_lines()
        except Unended:
            return False
        for line in lines:
            self._tell(reading.feed(line))
            if reading.banner:
                self.restarts += 1
            if reading.verdict or reading.banner:
                break
        return True

    def await_prompt(self, reading: ReplyReader, seconds: float) -> None:
        """Wait until the shell shows its prompt: before that it loses input, for its buffer is small."""
        deadline = Deadline(self.clock, seconds)
        self.hear_waiting(reading)
        while not self.prompt_shown and not deadline.passed() and reading.is_harmless and not reading.banner:
            self._reader.wait_partial(deadline)
            self.hear_waiting(reading)

    def drop_partial(self) -> str:
        """Forget the line that has not ended, and return it without prompts and control sequences."""
        return PROMPT.sub("", strip_control(self._reader.drop_partial())).strip()

    def describe_partial(self) -> str:
        """Return what has come of an unended line, for a fault's detail."""
        partial = self._reader.partial
        if self._secret:
            return f"{len(partial)} bytes without a line end"
        return f"{hide_shapes(partial[-200:])!r} without a line end"

    @property
    def prompt_shown(self) -> bool:
        """Whether a shell waits for input: its prompt stands there whole, with the end of the colour it is written in.

        Until then the shell is still busy, and keeps only 64 bytes of what it is sent.
        """
        partial = self._reader.partial
        return PROMPT.search(strip_control(partial)) is not None and not _STILL_COLOURED.search(partial)

    @property
    def at_prompt(self) -> bool:
        """Whether a shell's prompt stands there, and nothing is typed behind it."""
        return self.prompt_shown and PROMPT.sub("", strip_control(self._reader.partial)).strip() in ("", ".")

    def _restarted_midline(self, reading: ReplyReader) -> bool:
        # A board that dies within its own banner has started all the same.
        last = ReplyReader("", from_shell=self.framing.shell)
        last.feed(Line(self._reader.partial, "\n"))
        if last.banner:
            reading.banner = True
            self.restarts += 1
            # It has been told: found there again at every look, it would be news for ever.
            self._reader.drop_partial()
        return last.banner

    def _tell(self, pieces: tuple[Piece, ...]) -> None:
        # A shell's log line may stand within an echo, and what follows it be the echo's rest.
        open_kinds = (
            (PieceKind.FINAL,)
            if self.framing.shell
            else (PieceKind.FINAL, PieceKind.LOG, PieceKind.URC, PieceKind.BANNER)
        )
        for piece in pieces:
            if piece.kind is not PieceKind.BLANK:
                hidden = self._secret and piece.kind not in open_kinds
                text = hide_pieces(piece.text) if self._secret and self.framing.shell else piece.text
                self._show(Direction.RECEIVED, HIDDEN if hidden else text)

    def _show(self, direction: Direction, text: str) -> None:
        if self._transcript:
            self._transcript(direction, hide_shapes(text))
