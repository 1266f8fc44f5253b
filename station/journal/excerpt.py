"""Which entries some units or a batch rest on, found by what the leaves say wherever that can be done quickly.

Columns and projections lead to them too, but are believed by nobody: :mod:`station.journal.chosen` compares them. For
units, their attempts are found by the tables, by each other's references, and among the boards that the tables call
nameless; then all leaves from an attempt's begin to its end are read. For a batch, every leaf of the journal is
looked at.
"""

import json
import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import apsw
from pydantic_core import from_json

from station.domain import events as e
from station.domain.faults import Fault
from station.domain.ids import AttemptId, BatchId, DeviceId, Imei, Sha256, UnitId, UploadId
from station.journal.codec import fields_of, microseconds
from station.journal.leaf_words import body_of, kind_of, leaf_at
from station.journal.mentions import Mentions, Of
from station.journal.packing import unpack_leaf
from station.journal.plain_steps import step_of

# Text in a leaf has its quotes escaped: this can't be in a text.
_ATTEMPT: Final = re.compile(rb'"attempt":(\d+)')
_STEPS: Final = (e.StepIntended.kind, e.StepFinished.kind)
"""Most entries are such."""
_ROWS: Final = "SELECT seq, at_us, kind, batch, attempt, unit, leaf FROM event WHERE seq > ? ORDER BY seq"
_CERTIFICATES: Final = (e.CertificateIntended.kind, e.CertificateIssued.kind)
_KEPT: Final = 8192
"""Rows that are kept from the first reading: those of a body's units; of more, memory would grow with them."""


@dataclass(slots=True)
class Excerpt:
    """What was chosen, by the leaves: units, attempts, devices, batches, uploads, contexts, and all their entries."""

    units: set[UnitId] = field(default_factory=set)
    attempts: set[AttemptId] = field(default_factory=set)
    devices: set[DeviceId] = field(default_factory=set)
    batches: set[BatchId] = field(default_factory=set)
    uploads: set[UploadId] = field(default_factory=set)
    contexts: set[Sha256] = field(default_factory=set)
    places: set[int] = field(default_factory=set)
    agreeing: set[int] = field(default_factory=set)
    """Of the places, the steps' between their attempt's begin and its end whose rows say what their leaves say."""
    read: dict[int, tuple[Sequence[Any], Any]] = field(default_factory=dict)
    """Of the places, some whose rows were read already: their columns, and what their leaves hold as JSON."""
    plain: bool = False
    """Whether nothing was done to its units but in attempts and uploads: a rework that is withdrawn looks at others."""


def take_units(db: apsw.Connection, units: Iterable[UnitId], mentions: Mentions | None = None) -> Excerpt:
    """Return what units rest on; they are named by their IDs, the place where each was identified first.

    Whoever asks often keeps ``mentions``, which grow here: what is rare is read once then.
    """
    found = Excerpt(units=set(units))
    listed = json.dumps(sorted(found.units))
    sql = (
        "SELECT id FROM attempt WHERE unit IN (SELECT value FROM json_each(:units)) UNION "
        "SELECT attempt FROM event WHERE unit IN (SELECT value FROM json_each(:units)) AND attempt IS NOT NULL"
    )
    rows: Any = db.execute(sql, {"units": listed})
    _follow(db, found, {AttemptId(one) for (one,) in rows})
    _follow(db, found, _hidden(db, found))
    mentions = mentions or Mentions()
    mentions.grow(db)
    _complete(db, found, mentions)
    return found


def take_batch(db: apsw.Connection, batch: BatchId) -> Excerpt:
    """Return what a batch and all of its units rest on, their attempts in other batches too. Reads every leaf."""
    found, here, imei_of = Excerpt(batches={batch}), set[AttemptId](), dict[AttemptId, Imei]()
    unit_of, attempts_of, mentions = dict[Imei, UnitId](), defaultdict[Imei, set[AttemptId]](set), Mentions()
    for seq, leaf in _leaves(db, 0):
        kind = kind_of(leaf)
        if mentions.take(seq, kind, leaf):
            continue
        if kind == e.AttemptOpened.kind and body_of(leaf)["batch"] == batch:
            here.add(AttemptId(seq))
        elif kind == e.UnitIdentified.kind:
            body = body_of(leaf)
            imei_of[body["attempt"]] = body["imei"]
            attempts_of[body["imei"]].add(body["attempt"])
            unit_of.setdefault(body["imei"], UnitId(seq))
    imeis = {imei_of[one] for one in here if one in imei_of}
    found.units = {unit_of[imei] for imei in imeis}
    _follow(db, found, here.union(*(attempts_of[imei] for imei in imeis)))
    _complete(db, found, mentions)
    return found


def _follow(db: apsw.Connection, found: Excerpt, attempts: Collection[AttemptId]) -> None:
    """Add attempts with all that lies in them, and those whose work they went on with."""
    left = set(attempts) - found.attempts
    while left:
        found.attempts |= left
        adopted = set[AttemptId]()
        for seq, kind, body in _sweep(db, left, found.devices, found.read, found.agreeing):
            found.places.add(seq)
            if kind == e.UnitIdentified.kind and body["adopts"] is not None:
                adopted.add(AttemptId(body["adopts"]))
            elif kind == e.AttemptOpened.kind:
                found.batches.add(body["batch"])
                found.contexts |= {body[name] for name in ("recipe", "context") if body.get(name)}
        left = adopted - found.attempts
    found.places |= found.agreeing


def _sweep(
    db: apsw.Connection,
    attempts: Iterable[AttemptId],
    devices: set[DeviceId],
    read: dict[int, tuple[Sequence[Any], Any]],
    agreeing: set[int],
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield what the leaves between an attempt's begin and its end say of it, each leaf read once.

    ``agreeing`` gets the places of steps whose rows say what their leaves say, which are not yielded; ``read`` the
    first so many of the others' rows. Certificates carry no attempt: they are taken by device, of which ``devices``
    learns, and by serial number.
    """
    waiting, running, serials = deque(sorted(attempts)), set[int](), set[str]()
    while waiting:
        first = waiting[0]
        rows: Any = db.execute(_ROWS, (first - 1,))
        for *row, stored in rows:
            seq, at_us, said_kind, batch, attempt, unit = row
            leaf = unpack_leaf(stored)
            begins = bool(waiting) and seq == waiting[0]
            if attempt in running and batch is None and unit is None and not begins:
                step = step_of(said_kind, leaf)
                if (step == (seq, at_us, attempt)) if step is not None else _is_step(row, leaf):
                    agreeing.add(seq)
                    continue
            kind = kind_of(leaf)
            if begins:
                waiting.popleft()
                taken = kind == e.AttemptOpened.kind
            else:
                said = _ATTEMPT.search(leaf)
                taken = kind in _CERTIFICATES or (said is not None and int(said[1]) in running)
            value = from_json(leaf) if taken else None
            body = value["body"] if value is not None else {}
            if kind in _CERTIFICATES and not begins:
                taken = body.get("device_id") in devices or body["serial"] in serials
            if taken:
                match kind:
                    case e.AttemptOpened.kind if begins:
                        running.add(seq)
                    case e.CertificateIntended.kind | e.CertificateIssued.kind:
                        serials.add(body["serial"])
                    case e.UnitIdentified.kind:
                        devices.add(body["device_id"])
                    case e.AttemptClosed.kind:
                        running.discard(body["attempt"])
                    case _:
                        pass
                if len(read) < _KEPT:
                    read[seq] = row[1:], value
                yield seq, kind, body
            if not running:
                break
        if waiting and waiting[0] == first:  # there is no such entry
            waiting.popleft()


def _is_step(row: Sequence[Any], leaf: bytes) -> bool:
    """Return whether it is a step's row that says what its leaf says, which can be read as every entry must be."""
    seq, at_us, kind, _, attempt, _ = row
    if kind not in _STEPS:
        return False
    try:
        said, at, _, _, _, event = fields_of(from_json(leaf))
    except (ValueError, Fault):
        return False  # whoever compares its row comes upon it
    return isinstance(event, e.StepIntended | e.StepFinished) and (seq, at_us, kind, attempt) == (
        *(said, microseconds(at), event.kind, event.attempt),
    )


def _hidden(db: apsw.Connection, found: Excerpt) -> set[AttemptId]:
    """Return attempts that the table calls nameless, in the same batches, whose board said that it is one of these."""
    imeis = {_body_at(db, found, unit).get("imei") for unit in found.units}
    sql = "SELECT id FROM attempt WHERE batch IN (SELECT value FROM json_each(?)) AND unit IS NULL"
    rows: Any = db.execute(sql, (json.dumps(sorted(found.batches)),))
    nameless = {AttemptId(one) for (one,) in rows}
    told = _sweep(db, nameless, set(), {}, set())
    return {body["attempt"] for _, kind, body in told if kind == e.UnitIdentified.kind and body["imei"] in imeis}


def _body_at(db: apsw.Connection, found: Excerpt, seq: int) -> dict[str, Any]:
    """Return the body of the leaf at that place, {} where there is none."""
    if seq in found.read:
        body: dict[str, Any] = found.read[seq][1]["body"]
        return body
    leaf = leaf_at(db, seq)
    return body_of(leaf) if leaf else {}


def _complete(db: apsw.Connection, found: Excerpt, mentions: Mentions) -> None:
    """Add what the columns say belongs to it, and of the rare entries what the leaves say."""
    sql = (
        "SELECT seq FROM event WHERE unit IN (SELECT value FROM json_each(?)) UNION ALL "
        "SELECT seq FROM event WHERE attempt IN (SELECT value FROM json_each(?))"
    )
    rows: Any = db.execute(sql, (json.dumps(sorted(found.units)), json.dumps(sorted(found.attempts))))
    found.places |= {seq for (seq,) in rows}
    done = mentions.about(Of.UNIT, found.units)
    found.places |= done
    found.plain = not done
    found.places |= mentions.about(Of.ATTEMPT, found.attempts)
    for seq in mentions.about(Of.BATCH, found.batches):
        body = body_of(leaf_at(db, seq))
        found.places.add(seq)
        found.contexts |= {body[name] for name in ("recipe", "fixture") if name in body}
    _add_uploads(db, found, mentions)
    found.places |= mentions.everywhere()  # a restore puts every upload that had not been sent in doubt
    found.places |= mentions.first(Of.CONTEXT, found.contexts)  # the first one with its name is the one that is kept


def _add_uploads(db: apsw.Connection, found: Excerpt, mentions: Mentions) -> None:
    prepared = mentions.about(Of.PASSENGER, found.units)
    passengers = set(found.units).union(*(body_of(leaf_at(db, seq))["units"] for seq in prepared))
    found.uploads |= {UploadId(seq) for seq in prepared}
    found.places |= prepared
    found.places |= mentions.about(Of.UPLOAD, found.uploads)
    # An upload has ended when all in it have an answer, or somebody's decision.
    found.places |= mentions.about(Of.DECIDED, passengers)


def _leaves(db: apsw.Connection, after: int) -> Iterator[tuple[int, bytes]]:
    rows: Any = db.execute("SELECT seq, leaf FROM event WHERE seq > ? ORDER BY seq", (after,))
    yield from ((seq, unpack_leaf(stored)) for seq, stored in rows)
