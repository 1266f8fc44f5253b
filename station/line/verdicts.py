"""What became of a row, from what the cloud said: of the row itself, or only of its device. Pure."""

from collections.abc import Collection, Sequence
from typing import Final, assert_never

from station.cloud.protocol import Claimed, KnownDevices, Onboarded, Refused, RowResult, Unknown
from station.domain.events import (
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

_THERE_NOW: Final = "absent just before it was sent, there now"
_CLAIMED_NOW: Final = "the team has claimed the device; its cloud key was not seen yet"
UNLISTED: Final = (CredentialKind.ONBOARDING_TOKEN, CredentialKind.ATTESTATION_TOKEN)
"""Handed over in bodies that no list of the cloud's is known to show: only the device can tell that they came."""
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


def proven(
    units: Sequence[tuple[UnitId, DeviceId]], answer: KnownDevices, absent_before: Collection[UnitId]
) -> list[RowSettled]:
    """Return the rows of those units that the cloud has now and had not just before the sending; none of any other."""
    found = (unit for unit, device in units if device in answer.present and unit in absent_before)
    return [RowSettled(unit, CloudState.ONBOARDED, _THERE_NOW) for unit in found]


def repeats(entries: Sequence[Entry], upload: UploadId, row: RowSettled) -> bool:
    """Return whether ``entries`` say already that this became of the unit in ``upload``: proven while it was open."""
    events = (entry.event for entry in entries)
    settled = (event.rows for event in events if isinstance(event, UploadSettled) and event.upload == upload)
    return any((one.unit, one.state) == (row.unit, row.state) for rows in settled for one in rows)


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
    kind: CredentialKind = CredentialKind.CERTIFICATE,
) -> list[RowSettled]:
    """Return what can be said of a body that the cloud does not show, from the devices that it has now.

    Of attestation tokens: from those that are claimed now. A dry run said just before that they were not.
    """
    unreadable = dict(answer.unknown)
    rows = []
    for unit, device in units:
        if device in answer.absent:
            row = RowSettled(unit, CloudState.WAITING, "the cloud has neither the body nor the device")
        elif device in answer.present and kind is CredentialKind.ATTESTATION_TOKEN:
            row = RowSettled(unit, CloudState.CLAIMED, _CLAIMED_NOW)
        elif device in answer.present and unit in absent_before:
            row = RowSettled(unit, CloudState.ONBOARDED, _THERE_NOW)
        elif device in answer.present:
            row = RowSettled(
                unit, CloudState.UNKNOWN, "the cloud knows the device, but nothing shows with which certificate"
            )
        else:
            row = RowSettled(unit, CloudState.UNKNOWN, unreadable.get(device, "the cloud did not say"))
        rows.append(row)
    return rows
