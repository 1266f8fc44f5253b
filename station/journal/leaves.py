"""The journal's leaves, byte for byte: what evidence is made of. Read only; for one thread.

Where one can't be read as it is stored, every question that looks at it raises JRN-103.
"""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from station.domain.events import CheckpointMade
from station.domain.ids import AttemptId, BatchId, EventSeq, Sha256, UnitId, UploadId
from station.journal.database import FILE_NAME, open_for_reading
from station.journal.faults import DAMAGED
from station.journal.leaf_words import leaf_of
from station.journal.schema import RARE
from station.journal.tree import Tree


class Leaves:
    """Questions to the leaves, on a connection of its own. No method changes anything; each may be repeated."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._db = open_for_reading(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def tree(self) -> Tree:
        """Return the Merkle tree over the leaves."""
        return Tree(self._db)

    def size(self) -> int:
        """Return how many leaves there are."""
        return int(self._one("SELECT coalesce(max(seq), 0) FROM event"))

    def leaf(self, seq: int) -> bytes:
        """Return one leaf; raises JRN-103 when there is none at that place."""
        stored = self._one("SELECT leaf FROM event WHERE seq = ?", seq)
        if stored is None:
            raise DAMAGED.fault(f"no event {seq}", path=self._path, why="an entry is missing")
        return leaf_of(seq, stored)

    def stream(self, last: int, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield place and leaf of the entries behind ``after`` up to ``last``, in order, whatever their number."""
        sql = "SELECT seq, leaf FROM event WHERE seq > ? AND seq <= ? ORDER BY seq"
        rows: Any = self._db.execute(sql, (after, last))
        for seq, stored in rows:
            yield seq, leaf_of(seq, stored)

    def of_attempt(self, attempt: AttemptId) -> list[int]:
        """Return the places of what is said about an attempt."""
        return self._places("attempt = ?", attempt)

    def of_unit(self, unit: UnitId) -> list[int]:
        """Return the places of what is said about a unit itself: its certificates, ends, decisions."""
        return self._places("unit = ?", unit)

    def of_batch(self, batch: BatchId) -> list[int]:
        """Return the places where the batch was armed and closed."""
        return self._places("batch = ? AND kind IN ('batch-armed', 'batch-closed')", batch)

    def of_kind(self, *kinds: str) -> list[tuple[int, bytes]]:
        """Return place and leaf of all events of these kinds, in order. For rare kinds: others have no index.

        Raises JRN-103 where a leaf is of another kind than its row says.
        """
        found: list[tuple[int, bytes]] = []
        for kind in kinds:
            sql = f"SELECT seq, leaf FROM event INDEXED BY event_rare WHERE kind = ? AND {RARE}"
            rows: Any = self._db.execute(sql, (kind,))
            for seq, stored in rows:
                leaf = leaf_of(seq, stored)
                if f'"kind":"{kind}","mono_us":'.encode() not in leaf:
                    raise DAMAGED.fault(f"event {seq}", path=self._path, why="an entry stands under another kind")
                found.append((seq, leaf))
        return sorted(found)

    def context(self, name: Sha256) -> int | None:
        """Return where a context is kept."""
        seq = self._one("SELECT seq FROM context WHERE sha256 = ?", name)
        return None if seq is None else int(seq)

    def uploads_with(self, units: Collection[UnitId]) -> set[UploadId]:
        """Return the uploads that any of these units was in."""
        sql = "SELECT DISTINCT upload FROM upload_unit WHERE unit IN (SELECT value FROM json_each(?))"
        rows: Any = self._db.execute(sql, (json.dumps(sorted(units)),))
        return {UploadId(upload) for (upload,) in rows}

    def last_checkpoint(self) -> tuple[EventSeq, str] | None:
        """Return where the newest checkpoint is journaled, and its note."""
        row: Any = self._db.execute("SELECT seq, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        return None if row is None else (EventSeq(row[0]), row[1])

    def checkpoints(self) -> list[str]:
        """Return the notes of all checkpoints, oldest first, from the entries that hold them."""
        return [json.loads(leaf)["body"]["note"] for _, leaf in self.of_kind(CheckpointMade.kind)]

    def checkpoint_sizes(self) -> list[int]:
        """Return for how many entries each kept checkpoint was signed, oldest first."""
        rows: Any = self._db.execute("SELECT size FROM checkpoint ORDER BY size")
        return [size for (size,) in rows]

    def checkpoint(self, size: int) -> str:
        """Return the note of the checkpoint of that size; raises JRN-103 when there is none."""
        note = self._one("SELECT note FROM checkpoint WHERE size = ?", size)
        if note is None:
            raise DAMAGED.fault(f"no checkpoint {size}", path=self._path, why="a checkpoint is missing")
        return str(note)

    def _places(self, where: str, value: int | str) -> list[int]:
        rows: Any = self._db.execute(f"SELECT seq FROM event WHERE {where} ORDER BY seq", (value,))
        return [seq for (seq,) in rows]

    def _one(self, sql: str, *values: int | str) -> Any:
        return self._db.execute(sql, values).get
