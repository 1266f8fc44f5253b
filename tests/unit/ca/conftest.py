"""A clock that is set by hand, a register that keeps its promises in memory, and a CA made once a session."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from station.ca.authority import Authority
from station.ca.creation import create_authority
from station.ca.folder import read_files
from station.ca.keyfile import read_key
from station.ca.register import Issuance, IssuanceState
from station.credentials.csr import Csr, read_csr
from station.domain.faults import Fault, FaultSpec, StationFault
from station.domain.ids import DeviceId, Sha256
from station.domain.secret import Secret
from tests.unit.ca.cheap import cheap_passphrases

BORN = datetime(2026, 11, 22, 6, 0, 0, tzinfo=UTC)
PASSPHRASE = Secret("correct horse battery staple")
ROOT_PASSPHRASE = Secret("another horse, another battery")

Refused = Callable[..., AbstractContextManager[pytest.ExceptionInfo[Fault]]]

DEVICE_HAS_ONE = FaultSpec("REG-1", StationFault, "The device has an active certificate.")
KEY_KNOWN = FaultSpec("REG-2", StationFault, "The key is recorded.")
NOT_INTENDED = FaultSpec("REG-3", StationFault, "There is no such intent.")


class HandClock:
    """Wall and monotonic time, moved together or apart."""

    def __init__(self, wall: datetime = BORN) -> None:
        self.wall = wall
        self.ticks = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.pass_time(seconds)
        return event.is_set()

    def pass_time(self, seconds: float) -> None:
        self.ticks += seconds
        self.jump(seconds)

    def jump(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


@dataclass
class MemoryRegister:
    """What the journal does, in memory: the protocol's promises, with each call's time as its entry's."""

    clock: HandClock
    rows: dict[tuple[DeviceId, Sha256], Issuance] = field(default_factory=dict)
    entries: list[datetime] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, device_id: DeviceId, spki: Sha256) -> Issuance | None:
        with self.lock:
            return self.rows.get((device_id, spki))

    def intend(self, issuance: Issuance) -> None:
        with self.lock:
            active = [row.device_id for row in self.rows.values() if row.state is IssuanceState.ACTIVE]
            if issuance.device_id in active:
                raise DEVICE_HAS_ONE.fault()
            if any(issuance.spki_sha256 == spki for _, spki in self.rows):
                raise KEY_KNOWN.fault("key")
            if any(issuance.serial == row.serial for row in self.rows.values()):
                raise KEY_KNOWN.fault("serial")
            assert issuance.state is IssuanceState.INTENDED
            assert issuance.der is None
            self._write("intend", issuance)

    def complete(self, issuance: Issuance) -> None:
        with self.lock:
            row = self.rows.get((issuance.device_id, issuance.spki_sha256))
            if row is None or row.state is not IssuanceState.INTENDED or row.serial != issuance.serial:
                raise NOT_INTENDED.fault()
            assert issuance.der
            self._write("complete", issuance)

    def latest_entry(self) -> datetime | None:
        with self.lock:
            return max(self.entries, default=None)

    def correct(self, wrong: datetime) -> None:
        """Declare an entry's time wrong: it no longer counts."""
        self.entries.remove(wrong)

    def supersede(self, issuance: Issuance) -> None:
        key = (issuance.device_id, issuance.spki_sha256)
        self.rows[key] = replace(self.rows[key], state=IssuanceState.SUPERSEDED)

    def _write(self, what: str, issuance: Issuance) -> None:
        self.rows[issuance.device_id, issuance.spki_sha256] = issuance
        self.entries.append(self.clock.now())
        self.calls.append(what)


def make_csr(common_name: str, key: ec.EllipticCurvePrivateKey | None = None) -> Csr:
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    # A greedy request: none of it may reach the certificate.
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=3), critical=True)
    return read_csr(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


@pytest.fixture(scope="session")
def refused() -> Refused:
    """`with refused("CA-101", "part of the sentence"):` expects that fault and no other."""

    @contextmanager
    def expect(code: str, part: str = "") -> Iterator[pytest.ExceptionInfo[Fault]]:
        with pytest.raises(Fault) as caught:
            yield caught
        assert caught.value.code == code, caught.value
        assert part in caught.value.sentence

    return expect


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA to be copied, whose passphrases cost little; what they cost in truth, test_key_files.py looks at."""
    folder = tmp_path_factory.mktemp("made") / "ca"
    with cheap_passphrases():
        create_authority(
            folder,
            PASSPHRASE,
            name="Acme nRF91",
            clock=HandClock(),
            root_years=30,
            line_years=10,
            leaf_years=5,
            root_passphrase=ROOT_PASSPHRASE,
        )
    return folder


@pytest.fixture
def folder(made_once: Path, tmp_path: Path) -> Path:
    """A CA's folder of this test's own."""
    copy = tmp_path / "ca"
    shutil.copytree(made_once, copy)
    return copy


@pytest.fixture
def clock() -> HandClock:
    """An hour and a half after the CA was made, so that a leaf may begin an hour ago."""
    return HandClock(BORN + timedelta(minutes=90))


@pytest.fixture(scope="session")
def line_key(made_once: Path) -> ec.EllipticCurvePrivateKey:
    """Opened once: a passphrase takes its time."""
    return read_key(made_once / "line.key", PASSPHRASE)


@pytest.fixture
def authority(made_once: Path, line_key: ec.EllipticCurvePrivateKey, clock: HandClock) -> Authority:
    return Authority(read_files(made_once), line_key, clock)


@pytest.fixture
def register(clock: HandClock) -> MemoryRegister:
    return MemoryRegister(clock)
