"""How a modem's answer gets on the wire, and what can happen to it there."""

import math
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from station.simulator.board import Board, LoggedCommand
from station.simulator.faults import CommandFault, Do, Trait
from station.simulator.request import Reply

# From a genuine transcript (at-commands section 8): what came between AT+CFUN=4 and its OK.
NOTICES: Final = (
    "+CSCON: 1",
    "[00:00:28.460,540] <inf> asset_tracker: RRC mode: Connected",
    "+CEREG: 0",
    "[00:00:28.467,834] <inf> asset_tracker: LTE cell changed: Cell ID: -1, Tracking area: -1",
    "+CSCON: 0",
    "[00:00:29.778,564] <inf> asset_tracker: RRC mode: Idle",
)
_GARBAGE = 24
_FLOOD = 16 * 1024
_ENDLESS = 64 * 1024
_PIECES = 12
_QUOTED_OR_END: Final = re.compile(rb'"[^"]*"|\r+\n')


class Line(Protocol):
    """A board's serial line as its firmware sees it. Each method raises when the board is reset or taken out."""

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""

    def send(self, data: bytes) -> None:
        """Send ``data`` at the line's pace."""

    def answer(self, data: bytes) -> bytes:
        """Send ``data`` and return what the host had sent before its last byte left."""


class Executor(Protocol):
    """What does the commands: a modem, or an application's own shell."""

    def execute(self, command: str, fault: CommandFault | None = None) -> Reply:
        """Do what ``command`` says and return the answer; ``fault`` bends the work where it is one of those that do."""

    def refuse(self, code: int | None, command: str = "") -> Reply:
        """Return an error answer to ``command`` without having done anything."""


class Reset(Exception):  # noqa: N818 -- an event on the bench, no error
    """The board resets itself."""


class Vanished(Exception):  # noqa: N818 -- likewise
    """The board's port goes away, for ``seconds`` (0: until it is taken out)."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Framed:
    """An answer as its framing puts it: the part before the final code, and the final code with what follows it."""

    head: bytes
    final: bytes


@dataclass(frozen=True, slots=True)
class Framer:
    """How one framing writes."""

    answer: Callable[[str, str, str], Framed]
    """From (command, information, final code)"""
    notice: Callable[[str], bytes]
    """One unsolicited result or log line; b"" where this framing would not show it"""
    interleaves: bool = True
    """Whether notices can come within an answer, and not only behind it"""


class Delivery:
    """Runs commands on a modem and puts the answers on the wire, disturbed as the board's fault plan says."""

    def __init__(self, board: Board, modem: Executor, line: Line, framer: Framer) -> None:
        self._board = board
        self._modem = modem
        self._line = line
        self._framer = framer

    def run(self, command: bytes) -> bytes:
        """Run one command, answer it, and return what the host sent meanwhile."""
        text = command.decode("latin-1")
        fault = self._board.plan.at_command(text)
        self._board.take(LoggedCommand(text, fault.do if fault else None))
        if fault is not None:
            self._strike_before(fault)
        reply = self._refused(fault, text) or self._modem.execute(text, fault)
        self._line.wait(reply.seconds)
        information = reply.information
        if fault is not None and fault.do is Do.OTHER_INFORMATION:
            information = "".join(f"{line}\r\n" for line in fault.text.splitlines())
        framed = self._framer.answer(text, information, reply.final)
        if fault is not None:
            return self._answer_struck(framed, fault, command)
        if Trait.CHATTY in self._board.plan.traits:
            return self._interleaved(framed)
        return self._line.answer(framed.head + framed.final)

    def _refused(self, fault: CommandFault | None, command: str) -> Reply | None:
        if fault is None or fault.do not in (Do.CME, Do.ERROR):
            return None
        return self._modem.refuse(fault.code if fault.do is Do.CME else None, command)

    def _strike_before(self, fault: CommandFault) -> None:
        match fault.do:
            case Do.HANG:
                self._line.wait(math.inf)
            case Do.RESET_BEFORE:
                raise Reset
            case Do.VANISH:
                raise Vanished(fault.seconds)
            case _:
                return

    def _answer_struck(self, framed: Framed, fault: CommandFault, command: bytes) -> bytes:
        whole = framed.head + framed.final
        rng = self._board.rng
        match fault.do:
            case Do.RESET_AFTER:
                raise Reset
            case Do.VANISH_AFTER:
                raise Vanished(fault.seconds)
            case Do.RESET_MIDWAY:
                self._line.send(whole[: len(whole) // 2])
                raise Reset
            case Do.LOSE_ANSWER:
                return self._line.answer(b"")
            case Do.LATE:
                self._line.wait(fault.seconds)
            case Do.GARBAGE:
                self._line.send(_garbage(rng, fault.size or _GARBAGE))
            case Do.INTERLEAVE:
                return self._interleaved(framed)
            case Do.PIECES:
                *first, whole = _pieces(rng, whole)
                for piece in first:
                    self._line.send(piece)
                    self._line.wait(fault.seconds)
            case Do.ENDLESS_LINE:
                return self._line.answer(b"x" * (fault.size or _ENDLESS))
            case Do.FLOOD:
                self._line.send(_flood(self._framer.notice, fault.size or _FLOOD))
            case Do.BARE_LF:
                whole = _ending(whole, b"\n")
            case Do.BARE_CR:
                whole = _ending(whole, b"\r")
            case Do.ECHO_COMMAND:
                return self._line.answer(command)
            case _:
                pass  # the others bend the modem's work, not its answer
        return self._line.answer(whole)

    def _interleaved(self, framed: Framed) -> bytes:
        notices = b"".join(self._framer.notice(text) for text in NOTICES)
        if not self._framer.interleaves:
            return self._line.answer(framed.head + framed.final + notices)
        self._line.send(framed.head + notices)
        return self._line.answer(framed.final)


def _ending(answer: bytes, end: bytes) -> bytes:
    return _QUOTED_OR_END.sub(lambda found: found[0] if found[0].startswith(b'"') else end, answer)


def _garbage(rng: random.Random, size: int) -> bytes:
    # No quotes and no line ends: what a framing error leaves are odd bytes, and they stand in front of the answer.
    return bytes(
        rng.choice((0x00, 0x80, 0xC0, 0xE0, 0xF8, 0xFE, 0xFF, rng.randrange(0x80, 0x100))) for _ in range(size)
    )


def _pieces(rng: random.Random, whole: bytes) -> Iterator[bytes]:
    cuts = sorted(rng.sample(range(1, len(whole)), min(_PIECES, len(whole) - 1))) if len(whole) > 1 else []
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        yield whole[start:end]


def _flood(notice: Callable[[str], bytes], size: int) -> bytes:
    once = b"".join(notice(text) for text in NOTICES)
    return once * (size // max(1, len(once)) + 1) if once else b""
