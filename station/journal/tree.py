"""The Merkle tree beside the events: only the complete subtrees of 256, 65,536 and 16,777,216 leaves are stored.

One row for every 256 events; whatever lies below is made anew from the leaves themselves, which are there anyway.
The stored hashes are a help for speed and no evidence: whoever verifies starts from the leaves.
"""

from collections.abc import Iterator
from typing import Any, Final

import apsw

from station.domain.ids import EventSeq
from station.journal.leaf_words import leaf_of
from station.journal.merkle import consistency_path, leaf_hash, node_hash, root_at

TILE: Final = 8
"""Levels from one stored level to the next; the size of C2SP's tiles (c2sp.org/tlog-tiles)."""
_WIDTH: Final = 1 << TILE
_TILES_KEPT: Final = 64
_LEVELS: Final = (TILE, 2 * TILE, 3 * TILE)


def grow(db: apsw.Connection, seq: EventSeq) -> None:
    """Store what event ``seq``, just written, completes. Runs inside the event's own transaction."""
    for level in _LEVELS:
        if seq % (1 << level):
            return
        place = (seq >> level) - 1
        db.execute("INSERT INTO tree VALUES(?,?,?)", (level, place, _fold(_below(db, level, place))))


def plant(db: apsw.Connection) -> None:
    """Store the tree of a journal that was written without one. Runs inside the migration's transaction."""
    last: Any = db.execute("SELECT coalesce(max(seq), 0) FROM event").get
    for seq in range(_WIDTH, int(last) + 1, _WIDTH):
        grow(db, EventSeq(seq))


class Growth:
    """The rows that are to be stored, from the leaves' hashes alone, one by one. No database."""

    def __init__(self) -> None:
        self._size = 0
        self._open: dict[int, list[bytes]] = {0: [], **{level: [] for level in _LEVELS}}

    def add(self, hashed: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Take the next leaf's hash; yield level, place and hash of each subtree that it completes."""
        self._size += 1
        self._open[0].append(hashed)
        for level in _LEVELS:
            below = self._open[level - TILE]
            if len(below) < _WIDTH:
                return
            row = (level, (self._size >> level) - 1, _fold(below))
            below.clear()
            self._open[level].append(row[2])
            yield row


class Tree:
    """Questions to a journal's tree, for one thread and connection; leaves count from 0, events from 1."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._kept: dict[tuple[int, int], list[bytes]] = {}

    def root(self, size: int) -> bytes:
        """Return the root of the first ``size`` events."""
        return root_at(size, self.node)

    def peaks(self, size: int) -> list[bytes]:
        """Return the hashes of the complete subtrees that the first ``size`` events fall into, from left to right."""
        found, low = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                found.append(self.node(level, low >> level))
                low += 1 << level
        return found

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Return what shows that the first ``first`` events are still the same at ``second``."""
        return consistency_path(first, second, self.node)

    def node(self, level: int, place: int) -> bytes:
        """Return the hash of a complete subtree."""
        stored = level - level % TILE
        offset, count = place << (level - stored), 1 << (level - stored)
        hashes = self._tile(stored, offset // _WIDTH)
        start = offset % _WIDTH
        return _fold(hashes[start : start + count])

    def _tile(self, level: int, number: int) -> list[bytes]:
        if (level, number) in self._kept:
            return self._kept[level, number]
        hashes = _row(self._db, level, number * _WIDTH, _WIDTH)
        if len(hashes) == _WIDTH:  # a complete one never changes; another may grow
            if len(self._kept) >= _TILES_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[level, number] = hashes
        return hashes


def _below(db: apsw.Connection, level: int, place: int) -> list[bytes]:
    return _row(db, level - TILE, place * _WIDTH, _WIDTH)


def _row(db: apsw.Connection, level: int, start: int, count: int) -> list[bytes]:
    """Return up to ``count`` neighbouring hashes of a stored level, or of the leaves (level 0)."""
    if level == 0:
        sql = "SELECT seq, leaf FROM event WHERE seq > ? AND seq <= ? ORDER BY seq"
        leaves: Any = db.execute(sql, (start, start + count))
        return [leaf_hash(leaf_of(seq, stored)) for seq, stored in leaves]
    sql = "SELECT hash FROM tree WHERE level = ? AND place >= ? AND place < ? ORDER BY place"
    rows: Any = db.execute(sql, (level, start, start + count))
    return [bytes(hashed) for (hashed,) in rows]


def _fold(hashes: list[bytes]) -> bytes:
    if not hashes or len(hashes) & (len(hashes) - 1):
        raise ValueError(f"{len(hashes)} hashes are no complete subtree")
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
