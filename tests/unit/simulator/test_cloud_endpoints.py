"""The simulated cloud, spoken to over bare HTTP: the documented answers, and the truth it tells outsiders."""

import ast
import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.host.files import sha256_of
from station.simulator.cloud import LINE_KEY, OTHER_KEY, SimulatedCloud
from station.simulator.cloud_rows import RowsRefusedError, read_rows
from station.simulator.cloud_world import CERTIFICATE_TAKEN, FAST, OTHER_ACCOUNT, ServiceTimes


class HandClock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        raise AssertionError(f"nothing here waits {seconds} s for {event}")

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def simulated(clock: HandClock) -> Iterator[SimulatedCloud]:
    with SimulatedCloud(clock=clock, service=FAST) as running:
        yield running


@pytest.fixture
def ask(simulated: SimulatedCloud) -> Callable[..., requests.Response]:
    def ask(method: str, path: str, *, key: str = LINE_KEY, **named: object) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/csv"} | named.pop("headers", {})
        return requests.request(method, simulated.base_url + path, headers=headers, timeout=10, **named)

    return ask


@pytest.fixture(scope="module")
def make_pem() -> Callable[[str], str]:
    def make(name: str) -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        start = datetime(2026, 1, 1, tzinfo=UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=1))
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    return make


def _row(device_id: str, pem: str, rest: str = ",,") -> str:
    return f'{device_id},{rest},"{pem}"\n'


def _settle(ask: Callable, rows: str, key: str = LINE_KEY) -> dict:
    """Post rows and return the errors by row, {} where all went well."""
    posted = ask("POST", "/devices", key=key, data=rows)
    assert posted.status_code == 202, posted.text
    operation = ask("GET", f"/bulk-ops-requests/{posted.json()['bulkOpsRequestId']}", key=key).json()
    if operation["status"] == "SUCCEEDED":
        assert "errorSummaryUrl" not in operation
        return {}
    assert operation["status"] == "FAILED"
    listed = requests.get(operation["errorSummaryUrl"], timeout=10).json()["errors"]
    return {int(text[1]): text[5:] for text in listed}


def test_no_key_and_a_wrong_key_get_nothing(simulated: SimulatedCloud, ask: Callable) -> None:
    for path in ("/account", "/devices", "/devices/x", "/bulk-ops-requests", "/bulk-ops-requests/x"):
        for answer in (ask("GET", path, key="nobody's"), requests.get(simulated.base_url + path, timeout=10)):
            assert (answer.status_code, answer.json()["code"]) == (401, 40100)
    assert ask("POST", "/devices", key="nobody's", data="x").status_code == 401
    assert ask("GET", "/no-such-thing").status_code == 404


def test_account_tells_the_keys_team(simulated: SimulatedCloud, ask: Callable) -> None:
    mine, other = simulated.world.teams
    assert ask("GET", "/account").json()["team"] == {"tenantId": mine.team_id, "name": mine.name}
    assert ask("GET", "/account", key=OTHER_KEY).json()["team"]["tenantId"] == other.team_id != mine.team_id
    simulated.switch(account_of=other.name)
    assert ask("GET", "/account").json()["team"]["tenantId"] == other.team_id


def test_rows_are_onboarded_and_told_of(simulated: SimulatedCloud, ask: Callable, make_pem: Callable) -> None:
    pem = make_pem("a")
    assert _settle(ask, _row("a", pem, '"x,gateway",t1|t2,APP|MODEM')) == {}
    device = ask("GET", "/devices/a").json()
    assert (device["id"], device["subType"], device["tags"]) == ("a", "x,gateway", ["t1", "t2"])
    assert (device["type"], device["firmware"]) == ("Gateway", {"supports": ["APP", "MODEM"]})
    assert ask("GET", "/devices/b").status_code == 404
    assert ask("GET", "/devices/a", key=OTHER_KEY).status_code == 404
    (truth,) = requests.get(simulated.base_url.removesuffix("/v1") + "/_truth/devices", timeout=10).json()
    assert truth["certificate_sha256"] == sha256_of(
        x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
    )


def test_public_keys_are_taken_too(ask: Callable) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert _settle(ask, _row("a", pem)) == {}


def test_duplicates_mean_what_the_real_texts_say(ask: Callable, make_pem: Callable) -> None:
    a, b, other = make_pem("a"), make_pem("b"), make_pem("b")
    again = _row("a", a, "kind,,")
    assert _settle(ask, again) == {}
    assert _settle(ask, again) == {}  # the identical row
    thing = "Thing a already exists in account with different attributes"
    assert _settle(ask, _row("a", a, "other,,")) == {0: thing}
    assert _settle(ask, again + _row("b", a) + _row("b", b)) == {1: CERTIFICATE_TAKEN}
    assert _settle(ask, _row("b", other), OTHER_KEY) == {0: OTHER_ACCOUNT}
    assert _settle(ask, _row("c", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))[0]


@pytest.mark.parametrize(
    "rows",
    [
        "",
        "\n",
        "deviceId,subType,tags,fwTypes,certPem\n",
        "{good}\n{good}",  # a blank line
        "{good}x,y\n",
        _row("a b", "{pem}"),
        _row("a" * 129, "{pem}"),
        _row("", "{pem}"),
        _row("a", "{pem}", "bad type,,"),
        _row("a", "{pem}", ",t 1,"),
        _row("a", "{pem}", ",t1||t2,"),
        _row("a", "{pem}", ",,SMP"),
        _row("a", "{pem}", ","),
        _row("a", "{stripped}"),  # what curl -d makes of it
        _row("a", "{pem}{pem}"),
        "a,,,,{pem}\n",
        'a,,,,"{pem}',
    ],
)
def test_a_body_is_judged_before_it_is_taken(ask: Callable, make_pem: Callable, rows: str) -> None:
    pem = make_pem("a")
    filled = rows.format(good=_row("a", pem), pem=pem, stripped=pem.rstrip("\n")) if "{" in rows else rows
    answer = ask("POST", "/devices", data=filled)
    assert (answer.status_code, answer.json()["code"]) == (422, 42200)


def test_content_types_and_row_limit(make_pem: Callable) -> None:
    pem = make_pem("a")
    good = _row("a", pem).encode()
    for kind in ("text/csv", "text/plain", "text/plain; charset=UTF8", "application/octet-stream"):
        assert len(read_rows(good, kind)) == 1
    for kind in ("", "application/json", "multipart/form-data"):
        with pytest.raises(RowsRefusedError):
            read_rows(good, kind)
    assert len(read_rows(good * 1000, "text/csv")) == 1000
    with pytest.raises(RowsRefusedError):
        read_rows(good * 1001, "text/csv")
    assert read_rows(good.replace(b"\n", b"\r\n"), "text/csv")[0].pem == pem.replace("\n", "\r\n")


def test_operation_takes_its_time(
    clock: HandClock, simulated: SimulatedCloud, ask: Callable, make_pem: Callable
) -> None:
    simulated.world.service = ServiceTimes(pending=1.0, least=3.0, most=4.0)
    request_id = ask("POST", "/devices", data=_row("a", make_pem("a"))).json()["bulkOpsRequestId"]
    seen = []
    for _ in range(6):
        operation = ask("GET", f"/bulk-ops-requests/{request_id}").json()
        seen.append((operation["status"], ask("GET", "/devices/a").status_code, "completedAt" in operation))
        clock.move(seconds=1)
    assert seen[0] == ("PENDING", 404, False)
    assert seen[2] == ("IN_PROGRESS", 404, False)
    assert seen[5] == ("SUCCEEDED", 200, True)


def test_operations_are_listed_by_time_state_and_page(
    clock: HandClock, simulated: SimulatedCloud, ask: Callable, make_pem: Callable
) -> None:
    requested = []
    for number in range(12):
        posted = ask("POST", "/devices", data=_row(f"unit-{number}", make_pem("x")))
        requested.insert(0, posted.json()["bulkOpsRequestId"])
        clock.move(minutes=1)

    def listed(**query: str) -> list[str]:
        found: list[str] = []
        while True:
            answer = ask("GET", "/bulk-ops-requests", params=query).json()
            assert answer["total"] == len(answer["items"]) <= int(query.get("pageLimit", 10))
            found += [item["bulkOpsRequestId"] for item in answer["items"]]
            if "pageNextToken" not in answer:
                return found
            query["pageNextToken"] = answer["pageNextToken"]

    assert listed() == requested
    assert listed(pageLimit="5") == requested
    assert listed(status="FAILED") == []
    assert listed(startRequestedAt="2026-11-22T12:05:00.000Z") == requested[:7]
    assert listed(startRequestedAt="2026-11-22T12:05:00Z", endRequestedAt="2026-11-22T12:06:00Z") == requested[5:7]
    assert listed(endRequestedAt="2026-11-22") == []
    for query in ({"pageLimit": "0"}, {"pageLimit": "101"}, {"pageNextToken": "%"}, {"startRequestedAt": "today"}):
        assert ask("GET", "/bulk-ops-requests", params=query).status_code == 422
    assert ask("GET", "/bulk-ops-requests", key=OTHER_KEY).json()["items"] == []
    assert ask("GET", f"/bulk-ops-requests/{requested[0]}", key=OTHER_KEY).status_code == 404
    assert simulated.truth()["operations"][0]["request_id"] == requested[0]


def test_devices_are_listed_by_id(ask: Callable, make_pem: Callable) -> None:
    _settle(ask, "".join(_row(name, make_pem(name)) for name in "abc"))
    found = ask("GET", "/devices", params={"deviceIds": ["a", "c", "z"], "pageLimit": "100"}).json()
    assert [item["id"] for item in found["items"]] == ["a", "c"]
    assert ask("GET", "/devices", params={"pageLimit": "2"}).json()["pageNextToken"]
    assert ask("GET", "/devices", key=OTHER_KEY).json() == {"items": [], "total": 0}


def test_files_hold_the_uploaded_bytes_on_another_host(
    simulated: SimulatedCloud, ask: Callable, make_pem: Callable
) -> None:
    rows = _row("a", make_pem("a"))
    operation = ask("POST", "/devices", data=rows).json()
    operation = ask("GET", f"/bulk-ops-requests/{operation['bulkOpsRequestId']}").json()
    url = urlsplit(operation["uploadedDataUrl"])
    assert url.netloc != urlsplit(simulated.base_url).netloc
    assert url.path == f"/{simulated.world.teams[0].team_id}/provision_devices/{operation['bulkOpsRequestId']}.csv"
    assert requests.get(url.geturl(), timeout=10).content == rows.encode()
    assert requests.get(url.geturl().replace(simulated.world.teams[0].team_id, "0" * 36), timeout=10).status_code == 403
    body = requests.get(f"{simulated.base_url[:-3]}/_truth/body/{operation['bulkOpsRequestId']}", timeout=10)
    assert body.content == rows.encode()


def test_old_error_file_is_what_nordics_old_reader_takes_apart(
    simulated: SimulatedCloud, ask: Callable, make_pem: Callable
) -> None:
    simulated.switch(error_format="old", row_errors={"a": "first", "c": 'say "no"'})
    rows = "".join(_row(name, make_pem(name)) for name in "abc")
    request_id = ask("POST", "/devices", data=rows).json()["bulkOpsRequestId"]
    text = requests.get(ask("GET", f"/bulk-ops-requests/{request_id}").json()["errorSummaryUrl"], timeout=10).text
    start, end = text.find("(1-based)]: "), text.rfind('."}')
    count = next(int(word) for word in text[:start].split() if word.isdigit())
    listed = json.loads(ast.literal_eval(f"'''{text[start + len('(1-based)]: ') : end]}'''"))
    assert (count, listed) == (2, {"first": [1], 'say "no"': [3]})


def test_a_key_out_of_place_is_seen(simulated: SimulatedCloud, ask: Callable, make_pem: Callable) -> None:
    _settle(ask, _row("a", make_pem("a")))
    url = ask("GET", "/bulk-ops-requests").json()["items"][0]["uploadedDataUrl"]
    assert simulated.truth()["leaks"] == []
    requests.get(url, headers={"Authorization": f"Bearer {LINE_KEY}"}, timeout=10)
    ask("GET", f"/account?key={LINE_KEY}")
    ask("GET", "/account", headers={"X-Key": LINE_KEY})
    requests.get(simulated.base_url[:-3] + "/v2/account", headers={"Authorization": f"Bearer {LINE_KEY}"}, timeout=10)
    assert [leak["server"] for leak in simulated.truth()["leaks"]] == ["files", "api", "api", "api"]


def test_faults_are_loaded_over_http(simulated: SimulatedCloud, ask: Callable) -> None:
    faults = simulated.base_url[:-3] + "/_faults"
    loaded = requests.post(
        faults, json={"on": "GET /v1/*", "do": "status", "status": 429, "times": 2, "skip": 1}, timeout=10
    )
    assert [one["do"] for one in loaded.json()] == ["status"]
    assert [ask("GET", "/account").status_code for _ in range(4)] == [200, 429, 429, 200]
    assert requests.get(faults, timeout=10).json() == []
    assert requests.put(faults, json={"stuck": True, "row_errors": {"a": "no"}}, timeout=10).status_code == 200
    assert simulated.world.switches.stuck
    assert requests.delete(faults, timeout=10).status_code == 200
    assert not simulated.world.switches.stuck
    for wrong in ({"on": "*", "do": "explode"}, {"do": "status"}, {"on": "*", "do": "status", "colour": 1}):
        assert requests.post(faults, json=wrong, timeout=10).status_code == 422
    assert requests.put(faults, json={"colour": 1}, timeout=10).status_code == 422
    told = simulated.truth()["requests"]
    assert [(one["fault"], one["answered"], one["acted"]) for one in told] == [
        ("", 200, True),
        ("status", 429, False),
        ("status", 429, False),
        ("", 200, True),
    ]


def test_a_seed_makes_the_same_cloud_again(clock: HandClock, make_pem: Callable) -> None:
    row = _row("a", make_pem("a"))

    def run(seed: int) -> list[str]:
        with SimulatedCloud(clock=clock, seed=seed) as cloud:
            posted = requests.post(
                f"{cloud.base_url}/devices",
                data=row,
                headers={"Authorization": f"Bearer {LINE_KEY}", "Content-Type": "text/csv"},
                timeout=10,
            )
            return [*(team.team_id for team in cloud.world.teams), posted.json()["bulkOpsRequestId"]]

    assert run(1) == run(1) != run(2)


def test_cloud_that_never_started_can_be_stopped() -> None:
    cloud = SimulatedCloud()
    cloud.stop()
    cloud.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(cloud.base_url, timeout=1)


def test_jwt_is_no_key(simulated: SimulatedCloud, ask: Callable) -> None:
    token = ".".join([base64.urlsafe_b64encode(b"{}").decode().rstrip("=")] * 3)
    for path in ("/account", "/devices", "/devices/a"):
        assert ask("GET", path, key=token).status_code == 401
    assert {one["authorization"] for one in simulated.truth()["requests"]} == {"token"}
