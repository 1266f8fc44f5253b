"""A Zephyr shell with sdk-nrf's ``at`` command: echo, prompt, colours, quoting, and literal \\n for line ends."""

import re
from typing import ClassVar, Final

from station.simulator.board import Board
from station.simulator.delivery import Delivery, Framed, Framer, Line
from station.simulator.modem import Modem

PROMPT: Final = b"\x1b[1;32muart:~$ \x1b[m"
_PROMPT_WIDTH: Final = 8
_ERASE_LINE: Final = b"\x1b[8D\x1b[J"
_WIDTH: Final = 80
_SPECIAL = re.compile(rb"[\x00-\x1f\x7f]")
_ESCAPE_SEQUENCE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")
_E2BIG: Final = -7
_USAGE = "at - Execute an AT command"


def _newlines(text: str) -> bytes:
    # The shell puts a CR before every LF it prints, also before those that have one (SHELL_FLAG_OLF_CRLF).
    return text.replace("\n", "\r\n").encode("latin-1")


class AtShell:
    """at_shell on a UART shell, built with CONFIG_AT_SHELL_UNESCAPE_LF and without CONFIG_SHELL_WILDCARD.

    Lines longer than the shell's buffer lose their end without a word; answers longer than 2700 bytes are an error.
    While a command runs 64 bytes of input wait in the ring buffer, more are lost.
    """

    LONGEST_LINE: ClassVar[int] = 4096
    LONGEST_ANSWER: Final = 2700
    RING: Final = 64

    def __init__(self, board: Board, modem: Modem, line: Line, *, boot: bytes) -> None:
        self._board = board
        self._line = line
        self._boot = boot
        self._delivery = Delivery(board, modem, line, Framer(self._frame, self.notice))
        self._typed = bytearray()
        self._after_cr = False

    def banner(self) -> bytes:
        return self._boot + b"\r\n\r\n" + PROMPT

    def notice(self, text: str) -> bytes:
        # Results are off until `at events_enable`, which this image does not know; log lines redraw the prompt.
        if not text.startswith("["):
            return b""
        return _ERASE_LINE + text.encode("latin-1") + b"\r\n" + PROMPT + self._echo(0)

    def receive(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            found = _SPECIAL.search(data, at)
            self._type(data[at : found.start() if found else len(data)])
            if not found:
                return
            at = found.end()
            byte = data[found.start()]
            if byte == 0x0A and self._after_cr:
                self._after_cr = False
                continue
            self._after_cr = byte == 0x0D
            if byte in (0x0A, 0x0D):
                data, at = self._enter(data[at:]), 0
            elif byte == 0x1B:
                sequence = _ESCAPE_SEQUENCE.match(data, found.start())
                at = sequence.end() if sequence else at
            else:
                self._control(byte)

    def _type(self, data: bytes) -> None:
        before = len(self._typed)
        self._typed += data[: self.LONGEST_LINE - 1 - before]
        self._board.counters.bytes_lost += before + len(data) - len(self._typed)
        if len(self._typed) > before:
            self._line.send(self._echo(before))

    def _echo(self, start: int) -> bytes:
        # A full terminal line is followed by a line break, which thus stands in the middle of a long command.
        echoed = bytearray()
        at = start
        while at < len(self._typed):
            end = min(len(self._typed), at + _WIDTH - (at + _PROMPT_WIDTH) % _WIDTH)
            echoed += self._typed[at:end]
            if (end + _PROMPT_WIDTH) % _WIDTH == 0:
                echoed += b"\r\n"
            at = end
        return bytes(echoed)

    def _control(self, byte: int) -> None:
        if byte in (0x08, 0x7F) and self._typed:
            del self._typed[-1:]
            self._line.send(b"\x1b[1D\x1b[J")
        elif byte == 0x03:
            self._typed.clear()
            self._line.send(b"\r\n" + PROMPT)
        elif byte == 0x15 and self._typed:
            self._line.send(f"\x1b[{len(self._typed)}D\x1b[J".encode("ascii"))
            self._typed.clear()

    def _enter(self, rest: bytes) -> bytes:
        full = self._typed and (len(self._typed) + _PROMPT_WIDTH) % _WIDTH == 0
        self._line.send(b"" if full else b"\r\n")
        typed = bytes(self._typed)
        self._typed.clear()
        arrived = rest + self._execute(typed, split_line(typed))
        self._board.counters.bytes_lost += max(0, len(arrived) - self.RING)
        return arrived[: self.RING]

    def _execute(self, typed: bytes, words: list[bytes]) -> bytes:
        """Run the line ``typed``, of ``words``, answer it with a prompt behind, and return what came meanwhile."""
        del typed
        if words and words[0] == b"at" and len(words) > 1:
            return self._delivery.run(words[1].replace(rb"\n", b"\r\n"))
        return self._line.answer(self._unknown(words) + PROMPT)

    def _unknown(self, words: list[bytes]) -> bytes:
        return _other(words)

    def _frame(self, command: str, information: str, final: str) -> Framed:
        del command
        if len(information) + len(final) > self.LONGEST_ANSWER:
            return Framed(b"", f"Sending AT command failed with error code {_E2BIG}\r\n".encode() + PROMPT)
        return Framed(_newlines(information), _newlines(f"{final}\n") + PROMPT)


def _other(words: list[bytes]) -> bytes:
    if not words:
        return b""
    if words[0] == b"at":
        return _newlines(f"{_USAGE}\n")
    return b"\x1b[1;31m" + words[0] + b": command not found\r\n\x1b[m"


def split_line(line: bytes) -> list[bytes]:
    """Return the words of a shell line as Zephyr's make_argv splits them.

    Quotes group and are dropped; within them only the same quote can be escaped, so that a literal \\n stays.
    Outside, a backslash takes the next character as it is.
    """
    words: list[bytes] = []
    word: bytearray | None = None
    quote = 0
    at = 0
    while at < len(line):
        byte, following = line[at], line[at + 1 : at + 2]
        at += 1
        if not quote and byte == 0x20:
            if word is not None:
                words.append(bytes(word))
            word = None
            continue
        word = bytearray() if word is None else word
        if not quote and byte in b"'\"":
            quote = byte
        elif byte == quote:
            quote = 0
        elif byte == 0x5C and following and (not quote or following[0] == quote):
            word += following
            at += 1
        else:
            word.append(byte)
    if word is not None:
        words.append(bytes(word))
    return words
