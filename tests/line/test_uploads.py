"""Finished units and the cloud, station and all: when it is away, busy, somebody else's, or silent."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests

from station.app import Station
from station.domain.events import AccountConfirmed, AttemptOpened, BatchArmed
from station.domain.faults import StationFault
from station.domain.ids import BatchId, DeviceId, EventSeq
from station.domain.line import CloudState
from station.domain.ways import CredentialKind
from station.host.files import replace_file, sha256_of
from station.journal.codec import Entry
from station.journal.records import Records
from station.line.arming import Armed
from station.line.batch_run import BatchRun, LineRules
from station.line.feed import Notice, Told
from station.line.onboarding import OnboardRows
from station.line.outbox import Outbox
from station.line.outbox_rules import OutboxRules
from station.opened import Opened
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_rows import read_rows
from station.simulator.cloud_world import FAST
from tests.line.harness import Hands, Line
from tests.line.processes import call_station

SENDING = "POST /v1/devices"
IMPATIENT = LineRules(attended=False, upload_patience=0.3)


def insert(line: Line, count: int) -> list[str]:
    """Put boards into the first slots; return their device IDs."""
    return [str(line.bench.insert_described(slot, {"serial": f"B{slot}"})["uuid"]) for slot in range(1, count + 1)]


def known(line: Line) -> list[str]:
    return sorted(device["device_id"] for device in line.cloud_truth()["devices"])


def arm(line: Line) -> Armed:
    """Arm a batch; nothing else."""
    opened = line.open()
    with Station(opened, "a test") as station:
        station.enter(line.actor())
        return station.arm(BatchId("WO-1"), opened.recipe("tracker"), opened.fixture(), 2, opened.cloud(), "a test")


def refused(line: Line) -> str:
    """Return the code with which arming is refused; nothing may have come of it."""
    with pytest.raises(StationFault) as caught:
        arm(line)
    with Records(line.folder / "data") as records:
        kinds = {type(entry.event) for entry in records.entries_from(EventSeq(1))}
    assert not kinds & {BatchArmed, AttemptOpened}
    assert line.cloud.truth()["posts"] == []
    return caught.value.code


def go_away(line: Line) -> int:
    """End the cloud; return the port that nothing listens on any more."""
    port = int(line.cloud.base_url.removesuffix("/v1").rpartition(":")[2])
    line.cloud.stop()
    return port


@contextmanager
def come_back(line: Line, port: int) -> Iterator[None]:
    """Have a cloud listen there again, for a while; it remembers nothing."""
    with SimulatedCloud(port, clock=line.clock, service=FAST) as cloud:
        line.cloud = cloud
        yield


class Listener:
    """What was told during a run."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def __call__(self, _engine: BatchRun, notice: Notice) -> None:
        if isinstance(notice, Told):
            self.told.append(notice)


def test_a_batch_goes_in_bodies_of_the_configured_size(line: Line) -> None:
    line.write(cloud="batch_rows = 3")
    hands = Hands(line, [{"serial": f"B{number}"} for number in range(10)])
    hands.load()
    assert line.run(10, watch=hands).tally.cloud == {"onboarded": 10}
    truth = line.cloud_truth()
    address = line.cloud.base_url.removesuffix("/v1")
    handed: Counter[str] = Counter()
    for operation in truth["operations"]:
        body = requests.get(f"{address}/_truth/body/{operation['request_id']}", timeout=5).content
        handed.update(row.device_id for row in read_rows(body, "text/csv"))
    assert max(operation["rows"] for operation in truth["operations"]) == 3
    assert sorted(handed) == known(line)
    assert set(handed.values()) == {1}


def test_an_own_key_of_another_team_is_refused_at_arming(line: Line) -> None:
    line.write(cloud=f'team = "{line.cloud.world.teams[0].team_id}"')
    assert arm(line).warnings == ()
    line.cloud.switch(account_of="Another team")
    with pytest.raises(StationFault) as caught:
        arm(line)
    assert caught.value.code == "LINE-151"


def test_a_wrong_team_is_refused_before_anything_is_begun(line: Line) -> None:
    line.write(cloud='team = "somebody-elses"')
    assert refused(line) == "LINE-151"


def test_a_refused_key_is_told_at_arming(line: Line) -> None:
    line.cloud.fail(Fault("GET /v1/account", Do.STATUS, status=401))
    assert refused(line) == "LINE-152"


def test_offline_without_ever_having_been_confirmed_is_refused(line: Line) -> None:
    go_away(line)
    assert refused(line) == "LINE-153"


def test_a_confirmation_of_another_address_does_not_count(line: Line) -> None:
    arm(line)
    go_away(line)
    text = line.station_file.read_text()
    line.station_file.write_text(text.replace("127.0.0.1", "localhost"))
    with pytest.raises(StationFault) as caught:
        arm(line)
    assert caught.value.code == "LINE-153"


def test_offline_with_the_team_as_last_confirmed_units_finish_and_drain_later(line: Line) -> None:
    team = line.cloud.world.teams[0]
    line.write(cloud=f'team = "{team.team_id}"')
    assert arm(line).confirmed
    port = go_away(line)
    armed = arm(line)
    assert (armed.team, armed.confirmed) == (team.team_id, False)
    assert "uploads wait" in armed.warnings[0]
    devices = insert(line, 2)
    summary = line.run(2, rules=IMPATIENT)
    assert summary.all_passed
    assert set(summary.tally.cloud) <= {CloudState.WAITING, CloudState.SENDING}
    with Records(line.folder / "data") as records:
        events = [entry.event for entry in records.entries_from(EventSeq(1))]
    assert [event.cloud_confirmed for event in events if isinstance(event, BatchArmed)] == [True, False, False]
    assert sum(isinstance(event, AccountConfirmed) for event in events) == 1
    with come_back(line, port):
        code, shown, errors = call_station(line, "upload")
        assert (code, errors) == (0, ""), shown
        assert known(line) == sorted(devices)
        assert len(line.cloud_truth()["posts"]) == 1


def test_offline_for_another_team_than_last_confirmed_is_refused(line: Line) -> None:
    arm(line)
    go_away(line)
    line.write(cloud='team = "somebody-elses"')
    with pytest.raises(StationFault) as caught:
        arm(line)
    assert caught.value.code == "LINE-151"


def test_a_busy_cloud_is_waited_for_within_the_run(line: Line) -> None:
    line.cloud.fail(Fault(SENDING, Do.STATUS, status=503, headers={"Retry-After": "1"}, times=2))
    devices = insert(line, 2)
    listener = Listener()
    assert line.run(2, watch=listener).tally.cloud == {"onboarded": 2}
    assert known(line) == sorted(devices)
    assert [told.code for told in listener.told] == ["CLD-WAIT", "CLD-WAIT"]


def test_a_key_refused_while_boards_run_stops_uploads_and_no_board(line: Line) -> None:
    line.write(cloud="batch_rows = 1")
    line.cloud.fail(Fault(SENDING, Do.STATUS, status=403, times=0))
    devices = insert(line, 6)
    listener = Listener()
    summary = line.run(6, watch=listener)
    assert summary.all_passed
    assert [told.code for told in listener.told] == ["LINE-152", "LINE-146"]
    assert listener.told[1].sentence.startswith("6 units wait")
    assert len(line.cloud_truth()["posts"]) == 1
    line.cloud.heal()
    assert call_station(line, "upload")[0] == 0
    assert known(line) == sorted(devices)


def test_a_cloud_that_answers_nothing_does_not_hold_up_the_boards(line: Line) -> None:
    line.write(cloud="batch_rows = 1\nread_timeout_s = 2")
    line.cloud.fail(Fault(SENDING, Do.SLOW, seconds=60))
    insert(line, 4)
    closed: list[str] = []

    def watch(_engine: BatchRun, notice: Notice) -> None:
        if isinstance(notice, Entry):
            closed.append(notice.event.kind)

    summary = line.run(4, watch=watch)
    assert summary.tally.cloud == {"onboarded": 4}
    lost = closed.index("upload-unclear")
    assert closed[:lost].count("attempt-closed") == 4
    assert len(line.cloud_truth()["posts"]) == 4


@contextmanager
def outbox_of(line: Line, opened: Opened) -> Iterator[tuple[Station, Outbox]]:
    cloud = opened.cloud()
    assert cloud is not None
    with Station(opened, "a test") as station:
        station.enter(line.actor())
        yield station, station.outbox(cloud)


def test_a_new_station_on_the_folder_goes_on_from_every_state_of_an_upload(line: Line) -> None:
    devices = insert(line, 2)
    line.run(2, upload=False)
    line.cloud.switch(stuck=True)
    line.cloud.fail(Fault(SENDING, Do.STATUS, status=429, headers={"Retry-After": "0"}))
    line.cloud.fail(Fault(SENDING, Do.CLOSE_DONE))
    seen = []
    for _ in range(5):
        # A station of its own for each step that the outbox takes.
        with outbox_of(line, line.open()) as (station, outbox):
            while outbox.advance(flush=True) != 0.0:
                pass
            seen += [upload.state for upload in station.records.open_uploads()]
    assert seen == ["prepared", "prepared", "unclear", "accepted", "accepted"]
    line.cloud.switch(stuck=False)
    with outbox_of(line, line.open()) as (station, outbox):
        while outbox.advance(flush=True) is not None:
            pass
        assert station.records.outbox_counts() == {"onboarded": 2}
    assert known(line) == sorted(devices)
    assert [post["acted"] for post in line.cloud_truth()["posts"]] == [False, True]


def test_a_reworked_unit_replaces_its_certificate_in_the_cloud(line: Line) -> None:
    (device,) = insert(line, 1)
    line.run(1)
    (first,) = line.cloud_truth()["devices"]
    line.rework(device)
    assert line.run(1, batch="WO-2").tally.cloud == {"onboarded": 1}
    (second,) = line.cloud_truth()["devices"]
    assert second["certificate_sha256"] != first["certificate_sha256"]
    assert second["tags"] == first["tags"] == ["line1"]
    with Records(line.folder / "data") as records:
        certificate = records.active_certificate(DeviceId(device))
        assert certificate is not None
        assert second["certificate_sha256"] == sha256_of(records.certificate_der(certificate))
    assert [post["target"] for post in line.cloud_truth()["posts"]] == ["/v1/devices", "/v1/devices/certificates"]


def test_a_reworked_unit_that_the_cloud_lost_is_onboarded_anew(line: Line) -> None:
    (device,) = insert(line, 1)
    line.run(1)
    port = go_away(line)
    with come_back(line, port):
        assert known(line) == []
        line.rework(device)
        assert line.run(1, batch="WO-2").tally.cloud == {"onboarded": 1}
        assert [post["target"] for post in line.cloud_truth()["posts"]] == ["/v1/devices"]
        assert known(line) == [device]


def test_a_device_that_the_cloud_has_from_somebody_else_is_refused_in_its_words(line: Line) -> None:
    """What this station never onboarded is not its to replace."""
    (device,) = insert(line, 1)
    line.run(1, upload=False)
    with Records(line.folder / "data") as records:
        (mine,) = OnboardRows(records).rows_of([records.find_units(device)[0].id])
    cloud = line.open().cloud()
    assert cloud is not None
    cloud.send(cloud.render([replace(mine, tags=("theirs",))]), CredentialKind.CERTIFICATE, ())
    for batch in ("WO-2", "WO-3"):
        line.rework(device)
        assert line.run(1, batch=batch).tally.cloud == {"refused": 1}
    code, shown, _ = call_station(line, "outbox")
    assert code == 0
    assert "already exists in account with different attributes" in shown


def test_a_run_that_can_reach_nothing_ends_soon_and_says_what_waits(line: Line) -> None:
    arm(line)
    go_away(line)
    insert(line, 2)
    listener = Listener()
    began = line.clock.monotonic()
    summary = line.run(2, watch=listener, rules=LineRules(attended=False))
    assert summary.all_passed
    assert line.clock.monotonic() - began < 30
    (left,) = [told for told in listener.told if told.code == "LINE-146"]
    assert left.sentence.startswith("2 units wait for the cloud (the cloud can't be reached")
    assert left.sentence.endswith("station upload")


def test_a_mended_key_is_taken_within_the_run(line: Line) -> None:
    line.write(cloud="batch_rows = 1")
    key = line.folder / "api-key"
    good = key.read_text()
    devices = insert(line, 2)
    opened = line.open()
    cloud = opened.cloud()
    assert cloud is not None
    line.run(2, upload=False)
    with Station(opened, "a test") as station:
        station.enter(line.actor())
        outbox = station.outbox(cloud, OutboxRules(retry_first=0.01))
        replace_file(key, b"another-key-that-is-wrong")
        line.cloud.fail(Fault(SENDING, Do.STATUS, status=401))
        while not outbox.blocked:
            outbox.advance(flush=True)
        line.cloud.fail(Fault("GET /v1/account", Do.STATUS, status=401, times=1))
        replace_file(key, good.encode())
        while (wait := outbox.advance(flush=True)) is not None:
            line.clock.wait(threading.Event(), wait)
    assert known(line) == sorted(devices)


def test_an_overdue_upload_is_shown_and_decided_and_its_late_answer_counts(line: Line) -> None:
    line.write(cloud="overdue_after_s = 0.5")
    line.cloud.switch(stuck=True)
    decided, other = insert(line, 2)
    line.run(2, rules=LineRules(attended=False, upload_patience=30))
    code, shown, _ = call_station(line, "outbox")
    assert code == 0
    assert shown.count("overdue") == 2
    code, _, errors = call_station(line, "decide", decided, "hold", "--reason", "we look at it")
    assert (code, errors) == (0, "")
    _, shown, _ = call_station(line, "outbox", "--json")
    rows = {row["device_id"]: row for row in map(json.loads, shown.splitlines())}
    assert (rows[decided]["state"], "overdue" in rows[decided]) == ("held", False)
    assert (rows[other]["state"], rows[other].get("overdue")) == ("sending", True)
    line.cloud.switch(stuck=False)
    assert call_station(line, "upload")[0] == 0
    with Records(line.folder / "data") as records:
        assert records.outbox_counts() == {"onboarded": 2}
    assert len(line.cloud_truth()["posts"]) == 1
