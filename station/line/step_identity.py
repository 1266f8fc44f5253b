"""Who is this? Nothing that belongs to a board is changed before it has said who it is."""

from station.devices.firmware import require_firmware
from station.domain.events import FaultRecord, UnitIdentified, UnitOverwritten, UuidLearnt
from station.domain.faults import Fault, Refusal
from station.domain.ids import DeviceId, DeviceUuid, parse_device_id
from station.domain.line import CloudState, Outcome
from station.domain.modem import ModemIdentity
from station.journal.rows import UnitRow
from station.line.faults import (
    FINISHED_BEFORE,
    NO_UUID,
    OTHER_FIRMWARE,
    OTHER_NAME,
    OTHER_NAME_PERHAPS,
    OVERWRITTEN,
    SERIAL_MISSING,
)
from station.line.recovery import carried_over, lost_key_of
from station.line.token_proof import refuse_or_prove
from station.line.verdicts import in_doubt
from station.line.work import Work
from station.settings.recipe import Recipe


def identify(work: Work) -> dict[str, object]:
    """Read the board's numbers and join the attempt to its unit; refuse a board that must not be touched.

    Looks only; safe to repeat. Raises the journal's refusals (JRN-20x), LINE-117, 118 or 166, AT faults, and LINE-11x.
    """
    bench = work.bench
    identity = work.ask_identity()
    _require_programmed(work, identity)
    if work.identity is not None:
        return _again(work, identity)
    require_firmware(identity.firmware, bench.recipe.minimum_firmware)
    device_id = device_id_of(bench.recipe, identity, work)
    known = work.records.unit_by_imei(identity.imei)
    work.carried = carried_over(work.records, known.id, bench.recipe_name) if known is not None else None
    work.lost_key_of = lost_key_of(work.records, known.id) if known is not None else None
    # Committed at once: what may be touched, and whether another slot has the same board, is decided here.
    identified = UnitIdentified(
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
    try:
        if known is not None:
            _require_its_name(work, known, device_id)
        bench.journal.commit(identified)
    except Refusal as refusal:
        if known is not None and work.changed_unknown and known.outcome in (Outcome.PASSED, Outcome.QUARANTINED):
            raise _overwritten(work, known) from refusal
        raise refuse_or_prove(work, refusal, known, identity) from refusal
    work.identity, work.device_id = identity, device_id
    results: dict[str, object] = {
        "imei": identity.imei,
        "device_id": device_id,
        "modem_firmware": identity.firmware.text,
    }
    if identity.uuid is not None:
        results["uuid"] = identity.uuid
    return results


def _require_programmed(work: Work, identity: ModemIdentity) -> None:
    wanted = work.modem_image.version if work.modem_image is not None else identity.firmware.text
    if identity.firmware.text != wanted:
        raise OTHER_FIRMWARE.fault(found=identity.firmware.text, expected=wanted)


def _require_its_name(work: Work, known: UnitRow, device_id: DeviceId) -> None:
    """Raise LINE-117 where the cloud would go on knowing the board by a name whose key is about to go.

    LINE-118 where it may know it so: its upload has gone and has no end, or none that anybody could tell.
    """
    finished = known.outcome in (Outcome.PASSED, Outcome.QUARANTINED) and not known.rework  # the journal refuses these
    if known.device_id == device_id or finished:
        return
    if work.records.was_onboarded(known.id):
        raise OTHER_NAME.fault(f"unit {known.id}", known=known.device_id, here=device_id)
    doubtful = work.records.withdrawn_state(known.id) is CloudState.UNKNOWN
    if doubtful or in_doubt(work.records.entries_about(known.id), known.id):
        raise OTHER_NAME_PERHAPS.fault(f"unit {known.id}", known=known.device_id, here=device_id)


def _overwritten(work: Work, known: UnitRow) -> Fault:
    """Return the refusal of a finished board that this attempt has already changed, once that is in the journal."""
    fault = OVERWRITTEN.fault(f"unit {known.id}, attempt {work.attempt}", device_id=known.device_id)
    record = FaultRecord(fault.code, fault.sentence, fault.detail)
    work.bench.journal.commit(UnitOverwritten(attempt=work.attempt, unit=known.id, fault=record))
    return fault


def _again(work: Work, identity: ModemIdentity) -> dict[str, object]:
    """Take what the board says after its modem firmware was changed; it is the same board (``Work.modem`` asked)."""
    require_firmware(identity.firmware, work.bench.recipe.minimum_firmware)
    work.identity = identity
    return {"imei": identity.imei, "modem_firmware": identity.firmware.text}


def refuse_finished(work: Work) -> Fault | None:
    """Return why the board with this label must not be touched by a probe; None where it may, or nobody can know.

    Only for recipes that change a board before it can say who it is: the label is all that is known of it then.
    """
    if work.scanned is None or not work.bench.recipe.changes_before_identify:
        return None
    known = work.records.unit_by_serial(work.scanned)
    if known is None and work.bench.recipe.device_id.scheme == "serial":
        known = work.records.unit_by_device_id(parse_device_id(work.scanned))
    if known is None or known.rework:
        return None
    state = {Outcome.PASSED: "has passed", Outcome.QUARANTINED: "is in quarantine"}.get(known.outcome or Outcome.FAILED)
    if state is None and any(one.unit == known.id for one in work.records.open_attempts()):
        state = "another slot is working on"
    return FINISHED_BEFORE.fault(device_id=known.device_id, state=state) if state is not None else None


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


def learn_uuid(work: Work, uuid: DeviceUuid) -> None:
    """Journal the UUID that only the board's key or token told; refuse one that is another board's."""
    if work.identity is not None and work.identity.uuid is None:
        work.bench.journal.commit(UuidLearnt(attempt=work.attempt, uuid=uuid))
