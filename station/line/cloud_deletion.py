"""A device deleted from the cloud because a person asks for it: asked, intended, done, looked for, recorded."""

from collections.abc import Callable
from typing import Final, assert_never

from station.cloud.asking import Asker
from station.cloud.devices import AbsentDevice, DeletedDevice, delete_device
from station.cloud.protocol import Busy, CredentialRefused, Invalid, NotSent, Unclear
from station.domain import events as e
from station.domain.ids import DeviceId
from station.domain.line import CloudState
from station.domain.ways import CredentialKind
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.cloud_refusals import fault_of, require_at_rest, require_own
from station.line.gate import Gate
from station.people.rights import Actor, Right

GONE: Final = "a person had it deleted from the cloud, and it is not there any more"
TAKEN: Final = "a person had it deleted from the cloud, which took that, and may show it for a while"
WAS_NOT: Final = "a person wanted it deleted from the cloud, which did not have it"

_BY_PERSON: Final = (CloudState.REFUSED, CloudState.HELD)
_THERE: Final = (CloudState.ONBOARDED, CloudState.UNKNOWN)


def delete_from_cloud(
    gate: Gate,
    records: Records,
    asker: Asker,
    device_id: DeviceId,
    actor: Actor,
    reason: str,
    whose: Callable[[], str] = str,
) -> bool:
    """Delete a device and all its data from the cloud; return whether the cloud had it. Its claim stays.

    A unit of this station is held then: a line lead may have it sent again, and a declared rework goes on. Where
    nobody can tell whether it is gone, also where this process ends before it knows, the unit is unknown to the cloud
    until a person decides or this is repeated. ``whose`` as for :func:`station.line.claim_decisions.unclaim_unit`.
    Raises PPL-111, PPL-112 and PPL-116; LINE-212 while an upload of it is under way, LINE-216 for one that was handed
    to another account; LINE-205 and LINE-152 where the cloud did not do it: then it may be repeated.
    """
    gate.require(actor, Right.DELETE_FROM_CLOUD, reason)
    unit = records.unit_by_device_id(device_id)
    if unit is not None:
        require_at_rest(unit)
    now = whose()  # also for a device that is none of this station's: a key of another team is refused there
    if unit is not None:
        require_own(records, unit, now)
    before = _state(records, unit)
    intended = e.CloudDeletionIntended(
        device_id=device_id,
        unit=None if unit is None else unit.id,
        place=asker.base,
        operator=actor.id,
        reason=reason.strip(),
    )
    (intent,) = gate.journal.commit(intended, by=actor.id)
    answer = delete_device(asker, device_id)

    def record(state: CloudState, words: str, *, gone: bool) -> None:
        state = CloudState.NONE if before is CloudState.NONE else state
        came = e.CloudDeleted(
            intent=intent, device_id=device_id, unit=intended.unit, gone=gone, state=state, words=words
        )
        gate.journal.commit(came, by=actor.id)

    match answer:
        case DeletedDevice(seen):
            record(CloudState.HELD, GONE if seen else TAKEN, gone=True)
            return True
        case AbsentDevice():
            # One that waits, is claimed and was never connected, or has its bare key registered, is as it was.
            told = before in _THERE and _is_device(records, unit)
            record(CloudState.HELD if told else before, WAS_NOT, gone=True)
            return False
        case Unclear():
            record(before if before in _BY_PERSON else CloudState.UNKNOWN, answer.reason, gone=False)
            raise fault_of(answer)
        case Invalid() | NotSent() | Busy() | CredentialRefused():
            record(before, f"it was not deleted from the cloud: {answer.reason}", gone=False)
            raise fault_of(answer)
        case _:
            assert_never(answer)


def _is_device(records: Records, unit: UnitRow | None) -> bool:
    """Return whether the cloud, where it took the unit's last body, made a device of it, and no registered key."""
    entries = [] if unit is None else records.entries_about(unit.id)
    bodies = (one.event.credential for one in reversed(entries) if isinstance(one.event, e.UploadPrepared))
    return next(bodies, CredentialKind.CERTIFICATE) != CredentialKind.PUBLIC_KEY


def _state(records: Records, unit: UnitRow | None) -> CloudState:
    """Return how the unit stands with the cloud; while its rework is declared, how it stood before that."""
    if unit is None:
        return CloudState.NONE
    return records.withdrawn_state(unit.id) or unit.cloud
