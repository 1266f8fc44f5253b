"""One attempt's steps as the journal has them: those that ended with their times, the one that runs, those to come."""

from dataclasses import dataclass
from datetime import datetime

from station.domain.ids import AttemptId
from station.domain.line import Outcome


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step. ``begun`` is None for one that is still to come, ``milliseconds`` for one that has not ended."""

    index: int
    name: str
    begun: datetime | None = None
    outcome: Outcome | None = None
    milliseconds: int | None = None
    tries: int = 1
    code: str = ""
    sentence: str = ""
    observed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptSteps:
    """The attempt's steps, first to last, and whether it is over."""

    attempt: AttemptId
    rows: tuple[StepRow, ...]
    closed: bool
