"""An nRF93M1's AT port as it comes: ITU-T V.250, echo on, answers framed with CR LF on both sides."""

from typing import Final

from station.simulator.board import Board
from station.simulator.delivery import Delivery, Framed, Framer, Line
from station.simulator.modem import Modem


class V250Port:
    """The module's own command line (V.250 sections 5 and 6): CR ends a command, backspace edits, ATE0 ends the echo.

    What comes while a command runs is kept, as far as the UART's buffer goes.
    """

    LONGEST_COMMAND: Final = 2048
    RING: Final = 256

    def __init__(self, board: Board, modem: Modem, line: Line) -> None:
        self._board = board
        self._line = line
        self._delivery = Delivery(board, modem, line, Framer(self._frame, self.notice, interleaves=False))
        self._command = bytearray()
        self._echo = True

    def banner(self) -> bytes:
        return b"\r\n"  # what a genuine one says when it starts is not published

    def notice(self, text: str) -> bytes:
        return b"" if text.startswith("[") else b"\r\n" + text.encode("latin-1") + b"\r\n"

    def receive(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            byte = data[at]
            at += 1
            if self._echo:
                self._line.send(bytes((byte,)))
            if byte == 0x0D:
                command = bytes(self._command).strip()
                self._command.clear()
                arrived = data[at:] + self._submit(command)
                self._board.counters.bytes_lost += max(0, len(arrived) - self.RING)
                data, at = arrived[: self.RING], 0
            elif byte in (0x08, 0x7F):
                del self._command[-1:]
            elif byte != 0x0A and len(self._command) < self.LONGEST_COMMAND:
                self._command.append(byte)

    def _submit(self, command: bytes) -> bytes:
        if not command:
            return b""
        if command.upper() in (b"ATE0", b"ATE1"):
            self._echo = command[-1:] == b"1"
            return self._line.answer(b"\r\nOK\r\n")
        return self._delivery.run(command)

    def _frame(self, command: str, information: str, final: str) -> Framed:
        del command
        head = f"\r\n{information}" if information else ""
        return Framed(head.encode("latin-1"), f"\r\n{final}".encode("latin-1"))
