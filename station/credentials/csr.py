"""Certificate requests as nRF91 modems write them (RFC 2986; at-commands reference section 1).

Every genuine modem request carries a NULL beside ecdsa-with-SHA256, which RFC 5758 section 3.2 forbids and
``cryptography`` refuses. The request's signature does not cover that part, so it can be mended for reading;
what the modem vouches for stays the original.
"""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.der import BIT_STRING, SEQUENCE, bounds, sequence
from station.credentials.faults import (
    CSR_KEY_REFUSED,
    CSR_SIGNATURE_WRONG,
    CSR_SUBJECT_REFUSED,
    CSR_UNREADABLE,
)
from station.credentials.keys import is_p256_spki
from station.credentials.names import read_common_name
from station.domain.ids import Sha256

_LIMIT = 4096

ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
"""The only right AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758 section 3.2)."""

_ECDSA_SHA256_NULL = bytes.fromhex("300c06082a8648ce3d0403020500")
_VERSION = bytes.fromhex("020100")


@dataclass(frozen=True, slots=True)
class Csr:
    """A request signed by its own P-256 key, whose subject is one CN. Its extensions and attributes are not read.

    ``der`` is the original as sent; ``normalised`` says whether a NULL had to be left out to read it.
    """

    der: bytes
    normalised: bool
    common_name: str
    public_key: ec.EllipticCurvePublicKey
    spki: bytes
    """SubjectPublicKeyInfo, DER, 91 bytes."""
    spki_sha256: Sha256


def read_csr(request: bytes) -> Csr:
    """Return the request in ``request`` (DER) once its own signature has been verified.

    Raises CRED-111 (unreadable), CRED-112 (no P-256 key), CRED-113 (subject) or CRED-114 (signature), nothing
    else whatever the bytes; pure.
    """
    try:
        subject, spki, info = _take_apart(request)
        # Before the library sees them: it reads other keys and long names too, with warnings of its own. And before
        # the signature, whose algorithm is only what follows from a key of another kind.
        if not is_p256_spki(spki):
            raise CSR_KEY_REFUSED.fault(f"SubjectPublicKeyInfo {spki.hex()}")
        clean = _normalise(request, *info)
    except ValueError as error:
        raise _unreadable(request, str(error)) from error
    try:
        common_name = read_common_name(subject)
    except ValueError as error:
        raise CSR_SUBJECT_REFUSED.fault(f"subject {subject.hex()}", reason=error) from error
    public_key = _verify(request, clean)
    return Csr(request, clean is not request, common_name, public_key, spki, Sha256(hashlib.sha256(spki).hexdigest()))


def without_null(request: bytes) -> bytes:
    """Return the request in the form that other programs read; itself where it has that already.

    Nothing is verified. Raises ``ValueError`` with a clause; pure.
    """
    _, _, info = _take_apart(request)
    return _normalise(request, *info)


def _verify(request: bytes, clean: bytes) -> ec.EllipticCurvePublicKey:
    try:
        parsed = x509.load_der_x509_csr(clean)
        key = parsed.public_key()
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise _unreadable(request, "it is not written as the standard demands (DER)", str(error)) from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CSR_KEY_REFUSED.fault(type(key).__name__)
    try:
        # What is_signature_valid does, for the one algorithm let through, without decoding the key twice.
        key.verify(parsed.signature, parsed.tbs_certrequest_bytes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise CSR_SIGNATURE_WRONG.fault(f"CSR {request.hex()}") from error
    return key


def _take_apart(request: bytes) -> tuple[bytes, bytes, tuple[int, int]]:
    """Return subject, SubjectPublicKeyInfo, and where what is signed begins and ends.

    Only as much is read as that takes (RFC 2986 section 4); the library reads the rest, strictly, afterwards.
    """
    if len(request) > _LIMIT:
        raise ValueError(f"it is longer than {_LIMIT} bytes")
    start = _open(request, 0, len(request))
    info = _open(request, start, None)
    info_end = bounds(request, start)[1]
    subject = info + len(_VERSION)
    if request[info:subject] != _VERSION:
        raise ValueError("it is of an unknown version")
    spki = bounds(request, subject)[1]
    key = request[spki : bounds(request, spki)[1]]
    algorithm = _open(key, 0, len(key))
    point = bounds(key, algorithm)[1]
    if (key[algorithm], *key[point : point + 1]) != (SEQUENCE, BIT_STRING):
        raise ValueError("it holds no public key")
    return request[subject:spki], key, (start, info_end)


def _normalise(request: bytes, start: int, end: int) -> bytes:
    """Return the request without the modem's NULL behind what is signed; itself where there is none."""
    if request.startswith(_ECDSA_SHA256_NULL, end):
        return sequence(request[start:end], ECDSA_SHA256, request[end + len(_ECDSA_SHA256_NULL) :])
    if request.startswith(ECDSA_SHA256, end):
        return request
    raise ValueError("it is not signed with ECDSA and SHA-256")


def _open(request: bytes, at: int, end: int | None) -> int:
    """Return where the contents of the SEQUENCE at ``at`` begin; it ends at ``end`` where that is given."""
    begin, found = bounds(request, at)
    if request[at] != SEQUENCE or (end is not None and found != end):
        raise ValueError("it is no certificate request, or something follows it")
    return begin


def _unreadable(request: bytes, reason: str, why: str = "") -> Exception:
    return CSR_UNREADABLE.fault(f"{why} CSR {request[:600].hex()}".lstrip(), reason=reason)
