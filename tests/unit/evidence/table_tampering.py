"""Tampers of what nothing signs: columns, projections, stored tree, bodies, changed by who can write to the file.

The leaves stay as they are, and so does every signature. Triggers are taken out for the change and put back.
"""

# ruff: noqa: S608 -- SQL of an attacker's hand, put together from this file's own words

import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECTIONS = (
    "latest",
    "corrected",
    "context",
    "account",
    "batch",
    "unit",
    "attempt",
    "certificate",
    "outbox",
    "withdrawn",
    "upload",
    "slot",
    "checkpoint",
    "upload_unit",
    "upload_event",
)
EVENT_COLUMNS = ("at_us", "kind", "batch", "attempt", "unit")


@dataclass(frozen=True)
class Tampered:
    """What was done, and to which units it belonged before."""

    what: str
    units: frozenset[int]


def tamper_tables(file: Path, chance: random.Random) -> Tampered:
    """Change one thing beside the leaves; always something differs from before."""
    db = sqlite3.connect(file, isolation_level=None)
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    ways = (_event_column, _event_column, _cell, _cell, _cell, _row_gone, _row_more, _tree, _body)
    try:
        while (done := chance.choice(ways)(db, chance)) is None:
            pass
    finally:
        for _, sql in triggers:
            db.execute(sql)
        db.close()
    return done


def _event_column(db: sqlite3.Connection, chance: random.Random) -> Tampered | None:
    column = chance.choice(EVENT_COLUMNS)
    seq, before = chance.choice(db.execute(f"SELECT seq, {column} FROM event").fetchall())
    others = [
        value for (value,) in db.execute(f"SELECT DISTINCT {column} FROM event WHERE {column} IS NOT ?", (before,))
    ]
    if column == "at_us":
        others = [before + chance.choice((-1, 1, 3_600_000_000))]
    owners = _owners(db, "event", {"seq": seq})
    after = chance.choice(others)
    db.execute(f"UPDATE event SET {column} = ? WHERE seq = ?", (after, seq))
    return Tampered(f"event {seq}: {column} {before} to {after}", owners)


def _cell(db: sqlite3.Connection, chance: random.Random) -> Tampered | None:
    table = chance.choice([name for name in PROJECTIONS if db.execute(f"SELECT 1 FROM {name}").fetchone()])
    rows, columns = _rows(db, table)
    row, column = chance.choice(rows), chance.choice(columns)
    before = row[column]
    owners = _owners(db, table, row)
    if isinstance(before, str):
        options: list[Any] = [f"{before}x", "passed", "active", "onboarded", "2" * len(before), None]
    else:
        options = [None, (before or 0) + 1, 1]
    after = chance.choice([one for one in options if one != before])
    where = " AND ".join(f"{name} IS :{name}" for name in columns)
    try:
        db.execute(f"UPDATE {table} SET {column} = :after_ WHERE {where}", {**row, "after_": after})
    except sqlite3.IntegrityError:
        return None
    return Tampered(f"{table}: {column} {before} to {after} of {row}", owners)


def _row_gone(db: sqlite3.Connection, chance: random.Random) -> Tampered | None:
    table = chance.choice([*PROJECTIONS, "body", "tree"])
    rows, columns = _rows(db, table)
    if not rows:
        return None
    row = chance.choice(rows)
    owners = _owners(db, table, row)
    db.execute(f"DELETE FROM {table} WHERE {' AND '.join(f'{name} IS :{name}' for name in columns)}", row)
    return Tampered(f"{table}: {row} away", owners)


def _row_more(db: sqlite3.Connection, chance: random.Random) -> Tampered | None:
    table = chance.choice(["attempt", "certificate", "outbox", "upload_unit", "upload_event", "context", "body"])
    rows, columns = _rows(db, table)
    row = chance.choice(rows)
    more = dict(row)
    keys = db.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,)).fetchall()
    last = keys[-1][0]
    more[last] = more[last] + 1 if isinstance(more[last], int) else f"f{more[last][1:]}"
    marks = ", ".join(f":{name}" for name in columns)
    try:
        db.execute(f"INSERT INTO {table} VALUES({marks})", more)
    except sqlite3.IntegrityError:
        return None
    # It stands beside a unit's row, and only of those that are looked up by the unit it says more about it.
    whose = _owners(db, table, more) if table in ("attempt", "upload_unit") else frozenset()
    return Tampered(f"{table}: {more} too", whose)


def _tree(db: sqlite3.Connection, chance: random.Random) -> Tampered | None:
    db.execute("UPDATE tree SET hash = ?", (chance.randbytes(32),))
    return Tampered("tree: another hash", frozenset())


def _body(db: sqlite3.Connection, chance: random.Random) -> Tampered | None:
    db.execute("UPDATE body SET data = ?", (chance.randbytes(9),))
    return Tampered("body: other data", frozenset())


def _rows(db: sqlite3.Connection, table: str) -> tuple[list[dict[str, Any]], list[str]]:
    cursor = db.execute(f"SELECT * FROM {table}")
    columns = [one[0] for one in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor], columns


def _owners(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> frozenset[int]:
    """Return the units that a row says something of, by the tables as they are before the change."""
    match table:
        case "event":
            sql = (
                "SELECT unit FROM event WHERE seq = :seq UNION "
                "SELECT attempt.unit FROM attempt JOIN event ON event.attempt = attempt.id WHERE seq = :seq UNION "
                "SELECT unit FROM upload_unit JOIN upload_event USING (upload) WHERE seq = :seq UNION "
                "SELECT attempt.unit FROM attempt JOIN event USING (batch) WHERE seq = :seq AND kind LIKE 'batch-%'"
            )
        case "unit":
            sql = "SELECT :id"
        case "attempt" | "outbox" | "withdrawn" | "upload_unit":
            sql = "SELECT :unit"
        case "certificate":
            sql = "SELECT id FROM unit WHERE device_id = :device_id"
        case "upload_event":
            sql = "SELECT unit FROM upload_unit WHERE upload = :upload"
        case "batch":
            sql = "SELECT unit FROM attempt WHERE batch = :id"
        case _:
            return frozenset()
    return frozenset(unit for (unit,) in db.execute(sql, row) if unit is not None)
