"""What a replay of chosen entries leaves out: nothing that a rule rests on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from station.domain.events import AttemptClosed, ReworkDeclared, ReworkWithdrawn
from station.domain.faults import Refusal
from station.domain.ids import EventSeq, UnitId
from station.domain.line import Outcome
from station.journal.codec import Entry
from station.journal.journal import Journal
from station.journal.records import Records
from station.journal.replay import Replay
from tests.unit.journal.test_journal import SetClock, arm, identified, opened, passed_unit


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with Journal(tmp_path / "data", SetClock()) as journal:
        journal.open_session({"station": "T1"}, "tester")
        journal.commit(arm())
        unit = passed_unit(journal)
        journal.commit(ReworkDeclared(unit=unit, operator="p2", reason="antenna"))
        attempt = opened(journal, 4)
        journal.commit(identified(attempt))
        journal.commit(AttemptClosed(attempt=attempt, outcome=Outcome.FAILED))
        yield tmp_path / "data"


def entries_of(folder: Path) -> list[Entry]:
    with Records(folder) as records:
        return list(records.entries_from(EventSeq(1)))


def tables(replay: Replay) -> list[list[object]]:
    """Return the rows of what entries of units fill."""
    return [
        list(replay.db.execute(sql))
        for sql in (
            "SELECT * FROM attempt",
            "SELECT * FROM unit",
            "SELECT * FROM certificate",
            "SELECT * FROM outbox",
            "SELECT * FROM withdrawn",
            "SELECT * FROM batch",
            "SELECT * FROM context",
        )
    ]


@pytest.mark.parametrize("whole", [True, False])
def test_a_rework_that_has_begun_is_withdrawn_in_no_replay(folder: Path, *, whole: bool) -> None:
    entries = entries_of(folder)
    last = entries[-1]
    unit = next(entry.event.unit for entry in entries if isinstance(entry.event, ReworkDeclared))
    withdrawn = ReworkWithdrawn(unit=UnitId(unit), operator="p2", reason="sold as it is")
    with closing(Replay(whole=whole)) as replay:
        for entry in entries:
            replay.take(entry)
        with pytest.raises(Refusal) as caught:
            replay.take(Entry(EventSeq(last.seq + 1), last.at, 0, last.session, "p2", withdrawn))
        assert caught.value.code == "JRN-208"


def test_tables_follow_alike_whatever_is_left_out(folder: Path) -> None:
    with closing(Replay()) as whole, closing(Replay(whole=False)) as chosen, closing(Replay(whole=False)) as less:
        less.leave_out_identities()
        for entry in entries_of(folder):
            assert whole.take(entry) == chosen.take(entry) == less.take(entry)
        assert tables(whole) == tables(chosen) == tables(less)
        assert len(tables(whole)[0]) == 2


def test_every_index_that_keeps_a_rule_is_there() -> None:
    rules = "SELECT name FROM sqlite_schema WHERE type = 'index' AND (sql IS NULL OR sql LIKE '%UNIQUE%') ORDER BY name"
    with closing(Replay()) as whole, closing(Replay(whole=False)) as chosen:
        assert list(whole.db.execute(rules)) == list(chosen.db.execute(rules))
        assert len(list(whole.db.execute(rules))) >= 6
