"""Certificate requests that no modem vouches for: made here for a key of our own, or by a board's application."""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from station.credentials.csr import Csr, read_csr
from station.credentials.faults import CN_DIFFERS
from station.domain.ids import DeviceId, Sha256
from station.domain.secret import Secret

MADE_HERE: Final = "made on the station"


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that may be certified for its device. Only this module makes one."""

    csr: Csr
    made: str
    """Where its key was made, in words for the record."""
    proven: str
    """Exactly what was proven about it, for the record."""

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The key's public half."""
        return self.csr.public_key

    @property
    def spki_sha256(self) -> Sha256:
        """The SHA-256 of the public key (SubjectPublicKeyInfo, DER)."""
        return self.csr.spki_sha256

    @property
    def csr_sha256(self) -> Sha256:
        """The SHA-256 of the request as it was made."""
        return Sha256(hashlib.sha256(self.csr.der).hexdigest())


def make_key(device_id: DeviceId) -> tuple[Secret, CheckedRequest]:
    """Return a new P-256 private key (PKCS #8 PEM, LF line ends) and its request for ``device_id``.

    The key is in the returned value and nowhere else. Not safe to repeat: each call makes another key.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device_id)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    csr = read_csr(request.public_bytes(Encoding.DER))
    return Secret(pem), CheckedRequest(csr, MADE_HERE, f"{MADE_HERE}; the request is signed by it")


def check_request(csr: Csr, device_id: DeviceId) -> CheckedRequest:
    """Return a board's own request only where it is for ``device_id``; CRED-115 where it is not. Pure.

    That it is signed by its own key, :func:`station.credentials.csr.read_csr` has verified.
    """
    if csr.common_name != device_id:
        raise CN_DIFFERS.fault(found=repr(csr.common_name), expected=device_id)
    proven = "the request is signed by the board's own key; no modem vouches for it"
    return CheckedRequest(csr, "made on the board", proven)
