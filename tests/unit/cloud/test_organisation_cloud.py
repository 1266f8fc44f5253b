"""The organisation API's client against a simulated project: judged by what that project has then."""

import hashlib
import json
from collections.abc import Callable, Iterator

import pytest

from station.cloud.organisation import OrganisationCloud
from station.cloud.protocol import (
    Accepted,
    AttestationToken,
    Busy,
    Certificate,
    Claimed,
    CredentialRefused,
    Invalid,
    NotFound,
    NotSent,
    NoWay,
    Onboarded,
    OnboardingToken,
    OnboardRow,
    Refused,
    RequestId,
    Settled,
    Stated,
    Unclear,
    Unknown,
    Working,
)
from station.cloud.wire import Timeouts
from station.domain.faults import Fault as Raised
from station.domain.ids import DeviceId, Sha256
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.host.clock import SystemClock
from station.simulator.cloud import LINE_TOKEN, OTHER_TOKEN, SimulatedCloud
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_world import DEVICE_EXISTS, OTHER_ACCOUNT, ServiceTimes
from tests.unit.cloud.elsewhere import ELSEWHERE
from tests.unit.line.outbox_tokens import FAR

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

QUICK = Timeouts(connect=2.0, read=0.5, total=1.0)
BULK = "/v1/organizations/simulated-works/projects/trackers/long-range/devices/bulk"
POST, POLL = f"POST {BULK}", f"GET {BULK}/*"
TOKENS = CredentialKind.ATTESTATION_TOKEN


def _client(cloud: SimulatedCloud, token: str = LINE_TOKEN, project: str = "trackers") -> OrganisationCloud:
    return OrganisationCloud(
        cloud.base_url,
        Secret(token),
        organisation="simulated-works",
        project=project,
        clock=SystemClock(),
        version="1.2.3",
        timeouts=QUICK,
    )


@pytest.fixture
def client(cloud: SimulatedCloud) -> OrganisationCloud:
    return _client(cloud)


@pytest.fixture
def units(make_unit: Callable) -> list:
    return [make_unit(f"unit-{number}") for number in range(3)]


@pytest.fixture
def ids(units: list) -> list[DeviceId]:
    return [unit.device_id for unit in units]


@pytest.fixture
def body(client: OrganisationCloud, units: list) -> bytes:
    rows = [OnboardRow(unit.device_id, Certificate(unit.pem), "board", ("line-1",), ("APP",)) for unit in units]
    return client.render(rows)


@pytest.fixture(autouse=True)
def _no_token_ever_leaks(cloud: SimulatedCloud) -> Iterator[None]:
    yield
    assert cloud.truth()["leaks"] == []


def _sent(client: OrganisationCloud, body: bytes) -> RequestId:
    answer = client.send(body, CredentialKind.CERTIFICATE, ())
    assert isinstance(answer, Accepted)
    return answer.request_id


def _devices(cloud: SimulatedCloud) -> dict[str, tuple[str, str]]:
    """What the cloud has: by which credential, in which project."""
    return {one["device_id"]: (one["credential"], one["team_id"]) for one in cloud.truth()["devices"]}


# --- the whole way -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["location", "location-path", "url", "url-path"])
def test_certificates_are_onboarded_and_asked_about_wherever_the_answer_says(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, ids: list, where: str
) -> None:
    cloud.switch(status_at=where)
    request = _sent(client, body)
    assert request.startswith(cloud.base_url.removesuffix("/v1") + BULK)
    assert client.poll(request, ids, CredentialKind.CERTIFICATE) == Settled((Onboarded(),) * 3)
    assert _devices(cloud) == dict.fromkeys(ids, ("certificate", "simulated-works/trackers"))
    (post,) = cloud.truth()["posts"]
    assert post["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert (post["content_type"], post["target"]) == ("text/csv", BULK)


def test_attestation_tokens_are_claims_and_onboarding_tokens_are_not(
    cloud: SimulatedCloud, client: OrganisationCloud, attest: Callable, enrol: Callable
) -> None:
    ids = [DeviceId("50503642-3633-4685-802c-1c2c0bf87a22"), DeviceId("14a6feca-c4f0-44e1-a6dd-af0ac9375923")]
    claim = client.render([OnboardRow(ids[0], AttestationToken(attest(ids[0])))])
    assert client.poll(_sent(client, claim), ids[:1], TOKENS) == Settled((Claimed(),))
    enrolled = client.render([OnboardRow(ids[1], OnboardingToken(enrol(ids[1], "whatever"), FAR))])
    kind = CredentialKind.ONBOARDING_TOKEN
    assert client.poll(_sent(client, enrolled), ids[1:], kind) == Settled((Onboarded(),))
    assert [kind for kind, _ in _devices(cloud).values()] == ["onboarding-token", "attestation-token"]


def test_a_body_is_worked_on_before_it_ends(make_unit: Callable) -> None:
    unit = make_unit("unit-1")
    with SimulatedCloud(service=ServiceTimes(0.0, 3600.0, 3600.0)) as cloud:
        client = _client(cloud)
        body = client.render([OnboardRow(unit.device_id, Certificate(unit.pem))])
        assert client.poll(_sent(client, body), [unit.device_id], CredentialKind.CERTIFICATE) == Working("IN_PROGRESS")


# --- what it says of rows ----------------------------------------------------------------------------------------


def test_inline_errors_name_devices_and_the_others_are_onboarded(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, ids: list
) -> None:
    cloud.switch(row_errors={ids[1]: "no such thing"})
    assert client.poll(_sent(client, body), ids, CredentialKind.CERTIFICATE) == Settled(
        (Onboarded(), Refused("no such thing"), Onboarded())
    )
    assert sorted(_devices(cloud)) == [ids[0], ids[2]]


def test_a_row_is_named_by_its_number_where_its_id_cannot_be_parsed(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, ids: list
) -> None:
    # The station never sends such an ID: this is what the cloud would say. Its header is no row.
    answer = client.poll(_sent(client, body.replace(b"unit-1,", b"unit:1,")), ids, CredentialKind.CERTIFICATE)
    assert isinstance(answer, Settled)
    assert [type(row) for row in answer.rows] == [Onboarded, Refused, Onboarded]
    assert sorted(_devices(cloud)) == [ids[0], ids[2]]


def test_a_device_that_exists_or_is_anothers_is_refused(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, ids: list, units: list
) -> None:
    other = _client(cloud, OTHER_TOKEN, "meters")
    _sent(other, other.render([OnboardRow(ids[0], Certificate(units[0].pem))]))
    _sent(client, client.render([OnboardRow(ids[1], Certificate(units[1].pem))]))
    answer = client.poll(_sent(client, body), ids, CredentialKind.CERTIFICATE)
    assert answer == Settled((Refused(OTHER_ACCOUNT), Refused(DEVICE_EXISTS), Onboarded()))


@pytest.mark.parametrize(
    "status",
    [
        {"status": "FAILED"},
        {"status": "FAILED", "errorSummary": None},
        {"status": "FAILED", "errorSummary": {"errors": []}},
        {"status": "CANCELLED"},
        {"status": "SUCCEEDED", "errorSummary": "broken"},
        {"status": "SUCCEEDED", "errorSummary": {}},
        {"status": "FAILED", "errorSummary": {"errors": ["unit-0: bad"]}},
        {"status": "FAILED", "errorSummary": {"errors": [{"error": "bad"}]}},
        {"status": "FAILED", "errorSummary": {"errors": [{"error": "bad", "row": 3}]}},
        {"status": "FAILED", "errorSummary": {"errors": [{"error": "bad", "row": -1}]}},
        {"status": "FAILED", "errorSummary": {"errors": [{"error": "bad", "row": True}]}},
        {"status": "FAILED", "errorSummary": {"errors": [{"error": "bad", "row": "1"}]}},
        {"status": "FAILED", "errorSummary": {"errors": [{"error": "bad", "deviceId": "stranger"}]}},
        {"status": "FAILED", "errorSummary": {"errors": [{"error": "bad", "deviceId": 7, "row": 1}]}},
        {"status": "FAILED", "errorSummary": {"errors": [{"error": "bad", "deviceId": "unit-0"}, {}]}},
    ],
)
def test_what_is_not_wholly_understood_vouches_for_no_row(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, ids: list, status: dict
) -> None:
    request = _sent(client, body)
    cloud.switch(status_text=json.dumps(status))
    answer = client.poll(request, ids, CredentialKind.CERTIFICATE)
    assert isinstance(answer, Settled)
    assert [type(row) for row in answer.rows] == [Unknown] * 3
    assert status["status"] in answer.rows[0].reason


@pytest.mark.parametrize(
    ("status", "rows"),
    [
        # The ID counts, whatever row is named beside it.
        ({"errors": [{"error": "bad", "deviceId": "unit-2", "row": 0}]}, [Onboarded, Onboarded, Refused]),
        ({"errors": [{"error": "bad", "row": 0}]}, [Refused, Onboarded, Onboarded]),
        ({"errors": [{"deviceId": "unit-0"}]}, [Refused, Onboarded, Onboarded]),
    ],
)
def test_the_id_is_what_names_a_row(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, ids: list, status: dict, rows: list[type]
) -> None:
    request = _sent(client, body)
    for state, taken in (("SUCCEEDED", Onboarded), ("FAILED", Onboarded), ("HALF_DONE", Unknown)):
        cloud.switch(status_text=json.dumps({"status": state, "errorSummary": status}))
        answer = client.poll(request, ids, CredentialKind.CERTIFICATE)
        assert isinstance(answer, Settled)
        assert [type(row) for row in answer.rows] == [row if row is Refused else taken for row in rows]


@pytest.mark.parametrize("text", ["[]", "{}", '{"status": 1}', '"SUCCEEDED"', "null"])
def test_a_status_that_cannot_be_read_is_asked_for_again(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, ids: list, text: str
) -> None:
    request = _sent(client, body)
    cloud.fail(Fault(POLL, Do.NONSENSE, body=text))
    assert isinstance(client.poll(request, ids, CredentialKind.CERTIFICATE), Unclear)
    assert client.poll(request, ids, CredentialKind.CERTIFICATE) == Settled((Onboarded(),) * 3)


# --- what may go wrong with the sending ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected", "acted"),
    [
        (Fault(POST, Do.CLOSE_UNREAD), Unclear, False),
        (Fault(POST, Do.CLOSE_UNDONE), Unclear, False),
        (Fault(POST, Do.CLOSE_DONE), Unclear, True),
        (Fault(POST, Do.CLOSE_MID_ANSWER), Accepted, True),  # its Location came whole
        (Fault(POST, Do.SLOW, seconds=5.0), Unclear, True),
        (Fault(POST, Do.REDIRECT), Unclear, False),
        (Fault(POST, Do.STATUS, status=500), Unclear, False),
        (Fault(POST, Do.STATUS, status=409), Unclear, False),
        (Fault(POST, Do.STATUS, status=429, headers={"Retry-After": "7"}), Busy, False),
        (Fault(POST, Do.STATUS, status=503, headers={"Retry-After": "7"}), Busy, False),
        (Fault(POST, Do.STATUS, status=401), CredentialRefused, False),
        (Fault(POST, Do.STATUS, status=403, body='{"message":"Forbidden","cause":["x"]}'), CredentialRefused, False),
        (Fault(POST, Do.STATUS, status=404), CredentialRefused, False),
        (Fault(POST, Do.STATUS, status=400, body='{"message":"Invalid CSV"}'), Invalid, False),
        (Fault(POST, Do.STATUS, status=413), Invalid, False),
    ],
    ids=lambda value: getattr(value, "do", None) or "",
)
def test_every_end_of_a_sending_is_told_and_nothing_is_sent_twice(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, fault: Fault, expected: type, acted: bool
) -> None:
    cloud.fail(fault)
    answer = client.send(body, CredentialKind.CERTIFICATE, ())
    assert type(answer) is expected
    if expected is Busy:
        assert answer.retry_after_s == 7.0
    posts = cloud.truth()["posts"]
    assert [post["acted"] for post in posts] == [acted]
    assert len(_devices(cloud)) == (3 if acted else 0)


def test_without_a_network_nothing_was_sent(cloud: SimulatedCloud, client: OrganisationCloud, body: bytes) -> None:
    cloud.stop()
    assert isinstance(client.send(body, CredentialKind.CERTIFICATE, ()), NotSent)


def test_the_clouds_own_words_come_with_their_causes(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes
) -> None:
    answer = client.send(body.replace(b"deviceId,certificate", b"deviceId,cert"), CredentialKind.CERTIFICATE, ())
    assert isinstance(answer, Invalid)
    assert "Invalid CSV (The header must be" in answer.reason
    cloud.switch(read_only=("simulated-works/trackers",))
    refused = client.send(body, CredentialKind.CERTIFICATE, ())
    assert isinstance(refused, CredentialRefused)
    assert "device:write" in refused.reason


def test_a_wrong_token_or_project_stops(cloud: SimulatedCloud, body: bytes) -> None:
    for client in (_client(cloud, "oat_of-nobody"), _client(cloud, project="meters"), _client(cloud, project="none")):
        assert isinstance(client.send(body, CredentialKind.CERTIFICATE, ()), CredentialRefused)
    assert _devices(cloud) == {}


# --- where the token may go ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["elsewhere", "nowhere"])
def test_a_body_whose_progress_is_told_elsewhere_was_taken_and_nobody_knows_more(
    cloud: SimulatedCloud, client: OrganisationCloud, body: bytes, where: str
) -> None:
    cloud.switch(status_at=where)
    answer = client.send(body, CredentialKind.CERTIFICATE, ())
    assert isinstance(answer, Unclear)
    assert "took the body" in answer.reason
    assert cloud.files_origin not in answer.reason
    assert {one["server"] for one in cloud.truth()["requests"]} == {"api"}


def test_no_address_but_the_clouds_own_is_asked(cloud: SimulatedCloud, client: OrganisationCloud, ids: list) -> None:
    host = cloud.base_url.removeprefix("http://").removesuffix("/v1")
    port = int(host.partition(":")[2])
    before = len(cloud.truth()["requests"])
    for url in (
        f"{cloud.files_origin}/x",
        f"https://{host}/v1/x",
        f"http://127.0.0.1:{port + 1}/x",
        f"http://localhost:{port}/x",
        f"http://user@{host}/x",
        f"http://{host}@evil.invalid/x",
        f"http://{host}\\@evil.invalid/x",
        f"//{host}/x",
        "/v1/x",
        f"http://{host}/x#y",
        f"http://{host}/x y",
        f"http://{host}/{'x' * 3000}",
        "01M80ZHPA2DENE7SR6GB10JK5C",
        "",
    ):
        assert isinstance(client.poll(RequestId(url), ids, CredentialKind.CERTIFICATE), Unclear), url
    assert len(cloud.truth()["requests"]) == before


def test_a_status_that_is_gone_is_not_found(cloud: SimulatedCloud, client: OrganisationCloud, ids: list) -> None:
    url = RequestId(f"{cloud.base_url.removesuffix('/v1')}{BULK}/01M80ZHPA2DENE7SR6GB10JK5C")
    assert isinstance(client.poll(url, ids, CredentialKind.CERTIFICATE), NotFound)
    for body in ELSEWHERE:
        cloud.fail(Fault(POLL, Do.STATUS, status=404, body=body))
        assert isinstance(client.poll(url, ids, CredentialKind.CERTIFICATE), Unclear)


# --- what no way is known for --------------------------------------------------------------------------------------


def test_nothing_is_asked_where_no_way_is_known(cloud: SimulatedCloud, client: OrganisationCloud, ids: list) -> None:
    assert not client.can_look
    assert client.account() == Stated("simulated-works", "trackers")
    assert isinstance(client.find_sent(Sha256("0" * 64), None), NoWay)
    known = client.known(ids)
    assert [device for device, _ in known.unknown] == ids
    assert (known.present, known.absent) == (frozenset(), frozenset())
    assert isinstance(client.accepts_jwt(ids[0], Secret("a.b.c")), Unclear)
    assert cloud.truth()["requests"] == []
    assert not any(client.repeatable(kind) for kind in CredentialKind)
    assert CredentialKind.PUBLIC_KEY not in client.takes


def test_times_are_the_clouds(client: OrganisationCloud, body: bytes) -> None:
    assert client.time() is None
    client.send(body, CredentialKind.CERTIFICATE, ())
    assert client.time() is not None


@pytest.mark.parametrize("token", ["", "two words", "line\nfeed", "ümlaut"])
def test_a_token_that_is_none_is_refused(cloud: SimulatedCloud, token: str) -> None:
    with pytest.raises(Raised) as raised:
        _client(cloud, token)
    assert raised.value.code == "CLD-102"
