"""What a leaf says of itself, without its being decoded: for those who look through many for a few.

What is stored (:mod:`station.journal.packing`) becomes the leaf first. Where it can't, ``leaf_of`` and ``body_at``
raise a fault for people, and all else ValueError, as for a leaf that holds no JSON.
"""

import re
from typing import Any, Final

import apsw
from pydantic_core import from_json

from station.journal.faults import DAMAGED
from station.journal.packing import unpack_leaf

# A leaf's names are in the order of RFC 8785, and text in it has its quotes escaped: this can't be in a text.
_KIND: Final = re.compile(rb'"kind":"([a-z-]+)","mono_us":')
_TAIL: Final = 160


def leaf_of(seq: int, stored: bytes) -> bytes:
    """Return the leaf that is stored so as entry ``seq``. Raises JRN-103. Pure."""
    try:
        return unpack_leaf(stored)
    except ValueError as error:
        raise DAMAGED.fault(f"event {seq}: {error}", path="journal", why="an entry can't be read") from error


def leaf_at(db: apsw.Connection, seq: int) -> bytes:
    """Return the leaf at that place, b"" where there is none. Raises ValueError where it can't be unpacked."""
    stored: Any = db.execute("SELECT leaf FROM event WHERE seq = ?", (seq,)).get
    return b"" if stored is None else unpack_leaf(stored)


def body_of(leaf: bytes) -> dict[str, Any]:
    """Return the event's body as JSON has it. Raises KeyError, TypeError or ValueError for what holds none. Pure."""
    body: dict[str, Any] = from_json(leaf)["body"]
    return body


def body_at(seq: int, stored: bytes) -> dict[str, Any]:
    """Return the body of the event that is stored so as entry ``seq``, as JSON has it. Raises JRN-103. Pure."""
    try:
        return body_of(unpack_leaf(stored))
    except (KeyError, TypeError, ValueError) as error:
        raise DAMAGED.fault(f"event {seq}: {error}", path="journal", why="an entry can't be read") from error


def kind_of(leaf: bytes) -> str:
    """Return the event's kind, "" where the leaf does not say one. Pure."""
    found = _KIND.search(leaf, len(leaf) - _TAIL)
    return found[1].decode("ascii") if found else ""
