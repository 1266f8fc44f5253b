"""A PC dies, and another goes on from its backup: nothing is sent or issued twice, and the record says all of it."""

import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from station.app import Station
from station.backing_up import BackupDesk, Written
from station.domain.events import (
    CertificateIntended,
    CertificateSuperseded,
    Event,
    Exported,
    ExportIntended,
    Restored,
    UploadAccepted,
    UploadSending,
    UploadUnclear,
)
from station.domain.faults import Fault
from station.domain.ids import BatchId, EventSeq
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.host.files import sha256_of_file
from station.journal.records import Records
from station.line.batch_run import LineRules
from station.line.outbox_rules import OutboxRules
from station.restoring import Chosen, Done, Faces, restore_backup
from station.simulator.cloud_faults import Do
from station.simulator.cloud_faults import Fault as CloudFault
from tests.line.harness import ROOT, STAFF, Hands, Line
from tests.line.processes import call, call_station, child_environment
from tests.line.typing_hands import Terminal

LATER = LineRules(attended=False, upload_patience=0.2)


def data(line: Line) -> Path:
    return line.folder / "data"


def events(folder: Path, *kinds: type[Event]) -> list[Any]:
    with Records(folder) as records:
        return [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, kinds)]


def states(folder: Path) -> dict[str, str]:
    with Records(folder) as records:
        return {unit.device_id: str(unit.cloud) for unit in records.find_units("", limit=99)}


def build(line: Line, *names: str, batch: str, upload: bool = True) -> None:
    """Run a whole batch of boards with these names."""
    hands = Hands(line, [{"serial": name} for name in names], slots=2)
    hands.load()
    line.run(len(names), batch=batch, rules=None if upload else LATER, watch=hands, upload=upload)


def back_up(line: Line, to: Path) -> Written:
    with Station(line.open(), "a backup") as station:
        return BackupDesk(station, station.enter(line.actor()), to).write()


def restored_at(line: Line, backup: Path, into: Path, *more: object, who: str = "edith", second: str = "lena") -> str:
    """Restore at a terminal, as two people; return what was shown."""
    words = ("restore", backup, "--into", into, "--reason", "the PC burnt", "--sign-in", line.sign_in_file(who), *more)
    at = Terminal(*words)
    try:
        at.read_until("Second person: name or badge: ")
        at.type(second)
        at.read_until("PIN: ")
        at.type(STAFF[second][0])
        code = at.end()
    finally:
        at.close()
    assert code == 0, at.shown
    return " ".join(at.shown.split())


def other_pc(line: Line, into: Path) -> Line:
    """The restored station on the same bench; whoever put it up has put the secrets there."""
    for path in (line.folder / "api-key", line.folder / "passphrase", *line.folder.glob("*.sign-in")):
        shutil.copy(path, into / path.name)
    bench = into / "data" / "bench"
    bench.symlink_to(data(line) / "bench")
    return Line(into, line.bench, line.cloud, line.clock)


@pytest.fixture
def worked(line: Line) -> Line:
    """Two units that are onboarded, two that wait for the cloud, and a batch of them that is open."""
    line.write(slots=2)
    build(line, "B1", "B2", batch="WO-1")
    build(line, "B3", "B4", batch="WO-2", upload=False)
    clear(line)
    return line


def upload(line: Line) -> None:
    """Drive the outbox to its end, without the minute that a body may take to appear at the cloud."""
    opened = line.open()
    with Station(opened, "a test") as station:
        station.enter(line.actor())
        cloud = opened.cloud()
        assert cloud is not None
        rules = OutboxRules(longest_wait=0, poll_first=0.05, poll_most=0.05, settle=0.05)
        outbox = station.outbox(cloud, rules)
        for _ in range(200):
            wait = outbox.advance(flush=True)
            if wait is None:
                return
            line.clock.wait(threading.Event(), wait)
    raise AssertionError("the outbox comes to no end")


def clear(line: Line) -> None:
    for slot in (1, 2):
        line.bench.remove(slot)


def test_the_whole_way_to_another_pc(worked: Line, tmp_path: Path) -> None:
    code, note, _ = call_station(worked, "checkpoint")
    assert code == 0
    kept = tmp_path / "kept-before.txt"
    kept.write_text(note)
    old_key = tmp_path / "old.vkey"
    shutil.copy(data(worked) / "evidence" / "station.vkey", old_key)
    code, shown, errors = call_station(worked, "backup", tmp_path / "stick", "--sign-in", worked.sign_in_file("edith"))
    assert code == 0, errors
    (backup,) = (tmp_path / "stick").iterdir()
    assert str(backup) in shown
    assert [one.sha256 for one in events(data(worked), Exported)] == [sha256_of_file(backup)]
    assert [one.form for one in events(data(worked), ExportIntended)] == ["backup"]
    # The old PC goes on: it uploads the two that waited, and builds another.
    assert call_station(worked, "upload")[0] == 0
    build(worked, "B5", batch="WO-3")
    clear(worked)
    lost = tmp_path / "kept-after.txt"
    lost.write_text(call_station(worked, "checkpoint")[1])
    before = {device["device_id"]: device for device in worked.cloud_truth()["devices"]}
    assert len(before) == 5

    into = tmp_path / "pc two"
    told = restored_at(worked, backup, into, "--key", old_key, "--checkpoint", kept)
    assert "Batch WO-2" not in told
    assert "2 units were on their way to the cloud: it is asked about each" in told
    second = other_pc(worked, into)
    (event,) = events(into / "data", Restored)
    assert (event.operator, event.second, event.reason) == ("p1", "p2", "the PC burnt")
    assert (event.before, event.backup) == ("nrf91-station/test", sha256_of_file(backup))
    assert event.origin.startswith("nrf91-station/test/r1-")

    # What the old PC has sent is not sent again: the cloud has the devices, and a person or the board settles them.
    upload(second)
    assert sorted(states(into / "data").values()) == ["onboarded", "onboarded", "unknown", "unknown"]
    assert {device["device_id"]: device for device in worked.cloud_truth()["devices"]} == before

    build(second, "B6", batch="WO-4")
    clear(second)
    assert len(second.cloud_truth()["devices"]) == 6
    assert call_station(second, "checkpoint")[0] == 0

    new_key = tmp_path / "new.vkey"
    shutil.copy(into / "data" / "evidence" / "station.vkey", new_key)
    says = f"goes on from a backup of {event.size} entries"
    code, shown, _ = call("verify", into / "data", "--key", new_key, "--checkpoint", kept)
    assert (code, says in shown) == (0, True), shown
    code, shown, _ = call("verify", into / "data", "--key", old_key, "--checkpoint", kept)
    assert code == 3, shown
    assert f"it was restored behind entry {event.size} and goes on signed by {event.origin}" in shown
    code, shown, _ = call("verify", into / "data", "--key", new_key, "--checkpoint", lost)
    assert (code, "are not in here" in shown) == (3, True), shown
    assert call("verify", into / "data", "--key", new_key, "--quick")[0] == 0

    qa = tmp_path / "qa"
    code, _, errors = call_station(second, "export", "batch", "WO-4", "--to", qa, "--since", kept, "--form", "bundle")
    assert code == 0, errors
    (bundle,) = qa.glob("*.zip")
    code, shown, _ = call("verify", bundle, "--key", new_key, "--checkpoint", kept)
    assert (code, says in shown) == (0, True), shown
    code, shown, _ = call("verify", bundle, "--key", old_key)
    assert (code, "for which nothing you gave vouches" in shown) == (3, True), shown
    # The next start, and another backup of it with its successor, are as any.
    assert call_station(second, "checkpoint")[0] == 0
    again = back_up(second, tmp_path / "stick")
    restored_at(second, again.path, tmp_path / "pc three")
    third = tmp_path / "pc three" / "data"
    last = events(third, Restored)[-1]
    assert last.origin.startswith("nrf91-station/test/r2-")
    code, shown, _ = call("verify", third, "--key", third / "evidence" / "station.vkey", "--checkpoint", kept)
    assert (code, shown.count("restored: entry")) == (0, 2), shown
    # Copied back over the old PC's folder, it is no journal of that one.
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (data(worked) / name).unlink(missing_ok=True)
    shutil.copy(third / "journal.db", data(worked) / "journal.db")
    code, _, errors = call_station(worked, "upload")
    assert (code, errors[:7]) == (4, "EVD-103")


def actors(line: Line, into: Path, backup: Path) -> tuple[Line, Done]:
    """Restore without a terminal, as two people; return the station on the other PC."""
    faces = Faces(lambda station: station.enter(line.actor()), lambda *_: line.second(), _raise)
    done = restore_backup(Chosen(backup, into, "the PC burnt"), faces)
    return other_pc(line, into), done


def _raise(fault: Fault) -> Secret:
    raise fault


def test_a_board_that_the_pc_before_built_after_the_backup_is_not_onboarded_as_another(
    line: Line, tmp_path: Path
) -> None:
    """The line can't know it: it is built like any used board, and the cloud, which has it, refuses the new key."""
    line.write(slots=2)
    build(line, "B1", batch="WO-1")
    clear(line)
    written = back_up(line, tmp_path / "stick")
    build(line, "B2", batch="WO-2")
    clear(line)
    device = str(line.board("B2")["uuid"])
    before = line.cloud_truth()["devices"]
    second, _ = actors(line, tmp_path / "new", written.path)
    build(second, "B2", batch="WO-2")
    assert states(second.folder / "data")[device] == CloudState.REFUSED
    with Records(second.folder / "data") as records:
        (row,) = records.outbox(CloudState.REFUSED)
    assert row.reason  # the cloud's own words
    assert line.cloud_truth()["devices"] == before
    # Sent again by a decision, it is refused again: what this record never onboarded it never overwrites.
    who = ("--sign-in", second.sign_in_file("lena"))
    assert call_station(second, "decide", device, "send-again", "--reason", "look", *who)[0] == 0
    upload(second)
    assert states(second.folder / "data")[device] == CloudState.REFUSED
    assert line.cloud_truth()["devices"] == before


def test_what_the_pc_before_had_not_sent_goes_once_the_cloud_was_asked(worked: Line, tmp_path: Path) -> None:
    written = back_up(worked, tmp_path / "stick")
    second, done = actors(worked, tmp_path / "new", written.path)
    assert len([text for text in done.told if "2 units were on their way" in text]) == 1
    upload(second)
    assert set(states(second.folder / "data").values()) == {"onboarded"}
    assert len(worked.cloud_truth()["devices"]) == 4
    with Records(second.folder / "data") as records:
        told = [entry.event for entry in records.entries_from(EventSeq(written.size + 1))]
    kinds = [one.kind for one in told if isinstance(one, Restored | UploadUnclear | UploadSending)]
    assert kinds == ["restored", "upload-unclear", "upload-sending"], "asked before it was sent"


def test_an_upload_that_was_put_off_is_looked_for_by_its_body(line: Line, tmp_path: Path) -> None:
    """The PC before tried, was put off, was backed up, and tried again: the cloud has that very body."""
    line.write(slots=2)
    line.cloud.fail(CloudFault("POST /v1/devices", Do.STATUS, status=429))
    build_put_off(line)
    line.cloud.heal()
    written = back_up(line, tmp_path / "stick")
    upload(line)
    before = line.cloud_truth()["devices"]
    assert len(before) == 1
    second, _ = actors(line, tmp_path / "new", written.path)
    upload(second)
    assert set(states(second.folder / "data").values()) == {"onboarded"}
    assert line.cloud_truth()["devices"] == before
    (found,) = [one for one in events(second.folder / "data", UploadAccepted) if one.found_by == "body"]
    assert found.request_id


def build_put_off(line: Line) -> None:
    hands = Hands(line, [{"serial": "B1"}], slots=2)
    hands.load()
    line.run(1, batch="WO-1", rules=LATER, watch=hands)
    clear(line)


def test_checkpoints_of_the_pc_before_are_no_roll_back_of_its_successor(line: Line, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    line.write(slots=2, station=f'[evidence]\nsecond_place = "{share}"\n')
    line.release()
    written = back_up(line, tmp_path / "stick")
    assert call_station(line, "checkpoint")[0] == 0
    second, done = actors(line, tmp_path / "new", written.path)
    newest = max(int(path.stem.rpartition("-")[2]) for path in share.glob("nrf91-station-test-[0-9]*.txt"))
    assert [text for text in done.told if f"a checkpoint of {newest} entries" in text and "are lost" in text]
    assert call_station(second, "checkpoint")[0] == 0
    assert list(share.glob(f"{done.event.origin.replace('/', '-')}-*.txt"))
    # The PC before can still be started, and nobody there can know: its log stays its own.
    assert call_station(line, "checkpoint")[0] == 0
    code, shown, _ = call("verify", line.folder / "data", "--key", line.folder / "data" / "evidence" / "station.vkey")
    assert (code, "restored" in shown) == (0, False), shown
    # A successor that is rolled back is refused like any other.
    assert call_station(second, "checkpoint")[0] == 0
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (second.folder / "data" / name).unlink(missing_ok=True)
    with zipfile.ZipFile(written.path) as archive:
        archive.extract("journal.db", second.folder / "data")
    code, _, errors = call_station(second, "checkpoint")
    assert code == 4
    assert errors[:7] in ("EVD-111", "EVD-113"), errors


def test_an_open_batch_is_told_of(line: Line, tmp_path: Path) -> None:
    line.write(slots=2)
    line.release()
    opened = line.open()
    with Station(opened, "a test") as station:
        station.enter(line.actor())
        station.arm(BatchId("WO-9"), opened.recipe("tracker"), opened.fixture(), 7, None, "a test")
    written = back_up(line, tmp_path / "stick")
    _, done = actors(line, tmp_path / "new", written.path)
    assert done.event.batches == ("WO-9",)
    assert [text for text in done.told if text.startswith("Batch WO-9 is open: 0 of 7 boards had ended")]


def test_a_serial_number_that_the_pc_before_may_have_signed_is_given_up(line: Line, tmp_path: Path) -> None:
    """It died between intent and certificate, was backed up, and could have gone on: here it stays unsigned."""
    line.write(slots=2)
    line.bench.insert_described(1, {"serial": "B1"})
    line.release()
    script = ROOT / "tests" / "line" / "crash_at.py"
    words = [sys.executable, str(script), str(line.station_file), "WO-1", "1", "certificate-intended"]
    died = subprocess.run(words, env=child_environment({}), cwd=ROOT, check=False, capture_output=True, timeout=60)
    assert died.returncode == -9, died.stderr
    clear(line)
    written = back_up(line, tmp_path / "stick")
    (meant,) = events(line.folder / "data", CertificateIntended)
    second, done = actors(line, tmp_path / "new", written.path)
    build(second, "B1", batch="WO-1")
    with Records(second.folder / "data") as records:
        (unit,) = records.find_units("", limit=9)
        signed = records.active_certificate(unit.device_id)
    assert unit.outcome == "passed"
    assert signed is not None
    assert signed.serial != meant.serial
    assert [one.serial for one in events(second.folder / "data", CertificateSuperseded)] == [meant.serial]
    assert call_station(second, "checkpoint")[0] == 0
    code, shown, _ = call("verify", second.folder / "data", "--key", done.key.text())
    assert code == 0, shown
