"""The vendor's client for the organisation API (memfault-cli's ``nrfcloud``) and the station, on the same devices.

Its files are untouched and its own hidden ``--url`` leads it to the simulated cloud. What it posts is held against
what the station would, it is fed what the station exports, and both read the same refusals.
"""

import csv
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from station.cloud.organisation import OrganisationCloud
from station.cloud.organisation_rows import render_headed_rows
from station.cloud.protocol import (
    AttestationToken,
    Certificate,
    Claimed,
    Onboarded,
    OnboardingToken,
    OnboardRow,
    Refused,
    RequestId,
    Settled,
)
from station.cloud.rows import render_rows
from station.domain.ids import DeviceId
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.host.clock import SystemClock
from station.host.files import sha256_of
from station.simulator.cloud import LINE_TOKEN, SimulatedCloud
from station.simulator.cloud_world import DEVICE_EXISTS, FAST
from station.simulator.keys import KeyPair
from station.simulator.tokens import attestation_text
from tests.unit.line.outbox_tokens import FAR
from tests.vendor.test_onboard import _certificate as make_certificate

pytestmark = pytest.mark.vendor

BULK = "/v1/organizations/simulated-works/projects/trackers/long-range/devices/bulk"
DEVICES = tuple(DeviceId(f"50503642-3633-4685-802c-1c2c0bf87b{number:02x}") for number in range(3))


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    with SimulatedCloud(service=FAST) as running:
        yield running
        assert running.truth()["leaks"] == []


def by_certificate(device: DeviceId) -> OnboardRow:
    return OnboardRow(device, Certificate(make_certificate(device)), "board,v2", ("line-1", "eu"), ("APP", "MODEM"))


def by_attestation(device: DeviceId) -> OnboardRow:
    identity = KeyPair.derive(device)
    text = attestation_text(
        uuid=UUID(device).bytes, device_type=6, firmware_uuid=bytes(16), nonce=None, identity=identity
    )
    return OnboardRow(device, AttestationToken(text))


def by_onboarding(device: DeviceId) -> OnboardRow:
    key = ec.generate_private_key(ec.SECP256R1())
    return OnboardRow(device, OnboardingToken(jwt.encode({"sub": device, "id": "team"}, key, algorithm="ES256"), FAR))


def create(
    vendor_python: Path, cloud: SimulatedCloud, content: bytes, folder: Path, *, code: int = 0
) -> dict[str, str]:
    """Run ``nrfcloud device create`` on ``content``; return what it says of each device."""
    (folder / "onboard.csv").write_bytes(content)
    where = ["--url", cloud.base_url.removesuffix("/v1"), "--org-token", LINE_TOKEN]
    whose = ["--org", "simulated-works", "--project", "trackers"]
    files = ["--csv", folder / "onboard.csv", "--res", folder / "results.csv"]
    program = [vendor_python, "-c", "from memfault_cli.nrfcloud import main; main()"]
    finished = subprocess.run(
        [*program, *where, *whose, "device", "create", *files],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
    )
    assert finished.returncode == code, finished.stdout + finished.stderr
    return dict(list(csv.reader((folder / "results.csv").read_text(encoding="utf-8").splitlines()))[1:])


def posted(cloud: SimulatedCloud) -> bytes:
    """The one body that came."""
    (operation,) = cloud.world.operations()
    return operation.body


@pytest.mark.parametrize("where", ["location", "location-path", "url", "url-path"])
def test_it_eats_the_stations_onboard_csv_and_posts_the_stations_body(
    vendor_python: Path, cloud: SimulatedCloud, tmp_path: Path, where: str
) -> None:
    cloud.switch(status_at=where)
    rows = [by_certificate(device) for device in DEVICES]
    # What the station exports is the team API's form, in five columns and without a header.
    assert create(vendor_python, cloud, render_rows(rows), tmp_path) == dict.fromkeys(DEVICES, "OK")
    assert posted(cloud) == render_headed_rows(rows)
    (post,) = cloud.truth()["posts"]
    assert (post["target"], post["content_type"]) == (BULK, "text/csv")
    assert [one["device_id"] for one in cloud.truth()["devices"]] == list(DEVICES)


@pytest.mark.parametrize("make", [by_certificate, by_attestation, by_onboarding])
def test_it_eats_the_stations_body_and_posts_it_again(
    vendor_python: Path, cloud: SimulatedCloud, tmp_path: Path, make: object
) -> None:
    rows = [make(device) for device in DEVICES]  # type: ignore[operator]  # one of the three above
    body = render_headed_rows(rows)
    assert create(vendor_python, cloud, body, tmp_path) == dict.fromkeys(DEVICES, "OK")
    assert posted(cloud) == body
    assert {one["credential"] for one in cloud.truth()["devices"]} == {rows[0].kind}


def test_both_read_the_same_refusals(vendor_python: Path, cloud: SimulatedCloud, tmp_path: Path) -> None:
    client = _client(cloud)
    rows = [by_attestation(device) for device in DEVICES]
    client.send(render_headed_rows(rows[1:2]), CredentialKind.CERTIFICATE, ())
    body = render_headed_rows(rows)
    said = create(vendor_python, cloud, body, tmp_path, code=1)
    assert said == {DEVICES[0]: "OK", DEVICES[1]: DEVICE_EXISTS, DEVICES[2]: "OK"}
    request = max(cloud.world.operations(), key=lambda one: one.request_id).request_id
    address = RequestId(f"{cloud.base_url.removesuffix('/v1')}{BULK}/{request}")
    answer = client.poll(address, DEVICES, CredentialKind.ATTESTATION_TOKEN)
    assert answer == Settled((Claimed(), Refused(DEVICE_EXISTS), Claimed()))


def test_both_take_a_row_that_cannot_be_parsed_for_the_same_one(
    vendor_python: Path, cloud: SimulatedCloud, tmp_path: Path
) -> None:
    # The station never renders such an ID; here its rows are counted without the header.
    body = render_headed_rows([by_certificate(device) for device in DEVICES]).replace(DEVICES[2].encode(), b"a:b")
    said = create(vendor_python, cloud, body, tmp_path, code=1)
    assert [word == "OK" for word in said.values()] == [True, True, False]
    (operation,) = cloud.world.operations()
    address = RequestId(f"{cloud.base_url.removesuffix('/v1')}{BULK}/{operation.request_id}")
    ids = [*DEVICES[:2], DeviceId("a:b")]
    answer = _client(cloud).poll(address, ids, CredentialKind.CERTIFICATE)
    assert answer == Settled((Onboarded(), Onboarded(), Refused(said["a:b"])))


def test_the_bodies_of_both_are_the_same_bytes(vendor_python: Path, cloud: SimulatedCloud, tmp_path: Path) -> None:
    rows = [by_certificate(device) for device in DEVICES]
    _client(cloud).send(render_headed_rows(rows), CredentialKind.CERTIFICATE, ())
    create(vendor_python, cloud, render_rows(rows), tmp_path, code=1)  # they exist already
    ours, theirs = cloud.truth()["posts"]
    assert ours["body_sha256"] == theirs["body_sha256"] == sha256_of(render_headed_rows(rows))
    cells = list(csv.reader(io.StringIO(render_headed_rows(rows).decode(), newline="")))
    assert cells[0] == ["deviceId", "certificate"]


def _client(cloud: SimulatedCloud) -> OrganisationCloud:
    return OrganisationCloud(
        cloud.base_url,
        Secret(LINE_TOKEN),
        organisation="simulated-works",
        project="trackers",
        clock=SystemClock(),
        version="0",
    )
