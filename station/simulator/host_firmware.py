"""The applications between a line and a simulated modem: at_host, at_shell, Serial Modem (at-commands section 4)."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from station.simulator.board import Board
from station.simulator.cred_firmware import CredShell
from station.simulator.delivery import Delivery, Framed, Framer, Line, Reset
from station.simulator.image import Framing
from station.simulator.modem import Modem
from station.simulator.shell_firmware import AtShell
from station.simulator.timings import Timings
from station.simulator.v250_firmware import V250Port

_BANNER: Final = (
    b"*** Booting nRF Connect SDK v2.9.0-7787b2649840 ***\r\n*** Using Zephyr OS v3.7.99-1f8f3dc29142 ***\r\n"
)
_BACKSPACES: Final = (0x08, 0x7F)


class HostFirmware(Protocol):
    """An application: what it says when it starts, and what it does with bytes."""

    def banner(self) -> bytes:
        """Return what it prints after a reset."""

    def notice(self, text: str) -> bytes:
        """Return an unsolicited result or log line as it prints it."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the line; it runs complete commands before it returns."""


def start_firmware(
    framing: Framing, board: Board, modem: Modem, line: Line, timings: Timings | None = None
) -> HostFirmware:
    """Return the application of this framing, freshly started; ``timings`` None: its own work takes no time."""
    shell = partial(CredShell, board, modem, line, timings or Timings.none(), boot=_BANNER)
    match framing:
        case Framing.AT_HOST:
            return AtHost(board, modem, line)
        case Framing.AT_SHELL:
            return AtShell(board, modem, line, boot=_BANNER)
        case Framing.SERIAL_MODEM:
            return SerialModem(board, modem, line)
        case Framing.CRED_SHELL:
            return shell(reaches_modem=True)
        case Framing.TLS_SHELL:
            return shell(reaches_modem=False)
        case Framing.V250:
            return V250Port(board, modem, line)
        case Framing.NONE:
            return Mute()


class Mute:
    """An application that knows no AT commands."""

    def banner(self) -> bytes:
        return _BANNER + b"[00:00:00.251,037] <inf> app: started\r\n"

    def notice(self, text: str) -> bytes:
        return text.encode("latin-1") + b"\r\n"

    def receive(self, data: bytes) -> None:
        pass


def _plain_answer(command: str, information: str, final: str) -> Framed:
    if len(information) + len(final) >= AtHost.BUFFER:
        # The reply does not fit the buffer the command came in, and at_host writes that buffer as it is.
        return Framed(b"", command.encode("latin-1"))
    return Framed(information.encode("latin-1"), final.encode("latin-1"))


def _plain_notice(text: str) -> bytes:
    return text.encode("latin-1") + b"\r\n"


class AtHost:
    """sdk-nrf's at_host: no echo, CR ends a command outside quotes, deaf while one runs.

    Its traps are kept: an odd number of quotes leaves it waiting, what is over 4095 bytes is dropped (closing quote
    and CR included), and of what comes while it is busy one byte survives in the UART.
    """

    BUFFER: Final = 4096
    _OUTSIDE: Final = re.compile(rb'"|\r|\x00|[\x08\x7f]+')
    _INSIDE: Final = re.compile(rb'"|[\x08\x7f]+')

    def __init__(self, board: Board, modem: Modem, line: Line) -> None:
        self._board = board
        self._delivery = Delivery(board, modem, line, Framer(_plain_answer, _plain_notice))
        self._command = bytearray()
        self._quoted = False

    def banner(self) -> bytes:
        return _BANNER + b"The AT host sample started\r\n"

    def notice(self, text: str) -> bytes:
        return _plain_notice(text)

    def receive(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            found = (self._INSIDE if self._quoted else self._OUTSIDE).search(data, at)
            self._store(data[at : found.start() if found else len(data)])
            if not found:
                return
            at = found.end()
            if (byte := data[found.start()]) == 0x0D:
                data, at = self._submit(data[at:]), 0
            elif byte == 0x22:
                if self._store(b'"'):
                    self._quoted = not self._quoted
            elif byte in _BACKSPACES:
                # Taking back a quote does not toggle the flag: that is at_host's own mistake.
                del self._command[found.start() - found.end() :]

    def _store(self, data: bytes) -> bool:
        room = self.BUFFER - 1 - len(self._command)
        self._command += data[:room]
        self._board.counters.bytes_lost += max(0, len(data) - room)
        return len(data) <= room

    def _submit(self, rest: bytes) -> bytes:
        command = bytes(self._command)
        self._command.clear()
        self._quoted = False
        if not any(byte > 0x20 for byte in command):
            return rest
        arrived = rest + self._delivery.run(command)
        self._board.counters.bytes_lost += max(0, len(arrived) - 1)
        return arrived[:1]


class SerialModem:
    """Nordic's Serial Modem: CR LF before every part of an answer, flow control, commands of its own."""

    LONGEST_COMMAND: Final = 8192
    LONGEST_ANSWER: Final = 2048
    _OUTSIDE: Final = re.compile(rb'["\r\x08\x7f]')
    _INSIDE: Final = re.compile(rb'["\x08\x7f]')

    def __init__(self, board: Board, modem: Modem, line: Line) -> None:
        self._board = board
        self._line = line
        self._delivery = Delivery(board, modem, line, Framer(self._frame, self.notice, interleaves=False))
        self._command = bytearray()
        self._quoted = False
        self._echo = False
        self._own: dict[bytes, Callable[[], bytes]] = {
            b"ATE0": lambda: self._set_echo(on=False),
            b"ATE1": lambda: self._set_echo(on=True),
            b"AT#XSMVER": lambda: b'\r\n#XSMVER: "v1.0.0","v3.1.0"\r\n\r\nOK\r\n',
            b"AT#XUUID": f"\r\n#XUUID: {board.uuid}\r\n\r\nOK\r\n".encode,
            b"AT#XRESET": self._reset,
        }

    def banner(self) -> bytes:
        return b"Ready\r\n"

    def notice(self, text: str) -> bytes:
        # Log lines go to another port; results are URCs between commands.
        return b"" if text.startswith("[") else b"\r\n" + text.encode("latin-1") + b"\r\n"

    def receive(self, data: bytes) -> None:
        if self._echo:
            self._line.send(data)
        at = 0
        while at < len(data):
            at = self._skip_to_command(data, at)
            found = (self._INSIDE if self._quoted else self._OUTSIDE).search(data, at)
            self._command += data[at : found.start() if found else len(data)]
            at = found.end() if found else len(data)
            if len(self._command) > self.LONGEST_COMMAND:
                data += self._line.answer(b"\r\nERROR\r\n")
                self._forget()
            elif found:
                # With flow control nothing is lost: what came meanwhile is read afterwards.
                data += self._special(data[found.start()])

    def _special(self, byte: int) -> bytes:
        if byte == 0x0D:
            command = bytes(self._command)
            self._forget()
            return self._submit(command)
        if byte == 0x22:
            self._command.append(byte)
            self._quoted = not self._quoted
        elif self._command:
            self._quoted ^= self._command.pop() == 0x22
        return b""

    def _skip_to_command(self, data: bytes, at: int) -> int:
        # Nothing is kept until an A, and nothing after it unless a T follows.
        while at < len(data) and len(self._command) < 2:
            wanted = b"aA" if not self._command else b"tT"
            if data[at] in wanted:
                self._command.append(data[at])
            else:
                self._command.clear()
            at += 1
        return at

    def _forget(self) -> None:
        self._command.clear()
        self._quoted = False

    def _submit(self, command: bytes) -> bytes:
        own = self._own.get(command.strip().upper())
        if own is not None:
            return self._line.answer(own())
        return self._delivery.run(command)

    def _set_echo(self, *, on: bool) -> bytes:
        self._echo = on
        return b"\r\nOK\r\n"

    def _reset(self) -> bytes:
        self._line.send(b"\r\nOK\r\n")
        raise Reset

    def _frame(self, command: str, information: str, final: str) -> Framed:
        del command
        if len(information) + len(final) + 2 > self.LONGEST_ANSWER:
            return Framed(b"", b"\r\nERROR\r\n")
        head = f"\r\n{information}" if information else ""
        return Framed(head.encode("latin-1"), f"\r\n{final}".encode("latin-1"))
