"""COSE_Sign1 exactly as nRF91 modems write it (RFC 9052 section 4.2; at-commands reference section 1)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Never

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

_SIGN1_TAG = b"\xd2"
_SELF_DESCRIBED = b"\xd9\xd9\xf7"
_ES256_HEADER = bytes.fromhex("a10126")
_LIMIT = 1024
"""No genuine COSE part is longer than 160 bytes."""


class SigningKey(IntEnum):
    """The key a modem names as its signer (``kid``)."""

    IDENTITY = -2
    """The device's own identity key: all that genuine samples carry."""
    NORDIC_BASE_PRODUCTION = -4
    NORDIC_BASE_RESEARCH = -5


class Binding(StrEnum):
    """How a verified signature covers the body that goes with it."""

    PAYLOAD = "payload"
    """external_aad empty; the payload, which names the body's digest or is the body, is signed."""
    EXTERNAL = "external"
    """external_aad is the body."""


@dataclass(frozen=True, slots=True)
class CoseSign1:
    """A COSE_Sign1, read but not verified. ``payload`` is None where it is detached; ``signature`` is r || s."""

    kid: SigningKey
    payload: bytes | None
    signature: bytes


class _NoTags(dict[int, Callable[..., object]]):
    """Decoders for CBOR's tags: every one refuses, so that no date, regular expression or big number is ever built."""

    def __missing__(self, tag: int) -> Callable[..., Never]:
        def refuse(*_: object) -> Never:
            raise ValueError(f"tag {tag} is not expected here")

        return refuse


def read_cbor(data: bytes) -> object:
    """Return the one value that ``data`` encodes deterministically (RFC 8949 section 4.2), without tags.

    Raises ``ValueError`` with a clause for anything else: trailing bytes, longer encodings than needed,
    indefinite lengths, duplicate keys, tags, deep nesting. Pure.
    """
    if len(data) > _LIMIT:
        raise ValueError(f"its CBOR is longer than {_LIMIT} bytes")
    try:
        value = cbor2.loads(
            data, semantic_decoders=_NoTags(), allow_indefinite=False, allow_duplicate_keys=False, max_depth=4
        )
        again = cbor2.dumps(value, canonical=True)
    except cbor2.CBORError as error:
        raise ValueError(f"its CBOR is broken ({error})") from error
    if again != data:
        raise ValueError("its CBOR is not in the one deterministic form, or bytes follow it")
    return value


def read_message(data: bytes) -> list[object]:
    """Return the array of a modem's self-described message (tag 55799). Raises ``ValueError``."""
    if not data.startswith(_SELF_DESCRIBED):
        raise ValueError("it does not begin as a modem's message does (CBOR tag 55799)")
    value = read_cbor(data[len(_SELF_DESCRIBED) :])
    if not isinstance(value, list):
        raise ValueError("its message is no list")
    return value


def bytes_of(value: object, length: int, what: str) -> bytes:
    """Return ``value`` where it is a byte string of ``length`` bytes; else raise ``ValueError``."""
    if not isinstance(value, bytes) or len(value) != length:
        raise ValueError(f"its {what} is no string of {length} bytes")
    return value


def read_sign1(data: bytes) -> CoseSign1:
    """Return the COSE_Sign1 in ``data``: tagged 18, ES256, one ``kid``, 64 bytes of signature, nothing more.

    Raises ``ValueError`` with a clause. The signature is not verified here: :func:`find_binding` does.
    """
    if not data.startswith(_SIGN1_TAG):
        raise ValueError("its second half is no COSE_Sign1")
    parts = read_cbor(data[len(_SIGN1_TAG) :])
    if not isinstance(parts, list) or len(parts) != 4:
        raise ValueError("its COSE_Sign1 has not four parts")
    protected, unprotected, payload, signature = parts
    if protected != _ES256_HEADER:
        raise ValueError("its COSE_Sign1 is not declared as ES256")
    if payload is not None and not isinstance(payload, bytes):
        raise ValueError("its COSE payload is no byte string")
    return CoseSign1(_read_kid(unprotected), payload, bytes_of(signature, 64, "COSE signature"))


def _read_kid(unprotected: object) -> SigningKey:
    if not isinstance(unprotected, dict) or list(unprotected) != [4] or not isinstance(unprotected[4], bytes):
        raise ValueError("its COSE header names no key")
    kid = read_cbor(unprotected[4])
    if type(kid) is not int or kid not in SigningKey.__members__.values():
        raise ValueError("its COSE header names an unknown key")
    return SigningKey(kid)


def find_binding(cose: CoseSign1, public_key: ec.EllipticCurvePublicKey, body: bytes) -> Binding | None:
    """Return how ``cose`` binds ``body`` under ``public_key``, or None where no signature holds.

    Genuine modems differ: newer ones leave external_aad empty, a 2021 nRF9160 put the body there (measured;
    at-commands reference section 1). A detached payload with nothing else signed would bind nothing, so there
    the body itself must be covered: as external_aad (measured) or as the payload (RFC 9052 section 4.4).
    """
    if not isinstance(public_key.curve, ec.SECP256R1):
        return None
    signed: tuple[tuple[Binding, bytes, bytes | None], ...] = (
        (Binding.PAYLOAD, b"", body if cose.payload is None else cose.payload),
        (Binding.EXTERNAL, body, cose.payload),
    )
    for binding, external_aad, payload in signed:
        if _holds(cose.signature, public_key, signature_input(external_aad, payload)):
            return binding
    return None


def signature_input(external_aad: bytes, payload: bytes | None) -> bytes:
    """Return the Sig_structure that an ES256 COSE_Sign1 signs (RFC 9052 section 4.4)."""
    return cbor2.dumps(["Signature1", _ES256_HEADER, external_aad, payload])


def _holds(signature: bytes, public_key: ec.EllipticCurvePublicKey, data: bytes) -> bool:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        public_key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
