"""Figures of the quality page against a batch that was counted by hand, and against the plain records."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from statistics import median_low

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain import events as e
from station.domain.ids import BatchId
from station.domain.line import CloudState, Outcome
from station.journal.database import open_for_reading
from station.journal.records import Records
from station.journal.spans import Span
from station.journal.statistics import Choice, Statistics, spread
from station.journal.unit_exports import exports_of
from station.journal.upload_queue import UploadQueue
from tests.unit.evidence.written_batch import MUTE, START, WEAK, everything


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for _ in everything(tmp_path):
        pass
    return tmp_path


def test_first_attempts_are_those_that_judged_the_unit_first(folder: Path) -> None:
    with Statistics(folder) as statistics, Records(folder) as records:
        figures = statistics.figures(Choice())
        tally = records.tally(BatchId("WO-2026-117"))
    # The tally counts a mute board as a unit; here only boards that said who they are count.
    assert (figures.first_passed, figures.first_total) == (5, 7)
    assert (tally.first_passed, tally.first_total - tally.silent) == (5, 7)
    assert sum(one.first_total for one in figures.slots) == 7
    assert figures.attempts == 15


def test_outcomes_and_times_by_slot_are_those_of_the_records(folder: Path) -> None:
    with Statistics(folder) as statistics, Records(folder) as records:
        slots = statistics.slots(Choice())
        attempts = records.attempts_of_batch(BatchId("WO-2026-117"))
    assert {one.slot for one in slots} == {1, 2, 3}
    for one in slots:
        here = [attempt for attempt in attempts if attempt.slot == one.slot]
        assert one.outcomes == Counter(attempt.outcome for attempt in here)
        took = [
            (attempt.closed - attempt.opened).total_seconds()
            for attempt in here
            if attempt.outcome is Outcome.PASSED and attempt.closed is not None
        ]
        if one.seconds is None:
            assert not took
        else:
            assert one.seconds.count == len(took)
            assert one.seconds.middle == pytest.approx(median_low(took), abs=0.01)
            assert one.seconds.longest == pytest.approx(max(took), abs=0.01)


def test_faults_come_most_frequent_first_with_what_was_said(folder: Path) -> None:
    with Statistics(folder) as statistics:
        faults = statistics.faults(Choice())
    assert [(one.code, one.count) for one in faults] == [("LINE-132", 3), ("AT-101", 2), ("DEV-201", 2)]
    assert faults[0].sentence == WEAK.sentence
    assert faults[0].outcome is Outcome.QUARANTINED
    assert faults[0].slots == {1: 1, 2: 2}
    assert faults[1].sentence == MUTE.sentence


def test_steps_stand_in_the_order_of_the_recipe_with_their_times(folder: Path) -> None:
    with Statistics(folder) as statistics:
        steps = statistics.steps(Choice())
    assert [one.name for one in steps] == [
        "Flash",
        "Identify",
        "Generate key",
        "Write credentials",
        "Prove key",
        "RF test",
    ]
    assert [one.seconds.middle for one in steps][1:] == [0.14, 0.9, 0.1, 0.1, 2.5]
    assert steps[0].repeated == 1
    assert steps[0].seconds.count == 7


def test_product_and_span_choose(folder: Path) -> None:
    with Statistics(folder) as statistics:
        assert statistics.figures(Choice("gateway")).attempts == 0
        assert statistics.figures(Choice("tracker")).attempts == 15
        assert statistics.figures(Choice("", Span(START + timedelta(days=1)))).attempts == 0
        assert statistics.figures(Choice("", Span(START, START + timedelta(days=1)))).attempts == 15
        assert statistics.products() == ["tracker"]


@given(st.lists(st.integers(0, 100_000), min_size=1))
def test_a_spread_stands_at_the_nearest_ranks(values: list[int]) -> None:
    found = spread(Counter(values).items())
    ordered = sorted(values)
    assert found is not None
    assert found.count == len(values)
    assert (found.shortest, found.longest) == (ordered[0] / 1000, ordered[-1] / 1000)
    assert found.middle == median_low(values) / 1000
    assert found.lower <= found.middle <= found.upper <= found.p95 <= found.longest
    assert sum(value / 1000 <= found.p95 for value in values) >= 0.95 * len(values) - 1e-9


def test_a_spread_of_nothing_is_none() -> None:
    assert spread([]) is None


# The outbox and exports, read the same way


def test_the_queue_tells_states_oldest_first_and_counts_all(folder: Path) -> None:
    with UploadQueue(folder) as queue, Records(folder) as records:
        found = queue.read({CloudState.WAITING, CloudState.ONBOARDED})
        assert found.counts == records.outbox_counts() == {CloudState.WAITING: 3, CloudState.ONBOARDED: 3}
        waiting = records.outbox(CloudState.WAITING)
        assert [row.unit for row in found.rows[:3]] == [row.unit for row in waiting]
        assert found.oldest == waiting[0].since
        done = found.rows[3:]
        assert [row.state for row in done] == [CloudState.ONBOARDED] * 3
        assert {(row.tries, row.upload_state, row.request_id) for row in done} == {
            (1, "settled", "01M818JN5MRE3CTR9Y63CF2TPZ")
        }
        assert done[0].reason == "the cloud's answer"
        assert queue.read(()).rows == ()


def test_exports_of_a_unit_have_the_files_of_their_own(tmp_path: Path) -> None:
    for batch in everything(tmp_path):
        with batch.journal.records() as records:
            units = [unit.id for unit in records.units_of(BatchId("WO-2026-117"))]
        for files in (["aa" * 32, "bb" * 32], ["cc" * 32]):
            intent = e.ExportIntended(what="batch WO", form="tables", units=tuple(units[:2]), operator="p5", reason="")
            batch.journal.commit(intent)
            for name in files:
                batch.journal.commit(e.Exported(what="batch WO", form="tables", sha256=name, operator="p5"))  # type: ignore[arg-type]  # a Sha256
        batch.journal.commit(e.ExportIntended(what="other", form="bundle", units=(units[0],), operator="p6"))
    with Records(tmp_path) as records:
        assert [one.sha256 for one in exports_of(records, units[1])] == [("aa" * 32, "bb" * 32), ("cc" * 32,)]
        assert [(one.form, len(one.sha256)) for one in exports_of(records, units[0])] == [
            ("tables", 2),
            ("tables", 1),
            ("bundle", 0),
        ]
        assert exports_of(records, units[3]) == []


def test_what_is_under_way_is_found_by_the_index_however_many_are_onboarded(folder: Path) -> None:
    asked: list[tuple[str, object]] = []

    def connect(path: Path) -> apsw.Connection:
        db = open_for_reading(path)
        db.exec_trace = lambda _cursor, sql, bound: asked.append((sql, bound)) is None
        return db

    with Records(folder, connect) as records:
        first, *others = records.outbox(CloudState.WAITING)
        records.outbox(CloudState.WAITING, CloudState.SENDING, limit=1)
        assert records.outbox(CloudState.WAITING, after=first) == others
        assert records.outbox(CloudState.WAITING, unit=first.unit) == records.outbox(unit=first.unit) == [first]
        assert records.outbox(CloudState.SENDING, unit=first.unit) == []
    assert len(asked) == 6
    with closing(open_for_reading(folder)) as db:
        for sql, bound in asked:
            plan = "\n".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", bound))
            assert "SEARCH outbox" in plan, plan
