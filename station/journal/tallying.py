"""A batch, or the outbox, counted by SQL: many times a minute for a header, of however many units."""

from datetime import datetime
from typing import Any, Final

import apsw

from station.domain.ids import BatchId
from station.domain.line import CloudState, Outcome
from station.journal.rows import Tally
from station.journal.schema import RARE
from station.journal.spans import time_of

OVERWRITTEN: Final = (
    "SELECT event.unit, event.attempt FROM event JOIN attempt ON attempt.id = event.attempt "
    f"WHERE event.kind = 'unit-overwritten' AND event.{RARE} AND attempt.batch = ?1"
)
"""Finished units, and the attempts in a batch that changed them unknown: those count as the unit's own."""


def count_batch(db: apsw.Connection, batch: BatchId) -> Tally:
    """Return the batch, counted by the rules of :mod:`station.journal.reconciliation`. Looks only."""

    def counted(sql: str) -> dict[str, int]:
        rows: Any = db.execute(sql, (batch,))
        return {name: count for name, count in rows if count}

    # SQLite takes the other columns from the row that max() or min() chose.
    mine = "SELECT unit, id, outcome FROM attempt WHERE batch = ?1 AND unit IS NOT NULL"
    spoilt = f"SELECT unit, attempt, 'quarantined' FROM ({OVERWRITTEN}) WHERE unit IN (SELECT unit FROM ({mine}))"
    last = f"SELECT unit, max(id), outcome FROM ({mine} UNION ALL {spoilt}) GROUP BY unit"
    outcomes = counted(f"SELECT coalesce(outcome, 'in-progress'), count(*) FROM ({last}) GROUP BY 1")
    lost = counted(
        "SELECT outcome, count(*) FROM attempt WHERE batch=? AND unit IS NULL AND outcome IS NOT NULL GROUP BY 1"
    )
    units = "SELECT DISTINCT unit FROM attempt WHERE batch = ?1 AND unit IS NOT NULL"
    labels = f"SELECT serial FROM unit WHERE serial IS NOT NULL AND id IN ({units})"
    # As reconciliation.nameless_boards does, which says why.
    by_label = "SELECT serial, max(id), unit, outcome FROM attempt WHERE batch = ?1 AND serial IS NOT NULL GROUP BY 1"
    by_slot = "SELECT slot, max(id) AS id, unit, outcome, serial FROM attempt WHERE batch = ?1 GROUP BY slot"
    unlabelled = (
        f"SELECT outcome FROM ({by_slot}) WHERE unit IS NULL AND serial IS NULL "
        f"AND id NOT IN (SELECT attempt FROM ({spoilt}))"
    )
    mute = f"SELECT outcome FROM ({by_label}) WHERE unit IS NULL AND serial NOT IN ({labels}) UNION ALL {unlabelled}"
    nameless = counted(f"SELECT coalesce(outcome, 'in-progress'), count(*) FROM ({mute}) GROUP BY 1")
    silent = counted(f"SELECT outcome, count(*) FROM ({unlabelled}) WHERE outcome = 'failed'")
    cloud = counted(f"SELECT cloud, count(*) FROM unit WHERE id IN ({units}) GROUP BY 1")
    begun = (
        "SELECT unit, min(id), outcome FROM attempt WHERE batch = ? AND unit IS NOT NULL "
        "AND outcome IN ('passed', 'failed') GROUP BY unit"
    )
    first = counted(f"SELECT outcome, count(*) FROM ({begun}) GROUP BY 1")
    passed = first.get(Outcome.PASSED, 0)
    judged = passed + first.get(Outcome.FAILED, 0) + nameless.get(Outcome.FAILED, 0)
    return Tally(outcomes, lost, nameless, silent.get(Outcome.FAILED, 0), cloud, passed, judged)


def count_outbox(db: apsw.Connection) -> dict[CloudState, int]:
    """Return how many units are in each state; those that hold none are left out. Looks only."""
    # The index holds all but the onboarded, which may be a million: these are what is left of the whole.
    rows: Any = db.execute("SELECT state, count(*) FROM outbox WHERE state <> 'onboarded' GROUP BY state")
    counts = {CloudState(state): int(count) for state, count in rows}
    whole: Any = db.execute("SELECT count(*) FROM outbox").get
    onboarded = int(whole) - sum(counts.values())
    return counts | ({CloudState.ONBOARDED: onboarded} if onboarded else {})


def oldest_in(db: apsw.Connection, *states: CloudState) -> datetime | None:
    """Return since when the unit that is in one of these states longest is in it; None where none is. Looks only."""
    marks = ",".join("?" * len(states))
    since: Any = db.execute(
        f"SELECT min(since_us) FROM outbox WHERE state IN ({marks}) AND state <> 'onboarded'", states
    ).get
    return None if since is None else time_of(since)
