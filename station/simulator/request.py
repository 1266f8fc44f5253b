"""AT commands taken apart, and the modem's answers put together (3GPP TS 27.007 section 4)."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from station.simulator.faults import CommandFault, Do
from station.simulator.store import Refused

_COMMAND = re.compile(r"AT(?:([+%#][A-Z0-9]+)(=\?|\?|=)?)?", re.IGNORECASE)
_PARAMETER = re.compile(r'\s*(?:"([^"]*)"|([^,"]*?))\s*(,|\Z)')

INCORRECT_PARAMETERS: Final = 50
NOT_IN_ACTIVE_STATE: Final = 518


class Form(Enum):
    """How a command was put."""

    RUN = ""
    SET = "="
    READ = "?"
    TEST = "=?"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value behind ``=``; empty and unquoted where it was left out."""

    text: str
    quoted: bool

    @property
    def given(self) -> bool:
        """Whether it was there at all."""
        return self.quoted or bool(self.text)

    def number(self) -> int:
        """Return it as an unsigned number or refuse the command."""
        if self.quoted or not self.text.isascii() or not self.text.isdigit():
            raise Refused(None)
        return int(self.text)

    def string(self) -> str:
        """Return it as text or refuse the command: strings come in quotes."""
        if not self.quoted:
            raise Refused(None)
        return self.text


_ABSENT = Parameter("", quoted=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A command, taken apart. ``fault`` bends the work of some."""

    name: str
    form: Form
    parameters: tuple[Parameter, ...] = ()
    fault: CommandFault | None = None

    def __getitem__(self, place: int) -> Parameter:
        return self.parameters[place] if place < len(self.parameters) else _ABSENT

    def bent(self, do: Do) -> bool:
        """Return whether the fault ``do`` strikes at this command."""
        return self.fault is not None and self.fault.do is do


@dataclass(frozen=True, slots=True)
class Reply:
    """What the modem gives to whatever passes its answers on: ``text`` whole, and the time the work took."""

    information: str
    """Lines before the final code, each with CR LF."""
    final: str
    """The final code with CR LF."""
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The modem's own answer: no CR LF in front, one behind each line."""
        return self.information + self.final


OK: Final = "OK\r\n"


def parse(command: str, fault: CommandFault | None) -> Request | None:
    """Return ``command`` taken apart, None for a bare AT; refuses what is none with a plain ERROR.

    White space in front is passed over: it is a line end's rest, and genuine modems take it (at-commands section 4).
    """
    text = command.lstrip()
    match = _COMMAND.match(text)
    if not match:
        raise Refused(None)
    name, form = match[1], Form(match[2] or "")
    rest = text[match.end() :]
    if name is None:
        if rest.strip():
            raise Refused(None)
        return None
    if form is not Form.SET:
        if rest.strip():
            raise Refused(None)
        return Request(name.upper(), form, fault=fault)
    return Request(name.upper(), form, _parameters(rest), fault)


def _parameters(text: str) -> tuple[Parameter, ...]:
    found, at = [], 0
    while True:
        match = _PARAMETER.match(text, at)
        if not match:
            raise Refused(None)
        quoted = match[1] is not None
        found.append(Parameter(match[1] if quoted else match[2], quoted))
        at = match.end()
        if not match[3]:
            return tuple(found)
