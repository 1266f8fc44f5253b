"""Zephyr applications with credentials shells: the commands of an application, beside ``at`` or without it."""

from typing import ClassVar

from station.simulator.board import Board
from station.simulator.cred_commands import CredCommands
from station.simulator.delivery import Delivery, Framed, Framer, Line
from station.simulator.modem import Modem
from station.simulator.shell_firmware import PROMPT, AtShell
from station.simulator.timings import Timings


class CredShell(AtShell):
    """A Zephyr shell with ``cred``, ``hwinfo devid`` and ``kernel version``; with a modem also ``at`` and
    ``nrf_cloud_cred``.

    Its line takes what Zephyr's default leaves room for: 255 bytes, and drops the rest without a word.
    """

    LONGEST_LINE: ClassVar[int] = 256

    def __init__(
        self, board: Board, modem: Modem, line: Line, timings: Timings, *, boot: bytes, reaches_modem: bool
    ) -> None:
        super().__init__(board, modem, line, boot=boot)
        self._reaches_modem = reaches_modem
        self._commands = CredCommands(board, timings, makes_keys=reaches_modem)
        self._own = Delivery(board, self._commands, line, Framer(self._frame_own, self.notice))

    def _execute(self, typed: bytes, words: list[bytes]) -> bytes:
        word = words[0].decode("latin-1") if words else ""
        if self._commands.knows(word):
            return self._own.run(typed)
        if word == "at" and not self._reaches_modem:
            return self._line.answer(b"\x1b[1;31mat: command not found\r\n\x1b[m" + PROMPT)
        return super()._execute(typed, words)

    def _unknown(self, words: list[bytes]) -> bytes:
        if words == [b"hwinfo", b"devid"]:
            return f"Length: 8\r\nID: 0x{self._board.uuid_bytes[-8:].hex()}\r\n".encode("ascii")
        if words == [b"kernel", b"version"]:
            return b"Zephyr version 3.7.99\r\n"
        return super()._unknown(words)

    def _frame_own(self, command: str, information: str, final: str) -> Framed:
        del command
        head, _, last = information.removesuffix("\n").rpartition("\n")
        first = f"{head}\n" if head else ""
        logged = b"".join(self.notice(f"[00:00:12.345,678] <inf> {text}") for text in self._commands.logged)
        self._commands.logged.clear()
        said = f"{last}\n{final}" if information.endswith("\n") else f"{last}{final}"
        return Framed(_wire(first), _wire(said) + PROMPT + logged)


def _wire(text: str) -> bytes:
    # The shell puts a CR before every LF it prints.
    return text.replace("\n", "\r\n").encode("latin-1")
