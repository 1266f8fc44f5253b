"""Tables of a newer format filled from the entries that an older one wrote."""

import json
from contextlib import closing
from typing import Any

import apsw

from station.domain.ids import UnitId
from station.journal.codec import decode
from station.journal.excerpt import take_units
from station.journal.leaf_words import leaf_at
from station.journal.replay import Replay


def refill_withdrawn(db: apsw.Connection) -> None:
    """Have ``withdrawn`` hold what the reworks that are declared now took out of the outbox.

    Their units' own entries are replayed, however long the journal is; without such a unit, nothing is. Runs inside
    the migration's transaction. Raises JRN-103 and JRN-108 where entries can't be read, or can't be true.
    """
    declared: Any = db.execute("SELECT id FROM unit WHERE rework = 1")
    units = [UnitId(unit) for (unit,) in declared]
    if not units:
        return
    with closing(Replay()) as anew:
        for seq in sorted(take_units(db, units).places):
            entry = decode(leaf_at(db, seq))
            anew.seat_others(entry)
            anew.take(entry)
        rows: Any = anew.db.execute(
            "SELECT unit, state, upload, reason, since_us FROM withdrawn "
            "WHERE unit IN (SELECT value FROM json_each(?))",
            (json.dumps(units),),
        )
        db.executemany("INSERT INTO withdrawn(unit, state, upload, reason, since_us) VALUES(?,?,?,?,?)", list(rows))
