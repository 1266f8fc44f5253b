"""AT commands as a module takes them that has no application before its modem (ITU-T V.250: the nRF93M1's AT port)."""

from dataclasses import dataclass

from station.devices.framing import Newline, check_command

LONGEST = 1024
"""Bytes of a command; the module's own limit is not published, and its longest command here has some 60."""


@dataclass(frozen=True, slots=True)
class V250:
    """The command and a CR. The module echoes it, and frames its answers with CR LF on both sides."""

    name = "v250"
    stored_newline: Newline = "\n"
    shell = False

    @property
    def rescue(self) -> tuple[bytes, ...]:
        """End whatever was typed so far: the module answers it, with ERROR if it is no command."""
        return (b"\r", b'"\r')

    def encode(self, command: str) -> bytes:
        """Return the bytes for ``command``; raises AT-152 to AT-154."""
        check_command(command, self.name, LONGEST, forbidden="\n")
        return f"{command}\r".encode("ascii")

    def restore(self, content: str) -> str:
        """Return ``content`` unchanged."""
        return content
