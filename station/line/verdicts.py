"""What became of a row, from what the cloud said: of the row itself, or only of its device. Pure."""

from collections.abc import Collection, Sequence
from typing import Final, assert_never

from station.cloud.protocol import KnownDevices, Onboarded, Refused, RowResult, Unknown
from station.domain.events import RowSettled, UploadSettled
from station.domain.ids import DeviceId, UnitId, UploadId
from station.domain.line import CloudState
from station.journal.codec import Entry

_THERE_NOW: Final = "absent just before it was sent, there now"


def by_result(unit: UnitId, result: RowResult) -> RowSettled:
    """Return what the cloud's own answer to the body makes of one of its rows."""
    match result:
        case Onboarded():
            return RowSettled(unit, CloudState.ONBOARDED, "the cloud's answer to the bulk request")
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


def by_devices(
    units: Sequence[tuple[UnitId, DeviceId]], answer: KnownDevices, absent_before: Collection[UnitId]
) -> list[RowSettled]:
    """Return what can be said of a body that the cloud does not show, from the devices that it has now."""
    unreadable = dict(answer.unknown)
    rows = []
    for unit, device in units:
        if device in answer.absent:
            row = RowSettled(unit, CloudState.WAITING, "the cloud has neither the body nor the device")
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
