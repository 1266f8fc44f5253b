"""Final checks, by the cloud's own truth: known, and taken with the token that the device signed at its end."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from station.app import Station
from station.domain.check_events import Asks, CheckState, FinalChecked, Known, Token
from station.domain.events import AttemptClosed, StepFinished
from station.domain.faults import StationFault
from station.domain.ids import BatchId, EventSeq
from station.domain.line import CloudState, StepKind
from station.domain.secret import Secret
from station.evidence.unit_record import read_unit
from station.host.clock import Stop
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.journal.database import FILE_NAME
from station.journal.records import Records
from station.line.batch_run import LineRules
from station.line.final_tokens import GONE
from station.line.outbox import Outbox
from station.simulator.cloud_faults import Do, Fault
from tests.line.harness import CLOUD, Line
from tests.line.processes import Process, call_station
from tests.line.test_recovery import CRASH_AT
from tests.line.test_secrets_stay import files_of

CHECKED = CLOUD + "final_check = true\n"
DEVICE = "GET /v1/devices/*"


def insert(line: Line, count: int = 1) -> list[str]:
    """Put boards into the first slots; return their device IDs, the first slot's first."""
    return [str(line.bench.insert_described(slot, {"serial": f"B{slot}"})["uuid"]) for slot in range(1, count + 1)]


def checks(line: Line) -> list[FinalChecked]:
    with Records(line.folder / "data") as records:
        return [one.event for one in records.entries_of_kind(FinalChecked.kind)]  # type: ignore[misc]  # of that kind


def open_checks(line: Line) -> dict[str, CheckState]:
    with Records(line.folder / "data") as records:
        return {row.device_id: row.state for row in records.final_checks(*CheckState)}


def require_truthful(line: Line) -> None:
    data = line.folder / "data"
    with Records(data) as records:
        units = [unit.id for unit in records.find_units("")]
        assert {unit.cloud for unit in records.find_units("")} == {CloudState.ONBOARDED}
    assert find_disagreement(data / FILE_NAME) is None
    assert find_disagreement_about(data, units) is None


@contextmanager
def onboarded(line: Line, count: int = 1) -> Iterator[tuple[Station, Outbox]]:
    """Build boards, and have the outbox settle them by hand: the checks come next, and have their tokens."""
    opened = line.open()
    cloud = opened.cloud()
    assert cloud is not None
    with Station(opened, "a test") as station:
        someone = station.enter(line.actor())
        recipe, fixture = opened.recipe("tracker"), opened.fixture()
        armed = station.arm(BatchId("WO-1"), recipe, fixture, count, cloud, "a test")
        rules, stop = LineRules(attended=False), Stop()
        run = station.build_run(armed, station.open_ca(), fixture, recipe, cloud, stop, rules, uploads=False)
        run.run(someone)
        outbox = station.outbox(cloud)
        while station.records.outbox_counts() != {"onboarded": count}:
            line.clock.wait(stop.event, outbox.advance(flush=True) or 0.0)
        assert checks(line) == []
        yield station, outbox


@pytest.mark.parametrize("device_id", ['scheme = "uuid"', 'scheme = "imei"\nprefix = "acme-"'])
def test_each_unit_of_a_batch_is_known_and_its_token_is_accepted(line: Line, device_id: str) -> None:
    line.recipe(cloud=CHECKED, device_id=device_id)
    insert(line, 3)
    assert line.run(3).tally.cloud == {"onboarded": 3}
    assert [(one.known, one.token, one.asks, one.words) for one in checks(line)] == [
        (Known.YES, Token.ACCEPTED, Asks.TOKEN, "")
    ] * 3
    assert open_checks(line) == {}
    require_truthful(line)
    asked = [one for one in line.cloud_truth()["requests"] if one["target"].startswith("/v1/devices/")]
    assert len(asked) >= 6
    assert line.cloud_truth()["leaks"] == []


def test_without_the_recipes_word_nothing_is_signed_and_nothing_asked(line: Line) -> None:
    insert(line)
    line.run(1)
    assert checks(line) == []
    with Records(line.folder / "data") as records:
        events = [entry.event for entry in records.entries_from(EventSeq(1))]
    stored = [one for one in events if isinstance(one, StepFinished) and one.step is StepKind.STORE]
    ends = [one.final_check for one in events if isinstance(one, AttemptClosed)]
    assert [one.results for one in stored] == [{"stored": True}]
    assert ends == [""]


def test_no_token_is_in_any_file(line: Line) -> None:
    line.recipe(cloud=CHECKED)
    with line.station_file.open("a") as file:
        file.write('[logs]\nlevel = "debug"\n')
    insert(line)
    with onboarded(line) as (station, outbox):
        (unit,) = station.records.find_units("")
        token = station.final_tokens.get(unit.id)
        assert isinstance(token, Secret)
        line.cloud.fail(Fault(DEVICE, Do.STATUS, status=401, body=json.dumps({"message": token.reveal()}), skip=1))
        while (wait := outbox.advance()) is not None:
            line.clock.wait(Stop().event, wait)
        assert station.final_tokens.get(unit.id) == GONE
    signature = token.reveal().rpartition(".")[2].encode()
    for name, content in files_of(line.folder).items():
        assert signature not in content, name
    assert [one.token for one in checks(line)] == [Token.ACCEPTED]


def test_another_keys_certificate_behind_the_id_is_refused_and_marked(line: Line) -> None:
    line.recipe(cloud=CHECKED)
    wrong, right = insert(line, 2)
    with onboarded(line, 2) as (_, outbox):
        device = next(one for one in line.cloud.world.devices() if one.device_id == wrong)
        device.key = ec.generate_private_key(ec.SECP256R1()).public_key()
        assert outbox.advance() == 0.0
        wait = outbox.advance()
        assert wait is not None, "a no is asked about again before it is one"
        assert wait > 1
        assert open_checks(line) == {wrong: CheckState.DUE}
        outbox.checks.close()
        assert outbox.advance() is None
    refused = next(one for one in checks(line) if one.token is Token.REFUSED)
    assert refused.known is Known.YES
    assert "HTTP 401" in refused.words
    assert open_checks(line) == {wrong: CheckState.REFUSED}
    require_truthful(line)
    _, shown, _ = call_station(line, "outbox", "--json")
    (row,) = map(json.loads, shown.splitlines())
    assert (row["device_id"], row["state"], row["final_check"]) == (wrong, "onboarded", "refused")
    assert "refused its own token" in row["reason"]
    with Records(line.folder / "data") as records:
        (unit,) = records.find_units(right)
        told = [one.text for one in read_unit(records, unit).happenings]
    assert "final check: the cloud knows the device, and accepts its own token" in told


def test_a_no_that_becomes_a_yes_is_a_yes(line: Line) -> None:
    line.recipe(cloud=CHECKED)
    insert(line)
    line.cloud.fail(Fault(DEVICE, Do.STATUS, status=401, times=1, skip=1))  # the key's question is spared
    with onboarded(line) as (_, outbox):
        assert outbox.advance() == 0.0
        wait = outbox.advance()
        assert wait is not None
        assert 0 < wait <= 5
        line.clock.wait(Stop().event, wait)
        assert outbox.advance() == 0.0
        assert outbox.advance() is None
    assert [(one.known, one.token) for one in checks(line)] == [(Known.YES, Token.ACCEPTED)]


@pytest.mark.announces("stamina")
@pytest.mark.parametrize("do", [Do.CLOSE_UNDONE, Do.CLOSE_MID_ANSWER, Do.NONSENSE])
def test_a_cut_decides_nothing(line: Line, do: Do) -> None:
    line.recipe(cloud=CHECKED)
    insert(line)
    with onboarded(line) as (_, outbox):
        line.cloud.fail(Fault(DEVICE, do, times=0))
        outbox.advance()
        assert checks(line) == []
        line.cloud.heal()
        stop = Stop()
        while (wait := outbox.advance()) is not None:
            line.clock.wait(stop.event, wait)
    assert [(one.known, one.token) for one in checks(line)] == [(Known.YES, Token.ACCEPTED)]


def test_after_a_kill_known_is_asked_and_the_token_is_not(line: Line) -> None:
    line.recipe(cloud=CHECKED)
    (device,) = insert(line)
    with Process([sys.executable, CRASH_AT, line.station_file, "WO-1", 1, "upload-settled"]) as killed:
        assert killed.end() == -signal.SIGKILL, killed.errors
    before = checks(line)
    code, _, errors = call_station(line, "upload")
    assert code == 0, errors
    (found,) = checks(line)
    if before:
        assert found.token is Token.ACCEPTED  # it was asked faster than it died
        return
    assert (found.known, found.token, found.words) == (Known.YES, Token.NOT_ASKED, GONE)
    assert open_checks(line) == {device: CheckState.UNSURE}
    require_truthful(line)


def test_a_device_that_the_cloud_lost_is_not_known(line: Line) -> None:
    line.recipe(cloud=CHECKED)
    insert(line)
    line.cloud.fail(Fault(DEVICE, Do.STATUS, status=404, body='{"code":40410,"message":"Not found"}', times=0))
    line.run(1, rules=LineRules(attended=False, upload_patience=0.3))
    (found,) = checks(line)
    assert (found.state, found.token) == (CheckState.REFUSED, Token.REFUSED)


def test_a_rework_is_checked_anew(line: Line) -> None:
    line.recipe(cloud=CHECKED)
    (device,) = insert(line)
    line.run(1)
    line.rework(device)
    line.run(1, batch="WO-2")
    assert [one.token for one in checks(line)] == [Token.ACCEPTED] * 2
    require_truthful(line)


def test_the_organisation_api_is_refused_at_arming(line: Line) -> None:
    line.write(organisation=True)
    line.recipe(cloud=CHECKED)
    insert(line)
    with pytest.raises(StationFault) as refused:
        line.run(1)
    assert refused.value.code == "LINE-160"


def test_a_check_by_hand_is_journaled_as_the_unit_s(line: Line) -> None:
    line.recipe(cloud=CHECKED)
    line.hire()
    devices = insert(line, 2)
    line.cloud.fail(Fault(DEVICE, Do.STATUS, status=401, times=0))
    line.run(2, rules=LineRules(attended=False, upload_patience=0.3))
    assert {one.state for one in checks(line)} <= {CheckState.REFUSED, CheckState.UNSURE}
    line.cloud.heal()
    check = ("cloud", "device", devices[0], "--record", "--jwt-from-slot")
    quinn, otto = (("--sign-in", line.sign_in_file(name)) for name in ("quinn", "otto"))
    code, _, errors = call_station(line, *check, 1, *quinn)
    assert (code, errors[:7]) == (4, "PPL-111")
    code, _, errors = call_station(line, *check, 2, *otto)
    assert (code, errors[:8]) == (4, "LINE-170"), "the other board"
    before = checks(line)
    code, shown, errors = call_station(line, *check, 1, *otto)
    assert code == 0, errors
    assert "accepts its own token" in " ".join(shown.split())
    (found,) = checks(line)[len(before) :]
    assert (found.state, found.place) == (CheckState.PASSED, "slot 1")
    assert devices[0] not in open_checks(line)
    (device,) = (one for one in line.cloud.world.devices() if one.device_id == devices[0])
    device.key = ec.generate_private_key(ec.SECP256R1()).public_key()
    code, shown, _ = call_station(line, *check, 1, *otto)
    assert (code, "refused its own token" in " ".join(shown.split())) == (1, True)
    assert open_checks(line)[devices[0]] is CheckState.REFUSED
    require_truthful(line)
