"""How a command is wrapped for the board's firmware, and what that firmware does to the answer."""

import re
from typing import Literal, Protocol

from station.devices.faults import COMMAND_MALFORMED, COMMAND_TOO_LONG, TEXT_UNSENDABLE

Newline = Literal["\n", "\r\n"]

LONGEST_COMMAND = 4095
"""Bytes of a command in at_host's buffer of 4096 (sdk-nrf lib/at_host: one is left for the NUL); more wedges it."""


class Framing(Protocol):
    """What the channel must know of the firmware between it and the modem. Pure."""

    @property
    def name(self) -> str:
        """As a recipe names it."""

    @property
    def stored_newline(self) -> Newline:
        """What the modem stores for an LF in a credential."""

    @property
    def shell(self) -> bool:
        """Whether a Zephyr shell reads the commands: prompts, echo, its own refusals."""

    @property
    def rescue(self) -> tuple[bytes, ...]:
        """What frees an input line that is stuck, one after the other until a final result comes."""

    def encode(self, command: str) -> bytes:
        """Return the bytes for ``command``; raises AT-152 to AT-154 for what can't be sent whole and unchanged."""

    def restore(self, content: str) -> str:
        """Return quoted multi-line content as the modem holds it."""


def check_command(command: str, framing: str, longest: int, *, forbidden: str = "") -> None:
    """Raise unless ``command`` is ASCII with LF inside closed quotes only, and short enough. Pure.

    An open quote or too many bytes would wedge at_host (at-commands reference section 4).
    """
    quoted = False
    for character in command:
        if character == '"':
            quoted = not quoted
        elif character == "\n" and quoted:
            continue
        elif character in forbidden or not " " <= character <= "~":
            # Only the character: the text around it may be a key.
            raise TEXT_UNSENDABLE.fault(what=f"the character {character!r}", framing=framing)
    if quoted or not command:
        raise COMMAND_MALFORMED.fault(f"{label_of(command)}: {'odd quotes' if quoted else 'empty'}")
    if len(command) > longest:
        raise COMMAND_TOO_LONG.fault(label_of(command), length=len(command), longest=longest)


def label_of(command: str) -> str:
    """Return a command without anything quoted: fit for faults and people. Pure."""
    return re.split(r'[,=]?"', command, maxsplit=1)[0]
