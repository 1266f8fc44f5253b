"""Whether what the tables say of some units, or of a batch, follows from their own entries.

The quick part of :mod:`station.journal.agreement`, for what is about to leave the station: those entries alone make the
projections anew, and the rows that exports read are compared. Not seen here, and seen there: an attempt at a unit
that the tables give to another unit, or of which all traces in columns and tables were removed consistently.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import apsw

from station.domain.faults import Fault
from station.domain.ids import BatchId, UnitId
from station.journal.agreement import Disagreement, columns_of, compare_rows, take_read, unreadable
from station.journal.codec import decode, decode_parsed
from station.journal.database import FILE_NAME, database_fault, open_for_reading
from station.journal.excerpt import Excerpt, take_batch, take_units
from station.journal.mentions import Mentions
from station.journal.replay import Replay

_IN: Final = "IN (SELECT value FROM json_each(?))"
_ROWS: Final = (
    "SELECT value, at_us, kind, batch, attempt, unit, leaf FROM json_each(?) LEFT JOIN event ON seq = value "
    "ORDER BY json_each.id"
)


def find_disagreement_about(
    folder: Path,
    units: Iterable[UnitId] = (),
    batch: BatchId | None = None,
    *,
    mentions: Mentions | None = None,
) -> Disagreement | None:
    """Return the first place where a table says something else of these units, or of this batch, than their entries.

    With a ``batch``: of all its units too, and no attempt of it can be hidden; it reads every leaf (some seconds for
    a million). For units: milliseconds, where ``mentions`` of the same folder come with each call; else all rare
    entries are read too. Changes nothing; safe to repeat. Raises JRN-101, JRN-103.
    """
    with closing(open_for_reading(folder)) as db, closing(Replay(whole=False)) as anew:
        try:
            db.execute("BEGIN")  # all of it as it is at one moment: the line goes on writing
            found = take_units(db, units, mentions) if batch is None else take_batch(db, batch)
            return next(_differences(db, anew, found, batch), None)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            return Disagreement("event", "an entry", f"it can't be read ({type(error).__name__}: {error})")
        except apsw.Error as error:
            raise database_fault(error, folder / FILE_NAME) from error


def _differences(db: apsw.Connection, anew: Replay, found: Excerpt, batch: BatchId | None) -> Iterator[Disagreement]:
    # No table follows from a step, and only what is done to a unit outside of its attempts looks back at one.
    if found.plain:
        anew.leave_out_identities()
    told = sorted(found.places - found.agreeing if found.plain else found.places)
    rows: Any = db.execute(_ROWS, (json.dumps([seq for seq in told if seq not in found.read]),))
    for seq in told:
        try:
            if seq in found.read:
                row, value = found.read[seq]
                entry = decode_parsed(value)
            else:
                _, *row, leaf = next(rows)
                entry = decode(leaf or b"")
        except Fault as fault:
            yield unreadable(seq, fault)
            return
        anew.seat_others(entry)
        differs = take_read(anew, seq, row, entry)
        if differs is not None:
            yield differs
            return
    units, attempts, devices = (json.dumps(sorted(some)) for some in (found.units, found.attempts, found.devices))
    batches, uploads, contexts = (json.dumps(sorted(some)) for some in (found.batches, found.uploads, found.contexts))
    in_batch = (f" OR batch {_IN}", (json.dumps([batch]),)) if batch is not None else ("", ())
    for table, where, values in (
        ("attempt", f"unit {_IN} OR id {_IN}{in_batch[0]}", (units, attempts, *in_batch[1])),
        ("unit", f"id {_IN}", (units,)),
        ("certificate", f"device_id {_IN}", (devices,)),
        ("outbox", f"unit {_IN}", (units,)),
        ("withdrawn", f"unit {_IN}", (units,)),
        ("final_check", f"unit {_IN}", (units,)),
        ("upload_unit", f"unit {_IN}", (units,)),
        ("upload_event", f"upload {_IN}", (uploads,)),
        ("batch", f"id {_IN}", (batches,)),
        ("context", f"sha256 {_IN}", (contexts,)),
    ):
        yield from compare_rows(db, anew.db, table, *columns_of(anew.db, table), where, values)
