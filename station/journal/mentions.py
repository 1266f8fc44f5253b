"""Which rare entries tell of whom, by what their leaves say: each leaf is read once, however often that is asked.

Most kinds of entries lie inside an attempt and are found there. The others may concern a unit from anywhere, and no
column is believed: so all of them have to be read once. The copy of where they are grows with the journal, and lies in
SQLite's own temporary file: memory stays bounded at any number of entries.
"""

import json
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Any, Final

import apsw

from station.domain import events as e
from station.journal.leaf_words import body_of, kind_of, leaf_at
from station.journal.packing import unpack_leaf
from station.journal.schema import RARE


class Of(StrEnum):
    """What an entry may tell of."""

    UNIT = "unit"
    """Something done to it outside of its attempts, and its uploads."""
    ATTEMPT = "attempt"
    BATCH = "batch"
    PASSENGER = "passenger"
    """A unit that travels in the upload which the entry prepares."""
    UPLOAD = "upload"
    DECIDED = "decided"
    """A unit that a person decided about."""
    CONTEXT = "context"
    ALL = "all"


_WHOM: Final[dict[str, tuple[Of, str]]] = {
    **dict.fromkeys(
        (
            *(e.ReworkDeclared.kind, e.ReworkWithdrawn.kind, e.UnitOverwritten.kind),
            *(e.CredentialDeletionIntended.kind, e.CredentialDeleted.kind, e.UnclaimIntended.kind, e.Unclaimed.kind),
            *(e.CloudDeletionIntended.kind, e.CloudDeleted.kind),
            e.FinalChecked.kind,
        ),
        (Of.UNIT, "unit"),
    ),
    **dict.fromkeys(
        (e.SlotLatched.kind, e.CertificateSuperseded.kind, e.KeyLost.kind, e.UuidLearnt.kind),
        (Of.ATTEMPT, "attempt"),
    ),
    **dict.fromkeys((e.BatchArmed.kind, e.BatchClosed.kind), (Of.BATCH, "batch")),
    e.UploadPrepared.kind: (Of.PASSENGER, "units"),
    **dict.fromkeys(
        (
            *(e.UploadSending.kind, e.UploadPutOff.kind, e.UploadAccepted.kind),
            *(e.UploadUnclear.kind, e.UploadSettled.kind),
        ),
        (Of.UPLOAD, "upload"),
    ),
    e.UploadDecided.kind: (Of.DECIDED, "unit"),
    e.Context.kind: (Of.CONTEXT, "sha256"),
    e.Restored.kind: (Of.ALL, ""),
}
"""The kinds that are rare and may concern a unit from anywhere, and where they say whom."""

_NEWER: Final = f"SELECT seq, leaf FROM event INDEXED BY event_rare WHERE kind = ? AND {RARE} AND seq > ? ORDER BY seq"
_TABLE: Final = "CREATE TABLE mention(what, whom, seq, PRIMARY KEY (what, whom, seq)) WITHOUT ROWID"


class Mentions:
    """Where a journal's rare entries tell of whom. For one thread; nothing is kept when it is gone."""

    def __init__(self) -> None:
        """Know of no entry yet."""
        self._last, self._leaf = 0, b""
        self._db = _empty()

    def grow(self, db: apsw.Connection) -> None:
        """Read the entries that are newer than those read before, inside the caller's transaction.

        All of them, where another journal lies there now: where the newest entry that was read is not the same any
        more. What was read is not read again for this; whoever chooses it reads its place as it is then. Raises as
        :meth:`take`, and then the next time reads all.
        """
        if self._last and leaf_at(db, self._last) != self._leaf:
            self._forget()
        try:
            for kind in _WHOM:
                stored: Any = db.execute(_NEWER, (kind, self._last))
                rows = ((seq, unpack_leaf(leaf)) for seq, leaf in stored)
                # Where the leaf says otherwise, its row is compared by whoever comes upon it.
                self._add(one for seq, leaf in rows if kind_of(leaf) == kind for one in _told(seq, kind, leaf))
        except BaseException:
            self._forget()
            raise
        last: Any = db.execute("SELECT coalesce(max(seq), 0) FROM event").get
        self._last = int(last)
        self._leaf = leaf_at(db, self._last)

    def take(self, seq: int, kind: str, leaf: bytes) -> bool:
        """Read one entry, and return whether its kind is one of these.

        Raises KeyError, TypeError, ValueError or OverflowError where it does not say whom it tells of.
        """
        if kind not in _WHOM:
            return False
        self._add(_told(seq, kind, leaf))
        return True

    def about(self, what: Of, whom: Collection[object]) -> set[int]:
        """Return the places of the entries that tell of any of these."""
        return self._places("seq", what, whom)

    def everywhere(self) -> set[int]:
        """Return the places of the entries that tell of all units."""
        return self.about(Of.ALL, [""])

    def first(self, what: Of, whom: Collection[object]) -> set[int]:
        """Return, for each of these, the place of the first entry that tells of it."""
        return self._places("min(seq)", what, whom, "GROUP BY whom")

    def _places(self, place: str, what: Of, whom: Collection[object], grouped: str = "") -> set[int]:
        sql = f"SELECT {place} FROM mention WHERE what = ? AND whom IN (SELECT value FROM json_each(?)) {grouped}"
        rows: Any = self._db.execute(sql, (what, json.dumps(list(whom))))
        return {seq for (seq,) in rows}

    def _add(self, told: Iterator[tuple[Of, Any, int]]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO mention VALUES(?,?,?)", told)

    def _forget(self) -> None:
        self._last, self._leaf = 0, b""
        self._db = _empty()


def _empty() -> apsw.Connection:
    db = apsw.Connection("")
    db.pragma("journal_mode", "off")
    db.pragma("synchronous", 0)
    db.execute(_TABLE)
    db.execute("BEGIN")
    return db


def _told(seq: int, kind: str, leaf: bytes) -> Iterator[tuple[Of, Any, int]]:
    what, name = _WHOM[kind]
    if not name:
        yield what, "", seq
        return
    said = body_of(leaf)[name]
    for whom in said if what is Of.PASSENGER else (said,):
        if whom is not None:  # a slot may latch without an attempt
            yield what, whom, seq
