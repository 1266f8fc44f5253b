"""What a leaf says of itself, without its being decoded: for those who look through many for a few."""

import re
from typing import Any, Final

import apsw
from pydantic_core import from_json

# A leaf's names are in the order of RFC 8785, and text in it has its quotes escaped: this can't be in a text.
_KIND: Final = re.compile(rb'"kind":"([a-z-]+)","mono_us":')
_TAIL: Final = 160


def leaf_at(db: apsw.Connection, seq: int) -> bytes:
    """Return the leaf at that place, b"" where there is none."""
    leaf: Any = db.execute("SELECT leaf FROM event WHERE seq = ?", (seq,)).get
    return b"" if leaf is None else bytes(leaf)


def body_of(leaf: bytes) -> dict[str, Any]:
    """Return the event's body as JSON has it. Raises KeyError, TypeError or ValueError for what holds none. Pure."""
    body: dict[str, Any] = from_json(leaf)["body"]
    return body


def kind_of(leaf: bytes) -> str:
    """Return the event's kind, "" where the leaf does not say one. Pure."""
    found = _KIND.search(leaf, len(leaf) - _TAIL)
    return found[1].decode("ascii") if found else ""
