"""Leaves past the station's own readers, for tests that look into a journal's file or change it by SQL."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw

from station.journal.database import FILE_NAME, connect_traceless
from station.journal.packing import unpack_leaf


def _said(*stored: Any) -> str:
    return unpack_leaf(*stored).decode()


def teach(db: sqlite3.Connection | apsw.Connection) -> None:
    """Have SQL on this connection know ``said(leaf)``: the text of a leaf, however it is stored.

    What a test stores as plain text is stored as every station may store it.
    """
    if isinstance(db, sqlite3.Connection):
        db.create_function("said", 1, _said, deterministic=True)
    else:
        db.create_scalar_function("said", _said, 1, deterministic=True)


def legible(path: Path) -> bytes:
    """Return a file's bytes, and of a journal its leaves behind them: whoever searches would pass by packed ones."""
    data = path.read_bytes()
    if path.name != FILE_NAME or not data:
        return data
    with closing(connect_traceless(path)) as db:
        rows: Any = db.execute("SELECT leaf FROM event")
        return b"\n".join([data, *(unpack_leaf(stored) for (stored,) in rows)])
