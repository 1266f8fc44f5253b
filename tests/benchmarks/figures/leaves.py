"""Leaf certificates issued a second, the journal's sync left out, beside `cryptography` alone on the same core."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from station.ca.authority import Authority
from station.ca.creation import create_authority
from station.ca.profile import leaf_extensions
from station.ca.register import Issuance
from station.credentials.csr import read_csr
from station.credentials.keys import spki_of
from station.domain.ids import DeviceId, Sha256
from station.domain.secret import Secret
from station.host.clock import SystemClock
from tests.benchmarks.figure import Row, Run

NAME = "leaves"
WHAT = "leaf certificates a second"
SHARE = 0.7
_TURNS = 10
"""Both take turns, so that what slows the machine down slows both."""
_KEY = ExtensionOID.SUBJECT_KEY_IDENTIFIER
Request = tuple[DeviceId, bytes]


class MemoryRegister:
    """An issuance register that keeps nothing durable: what it would cost is the journal's figure."""

    def __init__(self) -> None:
        self._known: dict[tuple[DeviceId, Sha256], Issuance] = {}

    def find(self, device_id: DeviceId, spki: Sha256) -> Issuance | None:
        return self._known.get((device_id, spki))

    def intend(self, issuance: Issuance) -> None:
        self._known[issuance.device_id, issuance.spki_sha256] = issuance

    def complete(self, issuance: Issuance) -> None:
        self._known[issuance.device_id, issuance.spki_sha256] = issuance

    def latest_entry(self) -> datetime | None:
        return None


def requests(count: int) -> list[Request]:
    """Return device IDs and CSRs (DER), a key each."""
    made = []
    for _ in range(count):
        device, key = DeviceId(f"dev-{secrets.token_hex(8)}"), ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        made.append((device, csr.public_bytes(Encoding.DER)))
    return made


def issue(authority: Authority, register: MemoryRegister, chunk: Sequence[Request]) -> None:
    """Do what the station does."""
    for device, der in chunk:
        issued = authority.issue(device, read_csr(der), register)
        assert issued.der


def bare(issuer: x509.Certificate, key: ec.EllipticCurvePrivateKey, chunk: Sequence[Request]) -> None:
    """Do the same with the library alone: check the CSR, build a leaf with the same contents, sign it, encode it."""
    # What is the same in each leaf is made once; a leaf's own is its key's identifier.
    constant = [one for one in leaf_extensions(spki_of(key.public_key()), key.public_key()) if one.oid != _KEY]
    for device, der in chunk:
        csr = x509.load_der_x509_csr(der)
        assert csr.is_signature_valid
        public, begin = csr.public_key(), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
        builder = x509.CertificateBuilder(issuer.subject, name, public, x509.random_serial_number())
        builder = builder.not_valid_before(begin).not_valid_after(begin + timedelta(days=3650))
        assert isinstance(public, ec.EllipticCurvePublicKey)
        for one in constant:
            builder = builder.add_extension(one.value, one.critical)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        assert builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def measure(run: Run) -> Sequence[Row]:
    """Have both work on halves of the same kind of requests, turn by turn."""
    size, clock = run.size(400, 100, 2), SystemClock()
    folder, secret = run.scratch / "ca", Secret(secrets.token_hex(16))
    create_authority(folder, secret, name="Test Works", clock=clock, root_years=30, line_years=20, leaf_years=10)
    authority, register = Authority.open(folder, secret, clock), MemoryRegister()
    key = authority._key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    chunks = [requests(size) for _ in range(2 * _TURNS)]
    took = [0.0, 0.0]
    for mine, theirs in zip(chunks[::2], chunks[1::2], strict=True):
        begun = time.process_time()
        issue(authority, register, mine)
        between = time.process_time()
        bare(authority.chain[0], key, theirs)
        took[0] += between - begun
        took[1] += time.process_time() - between
    done = size * _TURNS
    rates = [done / max(one, 1e-9) for one in took]
    return [
        Row(
            what="leaf certificates a second of one core, without the journal",
            unit="/s",
            measured=rates[0],
            reference=rates[1],
            against="cryptography's CSR check, build and sign",
            asked=f"{SHARE:.0%} of it",
            limit=rates[1] * SHARE,
            more_is_better=True,
        )
    ]
