"""The keys of a simulated modem and the certificate requests it makes with them."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Self

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from station.simulator.encoding import named_bits, oid, sequence, tlv

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

DEFAULT_KEY_USAGE = "111010000"
"""digitalSignature, nonRepudiation, keyEncipherment, keyAgreement: what a modem asks for when it is told nothing."""

_ATTRIBUTES = {
    "CN": "2.5.4.3",
    "SN": "2.5.4.4",
    "SERIALNUMBER": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
}
_EXTENSION_REQUEST = oid("1.2.840.113549.1.9.14")
_KEY_USAGE = oid("2.5.29.15")
_ECDSA_SHA256 = oid("1.2.840.10045.4.3.2")
_RSA_SHA256 = oid("1.2.840.113549.1.1.11")
_NULL = b"\x05\x00"


class KeyKind(StrEnum):
    """Keys a simulated modem can make. A genuine one makes P-256 alone; the others are there to be refused."""

    P256 = "p256"
    P384 = "p384"
    RSA = "rsa"


class KeyPair:
    """A private key and what can be said about it."""

    __slots__ = ("_private", "_spki")

    def __init__(self, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        self._private = private
        self._spki: bytes | None = None

    @classmethod
    def generate(cls, kind: KeyKind = KeyKind.P256) -> Self:
        """Return a new random key. RSA takes a tenth of a second of real work, the others none to speak of."""
        match kind:
            case KeyKind.P256:
                return cls(ec.generate_private_key(ec.SECP256R1()))
            case KeyKind.P384:
                return cls(ec.generate_private_key(ec.SECP384R1()))
            case KeyKind.RSA:
                return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def derive(cls, seed: str) -> Self:
        """Return the P-256 key that ``seed`` always gives: a board keeps its identity from run to run."""
        number = int.from_bytes(hashlib.sha512(seed.encode()).digest(), "big")
        return cls(ec.derive_private_key(number % (_P256_ORDER - 1) + 1, ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Return the key in ``pem``; ValueError when there is none that a modem could use."""
        private = serialization.load_pem_private_key(pem, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError("neither EC nor RSA")
        return cls(private)

    @property
    def spki(self) -> bytes:
        """The public key as SubjectPublicKeyInfo, DER."""
        if self._spki is None:
            self._spki = self._private.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        return self._spki

    @property
    def private_pem(self) -> str:
        """The private key, PKCS #8 PEM. It is a simulated device's; a genuine one never gives it."""
        return self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")

    @property
    def inner_sha256(self) -> str:
        """A digest of some internal form, as %CMNG lists private keys: stable, unknowable from outside."""
        return hashlib.sha256(b"internal form\0" + self.spki).hexdigest().upper()

    def sign_der(self, data: bytes) -> bytes:
        """Return a signature with SHA-256: ECDSA in DER, or RSA PKCS #1 v1.5."""
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._private.sign(data, ec.ECDSA(hashes.SHA256()))

    def sign_raw(self, data: bytes) -> bytes:
        """Return ECDSA with SHA-256 as r and s, 32 bytes each (COSE and JWS form); ValueError for other keys."""
        if not isinstance(self._private, ec.EllipticCurvePrivateKey) or self._private.key_size != 256:
            raise ValueError("no P-256 key")
        r, s = decode_dss_signature(self._private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def signature_algorithm(self, *, null_parameters: bool) -> bytes:
        """Return the AlgorithmIdentifier; with the NULL that genuine modems wrongly put behind ecdsa-with-SHA256."""
        if isinstance(self._private, rsa.RSAPrivateKey):
            return sequence(_RSA_SHA256, _NULL)
        return sequence(_ECDSA_SHA256, _NULL if null_parameters else b"")


def read_attributes(text: str) -> tuple[tuple[str, str], ...]:
    """Return the ``ID=value`` pairs of %KEYGEN's attributes in their order; ValueError for what a modem can't know."""
    pairs = []
    for part in text.split(","):
        name, found, value = part.partition("=")
        if not found or name.strip().upper() not in _ATTRIBUTES or not value:
            raise ValueError(part)
        pairs.append((name.strip().upper(), value))
    return tuple(pairs)


def build_csr(
    key: KeyPair,
    subject: Sequence[tuple[str, str]],
    *,
    key_usage: str | None = DEFAULT_KEY_USAGE,
    null_parameters: bool = True,
    broken_signature: bool = False,
) -> bytes:
    """Return a PKCS #10 request as a genuine modem writes it, DER (RFC 2986; at-commands section 1).

    Subject values are UTF8String; KeyUsage is the one requested extension, not critical; None: nothing is requested,
    as by Mbed TLS.
    """
    names = [
        tlv(0x31, sequence(oid(_ATTRIBUTES[name]), tlv(0x13 if name == "C" else 0x0C, value.encode())))
        for name, value in subject
    ]
    request = b""
    if key_usage is not None:
        extension = sequence(_KEY_USAGE, tlv(0x04, named_bits(key_usage)))
        request = sequence(_EXTENSION_REQUEST, tlv(0x31, sequence(extension)))
    info = sequence(b"\x02\x01\x00", sequence(*names), key.spki, tlv(0xA0, request))
    signature = key.sign_der(info if not broken_signature else info + b"\0")
    algorithm = key.signature_algorithm(null_parameters=null_parameters)
    return sequence(info, algorithm, tlv(0x03, b"\0", signature))
