"""Which entries some units or a batch rest on, found by what the leaves say wherever that can be done quickly.

Columns and projections lead to them too, but are believed by nobody: :mod:`station.journal.chosen` compares them. For
units, their attempts are found by the tables, by each other's references, and among the boards that the tables call
nameless; then all leaves from an attempt's begin to its end are read. For a batch, every leaf of the journal is
looked at.
"""

import json
import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import apsw
from pydantic_core import from_json

from station.domain import events as e
from station.domain.faults import Fault
from station.domain.ids import AttemptId, BatchId, DeviceId, Imei, Sha256, UnitId, UploadId
from station.journal.codec import decode, microseconds
from station.journal.schema import RARE

# A leaf's names are in the order of RFC 8785, and text in it has its quotes escaped: these can't be in a text.
_KIND: Final = re.compile(rb'"kind":"([a-z-]+)","mono_us":')
_TAIL: Final = 160
_ATTEMPT: Final = re.compile(rb'"attempt":(\d+)')
_UPLOADS: Final = (
    e.UploadPrepared.kind,
    e.UploadSending.kind,
    e.UploadPutOff.kind,
    e.UploadAccepted.kind,
    e.UploadUnclear.kind,
    e.UploadSettled.kind,
)
_OF_UNITS: Final = (
    *(e.ReworkDeclared.kind, e.ReworkWithdrawn.kind, e.UnitOverwritten.kind),
    *(e.CredentialDeletionIntended.kind, e.CredentialDeleted.kind, e.UnclaimIntended.kind, e.Unclaimed.kind),
    *(e.CloudDeletionIntended.kind, e.CloudDeleted.kind),
    e.FinalChecked.kind,
)
_OF_ATTEMPTS: Final = (e.SlotLatched.kind, e.CertificateSuperseded.kind, e.KeyLost.kind, e.UuidLearnt.kind)
_SEEN: Final = (
    *_UPLOADS,
    *(e.UploadDecided.kind, e.Restored.kind),
    *(e.BatchArmed.kind, e.BatchClosed.kind, e.Context.kind),
    *_OF_UNITS,
    *_OF_ATTEMPTS,
)
"""Kinds that are rare and may concern a unit from anywhere."""

_STEPS: Final = (e.StepIntended.kind, e.StepFinished.kind)
"""Most entries are such."""
_ROWS: Final = "SELECT seq, at_us, kind, batch, attempt, unit, leaf FROM event WHERE seq > ? ORDER BY seq"
_AGREEING_STEP: Final = "a step whose row says what its leaf says"


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
    plain: bool = False
    """Whether nothing was done to its units but in attempts and uploads: a rework that is withdrawn looks at steps."""


def take_units(db: apsw.Connection, units: Iterable[UnitId]) -> Excerpt:
    """Return what units rest on; they are named by their IDs, the place where each was identified first."""
    found = Excerpt(units=set(units))
    listed = json.dumps(sorted(found.units))
    sql = (
        "SELECT id FROM attempt WHERE unit IN (SELECT value FROM json_each(:units)) UNION "
        "SELECT attempt FROM event WHERE unit IN (SELECT value FROM json_each(:units)) AND attempt IS NOT NULL"
    )
    rows: Any = db.execute(sql, {"units": listed})
    _follow(db, found, {AttemptId(one) for (one,) in rows})
    _follow(db, found, _hidden(db, found))
    _complete(db, found, {kind: list(_of_kind(db, kind)) for kind in _SEEN})
    return found


def take_batch(db: apsw.Connection, batch: BatchId) -> Excerpt:
    """Return what a batch and all of its units rest on, their attempts in other batches too. Reads every leaf."""
    found, here, imei_of = Excerpt(batches={batch}), set[AttemptId](), dict[AttemptId, Imei]()
    unit_of, attempts_of, rare = (
        dict[Imei, UnitId](),
        defaultdict[Imei, set[AttemptId]](set),
        defaultdict[str, list[int]](list),
    )
    for seq, leaf in _leaves(db, 0):
        kind = _kind(leaf)
        if kind in _SEEN:
            rare[kind].append(seq)
        elif kind == e.AttemptOpened.kind and _body(leaf)["batch"] == batch:
            here.add(AttemptId(seq))
        elif kind == e.UnitIdentified.kind:
            body = _body(leaf)
            imei_of[body["attempt"]] = body["imei"]
            attempts_of[body["imei"]].add(body["attempt"])
            unit_of.setdefault(body["imei"], UnitId(seq))
    imeis = {imei_of[one] for one in here if one in imei_of}
    found.units = {unit_of[imei] for imei in imeis}
    _follow(db, found, here.union(*(attempts_of[imei] for imei in imeis)))
    _complete(db, found, rare)
    return found


def leaf_at(db: apsw.Connection, seq: int) -> bytes:
    """Return the leaf at that place, b"" where there is none."""
    leaf: Any = db.execute("SELECT leaf FROM event WHERE seq = ?", (seq,)).get
    return b"" if leaf is None else bytes(leaf)


def _follow(db: apsw.Connection, found: Excerpt, attempts: Collection[AttemptId]) -> None:
    """Add attempts with all that lies in them, and those whose work they went on with."""
    left = set(attempts) - found.attempts
    while left:
        found.attempts |= left
        adopted = set[AttemptId]()
        for seq, kind, body in _sweep(db, left, found.devices):
            found.places.add(seq)
            if kind == _AGREEING_STEP:
                found.agreeing.add(seq)
            elif kind == e.UnitIdentified.kind and body["adopts"] is not None:
                adopted.add(AttemptId(body["adopts"]))
            elif kind == e.AttemptOpened.kind:
                found.batches.add(body["batch"])
                found.contexts |= {body[name] for name in ("recipe", "context") if body.get(name)}
        left = adopted - found.attempts


def _sweep(
    db: apsw.Connection, attempts: Iterable[AttemptId], devices: set[DeviceId]
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield what the leaves between an attempt's begin and its end say of it, each leaf read once.

    Certificates carry no attempt: they are taken by device, of which ``devices`` learns, and by serial number.
    """
    waiting, running, serials = deque(sorted(attempts)), set[int](), set[str]()
    while waiting:
        first = waiting[0]
        rows: Any = db.execute(_ROWS, (first - 1,))
        for seq, *columns, leaf in rows:
            if columns[3] in running and not (waiting and seq == waiting[0]) and _is_step(seq, columns, leaf):
                yield seq, _AGREEING_STEP, {}
                continue
            kind = _kind(leaf)
            if waiting and seq == waiting[0]:
                waiting.popleft()
                if kind == e.AttemptOpened.kind:
                    running.add(seq)
                    yield seq, kind, _body(leaf)
            elif kind in (e.CertificateIntended.kind, e.CertificateIssued.kind):
                body = _body(leaf)
                if body.get("device_id") in devices or body["serial"] in serials:
                    serials.add(body["serial"])
                    yield seq, kind, body
            elif (said := _ATTEMPT.search(leaf)) is not None and int(said[1]) in running:
                body = _body(leaf)
                if kind == e.UnitIdentified.kind:
                    devices.add(body["device_id"])
                elif kind == e.AttemptClosed.kind:
                    running.discard(body["attempt"])
                yield seq, kind, body
            if not running:
                break
        if waiting and waiting[0] == first:  # there is no such entry
            waiting.popleft()


def _is_step(seq: int, columns: list[Any], leaf: bytes) -> bool:
    """Return whether it is a step's row that says what its leaf says, which can be read as every entry must be."""
    if columns[1] not in _STEPS:
        return False
    try:
        entry = decode(leaf)
    except Fault:
        return False  # whoever compares its row comes upon it
    event = entry.event
    return (
        isinstance(event, e.StepIntended | e.StepFinished)
        and entry.seq == seq
        and columns == [microseconds(entry.at), event.kind, None, event.attempt, None]
    )


def _hidden(db: apsw.Connection, found: Excerpt) -> set[AttemptId]:
    """Return attempts that the table calls nameless, in the same batches, whose board said that it is one of these."""
    imeis = {_body(leaf).get("imei") for unit in found.units if (leaf := leaf_at(db, unit))}
    sql = "SELECT id FROM attempt WHERE batch IN (SELECT value FROM json_each(?)) AND unit IS NULL"
    rows: Any = db.execute(sql, (json.dumps(sorted(found.batches)),))
    nameless = {AttemptId(one) for (one,) in rows}
    told = _sweep(db, nameless, set())
    return {body["attempt"] for _, kind, body in told if kind == e.UnitIdentified.kind and body["imei"] in imeis}


def _complete(db: apsw.Connection, found: Excerpt, rare: dict[str, list[int]]) -> None:
    """Add what the columns say belongs to it, and of the ``rare`` kinds (by place) what the leaves say."""
    sql = (
        "SELECT seq FROM event WHERE unit IN (SELECT value FROM json_each(?)) UNION "
        "SELECT seq FROM event WHERE attempt IN (SELECT value FROM json_each(?))"
    )
    rows: Any = db.execute(sql, (json.dumps(sorted(found.units)), json.dumps(sorted(found.attempts))))
    found.places |= {seq for (seq,) in rows}
    done = {seq for seq, body in _bodies(db, rare, _OF_UNITS) if body["unit"] in found.units}
    found.places |= done
    found.plain = not done
    found.places |= {seq for seq, body in _bodies(db, rare, _OF_ATTEMPTS) if body["attempt"] in found.attempts}
    for seq, body in _bodies(db, rare, (e.BatchArmed.kind, e.BatchClosed.kind)):
        if body["batch"] in found.batches:
            found.places.add(seq)
            found.contexts |= {body[name] for name in ("recipe", "fixture") if name in body}
    _add_uploads(db, found, rare)
    found.places |= set(rare.get(e.Restored.kind, ()))  # it puts every upload that had not been sent in doubt
    # The first one with its name is the one that is kept.
    named = {body["sha256"]: seq for seq, body in reversed(list(_bodies(db, rare, (e.Context.kind,))))}
    found.places |= {named[name] for name in found.contexts if name in named}


def _add_uploads(db: apsw.Connection, found: Excerpt, rare: dict[str, list[int]]) -> None:
    passengers = set(found.units)
    for seq, body in _bodies(db, rare, (e.UploadPrepared.kind,)):
        if not found.units.isdisjoint(body["units"]):
            found.uploads.add(UploadId(seq))
            passengers.update(body["units"])
    found.places |= found.uploads
    if found.uploads:
        for seq, body in _bodies(db, rare, _UPLOADS[1:]):
            if body["upload"] in found.uploads:
                found.places.add(seq)
    # An upload has ended when all in it have an answer, or somebody's decision.
    decided = _bodies(db, rare, (e.UploadDecided.kind,))
    found.places |= {seq for seq, body in decided if body["unit"] in passengers}


def _bodies(
    db: apsw.Connection, rare: dict[str, list[int]], kinds: Iterable[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    for kind in kinds:
        for seq in rare.get(kind, ()):
            yield seq, _body(leaf_at(db, seq))


def _of_kind(db: apsw.Connection, kind: str) -> Iterator[int]:
    rows: Any = db.execute(
        f"SELECT seq FROM event INDEXED BY event_rare WHERE kind = ? AND {RARE} ORDER BY seq", (kind,)
    )
    for (seq,) in rows:
        if _kind(leaf_at(db, seq)) == kind:  # where it doesn't, its row is compared by whoever comes upon it
            yield seq


def _leaves(db: apsw.Connection, after: int) -> Iterator[tuple[int, bytes]]:
    rows: Any = db.execute("SELECT seq, leaf FROM event WHERE seq > ? ORDER BY seq", (after,))
    yield from rows


def _body(leaf: bytes) -> dict[str, Any]:
    body: dict[str, Any] = from_json(leaf)["body"]
    return body


def _kind(leaf: bytes) -> str:
    found = _KIND.search(leaf, len(leaf) - _TAIL)
    return found[1].decode("ascii") if found else ""
