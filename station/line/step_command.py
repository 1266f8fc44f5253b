"""A step of the factory's own: an external program, asked in JSON, answering in JSON, recorded like any other step.

It gets one object on standard input: ``{"version": 1, "slot", "batch", "attempt", "step", "port", "device_id", "imei",
"uuid", "serial"}`` (``null`` for what is not known yet) and answers one on standard output: ``{"outcome": "passed" |
"failed" | "error", "reason": "…", "measurements": [{"name", "value", "unit", "low", "high"}]}``. A limit may be left
out; the recipe's own limits for a measurement of that name come on top. Exit status 0 always, else it is broken.
"""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from station.devices.ports import find_port
from station.domain.events import FaultRecord, StepFinished, StepIntended
from station.domain.faults import Fault
from station.domain.line import Outcome, RepeatClass, StepKind
from station.host.faults import PROGRAM_MISSING
from station.host.processes import run_program
from station.line.faults import COMMAND_BROKEN, COMMAND_FAILED, ONE_WAY_UNCLEAR, OUT_OF_LIMITS
from station.line.work import Work
from station.settings.recipe import CommandStep, Limit

_Text = Annotated[str, Field(max_length=1000)]


class Measurement(BaseModel):
    """One measured value. ``unit`` is text for people; limits are inclusive."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    name: _Text
    value: float = Field(allow_inf_nan=False)
    unit: _Text = ""
    low: float | None = Field(default=None, allow_inf_nan=False)
    high: float | None = Field(default=None, allow_inf_nan=False)


class Answer(BaseModel):
    """What the program says."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    outcome: Literal["passed", "failed", "error"]
    reason: _Text = ""
    measurements: Annotated[tuple[Measurement, ...], Field(strict=False, max_length=1000)] = ()


def run_command(work: Work, step: CommandStep) -> dict[str, object]:
    """Run the program once and return its measurements. Raises LINE-131 or LINE-133 where it failed the board.

    LINE-132 where the program itself did not work, LINE-134 where it is one-way and may have. Whether it may be
    repeated is the recipe's statement about it; a one-way step that once passed on this unit is not run again.
    """
    done = _done_before(work, step)
    if done is not None:
        return done
    for part in step.pinned:
        part.read()
    # The program may want the port: it is closed, and opened again by the next step that asks the modem. Nobody knows
    # what it does to the board: a probe looks again, and what is stored is listed again before it counts.
    work.begin_change(known=True)
    request = {
        "version": 1,
        "slot": work.equipment.slot,
        "batch": work.bench.batch,
        "attempt": work.attempt,
        "step": step.name,
        "port": find_port(work.equipment.port) or work.equipment.port,
        "device_id": work.device_id,
        "imei": work.identity.imei if work.identity else None,
        "uuid": work.identity.uuid if work.identity else None,
        "serial": work.scanned,
    }
    try:
        finished = run_program(
            [step.program, *step.arguments],
            timeout=step.timeout_s,
            data=json.dumps(request).encode(),
            folder=step.folder,
            without=work.bench.secret_variables,
        )
    except Fault as fault:
        why = fault.sentence.rstrip(".")
        if fault.code == PROGRAM_MISSING.code:  # it never began
            raise COMMAND_BROKEN.fault(fault.detail, name=step.name, why=why) from fault
        raise _broken(step, why, fault.detail) from fault
    if finished.status != 0:
        detail = finished.errors[-500:].decode("utf-8", "replace")
        raise _broken(step, f"it ended with status {finished.status}", detail)
    try:
        answer = Answer.model_validate_json(finished.output)
    except ValidationError as error:
        problem = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        raise _broken(step, "its answer can't be read", problem) from error
    return _judge(work, step, answer)


def _done_before(work: Work, step: CommandStep) -> dict[str, object] | None:
    """Return the results of a one-way step that an earlier attempt at this unit passed; None where none ever ran it.

    Raises LINE-134 where one ran it, or may have, and did not pass: it is never done twice.
    """
    unit = work.records.unit_by_device_id(work.device_id) if work.device_id is not None else None
    if step.repeat is not RepeatClass.ONE_WAY or unit is None:
        return None
    began: set[int] = set()
    for attempt in reversed(work.records.attempts_of_unit(unit.id)):
        if attempt.id == work.attempt:
            continue
        mine: set[int] = set()
        for entry in work.records.entries_of(attempt.id):
            match entry.event:
                case StepIntended(step=StepKind.COMMAND, name=step.name, index=index):
                    mine.add(index)
                case StepFinished(outcome=Outcome.PASSED, results={"name": step.name} as results):
                    return {**results, "adopted_from": results.get("adopted_from", attempt.id)}
                case StepFinished(index=index, fault=FaultRecord(code=COMMAND_BROKEN.code)) if index in mine:
                    mine.discard(index)  # the program never began
                case _:
                    pass
        if mine:
            began.add(attempt.id)
    if began:
        raise ONE_WAY_UNCLEAR.fault(f"attempts {sorted(began)}", name=step.name, why="it ran before and did not pass")
    return None


def _broken(step: CommandStep, why: str, detail: str) -> Fault:
    spec = ONE_WAY_UNCLEAR if step.repeat is RepeatClass.ONE_WAY else COMMAND_BROKEN
    return spec.fault(detail, name=step.name, why=why)


def _judge(work: Work, step: CommandStep, answer: Answer) -> dict[str, object]:
    measured = {one.name: one for one in answer.measurements}
    rows = [_with_limits(one, step.limits.get(one.name)) for one in answer.measurements]
    results: dict[str, object] = {"name": step.name, "reason": answer.reason, "measurements": rows}
    work.observed = results
    if answer.outcome == "error":
        raise _broken(step, answer.reason.rstrip(".") or "it reports an error", answer.reason)
    missing = sorted(set(step.limits) - set(measured))
    if missing:
        raise _broken(step, f"it did not measure {', '.join(missing)}", answer.reason)
    for name, limit in step.limits.items():
        if limit.unit and measured[name].unit != limit.unit:
            why = f"it measured {name} in {measured[name].unit or 'no unit'}, the recipe says {limit.unit}"
            raise _broken(step, why, answer.reason)
    for row in rows:
        if not row["inside"]:
            limits = f"{_shown(row['low'])} to {_shown(row['high'])}"
            raise OUT_OF_LIMITS.fault(
                answer.reason,
                name=step.name,
                measure=row["name"],
                value=row["value"],
                unit=row["unit"],
                limits=limits,
            )
    if answer.outcome == "failed":
        raise COMMAND_FAILED.fault(name=step.name, why=answer.reason.rstrip(".") or "no reason given")
    return results


def _with_limits(one: Measurement, limit: Limit | None) -> dict[str, object]:
    lows = [low for low in (one.low, limit.low if limit else None) if low is not None]
    highs = [high for high in (one.high, limit.high if limit else None) if high is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    inside = (low is None or one.value >= low) and (high is None or one.value <= high)
    return {"name": one.name, "value": one.value, "unit": one.unit, "low": low, "high": high, "inside": inside}


def _shown(limit: object) -> str:
    return "…" if limit is None else str(limit)
