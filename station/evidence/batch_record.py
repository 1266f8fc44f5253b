"""A batch as plain values, read from the journal alone: what its report, tables and screens show.

Yields are named as the field names them. *First-pass yield* (FPY) relates units that were good at once to units
started; *first-time-through* (FTT, also "right first time") relates those that went through without any repetition to
units finished; *rolled throughput yield* (RTY) multiplies the shares of each step that passed at once. See
https://en.wikipedia.org/wiki/First_pass_yield, which also shows why one number alone hides repetitions.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, prod
from statistics import median
from typing import Final

from station.domain import events as e
from station.domain.ids import AttemptId, BatchId, EventSeq, SlotNumber, UnitId
from station.domain.line import CloudState, Outcome
from station.evidence.faults import BATCH_UNKNOWN
from station.evidence.provenance import CoveringCheckpoint, Provenance, covering_checkpoint, read_provenance
from station.evidence.unit_record import AttemptRecord, read_attempt
from station.journal.leaves import Leaves
from station.journal.reconciliation import nameless_boards, outcome_here
from station.journal.records import Records
from station.journal.rows import AttemptRow, BatchRow, Tally, UnitRow

FPY_MEANS: Final = (
    "First-pass yield (FPY): units whose first attempt passed, of the units started. "
    "An attempt that the station or a person ended judges no board; then the next one is the first."
)
FTT_MEANS: Final = (
    "First-time-through (FTT, right first time): units that passed in their only attempt with no step repeated and "
    "no rework, of the units finished (passed, failed or quarantined)."
)
RTY_MEANS: Final = (
    "Rolled throughput yield (RTY): the shares of all steps that passed at their first try, multiplied; "
    "steps that the station or a person ended are left out."
)
FINAL_MEANS: Final = "Final yield: units that passed in the end, of the units finished."

_FINISHED: Final = (Outcome.PASSED, Outcome.FAILED, Outcome.QUARANTINED)


@dataclass(frozen=True, slots=True)
class Quantity:
    """The work order, counted. ``named`` and ``nameless`` count by outcome; nameless boards never said who they are."""

    ordered: int
    named: dict[Outcome, int]
    nameless: dict[Outcome, int]
    in_work: int

    def count(self, outcome: Outcome) -> int:
        """Return how many boards ended so, nameless ones too."""
        return self.named.get(outcome, 0) + self.nameless.get(outcome, 0)

    @property
    def started(self) -> int:
        """All boards that were touched for the order."""
        return sum(self.count(outcome) for outcome in Outcome) + self.in_work

    @property
    def not_started(self) -> int:
        """Places of the order that no board has taken."""
        return max(0, self.ordered - self.started)

    @property
    def difference(self) -> int:
        """Boards beyond the order; 0 where it is reconciled."""
        return self.started + self.not_started - self.ordered


@dataclass(frozen=True, slots=True)
class Yield:
    """A share of units, as counted: ``good`` of ``total``."""

    name: str
    means: str
    good: int
    total: int

    @property
    def share(self) -> float | None:
        """The share; None where there is nothing to divide by."""
        return self.good / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class FaultCount:
    """A fault with its place in the Pareto. ``sentence`` is the one said most often."""

    code: str
    sentence: str
    count: int
    share: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, of ``count`` measured ones; ``p95`` is the nearest rank."""

    count: int
    shortest: float
    middle: float
    p95: float
    longest: float


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step of the recipe over the batch. ``times`` of those that passed; ``at_once`` of ``judged`` had one try."""

    name: str
    times: Times | None
    at_once: int
    judged: int


@dataclass(frozen=True, slots=True)
class BoardRecord:
    """A board's part in the batch: ``unit`` None where it never said who it is; then there is one attempt."""

    unit: UnitRow | None
    attempts: tuple[AttemptRecord, ...]
    outcome: Outcome | None
    """As what the batch counts it; None while it is in work."""

    @property
    def last(self) -> AttemptRecord:
        """The attempt that counts."""
        return self.attempts[-1]


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """Everything about one batch. ``newest`` is the newest entry that it rests on."""

    row: BatchRow
    armed: tuple[e.BatchArmed, ...]
    opened: datetime
    closed: e.BatchClosed | None
    closed_at: datetime | None
    quantity: Quantity
    tally: Tally
    yields: tuple[Yield, ...]
    rolled: float | None
    faults: tuple[FaultCount, ...]
    attempts_made: int
    cycle: Times | None
    steps: tuple[StepFigures, ...]
    slots: tuple[tuple[SlotNumber, int, Times | None], ...]
    """Slot, its attempts, times of those that passed."""
    people: tuple[tuple[str, str], ...]
    """IDs, and what each did."""
    boards: tuple[BoardRecord, ...]
    counted: frozenset[AttemptId]
    """Attempts at boards that never said who they are, which ``quantity`` counts."""
    provenance: Provenance
    newest: EventSeq
    newest_at: datetime
    checkpoint: CoveringCheckpoint | None

    @property
    def outcomes(self) -> dict[UnitId, Outcome | None]:
        """As what the batch counts each of its units."""
        return {one.unit.id: one.outcome for one in self.boards if one.unit is not None}


def read_batch(records: Records, leaves: Leaves, batch: BatchId) -> BatchRecord:
    """Return the batch as the journal has it now; EVD-201 where there is none of this name. Looks only."""
    row = records.batch(batch)
    if row is None:
        known = ", ".join(records.batch_names()[-5:]) or "none"
        raise BATCH_UNKNOWN.fault(batch=batch, known=known)
    entries = [records.entry(EventSeq(seq)) for seq in leaves.of_batch(batch)]
    armed = tuple(entry.event for entry in entries if isinstance(entry.event, e.BatchArmed))
    closed = next((one for one in reversed(entries) if isinstance(one.event, e.BatchClosed)), None)
    rows = records.attempts_of_batch(batch)
    attempts = [read_attempt(records, one) for one in rows]
    overwritten = records.overwritten_in(batch)
    boards = tuple(_boards(records.units_of(batch), rows, attempts, overwritten))
    tally = records.tally(batch)
    nameless = nameless_boards(rows, [board.unit for board in boards if board.unit is not None], overwritten)
    quantity = _quantity(row.quantity, boards, nameless)
    newest = max([(entry.seq, entry.at) for entry in entries] + [(one.newest, one.newest_at) for one in attempts])
    passed = [one for one in attempts if one.outcome is Outcome.PASSED]
    steps = tuple(_steps(attempts))
    return BatchRecord(
        row=row,
        armed=armed,
        opened=entries[0].at,
        closed=closed.event if closed is not None and isinstance(closed.event, e.BatchClosed) else None,
        closed_at=closed.at if closed is not None else None,
        quantity=quantity,
        tally=tally,
        yields=_yields(tally, quantity, boards),
        rolled=prod(shares) if (shares := [one.at_once / one.judged for one in steps if one.judged]) else None,
        faults=tuple(_pareto(attempts)),
        attempts_made=len(attempts),
        cycle=_times(one.seconds for one in passed),
        steps=steps,
        slots=tuple(_slots(attempts)),
        people=tuple(_people(armed, closed.event if closed is not None else None, attempts)),
        boards=boards,
        counted=frozenset(one.id for one in nameless),
        provenance=read_provenance(records, row.recipe, row.fixture, attempts),
        newest=newest[0],
        newest_at=newest[1],
        checkpoint=covering_checkpoint(leaves, newest[0]),
    )


def _boards(
    units: Sequence[UnitRow],
    rows: Sequence[AttemptRow],
    attempts: Sequence[AttemptRecord],
    overwritten: Mapping[AttemptId, UnitId],
) -> Iterator[BoardRecord]:
    """Yield the batch's boards in the order in which they first came to it."""
    known = {unit.id: unit for unit in units}
    of_unit: dict[int, list[AttemptRecord]] = {}
    for row, attempt in zip(rows, attempts, strict=True):
        if row.unit is not None:
            of_unit.setdefault(row.unit, []).append(attempt)
    for row, attempt in zip(rows, attempts, strict=True):
        if row.unit is None:
            yield BoardRecord(None, (attempt,), attempt.outcome)
        elif (made := of_unit[row.unit])[0] is attempt:
            outcome = outcome_here(made[-1].outcome, made[-1].id, row.unit, overwritten)
            yield BoardRecord(known[row.unit], tuple(made), outcome)


def _quantity(ordered: int, boards: Sequence[BoardRecord], waiting: Sequence[AttemptRow]) -> Quantity:
    """Count the boards as :func:`station.journal.reconciliation.reconcile` does, nameless ones apart.

    What became of a unit in another batch later is that batch's: :class:`Tally` and the tables count as this does.
    """
    named = Counter(one.outcome for one in boards if one.unit is not None)
    nameless = Counter(row.outcome for row in waiting)
    return Quantity(
        ordered,
        {outcome: named[outcome] for outcome in Outcome if named[outcome]},
        {outcome: nameless[outcome] for outcome in Outcome if nameless[outcome]},
        named[None] + nameless[None],
    )


def _yields(tally: Tally, quantity: Quantity, boards: Sequence[BoardRecord]) -> tuple[Yield, ...]:
    finished = sum(quantity.count(outcome) for outcome in _FINISHED)
    # The first attempt ever, and the only one here: what another batch did to the unit later is no matter of this one.
    through = sum(1 for one in boards if len(one.attempts) == 1 and one.last.number == 1 and _at_once(one.last))
    return (
        Yield("First-pass yield (FPY)", FPY_MEANS, tally.first_passed, tally.first_total),
        Yield("First-time-through (FTT)", FTT_MEANS, through, finished),
        Yield("Final yield", FINAL_MEANS, quantity.count(Outcome.PASSED), finished),
    )


def _at_once(attempt: AttemptRecord) -> bool:
    return attempt.outcome is Outcome.PASSED and all(step.tries == 1 for step in attempt.steps)


def _pareto(attempts: Iterable[AttemptRecord]) -> Iterator[FaultCount]:
    """Yield the faults that ended attempts, most frequent first; every ended attempt that has one counts once."""
    said: dict[str, Counter[str]] = {}
    for one in attempts:
        if one.fault is not None:
            said.setdefault(one.fault.code, Counter())[one.fault.sentence] += 1
    total, sofar = sum(counter.total() for counter in said.values()), 0
    for code, sentences in sorted(said.items(), key=lambda pair: (-pair[1].total(), pair[0])):
        sofar += sentences.total()
        sentence = min(sentences, key=lambda text: (-sentences[text], text))
        yield FaultCount(code, sentence, sentences.total(), sentences.total() / total, sofar / total)


def _steps(attempts: Iterable[AttemptRecord]) -> Iterator[StepFigures]:
    """Yield figures of each step, in the order of the recipe."""
    places: dict[str, int] = {}
    milliseconds: dict[str, list[float]] = {}
    judged: Counter[str] = Counter()
    at_once: Counter[str] = Counter()
    for attempt in attempts:
        for step in attempt.steps:
            places[step.name] = min(step.index, places.get(step.name, step.index))
            if step.outcome in (Outcome.PASSED, Outcome.FAILED):
                judged[step.name] += 1
            if step.outcome is Outcome.PASSED and step.milliseconds is not None:
                milliseconds.setdefault(step.name, []).append(step.milliseconds / 1000)
                at_once[step.name] += step.tries == 1
    for name in sorted(places, key=lambda one: (places[one], one)):
        yield StepFigures(name, _times(milliseconds.get(name, ())), at_once[name], judged[name])


def _slots(attempts: Sequence[AttemptRecord]) -> Iterator[tuple[SlotNumber, int, Times | None]]:
    for slot in sorted({one.slot for one in attempts}):
        here = [one for one in attempts if one.slot == slot]
        yield slot, len(here), _times(one.seconds for one in here if one.outcome is Outcome.PASSED)


def _times(seconds: Iterable[float | None]) -> Times | None:
    known = sorted(one for one in seconds if one is not None)
    if not known:
        return None
    return Times(len(known), known[0], median(known), known[ceil(0.95 * len(known)) - 1], known[-1])


def _people(
    armed: Iterable[e.BatchArmed], closed: e.Event | None, attempts: Iterable[AttemptRecord]
) -> Iterator[tuple[str, str]]:
    did: dict[str, list[str]] = {}
    for person, times in Counter(one.operator for one in armed).items():
        did.setdefault(person, []).append("armed it" + (f" {times} times" if times > 1 else ""))
    for person, times in sorted(Counter(one.by for one in attempts).items()):
        did.setdefault(person, []).append(f"signed in at {times} attempt{'s' if times > 1 else ''}")
    if isinstance(closed, e.BatchClosed):
        did.setdefault(closed.operator, []).append("closed it")
    for person, deeds in did.items():
        yield person or "nobody", ", ".join(deeds)


def cloud_counts(record: BatchRecord) -> list[tuple[str, int]]:
    """Return how many units stand how with the cloud, those not meant for it left out."""
    return [
        (state.value, record.tally.cloud[state])
        for state in CloudState
        if state is not CloudState.NONE and record.tally.cloud.get(state)
    ]
