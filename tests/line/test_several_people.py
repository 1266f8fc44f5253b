"""One station serves several people at once: each entry is by whoever did it, not by whoever entered last."""

from collections.abc import Callable

import pytest

from station.app import Station
from station.domain.events import (
    ActionRefused,
    AttemptClosed,
    AttemptOpened,
    BatchArmed,
    CertificateIssued,
    Context,
    SettingsReleased,
    SlotAcknowledged,
    SlotLatched,
)
from station.domain.faults import Fault
from station.domain.ids import BatchId, EventSeq, SlotNumber
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.host.files import replace_file
from station.journal.codec import Entry
from station.line.decisions import decide_uploads, declare_rework
from station.people.rights import ITSELF, Right, Role
from tests.line.harness import PASSPHRASE, Line
from tests.line.processes import call_station
from tests.line.trial import Trial, prepare

WEAK = {"commands": [{"do": "cme", "code": 528, "match": "%CMNG=0"}]}


def code(act: Callable[[], object]) -> str:
    with pytest.raises(Fault) as refused:
        act()
    return refused.value.code


def entries(station: Station) -> list[Entry]:
    return list(station.records.entries_from(EventSeq(1)))


def by(station: Station, *kinds: type) -> set[str]:
    return {entry.by for entry in entries(station) if isinstance(entry.event, kinds)}


def test_slots_write_for_whoever_armed_whoever_enters_in_between(line: Line) -> None:
    prepare(line, cloud=False)
    with Trial(line) as trial:
        station = trial.station
        station.enter(line.actor(Role.QA, who="p4"))
        assert trial.put({"serial": "A", "faults": WEAK}).latched
        line.bench.remove(1)
        acknowledged = trial.engine.acknowledge
        assert code(lambda: acknowledged(SlotNumber(1), line.actor(Role.OPERATOR, who="p3"), "r")) == "PPL-111"
        acknowledged(SlotNumber(1), line.actor(Role.LINE_LEAD, who="p2"), "looked")
        assert trial.put({"serial": "B"}).passed
        line.bench.remove(1)
        attempts = {
            entry.by
            for one in trial.records.attempts_of_batch(trial.batch)
            for entry in trial.records.entries_of(one.id)
        }
        assert attempts == {"p1"}
        assert by(station, AttemptClosed, SlotLatched, CertificateIssued) == {"p1"}
        assert by(station, SlotAcknowledged) == {"p2"}
        assert by(station, ActionRefused) == {"p3"}
        (unit,) = [one for one in trial.records.units_of(trial.batch) if one.outcome == "passed"]
        lead, engineer = line.actor(Role.LINE_LEAD, who="p2"), line.actor(Role.ENGINEER, who="p1")
        declare_rework(station.gate, trial.records, unit.device_id, engineer, "r", lead)
        assert entries(station)[-1].by == "p1"


def test_each_command_names_who_gave_it(line: Line) -> None:
    line.release()
    opened = line.open()
    recipe, fixture = opened.recipe("tracker"), opened.fixture()
    operator, engineer = line.actor(Role.OPERATOR, who="p3"), line.actor(Role.ENGINEER, who="p1")
    line.station_file.write_text(line.station_file.read_text() + "# a word\n")
    opened = line.open()
    with Station(opened, "an engine") as station:
        first = len(entries(station))
        # Nobody has entered: all that is done is done by whom it is done for.
        assert code(lambda: station.arm(BatchId("WO-1"), recipe, fixture, 1, None, actor=operator)) == "LINE-181"
        station.release("a word", recipe, fixture, actor=engineer)
        armed = station.arm(BatchId("WO-1"), recipe, fixture, 1, None, actor=operator)
        assert (armed.operator, by(station, BatchArmed)) == ("p3", {"p3"})
        assert code(lambda: station.create_ca(Secret("a passphrase that is long"), engineer)) == "PPL-111"
        assert code(lambda: station.open_ca(actor=line.actor(Role.QA, who="p4"))) == "PPL-111"
        station.open_ca(actor=operator)
        made = entries(station)[first:]
        released = next(one for one in made if isinstance(one.event, SettingsReleased))
        assert released.by == "p1"
        kept = [one.by for one in made if isinstance(one.event, Context)]
        assert kept == ["p1"], "the new station file; recipe and fixture are known"
        assert [(one.by, one.event.person) for one in made if isinstance(one.event, ActionRefused)] == [
            ("p3", "p3"),
            ("p1", "p1"),
            ("p4", "p4"),
        ]
        assert "station" not in {one.by for one in made}


def test_what_a_crash_left_open_is_closed_by_the_station_itself(line: Line) -> None:
    line.release()
    opened = line.open()
    recipe, fixture = opened.recipe("tracker"), opened.fixture()
    with Station(opened, "a run that dies") as station:
        armed = station.arm(BatchId("WO-1"), recipe, fixture, 1, None, actor=line.actor(Role.OPERATOR, who="p3"))
        left = AttemptOpened(batch=armed.batch, slot=SlotNumber(1), recipe=armed.recipe, serial=None)
        station.journal.commit(left, by="p3")
    with Station(line.open(), "the next start") as station:
        station.enter(line.actor())
        (closed,) = [one for one in entries(station) if isinstance(one.event, AttemptClosed)]
    assert closed.by == ITSELF == "station"


def test_an_upload_is_by_whoever_it_is_done_for(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "A"})
    (unit,) = line.run(1, upload=False).units
    opened = line.open()
    cloud = opened.cloud()
    assert cloud is not None
    with Station(opened, "an engine") as station:
        first = len(entries(station))
        lead = line.actor(Role.LINE_LEAD, who="p2")
        decide_uploads(station.gate, station.records, [unit.name], CloudState.HELD, lead, "wait")
        decide_uploads(station.gate, station.records, [unit.name], CloudState.WAITING, lead, "go on")
        outbox = station.outbox(cloud, actor=line.actor(Role.OPERATOR, who="p3"))
        while outbox.advance(flush=True) is not None and not outbox.blocked:
            pass
        made = entries(station)[first:]
    assert {one.by for one in made if one.event.kind == "upload-decided"} == {"p2"}
    uploads = {one.by for one in made if one.event.kind.startswith("upload-") and one.event.kind != "upload-decided"}
    assert uploads == {"p3"}


def test_a_passphrase_that_does_not_open_the_ca_is_in_the_record(line: Line) -> None:
    wrong = "another battery staple"
    with Station(line.open(), "a test") as station:
        station.enter(line.actor(Role.OPERATOR, who="p3"))
        replace_file(line.folder / "passphrase", wrong.encode())
        with pytest.raises(Fault) as refused:
            station.open_ca()
        assert refused.value.code == "CA-103"
        last = entries(station)[-1]
        assert isinstance(last.event, ActionRefused)
        assert (last.by, last.event.person, last.event.action) == ("p3", "p3", Right.RUN)
        assert (last.event.fault.code, last.event.fault.sentence) == ("CA-103", refused.value.sentence)
        replace_file(line.folder / "passphrase", PASSPHRASE.encode())
        station.open_ca()
        assert not [one for one in entries(station) if wrong in repr(one) or PASSPHRASE in repr(one)]


def test_who_may_not_run_is_asked_for_no_passphrase(line: Line) -> None:
    asked: list[str] = []

    def ask(what: str) -> Secret:
        asked.append(what)
        return Secret(PASSPHRASE)

    text = line.station_file.read_text()
    line.station_file.write_text(text.replace('passphrase = { file = "passphrase" }\n', ""))
    with Station(line.open(), "a test") as station:
        assert code(lambda: station.open_ca(ask)) == "PPL-137"
        station.enter(line.actor(Role.QA, who="p4"))
        assert code(lambda: station.open_ca(ask)) == "PPL-111"
        assert code(lambda: station.open_ca(ask, right=Right.CREATE_CA)) == "PPL-111"
        assert asked == []
        station.enter(line.actor(Role.OPERATOR, who="p3"))
        station.open_ca(ask)
        assert asked == ["CA passphrase"]
    # At a command line: the right is the first that is asked for, before released settings too.
    typed = ("run", "--batch", "WO-1", "--product", "tracker", "--quantity", 1, "--sign-in", line.sign_in_file("quinn"))
    ended, _, errors = call_station(line, *typed)
    assert (ended, errors[:7]) == (4, "PPL-111")
