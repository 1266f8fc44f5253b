"""A journal that is made to hold its reader up for ever, or to fill its memory, is broken, and said to be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from station.evidence.forms import Broken
from station.evidence.verifier import _read_rare, verify_journal
from station.journal.agreement import find_disagreement
from tests.faults.hostile_forms import backed_up

ENDLESS = """
ALTER TABLE event RENAME TO aside;
CREATE VIEW {name} AS WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n)
    SELECT seq, 0 AS at_us, 'checkpoint-made' AS kind, (SELECT leaf FROM aside) AS leaf FROM n;
"""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    path.write_bytes(backed_up()["journal.db"])
    return path


@pytest.mark.timeout(20)
@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("name", ["event", "Event"])
def test_a_view_in_the_place_of_the_entries_is_not_read(journal: Path, quick: bool, name: str) -> None:
    key = backed_up()["station.vkey"].decode()
    assert verify_journal(journal, key=key, quick=quick).findings
    with closing(sqlite3.connect(journal)) as db:
        db.executescript(ENDLESS.format(name=name))
    with pytest.raises(Broken, match="no table"):
        verify_journal(journal, key=key, quick=quick)


def test_an_index_that_leads_in_circles_ends_where_it_turns() -> None:
    taken = 0

    def circling() -> Iterator[tuple[int, bytes]]:
        nonlocal taken
        while True:
            for seq in (3, 7):
                taken += 1
                yield seq, b'{"body":{}}'

    with pytest.raises(Broken, match="leads back"):
        _read_rare(circling())
    assert taken == 3


def test_a_column_that_is_no_text_is_a_disagreement(journal: Path) -> None:
    """SQLite keeps whatever bytes a file has for text; Python reads no text out of them."""
    assert find_disagreement(journal) is None
    with closing(sqlite3.connect(journal)) as db, db:
        db.executescript("DROP TRIGGER event_stays")
        db.execute("UPDATE event SET kind = CAST(x'ff6162' AS TEXT) WHERE seq = 3")
    assert find_disagreement(journal) is not None
    with pytest.raises(Broken):
        verify_journal(journal, key=backed_up()["station.vkey"].decode())
