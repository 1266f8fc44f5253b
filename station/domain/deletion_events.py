"""What the journal says of credentials that a person deletes by hand.

The rules of :mod:`station.domain.events` hold here too.
"""

from dataclasses import dataclass
from typing import ClassVar

from station.domain.faults import FaultRecord
from station.domain.ids import DeviceUuid, EventSeq, Imei, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDeletionIntended:
    """A person is about to delete one credential of a connected device, outside of any attempt.

    It may be gone without a ``CredentialDeleted`` behind it. ``place`` says where the device was; ``unit`` is None
    where the journal knew no such board. A finished unit keeps what it holds until a rework of it is declared.
    """

    kind: ClassVar[str] = "credential-deletion-intended"
    unit: UnitId | None
    imei: Imei
    uuid: DeviceUuid | None
    place: str
    sec_tag: int
    type: int
    operator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDeleted:
    """What came of a ``CredentialDeletionIntended``: it is gone (``found``: it was there before), or a ``fault``.

    Whether the credential is gone in spite of a fault, the fault says.
    """

    kind: ClassVar[str] = "credential-deleted"
    intent: EventSeq
    unit: UnitId | None
    found: bool
    fault: FaultRecord | None = None
