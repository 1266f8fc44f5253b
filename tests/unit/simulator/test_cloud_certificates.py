"""RegisterCertificates of the simulated cloud (nrf-cloud-api reference section 1.4), spoken to over bare HTTP."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from station.simulator.cloud import LINE_KEY, OTHER_KEY, SimulatedCloud
from station.simulator.cloud_world import CERTIFICATE_TAKEN, FAST, OTHER_ACCOUNT


@pytest.fixture
def simulated() -> Iterator[SimulatedCloud]:
    with SimulatedCloud(service=FAST) as running:
        yield running


@pytest.fixture
def post(simulated: SimulatedCloud) -> Callable[..., requests.Response]:
    def post(path: str, body: str, key: str = LINE_KEY) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/csv"}
        return requests.post(simulated.base_url + path, data=body, headers=headers, timeout=10)

    return post


def pem(name: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, start, start + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def certificate_of(simulated: SimulatedCloud, name: str) -> str:
    device = simulated.world.device(name)
    return device.fingerprint if device else ""


def test_it_replaces_an_onboarded_devices_certificate_and_nothing_else(
    simulated: SimulatedCloud, post: Callable[..., requests.Response]
) -> None:
    post("/devices", f'a,board,line1,APP,"{pem("a")}"\n')
    before = certificate_of(simulated, "a")
    answer = post("/devices/certificates", f'a,"{pem("a")}"\n')
    assert answer.status_code == 202
    operation = simulated.world.operation(answer.json()["bulkOpsRequestId"])
    assert operation is not None
    assert operation.status == "SUCCEEDED"
    assert certificate_of(simulated, "a") not in ("", before)
    device = simulated.world.device("a")
    assert device is not None
    assert (device.subtype, device.tags) == ("board", ("line1",))


def test_it_onboards_no_device(simulated: SimulatedCloud, post: Callable[..., requests.Response]) -> None:
    assert post("/devices/certificates", f'b,"{pem("b")}"\n').status_code == 202
    assert simulated.world.device("b") is None


def test_it_refuses_another_teams_device_and_another_devices_certificate(
    simulated: SimulatedCloud, post: Callable[..., requests.Response]
) -> None:
    taken = pem("a")
    post("/devices", f'a,,,,"{taken}"\nb,,,,"{pem("b")}"\n')
    post("/devices", f'c,,,,"{pem("c")}"\n', OTHER_KEY)
    simulated.world.devices()
    answer = post("/devices/certificates", f'b,"{taken}"\nc,"{pem("c")}"\n')
    operation = simulated.world.operation(answer.json()["bulkOpsRequestId"])
    assert operation is not None
    assert operation.errors == {0: CERTIFICATE_TAKEN, 1: OTHER_ACCOUNT}


@pytest.mark.parametrize("body", ['a,,,,"{pem}"\n', '"{pem}"\n', "a,b\n"])
def test_any_other_columns_are_refused_at_once(post: Callable[..., requests.Response], body: str) -> None:
    answer = post("/devices/certificates", body.replace("{pem}", pem("a")))
    assert (answer.status_code, answer.json()["code"]) == (422, 42200)
