"""The Provisioning API against the simulated one: judged by what that knows of who claimed what."""

import json
import sys
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from station.cloud.asking import Reach
from station.cloud.protocol import (
    Accepted,
    Busy,
    Claimed,
    CredentialRefused,
    Invalid,
    KnownDevices,
    NotSent,
    Refused,
    Settled,
    Unclear,
    Unknown,
)
from station.cloud.provisioning import Claimable, Made, NotClaimable, NotClaimed, ProvisioningApi, Unclaimed
from station.cloud.provisioning_answers import ClaimedDevice, read_bulk_claim
from station.cloud.provisioning_rows import Claim, RuleOrder, claim_of, write_claims
from station.cloud.wire import Reply, Timeouts
from station.credentials.pem import CertificatePem
from station.domain.faults import Fault as Raised
from station.domain.ids import DeviceUuid
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.simulator.board import Board
from station.simulator.cloud import LINE_KEY, OTHER_KEY, SimulatedCloud
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_provisioning import CLAIMED_BY_OTHERS, CLAIMED_BY_TEAM, NOT_SUPPORTED, ClaimSwitches
from station.simulator.modem import Modem
from station.simulator.profile import PROFILES
from station.simulator.timings import Timings
from tests.unit.cloud.elsewhere import ELSEWHERE

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

QUICK = Timeouts(connect=2.0, read=0.5, total=1.0)
POST = "POST /v1/claimed-devices"
FETCH = "GET /v1/claimed-devices/*"
TAG = "nrf-cloud-onboarding"
ROOTS = CertificatePem("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
ORDER = RuleOrder(TAG, 16842753, ROOTS)


def _api(cloud: SimulatedCloud, key: str = LINE_KEY, url: str = "") -> ProvisioningApi:
    return ProvisioningApi(url or cloud.provisioning_url, Secret(key), Reach(SystemClock(), "1.2.3", QUICK))


@pytest.fixture
def api(cloud: SimulatedCloud) -> ProvisioningApi:
    return _api(cloud)


def _token(serial: str, profile: str = "nrf9151") -> str:
    modem = Modem(Board(serial, profile=PROFILES[profile]), Timings.none(), SystemClock())
    return modem.execute("AT%ATTESTTOKEN").text.split('"')[1]


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return [claim_of(_token(f"claim-{number}"), (TAG, "location=Oslo")) for number in range(4)]


@pytest.fixture(autouse=True)
def _no_key_ever_leaks(cloud: SimulatedCloud) -> Iterator[None]:
    yield
    assert cloud.truth()["leaks"] == []


def _owned(cloud: SimulatedCloud) -> set[str]:
    mine = cloud.world.teams[0].team_id
    return {one.uuid for one in cloud.provisioning.all_claimed() if one.team_id == mine}


def _posts(cloud: SimulatedCloud) -> list[dict]:
    found = cloud.truth()["requests"]
    return [one for one in found if one["target"] == "/v1/claimed-devices" and one["method"] == "POST"]


# --- claims ------------------------------------------------------------------------------------------------------


def test_every_row_is_claimed_with_its_tags(cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]) -> None:
    assert api.claim(write_claims(claims)) == Settled((Claimed(),) * 4)
    assert _owned(cloud) == {claim.uuid for claim in claims}
    assert {one.tags for one in cloud.provisioning.all_claimed()} == {(TAG, "location=Oslo")}
    (post,) = _posts(cloud)
    assert (post["content_type"], post["authorization"]) == ("text/csv", "Simulated line")


@pytest.mark.parametrize("form", ["objects", "tokens", "words", "nothing"])
def test_a_refused_row_is_refused_whatever_form_its_words_have(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim], form: str
) -> None:
    bad = claims[2]
    cloud.provisioning.switches = ClaimSwitches(failed=form, refused={bad.uuid: f"no room for {bad.token}"})
    answer = api.claim(write_claims(claims))
    assert isinstance(answer, Settled)
    results = list(answer.rows)
    refused = results.pop(2)
    assert results == [Claimed()] * 3
    assert isinstance(refused, Refused)
    assert bad.token not in refused.reason
    assert _owned(cloud) == {claim.uuid for claim in claims} - {bad.uuid}
    if form == "objects":
        assert refused.reason == "no room for ***"


def test_what_cannot_be_told_of_a_row_is_unknown(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    cloud.provisioning.switches = ClaimSwitches(failed="words", refused={claims[2].uuid: "no room"})
    cloud.fail(Fault(FETCH, Do.STATUS, times=0, status=418))
    rows = api.claim(write_claims(claims))
    assert isinstance(rows, Settled)
    assert [type(row) for row in rows.rows] == [Claimed, Claimed, Unknown, Claimed]


def test_what_cannot_be_looked_up_now_is_unclear_and_not_lost(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    cloud.provisioning.switches = ClaimSwitches(failed="words", refused={claims[2].uuid: "no room"})
    cloud.fail(Fault(FETCH, Do.STATUS, times=0, status=503))
    assert isinstance(api.claim(write_claims(claims)), Unclear)
    cloud.faults.clear()
    known = api.claimed([claim.uuid for claim in claims])
    assert isinstance(known, KnownDevices)
    assert known.absent == {claims[2].uuid}
    assert known.present == _owned(cloud)


def test_a_row_that_is_claimed_and_failed_is_looked_up(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    both = json.dumps({"claimedIds": [claims[0].uuid], "failed": [{"id": claims[0].uuid, "message": "no"}]})
    cloud.fail(Fault(POST, Do.STATUS, status=201, body=both))
    assert api.claim(write_claims(claims[:1])) == Settled((Refused(ANY_REASON),))
    cloud.fail(Fault(POST, Do.NONSENSE, body=both))
    assert api.claim(write_claims(claims[:1])) == Settled((Claimed(),))


class _Any:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and bool(other)

    def __hash__(self) -> int:
        return 0


ANY_REASON: str = _Any()  # type: ignore[assignment]  # stands for any words at all


def test_the_other_form_is_a_bulk_operation_of_the_team_api(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    cloud.provisioning.switches = ClaimSwitches(answer="operation", refused={claims[1].uuid: "no room"})
    answer = api.claim(write_claims(claims))
    assert isinstance(answer, Accepted)
    (operation,) = cloud.truth()["operations"]
    assert operation["request_id"] == answer.request_id
    assert operation["errors"] == {"1": "no room"}


@pytest.mark.parametrize("what", [Do.CLOSE_UNDONE, Do.CLOSE_DONE, Do.CLOSE_MID_ANSWER, Do.NONSENSE, Do.HUGE])
def test_an_unclear_claim_is_sent_once_and_found_by_its_devices(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim], what: Do
) -> None:
    cloud.fail(Fault(POST, what, seconds=5))
    assert isinstance(api.claim(write_claims(claims)), Unclear)
    assert len(_posts(cloud)) == 1
    known = api.claimed([claim.uuid for claim in claims])
    assert isinstance(known, KnownDevices)
    assert known.present == _owned(cloud)
    assert not known.unknown


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(POST, Do.STATUS, status=429, headers={"Retry-After": "7"}), Busy),
        (Fault(POST, Do.STATUS, status=503, headers={"Retry-After": "7"}), Busy),
        (Fault(POST, Do.STATUS, status=500), Unclear),
        (Fault(POST, Do.STATUS, status=401), CredentialRefused),
        (Fault(POST, Do.STATUS, status=403), CredentialRefused),
        (Fault(POST, Do.STATUS, status=422, body='{"message":"Validation failed."}'), Invalid),
        (Fault(POST, Do.REDIRECT), Unclear),
    ],
)
def test_other_answers_to_a_claim(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim], fault: Fault, kind: type
) -> None:
    cloud.fail(fault)
    answer = api.claim(write_claims(claims))
    assert isinstance(answer, kind)
    assert not isinstance(answer, Busy) or answer.retry_after_s == 7
    assert _owned(cloud) == set()


def test_a_claim_that_never_left_is_not_sent(cloud: SimulatedCloud, claims: list[Claim]) -> None:
    assert isinstance(_api(cloud, url="http://127.0.0.1:1/v1").claim(write_claims(claims)), NotSent)


def test_no_body_of_claims_is_handed_over(cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]) -> None:
    for body in (b"", b"x", b'"token"\n', write_claims(claims)[:-20], f'"{claims[0].token}","a","b"\n'.encode()):
        with pytest.raises(Raised) as raised:
            api.claim(body)
        assert raised.value.code == "CLD-112"
        assert claims[0].token not in str(raised.value) + raised.value.detail
    assert _posts(cloud) == []


# --- dry runs ----------------------------------------------------------------------------------------------------


def test_a_dry_run_says_why_not_and_does_nothing(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    api.claim(write_claims(claims[:1]))
    _api(cloud, OTHER_KEY).claim(write_claims(claims[1:2]))
    old = claim_of(_token("old", "nrf9160"))
    before = cloud.provisioning.history[:]
    assert api.can_claim([*claims, old]) == (
        NotClaimable(CLAIMED_BY_TEAM),
        NotClaimable(CLAIMED_BY_OTHERS),
        Claimable(),
        Claimable(),
        NotClaimable(NOT_SUPPORTED),
    )
    assert cloud.provisioning.history == before


def test_a_dry_run_that_stops_half_way_asks_no_further(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    cloud.fail(Fault(POST, Do.CLOSE_UNDONE, skip=1))
    first, *rest = api.can_claim(claims)
    assert first == Claimable()
    assert all(isinstance(one, Busy) for one in rest)
    assert len([one for one in cloud.truth()["requests"] if "dryrun" in one["target"]]) == 2


def test_a_dry_run_that_is_denied_speaks_of_the_device_where_the_key_is_good(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    cloud.fail(Fault(POST, Do.STATUS, status=403, body='{"message":"Not yours."}'))
    assert api.can_claim(claims[:1]) == (NotClaimable("Not yours."),)
    (refused,) = _api(cloud, "a-key-of-nobody").can_claim(claims[:1])
    assert isinstance(refused, CredentialRefused)


# --- looks -------------------------------------------------------------------------------------------------------


def test_a_device_is_seen_by_its_team_alone(cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]) -> None:
    uuid = claims[0].uuid
    assert isinstance(api.device(uuid), NotClaimed)
    api.claim(write_claims(claims[:1]))
    device = api.device(uuid)
    assert isinstance(device, ClaimedDevice)
    assert (device.uuid, device.tags, device.status) == (uuid, (TAG, "location=Oslo"), "READY")
    assert isinstance(_api(cloud, OTHER_KEY).device(uuid), NotClaimed)


@pytest.mark.parametrize("body", ["", "null", "[]", "{}", '{"id":7}', '{"id":"other"}', "<html>"])
def test_an_answer_of_another_form_shows_no_device(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim], body: str
) -> None:
    api.claim(write_claims(claims[:1]))
    cloud.fail(Fault(FETCH, Do.NONSENSE, body=body))
    assert isinstance(api.device(claims[0].uuid), Unclear)


@pytest.mark.parametrize("body", ELSEWHERE)
def test_somebody_elses_404_is_no_word_of_the_api(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim], body: str
) -> None:
    cloud.fail(Fault(FETCH, Do.STATUS, status=404, body=body))
    assert isinstance(api.device(claims[0].uuid), Unclear)


def test_the_cloud_key_is_seen_when_the_device_has_made_it(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    assert api.make_rule(ORDER) == Made(there_before=False)
    api.claim(write_claims(claims[:2]))
    ids = [claim.uuid for claim in claims[:3]]
    keyed = api.keyed(ids)
    assert isinstance(keyed, KnownDevices)
    assert (keyed.present, keyed.absent) == (frozenset(), {ids[0], ids[1]})
    assert [device for device, _ in keyed.unknown] == [ids[2]]  # nobody claimed it
    cloud.provisioning.connect(ids[0])
    keyed = api.keyed(ids[:2])
    assert isinstance(keyed, KnownDevices)
    assert (keyed.present, keyed.absent) == ({ids[0]}, {ids[1]})
    assert [one["device_id"] for one in cloud.truth()["devices"]] == [ids[0]]


@pytest.mark.parametrize(
    "said",
    ['{"items":[{"id":"1","request":{"cloudAccessKeyGeneration":{}},"status":"FAILED"}]}', '{"items":[{}]}', "{}", ""],
)
def test_no_other_answer_shows_the_key(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim], said: str
) -> None:
    api.make_rule(ORDER)
    api.claim(write_claims(claims[:1]))
    cloud.provisioning.connect(claims[0].uuid)
    cloud.fail(Fault("GET */provisioning", Do.NONSENSE, body=said))
    keyed = api.keyed([claims[0].uuid])
    assert isinstance(keyed, KnownDevices)
    assert not keyed.present


def test_a_claim_without_a_rule_never_gets_its_key(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    api.claim(write_claims(claims[:1]))
    cloud.provisioning.connect(claims[0].uuid)
    keyed = api.keyed([claims[0].uuid])
    assert isinstance(keyed, KnownDevices)
    ((_, why),) = keyed.unknown
    assert "rule" in why


# --- rules -------------------------------------------------------------------------------------------------------


def test_a_rule_is_made_once_and_does_what_the_vendors_does(cloud: SimulatedCloud, api: ProvisioningApi) -> None:
    assert api.rules() == ()
    assert api.make_rule(ORDER) == Made(there_before=False)
    assert api.make_rule(ORDER) == Made(there_before=True)
    (rule,) = api.rules()
    assert rule.tags == (TAG,)
    assert rule.kinds == ("clientPrivateKeyGeneration", "cloudAccessKeyGeneration", "serverCertificate")
    (kept,) = cloud.provisioning.rules(cloud.world.teams[0])
    assert [request[kind]["secTag"] for kind, request in zip(rule.kinds, kept.requests, strict=True)] == [16842753] * 3
    assert kept.requests[2]["serverCertificate"]["content"] == ROOTS


@pytest.mark.parametrize("what", [Do.CLOSE_UNDONE, Do.CLOSE_DONE])
def test_an_unclear_rule_is_looked_up(cloud: SimulatedCloud, api: ProvisioningApi, what: Do) -> None:
    cloud.fail(Fault("POST /v1/provisioning-rules", what))
    answer = api.make_rule(ORDER)
    made = bool(cloud.provisioning.rules(cloud.world.teams[0]))
    assert made is (what is Do.CLOSE_DONE)
    assert answer == Made(there_before=False) if made else isinstance(answer, Unclear)


def test_an_inactive_rule_is_none(cloud: SimulatedCloud, api: ProvisioningApi) -> None:
    team = cloud.world.teams[0]
    cloud.provisioning.make_tag(team, TAG)
    cloud.provisioning.make_rule(team, "asleep", [TAG], [{"finished": {}}], active=False)
    assert api.make_rule(ORDER) == Made(there_before=False)


# --- unclaiming --------------------------------------------------------------------------------------------------


def test_unclaiming_gives_the_device_up(cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]) -> None:
    uuid = claims[0].uuid
    assert isinstance(api.unclaim(uuid), NotClaimed)
    api.claim(write_claims(claims[:1]))
    assert isinstance(_api(cloud, OTHER_KEY).unclaim(uuid), NotClaimed)
    assert _owned(cloud) == {uuid}
    assert api.unclaim(uuid) == Unclaimed()
    assert _owned(cloud) == set()


@pytest.mark.parametrize("what", [Do.CLOSE_UNDONE, Do.CLOSE_DONE, Do.REDIRECT, Do.NONSENSE])
def test_an_unclear_unclaiming_is_never_called_done_when_it_is_not(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim], what: Do
) -> None:
    api.claim(write_claims(claims[:1]))
    cloud.fail(Fault("DELETE *", what))
    answer = api.unclaim(claims[0].uuid)
    assert isinstance(answer, Unclaimed) is (_owned(cloud) == set())


@pytest.mark.parametrize("body", ELSEWHERE)
def test_somebody_elses_404_does_not_say_that_nothing_is_claimed(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim], body: str
) -> None:
    api.claim(write_claims(claims[:1]))
    cloud.fail(Fault("* /v1/claimed-devices/*", Do.STATUS, status=404, body=body, times=0))
    answer = api.unclaim(claims[0].uuid)
    assert not isinstance(answer, NotClaimed | Unclaimed)
    assert _owned(cloud) == {claims[0].uuid}


# --- where the key goes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://api.example/v1", "https://user@api.example/v1", "https://api.example/v1?x=1"])
def test_a_key_goes_to_no_other_address(cloud: SimulatedCloud, url: str) -> None:
    with pytest.raises(Raised) as raised:
        _api(cloud, url=url)
    assert raised.value.code == "CLD-101"


def test_neither_key_nor_token_is_in_what_is_said_of_trouble(
    cloud: SimulatedCloud, api: ProvisioningApi, claims: list[Claim]
) -> None:
    said = json.dumps({"message": f"{LINE_KEY} and {claims[0].token} are odd"})
    ask: list[Callable[[], object]] = [
        lambda: api.claim(write_claims(claims[:1])),
        lambda: api.can_claim(claims[:1]),
        lambda: api.device(claims[0].uuid),
        lambda: api.unclaim(claims[0].uuid),
        lambda: api.make_rule(ORDER),
    ]
    for status in (400, 401, 404, 422, 429, 500):
        for question in ask:
            cloud.fail(Fault("* /v1/*", Do.STATUS, times=0, status=status, body=said))
            told = repr(question())
            cloud.faults.clear()
            assert LINE_KEY not in told
            assert claims[0].token not in told


# --- whoever answers to do harm ------------------------------------------------------------------------------------


def test_a_long_list_of_failures_is_no_more_work_than_its_length() -> None:
    many = [Claim(DeviceUuid(str(UUID(int=number))), f"2dn3{number:080}.{number:080}") for number in range(1000)]
    body = json.dumps(
        {"failed": [*["a"] * 20_000, {"id": many[7].uuid, "message": "no"}, f"{many[8].token}."]}
    ).encode()
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        told = read_bulk_claim(Reply(200, {}, body), many)
    finally:
        sys.setprofile(before)
    assert told is not None
    assert set(told.refused) == {many[7].uuid, many[8].uuid}
    assert calls < 40 * 20_000  # 1000 claims searched for in each would be 20 million
