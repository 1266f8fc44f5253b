"""The projections made anew from the events alone: what they show is nothing that the events do not say."""

from collections.abc import Iterable

import apsw

from station.journal.codec import Entry, microseconds
from station.journal.database import take_step
from station.journal.projections import advance_clock, apply
from station.journal.schema import MIGRATIONS, PROJECTIONS


def replay(entries: Iterable[Entry]) -> dict[str, list[tuple[object, ...]]]:
    """Return every projection's rows, sorted, as ``entries`` make them in an empty journal. Pure; raises as `apply`."""
    db = apsw.Connection(":memory:")
    try:
        for step in MIGRATIONS:
            take_step(db, step)
        for entry in entries:
            apply(db, entry)
            advance_clock(db, microseconds(entry.at))
            # A correction looks at the events' times, so the time alone is kept here too.
            db.execute(
                "INSERT INTO event VALUES(?,?,?,NULL,NULL,NULL,x'')",
                (entry.seq, microseconds(entry.at), entry.event.kind),
            )
        return dump(db)
    finally:
        db.close()


def dump(db: apsw.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Return every projection's rows, sorted, as they stand in ``db``."""
    return {name: sorted(map(tuple, db.execute(f"SELECT * FROM {name}")), key=repr) for name in PROJECTIONS}
