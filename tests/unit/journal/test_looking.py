"""Whoever looks at a journal takes nothing from whoever writes there, even where he began to look before that."""

import shutil
import sys
from pathlib import Path

import apsw
import pytest

from station.domain.events import SignedOut
from station.evidence.verifier import verify_journal
from station.host.clock import SystemClock
from station.journal.agreement import find_disagreement
from station.journal.database import FILE_NAME, open_for_examination
from station.journal.journal import Journal
from tests.faults.formats import leaves_of


@pytest.mark.skipif(sys.platform == "win32", reason="there a log is never looked at past its locks")
@pytest.mark.parametrize("size", [0, 32, 4096])
def test_a_log_without_commits_when_somebody_begins_to_look_stays_with_the_station_that_fills_it(
    tmp_path: Path, size: int
) -> None:
    data, left = tmp_path / "data", tmp_path / "left"
    Journal(data, SystemClock()).close()
    # Without an index: what a power cut leaves, or a station that is just opening.
    (data / f"{FILE_NAME}-wal").write_bytes(bytes(size))
    looking = open_for_examination(data)
    assert looking.execute("SELECT count(*) FROM event").get == 0
    with Journal(data, SystemClock()) as journal:
        journal.commit(SignedOut(person="p1", reason="acknowledged"))
        looking.close()
        journal.commit(SignedOut(person="p1", reason="acknowledged"))
        shutil.copytree(data, left, ignore=shutil.ignore_patterns("*-shm"))  # what a kill would leave now
    assert len(leaves_of(left / FILE_NAME)) == 2


@pytest.mark.parametrize("size", [0, 32, 56, 4152])
def test_whoever_verifies_leaves_the_log_and_reads_its_whole_commits(tmp_path: Path, size: int) -> None:
    """``size``: bytes of the log that a power cut left."""
    data, left = tmp_path / "data", tmp_path / "left"
    with Journal(data, SystemClock()) as journal:
        journal.commit(SignedOut(person="p1", reason="in the file"))
    with Journal(data, SystemClock()) as journal:
        journal.commit(SignedOut(person="p1", reason="in the log"))
        shutil.copytree(data, left, ignore=shutil.ignore_patterns("*-shm"))
    log = left / f"{FILE_NAME}-wal"
    content = log.read_bytes()
    for kept, entries in ((content, 2), (content[:size], 1), (content[:size] + bytes(8192), 1)):
        log.write_bytes(kept)
        before = (left / FILE_NAME).read_bytes()
        assert verify_journal(left).findings[0].startswith(f"entries: {entries},")
        assert (log.read_bytes(), (left / FILE_NAME).read_bytes()) == (kept, before)


def test_a_cut_off_switch_to_a_log_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """Found by power cuts: the log's name survived, and so did the rollback journal that had been taken away."""
    path = tmp_path / FILE_NAME
    Journal(tmp_path, SystemClock()).close()
    db = apsw.Connection(str(path))
    db.pragma("journal_mode", "delete")
    content = path.read_bytes()
    db.execute("BEGIN; CREATE TABLE cut_off(one)")
    db.cache_flush()
    undo = Path(f"{path}-journal").read_bytes()
    db.execute("ROLLBACK")
    db.close()
    path.write_bytes(content)
    Path(f"{path}-journal").write_bytes(undo)
    Path(f"{path}-wal").touch()
    with Journal(tmp_path, SystemClock()) as journal:
        journal.commit(SignedOut(person="p1", reason="it goes on"))
    assert find_disagreement(tmp_path) is None
    assert len(leaves_of(path)) == 1
