"""Events as the bytes that the journal keeps: one RFC 8785 (JCS) object each, which is also a leaf of its tree."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, get_args

import rfc8785
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from station.domain.events import Event
from station.domain.faults import Fault
from station.domain.ids import EventSeq, Sha256
from station.host.files import sha256_of
from station.journal.faults import DAMAGED, INCONSISTENT
from station.journal.packing import unpack_leaf

LEAF_VERSION: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_KINDS: Final[dict[str, type[Event]]] = {kind.kind: kind for kind in get_args(Event)}
_PLAIN: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_ALIKE: Final = 2**53
"""From here on whole numbers are no longer alike everywhere (RFC 8785, 3.2.2.3)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with its place and time in the journal, and who was responsible when it was written.

    ``monotonic_us`` counts within ``session`` only.
    """

    seq: EventSeq
    at: datetime
    monotonic_us: int
    session: EventSeq
    by: str
    event: Event


def encode(entry: Entry) -> bytes:
    """Return the entry's leaf. Equal entries are equal bytes everywhere. Raises JRN-108 for what JSON can't hold."""
    event = entry.event
    body = _adapter(event.kind).dump_python(event)
    try:
        return canonical(
            {
                "v": LEAF_VERSION,
                "seq": entry.seq,
                "kind": event.kind,
                "at": iso(entry.at),
                "mono_us": entry.monotonic_us,
                "session": entry.session,
                "by": entry.by,
                "body": body,
            }
        )
    except rfc8785.CanonicalizationError as error:
        raise INCONSISTENT.fault(str(error), why=f"an event of kind {event.kind} holds no JSON") from error


def decode(leaf: bytes) -> Entry:
    """Return the entry whose leaf this is, also as it is stored; raises JRN-103 for what :func:`encode` never wrote."""
    try:
        value = from_json(unpack_leaf(leaf))
    except ValueError as error:
        raise _damaged(error) from error
    return decode_parsed(value)


def decode_parsed(value: Any) -> Entry:
    """Return the entry of a leaf that ``pydantic_core.from_json`` has parsed already; raises JRN-103 as above."""
    return Entry(*fields_of(value))


def fields_of(value: Any) -> tuple[EventSeq, datetime, int, EventSeq, str, Event]:
    """Return the fields of :class:`Entry` from a parsed leaf, for whoever makes none of it; raises JRN-103 as above."""
    try:
        if value["v"] != LEAF_VERSION:
            raise ValueError(f"leaf version {value['v']}")
        # By the validator itself: what lies around it is for those who ask for more.
        event = _validator(value["kind"]).validate_python(value["body"])
        at = datetime.fromisoformat(value["at"])
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        return EventSeq(value["seq"]), at, value["mono_us"], EventSeq(value["session"]), value["by"], event
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> Fault:
    return DAMAGED.fault(str(error)[:500], path="journal", why="an entry can't be read")


def context_hash(value: dict[str, object]) -> Sha256:
    """Return the name of a context: the SHA-256 of its RFC 8785 form."""
    return sha256_of(canonical(value))


def canonical(value: dict[str, Any]) -> bytes:
    """Return the RFC 8785 form of a value. Raises ``rfc8785.CanonicalizationError`` for what JSON can't hold.

    The reference library writes all that is in any way odd; what is surely the same in Python's own encoder, at a third
    of the time, comes from there.
    """
    try:
        if _is_plain(value):
            return _PLAIN.encode(value).encode("utf-8")
    except RecursionError:
        pass  # the reference library gets deeper
    return rfc8785.dumps(value)


def _is_plain(value: Any) -> bool:
    """Return whether nothing in it has a form of its own in RFC 8785: fractions, large numbers, keys beyond ASCII."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if type(key) is not str or not key.isascii():
                return False
            # What most values are is not asked for in a call of its own: every commit waits for this.
            kind = type(inner)
            quick = inner.isascii() if kind is str else kind is int and -_ALIKE < inner < _ALIKE
            if not quick and not _is_plain(inner):
                return False
        return True
    if isinstance(value, str):
        return value.isascii() or not _SURROGATE.search(value)
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or (isinstance(value, int) and -_ALIKE < value < _ALIKE)


def iso(moment: datetime) -> str:
    """Return a UTC time as the journal writes it: microseconds, always."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def microseconds(moment: datetime) -> int:
    """Return a time as whole microseconds since 1970 (UTC)."""
    return (moment - _EPOCH) // _MICROSECOND


@cache
def _validator(kind: str) -> Any:
    return _adapter(kind).validator


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(_KINDS[kind])


def as_json(entry: Entry) -> dict[str, Any]:
    """Return the event's body as JSON values, as its leaf holds it."""
    body: dict[str, Any] = _adapter(entry.event.kind).dump_python(entry.event, mode="json")
    return body
