"""A certificate for people: its fields as lines of name and text."""

from datetime import UTC
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from station.domain.ids import Sha256
from station.domain.modem import CredentialType
from station.evidence.unit_record import CertificateRecord, HandDeletion
from station.host.files import sha256_of

_PURPOSES: Final = MappingProxyType(
    {ExtendedKeyUsageOID.CLIENT_AUTH: "TLS client", ExtendedKeyUsageOID.SERVER_AUTH: "TLS server"}
)

UNUSABLE: Final = "active, but can't be used"
DOUBTFUL: Final = "active, but perhaps can't be used"
"""States of a certificate that stands for the CA, but of which something was deleted by hand."""

DELETED: Final = "Deleted by hand"
"""The name of the fact that says so."""

GONE: Final = (
    "{by} deleted {what} from the device on {at} UTC. The certificate can't be used until the device is built again."
)
MISSING: Final = (
    "{by} was to delete {what} from the device on {at} UTC, and it was gone already. "
    "The certificate can't be used until the device is built again."
)
UNSEEN: Final = "{by} began to delete {what} from the device on {at} UTC, and nobody saw whether it is gone."


def certificate_sha256(record: CertificateRecord) -> Sha256 | None:
    """Return the SHA-256 of the certificate's DER; None where it was never signed."""
    return None if record.der is None else sha256_of(record.der)


def certificate_facts(record: CertificateRecord) -> list[tuple[str, str]]:
    """Return what the certificate says and how it stands here, in the order in which people ask. Pure."""
    facts = [("State", _state(record)), *((DELETED, deletion_text(one)) for one in record.gone)]
    facts.append(("Serial number (hexadecimal)", record.serial))
    parsed = record.parsed()
    if parsed is None:
        facts.append(("Signed", "never: it was intended, and the journal holds no signature"))
    else:
        facts += [
            ("Subject", parsed.subject.rfc4514_string()),
            ("Issuer", parsed.issuer.rfc4514_string()),
            ("Valid from", f"{parsed.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"),
            ("Valid until", f"{parsed.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC"),
            ("Public key", _key_text(parsed)),
            ("Signature", _signature_text(parsed)),
            ("Extensions", "; ".join(_extension_text(one) for one in parsed.extensions) or "none"),
            ("SHA-256 of its DER", certificate_sha256(record) or ""),
        ]
    return [
        *facts,
        ("SHA-256 of its public key", record.spki_sha256),
        ("SHA-256 of its issuer", record.issuer),
        ("Profile", record.profile),
    ]


def certificate_pem(record: CertificateRecord) -> str:
    """Return the certificate as PEM; "" where it was never signed."""
    parsed = record.parsed()
    return "" if parsed is None else parsed.public_bytes(Encoding.PEM).decode("ascii")


def deletion_text(one: HandDeletion) -> str:
    """Return in a sentence what a person deleted, when, who, and what follows of it. Pure."""
    what = "the private key" if one.type is CredentialType.CLIENT_KEY else "the certificate"
    template = UNSEEN if one.found is None else GONE if one.found else MISSING
    return template.format(by=one.by, what=what, at=f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}")


def _state(record: CertificateRecord) -> str:
    if not record.gone:
        return record.state
    return DOUBTFUL if all(one.found is None for one in record.gone) else UNUSABLE


def _key_text(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    return f"ECDSA {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__


def _signature_text(certificate: x509.Certificate) -> str:
    algorithm = certificate.signature_hash_algorithm
    kind = "ECDSA" if isinstance(certificate.signature_algorithm_parameters, ec.ECDSA) else "signature"
    return f"{kind} with {algorithm.name.upper() if algorithm else 'no hash of its own'}"


def _extension_text(extension: x509.Extension[x509.ExtensionType]) -> str:
    critical = " (critical)" if extension.critical else ""
    match extension.value:
        case x509.BasicConstraints() as value:
            return f"basic constraints{critical}: {'a CA' if value.ca else 'no CA'}"
        case x509.KeyUsage() as value:
            return f"key usage{critical}: {', '.join(_usages(value)) or 'none'}"
        case x509.ExtendedKeyUsage() as value:
            return f"extended key usage{critical}: {', '.join(_PURPOSES.get(one, one.dotted_string) for one in value)}"
        case x509.SubjectKeyIdentifier() as value:
            return f"subject key identifier{critical}: {value.digest.hex()}"
        case x509.AuthorityKeyIdentifier() as value:
            return f"authority key identifier{critical}: {(value.key_identifier or b'').hex()}"
        case _:
            return f"{extension.oid.dotted_string}{critical}"


def _usages(value: x509.KeyUsage) -> list[str]:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    return [name.replace("_", " ") for name in (*names, "key_cert_sign", "crl_sign") if getattr(value, name)]
