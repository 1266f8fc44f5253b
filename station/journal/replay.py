"""The projections made anew from the events alone: what they show is nothing that the events do not say."""

import json
from typing import Final

import apsw

from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    CertificateIntended,
    CertificateIssued,
    UnitIdentified,
    UploadPrepared,
)
from station.journal.codec import Entry, microseconds
from station.journal.database import take_step
from station.journal.merkle import leaf_hash
from station.journal.projections import Keys, advance_clock, apply
from station.journal.schema import MIGRATIONS
from station.journal.tree import Growth

_CACHE_KIB: Final = 65536
_NEVER_LOOKED_AT: Final = frozenset(
    one.kind for one in (AttemptOpened, AttemptClosed, CertificateIntended, CertificateIssued)
)
"""Of the frequent kinds, those whose rows no projection asks for: what they did stands in tables of its own."""
_UNASKED: Final = ("unit_batch", "unit_rework", "attempt_batch", "attempt_open", "certificate_device", "outbox_open")
"""Indexes that keep no rule and are asked for nothing here: to keep them up takes a tenth of the time."""


class Replay:
    """A private journal without leaves, which entries fill one by one as the writer does. For one thread.

    ``db`` is SQLite's own temporary file, gone when it is closed: memory stays bounded at any number of entries.
    """

    def __init__(self, *, whole: bool = True) -> None:
        """Without ``whole``, for entries chosen out of a journal: what is known of all of them together is not kept."""
        self._whole = whole
        self._unkept = frozenset[str]() if whole else _NEVER_LOOKED_AT
        self.db = apsw.Connection("")
        self.db.pragma("journal_mode", "off")
        self.db.pragma("synchronous", 0)
        self.db.pragma("cache_size", -_CACHE_KIB)
        for step in MIGRATIONS:
            take_step(self.db, step)
        if not whole:
            for index in _UNASKED:
                self.db.execute(f"DROP INDEX {index}")
        self.db.execute("BEGIN")
        self._growth = Growth()

    def take(self, entry: Entry) -> Keys:
        """Have all tables follow from ``entry`` too; return the columns that its row has. Raises as `apply`."""
        event = entry.event
        keys = apply(self.db, entry)
        if self._whole:
            advance_clock(self.db, microseconds(entry.at))
        # Some events look at those before them: all but the leaf is kept here too.
        if event.kind not in self._unkept:
            columns = (entry.seq, microseconds(entry.at), event.kind, *keys)
            self.db.execute("INSERT INTO event VALUES(?,?,?,?,?,?,x'')", columns)
        if isinstance(event, UploadPrepared):
            self.db.execute("INSERT INTO body VALUES(?,x'') ON CONFLICT DO NOTHING", (event.body_sha256,))
        return keys

    def leave_out_identities(self) -> None:
        """Keep no rows of who boards said they are, for entries without a rework: only its withdrawal asks for them."""
        self._unkept |= {UnitIdentified.kind}

    def seat_others(self, entry: Entry) -> None:
        """Have units that travel in the same upload wait for it: for replays in which nothing else of them is told."""
        if isinstance(entry.event, UploadPrepared):
            self.db.execute(
                "REPLACE INTO outbox(unit, state, since_us) SELECT value, 'waiting', 0 FROM json_each(?) "
                "WHERE value NOT IN (SELECT id FROM unit)",
                (json.dumps(entry.event.units),),
            )

    def grow(self, leaf: bytes) -> None:
        """Have the tree follow from ``leaf`` too; leaves come from the first on, without a gap."""
        for row in self._growth.add(leaf_hash(leaf)):
            self.db.execute("INSERT INTO tree VALUES(?,?,?)", row)

    def close(self) -> None:
        """Forget all of it. Safe to repeat."""
        self.db.close()
