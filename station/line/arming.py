"""Arming a batch: everything that must hold before the first board is touched, said and journaled."""

from dataclasses import dataclass
from typing import assert_never

from station.cloud.protocol import Cloud
from station.domain.events import BatchArmed
from station.domain.ids import BatchId, Sha256
from station.journal.journal import Journal
from station.journal.records import Records
from station.line.faults import NEVER_CONFIRMED, NO_PROGRAMMER
from station.line.team import Confirmed, TeamGate, Unreachable
from station.settings.fixture import Fixture
from station.settings.loading import Loaded
from station.settings.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Armed:
    """A batch that may run. ``team`` is empty for a product without a cloud; ``warnings`` are for the operator."""

    batch: BatchId
    product: str
    quantity: int
    recipe: Sha256
    fixture: Sha256
    team: str
    confirmed: bool
    warnings: tuple[str, ...]


def arm(
    journal: Journal,
    records: Records,
    *,
    batch: BatchId,
    recipe: Loaded[Recipe],
    fixture: Loaded[Fixture],
    quantity: int,
    operator: str,
    cloud: Cloud | None,
    base_url: str,
    team: str | None,
) -> Armed:
    """Journal that the batch may run, once all of it holds: the fixture can build the product, the key is the team's.

    Raises LINE-143 (a slot can't flash), LINE-151 to LINE-153 (key and team), JRN-221 and JRN-222 (the batch was
    begun with something else, or is closed). Safe to repeat: it continues the batch.
    """
    _require_programmers(recipe.value, fixture.value)
    found, confirmed = "", True
    warnings: list[str] = []
    if cloud is not None:
        found, confirmed, warnings = _team(TeamGate(journal, records, cloud, base_url, team), team)
    elif recipe.value.cloud is not None:
        warnings = ["The station file names no cloud: finished units wait in the outbox."]
    recipe_name = journal.keep("recipe", recipe.context())
    fixture_name = journal.keep("fixture", fixture.context())
    journal.commit(
        BatchArmed(
            batch=batch,
            product=recipe.value.product,
            recipe=recipe_name,
            fixture=fixture_name,
            quantity=quantity,
            operator=operator,
            team_id=found,
            cloud_confirmed=confirmed,
            warnings=tuple(warnings),
        ),
    )
    return Armed(batch, recipe.value.product, quantity, recipe_name, fixture_name, found, confirmed, tuple(warnings))


def _require_programmers(recipe: Recipe, fixture: Fixture) -> None:
    if recipe.images:
        without = [str(slot.number) for slot in fixture.slots if slot.programmer is None]
        if without:
            raise NO_PROGRAMMER.fault(product=recipe.product, slots=", ".join(without))


def _team(gate: TeamGate, wanted: str | None) -> tuple[str, bool, list[str]]:
    answer = gate.ask()
    match answer:
        case Confirmed():
            hint = f'The key is team {answer.team_id}\'s. Write team = "{answer.team_id}" under [cloud].'
            return answer.team_id, True, [] if wanted else [hint]
        case Unreachable():
            if answer.last is None:
                raise NEVER_CONFIRMED.fault(why=answer.reason)
            team = answer.last[0]
            text = f"The cloud can't be reached ({answer.reason}). Team {team} as last confirmed; uploads wait."
            return team, False, [text]
        case _:
            assert_never(answer)
