"""What of all that the feed tells is worth a person's notice, or another page's second look. Pure."""

from collections.abc import Mapping, Set

from station.domain.events import (
    AttemptClosed,
    BatchArmed,
    BatchClosed,
    CloudDeleted,
    CloudDeletionIntended,
    FinalChecked,
    PersonChanged,
    ReworkDeclared,
    ReworkWithdrawn,
    SlotAcknowledged,
    SlotLatched,
    Unclaimed,
    UploadAccepted,
    UploadDecided,
    UploadPrepared,
    UploadPutOff,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)
from station.domain.ids import AttemptId, BatchId, SlotNumber, UnitId
from station.domain.line import Outcome
from station.engine.pushes import Happened
from station.journal.codec import Entry, iso
from station.journal.faults import QUARANTINED
from station.line.feed import Notice, Told


def happening(
    notice: Notice,
    now: str,
    batch: BatchId | None,
    slots: Mapping[AttemptId, SlotNumber],
    units: Mapping[AttemptId, UnitId],
    overwritten: Set[AttemptId] = frozenset(),
) -> Happened | None:
    """Return what happened; None where that is nobody's concern.

    ``slots`` and ``units`` are of open attempts; ``overwritten`` are those that found a finished unit they had changed.
    """
    if isinstance(notice, Told):
        return Happened(number=0, at=now, about="told", code=notice.code, sentence=notice.sentence)
    if not isinstance(notice, Entry):
        return None
    at, event = iso(notice.at), notice.event
    match event:
        case AttemptClosed():
            return Happened(
                number=0,
                at=at,
                about=board_is(event, overwritten),
                slot=slots.get(event.attempt),
                unit=units.get(event.attempt),
                batch=batch,
                code=event.fault.code if event.fault else "",
                sentence=event.fault.sentence if event.fault else "",
            )
        case SlotLatched():
            code, sentence = event.fault.code, event.fault.sentence
            return Happened(number=0, at=at, about="latched", slot=event.slot, code=code, sentence=sentence)
        case SlotAcknowledged():
            return Happened(number=0, at=at, about="acknowledged", slot=event.slot)
        case BatchArmed():
            return Happened(number=0, at=at, about="armed", batch=event.batch)
        case BatchClosed():
            return Happened(number=0, at=at, about="closed", batch=event.batch)
        case PersonChanged():
            return Happened(number=0, at=at, about="people")
        case ReworkDeclared() | ReworkWithdrawn() | Unclaimed() | FinalChecked():
            return Happened(number=0, at=at, about="uploads", unit=event.unit)
        case CloudDeletionIntended(unit=int()) | CloudDeleted(unit=int()):
            return Happened(number=0, at=at, about="uploads", unit=event.unit)
        case (
            UploadPrepared()
            | UploadSending()
            | UploadPutOff()
            | UploadAccepted()
            | UploadUnclear()
            | UploadSettled()
            | UploadDecided()
        ):
            return Happened(number=0, at=at, about="uploads")
        case _:
            return None


def board_is(event: AttemptClosed, overwritten: Set[AttemptId]) -> Outcome:
    """Return what the board is once the attempt has ended: it is that which a person must know, and hears. Pure.

    An attempt that ends because its unit is in quarantine, or has come there by it, is ABORTED in the record: nothing
    was found out about the board. But whoever holds the board in his hands must put it aside.
    """
    quarantined = event.fault is not None and event.fault.code == QUARANTINED.code
    return Outcome.QUARANTINED if quarantined or event.attempt in overwritten else event.outcome
