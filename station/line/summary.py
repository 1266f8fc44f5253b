"""A batch at its end (or at any moment): each unit, the yield, the times. Read from the journal alone."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from station.domain.check_events import CheckState
from station.domain.events import AttemptClosed
from station.domain.ids import BatchId, UnitId
from station.domain.line import CloudState, Outcome
from station.journal.reconciliation import outcome_here
from station.journal.records import Records
from station.journal.rows import AttemptRow, Tally


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit of the summary; ``name`` is its device ID, or says that nobody identified it."""

    name: str
    slot: int
    tries: int
    seconds: float | None
    outcome: Outcome | None
    cloud: CloudState
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a batch came to. ``cycle_seconds`` are the times of the attempts that passed."""

    batch: BatchId
    product: str
    quantity: int
    tally: Tally
    units: tuple[UnitLine, ...]
    cycle_seconds: tuple[float, ...]
    evidence: Path
    reworks: int = 0
    """Units whose rework is declared and has not begun: what waited of them is not sent meanwhile."""
    checks: Mapping[str, CheckState] = field(default_factory=dict)
    """Final checks of onboarded units that have not passed, by device ID."""

    @property
    def all_passed(self) -> bool:
        """Whether the work order is complete and every unit that was touched for it passed and is recorded."""
        judged = sum(self.tally.nameless.get(outcome, 0) for outcome in (Outcome.FAILED, Outcome.QUARANTINED))
        others = judged + sum(count for outcome, count in self.tally.outcomes.items() if outcome != Outcome.PASSED)
        return self.tally.count(Outcome.PASSED) >= self.quantity and others == 0

    def facts(self) -> list[tuple[str, str]]:
        """Return the figures as (name, text) for people."""
        tally = self.tally
        counts = ", ".join(f"{tally.count(outcome)} {outcome}" for outcome in Outcome if tally.count(outcome))
        facts = [("units", f"{self.quantity} ordered: {counts or 'none yet'}")]
        if tally.first_total:
            share = tally.first_passed / tally.first_total
            facts.append(("first-pass yield", f"{share:.1%} ({tally.first_passed} of {tally.first_total})"))
        if self.cycle_seconds:
            low, mid, high = min(self.cycle_seconds), median(self.cycle_seconds), max(self.cycle_seconds)
            facts.append(("cycle time", f"{mid:.1f} s in the middle, {low:.1f} s to {high:.1f} s"))
        cloud = ", ".join(f"{count} {state}" for state, count in tally.cloud.items() if state != CloudState.NONE)
        facts.append(("cloud", cloud or "nothing to upload"))
        if self.checks:
            counted = Counter(self.checks.values())
            listed = ", ".join(f"{count} {state}" for state, count in counted.items())
            facts.append(("final checks", f"{listed}: station outbox"))
        if self.reworks:
            how = "build them again, or withdraw them: station rework --withdraw"
            facts.append(("reworks", f"{self.reworks} declared, not begun: {how}"))
        facts.append(("evidence", str(self.evidence)))
        return facts

    def as_json(self) -> dict[str, object]:
        """Return the summary as JSON values, for programs."""
        return {
            "batch": self.batch,
            "product": self.product,
            "quantity": self.quantity,
            "outcomes": {outcome.value: self.tally.count(outcome) for outcome in Outcome},
            "first_pass": {"passed": self.tally.first_passed, "total": self.tally.first_total},
            "cloud": self.tally.cloud,
            "final_checks": dict(self.checks),
            "reworks": self.reworks,
            "all_passed": self.all_passed,
            "cycle_seconds": {"median": median(self.cycle_seconds)} if self.cycle_seconds else None,
            "units": [
                {
                    "unit": unit.name,
                    "slot": unit.slot,
                    "tries": unit.tries,
                    "seconds": unit.seconds,
                    "outcome": unit.outcome,
                    "cloud": unit.cloud,
                    "code": unit.code,
                }
                for unit in self.units
            ],
            "evidence": str(self.evidence),
        }


def summarize(records: Records, batch: BatchId, evidence: Path) -> Summary:
    """Return the batch as the journal has it now."""
    row = records.batch(batch)
    attempts, overwritten = records.attempts_of_batch(batch), records.overwritten_in(batch)
    by_unit: dict[int, list[AttemptRow]] = {}
    for attempt in attempts:
        if attempt.unit is not None:
            by_unit.setdefault(attempt.unit, []).append(attempt)
    lines = []
    units = records.units_of(batch)
    for unit in units:
        tries = by_unit.get(unit.id, [])
        last = tries[-1] if tries else None
        code, sentence = _fault(records, last)
        lines.append(
            UnitLine(
                unit.device_id,
                last.slot if last else 0,
                len(tries),
                _seconds(last),
                outcome_here(last.outcome, last.id, unit.id, overwritten) if last else unit.outcome,
                unit.cloud,
                code,
                sentence,
            )
        )
    for attempt in attempts:
        if attempt.unit is None:
            code, sentence = _fault(records, attempt)
            lines.append(
                UnitLine(
                    f"not identified (attempt {attempt.id})",
                    attempt.slot,
                    1,
                    _seconds(attempt),
                    attempt.outcome,
                    CloudState.NONE,
                    code,
                    sentence,
                )
            )
    cycles = tuple(
        seconds
        for attempt in attempts
        if attempt.outcome is Outcome.PASSED and (seconds := _seconds(attempt)) is not None
    )
    return Summary(
        batch,
        row.product if row else "",
        row.quantity if row else 0,
        records.tally(batch),
        tuple(lines),
        cycles,
        evidence,
        sum(unit.rework for unit in units),
        _unpassed(records, {unit.id for unit in units}),
    )


def _unpassed(records: Records, units: Collection[UnitId]) -> dict[str, CheckState]:
    rows = records.final_checks(CheckState.DUE, CheckState.REFUSED, CheckState.UNSURE, limit=1_000_000)
    return {row.device_id: row.state for row in rows if row.unit in units}


def _seconds(attempt: AttemptRow | None) -> float | None:
    if attempt is None or attempt.closed is None:
        return None
    return (attempt.closed - attempt.opened).total_seconds()


def _fault(records: Records, attempt: AttemptRow | None) -> tuple[str, str]:
    if attempt is None or attempt.fault is None:
        return "", ""
    for entry in reversed(records.entries_of(attempt.id)):
        if isinstance(entry.event, AttemptClosed) and entry.event.fault is not None:
            return entry.event.fault.code, entry.event.fault.sentence
    return attempt.fault, ""
