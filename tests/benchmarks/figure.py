"""What a figure is: one module with a name, what it is about, and a measurement that yields judged rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from station.journal.schema import MIGRATIONS

NEAR_THE_FLOOR = 1.2
"""A figure that is missed may stay so far above the floor that was measured beneath it."""


class Scale(StrEnum):
    """How much is measured: all of it, as much as tells something within minutes, or just that it measures."""

    FULL = "full"
    QUICK = "quick"
    TINY = "tiny"


class Verdict(StrEnum):
    """What came of a row."""

    MET = "met"
    AT_FLOOR = "at its floor"
    """Missed, and within 1.2 times of the floor."""
    MISSED = "missed"
    UNMEASURED = "not measured"
    """Something is asked of it, and what it is held against was not there."""
    SHOWN = ""
    """Nothing is asked of it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: what was measured, beside its reference in the same run."""

    what: str
    unit: str
    measured: float
    reference: float | None = None
    against: str = ""
    """What the reference is."""
    asked: str = ""
    """What is asked, in words."""
    limit: float | None = None
    """The same in the row's unit; None where nothing is asked, or where its reference could not be measured."""
    more_is_better: bool = False
    floor: float | None = None
    beneath: str = ""
    """What the floor is."""
    note: str = ""
    samples: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        """How many times the reference it is."""
        return self.measured / self.reference if self.reference else None

    @property
    def above_floor(self) -> float | None:
        """How many times worse than its floor it is."""
        if not self.floor or not self.measured:
            return None
        return self.floor / self.measured if self.more_is_better else self.measured / self.floor

    @property
    def verdict(self) -> Verdict:
        """Whether what was asked was seen."""
        if self.limit is None:
            return Verdict.UNMEASURED if self.asked else Verdict.SHOWN
        if self.measured >= self.limit if self.more_is_better else self.measured <= self.limit:
            return Verdict.MET
        near = self.above_floor is not None and self.above_floor <= NEAR_THE_FLOOR
        return Verdict.AT_FLOOR if near else Verdict.MISSED


@dataclass(frozen=True)
class Run:
    """What a figure measures with. ``scratch`` is its own, and empty; ``keep`` lasts, where somebody named a folder."""

    scratch: Path
    scale: Scale
    keep: Path | None = None

    def size(self, full: int, quick: int, tiny: int) -> int:
        """Return how many at this scale."""
        return {Scale.FULL: full, Scale.QUICK: quick, Scale.TINY: tiny}[self.scale]

    def made_once(self, name: str, make: Callable[[Path], None]) -> Path:
        """Return a folder in which ``make`` has made something, now or at an earlier time where it was kept.

        One that was cut off is made anew, and so is one whose journal has another format than this station's.
        """
        folder = (self.keep or self.scratch) / f"{name}-{self.scale}-format{len(MIGRATIONS)}"
        whole = folder / "whole"
        if not whole.exists():
            number = 0
            while (place := folder / f"try{number}").exists():
                number += 1
            place.mkdir(parents=True)
            make(place)
            whole.write_text(place.name, encoding="utf-8")
        return folder / whole.read_text(encoding="utf-8")


class Figure(Protocol):
    """A module of ``tests.benchmarks.figures``. It has a process of its own, so that none warms another."""

    NAME: str
    WHAT: str

    @property
    def measure(self) -> Callable[[Run], Sequence[Row]]:
        """Measure, and return the rows."""
