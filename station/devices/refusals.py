"""What a modem's refusal means for whoever stands before it (at-commands reference sections 1 to 3)."""

from types import MappingProxyType
from typing import Final

from station.devices.faults import (
    ALREADY_THERE,
    ANSWER_LOST,
    CONTENT_REFUSED,
    FRAMING_WRONG,
    KEYGEN_FAILED,
    LOW_SUPPLY,
    MODEM_ACTIVE,
    NO_ACCESS,
    NOT_FOUND,
    REFUSED,
    REFUSED_MUTELY,
    STORE_FULL,
)
from station.devices.replies import Verdict, VerdictKind
from station.domain.faults import Fault

ABSENT: Final = 513
ACTIVE: Final = 518
PRESENT: Final = 519
LOW_POWER: Final = 528

_SPECS: Final = MappingProxyType(
    {
        ABSENT: NOT_FOUND,
        514: NO_ACCESS,
        515: STORE_FULL,
        ACTIVE: MODEM_ACTIVE,
        PRESENT: ALREADY_THERE,
        523: KEYGEN_FAILED,
        527: CONTENT_REFUSED,
        LOW_POWER: LOW_SUPPLY,
    }
)


def refusal_of(verdict: Verdict, *, command: str, action: str, framing: str, detail: str = "") -> Fault:
    """Return the fault for a verdict that is not OK. ``action``: what was asked for, after "to". Pure."""
    seen = "; ".join(part for part in (f"{command} -> {verdict.text}", detail) if part)
    match verdict.kind:
        case VerdictKind.LOST:
            return ANSWER_LOST.fault(seen, command=command)
        case VerdictKind.NOT_PASSED_ON:
            return FRAMING_WRONG.fault(seen, framing=framing)
    if verdict.number is None:
        return REFUSED_MUTELY.fault(seen, action=action)
    spec = _SPECS.get(verdict.number, REFUSED) if verdict.kind is VerdictKind.CME else REFUSED
    return spec.fault(seen, action=action, number=verdict.number)
