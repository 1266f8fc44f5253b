"""A line that works for an organisation's project: armed, run, held, decided, by commands, judged by the cloud."""

import json
from pathlib import Path

import pytest

from station.domain.events import AccountConfirmed, BatchArmed, UploadDecided, UploadPrepared
from station.domain.ids import EventSeq
from station.host.files import replace_file
from station.journal.records import Records
from station.line.batch_run import LineRules
from station.simulator.cloud import LINE_TOKEN
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_world import Team
from tests.line.harness import Line
from tests.line.processes import call_station
from tests.stored_leaves import legible

POST = "POST /v1/organizations/*"
POLL = "GET /v1/organizations/*"
ACCOUNT = "simulated-works/trackers"
IMPATIENT = LineRules(attended=False, upload_patience=0.3)
KEPT = "oat_Planted~Token+of/the=Line.5519-do_not_show"


def insert(line: Line, count: int) -> list[str]:
    """Put boards into the first slots; return their device IDs."""
    return [str(line.bench.insert_described(slot, {"serial": f"B{slot}"})["uuid"]) for slot in range(1, count + 1)]


def known(line: Line) -> dict[str, str]:
    """Which devices the cloud has, and in whose account."""
    return {one["device_id"]: one["team_id"] for one in line.cloud_truth()["devices"]}


def events(line: Line, kind: type) -> list:
    with Records(line.folder / "data") as records:
        return [one.event for one in records.entries_from(EventSeq(1)) if isinstance(one.event, kind)]


def states(line: Line) -> dict[str, str]:
    _, shown, _ = call_station(line, "outbox", "--json")
    return {row["device_id"]: row["state"] for row in map(json.loads, shown.splitlines())}


def test_a_batch_is_onboarded_and_arming_says_what_has_no_place(line: Line) -> None:
    line.write(organisation=True)
    devices = insert(line, 3)
    assert line.run(3).tally.cloud == {"onboarded": 3}
    assert known(line) == dict.fromkeys(devices, ACCOUNT)
    (armed,) = events(line, BatchArmed)
    where, lost = armed.warnings
    assert "Units go to organisation simulated-works, project trackers" in where
    assert "no place for the recipe's sub-type, tags and firmware types" in lost
    assert armed.team_id == ACCOUNT
    (confirmed,) = events(line, AccountConfirmed)
    assert (confirmed.team_id, confirmed.how) == (ACCOUNT, "person")
    assert [(one.account, one.credential) for one in events(line, UploadPrepared)] == [(ACCOUNT, "certificate")]
    truth = line.cloud_truth()
    assert truth["leaks"] == []
    assert {one["target"].split("/")[2] for one in truth["requests"]} == {"organizations"}


def test_an_unclear_sending_is_held_and_a_line_lead_decides(line: Line) -> None:
    line.write(organisation=True)
    devices = sorted(insert(line, 3))
    line.cloud.fail(Fault(POST, Do.CLOSE_UNDONE))
    line.run(3)
    assert states(line) == dict.fromkeys(devices, "unknown")
    _, shown, _ = call_station(line, "outbox")
    assert "look in the portal" in " ".join(shown.split())
    assert call_station(line, "upload")[0] == 1
    assert len(line.cloud_truth()["posts"]) == 1

    line.hire()
    otto, lena = (("--sign-in", line.sign_in_file(name)) for name in ("otto", "lena"))
    code, _, errors = call_station(line, "decide", devices[0], "again", "--reason", "not there", *otto)
    assert (code, errors[:7]) == (4, "PPL-111")
    code, _, errors = call_station(line, "decide", *devices, "perhaps", "--reason", "r", *lena)
    assert code == 2
    assert states(line) == dict.fromkeys(devices, "unknown")
    assert call_station(line, "decide", devices[0], "seen", "--reason", "it is there", *lena)[:2] == (
        0,
        f"{devices[0]}: seen\n",
    )
    code, shown, errors = call_station(line, "decide", *devices[1:], "again", "--reason", "not there", *lena)
    assert (code, shown) == (0, "".join(f"{one}: again\n" for one in devices[1:])), errors
    assert [(one.operator, one.reason) for one in events(line, UploadDecided)] == [
        ("p2", "it is there"),
        ("p2", "not there"),
        ("p2", "not there"),
    ]
    assert call_station(line, "upload", *lena)[0] == 0
    assert sorted(known(line)) == devices[1:]
    assert states(line) == {}
    first, second = line.cloud_truth()["posts"]
    assert first["body_sha256"] != second["body_sha256"]


def test_uploads_for_another_account_wait_for_its_key(line: Line) -> None:
    line.write(slots=4)
    line.cloud.switch(stuck=True)
    devices = sorted(insert(line, 2))
    line.run(2, rules=IMPATIENT)
    line.cloud.switch(stuck=False)
    team = line.station_file.read_text()
    line.write(slots=4, organisation=True)
    # The station file names another account now: nobody has confirmed that one, and it is not this upload's.
    line.release()
    code, shown, _ = call_station(line, "upload", "--patience", "3")
    assert code == 4
    assert "LINE-157" in shown
    insert_more = str(line.bench.insert_described(3, {"serial": "B3"})["uuid"])
    line.run(1, batch="WO-2")
    armed = events(line, BatchArmed)[-1]
    assert "2 unit(s) are in uploads for another account" in " ".join(armed.warnings)
    assert known(line)[insert_more] == ACCOUNT
    assert states(line) == dict.fromkeys(devices, "sending")
    _, shown, _ = call_station(line, "outbox")
    assert shown.count("elsewhere") == 2
    before = [one for one in line.cloud_truth()["requests"] if not one["target"].startswith("/v1/organizations/")]
    # With the old file they end, and nothing was sent twice.
    replace_file(line.station_file, team.encode())
    line.release()
    assert call_station(line, "upload")[0] == 0
    assert states(line) == {}
    assert {device: known(line)[device] for device in devices} == dict.fromkeys(devices, line.cloud.team_id)
    asked = [one for one in line.cloud_truth()["requests"] if not one["target"].startswith("/v1/organizations/")]
    assert {one["method"] for one in asked[len(before) :]} == {"GET"}


@pytest.mark.announces("stamina.retry_scheduled")
def test_the_token_is_in_no_file_and_no_line(line: Line) -> None:
    mine, *others = line.cloud.world.projects
    line.cloud.world.projects = (Team(mine.team_id, mine.name, (KEPT,)), *others)
    line.write(organisation=True)
    with line.station_file.open("a") as file:
        file.write('[logs]\nlevel = "debug"\n')
    replace_file(line.folder / "token", KEPT.encode())
    insert(line, 2)
    said = json.dumps({"message": f"The token Bearer {KEPT} is odd.", "cause": [f"What is {KEPT}?"]})
    line.cloud.fail(Fault(POST, Do.STATUS, status=429, headers={"Retry-After": "0"}, body=said))
    line.cloud.fail(Fault(POLL, Do.STATUS, status=500, body=said, times=2))
    line.cloud.fail(Fault(POLL, Do.REDIRECT))
    line.run(2, rules=LineRules(attended=False, upload_patience=30))
    told = [part for name in ("outbox", "units") for part in call_station(line, name)[1:]]
    found = [str(path) for path in files(line.folder) if KEPT[:24].encode() in legible(path)]
    assert [Path(path).name for path in found] == ["token"]
    assert KEPT[:24] not in "".join(told)
    assert LINE_TOKEN not in "".join(told)
    assert len(known(line)) == 2
    assert line.cloud_truth()["leaks"] == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
