"""What is handed to the cloud of each device, held against it beforehand: the cloud verifies little of it."""

import re
from collections.abc import Sequence
from typing import assert_never

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from station.cloud.faults import BODY_BAD, ROW_BAD
from station.cloud.protocol import (
    AttestationToken,
    Certificate,
    OnboardingToken,
    OnboardRow,
    PublicKey,
)
from station.credentials.attestation import read_attestation
from station.credentials.jws import is_compact
from station.credentials.keys import is_p256, spki_of
from station.domain.faults import Fault
from station.domain.ids import parse_device_id

# Of the three line ends the cloud takes we send one, so that a body has one form and one hash. The line feed after
# END is the one that curl -d strips and without which the cloud refuses the row.
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n([^-\r]+)\n-----END CERTIFICATE-----\n")
_PUBLIC_KEY = re.compile(r"-----BEGIN PUBLIC KEY-----\n([^-\r]+)\n-----END PUBLIC KEY-----\n")


def require_alone(rows: Sequence[OnboardRow]) -> None:
    """Return where all rows are of one kind, and none has another's device ID or credential; else raise CLD-112.

    Raises CLD-111 for a credential that can't be read. Pure.
    """
    kinds = sorted({row.kind for row in rows})
    if len(kinds) > 1:
        raise BODY_BAD.fault(why=f"its rows are of several kinds: {', '.join(kinds)}")
    seen: set[str | bytes] = set()
    for row in rows:
        for name, what in ((row.device_id, "the device"), (require_handed(row), "the key of")):
            if name in seen:
                raise BODY_BAD.fault(why=f"{what} {row.device_id} is in it twice")
            seen.add(name)


def require_handed(row: OnboardRow) -> bytes:
    """Return what tells the row's credential from every other's: a public key (SPKI DER), a UUID, or a token's bytes.

    Raises CLD-111 where the device ID is not one that both APIs take, or the credential is not that device's. Pure.
    """
    try:
        parse_device_id(row.device_id)
    except ValueError as error:
        raise ROW_BAD.fault(str(error), device_id=repr(row.device_id), why="its device ID") from error
    match row.credential:
        case Certificate(pem):
            return _require_own_certificate(row, pem)
        case PublicKey(pem):
            return _require_key(row, pem)
        case AttestationToken(text):
            try:
                return read_attestation(text).uuid.encode()
            except Fault as fault:
                why = f"its attestation token can't be read ({fault.code})"
                # Without the cause: that quotes the token, and whoever has it may claim the device.
                raise ROW_BAD.fault(device_id=row.device_id, why=why) from None
        case OnboardingToken(text):
            if not is_compact(text):
                raise ROW_BAD.fault(device_id=row.device_id, why="its onboarding token is no JWT")
            return text.encode()
        case _:
            assert_never(row.credential)


def _require_own_certificate(row: OnboardRow, pem: str) -> bytes:
    if not _CERTIFICATE.fullmatch(pem):
        raise ROW_BAD.fault(
            device_id=row.device_id, why="it needs exactly one PEM certificate that ends with one line feed after END"
        )
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        names = [name.value for name in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
        key = certificate.public_key()
    except ValueError as error:
        raise ROW_BAD.fault(str(error), device_id=row.device_id, why="its certificate can't be read") from error
    if not is_p256(key):
        raise ROW_BAD.fault(device_id=row.device_id, why="the key of its certificate is not P-256 (ES256)")
    if names != [row.device_id]:
        raise ROW_BAD.fault(f"common names {names}", device_id=row.device_id, why="its certificate is another device's")
    return spki_of(key)


def _require_key(row: OnboardRow, pem: str) -> bytes:
    if not _PUBLIC_KEY.fullmatch(pem):
        raise ROW_BAD.fault(
            device_id=row.device_id, why="it needs exactly one PEM public key that ends with one line feed after END"
        )
    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except ValueError as error:
        raise ROW_BAD.fault(str(error), device_id=row.device_id, why="its public key can't be read") from error
    if not is_p256(key):
        raise ROW_BAD.fault(device_id=row.device_id, why="its public key is not P-256 (ES256)")
    return spki_of(key)
