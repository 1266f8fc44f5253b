"""Who is this? Nothing that belongs to a board is changed before it has said who it is."""

from station.credentials.checks import CheckedKey
from station.devices.firmware import require_firmware
from station.domain.events import UnitIdentified, UuidLearnt
from station.domain.ids import DeviceId, parse_device_id
from station.domain.modem import ModemIdentity
from station.line.faults import NO_UUID, SERIAL_MISSING
from station.line.recovery import carried_over, lost_key_of
from station.line.work import Work
from station.settings.recipe import Recipe


def identify(work: Work) -> dict[str, object]:
    """Read the board's numbers and join the attempt to its unit; refuse a board that must not be touched.

    Looks only; safe to repeat. Raises the journal's refusals (JRN-20x), AT faults, and LINE-11x.
    """
    bench = work.bench
    identity = work.modem().identify()
    require_firmware(identity.firmware, bench.recipe.minimum_firmware)
    device_id = device_id_of(bench.recipe, identity, work)
    known = work.records.unit_by_imei(identity.imei)
    work.carried = carried_over(work.records, known.id, bench.recipe_name) if known is not None else None
    work.lost_key_of = lost_key_of(work.records, known.id) if known is not None else None
    # Committed at once: what may be touched, and whether another slot has the same board, is decided here.
    bench.journal.commit(
        UnitIdentified(
            attempt=work.attempt,
            device_id=device_id,
            imei=identity.imei,
            uuid=identity.uuid,
            uuid_source=identity.uuid_source,
            serial=work.scanned,
            model=identity.model,
            hardware=identity.hardware,
            modem_firmware=identity.firmware.text,
            adopts=work.carried.attempt if work.carried else None,
        )
    )
    work.identity, work.device_id = identity, device_id
    results: dict[str, object] = {
        "imei": identity.imei,
        "device_id": device_id,
        "modem_firmware": identity.firmware.text,
    }
    if identity.uuid is not None:
        results["uuid"] = identity.uuid
    return results


def device_id_of(recipe: Recipe, identity: ModemIdentity, work: Work) -> DeviceId:
    """Return the ID under which the cloud will know the board, by the recipe's scheme."""
    scheme = recipe.device_id
    match scheme.scheme:
        case "uuid":
            if identity.uuid is None:
                raise NO_UUID.fault(identity.model)
            return parse_device_id(identity.uuid)
        case "imei":
            return parse_device_id(scheme.prefix + identity.imei)
        case "serial":
            if work.scanned is None:
                raise SERIAL_MISSING.fault(slot=work.equipment.slot)
            return parse_device_id(work.scanned)


def learn_uuid(work: Work, key: CheckedKey) -> None:
    """Journal the UUID that only the %KEYGEN answer told; refuse one that is another board's."""
    if work.identity is not None and work.identity.uuid is None:
        work.bench.journal.commit(UuidLearnt(attempt=work.attempt, uuid=key.uuid))
