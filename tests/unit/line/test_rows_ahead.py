"""Rows that are made ahead: taken only where they are what would be made now."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from station.cloud.protocol import OnboardRow, PublicKey
from station.domain.ids import DeviceId, UnitId
from station.domain.line import CloudState
from station.journal.rows import OutboxRow
from station.line.rows_ahead import RowsAhead

SINCE = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
FIRST = [OutboxRow(UnitId(one), DeviceId(f"dev-{one}"), CloudState.WAITING, None, "", SINCE) for one in (1, 2)]
OTHERS = [replace(row, unit=UnitId(row.unit + 2)) for row in FIRST]


class Maker:
    """Makes rows, notes in which thread, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.made: list[tuple[list[int], bool]] = []
        self.fails = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.at_work = 0

    def rows_of(self, units: Sequence[UnitId]) -> list[OnboardRow]:
        self.at_work += 1
        assert self.at_work == 1, "two make rows at the same time"
        here = threading.current_thread() is threading.main_thread()
        if not here:
            assert self.may_go_on.wait(10)
        self.made.append((list(units), here))
        self.at_work -= 1
        if self.fails:
            self.fails -= 1
            raise OSError("the disk")
        return [OnboardRow(DeviceId(f"dev-{unit}"), PublicKey("a key")) for unit in units]


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def ahead(maker: Maker) -> Iterator[RowsAhead]:
    rows = RowsAhead(maker.rows_of)
    yield rows
    rows.end()
    rows.end()


def devices(rows: Sequence[OnboardRow]) -> list[str]:
    return [row.device_id for row in rows]


def test_what_was_not_begun_is_made_here_and_at_once(maker: Maker, ahead: RowsAhead) -> None:
    assert devices(ahead.rows_of(FIRST)) == ["dev-1", "dev-2"]
    assert maker.made == [([1, 2], True)]


def test_what_was_begun_is_made_once_and_elsewhere(maker: Maker, ahead: RowsAhead) -> None:
    ahead.begin(FIRST)
    assert devices(ahead.rows_of([*FIRST])) == ["dev-1", "dev-2"]
    assert maker.made == [([1, 2], False)]
    assert devices(ahead.rows_of(FIRST)) == ["dev-1", "dev-2"]
    assert maker.made[1:] == [([1, 2], True)], "rows are taken once"


@pytest.mark.parametrize(
    "now",
    [
        OTHERS,
        FIRST[:1],
        [*FIRST, OTHERS[0]],
        FIRST[::-1],
        [FIRST[0], replace(FIRST[1], since=SINCE + timedelta(microseconds=1))],
        [FIRST[0], replace(FIRST[1], reason="a person sends it again")],
    ],
)
def test_of_units_that_wait_otherwise_rows_are_made_anew(maker: Maker, ahead: RowsAhead, now: list[OutboxRow]) -> None:
    maker.may_go_on.clear()
    ahead.begin(FIRST)
    threading.Timer(0.01, maker.may_go_on.set).start()
    assert devices(ahead.rows_of(now)) == [f"dev-{row.unit}" for row in now]
    assert maker.made == [([1, 2], False), ([row.unit for row in now], True)]


def test_what_went_wrong_ahead_is_tried_again_here(maker: Maker, ahead: RowsAhead) -> None:
    maker.fails = 1
    ahead.begin(FIRST)
    assert devices(ahead.rows_of(FIRST)) == ["dev-1", "dev-2"]
    maker.fails = 2
    ahead.begin(FIRST)
    with pytest.raises(OSError, match="the disk"):
        ahead.rows_of(FIRST)
    assert devices(ahead.rows_of(FIRST)) == ["dev-1", "dev-2"]
    assert [here for _, here in maker.made] == [False, True, False, True, True]
