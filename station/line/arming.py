"""Arming a batch: everything that must hold before the first board is touched, said and journaled."""

from dataclasses import dataclass

from station.cloud.protocol import Cloud
from station.devices.image_sequence import check_sequence
from station.devices.images import ImageReport, ImageShelf, check_image
from station.devices.protocols import Image, ImageKind
from station.domain.events import BatchArmed
from station.domain.ids import BatchId, Sha256, SlotNumber
from station.domain.line import Erase, StepKind
from station.journal.faults import BATCH_CLOSED
from station.journal.records import Records
from station.journal.rows import BatchRow
from station.line.account import settle_account
from station.line.claim_arming import check_claims
from station.line.faults import NO_POWER_SWITCH, NO_PROGRAMMER, NOT_BY_THIS_PROBE, TOO_FEW
from station.line.final_checks import require_check
from station.line.hand import Writer
from station.line.serials import SerialRange, settle_serials
from station.line.team import TeamGate
from station.line.way_arming import require_taken, security_of, warn_of_way
from station.people.rights import Actor
from station.settings.fixture import Fixture
from station.settings.pinned import PinnedFile
from station.settings.reading import Loaded
from station.settings.recipe import FlashStep, LockStep, ModemStep, ReadBackStep, Recipe, RecoverStep

_WIPES = (
    "This product is flashed before a board says who it is, and no label is scanned: "
    "a finished unit that is put into a slot again loses its firmware and its lock, perhaps its credentials, "
    "and counts as finished no more."
)


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
    operator: str
    """Who armed it: what its slots write is theirs."""
    serials: SerialRange | None = None
    security: str = ""
    """How secure the vendor says that the product's way is."""
    tenant: str = ""
    """What an onboarding token must name: the team, or what the station file says."""

    @property
    def said(self) -> tuple[str, ...]:
        """All that whoever arms it is told: the way's security first, then the warnings."""
        return (*((self.security,) if self.security else ()), *self.warnings)


def arm(
    journal: Writer,
    records: Records,
    *,
    batch: BatchId,
    recipe: Loaded[Recipe],
    fixture: Loaded[Fixture],
    quantity: int,
    actor: Actor,
    cloud: Cloud | None,
    team: str | None,
    images: ImageShelf,
    serials: str = "",
    tenant: str | None = None,
) -> Armed:
    """Journal that the batch may run, once all of it holds: fixture and images can make the product, the key is right.

    ``serials`` are the labels of its boards (``FIRST..LAST``), "" for whatever was said when it was begun.

    Raises LINE-143, 147 and 149 (what a slot can't do), LINE-139, LINE-155 and LINE-160 (what the cloud's API does not
    take, or tell), LINE-158 (no rule for its claims), LINE-183 to LINE-186 (its labels), DEV-307 and DEV-33x (images),
    LINE-151 to LINE-153 (key and team), LINE-154 (more is done already), JRN-221 and JRN-222 (the batch was begun with
    something else, or is closed). Safe to repeat: it continues the batch. ``journal`` is in the hand of ``actor``;
    whether they may is the caller's to ask before.
    """
    _require_equipment(recipe.value, fixture.value)
    if cloud is not None:
        require_taken(recipe.value, cloud, tenant)
        require_check(recipe.value, cloud)
    row = records.batch(batch)
    if row is not None and row.closed:  # the journal would refuse it too, only later
        raise BATCH_CLOSED.fault(batch=batch)
    found, confirmed = "", True
    labels = settle_serials(serials, recipe.value, batch, quantity, _serials_before(records, batch))
    warnings = [*_changes(records, row, batch, quantity), *_check_images(recipe.value, images)]
    if recipe.value.changes_before_identify and not recipe.value.scans_labels:
        warnings.append(_WIPES)
    warnings += warn_of_way(recipe.value)
    if cloud is not None:
        gate = TeamGate(journal, records, cloud, cloud.place, team)
        found, confirmed, hints = settle_account(gate, records, cloud, recipe.value, team)
        warnings += [*hints, *check_claims(recipe.value, cloud)]
    elif recipe.value.cloud is not None:
        warnings.append("The station file names no cloud: finished units wait in the outbox.")
    recipe_name = journal.keep("recipe", recipe.context())
    fixture_name = journal.keep("fixture", fixture.context())
    journal.commit(
        BatchArmed(
            batch=batch,
            product=recipe.value.product,
            recipe=recipe_name,
            fixture=fixture_name,
            quantity=quantity,
            operator=actor.id,
            team_id=found,
            cloud_confirmed=confirmed,
            warnings=tuple(warnings),
            serials="" if labels is None else str(labels),
            way=recipe.value.way,
            security=security_of(recipe.value),
        ),
    )
    return Armed(
        batch,
        recipe.value.product,
        quantity,
        recipe_name,
        fixture_name,
        found,
        confirmed,
        tuple(warnings),
        actor.id,
        labels,
        security_of(recipe.value),
        tenant or found,
    )


def _serials_before(records: Records, batch: BatchId) -> str | None:
    """Return the labels that the batch was begun with; None where it was not begun."""
    armed = [entry.event for entry in records.entries_of_kind(BatchArmed.kind)]
    return next((one.serials for one in armed if isinstance(one, BatchArmed) and one.batch == batch), None)


def _changes(records: Records, row: BatchRow | None, batch: BatchId, quantity: int) -> list[str]:
    """Return what becomes of the work order, in words; raise LINE-154 where more is done than is asked for."""
    if row is None or row.quantity == quantity:
        return []
    done = records.tally(batch).ended
    if quantity < done:
        raise TOO_FEW.fault(f"{row.quantity} before", batch=batch, done=done, quantity=quantity)
    return [f"The quantity of batch {batch} changes from {row.quantity} to {quantity}; {done} are done already."]


def _require_equipment(recipe: Recipe, fixture: Fixture) -> None:
    """Raise the fault of slots that can't do what the product needs."""
    if recipe.uses_probe and (slots := [slot.number for slot in fixture.slots if slot.programmer is None]):
        raise NO_PROGRAMMER.fault(product=recipe.product, slots=_listed(slots))
    if recipe.has(StepKind.POWER_CYCLE) and (slots := [slot.number for slot in fixture.slots if slot.power is None]):
        raise NO_POWER_SWITCH.fault(product=recipe.product, slots=_listed(slots))
    if any(isinstance(step, LockStep) and step.erase_protect for step in recipe.steps):
        other = [slot.number for slot in fixture.slots if slot.programmer and slot.programmer.kind == "nrfutil"]
        if other:
            raise NOT_BY_THIS_PROBE.fault(product=recipe.product, slots=_listed(other))


def _listed(slots: list[SlotNumber]) -> str:
    return ", ".join(map(str, slots))


def _check_images(recipe: Recipe, shelf: ImageShelf) -> list[str]:
    """Return what an operator should know of the images; raise the fault of one that no board may get."""
    told: dict[Sha256, ImageReport] = {}
    warnings: list[str] = []

    def report(pinned: PinnedFile, kind: ImageKind) -> ImageReport:
        if pinned.sha256 not in told:
            image = Image(pinned.path, pinned.sha256, kind)
            told[pinned.sha256] = check_image(image, recipe.target_family)
            shelf.ready(image)
            warnings.extend(f"{pinned.path.name}: {text}" for text in told[pinned.sha256].warnings)
        return told[pinned.sha256]

    order: list[tuple[Erase, ImageReport | None]] = []
    for step in recipe.steps:
        match step:
            case RecoverStep():
                order.append((Erase.ALL, None))
            case ModemStep():
                report(step.image, ImageKind.MODEM)
            case FlashStep():
                order.append((step.erase, report(step.image, ImageKind.APPLICATION)))
            case ReadBackStep():
                last = [one for one in order if one[1] is not None][-1:]
                order += [(step.erase, report(step.image, ImageKind.APPLICATION)), *last]
            case _:
                pass
    return [*warnings, *check_sequence(order)]
