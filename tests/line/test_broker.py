"""Mutual TLS with a real broker: what the line makes is what an MQTT server takes, and nobody else's is."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.ca.creation import create_authority
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.journal.records import Records
from tests.line.harness import PASSPHRASE, Line

CONNECT = bytes.fromhex("101600044d51545404020000000a") + b"nrf91-test"
"""MQTT 3.1.1 CONNECT: clean session, no keep-alive, client ID ``nrf91-test`` (specification section 3.1)."""
ACCEPTED = bytes.fromhex("20020000")
"""CONNACK, accepted (section 3.2)."""


def find_mosquitto() -> str:
    """Return the broker; Debian keeps it where an ordinary user's PATH does not look."""
    found = shutil.which("mosquitto", path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin")
    if found is None:
        pytest.skip("mosquitto is not installed")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def broker(line: Line, tmp_path: Path) -> Iterator[int]:
    """Mosquitto that wants a certificate of this line's CA; yields its port."""
    ca = line.open().value.ca_folder
    folder = tmp_path / "broker"
    folder.mkdir()
    # The broker's own certificate is its own business: any other CA.
    command = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "server.key", "-out", "server.pem"]
    subprocess.run(["openssl", *command, *names], cwd=folder, check=True, capture_output=True)
    (folder / "chain.pem").write_bytes((ca / "line.pem").read_bytes() + (ca / "root.pem").read_bytes())
    port = free_port()
    config = f"""\
listener {port} 127.0.0.1
user root
cafile {folder}/chain.pem
certfile {folder}/server.pem
keyfile {folder}/server.key
require_certificate true
use_identity_as_username true
"""
    (folder / "mosquitto.conf").write_text(config)
    process = subprocess.Popen(
        [find_mosquitto(), "-c", str(folder / "mosquitto.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        _wait_until_open(port, process)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait_until_open(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            continue
        return
    output = process.communicate()[0] if process.poll() is not None else b""
    raise AssertionError(f"the broker did not start: {output!r}")


def connects(port: int, broker: Path, certificate: Path, key: Path) -> bool:
    """Return whether the broker takes an MQTT connection made with this certificate and key."""
    context = ssl.create_default_context(cafile=str(broker / "server.pem"))
    context.load_cert_chain(certificate, key)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(CONNECT)
            return secure.recv(4) == ACCEPTED
    except (ssl.SSLError, ConnectionResetError):  # an alert, or the broker hangs up on whoever goes on speaking
        return False


def key_of(line: Line, serial: str) -> str:
    """Return the board's private key, which only a simulated board would give away."""
    truth: dict[str, Any] = line.bench.describe_board(serial, private=True)
    keys = [item["private_key"] for item in truth["credentials"] if item.get("private_key")]
    (key,) = keys
    return str(key)


@pytest.mark.broker
def test_a_device_made_on_the_line_connects_and_another_cas_does_not(line: Line, broker: int, tmp_path: Path) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    summary = line.run(1)
    assert summary.all_passed
    with Records(line.folder / "data") as records:
        (unit,) = records.units_of(summary.batch)
        row = records.active_certificate(unit.device_id)
        assert row is not None
        leaf = ssl.DER_cert_to_PEM_cert(records.certificate_der(row))
    key, certificate = tmp_path / "device.key", tmp_path / "device.pem"
    key.write_text(key_of(line, "B1"))
    ca = line.open().value.ca_folder
    certificate.write_text(leaf + (ca / "line.pem").read_text())
    assert connects(broker, tmp_path / "broker", certificate, key)

    # The same name, the same kind of key, signed by a CA that merely has the same name.
    other = tmp_path / "other-ca"
    create_authority(
        other,
        Secret(PASSPHRASE),
        name="Test Works",
        clock=SystemClock(),
        root_years=30,
        line_years=20,
        leaf_years=10,
    )
    stranger_key, stranger = tmp_path / "stranger.key", tmp_path / "stranger.pem"
    openssl = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run(
        [*openssl, "-subj", f"/CN={unit.device_id}", "-keyout", str(stranger_key), "-out", str(tmp_path / "s.csr")],
        check=True,
        capture_output=True,
    )
    sign = ["openssl", "x509", "-req", "-in", str(tmp_path / "s.csr"), "-CA", str(other / "line.pem"), "-CAkey"]
    subprocess.run(
        [*sign, str(other / "line.key"), "-passin", f"pass:{PASSPHRASE}", "-days", "2", "-out", str(stranger)],
        check=True,
        capture_output=True,
    )
    stranger.write_text(stranger.read_text() + (other / "line.pem").read_text())
    assert not connects(broker, tmp_path / "broker", stranger, stranger_key)
