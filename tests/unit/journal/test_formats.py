"""Journals of every format ever released open, are brought up to date, and say the same as before."""

import gzip
import sqlite3
from pathlib import Path

import apsw
import pytest

from station.domain.events import SignedOut
from station.host.clock import SystemClock
from station.journal.agreement import find_disagreement
from station.journal.database import FILE_NAME
from station.journal.journal import Journal
from station.journal.leaves import Leaves
from station.journal.merkle import root_of
from station.journal.schema import MIGRATIONS
from station.journal.tree import plant

V1 = Path(__file__).with_name("formats") / "journal-v1.db.gz"
V1_ENTRIES = 264


@pytest.fixture
def old(tmp_path: Path) -> tuple[Path, list[bytes]]:
    """A journal that format 1's own code wrote (twelve units, built and onboarded), and its leaves read past ours."""
    file = tmp_path / FILE_NAME
    file.write_bytes(gzip.decompress(V1.read_bytes()))
    db = sqlite3.connect(file)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    leaves = [bytes(leaf) for (leaf,) in db.execute("SELECT leaf FROM event ORDER BY seq")]
    db.close()
    assert len(leaves) == V1_ENTRIES
    return tmp_path, leaves


def test_a_journal_of_format_1_is_brought_up_to_date_with_its_tree(old: tuple[Path, list[bytes]]) -> None:
    data, before = old
    with Journal(data, SystemClock()):
        pass
    with Leaves(data) as leaves:
        assert [leaf for _, leaf in leaves.stream(leaves.size())] == before
        assert leaves.tree().root(V1_ENTRIES) == root_of(before)
    db = sqlite3.connect(data / FILE_NAME)
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert db.execute("SELECT level, place, hash FROM tree").fetchall() == [(8, 0, root_of(before[:256]))]
    db.close()


def test_it_goes_on_from_there(old: tuple[Path, list[bytes]]) -> None:
    data, before = old
    with Journal(data, SystemClock()) as journal:
        journal.commit(*(SignedOut(person="p1", reason=str(number)) for number in range(300)))
    with Leaves(data) as leaves:
        after = [leaf for _, leaf in leaves.stream(leaves.size())]
        assert after[:V1_ENTRIES] == before
        assert leaves.tree().root(len(after)) == root_of(after)


def test_a_longer_journal_gets_all_of_its_tree(tmp_path: Path) -> None:
    with Journal(tmp_path, SystemClock()) as journal:
        journal.commit(*(SignedOut(person="p1", reason=str(number)) for number in range(1100)))
    db = apsw.Connection(str(tmp_path / FILE_NAME))
    rows = db.execute("SELECT * FROM tree ORDER BY level, place").fetchall()
    assert len(rows) == 4
    db.execute("DELETE FROM tree")
    plant(db)
    assert db.execute("SELECT * FROM tree ORDER BY level, place").fetchall() == rows
    db.close()


def test_its_projections_are_those_of_its_events(old: tuple[Path, list[bytes]]) -> None:
    data, _ = old
    assert find_disagreement(data) is None, "as it is, in its own format"
    with Journal(data, SystemClock()):
        pass
    assert find_disagreement(data) is None
