"""Nordic's own onboarding client (nrfcloud-utils) sends the station's CSV to the simulated cloud.

Its files are untouched: only the address it would talk to is replaced, in its process, before it starts. So the CSV is
one that the vendor's client reads, and the cloud is one that the vendor's client can talk to.
"""

import csv
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from station.cloud.protocol import Certificate, Onboarded, OnboardRow, Refused, RequestId, Settled
from station.cloud.rows import render_rows
from station.cloud.team import TeamCloud
from station.credentials.pem import CertificatePem, to_pem
from station.domain.ids import DeviceId
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.host.clock import SystemClock
from station.host.files import sha256_of
from station.simulator.cloud import LINE_KEY, OTHER_KEY, SimulatedCloud
from station.simulator.cloud_world import FAST, OTHER_ACCOUNT

pytestmark = pytest.mark.vendor

_AT_ANOTHER_ADDRESS = """
import sys
from nrfcloud_utils import nrf_cloud_onboard
nrf_cloud_onboard.api_url = sys.argv.pop(1)
nrf_cloud_onboard.run()
"""
_DEVICES = tuple(DeviceId(f"50503642-3633-4685-802c-1c2c0bf87a{number:02x}") for number in range(3))


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    with SimulatedCloud(service=FAST) as running:
        yield running


@pytest.fixture(scope="module")
def rows() -> list[OnboardRow]:
    return [
        OnboardRow(device, Certificate(_certificate(device)), "board,v2", ("line-1", "eu"), ("APP", "MODEM"))
        for device in _DEVICES
    ]


def _certificate(device: DeviceId) -> CertificatePem:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=3650))
    return to_pem(builder.sign(key, hashes.SHA256()))


def _onboard(
    vendor_python: Path, cloud: SimulatedCloud, body: bytes, folder: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Run the vendor's client on ``body``; return what it says of the operation, and of each device."""
    (folder / "onboard.csv").write_bytes(body)
    files = ["--csv", folder / "onboard.csv", "--res", folder / "results.csv"]
    address = f"{cloud.base_url}/"
    finished = subprocess.run(
        [vendor_python, "-c", _AT_ANOTHER_ADDRESS, address, "--plain", "--api-key", LINE_KEY, *files],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    operation, devices = (folder / "results.csv").read_text().split("\n\n")
    return dict(csv.reader(operation.splitlines())), dict(list(csv.reader(devices.splitlines()))[1:])


def test_vendors_client_onboards_the_stations_csv(
    vendor_python: Path, cloud: SimulatedCloud, rows: list[OnboardRow], tmp_path: Path
) -> None:
    body = render_rows(rows)
    operation, devices = _onboard(vendor_python, cloud, body, tmp_path)
    assert (operation["status"], operation["Error count"]) == ("SUCCEEDED", "0")
    assert devices == dict.fromkeys(_DEVICES, "OK")
    truth = cloud.truth()
    assert [post["body_sha256"] for post in truth["posts"]] == [sha256_of(body)]
    assert truth["leaks"] == []
    told = [(one["device_id"], one["certificate_sha256"], one["subtype"], one["tags"]) for one in truth["devices"]]
    assert told == [(row.device_id, _fingerprint(row), "board,v2", ["line-1", "eu"]) for row in rows]


def test_vendors_client_and_the_station_read_the_same_refusal(
    vendor_python: Path, cloud: SimulatedCloud, rows: list[OnboardRow], tmp_path: Path
) -> None:
    taken = OnboardRow(_DEVICES[1], Certificate(_certificate(_DEVICES[1])))
    other = TeamCloud(cloud.base_url, Secret(OTHER_KEY), clock=SystemClock(), version="0")
    other.send(render_rows([taken]), CredentialKind.CERTIFICATE, ())
    operation, devices = _onboard(vendor_python, cloud, render_rows(rows), tmp_path)
    assert devices == {_DEVICES[0]: "OK", _DEVICES[1]: OTHER_ACCOUNT, _DEVICES[2]: "OK"}
    team = TeamCloud(cloud.base_url, Secret(LINE_KEY), clock=SystemClock(), version="0")
    answer = team.poll(RequestId(operation["bulkOpsRequestId"]), _DEVICES, CredentialKind.CERTIFICATE)
    assert answer == Settled((Onboarded(), Refused(OTHER_ACCOUNT), Onboarded()))


def _fingerprint(row: OnboardRow) -> str:
    certificate = x509.load_pem_x509_certificate(row.credential.pem.encode())
    return certificate.fingerprint(hashes.SHA256()).hex()
