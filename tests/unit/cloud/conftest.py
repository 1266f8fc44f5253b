"""A cloud to talk to, units to onboard, and peers that speak whatever a test makes them say."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
import stamina
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts
from station.credentials.pem import CertificatePem, to_pem
from station.domain.ids import DeviceId
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.simulator.cloud import LINE_KEY, SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.keys import KeyPair
from station.simulator.tokens import attestation_text

QUICK = Timeouts(connect=2.0, read=0.5, total=1.0)


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    with SimulatedCloud(service=FAST) as running:
        yield running


@pytest.fixture
def team(cloud: SimulatedCloud) -> TeamCloud:
    return TeamCloud(cloud.base_url, Secret(LINE_KEY), clock=SystemClock(), version="1.2.3", timeouts=QUICK)


@dataclass(frozen=True)
class Unit:
    device_id: DeviceId
    key: ec.EllipticCurvePrivateKey
    pem: CertificatePem


@pytest.fixture(scope="session")
def make_unit() -> Callable[..., Unit]:
    def make(device_id: str, key: ec.EllipticCurvePrivateKey | None = None) -> Unit:
        key = key or ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device_id)])
        start = datetime(2026, 1, 1, tzinfo=UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        return Unit(DeviceId(device_id), key, to_pem(certificate))

    return make


class Peer:
    """A listening socket whose every connection runs what the test says; what came in is kept."""

    def __init__(self, talk: Callable[[socket.socket, "Peer"], None]) -> None:
        self._talk = talk
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self.port: int = self._listening.getsockname()[1]
        self.done = threading.Event()
        self.received: list[bytes] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Peer":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self._threads:
            thread.join(10)
        self._listening.close()

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one request to its end and keep it."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                break
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            chunk = connection.recv(65536)
            if not chunk:
                break
            body += chunk
        self.received.append(head + b"\r\n\r\n" + body)
        return head

    def _accept(self) -> None:
        while not self.done.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, connection: socket.socket) -> None:
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.settimeout(5)
            self._talk(connection, self)


@pytest.fixture
def peer() -> Callable[..., Peer]:
    """Make a peer: of a function, or of the bytes it answers every request with."""

    def make(talk: Callable[[socket.socket, Peer], None] | bytes) -> Peer:
        if isinstance(talk, bytes):
            answer = talk

            def talk(connection: socket.socket, peer: Peer) -> None:
                peer.read_request(connection)
                connection.sendall(answer)

        return Peer(talk)

    return make


@pytest.fixture(scope="session")
def attest() -> Callable[..., str]:
    """Return a modem's attestation token, as a test wants it."""

    def make(uuid: str = "50503642-3633-4685-802c-1c2c0bf87a22", device_type: int = 6) -> str:
        identity = KeyPair.derive(uuid)
        whose = UUID(uuid).bytes
        return attestation_text(
            uuid=whose, device_type=device_type, firmware_uuid=bytes(16), nonce=bytes(16), identity=identity
        )

    return make


@pytest.fixture(scope="session")
def enrol() -> Callable[..., str]:
    """Return an nRF93M1's onboarding token for an account, with whatever other claims."""

    def make(device_id: str, account: str, **claims: object) -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        return jwt.encode({"sub": device_id, "id": account, **claims}, key, algorithm="ES256")

    return make


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="session")
def key_pem() -> Callable[[ec.EllipticCurvePrivateKey], str]:
    return public_pem
