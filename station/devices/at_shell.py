"""AT commands as the shell command ``at`` takes them (sdk-nrf lib/at_shell, zephyr subsys/shell)."""

import re
from dataclasses import dataclass

from station.devices.faults import COMMAND_TOO_LONG
from station.devices.framing import LONGEST_COMMAND, Newline, check_command, label_of

_LINE_ENDS = re.compile(r"\r*\n")


@dataclass(frozen=True, slots=True)
class AtShell:
    r"""at_shell's framing: ``at '…'`` with each LF of a credential as a literal ``\n``.

    The firmware (CONFIG_AT_SHELL_UNESCAPE_LF) makes CR LF of it, and so the modem stores CR LF. The single quotes
    also make a line that lost its end harmless: the shell refuses an open quote. A command must not end with ``?``
    where the shell has wildcards, and must fit the shell's own line limit (CONFIG_SHELL_CMD_BUFF_SIZE), which nobody
    can see from outside: a longer line is refused by the shell, for its quote is cut off.
    """

    name = "at_shell"
    stored_newline: Newline = "\r\n"
    shell = True

    @property
    def rescue(self) -> tuple[bytes, ...]:
        """Leave a raw AT mode (Ctrl-X Ctrl-Q), drop the line typed so far (Ctrl-C), and ask for a new prompt."""
        return (b"\x18\x11\x03\r",)

    def encode(self, command: str) -> bytes:
        """Return the bytes for ``command``; raises AT-152 to AT-154. An apostrophe or a backslash can't be carried."""
        check_command(command, self.name, LONGEST_COMMAND, forbidden="'\\")
        length = len(command) + command.count("\n")
        if length > LONGEST_COMMAND:
            raise COMMAND_TOO_LONG.fault(label_of(command), length=length, longest=LONGEST_COMMAND)
        return f"at '{command}'\r".replace("\n", "\\n").encode("ascii")

    def restore(self, content: str) -> str:
        """Return ``content`` with CR LF line ends: the shell writes a CR before each LF that it prints."""
        return _LINE_ENDS.sub("\r\n", content)
