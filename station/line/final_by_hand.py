"""A final check by hand: a person holds the device, it signs a token now, and the journal takes what the cloud says."""

from typing import assert_never

from station.cloud.protocol import (
    Busy,
    Cloud,
    CredentialRefused,
    JwtAccepted,
    JwtRefused,
    KnownDevices,
    NotSent,
    Unclear,
)
from station.devices.modem import Modem
from station.domain.check_events import FinalChecked, Known, Token
from station.domain.ids import DeviceId
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.host.clock import Clock
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.line.cloud_refusals import fault_of
from station.line.cloud_token import sign_for_cloud
from station.line.faults import NOT_CHECKABLE
from station.line.gate import Gate
from station.people.rights import Actor, Right


def unit_to_check(gate: Gate, records: Records, actor: Actor, device_id: DeviceId) -> UnitRow:
    """Return the unit that ``actor`` may check; PPL-111, and LINE-170 for none of this station's, or not onboarded."""
    gate.require(actor, Right.UPLOAD)
    unit = records.unit_by_device_id(device_id)
    if unit is None:
        raise NOT_CHECKABLE.fault(why=f"{device_id} is no unit of this station")
    if unit.cloud is not CloudState.ONBOARDED:
        raise NOT_CHECKABLE.fault(why=f"{device_id} is not onboarded ({unit.cloud})")
    return unit


def check_by_hand(
    gate: Gate, actor: Actor, cloud: Cloud, modem: Modem, clock: Clock, unit: UnitRow, place: str, sec_tag: int
) -> FinalChecked:
    """Return what the cloud says of the unit that ``modem`` is, and what it says to its token; journaled by ``actor``.

    Raises LINE-170 for another board than the unit's, and LINE-152 or LINE-205 where the cloud says nothing: then
    nothing is journaled. In the modem only the clock is set. Safe to repeat.
    """
    identity = modem.identify()
    if identity.imei != unit.imei:
        raise NOT_CHECKABLE.fault(f"IMEI {identity.imei}", why=f"the device in {place} is not {unit.device_id}")
    known, why = _ask_known(cloud, unit.device_id)
    token, words = _ask_token(
        cloud, unit.device_id, sign_for_cloud(modem, clock.now(), sec_tag, unit.device_id, identity.uuid)
    )
    text = "; ".join(dict.fromkeys(filter(None, (why, words))))
    found = FinalChecked(unit=unit.id, known=known, token=token, words=text, place=place)
    gate.journal.commit(found, by=actor.id)
    return found


def _ask_known(cloud: Cloud, device_id: DeviceId) -> tuple[Known, str]:
    answer = cloud.known([device_id])
    match answer:
        case KnownDevices() if device_id in answer.present:
            return Known.YES, ""
        case KnownDevices() if device_id in answer.absent:
            return Known.NO, "it is not in this account"
        case KnownDevices():
            return Known.UNKNOWN, "; ".join(why for _, why in answer.unknown)
        case CredentialRefused() | NotSent() | Busy() | Unclear():
            raise fault_of(answer)
        case _:
            assert_never(answer)


def _ask_token(cloud: Cloud, device_id: DeviceId, token: Secret) -> tuple[Token, str]:
    answer = cloud.accepts_jwt(device_id, token)
    match answer:
        case JwtAccepted():
            return Token.ACCEPTED, ""
        case JwtRefused():
            return Token.REFUSED, answer.reason
        case NotSent() | Busy() | Unclear():
            raise fault_of(answer)
        case _:
            assert_never(answer)
