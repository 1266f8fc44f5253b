"""The answer to %KEYGEN (AT command manual, %KEYGEN; at-commands reference section 1)."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum

from station.credentials.cose import CoseSign1, bytes_of, read_cbor, read_message
from station.credentials.faults import KEYGEN_DIGEST_DIFFERS, KEYGEN_UNREADABLE
from station.credentials.keys import read_p256_spki
from station.credentials.tokens import read_halves, uuid_of
from station.domain.ids import DeviceUuid, Sha256

_LIMIT = 4096
"""An AT answer never exceeds at_host's buffer; genuine ones are 539 to 573 characters (a CSR) or 327 (a key)."""


class KeygenKind(IntEnum):
    """What the modem vouches for: the payload's message ID."""

    PUBLIC_KEY = 8
    CSR = 9


@dataclass(frozen=True, slots=True)
class KeygenAnswer:
    """An answer whose COSE payload vouches for ``body`` by SHA-256. The COSE signature is not verified.

    ``text`` is the answer as sent: the record keeps it, because ``body`` may need mending before others can read it.
    """

    text: str
    kind: KeygenKind
    body: bytes
    body_sha256: Sha256
    uuid: DeviceUuid
    sec_tag: int
    """Unsigned 32 bits."""
    nonce: bytes
    cose: CoseSign1


def read_keygen(text: str) -> KeygenAnswer:
    """Return the answer between %KEYGEN's quotes where every part is as genuine modems write it.

    The digest is taken over the body exactly as sent. Raises CRED-101 (with the reason) or CRED-102; pure.
    """
    answer, vouched_for = read_statement(text)
    if answer.body_sha256 != vouched_for:
        raise KEYGEN_DIGEST_DIFFERS.fault(f"body {answer.body_sha256}, COSE payload {vouched_for}")
    return answer


def read_statement(text: str) -> tuple[KeygenAnswer, Sha256]:
    """Return the answer and the digest that its COSE payload names, not held against each other: to explain it only.

    Raises CRED-101 (with the reason); pure.
    """
    try:
        body, cose = read_halves(text, _LIMIT)
        kind, uuid, sec_tag, digest, nonce = _read_payload(cose)
        if kind is KeygenKind.PUBLIC_KEY:
            read_p256_spki(body)
    except ValueError as error:
        raise KEYGEN_UNREADABLE.fault(_quote(text), reason=error) from error
    found = Sha256(hashlib.sha256(body).hexdigest())
    return KeygenAnswer(text, kind, body, found, uuid, sec_tag, nonce, cose), Sha256(digest.hex())


def _read_payload(cose: CoseSign1) -> tuple[KeygenKind, DeviceUuid, int, bytes, bytes]:
    if cose.payload is None:
        raise ValueError("its COSE payload is missing")
    parts = read_message(cose.payload)
    if len(parts) != 5:
        raise ValueError("its COSE payload has not five parts")
    kind, uuid, sec_tag, digest, nonce = parts
    # An exact type: CBOR's true would else pass as 1, and a float as an integer.
    if type(kind) is not int or kind not in KeygenKind.__members__.values():
        raise ValueError("its COSE payload is neither a CSR's nor a public key's")
    return (
        KeygenKind(kind),
        uuid_of(bytes_of(uuid, 16, "device UUID")),
        _read_sec_tag(sec_tag),
        bytes_of(digest, 32, "digest"),
        bytes_of(nonce, 16, "nonce"),
    )


def _read_sec_tag(value: object) -> int:
    if not isinstance(value, bytes):
        raise ValueError("its security tag is no byte string")
    tag = read_cbor(value)
    if type(tag) is not int or not -(1 << 31) <= tag < 1 << 32:
        raise ValueError("its security tag is no 32-bit number")
    return tag & 0xFFFFFFFF  # tags from 2^31 on may come as negative numbers


def _quote(text: str) -> str:
    return f"{len(text)} characters: {text[:600]!r}"
