"""Whether the journal's tables say what its entries say: columns and projections are signed by nothing, leaves are.

Everything beside the leaves is made anew from them and held against the file, row by row. Screens, exports and the
outbox read those tables: who can write to the file, but has no key, could have them say something else.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import apsw

from station.domain.faults import Fault
from station.host.files import sha256_of
from station.journal.codec import Entry, decode, microseconds
from station.journal.database import database_fault, format_of, open_for_examination, take_step
from station.journal.leaf_words import leaf_of
from station.journal.replay import Replay
from station.journal.schema import MIGRATIONS

Row = tuple[Any, ...]
_COLUMNS: Final = ("time (at_us)", "kind", "batch", "attempt", "unit")
_LONGEST: Final = 80
_AT_ONCE: Final = 256
"""Rows that are compared at once."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One place where a table says something else than the entries: ``row`` names it, ``says`` is the difference."""

    table: str
    row: str
    says: str

    @property
    def sentence(self) -> str:
        """All of it in plain words."""
        return f"table {self.table}, {self.row}: {self.says}"


def find_disagreement(path: Path) -> Disagreement | None:
    """Return the first place where a data folder's journal (or a copy of its file) says what its entries don't.

    Compares tables, the entries' columns, the stored tree, every projection, every body with its name, triggers and
    indexes. Reads all of it: some minutes and 200 MiB for a million entries. Writes nothing beside it; the station may
    write meanwhile. Raises JRN-101, JRN-104, JRN-106.
    """
    with closing(open_for_examination(path)) as db, closing(Replay()) as anew:
        try:
            db.execute("BEGIN")
            return next(_differences(db, anew), None)
        except (apsw.CorruptError, apsw.SQLError, UnicodeDecodeError) as error:
            return Disagreement("?", "the file", f"it can't be read ({error})")
        except apsw.Error as error:
            raise database_fault(error, path) from error


def _differences(db: apsw.Connection, anew: Replay) -> Iterator[Disagreement]:
    with closing(apsw.Connection(":memory:")) as plan:
        for step in MIGRATIONS[: format_of(db)]:
            take_step(plan, step)
        tables = [name for kind, name in _objects(plan) if kind == "table"]
        yield from _compare_objects(db, plan, ("table", "view"))
        yield from _compare_entries(db, anew)
        for table in tables:
            if table != "event":
                columns, keys = columns_of(plan, table)
                shown = [name for name in columns if (table, name) != ("body", "data")]
                yield from compare_rows(db, anew.db, table, shown, keys)
        yield from _compare_bodies(db)
        yield from _compare_objects(db, plan, ("trigger", "index"))
    # An index that leaves a row out hides it from whoever asks by it.
    for (said,) in db.execute("PRAGMA integrity_check(1)"):
        if said != "ok":
            yield Disagreement("?", "the file", f"its indexes are not those of its tables ({said})")


def _objects(db: apsw.Connection) -> dict[tuple[str, str], str]:
    rows: Any = db.execute("SELECT type, name, sql FROM sqlite_schema")
    own = ("sqlite_autoindex_", "sqlite_stat")  # SQLite's: of primary keys, and of ANALYZE
    return {(kind, name): sql for kind, name, sql in rows if kind == "trigger" or not name.startswith(own)}


def _compare_objects(db: apsw.Connection, plan: apsw.Connection, kinds: Sequence[str]) -> Iterator[Disagreement]:
    found, wanted = _objects(db), _objects(plan)
    for kind, name in sorted(found.keys() | wanted.keys()):
        if kind not in kinds or found.get((kind, name)) == wanted.get((kind, name)):
            continue
        if (kind, name) not in found:
            yield Disagreement(name, f"the {kind} {name}", "it is not there: somebody has taken it out of the file")
        elif (kind, name) not in wanted:
            yield Disagreement(name, f"the {kind} {name}", "no station makes it: somebody has put it into the file")
        else:
            yield Disagreement(name, f"the {kind} {name}", "it is not as a station makes it")


def _compare_entries(db: apsw.Connection, anew: Replay) -> Iterator[Disagreement]:
    rows: Any = db.execute("SELECT seq, at_us, kind, batch, attempt, unit, leaf FROM event ORDER BY seq")
    for number, (seq, *columns, stored) in enumerate(rows, start=1):
        if seq != number:
            yield Disagreement("event", f"entry {number}", "it is not there")
            return
        try:
            leaf = leaf_of(seq, stored)
        except Fault as fault:
            yield unreadable(seq, fault)
            return
        found = take_entry(anew, seq, columns, leaf)
        if found is not None:
            yield found
            return
        anew.grow(leaf)


def take_entry(anew: Replay, seq: int, columns: Sequence[Any], leaf: bytes) -> Disagreement | None:
    """Tell ``anew`` the entry that a leaf holds; return where its row is not as the leaf says.

    ``columns`` are time, kind, batch, attempt and unit as the row has them.
    """
    try:
        return take_read(anew, seq, columns, decode(leaf))
    except Fault as fault:
        return unreadable(seq, fault)


def unreadable(seq: int, fault: Fault) -> Disagreement:
    """Return that an entry can't be read, and why. Pure."""
    return Disagreement("event", f"entry {seq}", f"it can't be read ({fault.detail[:200]})")


def take_read(anew: Replay, seq: int, columns: Sequence[Any], entry: Entry) -> Disagreement | None:
    """As :func:`take_entry`, of an entry that is read already."""
    if entry.seq != seq:
        return Disagreement("event", f"entry {seq}", f"it holds entry {entry.seq}")
    try:
        keys = anew.take(entry)
    except Fault as fault:
        return _unfollowing(entry, fault.sentence)
    except (apsw.ConstraintError, ValueError) as error:
        return _unfollowing(entry, str(error))
    follows = (microseconds(entry.at), entry.event.kind, *keys)
    if (*columns,) == follows:
        return None
    row = f"entry {seq} ({entry.event.kind})"
    for name, one, other in zip(_COLUMNS, columns, follows, strict=True):
        if one != other:
            return Disagreement("event", row, f"its {name} there is {_shown(one)}, by its leaf {_shown(other)}")
    return None


def _unfollowing(entry: Entry, why: str) -> Disagreement:
    row = f"entry {entry.seq} ({entry.event.kind})"
    return Disagreement("event", row, f"it can't follow from the entries before it ({why})")


def _compare_bodies(db: apsw.Connection) -> Iterator[Disagreement]:
    rows: Any = db.execute("SELECT sha256, data FROM body ORDER BY sha256")
    for name, data in rows:
        if sha256_of(data) != name:
            yield Disagreement("body", f"body {_shown(name)}", "its content is not what it is named for (SHA-256)")


def columns_of(db: apsw.Connection, table: str) -> tuple[list[str], int]:
    """Return a table's columns, those that tell its rows apart first, and how many these are."""
    rows: Any = db.execute(f"SELECT name, pk FROM pragma_table_info('{table}')")
    told = list(rows)
    keys = [name for name, place in sorted(told, key=lambda row: row[1]) if place]
    rest = [name for name, place in told if not place]
    return [*keys, *rest], len(keys) or len(rest)


def compare_rows(
    found: apsw.Connection,
    follows: apsw.Connection,
    table: str,
    columns: Sequence[str],
    keys: int,
    where: str = "TRUE",
    values: Sequence[Any] = (),
) -> Iterator[Disagreement]:
    """Yield where the rows of a table differ; ``keys`` columns, the first, tell rows apart and give the order."""
    order = ", ".join(columns[:keys])
    sql = f"SELECT {', '.join(columns)} FROM {table} WHERE {where} ORDER BY {order}"
    one: Any = found.execute(sql, tuple(values))
    other: Any = follows.execute(sql, tuple(values))
    for left, right in _paired(iter(one), iter(other), keys):
        row = left or right
        named = _named(table, dict(zip(columns, row or (), strict=True)), columns[:keys])
        if left is None:
            yield Disagreement(table, named, "it is not there, though the entries make it")
        elif right is None:
            yield Disagreement(table, named, "it is there, though no entry makes it")
        else:
            at = next(at for at in range(len(columns)) if left[at] != right[at])
            said = f"its {columns[at]} there is {_shown(left[at])}, by the entries {_shown(right[at])}"
            yield Disagreement(table, named, said)


def _paired(found: Iterator[Row], follows: Iterator[Row], keys: int) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield the rows that differ, side by side; None where there is none on that side."""
    left, right = list(islice(found, _AT_ONCE)), list(islice(follows, _AT_ONCE))
    while left and left == right:  # nearly always
        left, right = list(islice(found, _AT_ONCE)), list(islice(follows, _AT_ONCE))
    found, follows = chain(left, found), chain(right, follows)
    one, other = next(found, None), next(follows, None)
    while one is not None or other is not None:
        if one == other:
            one, other = next(found, None), next(follows, None)
        elif other is None or (one is not None and _rank(one[:keys]) < _rank(other[:keys])):
            yield one, None
            one = next(found, None)
        elif one is None or _rank(one[:keys]) > _rank(other[:keys]):
            yield None, other
            other = next(follows, None)
        else:
            yield one, other
            one, other = next(found, None), next(follows, None)


def _rank(values: Row) -> list[tuple[int, Any]]:
    """Return what sorts as SQLite does: nothing, numbers, text, bytes."""
    places = {int: 1, float: 1, str: 2, bytes: 3}
    return [(0, 0) if one is None else (places[type(one)], one) for one in values]


def _named(table: str, row: dict[str, Any], keys: Sequence[str]) -> str:
    match table:
        case "unit":
            return f"unit {row['id']} ({row['device_id']})"
        case "attempt" | "batch" | "upload":
            return f"{table} {row['id']}"
        case "certificate":
            return f"certificate {row['serial']} of {row['device_id']}"
        case _:
            return ", ".join(f"{name} {_shown(row[name])}" for name in keys)


def _shown(value: object) -> str:
    text = "nothing" if value is None else value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
