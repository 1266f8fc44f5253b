"""The answer to %ATTESTTOKEN (AT command manual, %ATTESTTOKEN; at-commands reference section 3)."""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.cose import Binding, CoseSign1, bytes_of, find_binding, read_message
from station.credentials.faults import ATTESTATION_STALE, ATTESTATION_UNREADABLE, IDENTITY_REFUSED
from station.credentials.tokens import read_halves, uuid_of
from station.domain.ids import DeviceUuid

_LIMIT = 512
"""Genuine tokens have 180 characters."""

_DEVICE_IDENTITY: Final = 1
"""The message ID of a device identity."""


@dataclass(frozen=True, slots=True)
class AttestationToken:
    """What a modem says of itself. The COSE signature is not verified: :func:`verify_attestation` does."""

    text: str
    body: bytes
    uuid: DeviceUuid
    device_type: int
    """1 to 3 nRF9160 SIAA, SIBA, SICA; 4 nRF9161, 5 nRF9131, 6 nRF9151; others may follow."""
    firmware_uuid: DeviceUuid
    """Of the modem firmware's build, as %XMODEMUUID names it."""
    nonce: bytes
    cose: CoseSign1


def read_attestation(text: str, *, challenge: bytes | None = None) -> AttestationToken:
    """Return the token between %ATTESTTOKEN's quotes where every part is as genuine modems write it.

    With ``challenge`` (16 bytes, given to the modem with the command) the token's nonce must be it.
    Raises CRED-121 (with the reason) or CRED-122; pure.
    """
    try:
        body, cose = read_halves(text, _LIMIT)
        if cose.payload is not None:
            raise ValueError("its COSE payload is not detached")
        parts = read_message(body)
        if len(parts) != 5:
            raise ValueError("its message has not five parts")
        message, uuid, device_type, firmware_uuid, nonce = parts
        if type(message) is not int or message != _DEVICE_IDENTITY:
            raise ValueError("its message is no device identity")
        if type(device_type) is not int or not 0 <= device_type <= 0xFFFF:
            raise ValueError("its device type is no number")
        token = AttestationToken(
            text,
            body,
            uuid_of(bytes_of(uuid, 16, "device UUID")),
            device_type,
            uuid_of(bytes_of(firmware_uuid, 16, "firmware UUID")),
            bytes_of(nonce, 16, "nonce"),
            cose,
        )
    except ValueError as error:
        # Never quoted: a genuine token with a character too many still claims the device for whoever reads it.
        raise ATTESTATION_UNREADABLE.fault(f"{len(text)} characters", reason=error) from error
    if challenge is not None and token.nonce != challenge:
        raise ATTESTATION_STALE.fault(f"nonce {token.nonce.hex()}, challenge {challenge.hex()}")
    return token


def verify_attestation(token: AttestationToken, identity_key: ec.EllipticCurvePublicKey) -> Binding:
    """Return how the token is signed by the device's identity key; raises CRED-106 where it is not. Pure."""
    binding = find_binding(token.cose, identity_key, token.body)
    if binding is None:
        raise IDENTITY_REFUSED.fault(f"UUID {token.uuid}")
    return binding
