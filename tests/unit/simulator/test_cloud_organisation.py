"""The simulated organisation API, public keys and tokens, spoken to over bare HTTP (reference 1.2, 1.4, 3.2)."""

from collections.abc import Callable, Iterator

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.simulator.cloud import LINE_KEY, LINE_TOKEN, OTHER_KEY, OTHER_TOKEN, SimulatedCloud
from station.simulator.cloud_world import BAD_DEVICE_ID, DEVICE_EXISTS, FAST, NOT_ES256, OTHER_ACCOUNT
from station.simulator.keys import KeyPair
from station.simulator.tokens import attestation_text
from tests.unit.simulator.test_cloud_certificates import pem

BULK = "/organizations/simulated-works/projects/trackers/long-range/devices/bulk"
OTHERS = BULK.replace("trackers", "meters")
Post = Callable[..., requests.Response]


@pytest.fixture
def simulated() -> Iterator[SimulatedCloud]:
    with SimulatedCloud(service=FAST) as running:
        yield running


@pytest.fixture
def post(simulated: SimulatedCloud) -> Post:
    def post(path: str, body: str, token: str = LINE_TOKEN, content_type: str = "text/csv") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
        return requests.post(simulated.base_url + path, data=body, headers=headers, timeout=10)

    return post


def status(answer: requests.Response, token: str = LINE_TOKEN) -> dict:
    assert answer.status_code == 202, answer.text
    told = requests.get(answer.headers["Location"], headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert told.status_code == 200
    value: dict = told.json()
    return value


def key_pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def attest(device_type: int = 6) -> str:
    identity = KeyPair.generate()
    return attestation_text(
        uuid=bytes(16), device_type=device_type, firmware_uuid=bytes(16), nonce=None, identity=identity
    )


def enrol(device: str, account: str, **claims: object) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode({"sub": device, "id": account, **claims}, key, algorithm="ES256")


def test_each_row_has_its_own_fate(simulated: SimulatedCloud, post: Post) -> None:
    status(post(OTHERS, f'deviceId,certificate\nb,"{pem("b")}"\n', OTHER_TOKEN), OTHER_TOKEN)
    rows = f'deviceId,certificate\na,"{pem("a")}"\nb,"{pem("b")}"\nc:1,"{pem("c")}"\nd,"no"\n'
    assert status(post(BULK, rows)) == {
        "status": "FAILED",
        "errorSummary": {
            "errors": [
                {"error": OTHER_ACCOUNT, "deviceId": "b"},
                {"error": BAD_DEVICE_ID, "row": 2},
                {"error": NOT_ES256, "deviceId": "d"},
            ]
        },
    }
    assert [(one.device_id, one.team_id) for one in simulated.world.devices()] == [
        ("a", "simulated-works/trackers"),
        ("b", "simulated-works/meters"),
    ]
    assert status(post(BULK, f'deviceId,certificate\na,"{pem("a")}"\n'))["errorSummary"]["errors"] == [
        {"error": DEVICE_EXISTS, "deviceId": "a"}
    ]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "a,b\n",
        "deviceId,certificate\n",
        "deviceId,certificate,tags\na,b,c\n",
        "deviceId,publicKey\na,b\n",
        "attestationToken,certificate\na,b\n",
        "deviceId,attestationToken\na,b,c\n",
        "deviceId,attestationToken\n" + "a,b\n" * 1001,
    ],
)
def test_a_body_in_another_form_is_refused_at_once(simulated: SimulatedCloud, post: Post, body: str) -> None:
    answer = post(BULK, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"message", "cause"}
    assert simulated.world.operations() == []


def test_a_token_opens_its_own_project_alone(post: Post, simulated: SimulatedCloud) -> None:
    rows = f'deviceId,certificate\na,"{pem("a")}"\n'
    for path, token, code in (
        (BULK, "oat_of-nobody", 401),
        (BULK, LINE_KEY, 401),
        (BULK, OTHER_TOKEN, 404),
        (OTHERS, LINE_TOKEN, 404),
        (BULK.replace("devices", "things"), LINE_TOKEN, 404),
        ("/devices", LINE_TOKEN, 401),
    ):
        assert post(path, rows, token).status_code == code, path
    simulated.switch(read_only=("simulated-works/trackers",))
    assert post(BULK, rows).status_code == 403
    assert simulated.world.operations() == []
    simulated.heal()
    answer = post(BULK, rows)
    other = requests.get(answer.headers["Location"], headers={"Authorization": f"Bearer {OTHER_TOKEN}"}, timeout=10)
    assert other.status_code == 404


def test_attestation_and_onboarding_tokens_are_judged(simulated: SimulatedCloud, post: Post) -> None:
    claims = f"deviceId,attestationToken\na,{attest()}\nb,{attest(3)}\nc,broken\n"
    (old, bad) = status(post(BULK, claims))["errorSummary"]["errors"]
    assert (old["deviceId"], bad["deviceId"]) == ("b", "c")
    enrolled = f"deviceId,onboardingToken\nd,{enrol('d', 'x')}\ne,{enrol('f', 'x')}\ng,{enrol('g', 'x', exp=1)}\n"
    assert [one["deviceId"] for one in status(post(BULK, enrolled))["errorSummary"]["errors"]] == ["e", "g"]
    assert {one.device_id: one.credential for one in simulated.world.devices()} == {
        "a": "attestation-token",
        "d": "onboarding-token",
    }


def test_public_keys_are_overwritten_by_their_own_team_alone(simulated: SimulatedCloud, post: Post) -> None:
    first, second = key_pem(), key_pem()
    for body in (f'a,"{first}"\n', f'a,"{second}"\n'):
        assert post("/devices/public-keys", body, LINE_KEY).status_code == 202
    kept = simulated.world.public_keys()["a"]
    assert kept.times == 2
    post("/devices/public-keys", f'a,"{first}"\n', OTHER_KEY)
    assert simulated.world.public_keys()["a"] == kept
    assert simulated.world.operations()[0].errors == {0: OTHER_ACCOUNT}
    assert post("/devices/public-keys", f'a,"{pem("a")}"\n', LINE_KEY).status_code == 422
    assert simulated.world.devices() == []


def test_one_device_by_its_onboarding_token(simulated: SimulatedCloud, post: Post) -> None:
    def once(body: object, device: str = "d") -> requests.Response:
        headers = {"Authorization": f"Bearer {LINE_KEY}"}
        return requests.post(f"{simulated.base_url}/devices/{device}", json=body, headers=headers, timeout=10)

    token = enrol("d", simulated.team_id)
    for wrong in ({}, [], {"onboardingToken": "x"}, {"onboardingToken": enrol("d", "another")}):
        assert once(wrong).status_code == 422
    assert once({"onboardingToken": token}, "e").status_code == 422
    answer = once({"onboardingToken": token, "subType": "nRF93M1", "tags": ["a"]})
    assert (answer.status_code, answer.content) == (202, b"")
    (device,) = simulated.world.devices()
    assert (device.credential, device.subtype, device.tags) == ("onboarding-token", "nRF93M1", ("a",))
    assert post("/devices/d", "{}", "nobody's").status_code == 401
