"""Units found by what is typed and chosen, against the plain list of all units; pages and their extent."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from station.domain import events as e
from station.domain.faults import Cancelled
from station.domain.ids import BatchId, EventSeq, UnitId
from station.domain.line import CloudState, Outcome
from station.journal import questions, unit_search
from station.journal.records import Records
from station.journal.spans import Span
from station.journal.unit_search import UnitLine, UnitSearch, Wanted
from tests.unit.evidence.written_batch import START, WrittenBatch, everything

PREFIX = "50353257-3033-42bf-8033-"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The written batch, for whoever only reads it."""
    folder = tmp_path_factory.mktemp("written")
    for _ in everything(folder):
        pass
    return folder


@pytest.fixture(params=["by index", "by walking"])
def search(written: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[UnitSearch]:
    """The written batch, asked in both ways: few units are found by index, many by walking them."""
    if request.param == "by walking":
        monkeypatch.setattr(unit_search, "_BROAD", -1)
    with UnitSearch(written) as opened:
        yield opened


def numbers(lines: list[UnitLine]) -> list[int]:
    """The written batch counts its units in the device ID."""
    return [int(line.device_id.rpartition("-")[2], 16) for line in lines]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (Wanted(text=PREFIX + "00000000000a"), [10]),
        (Wanted(text=f"  {PREFIX.upper()}00000000000A "), [10]),
        (Wanted(text="35 944599 000000 7"), [7]),
        (Wanted(text="35944599"), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (Wanted(text="4c:b4:4e:22:1f:e3:69"), [6, 5, 4, 3, 2, 1]),
        (Wanted(text="4cb"), []),
        (Wanted(text="%"), []),
        (Wanted(outcomes=frozenset({Outcome.PASSED})), [6, 5, 4, 3, 2, 1]),
        (Wanted(outcomes=frozenset({Outcome.FAILED, Outcome.ABORTED})), [10, 7]),
        (Wanted(outcomes=frozenset({None})), []),
        (Wanted(clouds=frozenset({CloudState.ONBOARDED})), [3, 2, 1]),
        (Wanted(clouds=frozenset({CloudState.WAITING})), [6, 5, 4]),
        (Wanted(clouds=frozenset({CloudState.NONE})), [10, 9, 8, 7]),
        (Wanted(product="tracker", outcomes=frozenset({Outcome.QUARANTINED})), [9]),
        (Wanted(product="gateway"), []),
        (Wanted(batch=BatchId("WO-2026-117"), text=PREFIX + "00000000000"), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (Wanted(batch=BatchId("WO-2026-118")), []),
        (Wanted(span=Span(START - timedelta(days=1), START + timedelta(days=1))), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (Wanted(span=Span(since=START + timedelta(days=1))), []),
        (Wanted(span=Span(until=START)), []),
    ],
)
def test_what_is_found(search: UnitSearch, wanted: Wanted, expected: list[int]) -> None:
    assert numbers(search.page(wanted)) == expected
    assert search.extent(wanted).count == len(expected)


def test_a_row_is_the_unit_as_it_is_now(search: UnitSearch, written: Path) -> None:
    with Records(written) as records:
        for line in search.page(Wanted()):
            unit = records.unit(line.id)
            attempt = records.attempt(line.attempt)
            assert unit is not None
            assert attempt is not None
            assert (line.device_id, line.imei, line.uuid, line.serial) == (
                unit.device_id,
                unit.imei,
                unit.uuid,
                unit.serial,
            )
            assert (line.outcome, line.fault, line.attempts, line.cloud) == (
                unit.outcome,
                unit.fault,
                unit.attempts,
                unit.cloud,
            )
            assert (line.slot, line.began, line.ended, line.batch) == (
                attempt.slot,
                attempt.opened,
                attempt.closed,
                unit.batch,
            )
            assert line.product == "tracker"


def test_a_span_takes_units_by_any_of_their_attempts(search: UnitSearch, written: Path) -> None:
    with Records(written) as records:
        unit = records.unit(search.page(Wanted(text=PREFIX + "000000000006"))[0].id)
        assert unit is not None
        first, last = records.attempts_of_unit(unit.id)
    moment = timedelta(microseconds=1)
    for attempt in (first, last):
        assert numbers(search.page(Wanted(span=Span(attempt.opened, attempt.opened + moment)))) == [6]
        assert numbers(search.page(Wanted(span=Span(attempt.opened + moment, attempt.opened + 2 * moment)))) == []


def test_times_that_somebody_declared_wrong_are_found_all_the_same(tmp_path: Path) -> None:
    for batch in everything(tmp_path):
        clock = batch.journal._clock
        right, clock.time = clock.time, clock.time + timedelta(days=400)  # type: ignore[attr-defined]  # SteppingClock
        wrong = _another(batch, "WO-2027-001")
        clock.time = right + timedelta(hours=1)  # type: ignore[attr-defined]  # as above
        _correct(batch, wrong)
        later = _another(batch, "WO-2027-002")
        assert later > wrong
    with UnitSearch(tmp_path) as search:
        found = search.page(Wanted(span=Span(START + timedelta(minutes=30), START + timedelta(days=2))))
    assert [line.batch for line in found] == ["WO-2027-002"]


def _another(batch: WrittenBatch, name: str) -> int:
    batch.batch = BatchId(name)
    batch.arm(1)
    return batch.good(1)


def _correct(batch: WrittenBatch, first: int) -> None:
    with batch.journal.records() as records:
        last = records.last_seq()
    batch.journal.commit(
        e.ClockCorrected(first=EventSeq(first - 3), last=last, operator="p1", reason="the battery was empty")
    )


def test_pages_join_without_gaps_and_the_extent_says_where_each_begins(
    search: UnitSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_search, "PAGE", 3)
    whole = Wanted()
    extent = search.extent(whole)
    assert extent.count == 10
    pages = [search.page(whole, first) for first in extent.firsts]
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    assert [number for page in pages for number in numbers(page)] == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    shown = search.page(whole)[1].id
    assert search.extent(whole, shown).count == 9
    assert search.extent(whole, shown).firsts[0] == shown


def test_an_answer_that_nobody_waits_for_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "_STEPS", 5)
    for _ in everything(tmp_path):
        pass
    asked: list[int] = []

    def wanted() -> bool:
        asked.append(1)
        return len(asked) < 4

    with UnitSearch(tmp_path, wanted) as search, pytest.raises(Cancelled):
        search.extent(Wanted(outcomes=frozenset({Outcome.FAILED})))
    assert len(asked) == 4


def test_batches_come_newest_first_with_their_times(tmp_path: Path) -> None:
    for batch in everything(tmp_path):
        _another(batch, "WO-2027-001")
    with UnitSearch(tmp_path) as search:
        found = search.batches()
        assert [(one.id, one.product, one.quantity, one.closed) for one in found] == [
            ("WO-2027-001", "tracker", 1, False),
            ("WO-2026-117", "tracker", 12, True),
        ]
        assert found[0].opened is not None
        assert found[1].opened is not None
        assert START < found[1].opened < found[0].opened
        assert search.products() == ["tracker"]
        assert search.newest() == max(line.id for line in search.page(Wanted()))
        assert search.page(Wanted(), UnitId(1)) == []
