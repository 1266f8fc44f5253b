"""What a person decides about units and times; each decision is an event with its reason."""

from collections.abc import Collection

from station.domain.events import ClockCorrected, ReworkDeclared, UploadDecided
from station.domain.ids import DeviceId, EventSeq, UnitId
from station.domain.line import CloudState
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.faults import NO_SUCH_ENTRIES, NOTHING_TO_DECIDE, SEVERAL_UNITS, UNKNOWN_UNIT
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
    gate.journal.commit(ReworkDeclared(unit=unit.id, operator=actor.id, reason=reason.strip(), second=agreed))
    return unit.device_id


def decide_upload(
    gate: Gate,
    records: Records,
    text: str,
    state: CloudState,
    actor: Actor,
    reason: str,
    overdue: Collection[UnitId] = (),
) -> DeviceId:
    """Give a refused, unknown, held or overdue unit the state a person decided on. Raises LINE-161 for any other.

    ``overdue`` are the units of overdue uploads (``overdue.overdue_units``). The cloud goes on being asked about such
    an upload; see :class:`station.domain.events.UploadSettled` for what its late answer does. Raises PPL-111, PPL-112,
    PPL-116.
    """
    gate.require(actor, Right.DECIDE, reason)
    unit = find_unit(records, text)
    late = unit.cloud is CloudState.SENDING and unit.id in overdue
    waits = unit.cloud is CloudState.WAITING and state is CloudState.HELD
    if unit.cloud not in _OPEN_TO_DECISION and not late and not waits:
        raise NOTHING_TO_DECIDE.fault(device_id=unit.device_id, state=unit.cloud)
    gate.journal.commit(UploadDecided(unit=unit.id, state=state, operator=actor.id, reason=reason.strip()))
    return unit.device_id


def correct_clock(gate: Gate, records: Records, first: EventSeq, last: EventSeq, actor: Actor, reason: str) -> None:
    """Declare the times of the entries ``first`` to ``last`` wrong. Raises LINE-164 where there are no such entries.

    Raises PPL-111, PPL-112, PPL-116.
    """
    gate.require(actor, Right.CORRECT_CLOCK, reason)
    if first > last or records.last_seq() < last:
        raise NO_SUCH_ENTRIES.fault(first=first, last=last, newest=records.last_seq())
    gate.journal.commit(ClockCorrected(first=first, last=last, operator=actor.id, reason=reason.strip()))
