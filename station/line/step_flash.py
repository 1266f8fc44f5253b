"""What a probe does to a board: check, recover, program, and verify again after a power cycle.

Every change makes what was seen of the target stale until it has succeeded: whatever ends it (a kill, a hang, a pulled
cable), the next thing that happens is a look. Looking attaches to the debug port; it never recovers and never erases.
"""

from station.devices.faults import (
    PROBE_ABSENT,
    RECOVER_FAILED,
    TARGET_PROTECTED,
    TARGET_UNPOWERED,
    VERIFY_FAILED,
    WRONG_FAMILY,
)
from station.devices.protocols import Image, ImageKind, Job, Target
from station.domain.faults import Fault
from station.domain.line import Erase, StepKind
from station.host.clock import Stop
from station.line.faults import CHIP_UNKNOWN, ERASE_PROTECTED, SWAPPED
from station.line.work import Work
from station.settings.pinned import PinnedFile
from station.settings.recipe import CheckStep, FlashStep, ModemStep, PowerCycleStep, RecoverStep


def check(work: Work, step: CheckStep) -> dict[str, object]:
    """Make sure that the probe is there and sees a powered board of the product's family. Changes nothing.

    A locked board's family may be unreadable: that is let through where the recipe recovers the board behind this.
    """
    programmer = work.equipment.programmer
    probe = programmer.find(step.timeout_s)
    if probe is None:
        raise PROBE_ABSENT.fault(probe=programmer.name)
    seen = look(work, step.timeout_s)
    _require_right(work, seen, may_be_protected=work.bench.recipe.has(StepKind.RECOVER))
    return _told(seen) | {"probe": probe.serial, "driven_by": probe.version}


def recover(work: Work, step: RecoverStep) -> dict[str, object]:
    """Leave the board erased and its debug port open, read back. Safe to repeat."""
    before = _ready(work, step.timeout_s, may_be_protected=True)
    if before.erase_protected:
        raise ERASE_PROTECTED.fault(before.part or "")
    work.begin_change()
    work.equipment.programmer.recover(job(work, step.do, step.timeout_s))
    after = look(work, step.timeout_s)
    if after.protected:
        raise RECOVER_FAILED.fault(after.part or "", why="it still is locked afterwards")
    _require_right(work, after, may_be_protected=False)
    return _told(after) | {"was_protected": before.protected}


def flash(work: Work, step: FlashStep) -> dict[str, object]:
    """Leave the image in the board, verified, and the board reset into it. Safe to repeat from its start."""
    results = put(work, step.do, step.image, step.erase, step.timeout_s)
    work.last_image = step
    return results


def put(work: Work, kind: StepKind, pinned: PinnedFile, erase: Erase, timeout: float) -> dict[str, object]:
    """Program, verify and start an application image; what it is recorded as. Safe to repeat from its start."""
    image = work.bench.images.ready(Image(pinned.path, pinned.sha256, ImageKind.APPLICATION))
    seen = _ready(work, timeout, may_be_protected=False)
    work.begin_change()
    work.equipment.programmer.program(image, erase, job(work, kind, timeout))
    work.equipment.programmer.reset(timeout)
    work.target = seen
    return {"image": pinned.path.name, "sha256": pinned.sha256, "erase": erase, "verified": "read back"}


def modem_firmware(work: Work, step: ModemStep) -> dict[str, object]:
    """Leave the modem with this firmware; it is not programmed where it is there already, and the record says so.

    Whether it is there is the probe's verification or the modem's own word (+CGMR), as the recipe chooses.
    """
    results: dict[str, object] = {"image": step.image.path.name, "sha256": step.image.sha256, "version": step.version}
    if step.skip_by == "modem" and (told := _firmware_told(work)) is not None:
        results["told_before"] = told
        if told == step.version:
            work.modem_image = step
            return results | {"programmed": False, "seen_by": "AT+CGMR"}
    image = work.bench.images.ready(Image(step.image.path, step.image.sha256, ImageKind.MODEM))
    seen = _ready(work, step.timeout_s, may_be_protected=False)
    programmer = work.equipment.programmer
    if step.skip_by == "probe" and _holds(work, image, step.do, step.timeout_s):
        programmer.reset(step.timeout_s)  # a verification may leave the core standing still
        work.target, work.modem_image = seen, step
        return results | {"programmed": False, "seen_by": "verification by the probe"}
    work.begin_change()
    programmer.program(image, Erase.TOUCHED, job(work, step.do, step.timeout_s))
    programmer.reset(step.timeout_s)
    work.target, work.modem_image = seen, step
    return results | {"programmed": True, "verified": "digest"}


def power_cycle(work: Work, step: PowerCycleStep) -> dict[str, object]:
    """Cut the supply and show that the board still holds what was programmed. Safe to repeat."""
    images = []
    if work.last_image is not None:
        images.append(Image(work.last_image.image.path, work.last_image.image.sha256, ImageKind.APPLICATION))
    if work.modem_image is not None:
        images.append(Image(work.modem_image.image.path, work.modem_image.image.sha256, ImageKind.MODEM))
    if images:
        _ready(work, step.timeout_s, may_be_protected=False)  # what a kill left behind is seen before the supply goes
    work.begin_change(known=True)
    work.equipment.power.cycle()
    if images:
        seen = _ready(work, step.timeout_s, may_be_protected=False)
        for image in images:
            if not _holds(work, work.bench.images.ready(image), step.do, step.timeout_s):
                raise VERIFY_FAILED.fault(f"{image.path.name} after a power cycle")
        work.equipment.programmer.reset(step.timeout_s)
        work.target = seen
    return {"verified_again": [image.path.name for image in images]}


def _holds(work: Work, image: Image, kind: StepKind, timeout: float) -> bool:
    """Return whether the board holds the image; whatever ends this in the middle, a look comes next."""
    work.target = None
    return work.equipment.programmer.verify(image, job(work, kind, timeout))


def look(work: Work, timeout: float) -> Target:
    """Return what the probe sees of the board now. The port is given back first: some probes drop it when attaching."""
    work.close()
    work.target = work.equipment.programmer.look(timeout)
    return work.target


def job(work: Work, kind: StepKind, timeout: float) -> Job:
    """Return what the programmer needs beside the image. No stop reaches into a flash: half a board helps nobody."""
    return Job(timeout, lambda done: work.progress(kind, done), Stop())


def _ready(work: Work, timeout: float, *, may_be_protected: bool) -> Target:
    """Return what was seen of the target, looking now unless it is known, and make sure that it is the right one."""
    work.close()
    seen = work.target or look(work, timeout)
    work.observed["target"] = _told(seen)
    _require_right(work, seen, may_be_protected=may_be_protected)
    return seen


def _require_right(work: Work, seen: Target, *, may_be_protected: bool) -> None:
    expected = work.bench.recipe.target_family
    if not seen.powered:
        raise TARGET_UNPOWERED.fault(f"{seen.millivolts} mV" if seen.millivolts is not None else "")
    if seen.family is not expected and (seen.family or seen.part) is not None:
        raise WRONG_FAMILY.fault(seen.part or "", found=seen.family or seen.part, expected=expected)
    if seen.protected and not may_be_protected:
        raise TARGET_PROTECTED.fault(seen.part or "")
    if seen.family is None and not seen.protected:
        raise CHIP_UNKNOWN.fault(seen.part or "", expected=expected)


def _told(seen: Target) -> dict[str, object]:
    told = {
        "family": seen.family,
        "part": seen.part,
        "protected": seen.protected,
        "erase_protected": seen.erase_protected,
        "millivolts": seen.millivolts,
    }
    return {key: value for key, value in told.items() if value is not None}


def _firmware_told(work: Work) -> str | None:
    """Return what the modem calls its firmware; None where the board doesn't say: then it is programmed."""
    try:
        return work.modem().firmware_text()
    except Fault as fault:
        if fault.code == SWAPPED.code:
            raise  # a stranger's modem is not programmed
        work.observed["not_told"] = fault.code
        return None
    finally:
        work.close()
