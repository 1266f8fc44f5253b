"""``station cloud delete``, by the cloud's own truth: the device is gone, its unit held, nothing sent blindly."""

import signal
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from station.app import Station
from station.domain.check_events import CheckState
from station.domain.events import ActionRefused, CloudDeleted, CloudDeletionIntended
from station.domain.line import CloudState
from station.evidence.unit_record import read_unit
from station.host.files import replace_file, sha256_of
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.journal.database import FILE_NAME
from station.journal.records import Records
from station.line.cloud_deletion import GONE, TAKEN, WAS_NOT
from station.line.decisions import withdraw_rework
from station.simulator.cloud import OTHER_KEY
from station.simulator.cloud_faults import Do, Fault
from tests.line.harness import CLOUD, Line
from tests.line.processes import PATIENCE, Process, call, call_station, run_station
from tests.line.test_claims import as_engineer, attested, claimed, units, written
from tests.line.test_other_ways import BARE
from tests.line.test_recovery import until

__all__ = ["attested", "claimed"]  # fixtures

DIES = Path(__file__).with_name("deletion_dies.py")
DELETE = "DELETE /v1/devices/*"


@pytest.fixture
def onboarded(line: Line) -> str:
    """The ID of an onboarded unit of this line, whose board is in slot 1."""
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1)
    assert there(line) == [board["uuid"]]
    return str(board["uuid"])


def there(line: Line) -> list[str]:
    return [one["device_id"] for one in line.cloud_truth()["devices"]]


def delete(line: Line, device: str, who: str = "lena") -> tuple[int, str, str]:
    return as_engineer(line, "cloud", "delete", device, "--reason", "sold elsewhere", who=who)


def state(line: Line) -> CloudState:
    """How the only unit stands; the tables are what the entries say, all of them and its own alone."""
    (unit,) = units(line)
    assert find_disagreement(line.folder / "data" / FILE_NAME) is None
    assert find_disagreement_about(line.folder / "data", [unit.id]) is None
    return CloudState(unit.cloud)


def came(line: Line) -> list[tuple[bool, CloudState]]:
    return [(one.gone, one.state) for one in written(line, CloudDeleted)]


def withdrawn(line: Line) -> CloudState | None:
    (unit,) = units(line)
    with Records(line.folder / "data") as records:
        return records.withdrawn_state(unit.id)


def reason(line: Line) -> str:
    with Records(line.folder / "data") as records:
        (row,) = records.outbox()
    return row.reason


def test_a_device_is_deleted_by_role_with_a_reason_its_unit_held_and_sent_again(line: Line, onboarded: str) -> None:
    assert delete(line, onboarded, "otto")[0] == 4
    assert as_engineer(line, "cloud", "delete", onboarded, "--reason", " ")[0] != 0
    assert next(one.fault.code for one in written(line, ActionRefused)) == "PPL-111"
    assert written(line, CloudDeletionIntended) == []
    assert there(line) == [onboarded]
    code, shown, errors = delete(line, onboarded)
    assert code == 0, errors
    assert "is deleted" in shown
    assert "Its claim, if it has one, stays: station claim undo" in shown
    assert (there(line), line.cloud.world.deleted) == ([], [onboarded])
    assert (state(line), reason(line)) == (CloudState.HELD, GONE)
    (intended,) = written(line, CloudDeletionIntended)
    (unit,) = units(line)
    told = (intended.device_id, intended.unit, intended.operator, intended.reason, intended.place)
    assert told == (onboarded, unit.id, "p2", "sold elsewhere", line.cloud.base_url)
    assert came(line) == [(True, CloudState.HELD)]
    with Records(line.folder / "data") as records:
        happened = [one.text for one in read_unit(records, unit).happenings]
    assert f"deleted from the cloud: {GONE}" in happened
    code, shown, _ = delete(line, onboarded)
    assert (code, "was not in this account" in shown) == (1, True)
    assert state(line) is CloudState.HELD
    code, _, errors = as_engineer(line, "decide", onboarded, "send-again", "--reason", "it stays", who="lena")
    assert code == 0, errors
    assert as_engineer(line, "upload")[0] == 0
    assert (state(line), there(line)) == (CloudState.ONBOARDED, [onboarded])
    assert line.cloud_truth()["leaks"] == []


def test_a_device_that_is_no_unit_of_this_station_is_deleted_too(line: Line, onboarded: str) -> None:
    (device,) = line.cloud.world.devices()
    assert device.key is not None
    assert device.device_id == onboarded
    line.cloud.world.register_key("elsewhere-1", device.team_id, device.key)
    code, _, errors = delete(line, "elsewhere-1")
    assert code == 0, errors
    assert line.cloud.world.deleted == ["elsewhere-1"]
    assert [one.unit for one in written(line, CloudDeleted)] == [None]
    assert state(line) is CloudState.ONBOARDED
    assert delete(line, "nobody")[0] == 1
    assert came(line) == [(True, CloudState.NONE)] * 2


@pytest.mark.parametrize(
    ("do", "status", "gone", "after"),
    [
        (Do.CLOSE_DONE, 0, True, CloudState.HELD),
        (Do.CLOSE_UNDONE, 0, False, CloudState.UNKNOWN),
        (Do.STATUS, 500, False, CloudState.UNKNOWN),
        (Do.STATUS, 422, False, CloudState.ONBOARDED),
        (Do.STATUS, 429, False, CloudState.ONBOARDED),
        (Do.STATUS, 403, False, CloudState.ONBOARDED),
    ],
)
def test_an_unclear_deletion_is_looked_up_and_told_as_it_is(
    line: Line, onboarded: str, do: Do, status: int, gone: bool, after: CloudState
) -> None:
    line.cloud.fail(Fault(DELETE, do, status=status))
    code, _, errors = delete(line, onboarded)
    assert (there(line) == [], state(line)) == (gone, after)
    assert code == (0 if gone else 4), errors
    assert came(line) == [(gone, after)]
    # What can be told at last is told, whatever was before.
    assert delete(line, onboarded)[0] == (1 if gone else 0)
    assert (there(line), state(line)) == ([], CloudState.HELD)


def test_an_order_that_is_taken_but_not_carried_out_yet_is_not_called_gone(line: Line, onboarded: str) -> None:
    line.cloud.fail(Fault(DELETE, Do.STATUS, status=202))
    assert delete(line, onboarded)[0] == 0
    assert (state(line), reason(line)) == (CloudState.HELD, TAKEN)


@pytest.mark.parametrize(
    ("kind", "done", "between"),
    [("cloud-deletion-intended", False, CloudState.UNKNOWN), ("cloud-deleted", True, CloudState.HELD)],
)
def test_a_power_cut_between_leaves_nothing_that_is_sent_blindly(
    line: Line, onboarded: str, kind: str, done: bool, between: CloudState
) -> None:
    line.release()
    with Process([sys.executable, DIES, line.station_file, onboarded, kind]) as dying:
        assert dying.end() == -signal.SIGKILL, dying.errors
    assert state(line) is between
    assert as_engineer(line, "upload")[0] in (0, 1)
    assert state(line) is between
    assert delete(line, onboarded)[0] == (1 if done else 0)
    assert (there(line), line.cloud.world.deleted, state(line)) == ([], [onboarded], CloudState.HELD)


def test_one_killed_after_the_cloud_did_it_is_known_to_be_gone_the_next_time(line: Line, onboarded: str) -> None:
    line.cloud.fail(Fault(DELETE, Do.SLOW, seconds=PATIENCE))
    line.release()
    typed = ("cloud", "delete", onboarded, "--reason", "a test", "--sign-in", line.sign_in_file("lena"))
    with run_station(line, *typed) as dying:
        until(line, lambda: line.cloud.world.deleted)
        dying.kill()
    assert (there(line), state(line), written(line, CloudDeleted)) == ([], CloudState.UNKNOWN, [])
    assert delete(line, onboarded)[0] == 1
    assert (state(line), reason(line)) == (CloudState.HELD, WAS_NOT)


def test_a_declared_rework_goes_on_and_its_old_certificate_is_not_sent_any_more(line: Line, onboarded: str) -> None:
    line.rework(onboarded)
    line.cloud.fail(Fault(DELETE, Do.STATUS, status=429))
    assert delete(line, onboarded)[0] == 4
    assert (state(line), withdrawn(line)) == (CloudState.ONBOARDED, None)
    assert delete(line, onboarded)[0] == 0
    assert (state(line), withdrawn(line)) == (CloudState.NONE, CloudState.HELD)
    again = ("decide", onboarded, "send-again", "--reason", "a test")
    assert as_engineer(line, *again)[2][:8] == "LINE-161"
    assert as_engineer(line, "upload")[0] == 0
    assert there(line) == []
    line.run(1, batch="WO-2")
    assert (state(line), there(line)) == (CloudState.ONBOARDED, [onboarded])
    with Records(line.folder / "data") as records:
        (active,) = [one for one in records.certificates_of(units(line)[0].device_id) if one.state == "active"]
        new = sha256_of(records.certificate_der(active))
    (device,) = line.cloud.world.devices()
    assert device.fingerprint == new


def test_a_withdrawn_rework_leaves_the_unit_held(line: Line, onboarded: str) -> None:
    line.rework(onboarded)
    assert delete(line, onboarded)[0] == 0
    with Station(line.open(), "a withdrawal") as station:
        lead = station.enter(line.second())
        withdraw_rework(station.gate, station.records, onboarded, lead, "sold as it is", line.actor())
    assert (state(line), withdrawn(line)) == (CloudState.HELD, None)


def test_a_unit_that_waits_is_as_it_was_where_the_cloud_did_not_have_it(line: Line) -> None:
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1, upload=False)
    assert delete(line, board["uuid"])[0] == 1
    assert state(line) is CloudState.WAITING
    assert as_engineer(line, "upload")[0] == 0
    assert (state(line), there(line)) == (CloudState.ONBOARDED, [board["uuid"]])


def test_the_record_tells_of_it_and_still_verifies(line: Line, onboarded: str) -> None:
    assert delete(line, onboarded)[0] == 0
    to = line.folder / "out"
    code, _, errors = as_engineer(line, "export", "unit", onboarded, "--to", to)
    assert code == 0, errors
    (bundle,) = to.glob("*.zip")
    holds = 3  # and nobody said by whose key
    for what in (bundle, line.folder / "data"):
        code, shown, errors = call("verify", what)
        assert code == holds, (shown, errors)
    with zipfile.ZipFile(bundle) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    for told in (b"cloud-deletion-intended", b"sold elsewhere", GONE.encode()):
        assert told in whole


def test_a_claim_stays(attested: Line, claimed: str) -> None:
    assert delete(attested, claimed)[0] == 1  # it was never connected: there is nothing of it
    assert state(attested) is CloudState.CLAIMED
    attested.cloud.provisioning.connect(claimed)
    assert as_engineer(attested, "upload", "--look")[0] == 0
    assert state(attested) is CloudState.ONBOARDED
    assert delete(attested, claimed)[0] == 0
    assert (there(attested), state(attested)) == ([], CloudState.HELD)
    assert [one["uuid"] for one in attested.cloud_truth()["claims"]] == [claimed]


def test_a_registered_bare_key_is_no_device_and_stays(line: Line) -> None:
    line.recipe(**BARE)
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1)
    assert state(line) is CloudState.ONBOARDED
    assert delete(line, board["uuid"])[0] == 1
    assert state(line) is CloudState.ONBOARDED
    assert board["uuid"] in line.cloud.world.public_keys()


def test_another_accounts_key_deletes_nothing(line: Line, onboarded: str) -> None:
    replace_file(line.folder / "api-key", OTHER_KEY.encode())
    code, _, errors = delete(line, onboarded)
    assert (code, "LINE-151" in errors) == (4, True)
    other = line.cloud.world.team_of(OTHER_KEY)
    assert other is not None
    named = line.station_file.read_text().replace("[cloud]\n", f'[cloud]\nteam = "{other.team_id}"\n')
    line.station_file.write_text(named)
    code, _, errors = delete(line, onboarded)
    assert (code, "LINE-216" in errors) == (4, True)
    assert (there(line), written(line, CloudDeletionIntended)) == ([onboarded], [])


def test_an_organisations_device_is_deleted_in_the_portal(line: Line, onboarded: str) -> None:
    text = line.station_file.read_text()
    text = text.replace('kind = "team"', 'kind = "organisation"\norganisation = "works"\nproject = "line"')
    line.station_file.write_text(text.replace("api_key = {", "token = {"))
    code, _, errors = call_station(line, "cloud", "delete", onboarded, "--reason", "a test")
    assert (code, errors[:8], "Delete it in the portal." in errors) == (4, "LINE-217", True)
    assert there(line) == [onboarded]


def test_a_device_that_comes_back_is_checked_anew(line: Line) -> None:
    line.recipe(cloud=CLOUD + "final_check = true\n")
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1)
    assert checks(line) == [CheckState.PASSED]
    assert delete(line, board["uuid"])[0] == 0
    assert checks(line) == [CheckState.WANTED]
    assert state(line) is CloudState.HELD


def checks(line: Line) -> list[Any]:
    with Records(line.folder / "data") as records:
        (unit,) = records.find_units("")
        return [row.state for row in records.final_checks(unit=unit.id)]
