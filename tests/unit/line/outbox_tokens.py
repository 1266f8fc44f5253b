"""What an outbox hands over besides certificates, made up for its devices."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.cloud.protocol import Credential, OnboardRow
from station.domain.ids import DeviceId, UnitId
from station.simulator.keys import KeyPair
from station.simulator.tokens import attestation_text
from tests.unit.line.outbox_rig import Rig, RowsOf

FAR: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""When tokens run out of which nothing else is said."""


def handing(rig: Rig, hand: Callable[[DeviceId], Credential]) -> RowsOf:
    """Rows that hand over what ``hand`` makes for a device, the same whenever they are made."""
    made: dict[DeviceId, Credential] = {}

    def rows_of(units: Sequence[UnitId]) -> list[OnboardRow]:
        devices = [rig.device(unit) for unit in units]
        return [OnboardRow(device, made.setdefault(device, hand(device)), "board", ("tag",)) for device in devices]

    return rows_of


def attest(device: DeviceId) -> str:
    """An nRF9151's attestation token."""
    uuid = device.encode().ljust(16, b"-")[:16]
    identity = KeyPair.derive(device)
    return attestation_text(uuid=uuid, device_type=6, firmware_uuid=bytes(16), nonce=bytes(16), identity=identity)


def enrol(device: DeviceId, account: str, **claims: object) -> str:
    """An nRF93M1's onboarding token."""
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode({"sub": device, "id": account, **claims}, key, algorithm="ES256")


def new_key_pem() -> str:
    """A new public key."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
