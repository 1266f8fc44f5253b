"""The way without a key of the product's: the modem attests itself, and the cloud is handed that."""

import secrets
from typing import Final

from station.credentials.checks import CheckedAttestation, check_attestation
from station.devices.faults import REFUSED, REFUSED_MUTELY
from station.devices.firmware import takes_challenge
from station.domain.faults import Fault
from station.domain.modem import FirmwareFamily
from station.line.step_identity import learn_uuid
from station.line.way_faults import CHALLENGE_REFUSED, NOT_ATTESTABLE
from station.line.work import Work

_NRF9160_TYPES: Final = frozenset({1, 2, 3})
"""SIAA, SIBA and SICA, as tokens name them (at-commands reference section 1)."""
_TAKES_NONE: Final = frozenset({REFUSED.code, REFUSED_MUTELY.code})


def attest(work: Work) -> dict[str, object]:
    """Return this board's attestation token with what was shown of it. Looks only; safe to repeat; no two are alike.

    It answers a challenge of this station's; only where a modem refuses that, and its firmware is not known to take
    one, what was shown of it says that it may be old. Raises LINE-119 for an nRF9160, whose identity nRF Cloud does
    not take, LINE-135 for a modem that could answer the challenge and does not, and CRED-121 to 123.
    """
    identity = work.identity
    if identity is not None and identity.firmware.family is FirmwareFamily.NRF9160:
        raise NOT_ATTESTABLE.fault(identity.firmware.text, model=identity.model)
    checked = _ask(work)
    token = checked.token
    if token.device_type in _NRF9160_TYPES:
        raise NOT_ATTESTABLE.fault(f"device type {token.device_type}", model="nRF9160")
    learn_uuid(work, token.uuid)
    return {
        "attestation": token.text,
        "uuid": token.uuid,
        "device_type": token.device_type,
        "firmware_uuid": token.firmware_uuid,
        "proven": checked.proven,
    }


def _ask(work: Work) -> CheckedAttestation:
    modem, identity, challenge = work.modem(), work.identity, secrets.token_bytes(16)
    uuid = identity.uuid if identity is not None else None
    try:
        text = modem.attestation_token(challenge)
    except Fault as fault:
        if fault.code not in _TAKES_NONE:
            raise
        if identity is None or takes_challenge(identity.firmware):
            firmware = identity.firmware.text if identity is not None else "unknown"
            raise CHALLENGE_REFUSED.fault(fault.detail, firmware=firmware) from fault
        return check_attestation(modem.attestation_token(), uuid=uuid, challenge=None)
    return check_attestation(text, uuid=uuid, challenge=challenge)
