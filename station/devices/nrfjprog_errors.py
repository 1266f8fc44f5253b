"""What pynrfjprog's error codes mean for the line.

Codes: ``NrfjprogdllErr`` of pynrfjprog 10.24.2, DllCommonDefinitions.h; which call gives which: docs/nrfjprogdll.h.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from station.devices.faults import (
    JLINK_MISSING,
    LOCK_REFUSED,
    MODEM_UPDATE_FAILED,
    PROBE_ABSENT,
    PROBE_FAILED,
    PROBE_KILLED,
    PROBE_TROUBLE,
    RECOVER_FAILED,
    TARGET_PROTECTED,
    TARGET_SILENT,
    TARGET_UNPOWERED,
    VERIFY_FAILED,
    WRONG_FAMILY,
)
from station.domain.faults import Fault

ONE_WAY: Final = frozenset({"lock", "protect_erase"})
"""Operations of which nobody may guess whether they were done."""

_VERBS: Final = {
    "look": "look at",
    "recover": "recover",
    "program": "program",
    "verify": "verify",
    "reset": "reset",
    "lock": "lock",
    "protect_erase": "lock out erasing of",
}
EXPECTED: Final = "nRF91 series"
"""All that this library is asked to touch."""

_REFUSALS: Final = frozenset({-3, -4, -5, -90})
"""INVALID_PARAMETER, INVALID_DEVICE_FOR_OPERATION, WRONG_FAMILY_FOR_DEVICE, NOT_AVAILABLE_BECAUSE_PROTECTION."""
_THIS_PC: Final = frozenset(
    {-1, -2, -7, *range(-105, -101), *range(-115, -109), *range(-153, -149), -162, *range(-176, -169), -200}
)
"""Memory, session, J-Link's library, serial ports, the library's own parts, and files: nothing a board could cause."""
_AROUND: Final = re.compile(
    r"An error was reported by NRFJPROG DLL: |^\s*extra: |\[[^\]]*\]\s*|Encountered error -?\d+: Command .*"
)
"""Frames, the names of its parts, and the line with which it repeats the code."""


@dataclass(frozen=True, slots=True)
class WorkerError:
    """What the worker told of a failure. ``code`` is None where it wasn't the library that said no."""

    code: int | None
    begun: bool
    """Whether a call that changes the board was made."""
    call: str
    text: str

    @classmethod
    def read(cls, told: object) -> Self:
        """Raise ``ValueError`` for anything but what the worker documents."""
        match told:
            case {"code": int() | None as code, "begun": bool(begun), "call": str(call), "text": str(text)}:
                return cls(code, begun, call, text)
            case _:
                raise ValueError("not the worker's words")

    @property
    def why(self) -> str:
        """The library's words in one line, each but once and without what it puts around them, for people."""
        lines = (_AROUND.sub("", line).strip(" .") for line in self.text.splitlines())
        return "; ".join(dict.fromkeys(filter(None, lines)))[:300] or f"error {self.code}"

    @property
    def detail(self) -> str:
        """All of it, for the engineer."""
        return f"{self.call or 'worker'}: {self.text}"


def judge_error(error: WorkerError, *, probe: str, operation: str, modem: bool) -> Fault:
    """Return the fault that ``error`` is; an unknown code is one with the library's words. Pure."""
    detail, why, action = error.detail, error.why, say_action(operation)
    if error.begun and operation in ONE_WAY and error.code not in _REFUSALS:
        # It can't be undone, and must not be repeated on a guess.
        return PROBE_KILLED.fault(detail, probe=probe, action=action, why=why)
    match error.code:
        case -100 | -101 | -103:
            return JLINK_MISSING.fault(detail)
        case -10 | -13:
            return PROBE_ABSENT.fault(detail, probe=probe)
        case -6 | -11:
            return TARGET_SILENT.fault(detail, why=why)
        case -12:
            return TARGET_UNPOWERED.fault(detail)
        case -5:
            return WRONG_FAMILY.fault(detail, found="of another series", expected=EXPECTED)
        case -90:
            return TARGET_PROTECTED.fault(detail)
        case -160:
            return VERIFY_FAILED.fault(detail)
        case -21:
            return RECOVER_FAILED.fault(detail, why=why)
        case -254:
            # INTERNAL_ERROR: among others, the process in which the library drives the probe died.
            return PROBE_KILLED.fault(detail, probe=probe, action=action, why=why)
        case -220 | -221 if modem and error.begun:
            return MODEM_UPDATE_FAILED.fault(detail, why=why)
        case -3 | -4 if operation in ONE_WAY:
            return LOCK_REFUSED.fault(detail, why=why)
        case code if code is None or code in _THIS_PC or operation == "find" or error.call == "open":
            return PROBE_TROUBLE.fault(detail, probe=probe, action=action, why=why)
        case _:
            return PROBE_FAILED.fault(detail, action=_VERBS[operation], why=why)


def say_action(operation: str) -> str:
    """Return what an operation does, as the sentences of faults take it."""
    return f"{_VERBS[operation]} the board" if operation in _VERBS else "look for the probe"
