"""What a person decides about units, batches and times; each decision is an event with its reason."""

from collections.abc import Collection, Sequence

from station.domain.events import BatchClosed, ClockCorrected, ReworkDeclared, ReworkWithdrawn, UploadDecided
from station.domain.ids import BatchId, DeviceId, EventSeq, UnitId
from station.domain.line import CloudState
from station.journal.reconciliation import Reconciliation, reconcile
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.faults import (
    BATCH_AT_WORK,
    BATCH_IS_CLOSED,
    NO_SUCH_BATCH,
    NO_SUCH_ENTRIES,
    NOTHING_TO_DECIDE,
    SEVERAL_UNITS,
    UNKNOWN_UNIT,
)
from station.line.gate import Gate
from station.people.rights import Actor, Right

_OPEN_TO_DECISION = (CloudState.REFUSED, CloudState.UNKNOWN, CloudState.HELD)


def find_unit(records: Records, text: str) -> UnitRow:
    """Return the one unit with this identifier, whole or its unambiguous start. Raises LINE-162 or LINE-163."""
    text = text.strip()
    found = records.find_units(text, limit=20) if text else []  # nothing is the start of everything
    for typed in (text, text.lower()):
        exact = [unit for unit in found if typed in (unit.device_id, unit.imei, unit.uuid, unit.serial)]
        if len(exact) == 1:
            return exact[0]
    if not found:
        raise UNKNOWN_UNIT.fault(text=text)
    if len(found) > 1:
        raise SEVERAL_UNITS.fault(text=text, which=", ".join(unit.device_id for unit in found[:5]))
    return found[0]


def declare_rework(
    gate: Gate, records: Records, text: str, actor: Actor, reason: str, second: Actor | None
) -> DeviceId:
    """Allow one more attempt at the unit, which gives it another key and certificate.

    Raises PPL-111 to PPL-116 unless a second person agreed just now; JRN-203 or JRN-206 while something is under way.
    """
    gate.require(actor, Right.REWORK, reason, second)
    unit = find_unit(records, text)
    agreed = second.id if second is not None else ""
    gate.journal.commit(
        ReworkDeclared(unit=unit.id, operator=actor.id, reason=reason.strip(), second=agreed), by=actor.id
    )
    return unit.device_id


def withdraw_rework(
    gate: Gate, records: Records, text: str, actor: Actor, reason: str, second: Actor | None
) -> DeviceId:
    """Take a declared rework back, of which no attempt has begun: the unit is again what it was before.

    Raises PPL-111 to PPL-117 as :func:`declare_rework`; JRN-207 where none is declared, JRN-208 where it has begun.
    """
    gate.require(actor, Right.WITHDRAW, reason, second)
    unit = find_unit(records, text)
    agreed = second.id if second is not None else ""
    gate.journal.commit(
        ReworkWithdrawn(unit=unit.id, operator=actor.id, reason=reason.strip(), second=agreed), by=actor.id
    )
    return unit.device_id


def decide_uploads(
    gate: Gate,
    records: Records,
    texts: Sequence[str],
    state: CloudState,
    actor: Actor,
    reason: str,
    overdue: Collection[UnitId] = (),
) -> list[DeviceId]:
    """Give refused, unknown, held or overdue units the state a person decided on: all of them, or none.

    One that is only claimed may be seen onboarded, and no more: nothing of it is sent again.

    Raises LINE-161 where one is in any other state, LINE-162 or LINE-163 where one is not found; nothing is written
    then. One that is named twice is decided once.

    ``overdue`` are the units of overdue uploads (``overdue.overdue_units``). The cloud goes on being asked about such
    an upload; see :class:`station.domain.events.UploadSettled` for what its late answer does. Raises PPL-111, PPL-112,
    PPL-116.
    """
    gate.require(actor, Right.DECIDE, reason)
    units = list({unit.id: unit for unit in (find_unit(records, text) for text in texts)}.values())
    for unit in units:
        late = unit.cloud is CloudState.SENDING and unit.id in overdue
        waits = unit.cloud is CloudState.WAITING and state is CloudState.HELD
        seen = unit.cloud is CloudState.CLAIMED and state is CloudState.ONBOARDED
        if unit.cloud not in _OPEN_TO_DECISION and not late and not waits and not seen:
            raise NOTHING_TO_DECIDE.fault(device_id=unit.device_id, state=unit.cloud)
    why = reason.strip()
    decided = [UploadDecided(unit=unit.id, state=state, operator=actor.id, reason=why) for unit in units]
    if decided:
        gate.journal.commit(*decided, by=actor.id)
    return [unit.device_id for unit in units]


def close_batch(gate: Gate, records: Records, batch: BatchId, actor: Actor, reason: str) -> Reconciliation:
    """Close a batch that is not complete, for good, and return what became of its places.

    Not while it runs: whoever runs it has to bring that to its end first. Raises PPL-111, PPL-112 and PPL-116;
    LINE-167 to LINE-169 for one that is unknown, closed already, or at whose boards a slot is at work.
    """
    gate.require(actor, Right.CLOSE_BATCH, reason)
    row = records.batch(batch)
    if row is None:
        raise NO_SUCH_BATCH.fault(batch=batch, known=", ".join(records.batch_names()[-5:]) or "none")
    if row.closed:
        raise BATCH_IS_CLOSED.fault(batch=batch)
    slots = sorted({one.slot for one in records.open_attempts() if one.batch == batch})
    if slots:
        raise BATCH_AT_WORK.fault(batch=batch, slots=", ".join(map(str, slots)))
    counted = reconcile(records, batch)
    closed = BatchClosed(batch=batch, operator=actor.id, reason=reason.strip(), tally=counted.counts())
    gate.journal.commit(closed, by=actor.id)
    return counted


def correct_clock(gate: Gate, records: Records, first: EventSeq, last: EventSeq, actor: Actor, reason: str) -> None:
    """Declare the times of the entries ``first`` to ``last`` wrong. Raises LINE-164 where there are no such entries.

    Raises PPL-111, PPL-112, PPL-116.
    """
    gate.require(actor, Right.CORRECT_CLOCK, reason)
    if first > last or records.last_seq() < last:
        raise NO_SUCH_ENTRIES.fault(first=first, last=last, newest=records.last_seq())
    corrected = ClockCorrected(first=first, last=last, operator=actor.id, reason=reason.strip())
    gate.journal.commit(corrected, by=actor.id)
