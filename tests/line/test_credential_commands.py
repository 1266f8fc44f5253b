"""``station credentials``: what a device holds is listed as it is, and deleted only where nothing rests on it."""

import json
import signal
import sys
import threading
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from station.app import Station
from station.domain.events import ActionRefused, CredentialDeleted, CredentialDeletionIntended, Event
from station.domain.faults import Fault
from station.domain.ids import EventSeq
from station.evidence.unit_record import read_unit
from station.host.clock import Deadline
from station.host.lock import FolderLock
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.journal.records import Records
from station.line.decisions import withdraw_rework
from tests.line.harness import Line
from tests.line.processes import Process, call, call_station, run_station
from tests.line.test_recovery import CRASH_AT
from tests.line.truth import TAG, held

KEY = 2


def written(line: Line, *kinds: type[Event]) -> list[Any]:
    with Records(line.folder / "data") as records:
        return [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, kinds)]


def delete(line: Line, *more: object, who: str = "lena", tag: int = TAG, kind: int = KEY) -> tuple[int, str, str]:
    sign_in = ("--sign-in", line.sign_in_file(who))
    return call_station(line, "credentials", "delete", tag, kind, "--slot", 1, "--reason", "a try", *sign_in, *more)


def listed(line: Line, *more: object) -> list[dict[str, Any]]:
    code, shown, errors = call_station(line, "credentials", "list", "--json", "--slot", 1, *more)
    assert code in (0, 1), errors
    rows = [json.loads(row) for row in shown.splitlines()]
    assert bool(rows) is (code == 0)
    return rows


@pytest.fixture
def built(line: Line) -> dict[str, Any]:
    """A finished unit in slot 1."""
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1, upload=False)
    return board


def test_a_list_is_what_the_board_truly_holds(line: Line, built: dict[str, Any]) -> None:
    truth = {(row["sec_tag"], row["type"], row["sha256"].lower()) for row in line.board("B1")["credentials"]}
    rows = listed(line)
    assert {(row["sec_tag"], row["type"], row["sha256"]) for row in rows} == truth
    assert {row["name"] for row in rows if row["sec_tag"] == TAG} == {
        *("root CA", "client certificate", "client private key"),
    }
    assert [row["reserved"] for row in rows if row["sec_tag"] > 2**31] == [True] * 3
    assert {row["sec_tag"] for row in listed(line, "--sec-tag", TAG)} == {TAG}
    assert listed(line, "--sec-tag", 5) == []
    code, shown, _ = call_station(line, "credentials", "list", "--slot", 1)
    assert code == 0
    assert f"IMEI {built['imei']}, UUID {built['uuid']}" in shown
    assert shown.count("the modem's own") == 3
    # The same at its port, with no station at all.
    code, again, errors = call("credentials", "list", "--port", line.bench.port_address(1))
    assert (code, again) == (0, shown), errors


def test_a_firmware_without_true_digests_says_so(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1", "profile": "nrf9160-1.3.1"})
    code, shown, errors = call_station(line, "credentials", "list", "--slot", 1)
    assert code == 0, errors
    assert "no true digests" in shown


def test_a_finished_unit_keeps_what_it_holds_until_a_rework_is_declared(line: Line, built: dict[str, Any]) -> None:
    before = held(line, "B1")
    code, shown, errors = delete(line)
    assert (code, shown, errors[:7]) == (4, "", "JRN-210")
    assert "declare a rework first" in errors
    assert held(line, "B1") == before
    assert written(line, CredentialDeletionIntended) == []
    line.rework(built["uuid"])
    code, shown, errors = delete(line)
    assert code == 0, errors
    assert shown == f"Deleted: the client private key under security tag {TAG} (IMEI {built['imei']}).\n"
    assert held(line, "B1") == {kind: row for kind, row in before.items() if kind != KEY}
    intended, deleted = written(line, CredentialDeletionIntended, CredentialDeleted)
    assert (intended.imei, intended.sec_tag, intended.type) == (built["imei"], TAG, KEY)
    assert (intended.operator, intended.reason, intended.place) == ("p2", "a try", "slot 1")
    assert (deleted.unit, deleted.found, deleted.fault) == (intended.unit, True, None)
    assert intended.unit is not None
    # Its rework can't be withdrawn any more: it would be finished again, without its key.
    with Station(line.open(), "a test") as station:
        lead = station.enter(line.second())
        with pytest.raises(Fault) as refused:
            withdraw_rework(station.gate, station.records, built["uuid"], lead, "no", line.actor())
    assert refused.value.code == "JRN-209"
    # It is in the unit's own record, and the tables follow from the entries, chosen for the unit or all of them.
    data = line.folder / "data"
    with Records(data) as records:
        row = records.unit(intended.unit)
        assert row is not None
        record = read_unit(records, row)
        told = [one.text for one in record.happenings]
    assert any("about to delete" in text for text in told)
    # Its certificate stands, and can't be used.
    assert record.active is not None
    assert [(one.by, one.type, one.found) for one in record.active.gone] == [("p2", KEY, True)]
    assert told[-1] == "the credential was deleted"
    assert find_disagreement(data) is None
    assert find_disagreement_about(data, units=[intended.unit]) is None
    # Built again, it is finished again.
    line.bench.remove(1)
    line.bench.insert(1, line.bench.board("B1"))
    line.run(1, batch="WO-2", upload=False)
    assert KEY in held(line, "B1")
    with Records(data) as records:
        active = read_unit(records, row).active
    assert active is not None
    assert active.gone == ()
    # And its exported record holds, with all of that in it.
    to = line.folder / "export"
    code, _, errors = call_station(line, "export", "unit", built["uuid"], "--to", to)
    assert code == 0, errors
    (bundle,) = to.glob("*.zip")
    code, shown, errors = call("verify", bundle, "--key", line.folder / "data" / "evidence" / "station.vkey")
    assert code == 0, shown + errors


def test_an_unknown_board_may_lose_anything_but_the_modems_own(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    code, shown, errors = delete(line)
    assert (code, shown[:12]) == (1, "There was no"), errors
    (intended, deleted) = written(line, CredentialDeletionIntended, CredentialDeleted)
    assert (intended.unit, deleted.found) == (None, False)
    code, _, errors = delete(line, tag=4294967294, kind=6)
    assert (code, errors[:8]) == (4, "LINE-204")
    assert len(listed(line)) == 3
    assert delete(line, kind=12)[0] == 2


def test_who_may_not_changes_nothing_and_is_recorded(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    code, _, errors = delete(line, who="otto")
    assert (code, errors[:7]) == (4, "PPL-111")
    code, _, errors = delete(line, "--reason", " ")
    assert (code, errors[:7]) == (4, "PPL-112")
    assert [one.fault.code for one in written(line, ActionRefused)] == ["PPL-111", "PPL-112"]
    assert written(line, CredentialDeletionIntended) == []


def test_a_modem_that_does_not_delete_is_recorded_as_such(line: Line) -> None:
    faults = {"commands": [{"do": "wrong-digest", "match": "%KEYGEN", "times": 0}]}
    line.bench.insert_described(1, {"serial": "B1", "faults": faults})
    line.run(1, upload=False, seconds=8)  # it failed, with a key in it
    assert KEY in held(line, "B1")
    line.bench.add_faults("B1", {"commands": [{"do": "ignore-delete", "match": "%CMNG=3"}]})
    code, _, errors = delete(line)
    assert (code, errors[:8]) == (4, "LINE-123")
    assert [one.fault.code for one in written(line, CredentialDeleted)] == ["LINE-123"]
    assert delete(line)[0] == 0
    assert KEY not in held(line, "B1")


def test_what_the_modem_refuses_is_recorded_with_its_fault(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    line.bench.add_faults("B1", {"commands": [{"do": "cme", "code": 514, "match": "%CMNG=3"}]})
    code, _, errors = delete(line)
    assert (code, errors[:3]) == (4, "AT-")
    (deleted,) = written(line, CredentialDeleted)
    assert deleted.fault is not None
    assert deleted.fault.code == errors[:6]


def test_a_deletion_that_was_cut_off_stands_as_intended_and_is_done_again(line: Line, built: dict[str, Any]) -> None:
    line.rework(built["uuid"])
    line.bench.add_faults("B1", {"commands": [{"do": "lose-answer", "match": "%CMNG=3"}]})
    words = ("credentials", "delete", TAG, KEY, "--slot", 1, "--reason", "r", "--sign-in", line.sign_in_file("lena"))
    deadline = Deadline(line.clock, 40)
    with run_station(line, *words) as cut:
        while KEY in held(line, "B1"):  # its answer is lost: from then on it waits
            assert not deadline.passed(), cut.errors
            line.clock.wait(threading.Event(), 0.05)
        cut.kill()
    assert len(written(line, CredentialDeletionIntended)) == 1
    assert written(line, CredentialDeleted) == []
    assert find_disagreement(line.folder / "data") is None
    code, shown, errors = delete(line)
    assert (code, shown[:12]) == (1, "There was no"), errors
    assert [one.found for one in written(line, CredentialDeleted)] == [False]


@pytest.mark.parametrize("event", ["certificate-issued", "step-finished"])
def test_a_board_whose_attempt_was_cut_off_may_lose_its_key_and_is_built_all_the_same(line: Line, event: str) -> None:
    line.write(slots=1)
    line.bench.insert_described(1, {"serial": "B1"})
    with Process([sys.executable, CRASH_AT, line.station_file, "WO-1", 1, event]) as killed:
        assert killed.end() == -signal.SIGKILL, killed.errors
    assert delete(line)[0] == (0 if event == "certificate-issued" else 1)
    assert line.run(1).all_passed
    with Records(line.folder / "data") as records:
        (unit,) = records.find_units("")
        active = records.active_certificate(unit.device_id)
        assert active is not None
        leaf = load_der_x509_certificate(records.certificate_der(active)).public_key()
    spki = leaf.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert held(line, "B1")[KEY]["public_key"] == spki.hex()


def test_nobody_deletes_while_a_line_works_and_one_place_is_named(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    with FolderLock(line.folder / "data", "batch WO-1"):
        for words in (("list",), ("delete", TAG, KEY, "--reason", "r", "--sign-in", line.sign_in_file("lena"))):
            code, _, errors = call_station(line, "credentials", *words, "--slot", 1)
            assert (code, errors[:8]) == (4, "HOST-105")
    assert call_station(line, "credentials", "list")[0] == 2
    assert call_station(line, "credentials", "list", "--slot", 1, "--port", "x")[0] == 2


def test_without_a_journal_it_says_that_nothing_is_recorded(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    (line.folder / "data" / "journal.db").unlink()
    code, _, errors = delete(line)
    assert (code, errors[:12]) == (1, "Not recorded")
    assert not (line.folder / "data" / "journal.db").exists()
