"""One try at a board: each step bracketed by its intent and its result, and an end that the journal holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, assert_never

from station.devices.protocols import Storer
from station.domain.events import AttemptClosed, AttemptOpened, FaultRecord, StepFinished, StepIntended
from station.domain.faults import Bug, Cancelled, Fault, Refusal, Retry, StationFault, UnitFault
from station.domain.ids import AttemptId, BoardSerial
from station.domain.line import Outcome, RepeatClass, StepKind
from station.journal.records import Records
from station.line import step_identity, step_keys, step_other_keys
from station.line.equipment import Equipment
from station.line.faults import NOT_IDENTIFIED, ONE_WAY_UNCLEAR, UNEXPECTED
from station.line.final_signing import asks_of
from station.line.log import engineer_log
from station.line.recovery import gone_with_its_key
from station.line.step_attest import attest
from station.line.step_command import run_command
from station.line.step_enrol import enrol
from station.line.step_flash import check, flash, modem_firmware, power_cycle, recover
from station.line.step_lock import lock
from station.line.step_readback import read_back
from station.line.step_write import write
from station.line.steps import STEPS
from station.line.work import Bench, Work
from station.settings.recipe import (
    CheckStep,
    CommandStep,
    FlashStep,
    LockStep,
    ModemStep,
    PlainStep,
    PowerCycleStep,
    ProbedStep,
    ReadBackStep,
    RecipeStep,
    RecoverStep,
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the attempt ended, as the journal has it."""

    attempt: AttemptId
    outcome: Outcome
    fault: FaultRecord | None
    latch: bool
    """Whether the slot must not go on by itself: the station or the fixture is at fault."""


def run_attempt(
    bench: Bench,
    equipment: Equipment,
    records: Records,
    scanned: BoardSerial | None,
    progress: Callable[[AttemptId, StepKind, float], None],
) -> Ended:
    """Take the board in this slot through the recipe; whatever happens, the attempt's end is journaled on return.

    Raises only where the journal itself can't be written (JRN-1xx); then nothing more is done to the board.
    """
    opened = AttemptOpened(
        batch=bench.batch,
        slot=equipment.slot,
        recipe=bench.recipe_name,
        serial=scanned,
        context=equipment.context,
    )
    (seq,) = bench.journal.commit(opened)
    attempt = AttemptId(seq)
    work = Work(bench, equipment, records, attempt, scanned, lambda step, done: progress(attempt, step, done))
    fault: Fault | None = None
    try:
        fault = step_identity.refuse_finished(work) or _supply(equipment)
        for index, step in enumerate(bench.recipe.steps):
            if fault is not None:
                break
            bench.stop.check()
            fault = _run_step(work, index, step)
        outcome = Outcome.PASSED if fault is None else _outcome(fault)
    except Cancelled:
        outcome, fault = Outcome.ABORTED, None
    finally:
        _leave(work)
    record = _record(fault) if fault else None
    # What is in quarantine is as it is, until an engineer decides.
    ends = step_keys.superseded_by_ending(work) if outcome in (Outcome.FAILED, Outcome.ERROR) else []
    if outcome is Outcome.ABORTED:  # a board's own key may still be taken over
        ends = gone_with_its_key(records, attempt)
    closed = AttemptClosed(
        attempt=attempt,
        outcome=outcome,
        fault=record,
        for_cloud=bench.for_cloud and outcome is Outcome.PASSED,
        final_check=(asks_of(bench.recipe) or "") if bench.for_cloud and outcome is Outcome.PASSED else "",
    )
    bench.journal.commit(*work.also, *ends, closed)
    return Ended(attempt, outcome, record, latch=isinstance(fault, StationFault | Bug))


def _run_step(work: Work, index: int, step: RecipeStep) -> Fault | None:
    """Do one step between its intent and its result; return the fault that ends the attempt."""
    spec, clock = STEPS[step.do], work.bench.clock
    name, repeat = (step.name, step.repeat) if isinstance(step, CommandStep) else (spec.title, spec.repeat)
    # What must never be done twice is done only to a board that can be known again.
    if (spec.needs_identity or repeat is RepeatClass.ONE_WAY) and work.device_id is None:
        return NOT_IDENTIFIED.fault(step=name)
    # The last result and this intent share one sync: nothing touched the board in between.
    ends = step_keys.superseded_by_clearing(work) if step.do is StepKind.CLEAR else []
    work.bench.journal.commit(
        *work.also, *ends, StepIntended(attempt=work.attempt, index=index, step=step.do, name=name, repeat=repeat)
    )
    work.also.clear()
    begun, tries = clock.monotonic(), 0
    while True:
        tries += 1
        work.observed = {}
        try:
            results, fault = _do(work, step), None
        except Fault as error:
            results, fault = work.observed, error
        except Cancelled:
            # The step saw the wish to stop before it did anything that must be finished.
            _finish(work, index, step, Outcome.ABORTED, begun, tries, None, {})
            raise
        except Exception as error:  # noqa: BLE001 -- our own mistake must not take the slot's thread with it
            engineer_log().exception("step failed unexpectedly", step=step.do, attempt=work.attempt)
            what = f"{type(error).__name__}: {error}"
            unclear = ONE_WAY_UNCLEAR.fault(what, name=name, why="the station made a mistake")
            results, fault = {}, unclear if repeat is RepeatClass.ONE_WAY else UNEXPECTED.fault(what, step=name)
        if fault is None or not _again(repeat, step.attempts, fault, tries):
            break
        engineer_log().info("step is tried again", step=step.do, attempt=work.attempt, code=fault.code, tries=tries)
    outcome = Outcome.PASSED if fault is None else _outcome(fault)
    _finish(work, index, step, outcome, begun, tries, fault, results)
    return fault


def _finish(
    work: Work,
    index: int,
    step: RecipeStep,
    outcome: Outcome,
    begun: float,
    tries: int,
    fault: Fault | None,
    results: dict[str, object],
) -> None:
    finished = StepFinished(
        attempt=work.attempt,
        index=index,
        step=step.do,
        outcome=outcome,
        milliseconds=round((work.bench.clock.monotonic() - begun) * 1000),
        tries=tries,
        fault=_record(fault) if fault else None,
        results=results,
    )
    work.also.append(finished)


def _do(work: Work, step: RecipeStep) -> dict[str, object]:
    match step:
        case CheckStep() | RecoverStep() | ModemStep() | FlashStep() | PowerCycleStep() | ReadBackStep() | LockStep():
            return _do_at_probe(work, step)
        case CommandStep():
            return run_command(work, step)
        case PlainStep() | ProbedStep():
            return _do_plain(work, step.do)
        case _:
            assert_never(step)


_AtProbe = CheckStep | RecoverStep | ModemStep | FlashStep | PowerCycleStep | ReadBackStep | LockStep


def _do_at_probe(work: Work, step: _AtProbe) -> dict[str, object]:
    match step:
        case CheckStep():
            return check(work, step)
        case RecoverStep():
            return recover(work, step)
        case ModemStep():
            return modem_firmware(work, step)
        case FlashStep():
            return flash(work, step)
        case PowerCycleStep():
            return power_cycle(work, step)
        case ReadBackStep():
            return read_back(work, step)
        case LockStep():
            return lock(work, step)
        case _:
            assert_never(step)


_Plain = Literal[
    StepKind.IDENTIFY,
    StepKind.ATTEST,
    StepKind.ENROL,
    StepKind.CLEAR,
    StepKind.GENERATE,
    StepKind.SIGN,
    StepKind.WRITE,
    StepKind.PROVE,
    StepKind.STORE,
]


def _do_plain(work: Work, kind: _Plain) -> dict[str, object]:
    way = work.bench.recipe.way
    other = way.made_here or way.over_shell
    match kind:
        case StepKind.IDENTIFY:
            return step_identity.identify(work)
        case StepKind.ATTEST:
            return attest(work)
        case StepKind.ENROL:
            return enrol(work)
        case StepKind.CLEAR:
            return step_other_keys.clear(work) if other else step_keys.clear(work)
        case StepKind.GENERATE:
            return step_other_keys.generate(work) if other else step_keys.generate(work)
        case StepKind.SIGN:
            return step_keys.sign(work)
        case StepKind.WRITE:
            return write(work)
        case StepKind.PROVE:
            return step_other_keys.prove(work) if way.over_shell else step_keys.prove(work)
        case StepKind.STORE:
            return step_keys.store(work)
        case _:
            assert_never(kind)


def _again(repeat: RepeatClass, most: int, fault: Fault, tries: int) -> bool:
    repeatable = repeat in (RepeatClass.PURE, RepeatClass.IDEMPOTENT)
    return repeatable and fault.retry is Retry.SAME_UNIT and tries < most


def _outcome(fault: Fault) -> Outcome:
    match fault:
        case UnitFault():
            return Outcome.FAILED
        case Refusal():
            return Outcome.ABORTED
        case StationFault() if fault.code == ONE_WAY_UNCLEAR.code:
            return Outcome.QUARANTINED
        case _:
            return Outcome.ERROR


def _record(fault: Fault) -> FaultRecord:
    return FaultRecord(fault.code, fault.sentence, fault.detail)


def _supply(equipment: Equipment) -> Fault | None:
    """Have the board powered, where the station sees to that; return the fault of a supply that fails."""
    try:
        if equipment.power.can_switch:
            equipment.power.switch_on()
    except Fault as fault:
        return fault
    return None


def _leave(work: Work) -> None:
    """Have the modem store what it was given before anybody takes the board out, then give port and supply back."""
    equipment, device, stored = work.equipment, work.open_port, True
    try:
        if work.wrote and device is not None and isinstance(device, Storer):
            device.power_off()
    except Fault as fault:
        # The attempt ends badly anyway and the next one starts by looking; the engineer may want to know.
        engineer_log().warning("the modem did not store before the end", attempt=work.attempt, code=fault.code)
        stored = False
    finally:
        work.private = None
        work.close()
    # A board that is noticed by its own port would seem to be taken out; one that did not store would lose it.
    if stored and equipment.power.can_switch and not equipment.presence.is_known:
        try:
            equipment.power.switch_off()
        except Fault as fault:
            engineer_log().warning("the supply stays on", slot=equipment.slot, code=fault.code)
