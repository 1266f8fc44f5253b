"""A batch that will never be complete is closed by somebody who may and says why, its quantity added up; for good."""

from collections.abc import Callable

import pytest

from station.app import Station
from station.domain.events import ActionRefused, BatchArmed, BatchClosed, CheckpointMade, Event
from station.domain.faults import Fault
from station.domain.ids import BatchId, EventSeq
from station.domain.line import Outcome
from station.evidence.batch_record import read_batch
from station.journal.leaves import Leaves
from station.journal.reconciliation import Reconciliation, reconcile
from station.journal.records import Records
from station.line.decisions import close_batch
from station.people.rights import Actor, Role
from tests.line.harness import Line
from tests.line.processes import call_station
from tests.line.test_identity import LABEL, pausing
from tests.line.trial import Pause, Trial, advises, prepare

BATCH = BatchId("WO-1")
FAILS = {"commands": [{"do": "wrong-digest", "match": "%KEYGEN", "times": 0}]}
WEAK = {"commands": [{"do": "cme", "code": 528, "match": "%CMNG=0"}]}


def refused(act: Callable[[], object]) -> Fault:
    with pytest.raises(Fault) as caught:
        act()
    assert advises(caught.value.sentence) or caught.value.code.startswith("PPL"), caught.value.sentence
    return caught.value


def events(line: Line, *kinds: type[Event]) -> list[Event]:
    with Records(line.folder / "data") as records:
        return [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, kinds)]


@pytest.fixture
def begun(line: Line) -> Line:
    """A batch with one board of each end but quarantine."""
    prepare(line, slots=2, device_id=LABEL, cloud=False)
    with Trial(line) as trial:
        assert trial.put({"serial": "A"}, label="TRK-00000001").outcome is Outcome.PASSED
        line.bench.remove(1)
        assert trial.put({"serial": "B", "faults": FAILS}, label="TRK-00000002").outcome is Outcome.FAILED
        line.bench.remove(1)
        assert trial.put({"serial": "C", "faults": WEAK}, label="TRK-00000003").outcome is Outcome.ERROR
        trial.take_out()
        assert trial.put({"serial": "A"}, slot=2, label="TRK-00000001").outcome is Outcome.ABORTED
        line.bench.remove(2)
    return line


def test_closing_adds_the_order_up_as_its_report_does(begun: Line) -> None:
    with Station(begun.open(), "a test") as station:
        counted = close_batch(
            station.gate, station.records, BATCH, begun.actor(Role.LINE_LEAD, who="p2"), " half of it "
        )
        with Leaves(begun.folder / "data") as leaves:
            record = read_batch(station.records, leaves, BATCH)
        row = station.records.batch(BATCH)
    assert row is not None
    assert row.closed
    assert (counted.ordered, counted.started + counted.not_started) == (1000, 1000)
    assert counted.outcomes == {outcome: record.quantity.count(outcome) for outcome in Outcome}
    assert counted.not_started == record.quantity.not_started
    # The passed board that was put in again counts once, by its label.
    assert counted.counts() == {"passed": 1, "failed": 1, "error": 1}
    assert sum(count for _, count in counted.lines()) == 1000
    (closed,) = events(begun, BatchClosed)
    assert isinstance(closed, BatchClosed)
    assert (closed.operator, closed.reason, closed.tally) == ("p2", "half of it", counted.counts())
    with Records(begun.folder / "data") as records:
        (by,) = [entry.by for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, BatchClosed)]
    assert by == "p2"


def test_who_may_not_close_or_says_nothing_closes_nothing(begun: Line) -> None:
    def close(actor: Actor, reason: str, batch: str = BATCH) -> str:
        with Station(begun.open(), "a test") as station:
            return refused(lambda: close_batch(station.gate, station.records, BatchId(batch), actor, reason)).code

    assert close(begun.actor(Role.OPERATOR, who="p3"), "r") == "PPL-111"
    assert close(begun.actor(Role.QA, who="p4"), "r") == "PPL-111"
    assert close(begun.actor(Role.LINE_LEAD, who="p2"), "  ") == "PPL-112"
    assert close(begun.actor(), "r", "WO-9") == "LINE-167"
    assert events(begun, BatchClosed) == []
    assert len(events(begun, ActionRefused)) == 3


def test_a_batch_at_work_is_not_closed(line: Line) -> None:
    pause = Pause(line.folder)
    prepare(line, cloud=False, table=pausing(pause, behind="identify"))
    with Trial(line) as trial:
        trial.load({"serial": "A"})
        trial.wait(trial.records.open_attempts, "an attempt")
        fault = refused(lambda: close_batch(trial.station.gate, trial.records, BATCH, line.actor(), "r"))
        assert (fault.code, "slots 1" in fault.sentence) == ("LINE-169", True)
        pause.end()
        assert trial.end().passed
        line.bench.remove(1)


def test_a_closed_batch_is_never_begun_again(begun: Line) -> None:
    def again() -> None:
        Trial(begun).close()

    with Station(begun.open(), "a test") as station:
        close_batch(station.gate, station.records, BATCH, begun.actor(), "r")
        twice = refused(lambda: close_batch(station.gate, station.records, BATCH, begun.actor(), "r"))
    assert twice.code == "LINE-168"
    before = len(events(begun, BatchArmed))
    fault = refused(again)
    assert (fault.code, "run --batch NAME" in fault.sentence) == ("JRN-222", True)
    assert len(events(begun, BatchArmed)) == before


def test_the_command_prints_the_reconciliation_and_the_checkpoint(begun: Line) -> None:
    code, shown, errors = call_station(begun, "close", "WO-1", "--reason", "the customer cancelled")
    assert (code, errors) == (0, "")
    rows = dict(line.rsplit(maxsplit=1) for line in shown.splitlines()[1:8])
    with Records(begun.folder / "data") as records:
        counted = reconcile(records, BATCH)
    assert rows == {name: str(count) for name, count in counted.lines()} | {"ordered": "1000"}
    assert "Checkpoint over " in shown
    made = [one for one in events(begun, CheckpointMade) if isinstance(one, CheckpointMade)]
    assert made[-1].reason == "batch WO-1 closed"
    code, _, errors = call_station(begun, "close", "WO-1", "--reason", "again")
    assert (code, errors[:8]) == (4, "LINE-168")
    code, _, errors = call_station(begun, "close", "WO-1", "--reason", "r", "--sign-in", begun.sign_in_file("otto"))
    assert (code, errors[:7]) == (4, "PPL-111")


def test_boards_beyond_the_order_are_named() -> None:
    outcomes = dict.fromkeys(Outcome, 0) | {Outcome.PASSED: 3, Outcome.ABORTED: 2}
    counted = Reconciliation(4, outcomes)
    assert (counted.started, counted.not_started, counted.beyond) == (5, 0, 1)
    assert counted.lines()[-1] == ("beyond the order", -1)
    assert sum(count for _, count in counted.lines()) == 4
