"""A credential of a connected device, deleted by a person outside of any attempt: asked, intended, done, recorded."""

from typing import Final

from station.devices.modem import Modem
from station.domain.events import CredentialDeleted, CredentialDeletionIntended
from station.domain.faults import Fault, FaultRecord
from station.domain.ids import EventSeq, UnitId
from station.domain.modem import CredentialType, ModemIdentity
from station.journal.records import Records
from station.line.faults import CREDENTIAL_STAYED, TAG_RESERVED
from station.line.gate import Gate
from station.people.rights import Actor, Right

HIGHEST_USER_TAG: Final = 2**31 - 1
"""Higher security tags are the modem's own (at-commands reference sections 1 and 2)."""

TYPE_NAMES: Final = {
    CredentialType.ROOT_CA: "root CA",
    CredentialType.CLIENT_CERT: "client certificate",
    CredentialType.CLIENT_KEY: "client private key",
    CredentialType.PSK: "pre-shared key",
    CredentialType.PSK_IDENTITY: "pre-shared key's identity",
    CredentialType.PUBLIC_KEY: "public key",
    CredentialType.IDENTITY_PUBLIC_KEY: "device identity public key",
    CredentialType.RESERVED: "reserved",
    CredentialType.ENDORSEMENT_KEY: "endorsement private key",
    CredentialType.OWNERSHIP_KEY: "ownership key",
    CredentialType.NORDIC_IDENTITY_ROOT_CA: "Nordic identity root CA",
    CredentialType.NORDIC_BASE_PUBLIC_KEY: "Nordic base public key",
    CredentialType.ASSET_ENCRYPTION_KEY: "asset encryption key",
}


def name_of(kind: int) -> str:
    """Return a credential type's name, or its number where it has none. Pure."""
    return TYPE_NAMES[CredentialType(kind)] if kind in TYPE_NAMES else f"type {kind}"


def is_reserved(sec_tag: int) -> bool:
    """Return whether a security tag is the modem's own. Pure."""
    return sec_tag > HIGHEST_USER_TAG


def delete_by_hand(modem: Modem, sec_tag: int, kind: CredentialType) -> bool:
    """Return whether the credential was there; it is not any more. Raises LINE-123, LINE-204 and AT faults.

    That it is gone is seen in the modem's list afterwards. Safe to repeat.
    """
    require_user_tag(sec_tag)
    found = modem.delete_credential(sec_tag, kind)
    if modem.list_credentials(sec_tag, kind):
        raise CREDENTIAL_STAYED.fault(f"{sec_tag},{kind}", what=name_of(kind))
    return found


def require_user_tag(sec_tag: int) -> None:
    """Raise LINE-204 for a tag that is the modem's own."""
    if is_reserved(sec_tag):
        raise TAG_RESERVED.fault(sec_tag=sec_tag, highest=HIGHEST_USER_TAG)


def delete_recorded(
    gate: Gate,
    records: Records,
    actor: Actor,
    reason: str,
    modem: Modem,
    identity: ModemIdentity,
    place: str,
    sec_tag: int,
    kind: CredentialType,
) -> bool:
    """Delete one credential as :func:`delete_by_hand`, for ``actor``; the journal says so before and after.

    Raises PPL-111, PPL-112, PPL-116; JRN-210 for a finished unit whose rework is not declared, before anything is done.
    """
    gate.require(actor, Right.DELETE_CREDENTIALS, reason)
    require_user_tag(sec_tag)
    row = records.unit_by_imei(identity.imei)
    unit = None if row is None else row.id
    intended = CredentialDeletionIntended(
        unit=unit,
        imei=identity.imei,
        uuid=identity.uuid,
        place=place,
        sec_tag=sec_tag,
        type=int(kind),
        operator=actor.id,
        reason=reason.strip(),
    )
    (intent,) = gate.journal.commit(intended, by=actor.id)
    try:
        found = delete_by_hand(modem, sec_tag, kind)
    except Fault as fault:
        _record(gate, actor, intent, unit, fault=FaultRecord(fault.code, fault.sentence, fault.detail))
        raise
    _record(gate, actor, intent, unit, found=found)
    return found


def _record(
    gate: Gate,
    actor: Actor,
    intent: EventSeq,
    unit: UnitId | None,
    *,
    found: bool = False,
    fault: FaultRecord | None = None,
) -> None:
    gate.journal.commit(CredentialDeleted(intent=intent, unit=unit, found=found, fault=fault), by=actor.id)
