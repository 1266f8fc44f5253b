"""The team API against the simulated cloud: what each question brings when all goes well, and when the cloud is odd."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import jwt
import pytest

from station.cloud.protocol import (
    Accepted,
    Account,
    Busy,
    Certificate,
    CredentialRefused,
    Found,
    Invalid,
    JwtAccepted,
    JwtRefused,
    KnownDevices,
    NotFound,
    NotSent,
    Onboarded,
    OnboardingToken,
    OnboardRow,
    PublicKey,
    Refused,
    RequestId,
    Settled,
    Unclear,
    Unknown,
    Working,
)
from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts
from station.domain.faults import Fault as Raised
from station.domain.ids import DeviceId, Sha256
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.host.clock import SystemClock
from station.simulator.cloud import LINE_KEY, OTHER_KEY, SimulatedCloud
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_world import CERTIFICATE_TAKEN, OTHER_ACCOUNT, ServiceTimes
from tests.unit.cloud.elsewhere import ELSEWHERE
from tests.unit.line.outbox_tokens import FAR

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

QUICK = Timeouts(connect=2.0, read=0.5, total=1.0)
POST = "POST /v1/devices"
POLL = "GET /v1/bulk-ops-requests/*"
LIST = "GET /v1/bulk-ops-requests"
FETCH = "GET /v1/devices/*"
CSV_FILE = "GET */provision_devices/*.csv"
ERROR_FILE = "GET */provision_devices/*.json"
NOW = "2999-01-01T00:00:00Z"
ULID = RequestId("01M80ZHPA2DENE7SR6GB10JK5C")


def _team(cloud: SimulatedCloud, key: str = LINE_KEY) -> TeamCloud:
    return TeamCloud(cloud.base_url, Secret(key), clock=SystemClock(), version="1.2.3", timeouts=QUICK)


@pytest.fixture
def units(make_unit: Callable) -> list:
    return [make_unit(f"unit-{number}") for number in range(4)]


@pytest.fixture
def body(team: TeamCloud, units: list) -> bytes:
    return team.render(
        [OnboardRow(unit.device_id, Certificate(unit.pem), "board", ("line-1",), ("APP",)) for unit in units]
    )


@pytest.fixture
def ids(units: list) -> list[DeviceId]:
    return [unit.device_id for unit in units]


@pytest.fixture(autouse=True)
def _no_key_ever_leaks(cloud: SimulatedCloud) -> Iterator[None]:
    yield
    assert cloud.truth()["leaks"] == []


def _sent(team: TeamCloud, body: bytes) -> RequestId:
    answer = team.send(body, CredentialKind.CERTIFICATE, ())
    assert isinstance(answer, Accepted)
    return answer.request_id


def _find(team: TeamCloud, body: bytes, **shift: float) -> object:
    now = SystemClock().now() + timedelta(**shift)
    return team.find_sent(Sha256(hashlib.sha256(body).hexdigest()), now)


# --- the account -------------------------------------------------------------------------------------------------


def test_account_is_the_keys_team(cloud: SimulatedCloud) -> None:
    mine, other = cloud.world.teams
    assert _team(cloud).account() == Account(mine.team_id, "Simulated line")
    assert _team(cloud, OTHER_KEY).account() == Account(other.team_id, "Another team")


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("*", Do.STATUS, status=403, body="<html>"),
        Fault("*", Do.STATUS, status=422, body='{"message":"Validation failed"}'),
    ],
)
def test_refused_key_stops(cloud: SimulatedCloud, fault: Fault | None) -> None:
    if fault:
        cloud.fail(fault)
    answer = _team(cloud, "a-key-of-nobody").account()
    assert isinstance(answer, CredentialRefused)
    assert "a-key-of-nobody" not in repr(answer)


def test_account_without_network_is_not_sent(cloud: SimulatedCloud, team: TeamCloud) -> None:
    cloud.stop()
    assert team.account() == NotSent("the cloud can't be reached: the connection was refused")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gibberish",
        "[]",
        "{}",
        '{"team":null}',
        '{"team":{}}',
        '{"team":{"tenantId":""}}',
        '{"team":{"tenantId":7}}',
        '{"team":{"tenantId":"a\\u0000"}}',
        '{"team":{"tenantId":"a"},"team":{"tenantId":"b"}}',
        "[" * 5000,
    ],
)
def test_account_that_cannot_be_read_is_unclear(cloud: SimulatedCloud, team: TeamCloud, text: str) -> None:
    cloud.fail(Fault("GET /v1/account", Do.NONSENSE, body=text))
    assert team.account() == Unclear("the cloud's answer can't be read")


def test_account_needs_no_name(cloud: SimulatedCloud, team: TeamCloud) -> None:
    cloud.fail(Fault("GET /v1/account", Do.NONSENSE, body='{"team":{"tenantId":"a"}}'))
    assert team.account() == Account("a", "")


def test_looks_get_over_hiccups_and_give_up_in_the_end(cloud: SimulatedCloud, team: TeamCloud) -> None:
    cloud.fail(Fault("GET /v1/account", Do.STATUS, status=502))
    cloud.fail(Fault("GET /v1/account", Do.CLOSE_UNDONE))
    assert isinstance(team.account(), Account)
    cloud.fail(Fault("GET /v1/account", Do.STATUS, times=0, status=500))
    assert team.account() == Busy("the cloud answered HTTP 500")
    assert len(cloud.truth()["requests"]) == 6


def test_looks_leave_a_busy_cloud_alone(cloud: SimulatedCloud, team: TeamCloud) -> None:
    for status in (429, 503):
        cloud.fail(Fault("GET /v1/account", Do.STATUS, status=status, headers={"Retry-After": "30"}))
        assert team.account() == Busy(f"the cloud answered HTTP {status}", 30.0)
    assert len(cloud.truth()["requests"]) == 2


# --- handing over ------------------------------------------------------------------------------------------------


def test_body_arrives_byte_for_byte(cloud: SimulatedCloud, team: TeamCloud, body: bytes) -> None:
    request_id = _sent(team, body)
    (post,) = cloud.truth()["posts"]
    assert post["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert post["content_type"] == "text/csv"
    assert post["user_agent"] == "nrf91-station/1.2.3"
    assert post["authorization"] == "Simulated line"
    operation = cloud.world.operation(request_id)
    assert operation is not None
    assert operation.body == body


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(POST, Do.STATUS, status=429, headers={"Retry-After": "7"}), Busy("the cloud answered HTTP 429", 7.0)),
        (Fault(POST, Do.STATUS, status=503, headers={"Retry-After": "7"}), Busy("the cloud answered HTTP 503", 7.0)),
        (Fault(POST, Do.STATUS, status=503), Unclear("the cloud answered HTTP 503")),
        (Fault(POST, Do.STATUS, status=500), Unclear("the cloud answered HTTP 500")),
        (Fault(POST, Do.STATUS, status=401), CredentialRefused("the cloud answered HTTP 401")),
        (Fault(POST, Do.STATUS, status=413), Invalid("the cloud answered HTTP 413")),
        (Fault(POST, Do.STATUS, status=404), Busy("the cloud answered HTTP 404")),
        (Fault(POST, Do.STATUS, status=200, body="{}"), Unclear),
        (Fault(POST, Do.CLOSE_UNREAD), Unclear),
        (Fault(POST, Do.CLOSE_UNDONE), Unclear),
        (Fault(POST, Do.CLOSE_DONE), Unclear),
        (Fault(POST, Do.CLOSE_MID_ANSWER), Unclear),
        (Fault(POST, Do.SLOW, seconds=5), Unclear),
        (Fault(POST, Do.DRIP, seconds=0.2), Unclear),
        (Fault(POST, Do.HUGE, seconds=5), Unclear),
        (Fault(POST, Do.NONSENSE, body="<html>"), Unclear("the cloud took the body, but its request ID can't be read")),
        (Fault(POST, Do.NONSENSE, body='{"bulkOpsRequestId":null}'), Unclear),
        (Fault(POST, Do.NONSENSE, body='{"bulkOpsRequestId":"../account"}'), Unclear),
    ],
)
def test_body_is_handed_over_once_whatever_comes_back(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, fault: Fault, expected: object
) -> None:
    cloud.fail(fault)
    answer = team.send(body, CredentialKind.CERTIFICATE, ())
    assert answer == expected or type(answer) is expected
    assert len(cloud.truth()["posts"]) == 1


def test_body_that_the_cloud_took_though_its_answer_was_lost_is_found(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, ids: list[DeviceId]
) -> None:
    for fault, taken in ((Do.CLOSE_UNDONE, False), (Do.CLOSE_DONE, True)):
        cloud.fail(Fault(POST, fault))
        assert isinstance(team.send(body, CredentialKind.CERTIFICATE, ()), Unclear)
        found = _find(team, body)
        assert isinstance(found, Found if taken else NotFound)
    assert isinstance(found, Found)
    assert team.poll(found.request_id, ids, CredentialKind.CERTIFICATE) == Settled((Onboarded(),) * 4)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, ids: list[DeviceId], status: int
) -> None:
    cloud.fail(Fault("*", Do.REDIRECT, times=0, status=status))
    assert isinstance(team.send(body, CredentialKind.CERTIFICATE, ()), Unclear)
    assert isinstance(team.account(), Unclear)
    assert isinstance(team.poll(ULID, ids, CredentialKind.CERTIFICATE), Unclear)
    assert isinstance(_find(team, body), Unclear)
    known = team.known(ids[:1])
    assert isinstance(known, KnownDevices)
    assert not known.present | known.absent
    assert {request["server"] for request in cloud.truth()["requests"]} == {"api"}


def test_body_the_cloud_finds_wrong_is_invalid(cloud: SimulatedCloud, team: TeamCloud, body: bytes) -> None:
    answer = team.send(body + b"one,cell,short\n", CredentialKind.CERTIFICATE, ())
    assert answer == Invalid("the cloud answered HTTP 422 (nRF code 42200): Row 5 must have 5 columns and has 3")
    assert cloud.truth()["operations"] == []


def test_wrong_key_hands_nothing_over(cloud: SimulatedCloud, body: bytes) -> None:
    assert isinstance(_team(cloud, "a-key-of-nobody").send(body, CredentialKind.CERTIFICATE, ()), CredentialRefused)
    assert cloud.truth()["operations"] == []


# --- how far it is -----------------------------------------------------------------------------------------------


def test_operation_goes_from_pending_to_settled(cloud: SimulatedCloud, team: TeamCloud, body: bytes, ids: list) -> None:
    cloud.world.service = ServiceTimes(60.0, 60.0, 60.0)
    request_id = _sent(team, body)
    assert team.poll(request_id, ids, CredentialKind.CERTIFICATE) == Working("PENDING")
    cloud.world.service = ServiceTimes(0.0, 0.0, 0.0)
    cloud.switch(stuck=True)
    request_id = _sent(team, body)
    assert team.poll(request_id, ids, CredentialKind.CERTIFICATE) == Working("IN_PROGRESS")
    cloud.switch(stuck=False)
    assert team.poll(request_id, ids, CredentialKind.CERTIFICATE) == Settled((Onboarded(),) * 4)


@pytest.mark.parametrize("form", ["new", "old"])
def test_part_of_the_rows_may_fail(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, units: list, ids: list, make_unit: Callable, form: str
) -> None:
    elsewhere = make_unit("unit-2")
    stolen = make_unit("thief", units[3].key)
    _sent(_team(cloud, OTHER_KEY), team.render([OnboardRow(elsewhere.device_id, Certificate(elsewhere.pem))]))
    assert stolen.pem != units[3].pem
    cloud.switch(error_format=form, row_errors={"unit-0": CERTIFICATE_TAKEN})
    assert team.poll(_sent(team, body), ids, CredentialKind.CERTIFICATE) == Settled(
        (Refused(CERTIFICATE_TAKEN), Onboarded(), Refused(OTHER_ACCOUNT), Onboarded())
    )
    assert [(one["device_id"], one["team_id"]) for one in cloud.truth()["devices"]] == [
        ("unit-1", cloud.world.teams[0].team_id),
        ("unit-2", cloud.world.teams[1].team_id),
        ("unit-3", cloud.world.teams[0].team_id),
    ]


@pytest.mark.parametrize(
    "text", ["", "oops", '{"errors":[]}', '{"errors":["[9]: bad"]}', '{"errors":["[0]: bad","no row"]}']
)
def test_error_list_that_cannot_be_read_leaves_every_row_unknown(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, ids: list, text: str
) -> None:
    cloud.switch(row_errors={"unit-0": "bad"}, error_text=text)
    answer = team.poll(_sent(team, body), ids, CredentialKind.CERTIFICATE)
    assert isinstance(answer, Settled)
    assert [type(row) for row in answer.rows] == [Unknown] * 4
    assert text in answer.rows[0].reason


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(ERROR_FILE, Do.STATUS, times=0, status=403, body="<Error/>"), Unclear),  # no key was shown to it
        (Fault(ERROR_FILE, Do.STATUS, times=0, status=404), Unclear),
        (Fault(ERROR_FILE, Do.STATUS, times=0, status=503), Busy),
        (Fault(ERROR_FILE, Do.CLOSE_DONE, times=0), Busy),
        (Fault(ERROR_FILE, Do.CLOSE_MID_ANSWER, times=0), Busy),
        (Fault(ERROR_FILE, Do.HUGE, seconds=9), Unclear),
        (Fault(ERROR_FILE, Do.REDIRECT), Unclear),
        (Fault(ERROR_FILE, Do.CLOSE_MID_ANSWER), Settled),  # it comes at the second try
    ],
)
def test_error_list_that_does_not_come_settles_nothing(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, ids: list, fault: Fault, expected: type
) -> None:
    cloud.switch(row_errors={"unit-0": "bad"})
    cloud.fail(fault)
    answer = team.poll(_sent(team, body), ids, CredentialKind.CERTIFICATE)
    assert type(answer) is expected
    assert "provision_devices" not in repr(answer)  # the address is confidential


@pytest.mark.parametrize(
    ("completed", "expected"),
    [
        (timedelta(minutes=-9), Unclear),
        (timedelta(minutes=-11), Settled),
        (timedelta(minutes=1), Unclear),
        (None, Settled),
    ],
)
def test_error_list_that_stays_away_leaves_every_row_unknown(
    cloud: SimulatedCloud, team: TeamCloud, ids: list, completed: timedelta | None, expected: type
) -> None:
    date = datetime(2020, 1, 1, tzinfo=UTC)  # the cloud's clock counts, not this PC's
    operation = {"bulkOpsRequestId": ULID, "status": "FAILED", "errorSummaryUrl": f"{cloud.files_origin}/gone.json"}
    if completed is not None:
        operation["completedAt"] = (date + completed).isoformat()
    headers = {"Date": format_datetime(date, usegmt=True)}
    cloud.fail(Fault(POLL, Do.STATUS, status=200, headers=headers, body=json.dumps(operation)))
    answer = team.poll(ULID, ids, CredentialKind.CERTIFICATE)
    assert type(answer) is expected
    if isinstance(answer, Settled):
        assert [type(row) for row in answer.rows] == [Unknown] * 4


@pytest.mark.parametrize(
    "change",
    [
        {"status": "DONE"},
        {"status": "succeeded"},
        {"status": None},
        {"bulkOpsRequestId": "01M80ZHPA2DENE7SR6GB10JK5D"},  # another one's
        {"errorSummaryUrl": 7},
        {"completedAt": NOW, "status": "FAILED", "errorSummaryUrl": None},
        {"completedAt": NOW, "status": "FAILED", "errorSummaryUrl": ""},
        {"completedAt": NOW, "status": "FAILED", "errorSummaryUrl": "file:///etc/passwd"},
        {"completedAt": NOW, "status": "FAILED", "errorSummaryUrl": "http://files.invalid/errors.json"},
        {"completedAt": NOW, "status": "FAILED", "errorSummaryUrl": "https://user:word@127.0.0.1/errors.json"},
        {"completedAt": NOW, "status": "FAILED", "errorSummaryUrl": "https://[::1/errors.json"},
        {"completedAt": NOW, "status": "FAILED", "errorSummaryUrl": "https://127.0.0.1:99999/errors.json"},
        {"completedAt": NOW, "status": "FAILED", "errorSummaryUrl": "//127.0.0.1/errors.json"},
    ],
)
def test_state_that_cannot_be_read_is_unclear(
    cloud: SimulatedCloud, team: TeamCloud, ids: list, change: dict[str, object]
) -> None:
    good = {"bulkOpsRequestId": ULID, "endpoint": "X", "status": "SUCCEEDED", "uploadedDataUrl": "https://x.invalid/"}
    cloud.fail(Fault(POLL, Do.STATUS, status=200, body=json.dumps(good)))
    assert team.poll(ULID, ids, CredentialKind.CERTIFICATE) == Settled((Onboarded(),) * 4)
    cloud.fail(Fault(POLL, Do.STATUS, status=200, body=json.dumps(good | change)))
    assert isinstance(team.poll(ULID, ids, CredentialKind.CERTIFICATE), Unclear)


def test_request_the_cloud_does_not_know_is_not_found(cloud: SimulatedCloud, team: TeamCloud, body: bytes) -> None:
    other = _sent(_team(cloud, OTHER_KEY), body)
    assert isinstance(team.poll(other, [], CredentialKind.CERTIFICATE), NotFound)
    for page in ELSEWHERE:
        cloud.fail(Fault(POLL, Do.STATUS, status=404, body=page))
        assert isinstance(
            team.poll(other, [], CredentialKind.CERTIFICATE), Unclear
        )  # some other server's page, not the cloud's word


def test_request_id_of_another_kind_is_never_asked_for(cloud: SimulatedCloud, team: TeamCloud) -> None:
    for wrong in ("", "../account", ULID.lower(), "https://status.invalid/1"):
        assert isinstance(team.poll(RequestId(wrong), [], CredentialKind.CERTIFICATE), Unclear)
    assert cloud.truth()["requests"] == []


# --- finding what was sent ---------------------------------------------------------------------------------------


def test_body_is_found_among_many_by_its_bytes(cloud: SimulatedCloud, team: TeamCloud, make_unit: Callable) -> None:
    rows = [OnboardRow(unit.device_id, Certificate(unit.pem)) for unit in (make_unit(f"unit-{n}") for n in range(25))]
    bodies = [team.render([row]) for row in rows]
    requests = [_sent(team, body) for body in bodies]
    assert _find(team, bodies[0]) == Found(requests[0])
    assert _find(team, bodies[24]) == Found(requests[24])
    pages = [one for one in cloud.truth()["requests"] if one["target"].startswith("/v1/bulk-ops-requests?")]
    assert len(pages) == 4
    assert isinstance(_find(team, bodies[0] + b"\n"), NotFound)
    assert isinstance(_find(team, bodies[0], hours=2), NotFound)
    assert _find(team, bodies[0], minutes=9) == Found(requests[0])  # the cloud's servers' clocks may be apart
    assert isinstance(_find(_team(cloud, OTHER_KEY), bodies[0]), NotFound)


def test_same_bytes_sent_twice_are_told_apart(team: TeamCloud, body: bytes) -> None:
    first, second = _sent(team, body), _sent(team, body)
    now = SystemClock().now()
    name = Sha256(hashlib.sha256(body).hexdigest())
    assert team.find_sent(name, now, [first]) == Found(second)
    assert team.find_sent(name, now, [second]) == Found(first)
    assert isinstance(team.find_sent(name, now, [first, second]), NotFound)


def test_files_are_fetched_without_a_key(cloud: SimulatedCloud, team: TeamCloud, body: bytes) -> None:
    request_id = _sent(team, body)
    assert _find(team, body) == Found(request_id)
    (file,) = [one for one in cloud.truth()["requests"] if one["server"] == "files"]
    assert file["authorization"] == ""


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(CSV_FILE, Do.STATUS, times=0, status=403), Unclear),
        (Fault(CSV_FILE, Do.STATUS, times=0, status=500), Unclear),
        (Fault(CSV_FILE, Do.CLOSE_MID_ANSWER, times=0), Unclear),
        (Fault(CSV_FILE, Do.HUGE, seconds=9), NotFound),  # longer than any body of ours
        (Fault(LIST, Do.NONSENSE, body="{}"), Unclear),
        (Fault(LIST, Do.NONSENSE, body='{"items":[{}]}'), Unclear),
        (Fault(LIST, Do.NONSENSE, body='{"items":[null]}'), Unclear),
        (Fault(LIST, Do.NONSENSE, body='{"items":[],"pageNextToken":7}'), Unclear),
        (Fault(LIST, Do.STATUS, times=0, status=200, body='{"items":[],"pageNextToken":"again"}'), Unclear),
        (Fault(LIST, Do.NONSENSE, body='{"items":[]}'), NotFound),
        (Fault(LIST, Do.STATUS, status=404, body='{"code":40499,"message":"Not found, but no error."}'), NotFound),
        (Fault(LIST, Do.STATUS, status=404, body='{"code":40420,"message":"Not found."}'), Unclear),
        (Fault(LIST, Do.STATUS, status=401), CredentialRefused),
    ],
)
def test_not_found_only_where_everything_was_looked_at(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, make_unit: Callable, fault: Fault, expected: type
) -> None:
    _sent(team, body)
    unit = make_unit("another")
    cloud.fail(fault)
    assert type(_find(team, team.render([OnboardRow(unit.device_id, Certificate(unit.pem))]))) is expected


def test_list_that_goes_in_circles_is_left_at_once(cloud: SimulatedCloud, team: TeamCloud, body: bytes) -> None:
    cloud.fail(Fault(LIST, Do.STATUS, times=0, status=200, body='{"items":[],"pageNextToken":"again"}'))
    assert isinstance(_find(team, body), Unclear)
    assert len(cloud.truth()["requests"]) == 2


def test_silent_host_of_files_is_not_asked_for_each(cloud: SimulatedCloud, team: TeamCloud, body: bytes) -> None:
    for _ in range(9):
        _sent(team, body)
    cloud.fail(Fault(CSV_FILE, Do.CLOSE_UNDONE, times=0))
    assert isinstance(_find(team, body), Unclear)
    assert len([one for one in cloud.truth()["requests"] if one["server"] == "files"]) == 9  # three files, three tries


def test_file_that_cannot_be_read_does_not_hide_a_later_match(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, make_unit: Callable
) -> None:
    request_id = _sent(team, body)
    unit = make_unit("another")
    newer = _sent(team, team.render([OnboardRow(unit.device_id, Certificate(unit.pem))]))
    cloud.fail(Fault(f"GET */{newer}.csv", Do.STATUS, times=0, status=403))
    assert _find(team, body) == Found(request_id)


@pytest.mark.parametrize("shown", ["", "<html>It works!</html>", "{}", "gibberish", "a part"])
def test_what_is_no_body_says_nothing_of_the_body_in_whose_place_it_stands(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, shown: str
) -> None:
    """Found by the simulated factory: a page in a file's place was taken for somebody else's body."""
    request_id = _sent(team, body)
    text = body[:-40].decode() if shown == "a part" else shown
    cloud.fail(Fault(f"GET */{request_id}.csv", Do.NONSENSE, times=0, body=text))
    assert isinstance(_find(team, body), Unclear)
    cloud.heal()
    assert _find(team, body) == Found(request_id)


# --- devices -----------------------------------------------------------------------------------------------------


def test_known_devices_are_those_of_the_team(cloud: SimulatedCloud, team: TeamCloud, body: bytes, ids: list) -> None:
    assert team.known(ids) == KnownDevices(frozenset(), frozenset(ids), ())
    cloud.switch(row_errors={"unit-2": "bad"})
    _sent(team, body)
    assert team.known(ids) == KnownDevices(frozenset(ids) - {"unit-2"}, frozenset({DeviceId("unit-2")}), ())
    assert team.known([]) == KnownDevices(frozenset(), frozenset(), ())


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FETCH, Do.STATUS, status=200, body='{"id":"unit-1"}'),
        Fault(FETCH, Do.STATUS, status=200, body="{}"),
        Fault(FETCH, Do.STATUS, status=200, body="gibberish"),
        *(Fault(FETCH, Do.STATUS, status=404, body=body) for body in ELSEWHERE),
        Fault(FETCH, Do.STATUS, status=401, body='{"code":40101,"message":"another account"}'),
        Fault(FETCH, Do.STATUS, status=403, body='{"code":40100,"message":"Access denied"}'),  # to this one alone
        Fault(FETCH, Do.HUGE, seconds=5),
    ],
)
def test_device_of_which_nothing_certain_is_said_is_unknown(
    cloud: SimulatedCloud, team: TeamCloud, ids: list, fault: Fault
) -> None:
    cloud.fail(fault)
    answer = team.known(ids)
    assert isinstance(answer, KnownDevices)
    assert answer.absent == frozenset(ids[1:])
    assert [device for device, _ in answer.unknown] == ids[:1]


def test_key_refused_for_everything_is_no_unknown_device(cloud: SimulatedCloud, ids: list) -> None:
    assert isinstance(_team(cloud, "a-key-of-nobody").known(ids), CredentialRefused)


def test_cloud_that_falls_silent_half_way_leaves_the_rest_unknown(
    cloud: SimulatedCloud, team: TeamCloud, ids: list
) -> None:
    cloud.fail(Fault(FETCH, Do.STATUS, skip=1, times=0, status=429, headers={"Retry-After": "9"}))
    answer = team.known(ids)
    assert isinstance(answer, KnownDevices)
    assert answer.absent == frozenset(ids[:1])
    assert [device for device, _ in answer.unknown] == ids[1:]
    assert team.known(ids) == Busy("the cloud answered HTTP 429", 9.0)


# --- the device's own token --------------------------------------------------------------------------------------


def _sign(unit: object, **claims: object) -> Secret:
    return Secret(jwt.encode({"iss": f"nrf9160.{unit.device_id}", **claims}, unit.key, algorithm="ES256"))


def test_token_of_the_device_is_accepted_and_no_other(
    cloud: SimulatedCloud, team: TeamCloud, body: bytes, units: list
) -> None:
    one, two = units[:2]
    assert isinstance(team.accepts_jwt(one.device_id, _sign(one)), JwtRefused)  # not onboarded yet
    _sent(team, body)
    assert team.accepts_jwt(one.device_id, _sign(one, aud="https://api.nrfcloud.com")) == JwtAccepted()
    assert isinstance(team.accepts_jwt(one.device_id, _sign(two)), JwtRefused)
    assert isinstance(team.accepts_jwt(one.device_id, _sign(two, sub=one.device_id)), JwtRefused)
    assert isinstance(team.accepts_jwt(one.device_id, _sign(one, exp=1)), JwtRefused)
    assert {one["authorization"] for one in cloud.truth()["requests"] if one["method"] == "GET"} == {"token"}


@pytest.mark.parametrize("text", ["", "no token", "a.b", "a.b.c\nX-Other: 1", "é.b.c", "a" * 5000 + ".b.c"])
def test_what_is_no_token_is_not_sent(cloud: SimulatedCloud, team: TeamCloud, ids: list, text: str) -> None:
    assert isinstance(team.accepts_jwt(ids[0], Secret(text)), JwtRefused)
    assert cloud.truth()["requests"] == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FETCH, Do.STATUS, times=0, status=500), Busy),
        (Fault(FETCH, Do.STATUS, status=200, body="gibberish"), Unclear),
        (Fault(FETCH, Do.STATUS, status=200, body='{"id":"unit-1"}'), Unclear),
        (Fault(FETCH, Do.STATUS, status=302), Unclear),
        (Fault(FETCH, Do.STATUS, status=404, body="<html>"), Unclear),
        (Fault(FETCH, Do.STATUS, status=404, body='{"code":40410}'), JwtRefused),
    ],
)
def test_token_is_accepted_only_on_the_devices_own_answer(
    cloud: SimulatedCloud, team: TeamCloud, units: list, fault: Fault, expected: type
) -> None:
    cloud.fail(fault)
    answer = team.accepts_jwt(units[0].device_id, _sign(units[0]))
    assert type(answer) is expected


def test_token_is_not_told_on(cloud: SimulatedCloud, team: TeamCloud, units: list) -> None:
    token = _sign(units[0])
    for status in (200, 403, 422, 429, 500):
        echo = json.dumps({"message": f"{token.reveal()} and {LINE_KEY}"})
        cloud.fail(Fault(FETCH, Do.STATUS, times=3, status=status, body=echo))
        told = repr(team.accepts_jwt(units[0].device_id, token))
        assert token.reveal() not in told
        assert LINE_KEY not in told
        cloud.heal()


# --- the station file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://api.nrfcloud.com/v1",
        "https://api.nrfcloud.com/v1/",
        "http://127.0.0.1:8080/v1",
        "http://[::1]:8080/v1",
        "http://localhost/v1",
    ],
)
def test_base_url_is_secured_or_this_pc(url: str) -> None:
    assert TeamCloud(url, Secret("key"), clock=SystemClock(), version="1").max_rows(CredentialKind.CERTIFICATE) == 1000


@pytest.mark.parametrize(
    "url",
    [
        "http://api.nrfcloud.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost@example.com/v1",
        "https://user:s3cret@api.nrfcloud.com/v1",
        "https://user:s3cret@api.nrfcloud.com:port/v1",
        "https://api.nrfcloud.com/v1?x=1",
        "https://api.nrfcloud.com/v1#x",
        "https://api.nrfcloud.com:port/v1",
        "ftp://127.0.0.1/v1",
        "api.nrfcloud.com/v1",
        "https://",
        "",
    ],
)
def test_base_url_that_would_show_the_key_is_refused(url: str) -> None:
    with pytest.raises(Raised, match="CLD-101") as raised:
        TeamCloud(url, Secret("key"), clock=SystemClock(), version="1")
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "naïve", "x" * 5000])
def test_key_that_no_header_can_hold_is_refused_and_not_quoted(key: str) -> None:
    with pytest.raises(Raised, match="CLD-102") as raised:
        TeamCloud("https://api.nrfcloud.com/v1", Secret(key), clock=SystemClock(), version="1")
    assert not key or key not in str(raised.value)


def test_times_are_the_clouds(cloud: SimulatedCloud, team: TeamCloud) -> None:
    since = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
    team.find_sent(Sha256("0" * 64), since)
    team.find_sent(Sha256("0" * 64), None)
    dated, all_of_them = cloud.truth()["requests"]
    assert dated["target"] == "/v1/bulk-ops-requests?startRequestedAt=2026-11-22T12%3A50%3A00.000Z"
    assert all_of_them["target"] == "/v1/bulk-ops-requests"


# --- certificates that are replaced, and the cloud's clock --------------------------------------------------------


def test_a_replaced_certificate_is_found_polled_and_in_force(team: TeamCloud, make_unit: Callable) -> None:
    old, new = make_unit("unit-1"), make_unit("unit-1")
    _sent(team, team.render([OnboardRow(old.device_id, Certificate(old.pem))]))
    assert team.accepts_jwt(old.device_id, _sign(old)) == JwtAccepted()
    again = team.render([OnboardRow(new.device_id, Certificate(new.pem))])
    refused = team.poll(_sent(team, again), [new.device_id], CredentialKind.CERTIFICATE)
    assert isinstance(refused, Settled)
    assert isinstance(refused.rows[0], Refused)
    body = team.render([OnboardRow(new.device_id, Certificate(new.pem), replaces=True)])
    request = _sent(team, body)
    assert team.poll(request, [new.device_id], CredentialKind.CERTIFICATE) == Settled((Onboarded(),))
    assert _find(team, body) == Found(request)
    assert team.accepts_jwt(new.device_id, _sign(new)) == JwtAccepted()
    assert isinstance(team.accepts_jwt(old.device_id, _sign(old)), JwtRefused)


def test_the_clouds_time_is_its_answers_date(cloud: SimulatedCloud, team: TeamCloud) -> None:
    assert team.time() is None
    cloud.fail(
        Fault("GET /v1/account", Do.STATUS, status=503, headers={"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}, times=3)
    )
    team.account()
    time = team.time()
    assert time is not None
    assert timedelta(0) <= time - datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC) < timedelta(minutes=1)


# --- what is no certificate ----------------------------------------------------------------------------------------


def test_public_keys_are_registered_over_and_over_and_onboard_nothing(
    cloud: SimulatedCloud, team: TeamCloud, units: list, ids: list, key_pem: Callable
) -> None:
    body = team.render([OnboardRow(unit.device_id, PublicKey(key_pem(unit.key))) for unit in units])
    kind = CredentialKind.PUBLIC_KEY
    for _ in range(2):
        answer = team.send(body, kind, ids)
        assert isinstance(answer, Accepted)
        assert team.poll(answer.request_id, ids, kind) == Settled((Onboarded(),) * 4)
    assert [(one["device_id"], one["times"]) for one in cloud.truth()["public_keys"]] == [(one, 2) for one in ids]
    assert cloud.truth()["devices"] == []
    assert {post["target"] for post in cloud.truth()["posts"]} == {"/v1/devices/public-keys"}
    assert isinstance(_find(team, body), Found)
    assert [one for one in CredentialKind if team.repeatable(one)] == [kind]
    assert team.unplaced(kind) == ("sub-type", "tags", "firmware types")
    assert team.unplaced(CredentialKind.CERTIFICATE) == ()


def test_a_key_of_anothers_device_is_refused(
    cloud: SimulatedCloud, team: TeamCloud, units: list, ids: list, key_pem: Callable
) -> None:
    kind = CredentialKind.PUBLIC_KEY
    body = team.render([OnboardRow(unit.device_id, PublicKey(key_pem(unit.key))) for unit in units])
    _team(cloud, OTHER_KEY).send(team.render([OnboardRow(ids[1], PublicKey(key_pem(units[1].key)))]), kind, ())
    answer = team.send(body, kind, ())
    assert isinstance(answer, Accepted)
    rows = team.poll(answer.request_id, ids, kind)
    assert rows == Settled((Onboarded(), Refused(OTHER_ACCOUNT), Onboarded(), Onboarded()))


def test_an_onboarding_token_is_settled_at_once(cloud: SimulatedCloud, team: TeamCloud, enrol: Callable) -> None:
    device, kind = DeviceId("14a6feca-c4f0-44e1-a6dd-af0ac9375923"), CredentialKind.ONBOARDING_TOKEN
    mine, other = cloud.world.teams
    assert team.max_rows(kind) == 1

    def body(account: str, **claims: object) -> bytes:
        row = OnboardRow(
            device, OnboardingToken(enrol(device, account, **claims), FAR), "nRF93M1", ("line-1",), ("MODEM",)
        )
        return team.render([row])

    for wrong in (body(other.team_id), body(mine.team_id, exp=1000)):
        assert isinstance(team.send(wrong, kind, [device]), Invalid)
    assert isinstance(team.send(body(mine.team_id), kind, [DeviceId("another")]), Invalid)
    assert cloud.truth()["devices"] == []
    assert team.send(body(mine.team_id), kind, [device]) == Settled((Onboarded(),))
    (told,) = cloud.truth()["devices"]
    assert (told["device_id"], told["credential"], told["subtype"]) == (device, "onboarding-token", "nRF93M1")
    assert {post["content_type"] for post in cloud.truth()["posts"]} == {"application/json"}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("POST /v1/devices/*", Do.CLOSE_DONE), Unclear),
        (Fault("POST /v1/devices/*", Do.STATUS, status=500), Unclear),
        (Fault("POST /v1/devices/*", Do.STATUS, status=200), Unclear),
        (Fault("POST /v1/devices/*", Do.STATUS, status=401), CredentialRefused),
        (Fault("POST /v1/devices/*", Do.STATUS, status=429), Busy),
    ],
)
def test_a_single_onboarding_is_no_more_certain_than_its_answer(
    cloud: SimulatedCloud, team: TeamCloud, enrol: Callable, fault: Fault, expected: type
) -> None:
    device = DeviceId("14a6feca-c4f0-44e1-a6dd-af0ac9375923")
    body = team.render([OnboardRow(device, OnboardingToken(enrol(device, cloud.team_id), FAR))])
    cloud.fail(fault)
    assert type(team.send(body, CredentialKind.ONBOARDING_TOKEN, [device])) is expected
    assert len(cloud.truth()["posts"]) == 1
