"""The tree beside the events grows with them, level by level, and never says what the leaves don't."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.domain.events import CheckpointMade, SignedOut, StepIntended
from station.domain.faults import Bug
from station.domain.ids import AttemptId, Sha256
from station.domain.line import RepeatClass, StepKind
from station.host.clock import SystemClock
from station.journal.database import FILE_NAME
from station.journal.journal import Journal
from station.journal.leaves import Leaves
from station.journal.merkle import Growing, inclusion_path, leaf_hash, require_consistency, require_inclusion, root_of

LEVEL_8 = 256
LEVEL_16 = 65536
MANY = 70_000
GROWN = pytest.mark.xdist_group("a grown tree")
"""In a run in several processes one of them writes so many entries, and not each."""


class CountingClock(SystemClock):
    """Each look takes a microsecond."""

    def __init__(self) -> None:
        self._at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self._at += timedelta(microseconds=1)
        return self._at


def said(number: int) -> SignedOut:
    return SignedOut(person="p1", reason=str(number))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of more than 65,536 events, written as any other."""
    data = tmp_path_factory.mktemp("grown")
    with Journal(data, CountingClock()) as journal:
        for start in range(0, MANY, 1000):
            journal.commit(*(said(number) for number in range(start, start + 1000)))
    return data


def stored(data: Path) -> list[tuple[int, int, bytes]]:
    db = sqlite3.connect(data / FILE_NAME)
    rows: Any = db.execute("SELECT level, place, hash FROM tree ORDER BY level, place").fetchall()
    db.close()
    return rows


@GROWN
def test_seventy_thousand_events_have_the_root_of_their_leaves(grown: Path) -> None:
    sizes = [1, 2, 255, 256, 257, 511, 512, 4095, LEVEL_16 - 1, LEVEL_16, LEVEL_16 + 1, LEVEL_16 + 300, MANY]
    recomputed, tree = {}, Growing()
    with Leaves(grown) as leaves:
        for seq, leaf in leaves.stream(MANY):
            tree.add(leaf_hash(leaf))
            if seq in sizes:
                recomputed[seq] = tree.root()
        assert {size: leaves.tree().root(size) for size in sizes} == recomputed
        assert stored(grown)[-1] == (16, 0, recomputed[LEVEL_16])
        for seq in (1, 256, 257, 12345, LEVEL_16, LEVEL_16 + 1, MANY):
            path = inclusion_path(seq - 1, MANY, leaves.tree().node)
            require_inclusion(leaf_hash(leaves.leaf(seq)), seq - 1, MANY, path, recomputed[MANY])
        for first in sizes:
            path = leaves.tree().consistency(first, MANY)
            require_consistency(first, MANY, recomputed[first], recomputed[MANY], path)


@GROWN
def test_one_row_is_kept_for_256_leaves_and_one_for_65536(grown: Path) -> None:
    rows = stored(grown)
    assert [(level, place) for level, place, _ in rows] == [(8, n) for n in range(MANY // LEVEL_8)] + [(16, 0)]


def test_a_refused_commit_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    """The refused events would have completed a subtree; those that come instead complete it, with their own hash."""
    with Journal(tmp_path, CountingClock()) as journal:
        journal.commit(*(said(number) for number in range(250)))
        orphan = StepIntended(
            attempt=AttemptId(999), index=0, step=StepKind.FLASH, name="Flash", repeat=RepeatClass.PURE
        )
        with pytest.raises(Bug):
            journal.commit(*(said(number) for number in range(900, 910)), orphan)
        assert stored(tmp_path) == []
        with Leaves(tmp_path) as leaves:
            assert leaves.size() == 250
        journal.commit(*(said(number) for number in range(250, 260)))
    with Leaves(tmp_path) as leaves:
        kept = [leaf for _, leaf in leaves.stream(260)]
        assert leaves.tree().root(260) == root_of(kept)
    assert stored(tmp_path) == [(8, 0, root_of(kept[:256]))]


def test_a_tree_grows_under_an_open_reader(tmp_path: Path) -> None:
    with Journal(tmp_path, CountingClock()) as journal:
        journal.commit(*(said(number) for number in range(300)))
        with Leaves(tmp_path) as leaves:
            tree = leaves.tree()
            first = tree.root(300)
            journal.commit(*(said(number) for number in range(300, 600)))
            assert tree.root(300) == first
            assert tree.root(600) == root_of(leaf for _, leaf in leaves.stream(600))


def test_a_checkpoint_is_kept_once_a_size(tmp_path: Path) -> None:
    with Journal(tmp_path, CountingClock()) as journal:
        journal.commit(said(1))
        made = CheckpointMade(size=1, root=Sha256("0" * 64), note="a note", reason="test")
        journal.commit(made)
        with pytest.raises(Bug):
            journal.commit(made)
        with Leaves(tmp_path) as leaves:
            assert leaves.last_checkpoint() == (2, "a note")
            assert leaves.checkpoints() == ["a note"]
