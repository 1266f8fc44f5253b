"""EC P-256 public keys in the one DER form that modems write (RFC 5480 section 2: named curve, uncompressed)."""

from typing import TypeGuard

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SPKI_START = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""Everything of a SubjectPublicKeyInfo before the point."""

POINT_LENGTH = 65


def is_p256_spki(spki: bytes) -> bool:
    """Return whether ``spki`` is written as an uncompressed P-256 key. Whether the point exists is not looked at."""
    return len(spki) == len(SPKI_START) + POINT_LENGTH and spki.startswith(SPKI_START) and spki[len(SPKI_START)] == 0x04


def read_p256_spki(spki: bytes) -> ec.EllipticCurvePublicKey:
    """Return the P-256 key in ``spki``. Raises ``ValueError`` for any other form, and for a point off the curve."""
    if not is_p256_spki(spki):
        raise ValueError("it is no EC P-256 public key")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point_of(spki))
    except ValueError as error:
        raise ValueError("its point is not on the curve P-256") from error


def is_p256(key: object) -> TypeGuard[ec.EllipticCurvePublicKey]:
    """Return whether whatever a library read is an EC P-256 public key. Pure."""
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def spki_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as SubjectPublicKeyInfo, DER. Pure."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_to_pem(key: ec.EllipticCurvePublicKey) -> str:
    """Return a public key as PEM (SubjectPublicKeyInfo), one line feed behind its END line. Pure."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def point_of(spki: bytes) -> bytes:
    """Return the uncompressed point (65 bytes) of a key that :func:`is_p256_spki` accepts."""
    return spki[len(SPKI_START) :]
