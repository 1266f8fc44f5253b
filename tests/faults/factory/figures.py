"""What a factory's station let others know, and what the factory did."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from station.domain.events import AttemptClosed
from station.domain.line import Outcome
from station.journal.codec import Entry
from tests.faults.claims import Finding


@dataclass(slots=True)
class Heard:
    """What the station let others know: the entries whose commits were acknowledged, the results that were drawn."""

    acknowledged: dict[int, str] = field(default_factory=dict)
    drawn: dict[int, set[Outcome]] = field(default_factory=dict)
    ended: dict[int, Outcome] = field(default_factory=dict)
    roots: list[tuple[int, bytes]] = field(default_factory=list)
    """The log's size and root hash, as they were at some moments."""

    def take(self, entries: Sequence[Entry]) -> None:
        """Hear of a commit."""
        for entry in entries:
            self.acknowledged[entry.seq] = entry.event.kind
            if isinstance(entry.event, AttemptClosed):
                self.drawn.setdefault(entry.event.attempt, set()).add(entry.event.outcome)


@dataclass(slots=True)
class Figures:
    """What a factory did."""

    seed: int
    units: int = 0
    good: int = 0
    """Boards with which nothing was wrong and which nothing befell."""
    attempts: int = 0
    kills: int = 0
    restarts: int = 0
    uploads: int = 0
    entries: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    clouds: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    """Boards by the way in which they get their credentials."""
    passed: Counter[str] = field(default_factory=Counter)
    """Of these, units that have passed in the end."""
    people: Counter[str] = field(default_factory=Counter)
    """What people did about units and the cloud."""
    checks: Counter[str] = field(default_factory=Counter)
    """Final checks, by what they found."""
    organisation: bool = False
    """Whether it all went to the organisation API."""
    digest: str = ""
    """SHA-256 over the journal's leaves, in order."""
    findings: list[Finding] = field(default_factory=list)
