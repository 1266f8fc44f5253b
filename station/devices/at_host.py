"""AT commands as at_host and Serial Modem take them: raw, one at a time (sdk-nrf lib/at_host, ncs-serial-modem)."""

from dataclasses import dataclass
from enum import StrEnum

from station.devices.framing import LONGEST_COMMAND, Newline, check_command

_ERASE = b"\x08" * (LONGEST_COMMAND + 1)


class LineEnd(StrEnum):
    """What the firmware takes as the end of a command (CONFIG_AT_HOST_TERMINATION)."""

    CR = "\r"
    LF = "\n"
    CRLF = "\r\n"


@dataclass(frozen=True, slots=True)
class AtHost:
    """at_host's framing: the command, and an end that counts outside quotes only. Line ends in quotes are data."""

    line_end: LineEnd = LineEnd.CR

    name = "at_host"
    stored_newline: Newline = "\n"
    shell = False

    @property
    def rescue(self) -> tuple[bytes, ...]:
        """Empty the input line, then end it whether or not at_host believes itself inside quotes.

        Backspaces work even in a full buffer, so half a write is never carried out; they don't undo an open quote.
        The quote closes it (the modem answers ERROR) or, where none was open, opens one for the second to close.
        """
        quote = b'"' + self.line_end.encode("ascii")
        return (_ERASE + quote, quote)

    def encode(self, command: str) -> bytes:
        """Return the bytes for ``command``; raises AT-152 to AT-154. With CR LF the CR takes a place in the buffer."""
        check_command(command, self.name, LONGEST_COMMAND - len(self.line_end) + 1)
        return (command + self.line_end).encode("ascii")

    def restore(self, content: str) -> str:
        """Return ``content`` unchanged: at_host passes every byte through."""
        return content
