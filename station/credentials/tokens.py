"""What %KEYGEN and %ATTESTTOKEN answers have in common: ``<base64url body>.<base64url COSE_Sign1>``."""

from uuid import UUID

from station.credentials import base64url
from station.credentials.cose import CoseSign1, SigningKey, read_sign1
from station.domain.ids import DeviceUuid, parse_device_uuid


def read_halves(text: str, limit: int) -> tuple[bytes, CoseSign1]:
    """Return the body as sent and the COSE_Sign1 that names the device's identity key. Raises ``ValueError``."""
    if len(text) > limit:
        raise ValueError(f"it is longer than {limit} characters")
    first, dot, second = text.partition(".")
    if not dot or not first or not second:
        raise ValueError("it has not two halves with a dot between")
    body = base64url.decode(first)
    cose = read_sign1(base64url.decode(second))
    if cose.kid is not SigningKey.IDENTITY:
        raise ValueError("it is signed by another key than the device's identity key")
    return body, cose


def uuid_of(data: bytes) -> DeviceUuid:
    """Return sixteen bytes as a UUID."""
    return parse_device_uuid(str(UUID(bytes=data)))
