"""What a line did over a span of time, counted by SQL: yield, faults, times by slot and by step.

Every figure is one pass over the attempts of the span; a million take about a second each. What SQLite hands over are
some hundred sums, whatever the number of units. Times are counted into narrow classes, so that middles and quarters
come from sums: 10 ms wide below ten seconds, 100 ms above.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from station.domain.events import AttemptClosed
from station.domain.ids import AttemptId, SlotNumber
from station.domain.line import Outcome
from station.journal.codec import decode
from station.journal.leaf_words import body_at
from station.journal.questions import Questions
from station.journal.spans import AttemptSpan, Span, attempt_span, time_of

STEP_SAMPLE: Final = 1000
"""Attempts whose steps are looked at: the newest that passed. Steps stand in the entries alone, several an attempt."""

_QUARTER_US: Final = 15 * 60 * 1_000_000
"""Every time zone's midnight is at a quarter of an hour."""

_MOST_MS: Final = 10_000_000
"""Times beyond nearly three hours count as that."""
_OUTCOMES: Final = tuple(Outcome)

_FIRST: Final = (
    "attempt.outcome IN ('passed', 'failed') AND attempt.unit IS NOT NULL AND (attempt.number = 1 OR NOT EXISTS "
    "(SELECT 1 FROM attempt AS earlier WHERE earlier.unit = attempt.unit AND earlier.id < attempt.id "
    "AND earlier.outcome IN ('passed', 'failed')))"
)
"""The unit's first attempt that judged it, as :class:`station.journal.rows.Tally` has it: but over all batches."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which attempts count: of a product ("": all), begun within a span."""

    product: str = ""
    span: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class QuarterHour:
    """First attempts that began within the quarter of an hour from ``at`` on: ``passed`` of ``total`` passed."""

    at: datetime
    passed: int
    total: int


@dataclass(frozen=True, slots=True)
class FaultShare:
    """A fault that ended ``count`` attempts; ``sentence`` as it was said the last time. ``slots``: where, how often."""

    code: str
    outcome: Outcome
    sentence: str
    count: int
    slots: dict[SlotNumber, int]


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds, sorted, by where they stand: the middle half lies between ``lower`` and ``upper``."""

    count: int
    shortest: float
    lower: float
    middle: float
    upper: float
    p95: float
    longest: float


@dataclass(frozen=True, slots=True)
class SlotFigures:
    """One slot: its ended attempts by outcome, first attempts that passed, seconds of those that passed."""

    slot: SlotNumber
    outcomes: dict[Outcome, int]
    first_passed: int
    first_total: int
    seconds: Spread | None

    @property
    def attempts(self) -> int:
        """All that ended here."""
        return sum(self.outcomes.values())

    @property
    def first_pass(self) -> float | None:
        """The share of first attempts that passed; None where there was none."""
        return self.first_passed / self.first_total if self.first_total else None


@dataclass(frozen=True, slots=True)
class StepTime:
    """One step of those attempts that were looked at, in the recipe's order."""

    name: str
    seconds: Spread
    repeated: int
    """How often it took more than one try."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. ``sample``: how many attempts ``steps`` rests on."""

    quarters: tuple[QuarterHour, ...]
    faults: tuple[FaultShare, ...]
    slots: tuple[SlotFigures, ...]
    steps: tuple[StepTime, ...]
    sample: int

    @property
    def first_passed(self) -> int:
        """First attempts that passed."""
        return sum(one.passed for one in self.quarters)

    @property
    def first_total(self) -> int:
        """First attempts that judged a unit."""
        return sum(one.total for one in self.quarters)

    @property
    def attempts(self) -> int:
        """All attempts that ended."""
        return sum(one.attempts for one in self.slots)


class Statistics(Questions):
    """The line's figures, counted anew at each question. Cancelled as :class:`Questions` says."""

    def figures(self, choice: Choice) -> Figures:
        """Return everything at once."""
        sample = self._sample(choice)
        return Figures(
            self.quarters(choice), self.faults(choice), self.slots(choice), self._step_times(sample), len(sample)
        )

    def quarters(self, choice: Choice) -> tuple[QuarterHour, ...]:
        """Return first attempts by quarters of an hour, in order; those without any are left out."""
        where, values = self._where(choice)
        # One number a row: a group by several columns sorts all of them, which takes three times as long.
        rows = self._rows(
            f"SELECT attempt.opened_us / {_QUARTER_US} * 2 + (attempt.outcome = 'passed') AS code, count(*) "
            f"FROM attempt NOT INDEXED WHERE {where} AND {_FIRST} GROUP BY code",
            values,
        )
        counted: dict[int, Counter[int]] = {}
        for code, count in rows:
            counted.setdefault(code // 2, Counter())[code % 2] += count
        return tuple(QuarterHour(time_of(at * _QUARTER_US), one[1], one.total()) for at, one in counted.items())

    def faults(self, choice: Choice) -> tuple[FaultShare, ...]:
        """Return the faults that ended attempts, most frequent first."""
        where, values = self._where(choice)
        rows = self._rows(
            "SELECT attempt.fault, attempt.slot, count(*), max(attempt.id), attempt.outcome FROM attempt NOT INDEXED "
            f"WHERE {where} AND attempt.fault IS NOT NULL AND attempt.outcome IS NOT NULL GROUP BY 1, 2",
            values,
        )
        counted: dict[str, dict[SlotNumber, int]] = {}
        newest: dict[str, tuple[int, str]] = {}
        for code, slot, count, last, outcome in rows:
            counted.setdefault(code, {})[SlotNumber(slot)] = count
            # SQLite takes the other columns from the row that max() chose.
            newest[code] = max((last, outcome), newest.get(code, (0, "")))
        found = [
            FaultShare(
                code, Outcome(newest[code][1]), self._sentence(AttemptId(newest[code][0])), sum(slots.values()), slots
            )
            for code, slots in counted.items()
        ]
        return tuple(sorted(found, key=lambda one: (-one.count, one.code)))

    def slots(self, choice: Choice) -> tuple[SlotFigures, ...]:
        """Return figures of every slot that ended an attempt, by number."""
        where, values = self._where(choice)
        took = "(attempt.closed_us - attempt.opened_us)"
        which = " ".join(f"WHEN '{one.value}' THEN {place}" for place, one in enumerate(_OUTCOMES))
        rows = self._rows(
            f"SELECT ((attempt.slot * {len(_OUTCOMES)} + CASE attempt.outcome {which} END) * 2 + ({_FIRST})) "
            f"* {_MOST_MS} + CASE WHEN attempt.outcome <> 'passed' THEN 0 "
            f"WHEN {took} < 10000000 THEN {took} / 10000 * 10 "
            f"ELSE min({took} / 100000 * 100, {_MOST_MS - 1}) END AS code, count(*) FROM attempt NOT INDEXED "
            f"WHERE {where} AND attempt.outcome IS NOT NULL GROUP BY code",
            values,
        )
        outcomes: dict[int, Counter[Outcome]] = {}
        times: dict[int, Counter[int]] = {}
        first: dict[int, Counter[Outcome]] = {}
        for code, count in rows:
            rest, milliseconds = divmod(code, _MOST_MS)
            rest, judged_first = divmod(rest, 2)
            slot, place = divmod(rest, len(_OUTCOMES))
            outcome = _OUTCOMES[place]
            outcomes.setdefault(slot, Counter())[outcome] += count
            first.setdefault(slot, Counter())[outcome] += count * judged_first
            if outcome is Outcome.PASSED:
                times.setdefault(slot, Counter())[milliseconds] += count
        return tuple(
            SlotFigures(
                SlotNumber(slot),
                dict(outcomes[slot]),
                first[slot][Outcome.PASSED],
                first[slot].total(),
                spread(times.get(slot, {}).items()),
            )
            for slot in sorted(outcomes)
        )

    def steps(self, choice: Choice) -> tuple[StepTime, ...]:
        """Return the times of the steps of the newest :data:`STEP_SAMPLE` attempts that passed."""
        return self._step_times(self._sample(choice))

    def products(self) -> list[str]:
        """Return the products of all batches, by name."""
        return [str(row[0]) for row in self._rows("SELECT DISTINCT product FROM batch ORDER BY product", {})]

    def _sample(self, choice: Choice) -> list[int]:
        where, values = self._where(choice)
        rows = self._rows(
            f"SELECT attempt.id FROM attempt WHERE {where} AND attempt.outcome = 'passed' "
            f"ORDER BY attempt.id DESC LIMIT {STEP_SAMPLE}",
            values,
        )
        return [int(row[0]) for row in rows]

    def _step_times(self, sample: Iterable[int]) -> tuple[StepTime, ...]:
        places: dict[str, int] = {}
        times: dict[str, Counter[int]] = {}
        repeated: Counter[str] = Counter()
        sql = (
            "SELECT seq, kind, leaf FROM event WHERE attempt = :attempt "
            "AND kind IN ('step-intended', 'step-finished') ORDER BY seq"
        )
        for attempt in sample:
            names: dict[int, str] = {}
            for seq, kind, stored in self._rows(sql, {"attempt": attempt}):
                body = body_at(seq, stored)
                index = body["index"]
                if kind == "step-intended":
                    names[index] = body["name"]
                    places[body["name"]] = min(index, places.get(body["name"], index))
                elif index in names:
                    times.setdefault(names[index], Counter())[body["milliseconds"]] += 1
                    repeated[names[index]] += body.get("tries", 1) > 1
        return tuple(
            StepTime(name, seconds, repeated[name])
            for name in sorted(times, key=lambda one: (places[one], one))
            if (seconds := spread(times[name].items())) is not None
        )

    def _sentence(self, attempt: AttemptId) -> str:
        rows = self._rows("SELECT leaf FROM event WHERE attempt = :attempt ORDER BY seq DESC", {"attempt": attempt})
        for (leaf,) in rows:
            event = decode(leaf).event
            if isinstance(event, AttemptClosed) and event.fault is not None:
                return event.fault.sentence
        return ""

    def _where(self, choice: Choice) -> tuple[str, dict[str, object]]:
        found: AttemptSpan = attempt_span(self._db, choice.span)
        values: dict[str, object] = {**found.values}
        if not choice.product:
            return found.where, values
        values["product"] = choice.product
        return f"{found.where} AND attempt.batch IN (SELECT id FROM batch WHERE product = :product)", values


def spread(counted: Iterable[tuple[int, int]]) -> Spread | None:
    """Return where the values of a count by milliseconds stand, in seconds; None for none. Nearest ranks. Pure."""
    classes = sorted((value, count) for value, count in counted if count)
    total = sum(count for _, count in classes)
    if not total:
        return None

    def at(share: float) -> float:
        rank, passed = max(1, -int(-share * total // 1)), 0
        for value, count in classes:
            passed += count
            if passed >= rank:
                return value / 1000
        return classes[-1][0] / 1000

    return Spread(total, at(0), at(0.25), at(0.5), at(0.75), at(0.95), classes[-1][0] / 1000)
