"""Which attempts began within a span of time: no index knows it, but the journal's times rise with its places."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import apsw

from station.journal.codec import microseconds

_AT_WORK: Final = 2000
"""Attempts before a place among which all are that were at work there: a fixture has 32 slots at most."""

_SLACK: Final = timedelta(hours=1)
"""A PC's clock is set by so much between two attempts, at most, unless somebody declared its times wrong."""


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` until before ``until``; None: without a limit on that side."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttemptSpan:
    """A span as a condition on the table ``attempt``: exact by time, quick by place where it is asked by place.

    No unit behind ``top`` had an attempt in it; None: nobody knows.
    """

    where: str
    values: dict[str, int]
    top: int | None


def attempt_span(db: apsw.Connection, span: Span) -> AttemptSpan:
    """Return the condition for the attempts that began within ``span``. Looks only; some dozen row reads.

    Places narrow it with an hour's slack; the journaled times decide. Where the journal says that times in it are
    wrong (``corrected``), they don't rise with its places, and all attempts are looked at.
    """
    # One at a time: SQLite finds either at an end of the table, but both only by walking it.
    first, last = (int(db.execute(f"SELECT coalesce({end}(id), 0) FROM attempt").get or 0) for end in ("min", "max"))
    conditions, values, top = ["1"], dict[str, int](), None
    low, high = first, last
    rising = db.execute("SELECT count(*) FROM corrected").get == 0
    if span.since is not None:
        conditions.append("attempt.opened_us >= :since")
        values["since"] = microseconds(span.since)
        low = _first_from(db, microseconds(span.since - _SLACK), first, last) if rising else first
        conditions.append("attempt.id >= :low")
        values["low"] = low
    if span.until is not None:
        conditions.append("attempt.opened_us < :until")
        values["until"] = microseconds(span.until)
        high = _first_from(db, microseconds(span.until + _SLACK), first, last) if rising else last
        conditions.append("attempt.id <= :high")
        values["high"] = high
        top = _newest_unit(db, high)
    return AttemptSpan(" AND ".join(conditions), values, top)


def _newest_unit(db: apsw.Connection, high: int) -> int:
    """Return a place behind which there is no unit of an attempt up to ``high``: it may be identified after that."""
    sql = "SELECT max(unit) FROM (SELECT unit FROM attempt NOT INDEXED WHERE id <= ? ORDER BY id DESC LIMIT ?)"
    found: Any = db.execute(sql, (high, _AT_WORK)).get
    return max(high, found or 0)


def _first_from(db: apsw.Connection, at_us: int, first: int, last: int) -> int:
    """Return a place from which on all attempts began at ``at_us`` or later; behind the last where none did."""
    low, high = first, last + 1
    while low < high:
        middle = (low + high) // 2
        row: Any = db.execute("SELECT id, opened_us FROM attempt WHERE id >= ? ORDER BY id LIMIT 1", (middle,))
        found = row.fetchone()
        if found is None or found[1] >= at_us:
            high = middle
        else:
            low = int(found[0]) + 1
    return low


def time_of(at_us: int) -> datetime:
    """Return the time that the journal's tables write as whole microseconds since 1970 (UTC). Pure."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
