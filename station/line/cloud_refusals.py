"""What a person is told whose wish at the cloud was not granted, and what is refused before the cloud is asked."""

from station.cloud.protocol import CredentialRefused, Invalid, Trouble
from station.domain.events import UploadPrepared
from station.domain.faults import Fault
from station.domain.ids import EventSeq
from station.domain.line import CloudState
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.faults import CLAIM_UNDER_WAY, CLAIMED_ELSEWHERE, CLOUD_TOLD_NOTHING, KEY_REFUSED


def fault_of(answer: Trouble | Invalid) -> Fault:
    """Return what a person is told where the cloud did not do or say what it was asked for. Pure."""
    spec = KEY_REFUSED if isinstance(answer, CredentialRefused) else CLOUD_TOLD_NOTHING
    return spec.fault(why=answer.reason.rstrip("."))


def require_at_rest(unit: UnitRow) -> None:
    """Raise LINE-212 while an upload of the unit is under way."""
    if unit.cloud is CloudState.SENDING:
        raise CLAIM_UNDER_WAY.fault(device_id=unit.device_id)


def require_own(records: Records, unit: UnitRow, now: str) -> None:
    """Raise LINE-216 for a unit that was handed to another account than ``now``, the key's ("": nobody knows whose)."""
    its = _handed_to(records, unit)
    if its and now and its != now:
        raise CLAIMED_ELSEWHERE.fault(device_id=unit.device_id, its=its, now=now)


def _handed_to(records: Records, unit: UnitRow) -> str:
    """Return the account that the unit's last upload was prepared for; "" where there is none, or it did not say."""
    upload = next((row.upload for row in records.outbox(unit=unit.id)), None)
    if upload is None:
        return ""
    event = records.entry(EventSeq(upload)).event
    return event.account if isinstance(event, UploadPrepared) else ""
