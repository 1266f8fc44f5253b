"""A work order added up: what became of each of its places, by what the journal says now."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from station.domain.ids import AttemptId, BatchId, UnitId
from station.domain.line import Outcome
from station.journal.records import Records
from station.journal.rows import AttemptRow, UnitRow

_ORDER = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.QUARANTINED, Outcome.ABORTED)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """``ordered`` = the boards by how they ended + ``not_started`` - ``beyond``. Counted as the batch's report does."""

    ordered: int
    outcomes: dict[Outcome, int]

    @property
    def started(self) -> int:
        """The boards that took part."""
        return sum(self.outcomes.values())

    @property
    def not_started(self) -> int:
        """Places that no board has taken."""
        return max(0, self.ordered - self.started)

    @property
    def beyond(self) -> int:
        """Boards beyond the order: one that was aborted, or that the station failed, was replaced by another."""
        return max(0, self.started - self.ordered)

    def counts(self) -> dict[str, int]:
        """Return how many boards ended how, without those ways in which none did."""
        return {outcome.value: count for outcome, count in self.outcomes.items() if count}

    def lines(self) -> list[tuple[str, int]]:
        """Return the figures by name, in the order in which people add them up; their sum is what was ordered."""
        beyond = [("beyond the order", -self.beyond)] if self.beyond else []
        return [*((one.value, self.outcomes[one]) for one in _ORDER), ("not started", self.not_started), *beyond]


def reconcile(records: Records, batch: BatchId) -> Reconciliation:
    """Return the work order's places by what became of them. Attempts without an end count nowhere.

    A board that said who it is counts by its last attempt in the batch, and as quarantined where a later one here
    changed it unknown; the others as :func:`nameless_boards` says.
    """
    row = records.batch(batch)
    attempts, overwritten = records.attempts_of_batch(batch), records.overwritten_in(batch)
    last_of_unit = {one.unit: one for one in attempts if one.unit is not None}
    nameless = nameless_boards(attempts, records.units_of(batch), overwritten)
    ended = Counter(one.outcome for one in nameless)
    ended.update(outcome_here(one.outcome, one.id, unit, overwritten) for unit, one in last_of_unit.items())
    return Reconciliation(row.quantity if row is not None else 0, {one: ended[one] for one in _ORDER})


def outcome_here(
    outcome: Outcome | None, last: AttemptId, unit: UnitId, overwritten: Mapping[AttemptId, UnitId]
) -> Outcome | None:
    """Return as what a batch counts a unit whose ``last`` attempt in it ended so. Pure.

    ``overwritten`` as :meth:`station.journal.records.Records.overwritten_in` has it.
    """
    return Outcome.QUARANTINED if any(overwritten[one] == unit for one in overwritten if one > last) else outcome


def nameless_boards(
    attempts: Iterable[AttemptRow], units: Iterable[UnitRow], overwritten: Mapping[AttemptId, UnitId]
) -> list[AttemptRow]:
    """Return, of a batch's attempts in order, those that stand for a board which never said who it is.

    One whose label was read is that label's board: it counts once, by the last attempt at it, and as the unit with
    that serial number where ``units`` has it. One without a label counts once, by its slot's last attempt, until
    another board is in that slot: it may be the same one, put in again. An attempt that has ``overwritten`` one of
    ``units`` (:meth:`station.journal.records.Records.overwritten_in`) is that unit's. Pure.
    """
    units = tuple(units)
    labels, ids = {unit.serial for unit in units if unit.serial is not None}, {unit.id for unit in units}
    known = {attempt for attempt, unit in overwritten.items() if unit in ids}
    last_of_label, last_in_slot = dict[str, AttemptRow](), dict[int, AttemptRow]()
    for one in attempts:
        last_in_slot[one.slot] = one
        if one.serial is not None:
            last_of_label[one.serial] = one
    labelled = [one for label, one in last_of_label.items() if one.unit is None and label not in labels]
    return [*labelled, *(one for one in last_in_slot.values() if _nameless(one, known))]


def _nameless(one: AttemptRow, known: Container[AttemptId]) -> bool:
    return one.unit is None and one.serial is None and one.id not in known
