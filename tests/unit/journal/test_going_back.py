"""Before a migration a copy is kept that holds; going back works until the first entry; later nothing is touched."""

import gzip
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from station.domain.events import SignedOut
from station.domain.faults import Fault
from station.evidence.before_migration import keep_before
from station.host.clock import SystemClock
from station.journal import database
from station.journal.agreement import find_disagreement
from station.journal.database import FILE_NAME, open_for_reading, will_migrate
from station.journal.going_back import step_back
from station.journal.journal import Journal
from station.journal.schema import MIGRATIONS
from station.software import software_version
from tests.faults.seam import Done, Op, overhear

FORMATS = Path(__file__).with_name("formats")
COPY = f"before-{software_version()}"


def entries(folder: Path) -> list[bytes]:
    db = sqlite3.connect(f"{(folder / FILE_NAME).as_uri()}?immutable=1", uri=True)
    found = [bytes(leaf) for (leaf,) in db.execute("SELECT leaf FROM event ORDER BY seq")]
    db.close()
    return found


def format_of(folder: Path) -> int:
    db = sqlite3.connect(f"{(folder / FILE_NAME).as_uri()}?immutable=1", uri=True)
    (found,) = db.execute("PRAGMA user_version").fetchone()
    db.close()
    return int(found)


def write(folder: Path, *, number: int = 0) -> None:
    """Have this station open the journal, as it does with a copy kept before, and add so many entries."""
    with Journal(folder, SystemClock(), keep_before=partial(keep_before, folder)) as journal:
        if number:
            journal.commit(*(SignedOut(person="p1", reason=str(one)) for one in range(number)))


@contextmanager
def newer_station(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have this be a station whose journal has one format more, as long as the block lasts."""
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE newer(one INTEGER) STRICT"))
        yield


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_copy_that_holds_is_kept_of_a_journal_of_each_earlier_format(tmp_path: Path, number: int) -> None:
    (tmp_path / FILE_NAME).write_bytes(gzip.decompress((FORMATS / f"journal-v{number}.db.gz").read_bytes()))
    before = entries(tmp_path)
    assert will_migrate(tmp_path)
    write(tmp_path)
    assert format_of(tmp_path) == len(MIGRATIONS)
    assert not will_migrate(tmp_path)
    kept = tmp_path / COPY
    assert (format_of(kept), entries(kept)) == (number, before)
    assert find_disagreement(kept) is None
    if sys.platform != "win32":
        assert (kept.stat().st_mode & 0o777, (kept / FILE_NAME).stat().st_mode & 0o777) == (0o700, 0o600)
    assert sorted(path.name for path in tmp_path.iterdir()) == [COPY, FILE_NAME]


def test_of_a_new_journal_and_of_one_that_stays_as_it_is_nothing_is_kept(tmp_path: Path) -> None:
    for _ in range(2):
        write(tmp_path, number=1)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_without_a_copy_that_holds_there_is_no_migration(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(gzip.decompress((FORMATS / "journal-v2.db.gz").read_bytes()))
    db = sqlite3.connect(path)
    db.execute("UPDATE unit SET outcome = 'failed' WHERE id = (SELECT min(id) FROM unit)")
    db.commit()
    db.close()
    before = entries(tmp_path)
    with pytest.raises(Fault) as caught:
        write(tmp_path)
    assert caught.value.code == "BAK-108"
    assert "outcome" in caught.value.sentence
    assert (format_of(tmp_path), entries(tmp_path)) == (2, before)
    assert not list(tmp_path.glob("*before*"))


def test_one_journal_is_kept_once_and_no_copy_is_overwritten(tmp_path: Path) -> None:
    write(tmp_path, number=1)
    assert [keep_before(tmp_path).name for _ in range(2)] == [COPY, COPY]
    write(tmp_path, number=1)
    assert [keep_before(tmp_path).name for _ in range(2)] == [f"{COPY}.2", f"{COPY}.2"]
    assert len(entries(tmp_path / COPY)) + 1 == len(entries(tmp_path / f"{COPY}.2"))


def test_what_kills_left_of_copies_does_not_fill_the_disk(tmp_path: Path) -> None:
    write(tmp_path, number=1)
    left = tmp_path / ".before.x1y2z3.new" / "copy"
    left.mkdir(parents=True)
    (left / FILE_NAME).write_bytes(b"half of it")
    keep_before(tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_an_older_station_opens_a_journal_that_was_migrated_and_not_written_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, number=3)
    before = entries(tmp_path)
    with newer_station(monkeypatch):
        write(tmp_path)
        assert format_of(tmp_path) == len(MIGRATIONS) + 1
    write(tmp_path, number=1)
    assert format_of(tmp_path) == len(MIGRATIONS)
    assert entries(tmp_path)[:-1] == before
    assert find_disagreement(tmp_path) is None


@pytest.mark.parametrize("killed", [False, True], ids=["ended", "killed"])
def test_after_the_first_entry_an_older_station_refuses_and_leaves_every_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    data, found = tmp_path / "data", tmp_path / "data"
    write(data, number=3)
    with newer_station(monkeypatch):
        write(data)
        with Journal(data, SystemClock()) as journal:
            journal.commit(SignedOut(person="p1", reason="the first entry"))
            if killed:  # what a kill leaves: the entry in the log alone
                found = tmp_path / "left"
                shutil.copytree(data, found, ignore=shutil.ignore_patterns("*-shm"))
    before = content(found)
    assert any(name.endswith("-wal") for name in before) == killed
    for _ in range(2):
        with pytest.raises(Fault) as caught:
            write(found, number=1)
        assert caught.value.code == "JRN-104"
        assert "export" in caught.value.sentence
        assert "restore" in caught.value.sentence
        caught.value.__traceback__ = None  # whatever it still holds open
    assert content(found) == before


def test_a_copy_that_lacks_an_entry_or_says_another_is_not_put_back(tmp_path: Path) -> None:
    write(tmp_path, number=2)
    keep_before(tmp_path)
    write(tmp_path, number=1)
    before = content(tmp_path)
    assert not step_back(tmp_path)
    assert content(tmp_path) == before


def test_a_journal_that_somebody_reads_is_not_put_back_meanwhile(tmp_path: Path) -> None:
    write(tmp_path, number=2)
    keep_before(tmp_path)
    reader = open_for_reading(tmp_path)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM event").get == 2
    assert not step_back(tmp_path)
    reader.close()
    assert step_back(tmp_path)


@pytest.mark.parametrize(
    "what", ["UPDATE latest SET at_us = 0", "CREATE TRIGGER one AFTER INSERT ON event BEGIN SELECT 1; END"]
)
def test_a_copy_with_the_same_entries_that_is_not_whole_is_not_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    write(tmp_path, number=3)
    with newer_station(monkeypatch):
        write(tmp_path)
    db = sqlite3.connect(tmp_path / COPY / FILE_NAME, isolation_level=None)
    db.execute(what)
    db.close()
    before = content(tmp_path)
    assert will_migrate(tmp_path), "it is looked at whole before"
    with pytest.raises(Fault) as caught:
        write(tmp_path)
    assert caught.value.code == "JRN-104"
    assert content(tmp_path) == before


def test_what_keeps_sqlite_from_the_newer_journal_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, number=3)
    with newer_station(monkeypatch):
        write(tmp_path)
    hindrance = tmp_path / f"{FILE_NAME}-shm"
    hindrance.mkdir()
    with pytest.raises(Fault) as caught:
        step_back(tmp_path)
    assert caught.value.code == "JRN-101"
    hindrance.rmdir()
    assert step_back(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="NTFS keeps its names in order by itself")
def test_the_newer_log_is_gone_for_good_before_the_older_file_has_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, number=3)
    with newer_station(monkeypatch):
        write(tmp_path)
    heard: list[Done] = []
    with overhear(heard.append):
        assert step_back(tmp_path)
    names = [one.op for one in heard if one.path == tmp_path or one.op is Op.RENAME]
    assert names == [Op.SYNC_FOLDER, Op.RENAME, Op.SYNC_FOLDER]
