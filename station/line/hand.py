"""The journal in one person's hand: several people work at once, and each entry names who is responsible for it."""

from collections.abc import Mapping
from typing import Protocol

from station.domain.ids import EventSeq, Sha256
from station.journal.journal import Build, Journal
from station.journal.records import Records


class Writer(Protocol):
    """What takes events: the journal itself, or the journal in somebody's hand."""

    def commit(self, *events: Build, bodies: Mapping[Sha256, bytes] | None = None) -> list[EventSeq]:
        """Write all of ``events`` or none; see :meth:`station.journal.journal.Journal.commit`."""

    def keep(self, about: str, value: dict[str, object]) -> Sha256:
        """Have the journal hold ``value``; see :meth:`station.journal.journal.Journal.keep`."""


class Hand:
    """Writes for one person, whoever else is at work. For all threads."""

    def __init__(self, journal: Journal, person: str) -> None:
        self._journal, self._person = journal, person

    def commit(
        self, *events: Build, bodies: Mapping[Sha256, bytes] | None = None, by: str | None = None
    ) -> list[EventSeq]:
        """Write ``events`` by this person, or by whoever ``by`` names; else as the journal does."""
        return self._journal.commit(*events, bodies=bodies, by=self._person if by is None else by)

    def keep(self, about: str, value: dict[str, object]) -> Sha256:
        """Have the journal hold ``value``, by this person where it is new, and return its name."""
        return self._journal.keep(about, value, by=self._person)

    def records(self) -> Records:
        """Return a reader on a connection of its own; for one thread."""
        return self._journal.records()
