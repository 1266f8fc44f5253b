"""A batch's record, held against what was written by hand: every figure is counted out in the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.faults import FaultRecord, Refusal
from station.domain.ids import BatchId
from station.domain.line import Outcome, StepKind
from station.evidence.batch_record import BatchRecord, read_batch
from station.journal.leaves import Leaves
from station.journal.reconciliation import reconcile
from station.journal.records import Records
from tests.unit.evidence.written_batch import BATCH, MUTE, PORT, WEAK, WrittenBatch, everything, open_journal


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> BatchRecord:
    folder = tmp_path_factory.mktemp("journal")
    for _ in everything(folder):
        pass
    return read(folder)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[WrittenBatch]:
    with open_journal(tmp_path) as journal:
        yield WrittenBatch(journal, tmp_path)


def read(folder: Path, batch: BatchId = BATCH) -> BatchRecord:
    with Records(folder) as records, Leaves(folder) as leaves:
        return read_batch(records, leaves, batch)


def test_order_is_reconciled_by_outcome(whole: BatchRecord) -> None:
    counted = whole.quantity
    assert {outcome: counted.count(outcome) for outcome in Outcome} == {
        Outcome.PASSED: 6,
        Outcome.FAILED: 2,
        Outcome.ERROR: 1,
        Outcome.QUARANTINED: 1,
        Outcome.ABORTED: 1,
    }
    assert (counted.not_started, counted.in_work, counted.difference) == (1, 0, 0)
    assert counted.nameless == {Outcome.FAILED: 1}


def test_order_agrees_with_the_lines_own_tally(whole: BatchRecord) -> None:
    for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.QUARANTINED):
        assert whole.quantity.count(outcome) == whole.tally.count(outcome)


def test_more_boards_than_ordered_show_as_a_difference(written: WrittenBatch) -> None:
    written.arm(1)
    written.good(1)
    written.nameless(Outcome.ERROR, 3, PORT)
    counted = read(written.folder).quantity
    assert (counted.started, counted.not_started, counted.difference) == (2, 0, 1)


def test_nameless_board_with_a_known_label_is_that_unit(written: WrittenBatch) -> None:
    written.arm(2)
    written.nameless(Outcome.ERROR, 3, PORT, serial="SN-7")
    written.good(1, serial="SN-7")
    counted = read(written.folder).quantity
    assert (counted.nameless, counted.not_started, counted.difference) == ({}, 1, 0)


def test_a_nameless_board_with_a_known_label_takes_no_place_of_its_own_in_the_lines_tally(
    written: WrittenBatch,
) -> None:
    written.arm(2)
    written.nameless(Outcome.FAILED, 3, MUTE, serial="SN-7")
    assert read(written.folder).tally.count(Outcome.FAILED) == 1
    written.good(1, serial="SN-7")
    record = read(written.folder)
    assert (
        (record.tally.count(Outcome.FAILED), record.tally.ended) == (record.quantity.count(Outcome.FAILED), 1) == (0, 1)
    )


def agreed(record: BatchRecord, folder: Path) -> dict[Outcome, int]:
    """Return how many boards ended how, by the report; the line and the reconciliation must say the same."""
    with Records(folder) as records:
        added_up = reconcile(records, record.row.id)
    counts = {outcome: record.quantity.count(outcome) for outcome in Outcome if record.quantity.count(outcome)}
    assert counts == {outcome: record.tally.count(outcome) for outcome in Outcome if record.tally.count(outcome)}
    assert counts == {outcome: count for outcome, count in added_up.outcomes.items() if count}
    return counts


@pytest.mark.parametrize(
    ("boards", "counts"),
    [
        ([("SN-1", 1, Outcome.FAILED), ("SN-2", 1, None)], {Outcome.FAILED: 1, Outcome.PASSED: 1}),
        ([(f"SN-{n}", 1, Outcome.FAILED) for n in (1, 2, 3)], {Outcome.FAILED: 3}),
        ([("SN-4", 1, Outcome.QUARANTINED), ("SN-5", 1, None)], {Outcome.QUARANTINED: 1, Outcome.PASSED: 1}),
        ([("SN-1", 1, Outcome.FAILED), ("SN-1", 2, Outcome.FAILED)], {Outcome.FAILED: 1}),
        (
            [("SN-1", 1, Outcome.ERROR), ("SN-1", 2, Outcome.FAILED), ("SN-2", 2, None)],
            {Outcome.FAILED: 1, Outcome.PASSED: 1},
        ),
    ],
)
def test_a_label_is_a_board_whoever_came_into_its_slot_later(
    written: WrittenBatch, boards: list[tuple[str, int, Outcome | None]], counts: dict[Outcome, int]
) -> None:
    written.arm(3)
    for label, slot, outcome in boards:
        if outcome is None:
            written.good(slot, serial=label)
        else:
            written.nameless(outcome, slot, MUTE, serial=label)
    assert agreed(read(written.folder), written.folder) == counts


def test_nameless_board_counts_until_its_slot_speaks(written: WrittenBatch) -> None:
    written.arm(2)
    written.nameless(Outcome.FAILED, 2, MUTE)
    assert read(written.folder).quantity.nameless == {Outcome.FAILED: 1}
    written.good(2)
    assert read(written.folder).quantity.nameless == {}


def test_board_in_work_is_neither_passed_nor_missing(written: WrittenBatch) -> None:
    written.arm(2)
    attempt = written.open(1)
    written.step(attempt, 0, StepKind.FLASH, "Flash", None)
    record = read(written.folder)
    assert (record.quantity.in_work, record.quantity.not_started, record.quantity.difference) == (1, 1, 0)
    assert record.boards[0].last.steps[0].outcome is None


def test_yields_by_both_definitions(whole: BatchRecord) -> None:
    fpy, ftt, final = whole.yields
    # Good at once: 1, 2, 3, 5 (its first attempt was the station's fault) and 6. Judged: these, 4, 7, the mute board.
    assert (fpy.good, fpy.total) == (5, 8)
    # Through without any repetition: 1 and 2. Finished: 6 passed, 2 failed, 1 quarantined.
    assert (ftt.good, ftt.total) == (2, 9)
    assert (final.good, final.total) == (6, 9)


def test_rolled_yield_multiplies_the_steps(whole: BatchRecord) -> None:
    shares = {one.name: (one.at_once, one.judged) for one in whole.steps}
    assert shares["Flash"] == (6, 7)  # one was repeated
    assert shares["Identify"] == (7, 9)  # two mute ones
    assert shares["RF test"] == (7, 9)  # two too weak; error, aborted and quarantined judge nothing
    assert whole.rolled == pytest.approx(6 / 7 * 7 / 9 * 7 / 9)


def test_faults_are_sorted_and_shares_add_up(whole: BatchRecord) -> None:
    assert [(one.code, one.count) for one in whole.faults] == [("LINE-132", 3), ("AT-101", 2), ("DEV-201", 2)]
    assert whole.faults[-1].cumulative == pytest.approx(1.0)
    assert whole.faults[0].share == pytest.approx(3 / 7)


def test_most_frequent_sentence_speaks_for_its_code(written: WrittenBatch) -> None:
    written.arm(3)
    other = FaultRecord(WEAK.code, "another sentence", "")
    for fault in (other, WEAK, WEAK):
        written.bad(Outcome.FAILED, fault)
    assert read(written.folder).faults[0].sentence == WEAK.sentence


def test_times_by_step_are_those_journaled(whole: BatchRecord) -> None:
    flash = next(one.times for one in whole.steps if one.name == "Flash")
    assert flash is not None
    milliseconds = sorted(1800 + 7 * number for number in (1, 2, 3, 4, 5, 6, 6))
    assert (flash.shortest, flash.middle, flash.longest) == (1.807, milliseconds[3] / 1000, 1.842)
    assert (flash.count, flash.p95) == (7, 1.842)


def test_nearest_rank_of_many(written: WrittenBatch) -> None:
    written.arm(40)
    for number in range(40):
        attempt = written.open(1)
        written.identify(attempt, number + 1)
        written.step(attempt, 0, StepKind.FLASH, "Flash", milliseconds=1000 * (number + 1))
        written.close(attempt, Outcome.ABORTED)
    flash = read(written.folder).steps[0].times
    assert flash is not None
    assert (flash.middle, flash.p95) == (20.5, 38.0)


def test_slots_and_people(whole: BatchRecord) -> None:
    assert [(slot, made) for slot, made, _ in whole.slots] == [(1, 7), (2, 6), (3, 2)]
    assert dict(whole.people) == {"p1": "armed it, signed in at 15 attempts", "p2": "closed it"}


def test_what_it_was_made_with(whole: BatchRecord) -> None:
    used = whole.provenance
    assert {(one.used, one.file, one.sha256) for one in used.pinned} == {
        ("flash", "app.hex", "ab" * 32),
        ("credentials", "amazon.pem", "cd" * 32),
    }
    assert [one.file for one in used.sheets] == ["tracker.toml", "fixture.toml"]
    assert ("cryptography", "50.0.2") in used.software[0].facts


def test_checkpoint_is_the_first_that_covers_the_batch(written: WrittenBatch) -> None:
    written.arm(2)
    written.good(1)
    early = written.checkpoint()
    written.finish()
    assert read(written.folder).checkpoint is None
    note = written.checkpoint()
    written.checkpoint()
    found = read(written.folder).checkpoint
    assert found is not None
    assert found.note == note != early


def test_batch_without_a_judged_step_has_no_rolled_yield(written: WrittenBatch) -> None:
    written.arm(1)
    written.bad(Outcome.ERROR, PORT)
    record = read(written.folder)
    assert record.rolled is None
    assert [one.share for one in record.yields] == [None, None, None]


def test_unknown_batch_is_refused_with_those_there_are(written: WrittenBatch) -> None:
    written.arm(1)
    with pytest.raises(Refusal, match=r"EVD-201.*nothing.*WO-2026-117"):
        read(written.folder, BatchId("nothing"))
