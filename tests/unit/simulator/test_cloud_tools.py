"""What the simulated cloud answers to tools: a range of assistance data to devices alone, a key for development."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from station.simulator.cloud import LINE_KEY, SimulatedCloud
from station.simulator.cloud_location import ASSISTANCE
from station.simulator.cloud_world import FAST

KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    """A cloud that has the device nrf-1, by a certificate of KEY."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nrf-1")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = builder.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=3650))
    pem = builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    with SimulatedCloud(service=FAST) as running:
        headers = {"Authorization": f"Bearer {LINE_KEY}", "Content-Type": "text/csv"}
        address = f"{running.base_url}/devices"
        assert requests.post(address, f'nrf-1,,,,"{pem}"\n', headers=headers, timeout=5).status_code == 202
        yield running


def assist(cloud: SimulatedCloud, token: str, body: str = "{}", **headers: str) -> requests.Response:
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
    return requests.post(f"{cloud.base_url}/location/agnss", body, headers=sent, timeout=5)


def token(claims: dict[str, object], key: ec.EllipticCurvePrivateKey = KEY) -> str:
    return jwt.encode(claims, key, algorithm="ES256")


def test_a_range_is_answered_with_206_and_its_place(cloud: SimulatedCloud) -> None:
    got = assist(cloud, token({"sub": "nrf-1"}), Range="bytes=10-19")
    assert (got.status_code, got.content) == (206, ASSISTANCE[10:20])
    assert got.headers["Content-Range"] == f"bytes 10-19/{len(ASSISTANCE)}"
    got = assist(cloud, token({"iss": "nRF9151.nrf-1"}), Range="bytes=2680-99999")
    assert (got.status_code, got.content) == (206, ASSISTANCE[2680:])
    assert assist(cloud, token({"sub": "nrf-1"})).content == ASSISTANCE
    assert assist(cloud, token({"sub": "nrf-1"}), Range="bytes=9000-9001").status_code == 416
    assert assist(cloud, token({"sub": "nrf-1"}), '{"types": [10]}').status_code == 422


@pytest.mark.parametrize(
    "who",
    [
        LINE_KEY,
        "",
        token({"sub": "nrf-2"}),
        token({"sub": "nrf-1"}, ec.generate_private_key(ec.SECP256R1())),
        token({"sub": "nrf-1", "exp": 1}),
        jwt.encode({"sub": "nrf-1"}, "k" * 64, algorithm="HS256"),
    ],
    ids=["the API key", "nobody", "another device", "another key", "expired", "HS256"],
)
def test_only_a_known_devices_token_is_taken(cloud: SimulatedCloud, who: str) -> None:
    refused = assist(cloud, who, Range="bytes=0-9")
    assert (refused.status_code, refused.json()["code"]) == (401, 40100)


def test_a_development_key_is_made_for_whoever_has_the_code(cloud: SimulatedCloud) -> None:
    address, key = f"{cloud.base_url}/devices/dev-1/certificates", {"Authorization": f"Bearer {LINE_KEY}"}
    made = requests.post(address, "ABC123", headers=key, timeout=5)
    assert (made.status_code, made.json()["clientId"]) == (201, "dev-1")
    leaf = x509.load_pem_x509_certificate(made.json()["clientCert"].encode())
    assert load_pem_private_key(made.json()["privateKey"].encode(), None).public_key() == leaf.public_key()
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(made.json()["caCert"].encode()))
    assert requests.post(address, "", headers=key, timeout=5).json()["code"] == 40102
    assert requests.post(address, "ABC123", timeout=5).json()["code"] == 40100
