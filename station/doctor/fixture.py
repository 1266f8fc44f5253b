"""The doctor's look at the jig and at what recipes ask of it: ports, probes, power, programs. Touches no board."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from station.doctor.findings import Check, Verdict, advice, judge_fault, ok, trouble
from station.doctor.ports import Holders, judge_latency, judge_port
from station.doctor.probes import ProbeSite, judge_probe_holders, look_for_probe, skip_probe
from station.domain.faults import Fault
from station.line.equipment import Equipment
from station.line.faults import NO_PROGRAMMER
from station.opened import Opened
from station.outfit import equip_slot
from station.probes import port_address, programmer_for
from station.settings.fixture import (
    Fixture,
    NrfjprogProgrammer,
    NrfutilProgrammer,
    PowerCommand,
    SimulatedProgrammer,
    Slot,
)
from station.settings.recipe import CommandStep, Recipe


@dataclass(frozen=True, slots=True)
class Jig:
    """The fixture with what the slots' checks need beside it.

    ``recipe`` is any that loads, None where none does: drivers are made by the composition root, as for a batch.
    ``in_use``: a station works in the data folder (or nobody can tell); ``engine`` is its process where it is known.
    """

    opened: Opened
    fixture: Fixture
    recipe: Recipe | None
    holders: Holders
    in_use: bool
    engine: int | None
    root: Path
    probes: ProbeSite

    def equip(self, slot: Slot) -> Equipment | None:
        """Return what a batch would work with in this slot; None without a recipe. Opens nothing."""
        if self.recipe is None:
            return None
        opened = self.opened
        return equip_slot(slot, self.recipe, opened.value, opened.clock, without=opened.secret_variables())


def judge_fixture(fixture: Fixture) -> Verdict:
    """Return which fixture it is. Pure."""
    count = len(fixture.slots)
    return ok(f"{fixture.name}, {count} slot{'' if count == 1 else 's'}.")


def judge_recipe(recipe: Recipe, fixture: Fixture | None) -> Iterator[Verdict]:
    """Yield whether the product can be built here: every file it pins was compared when it was read."""
    without = [str(slot.number) for slot in fixture.slots if slot.programmer is None] if fixture else []
    steps = [step for step in recipe.steps if isinstance(step, CommandStep)]
    missing = [step for step in steps if shutil.which(step.program) is None]
    needs_probe = bool(without) and any(step.uses_probe for step in recipe.steps)
    if needs_probe:
        fault = NO_PROGRAMMER.fault(product=recipe.product, slots=", ".join(without))
        yield from (advice(one.seen, one.mend) for one in judge_fault(fault))
    for step in missing:
        yield trouble(
            f'The program {step.program} of the step "{step.name}" can\'t be started.',
            "Install it for the station's user, or correct `program` in the recipe.",
            code="HOST-108",
        )
    if not (missing or needs_probe):
        programs = ", and so are the programs of its steps" if steps else ""
        yield ok(f"{recipe.product}, {len(recipe.steps)} steps; every file it pins is there and right{programs}.")


def check_slot(jig: Jig, slot: Slot) -> Iterator[Check]:
    """Yield the checks of one slot; each looks without disturbing a board or whoever works on it."""
    address = port_address(slot)

    def look_at_port() -> Verdict:
        needs_board = slot.presence == "port"
        return judge_port(address, needs_board=needs_board, holders=jig.holders, engine=jig.engine, root=jig.root)

    def look_at_drivers() -> list[Verdict]:
        try:
            jig.equip(slot)
        except Fault as fault:
            return [_without(one, address, "its port") for one in judge_fault(fault)]
        latency = judge_latency(address, jig.root)
        return [] if latency is None else [latency]

    yield Check("slot.port", "port", look_at_port, slot.number, address)
    yield Check("slot.driver", "port", look_at_drivers, slot.number, address)
    if slot.power is not None:
        power = slot.power
        yield Check("slot.power", "power", lambda: judge_power(power), slot.number, power.on[0])


def check_probe(jig: Jig, slot: Slot) -> Iterator[Check]:
    """Yield the checks of a slot's probe, where it has one. It is looked for; the board is not attached to."""
    match slot.programmer:
        case None:
            return
        case SimulatedProgrammer(address=where) as programmer:
            pass
        case NrfutilProgrammer(probe=where) | NrfjprogProgrammer(probe=where) as programmer:
            serial = where
            if not jig.in_use or jig.engine is not None:
                yield Check(
                    "slot.probe-users", "probe", lambda: judge_probe_holders(jig.probes, serial), slot.number, serial
                )

    def look_for() -> list[Verdict]:
        if jig.in_use:
            return [skip_probe()]
        opened = jig.opened
        driver = programmer_for(programmer, opened.value.tools, opened.clock, without=opened.secret_variables())
        return look_for_probe(jig.probes, slot, driver, port_address(slot))

    yield Check("slot.probe", "probe", look_for, slot.number, where)


def judge_power(power: PowerCommand) -> Verdict:
    """Return whether the programs that switch the power can be found. They are not run."""
    missing = sorted({command[0] for command in (power.on, power.off) if shutil.which(command[0]) is None})
    if missing:
        return trouble(
            f"The program {' and '.join(missing)} can't be started.",
            "Install it for the station's user, or correct `power` in the fixture file.",
            code="HOST-108",
        )
    return ok(f"The program is there: {power.on[0]}.")


def _without(verdict: Verdict, name: str, instead: str) -> Verdict:
    """Return the same without the slot's own name, so that slots with the same trouble read the same."""
    return replace(verdict, seen=verdict.seen.replace(name, instead), mend=verdict.mend.replace(name, instead))
