"""What a person decides about units and times; each decision is an event with its reason."""

from station.domain.events import ClockCorrected, ReworkDeclared, UploadDecided
from station.domain.ids import DeviceId, EventSeq
from station.domain.line import CloudState
from station.journal.journal import Journal
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.faults import NO_REASON, NO_SUCH_ENTRIES, NOTHING_TO_DECIDE, SEVERAL_UNITS, UNKNOWN_UNIT


def _require_reason(reason: str) -> str:
    if not reason.strip():
        raise NO_REASON.fault()
    return reason.strip()


_OPEN_TO_DECISION = (CloudState.REFUSED, CloudState.UNKNOWN, CloudState.HELD)


def find_unit(records: Records, text: str) -> UnitRow:
    """Return the one unit with this identifier, whole or its unambiguous start. Raises LINE-162 or LINE-163."""
    found = records.find_units(text, limit=20)
    exact = [unit for unit in found if text in (unit.device_id, unit.imei, unit.uuid, unit.serial)]
    if len(exact) == 1:
        return exact[0]
    if not found:
        raise UNKNOWN_UNIT.fault(text=text)
    if len(found) > 1:
        raise SEVERAL_UNITS.fault(text=text, which=", ".join(unit.device_id for unit in found[:5]))
    return found[0]


def declare_rework(journal: Journal, records: Records, text: str, operator: str, reason: str) -> DeviceId:
    """Allow one more attempt at the unit. Raises JRN-203 or JRN-206 while something is under way with it."""
    unit = find_unit(records, text)
    journal.commit(ReworkDeclared(unit=unit.id, operator=operator, reason=_require_reason(reason)))
    return unit.device_id


def decide_upload(
    journal: Journal, records: Records, text: str, state: CloudState, operator: str, reason: str
) -> DeviceId:
    """Give a refused, unknown or held unit the state a person decided on. Raises LINE-161 for any other."""
    unit = find_unit(records, text)
    if unit.cloud not in _OPEN_TO_DECISION and not (unit.cloud is CloudState.WAITING and state is CloudState.HELD):
        raise NOTHING_TO_DECIDE.fault(device_id=unit.device_id, state=unit.cloud)
    journal.commit(UploadDecided(unit=unit.id, state=state, operator=operator, reason=_require_reason(reason)))
    return unit.device_id


def correct_clock(
    journal: Journal, records: Records, first: EventSeq, last: EventSeq, operator: str, reason: str
) -> None:
    """Declare the times of the entries ``first`` to ``last`` wrong. Raises LINE-164 where there are no such entries."""
    if first > last or records.last_seq() < last:
        raise NO_SUCH_ENTRIES.fault(first=first, last=last, newest=records.last_seq())
    journal.commit(ClockCorrected(first=first, last=last, operator=operator, reason=_require_reason(reason)))
