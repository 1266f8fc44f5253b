"""What became of a row, from what the cloud said: of the row itself, or only of its device. Pure."""

from collections.abc import Collection, Sequence
from typing import Final, assert_never

from station.cloud.protocol import Claimed, KnownDevices, Onboarded, Refused, RowResult, Unknown
from station.domain.events import (
    AttemptClosed,
    RowSettled,
    UploadDecided,
    UploadPutOff,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)
from station.domain.ids import DeviceId, UnitId, UploadId
from station.domain.line import CloudState
from station.domain.ways import CredentialKind
from station.journal.codec import Entry
from station.line.own_credential import Shown

_THERE_NOW: Final = "absent just before it was sent, there now"
TAKES_ITS_OWN: Final = "the cloud accepts the device's own token, signed by the key of its certificate"
"""By which it is shown that the cloud has a device with the unit's own credential, whoever put it there."""
_WHOSE: Final = "the cloud knows the device, but nothing shows with which certificate"
_NOT_OWN: Final = "the cloud knows the device, but does not take the token that its key signed"
_REFUSED_NOW: Final = "the cloud may have it from a sending that ended unclear, and refuses it now"
_CLAIMED_NOW: Final = "the team has claimed the device; its cloud key was not seen yet"
UNLISTED: Final = (CredentialKind.ONBOARDING_TOKEN,)
"""Handed over in bodies that no list of the cloud's is known to show: only the device can tell that they came.

Claims are listed while the cloud works on them where it takes them as a bulk operation; where it claims at once, its
devices tell.
"""
_ENDS: Final = (CloudState.ONBOARDED, CloudState.CLAIMED, CloudState.REFUSED, CloudState.WAITING)


def by_result(unit: UnitId, result: RowResult) -> RowSettled:
    """Return what the cloud's own answer to the body makes of one of its rows."""
    match result:
        case Onboarded():
            return RowSettled(unit, CloudState.ONBOARDED, "the cloud's answer to the bulk request")
        case Claimed():
            return RowSettled(unit, CloudState.CLAIMED, "the cloud took the claim; its cloud key was not seen yet")
        case Refused():
            return RowSettled(unit, CloudState.REFUSED, result.reason)
        case Unknown():
            return RowSettled(unit, CloudState.UNKNOWN, result.reason)
        case _:
            assert_never(result)


def by_tokens(own: Shown) -> list[RowSettled]:
    """Return the rows of the units whose own tokens the cloud takes; none of any other."""
    return [RowSettled(unit, CloudState.ONBOARDED, TAKES_ITS_OWN) for unit in sorted(own.yes)]


def repeats(entries: Sequence[Entry], upload: UploadId, row: RowSettled) -> bool:
    """Return whether ``entries`` say already that this became of the unit in ``upload``: proven while it was open."""
    events = (entry.event for entry in entries)
    settled = (event.rows for event in events if isinstance(event, UploadSettled) and event.upload == upload)
    return any((one.unit, one.state) == (row.unit, row.state) for rows in settled for one in rows)


def by_refusal(unit: UnitId, reason: str, before: Sequence[Entry]) -> RowSettled:
    """Return what it means that the cloud refuses a unit's body, by what the journal says ``before`` of the unit. Pure.

    Where a sending ended unclear and nobody has looked since, the cloud may have what it refuses now.
    """
    unclear = False
    for entry in before:
        match entry.event:
            case UploadUnclear():
                unclear = True
            case AttemptClosed() | UploadDecided():
                unclear = False
            case _:
                pass
    if unclear:
        return RowSettled(unit, CloudState.UNKNOWN, f"{_REFUSED_NOW}: {reason}")
    return RowSettled(unit, CloudState.REFUSED, reason)


def in_doubt(entries: Sequence[Entry], unit: UnitId) -> bool:
    """Return whether the cloud may have the unit though nobody knows it, by what ``entries`` say of it. Pure.

    An upload that went, or that nobody knows of, is in doubt until the cloud's word says what became of the unit in
    it. Where that word is that it can't be told, a person's send-again says that the cloud was looked into.
    """
    gone, told = set[UploadId](), set[UploadId]()
    for entry in entries:
        match entry.event:
            case UploadSending(upload=upload) | UploadUnclear(upload=upload):
                gone.add(upload)
            case UploadPutOff(upload=upload):
                gone.discard(upload)
            case UploadSettled(upload=upload, rows=rows):
                for row in rows:
                    if row.unit == unit and row.state is CloudState.UNKNOWN:
                        told.add(upload)
                    elif row.unit == unit and row.state in _ENDS:
                        gone.discard(upload)
            case UploadDecided(state=CloudState.WAITING):
                gone -= told
            case _:
                pass
    return bool(gone)


def by_devices(
    units: Sequence[tuple[UnitId, DeviceId]],
    answer: KnownDevices,
    absent_before: Collection[UnitId],
    own: Shown,
    kind: CredentialKind = CredentialKind.CERTIFICATE,
) -> list[RowSettled]:
    """Return what can be said of a body that the cloud does not show, from the devices that it has now.

    Of certificates: that a device is there shows none of ours, for another station of the team may have put it there
    with another, in the very minute in which both came back to the network; its own token does. Of attestation tokens:
    from those that are claimed now, of which a dry run said just before that they were not; of onboarding tokens: from
    those that were absent just before. Both go by the one identity, or key, that the modem has, whoever hands it over.
    """
    unreadable = dict(answer.unknown)
    rows = []
    for unit, device in units:
        if device in answer.absent:
            row = RowSettled(unit, CloudState.WAITING, "the cloud has neither the body nor the device")
        elif device in answer.present and kind is CredentialKind.ATTESTATION_TOKEN:
            row = RowSettled(unit, CloudState.CLAIMED, _CLAIMED_NOW)
        elif device in answer.present and kind is CredentialKind.ONBOARDING_TOKEN and unit in absent_before:
            row = RowSettled(unit, CloudState.ONBOARDED, _THERE_NOW)
        elif unit in own.yes:
            row = RowSettled(unit, CloudState.ONBOARDED, TAKES_ITS_OWN)
        elif unit in own.no:
            row = RowSettled(unit, CloudState.UNKNOWN, f"{_NOT_OWN}: {own.no[unit]}")
        elif device in answer.present:
            row = RowSettled(unit, CloudState.UNKNOWN, _WHOSE)
        else:
            row = RowSettled(unit, CloudState.UNKNOWN, unreadable.get(device, "the cloud did not say"))
        rows.append(row)
    return rows
