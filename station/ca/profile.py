"""What the CA's certificates look like: profile version 1 (RFC 5280; pki-audit-durability reference section 1.1).

Frozen: another shape is another version. A leaf has a subject key identifier (RFC 5280 recommends it) and neither
alternative names nor revocation pointers (nothing is served for its whole life).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID, SignatureAlgorithmOID

from station.ca.faults import LEAF_WRONG
from station.credentials import der
from station.credentials.csr import ECDSA_SHA256
from station.credentials.keys import point_of, spki_of
from station.credentials.names import encode_common_name

PROFILE_VERSION: Final = "1"

_IDENTIFIER_LENGTH: Final = 20
_VERSION_3: Final = bytes.fromhex("a003020102")

_OIDS: Final = {
    ExtensionOID.BASIC_CONSTRAINTS: bytes.fromhex("0603551d13"),
    ExtensionOID.KEY_USAGE: bytes.fromhex("0603551d0f"),
    ExtensionOID.EXTENDED_KEY_USAGE: bytes.fromhex("0603551d25"),
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER: bytes.fromhex("0603551d23"),
    ExtensionOID.SUBJECT_KEY_IDENTIFIER: bytes.fromhex("0603551d0e"),
}

_SKEW: Final = timedelta(hours=1)
"""A leaf is valid from a little earlier, for verifiers whose clocks run late."""


def issuer_extensions(
    key: ec.EllipticCurvePublicKey, *, path_length: int, authority: ec.EllipticCurvePublicKey | None
) -> list[x509.Extension[x509.ExtensionType]]:
    """Return what a CA certificate carries: the root without ``authority``, the line's with the root's key."""
    extensions = [
        _extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True),
        _extension(_key_usage(signs_certificates=True), critical=True),
        _extension(_key_identifier(spki_of(key)), critical=False),
    ]
    if authority is not None:
        extensions.append(_extension(_authority_identifier(authority), critical=False))
    return extensions


def leaf_extensions(spki: bytes, issuer_key: ec.EllipticCurvePublicKey) -> list[x509.Extension[x509.ExtensionType]]:
    """Return what a leaf carries, in this order."""
    return [
        _extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
        _extension(_key_usage(signs_certificates=False), critical=True),
        _extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False),
        _extension(_authority_identifier(issuer_key), critical=False),
        _extension(_key_identifier(spki), critical=False),
    ]


def build_issuer(
    *,
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    authority: ec.EllipticCurvePublicKey | None,
    path_length: int,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    """Return a CA certificate, ready to be signed."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    return _extend(builder, issuer_extensions(key, path_length=path_length, authority=authority))


@dataclass(frozen=True, slots=True)
class LeafPlan:
    """What one leaf holds beside what all leaves of its issuer hold. Times are whole seconds, UTC."""

    common_name: str
    spki: bytes
    serial: int
    not_before: datetime
    not_after: datetime


class LeafTemplate:
    """Everything about the leaves of one issuer that is the same in each; made once, used from any thread.

    Leaves are put together here from parts that the library encoded once, and read back by the library before they
    are released. Its builder would encode every part anew each time, for more than the signature itself takes; the
    tests hold that its leaves are the same, byte for byte.
    """

    def __init__(self, issuer: x509.Certificate, issuer_key: ec.EllipticCurvePublicKey) -> None:
        """Raise CA-901 where a specimen, signed by a key thrown away, does not read back as the profile demands."""
        self._issuer_key: Final = issuer_key
        self._algorithm_and_issuer: Final = ECDSA_SHA256 + issuer.subject.public_bytes()
        # The key's own identifier comes last, so that all before its bytes is the same in every leaf.
        spki = spki_of(issuer_key)
        extensions = leaf_extensions(spki, issuer_key)
        encoded = der.element(0xA3, der.sequence(*(_encode_extension(one) for one in extensions)))
        self._extensions_but_identifier: Final = encoded[:-_IDENTIFIER_LENGTH]

        plan = LeafPlan("specimen", spki, 1, issuer.not_valid_before_utc, issuer.not_valid_after_utc)
        specimen = x509.load_der_x509_certificate(self.sign(plan, ec.generate_private_key(ec.SECP256R1())))
        if list(specimen.extensions) != extensions or specimen.issuer != issuer.subject:
            raise LEAF_WRONG.fault(repr(specimen.extensions), reason="a specimen's issuer or extensions")

    def encode(self, plan: LeafPlan) -> bytes:
        """Return the leaf's TBSCertificate: what its issuer signs (RFC 5280 section 4.1)."""
        return der.sequence(
            _VERSION_3,
            der.integer(plan.serial),
            self._algorithm_and_issuer,
            der.element(der.SEQUENCE, _encode_time(plan.not_before) + _encode_time(plan.not_after)),
            encode_common_name(plan.common_name),
            plan.spki,
            self._extensions_but_identifier,
            _hash_key(plan.spki),
        )

    def sign(self, plan: LeafPlan, key: ec.EllipticCurvePrivateKey) -> bytes:
        """Return the leaf, DER."""
        signed = self.encode(plan)
        signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return _put_together(signed, signature)

    def find_fault(self, leaf: bytes, plan: LeafPlan) -> str | None:
        """Return what is wrong with a leaf just signed, or None where it follows the profile and the plan.

        It is read by the library, which takes strict DER only, and the issuer's signature is verified: so no
        certificate leaves that others would refuse. Key and extensions are held as bytes, the latter against
        those that read back right in the specimen.
        """
        try:
            read = x509.load_der_x509_certificate(leaf)
        except (ValueError, x509.InvalidVersion):
            return "encoding"
        signed, signature = read.tbs_certificate_bytes, read.signature
        checks = {
            "version": read.version is x509.Version.v3,
            "serial number": read.serial_number == plan.serial,
            "algorithm": read.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256,
            "issuer": self._algorithm_and_issuer in signed,
            "validity": (read.not_valid_before_utc, read.not_valid_after_utc) == (plan.not_before, plan.not_after),
            "subject": [part.value for part in read.subject] == [plan.common_name],
            "key or extensions": signed.endswith(plan.spki + self._extensions_but_identifier + _hash_key(plan.spki)),
            # The library overlooks a wrong count of unused bits before the signature; others need not.
            "encoding": leaf == _put_together(signed, signature),
            "signature": _holds(self._issuer_key, signature, signed),
        }
        return next((what for what, right in checks.items() if not right), None)


def leaf_validity(
    now: datetime, years: int, *, issuer_begin: datetime, issuer_end: datetime
) -> tuple[datetime, datetime]:
    """Return a leaf's first and last second: ``years`` from an hour ago, never outside its issuer's."""
    begin = max((now - _SKEW).replace(microsecond=0), issuer_begin)
    return begin, min(last_second(begin, years), issuer_end)


def last_second(begin: datetime, years: int) -> datetime:
    """Return the last second of ``years`` years from ``begin``; the 29th of February ends on the 28th."""
    year = min(begin.year + years, 9999)
    try:
        end = begin.replace(year=year, microsecond=0)
    except ValueError:
        end = begin.replace(year=year, day=28, microsecond=0)
    return end - timedelta(seconds=1)


def common_name_only(text: str) -> x509.Name:
    """Return the name CN=``text`` (UTF8String). Raises ``ValueError`` where it has not 1 to 64 characters."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def is_signed_by(certificate: x509.Certificate, key: ec.EllipticCurvePublicKey) -> bool:
    """Return whether ``key`` signed the certificate, with ecdsa-with-SHA256."""
    return certificate.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256 and _holds(
        key, certificate.signature, certificate.tbs_certificate_bytes
    )


def _put_together(signed: bytes, signature: bytes) -> bytes:
    return der.sequence(signed, ECDSA_SHA256, der.element(der.BIT_STRING, b"\0" + signature))


def _holds(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _encode_extension(extension: x509.Extension[x509.ExtensionType]) -> bytes:
    critical = b"\x01\x01\xff" if extension.critical else b""
    value = der.element(der.OCTET_STRING, extension.value.public_bytes())
    return der.sequence(_OIDS[extension.oid], critical, value)


def _encode_time(moment: datetime) -> bytes:
    """Return UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5)."""
    # By hand: a leaf is encoded for every unit, and strftime would take longer than all the rest of it.
    rest = f"{moment.month:02}{moment.day:02}{moment.hour:02}{moment.minute:02}{moment.second:02}Z"
    if moment.year < 2050:
        return b"\x17\x0d" + f"{moment.year % 100:02}{rest}".encode("ascii")
    return b"\x18\x0f" + f"{moment.year:04}{rest}".encode("ascii")


def _extend(
    builder: x509.CertificateBuilder, extensions: Sequence[x509.Extension[x509.ExtensionType]]
) -> x509.CertificateBuilder:
    for extension in extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder


def _extension(value: x509.ExtensionType, *, critical: bool) -> x509.Extension[x509.ExtensionType]:
    return x509.Extension(value.oid, critical, value)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_identifier(spki: bytes) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier(_hash_key(spki))


def _hash_key(spki: bytes) -> bytes:
    """Return method 1 of RFC 5280 section 4.2.1.2. SHA-1 only names the key here; nothing rests on it."""
    return hashlib.sha1(point_of(spki), usedforsecurity=False).digest()


def _authority_identifier(key: ec.EllipticCurvePublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier(_hash_key(spki_of(key)), None, None)
