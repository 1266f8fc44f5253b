"""Units found while somebody types, among a million: pages of rows, newest board first, by SQL and indexes alone.

What is asked for most often and what is rare are found in different ways: a rare property names its few units by an
index; a common one is met soon while walking the units from the newest. Each question first finds out which it is.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from station.domain.ids import AttemptId, BatchId, UnitId
from station.domain.line import CloudState, Outcome
from station.journal.questions import Questions
from station.journal.spans import Span, attempt_span, time_of

PAGE: Final = 200
"""Units a page; the last page may have fewer."""

SHORTEST_SERIAL: Final = 4
"""Characters of a certificate's serial that are looked for: fewer are the start of thousands."""

_BROAD: Final = 3000
"""Units that are found by index at most; a property that more have is common."""
_COUNTABLE: Final = 150_000
"""Entries of an index that are read through in passing: some 20 ms."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty fields allow all. ``outcomes``: None among them means in work.

    ``text`` starts an identifier: device ID, IMEI, UUID, board serial, or (from four characters on) a certificate's
    serial. ``batch``: had an attempt in it. ``span``: had an attempt that began then.
    """

    text: str = ""
    outcomes: frozenset[Outcome | None] = frozenset()
    clouds: frozenset[CloudState] = frozenset()
    product: str = ""
    batch: BatchId | None = None
    span: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit as one row of a table, by its last attempt. ``ended`` is None while that runs."""

    id: UnitId
    device_id: str
    imei: str
    uuid: str | None
    serial: str | None
    batch: BatchId
    product: str
    outcome: Outcome | None
    fault: str | None
    attempts: int
    rework: bool
    cloud: CloudState
    attempt: AttemptId
    slot: int
    began: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A work order as one row of a table. ``opened`` is None where its entry is not there."""

    id: BatchId
    product: str
    quantity: int
    closed: bool
    opened: datetime | None


@dataclass(frozen=True, slots=True)
class Extent:
    """How many units there are, and the first of every page: what a scroll bar of true length needs."""

    count: int
    firsts: tuple[UnitId, ...]


@dataclass(frozen=True, slots=True)
class _Condition:
    """``narrow`` ones are a query for a few units' IDs; others are a test of a row of ``unit``."""

    sql: str
    values: dict[str, object]
    narrow: bool


class UnitSearch(Questions):
    """Units and batches, found while somebody types. Cancelled as :class:`Questions` says."""

    def page(self, wanted: Wanted, first: UnitId | None = None) -> list[UnitLine]:
        """Return a page from the unit ``first`` on (that one too; None: the newest), newest board first."""
        where, values = self._where(wanted)
        if first is not None:
            where, values = f"{where} AND unit.id <= :first", {**values, "first": first}
        sql = (
            "SELECT unit.id, unit.device_id, unit.imei, unit.uuid, unit.serial, unit.batch, unit.outcome, unit.fault, "
            "unit.attempts, unit.rework, unit.cloud, unit.last_attempt FROM unit "
            f"WHERE {where} ORDER BY unit.id DESC LIMIT {PAGE}"
        )
        # The joins come behind the choice: only a page's rows are joined.
        rows = self._rows(
            "SELECT chosen.*, coalesce(batch.product, ''), coalesce(attempt.slot, 0), coalesce(attempt.opened_us, 0), "
            f"attempt.closed_us FROM ({sql}) AS chosen LEFT JOIN batch ON batch.id = chosen.batch "
            "LEFT JOIN attempt ON attempt.id = chosen.last_attempt ORDER BY chosen.id DESC",
            values,
        )
        return [_line(row) for row in rows]

    def extent(self, wanted: Wanted, newest: UnitId | None = None) -> Extent:
        """Return how many units there are, and where each page begins. Looks at every one: may take a second.

        Boards newer than ``newest`` are left out: it is the first row of the page that is shown already.
        """
        where, values = self._where(wanted)
        if newest is not None:
            where, values = f"{where} AND unit.id <= :newest", {**values, "newest": newest}
        rows = self._rows(
            "SELECT id, n FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM unit "
            f"WHERE {where}) WHERE n % {PAGE} = 1 ORDER BY n",
            values,
        )
        if not rows:
            return Extent(0, ())
        last = {**values, "first": rows[-1][0]}
        rest = self._rows(f"SELECT count(*) FROM unit WHERE {where} AND unit.id <= :first", last)
        return Extent(int(rows[-1][1]) - 1 + int(rest[0][0]), tuple(UnitId(row[0]) for row in rows))

    def products(self) -> list[str]:
        """Return the products of all batches, by name."""
        return [str(row[0]) for row in self._rows("SELECT DISTINCT product FROM batch ORDER BY product", {})]

    def batches(self) -> list[BatchLine]:
        """Return all work orders, newest first."""
        rows = self._rows(
            "SELECT batch.id, product, quantity, state = 'closed', event.at_us FROM batch "
            "LEFT JOIN event ON event.seq = batch.opened ORDER BY opened DESC",
            {},
        )
        return [
            BatchLine(row[0], row[1], row[2], bool(row[3]), None if row[4] is None else time_of(row[4])) for row in rows
        ]

    def newest(self) -> UnitId:
        """Return the newest unit there is, 0 for none: tells whether a list is behind."""
        return UnitId(int(self._rows("SELECT coalesce(max(id), 0) FROM unit", {})[0][0]))

    def _where(self, wanted: Wanted) -> tuple[str, dict[str, object]]:
        found = [
            *self._by_text(wanted.text.strip()),
            *self._by_outcome(wanted.outcomes),
            *self._by_cloud(wanted.clouds),
            *self._by_product(wanted.product),
            *self._by_batch(wanted.batch),
            *self._by_span(wanted.span),
        ]
        parts = [f"unit.id IN ({one.sql})" if one.narrow else f"({one.sql})" for one in found]
        values: dict[str, object] = {}
        for one in found:
            values |= one.values
        return " AND ".join(parts) or "1", values

    def _by_text(self, text: str) -> list[_Condition]:
        """As :meth:`station.journal.records.Records.find_units` reads what people and scanners write."""
        if not text:
            return []
        lowered, dense = text.lower(), "".join(text.split())
        serial = dense.lower().replace(":", "").removeprefix("0x").lstrip("0")
        starts = {"ta": text, "tl": lowered, "td": dense, "tc": serial}
        values: dict[str, object] = dict(starts)
        values |= {f"{name}z": start + "\U0010ffff" for name, start in starts.items()}
        columns = [("device_id", "ta"), ("imei", "td"), ("uuid", "tl"), ("serial", "ta")]
        columns += [("device_id", "tl")] if lowered != text else []
        ranges = [f"unit.{column} >= :{name} AND unit.{column} < :{name}z" for column, name in columns]
        queries = [f"SELECT id FROM unit WHERE {one}" for one in ranges]
        if len(serial) >= SHORTEST_SERIAL:
            queries.append(
                "SELECT unit.id FROM certificate JOIN unit USING (device_id) "
                "WHERE certificate.serial >= :tc AND certificate.serial < :tcz"
            )
        if sum(self._count(query, values) for query in queries) <= _BROAD:
            return [_Condition(" UNION ".join(queries), values, narrow=True)]
        # Many begin so: walking meets them soon. The plus signs keep SQLite from sorting an index's million instead.
        tests = [one.replace("unit.", "+unit.") for one in ranges]
        tests += [f"unit.id IN ({query})" for query in queries[len(ranges) :]]
        whole = " OR ".join(f"({one})" for one in tests)
        top = self._newest(queries, values)
        if top is not None:
            whole, values["ttop"] = f"unit.id <= :ttop AND ({whole})", top
        return [_Condition(whole, values, narrow=False)]

    def _newest(self, queries: list[str], values: dict[str, object]) -> int | None:
        """Return the newest unit of all: walking begins there, where all of them are old. None: too many to say."""
        newest = 0
        for query in queries:
            sql = f"SELECT count(*), coalesce(max(id), 0) FROM ({query} LIMIT {_COUNTABLE + 1})"
            count, last = self._rows(sql, values)[0]
            if count > _COUNTABLE:
                return None
            newest = max(newest, last)
        return newest

    def _by_outcome(self, outcomes: frozenset[Outcome | None]) -> list[_Condition]:
        if not outcomes:
            return []
        names: dict[str, object] = {f"o{n}": one.value for n, one in enumerate(o for o in outcomes if o is not None)}
        marks = ", ".join(f":{name}" for name in names)
        tests = ([f"unit.outcome IN ({marks})"] if names else []) + (
            ["unit.outcome IS NULL"] if None in outcomes else []
        )
        # With every batch named, the index over (batch, outcome) serves for an outcome of whatever batch.
        narrow = f"SELECT id FROM unit WHERE batch IN (SELECT id FROM batch) AND ({' OR '.join(tests)})"
        if Outcome.PASSED not in outcomes and self._count(narrow, names) <= _BROAD:
            return [_Condition(narrow, names, narrow=True)]
        return [_Condition(" OR ".join(tests).replace("unit.", "+unit."), names, narrow=False)]

    def _by_cloud(self, clouds: frozenset[CloudState]) -> list[_Condition]:
        if not clouds:
            return []
        names: dict[str, object] = {f"c{n}": one.value for n, one in enumerate(clouds)}
        marks = ", ".join(f":{name}" for name in names)
        # Repeats the condition of the index outbox_open, for SQLite to use it.
        narrow = f"SELECT unit FROM outbox WHERE state IN ({marks}) AND state <> 'onboarded'"
        common = {CloudState.ONBOARDED, CloudState.NONE}
        if clouds.isdisjoint(common) and self._count(narrow, names) <= _BROAD:
            return [_Condition(narrow, names, narrow=True)]
        return [_Condition(f"+unit.cloud IN ({marks})", names, narrow=False)]

    def _by_product(self, product: str) -> list[_Condition]:
        if not product:
            return []
        values: dict[str, object] = {"product": product}
        batches = "SELECT id FROM batch WHERE product = :product"
        narrow = f"SELECT id FROM unit WHERE batch IN ({batches})"
        if self._count(narrow, values) <= _BROAD:
            return [_Condition(narrow, values, narrow=True)]
        return [_Condition(f"+unit.batch IN ({batches})", values, narrow=False)]

    def _by_batch(self, batch: BatchId | None) -> list[_Condition]:
        if batch is None:
            return []
        return [_Condition("SELECT unit FROM attempt WHERE batch = :batch", {"batch": batch}, narrow=True)]

    def _by_span(self, span: Span) -> list[_Condition]:
        if span.since is None and span.until is None:
            return []
        found = attempt_span(self._db, span)
        values: dict[str, object] = {**found.values}
        # By place, and by no index: SQLite would take the one over units that have a value.
        narrow = f"SELECT unit FROM attempt NOT INDEXED WHERE {found.where} AND unit IS NOT NULL"
        if self._count(narrow, values) <= _BROAD:
            return [_Condition(narrow, values, narrow=True)]
        test = f"EXISTS (SELECT 1 FROM attempt WHERE attempt.unit = unit.id AND {found.where})"
        if found.top is not None:
            test, values["top"] = f"unit.id <= :top AND {test}", found.top
        return [_Condition(test, values, narrow=False)]

    def _count(self, query: str, values: dict[str, object]) -> int:
        """Return how many rows the query has, counting no further than what is broad."""
        return int(self._rows(f"SELECT count(*) FROM ({query} LIMIT {_BROAD + 1})", values)[0][0])


def _line(row: tuple[Any, ...]) -> UnitLine:
    return UnitLine(
        id=row[0],
        device_id=row[1],
        imei=row[2],
        uuid=row[3],
        serial=row[4],
        batch=row[5],
        outcome=None if row[6] is None else Outcome(row[6]),
        fault=row[7],
        attempts=row[8],
        rework=bool(row[9]),
        cloud=CloudState(row[10]),
        attempt=row[11],
        product=row[12],
        slot=row[13],
        began=time_of(row[14]),
        ended=None if row[15] is None else time_of(row[15]),
    )
