"""What the journal says of devices that a person has deleted from the cloud, outside of any upload.

The rules of :mod:`station.domain.events` hold here too.
"""

from dataclasses import dataclass
from typing import ClassVar

from station.domain.ids import DeviceId, EventSeq, UnitId
from station.domain.line import CloudState


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudDeletionIntended:
    """A person is about to delete a device from the cloud, with all that the cloud has of it; not its claim.

    It may be gone without a ``CloudDeleted`` behind it: until then nobody knows how its unit, where ``unit`` is one
    of this station's, stands with the cloud, and nothing of it is sent. ``place`` is the address that is asked.
    """

    kind: ClassVar[str] = "cloud-deletion-intended"
    device_id: DeviceId
    unit: UnitId | None
    place: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudDeleted:
    """What came of a ``CloudDeletionIntended``: the cloud has the device no more (``gone``), or may have it still.

    ``state`` is how the unit stands with the cloud now: held where the device is gone, as before where nothing was
    done, unknown where nobody can tell; ``none`` without a unit that was meant for the cloud.
    """

    kind: ClassVar[str] = "cloud-deleted"
    intent: EventSeq
    device_id: DeviceId
    unit: UnitId | None
    gone: bool
    state: CloudState
    words: str


CloudDeletion = CloudDeletionIntended | CloudDeleted
