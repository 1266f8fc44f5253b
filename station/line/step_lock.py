"""Locking debug access: one way, so before and after are looked at, or the board goes into quarantine."""

from station.devices.faults import LOCK_REFUSED, is_outcome_unknown
from station.devices.protocols import Target
from station.domain.faults import Fault
from station.domain.line import LockLevel
from station.line.faults import ONE_WAY_UNCLEAR
from station.line.step_flash import look
from station.line.work import Work
from station.settings.recipe import LockStep

_NAME = "locking debug access"


def lock(work: Work, step: LockStep) -> dict[str, object]:
    """Leave debug access locked as the recipe asks, read back after a reset; never repeated by itself.

    Proven is: open before, the command succeeded, protected after a reset. Where the board was locked before, or its
    own image locks it, the record says "locked, not by us". Raises LINE-134 (quarantine) where nobody can tell, DEV-320
    where the board surely is not locked as asked.
    """
    before = _look_before(work, step)
    work.observed["before"] = _word(before)
    by_us = step.by == "probe" and not _is_locked(before, step.level)
    if by_us:
        _command(work, step)
    elif step.erase_protect is not None:
        raise LOCK_REFUSED.fault(why="it was locked before ERASEPROTECT could be set")
    try:
        after = _look_after(work, step)
    except Fault as fault:
        raise (_unclear(fault.sentence) if by_us else fault) from fault
    _require_locked(after, step, by_us=by_us)
    if not by_us:
        proof = "locked, not by us"
    elif before.protected:
        proof = f"{_word(before)} before, command succeeded, {_word(after)} after a reset"
    else:
        proof = "open before, command succeeded, protected after a reset"
    return {
        "before": _word(before),
        "after": _word(after),
        "level": step.level,
        "erase_protected": after.erase_protected if step.erase_protect else None,
        "proven": proof,
    }


def _look_before(work: Work, step: LockStep) -> Target:
    before = look(work, step.timeout_s)
    if step.by == "probe" and before.protected is not False:
        # A sleeping core can keep a debugger out of an open board (nRF9151 anomaly 36); behind a reset it can't yet.
        work.equipment.programmer.reset(step.timeout_s)
        before = look(work, step.timeout_s)
    if before.protected is None:
        raise LOCK_REFUSED.fault(why="the probe can't tell whether it is locked already")
    return before


def _command(work: Work, step: LockStep) -> None:
    programmer = work.equipment.programmer
    try:
        if step.erase_protect is not None:
            programmer.protect_erase(step.timeout_s)
        programmer.lock(step.level, step.timeout_s)
    except Fault as fault:
        raise _judge(work, step, fault) from fault


def _require_locked(after: Target, step: LockStep, *, by_us: bool) -> None:
    """Raise unless the board is locked as asked: DEV-320 where it surely is not, LINE-134 where nobody can tell."""
    unclear = after.protected is None or (after.protected and after.level is None)
    if step.erase_protect is not None:
        unclear = unclear or after.erase_protected is None
    if unclear and by_us:
        raise _unclear("the probe can't tell what is locked now")
    if not _is_locked(after, step.level):
        raise LOCK_REFUSED.fault(why=f"behind a reset it is {_word(after)}, asked was {step.level}")
    if step.erase_protect is not None and not after.erase_protected:
        raise LOCK_REFUSED.fault(why="ERASEPROTECT is not set behind a reset")


def _judge(work: Work, step: LockStep, fault: Fault) -> Fault:
    """Return what a failed command amounts to: the board surely still open, or nobody can tell."""
    if step.erase_protect is not None:
        return _unclear(fault.sentence)  # half of it may be done, and that half is for good
    try:
        after = _look_after(work, step)
    except Fault as blind:
        return _unclear(f"{fault.sentence} Then: {blind.sentence}")
    if after.protected is False and not is_outcome_unknown(fault):
        if fault.code == LOCK_REFUSED.code:
            return fault
        return LOCK_REFUSED.fault(f"{fault.code}: {fault.detail}", why=fault.sentence.rstrip("."))
    return _unclear(fault.sentence)


def _look_after(work: Work, step: LockStep) -> Target:
    # Protection takes effect with the next start.
    work.equipment.programmer.reset(step.timeout_s)
    after = look(work, step.timeout_s)
    work.observed["after"] = _word(after)
    return after


def _is_locked(seen: Target, level: LockLevel) -> bool:
    return bool(seen.protected) and (level is LockLevel.SECURE or seen.level is not LockLevel.SECURE)


def _unclear(why: str) -> Fault:
    return ONE_WAY_UNCLEAR.fault(name=_NAME, why=why.rstrip("."))


def _word(seen: Target) -> str:
    if seen.protected is None:
        return "unknown"
    if not seen.protected:
        return "open"
    return "protected" if seen.level is not LockLevel.SECURE else "protected in its secure regions"
