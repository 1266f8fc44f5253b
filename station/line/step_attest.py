"""The way without a key of the product's: the modem attests itself, and the cloud is handed that."""

import secrets
from typing import Final

from station.credentials.checks import CheckedAttestation, check_attestation
from station.devices.faults import REFUSED, REFUSED_MUTELY
from station.devices.modem import Modem
from station.domain.faults import Fault
from station.domain.ids import DeviceUuid
from station.domain.modem import FirmwareFamily
from station.line.step_identity import learn_uuid
from station.line.way_faults import NOT_ATTESTABLE
from station.line.work import Work

_NRF9160_TYPES: Final = frozenset({1, 2, 3})
"""SIAA, SIBA and SICA, as tokens name them (at-commands reference section 1)."""
_TAKES_NONE: Final = frozenset({REFUSED.code, REFUSED_MUTELY.code})


def attest(work: Work) -> dict[str, object]:
    """Return this board's attestation token with what was shown of it. Looks only; safe to repeat; no two are alike.

    It answers a challenge of this station's where the modem takes one. Raises LINE-119 for an nRF9160, whose identity
    nRF Cloud does not take, and CRED-121 to 123.
    """
    modem, identity = work.modem(), work.identity
    if identity is not None and identity.firmware.family is FirmwareFamily.NRF9160:
        raise NOT_ATTESTABLE.fault(identity.firmware.text, model=identity.model)
    checked = _ask(modem, identity.uuid if identity is not None else None)
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


def _ask(modem: Modem, uuid: DeviceUuid | None) -> CheckedAttestation:
    challenge = secrets.token_bytes(16)
    try:
        text = modem.attestation_token(challenge)
    except Fault as fault:
        if fault.code not in _TAKES_NONE:
            raise
        return check_attestation(modem.attestation_token(), uuid=uuid, challenge=None)
    return check_attestation(text, uuid=uuid, challenge=challenge)
