"""``station cloud``: one device asked for with the key or its own token, assistance data, a development certificate."""

import json
import stat
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from station.domain.events import ActionRefused, DevelopmentKeyIntended, DevelopmentKeyMade, Event
from station.domain.ids import EventSeq
from station.host.files import replace_file
from station.journal.records import Records
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_location import ASSISTANCE
from tests.line.harness import Line
from tests.line.processes import call_station, run_station
from tests.stored_leaves import legible

CODE = "PLANTED-code-4711"


def written(line: Line, *kinds: type[Event]) -> list[Any]:
    with Records(line.folder / "data") as records:
        return [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, kinds)]


def asked(line: Line) -> list[tuple[str, str, str]]:
    """Who asked the cloud for what: (method, path, by key or token)."""
    return [
        (one["method"], one["target"], one["authorization"])
        for one in line.cloud_truth()["requests"]
        if "account" not in one["target"]
    ]


@pytest.fixture(params=['scheme = "uuid"', 'scheme = "imei"\nprefix = "nrf-"'], ids=["by UUID", "by IMEI"])
def unit(line: Line, request: pytest.FixtureRequest) -> str:
    """The ID of an onboarded unit that is in slot 1."""
    line.recipe(device_id=request.param)
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1)
    device = board["uuid"] if "uuid" in request.param else f"nrf-{board['imei']}"
    assert [one["device_id"] for one in line.cloud_truth()["devices"]] == [device]
    return str(device)


def test_a_device_is_fetched_with_the_key_or_with_its_own_token(line: Line, unit: str) -> None:
    code, shown, errors = call_station(line, "cloud", "device", unit)
    assert code == 0, errors
    assert unit in shown
    assert "line1" in shown
    assert asked(line)[-1] == ("GET", f"/v1/devices/{unit}", "Simulated line")
    code, shown, errors = call_station(line, "cloud", "device", unit, "--jwt-from-slot", 1)
    assert code == 0, errors
    assert "The cloud accepts the token that slot 1 signed just now: its key is this device's." in shown
    assert asked(line)[-1] == ("GET", f"/v1/devices/{unit}", "token")
    code, shown, errors = call_station(
        line, "cloud", "device", unit, "--json", "--jwt-from-port", line.bench.port_address(1)
    )
    assert code == 0, errors
    assert json.loads(shown)["id"] == unit
    assert line.cloud_truth()["leaks"] == []


def test_another_devices_token_proves_nothing(line: Line, unit: str) -> None:
    line.bench.insert_described(2, {"serial": "B2"})
    line.run(1, batch="WO-2", upload=False)
    code, shown, errors = call_station(line, "cloud", "device", unit, "--jwt-from-slot", 2)
    assert code == 1, errors
    assert "does not take the token that slot 2 signed just now" in shown
    # The right device, whose key the cloud does not have any more.
    (there,) = line.cloud.world.devices()
    there.key = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert call_station(line, "cloud", "device", unit, "--jwt-from-slot", 1)[0] == 1


def test_what_is_not_there_or_does_not_answer_is_told_apart(line: Line) -> None:
    code, shown, _ = call_station(line, "cloud", "device", "nobody")
    assert (code, "does not have nobody" in shown) == (1, True)
    line.cloud.fail(Fault("GET /v1/devices/*", Do.STATUS, status=403, times=0))
    assert call_station(line, "cloud", "device", "nobody")[2][:8] == "LINE-152"
    line.cloud.heal()
    line.cloud.fail(Fault("GET /v1/devices/*", Do.NONSENSE, body="{", times=0))
    code, _, errors = call_station(line, "cloud", "device", "nobody")
    assert (code, errors[:8]) == (4, "LINE-205")
    line.cloud.stop()
    code, _, errors = call_station(line, "cloud", "device", "nobody")
    assert (code, errors[:8]) == (4, "LINE-205")


def test_a_token_is_given_too_and_goes_nowhere_but_to_the_api(line: Line, unit: str) -> None:
    code, token, _ = call_station(line, "jwt", "create", "--slot", 1, "--sub", unit)
    assert code == 0
    replace_file(line.folder / "token", token.encode())
    code, shown, errors = call_station(line, "cloud", "device", unit, "--jwt", line.folder / "token")
    assert (code, "accepts the token given" in shown) == (0, True), errors
    with run_station(line, "cloud", "device", unit, "--jwt", "-") as process:
        process.say(token.strip())
        process.leave()
        assert process.end() == 0, process.errors
    line.cloud.fail(Fault("GET /v1/devices/*", Do.REDIRECT))
    assert call_station(line, "cloud", "device", unit, "--jwt", line.folder / "token")[0] == 4
    (line.folder / "token").chmod(0o644)
    assert call_station(line, "cloud", "device", unit, "--jwt", line.folder / "token")[2][:8] == "HOST-104"
    replace_file(line.folder / "token", b"gibberish and more of it")
    code, _, errors = call_station(line, "cloud", "device", unit, "--jwt", line.folder / "token")
    assert (code, errors[:8]) == (4, "LINE-207")
    assert "gibberish" not in errors
    truth = line.cloud_truth()
    assert truth["leaks"] == []
    assert [one["authorization"] for one in truth["requests"] if one["server"] != "api"] == []


def test_a_range_of_assistance_data_comes_with_a_devices_token(line: Line, unit: str) -> None:
    out = line.folder / "assistance.bin"
    words = ("cloud", "assistance", "--jwt-from-slot", 1)
    code, shown, errors = call_station(line, *words, "--bytes", "0-99", "--out", out)
    assert code == 0, errors
    assert out.read_bytes() == ASSISTANCE[:100]
    assert f"Bytes 0 to 99 of {len(ASSISTANCE)} came whole" in shown
    assert asked(line)[-1] == ("POST", "/v1/location/agnss", "token")
    # The last range ends where the data does.
    code, shown, errors = call_station(line, *words, "--bytes", "2600-9999", "--json", "--sub", unit)
    assert code == 0, errors
    told = json.loads(shown)
    assert (told["first"], told["last"], told["total"]) == (2600, len(ASSISTANCE) - 1, len(ASSISTANCE))
    code, _, errors = call_station(line, *words, "--bytes", "9000-9999")
    assert (code, errors[:8]) == (4, "LINE-205")
    (there,) = line.cloud.world.devices()
    there.key = ec.generate_private_key(ec.SECP256R1()).public_key()
    code, shown, _ = call_station(line, *words)
    assert (code, "does not take the token" in shown) == (1, True)
    assert line.cloud_truth()["leaks"] == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST /v1/location/agnss", Do.CLOSE_MID_ANSWER),
        Fault("POST /v1/location/agnss", Do.NONSENSE, body="short"),
        Fault("POST /v1/location/agnss", Do.HUGE, seconds=1),
        Fault("POST /v1/location/agnss", Do.STATUS, status=200, body="all of it"),
        Fault("POST /v1/location/agnss", Do.STATUS, status=206, body="x", headers={"Content-Range": "bytes 5-5/6"}),
    ],
    ids=["cut", "short", "huge", "whole", "another range"],
)
def test_anything_but_the_range_asked_for_is_not_taken_for_it(line: Line, fault: Fault) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    line.run(1)
    line.cloud.fail(fault)
    out = line.folder / "assistance.bin"
    code, _, errors = call_station(line, "cloud", "assistance", "--jwt-from-slot", 1, "--bytes", "0-99", "--out", out)
    assert (code, errors[:8]) == (4, "LINE-205")
    assert not out.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("device", "a b"),
        ("device", "x", "--jwt-from-slot", 1, "--jwt", "-"),
        ("assistance",),
        ("assistance", "--jwt", "t", "--bytes", "9-1"),
        ("assistance", "--jwt", "t", "--bytes", "0-65536"),
        ("assistance", "--jwt", "t", "--types", "10"),
        ("certificate", "x", "--reason", "r"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_asks_nobody(line: Line, words: tuple[object, ...]) -> None:
    assert call_station(line, "cloud", *words)[0] == 2
    assert line.cloud_truth()["requests"] == []


def create(line: Line, device: str, *more: object, who: str = "edith") -> tuple[int, str, str]:
    replace_file(line.folder / "code", CODE.encode())
    given = ("--ownership-code-file", line.folder / "code", "--sign-in", line.sign_in_file(who), "--reason", "a bench")
    return call_station(line, "cloud", "certificate", device, "--to", line.folder / "made", *given, *more)


def test_a_development_certificate_is_written_for_its_owner_and_never_shown(line: Line) -> None:
    code, shown, errors = create(line, "dev-1", "--development")
    assert code == 0, errors
    assert "in the clear" in errors
    folder = line.folder / "made"
    assert sorted(path.name for path in folder.iterdir()) == [
        *("dev-1.certificate.pem", "dev-1.key.pem", "dev-1.root.pem"),
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    key = load_pem_private_key((folder / "dev-1.key.pem").read_bytes(), None)
    leaf = x509.load_pem_x509_certificate((folder / "dev-1.certificate.pem").read_bytes())
    assert key.public_key() == leaf.public_key()
    assert [one.operator for one in written(line, DevelopmentKeyIntended)] == ["p1"]
    assert [len(one.certificate_sha256) for one in written(line, DevelopmentKeyMade)] == [64]
    # The key is in its own file alone, the code nowhere but where it was kept.
    secret = (folder / "dev-1.key.pem").read_text().splitlines()[1].encode()
    holders = {path.name for path in line.folder.rglob("*") if path.is_file() and secret in legible(path)}
    assert holders == {"dev-1.key.pem"}
    holders = {path.name for path in line.folder.rglob("*") if path.is_file() and CODE.encode() in legible(path)}
    assert holders == {"code"}
    for text in (shown, errors):
        assert secret.decode() not in text
        assert CODE not in text
    # Nothing is overwritten, and then nothing is asked for.
    before = len(asked(line))
    assert create(line, "dev-1", "--development")[2][:8] == "HOST-110"
    assert len(asked(line)) == before


def test_it_takes_the_flag_an_engineer_and_an_id_that_no_unit_has(line: Line) -> None:
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1, upload=False)
    assert create(line, "dev-1")[2][:8] == "LINE-209"
    assert create(line, "dev-1", "--development", who="lena")[2][:7] == "PPL-111"
    assert [one.fault.code for one in written(line, ActionRefused)] == ["PPL-111"]
    assert create(line, board["uuid"], "--development")[2][:8] == "LINE-208"
    assert [one for one in asked(line) if "certificates" in one[1]] == []
    assert written(line, DevelopmentKeyIntended) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST /v1/devices/*", Do.CLOSE_DONE),
        Fault("POST /v1/devices/*", Do.CLOSE_MID_ANSWER),
        Fault(
            "POST /v1/devices/*", Do.STATUS, status=201, body='{"clientId": "other", "caCert": "", "clientCert": ""}'
        ),
        Fault("POST /v1/devices/*", Do.STATUS, status=401, body='{"code": 40102, "message": "bad code"}'),
        Fault("POST /v1/devices/*", Do.STATUS, status=500),
    ],
    ids=["lost", "cut", "another's", "bad code", "a failure"],
)
def test_what_the_cloud_did_not_clearly_make_is_not_written_and_is_recorded(line: Line, fault: Fault) -> None:
    line.cloud.fail(fault)
    code, _, errors = create(line, "dev-1", "--development")
    assert (code, errors.splitlines()[1][:8]) == (4, "LINE-205")
    assert not (line.folder / "made").exists()
    (made,) = written(line, DevelopmentKeyMade)
    assert made.certificate_sha256 == ""
    assert made.why_not
    assert len([one for one in asked(line) if one[0] == "POST"]) == 1  # once, and never again


@pytest.mark.parametrize("changed", ["clientId", "privateKey", "clientCert", "caCert"])
def test_what_does_not_belong_together_is_not_written(line: Line, changed: str) -> None:
    def make(device: str) -> dict[str, str]:
        address = f"{line.cloud.base_url}/devices/{device}/certificates"
        key = {"Authorization": f"Bearer {line.cloud.api_key}"}
        return dict(requests.post(address, "ABC123", headers=key, timeout=5).json())

    answer, other = make("dev-1"), make("dev-2")
    answer[changed] = "no PEM" if changed == "caCert" else other[changed]
    line.cloud.fail(Fault("POST /v1/devices/*", Do.STATUS, status=201, body=json.dumps(answer)))
    assert create(line, "dev-1", "--development")[0] == 4
    assert not (line.folder / "made").exists()


def test_a_key_with_a_remark_in_no_ascii_is_not_lost(line: Line) -> None:
    address = f"{line.cloud.base_url}/devices/dev-1/certificates"
    key = {"Authorization": f"Bearer {line.cloud.api_key}"}
    answer = dict(requests.post(address, "ABC123", headers=key, timeout=5).json())
    answer["privateKey"] = f"Schl\u00fcssel\n{answer['privateKey']}"
    line.cloud.fail(Fault("POST /v1/devices/*", Do.STATUS, status=201, body=json.dumps(answer)))
    code, _, errors = create(line, "dev-1", "--development")
    assert code == 0, errors
    assert load_pem_private_key((line.folder / "made" / "dev-1.key.pem").read_bytes(), None)


def test_an_organisation_has_no_way_for_any_of_it(line: Line) -> None:
    text = line.station_file.read_text()
    text = text.replace('kind = "team"', 'kind = "organisation"\norganisation = "works"\nproject = "line"')
    line.station_file.write_text(text.replace("api_key = {", "token = {"))
    for words in (("device", "x"), ("assistance", "--jwt", "t"), ("certificate", "x", "--to", "y", "--development")):
        more = ("--reason", "r") if words[0] == "certificate" else ()
        code, _, errors = call_station(line, "cloud", *words, *more)
        assert (code, errors[:8]) == (4, "LINE-206"), errors
