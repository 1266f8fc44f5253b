"""What the journal says of people: the measure for the people's file, which others can write.

By each person's last entry: their roles, whether they may sign in, and what their PIN and badge show by. Also who rests
on one person's word alone.
"""

from dataclasses import dataclass
from typing import Self

from station.domain.events import PersonChanged
from station.journal.records import Records
from station.people.person import Person
from station.people.rights import SECONDS, PersonId, words

_LEFT = frozenset({"disabled", "forgotten"})
"""Changes behind which somebody signs in no more; none that follows takes that back."""
_ANEW = "founded anew"


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody's last entry says. ``proof`` is "" where an older station wrote it."""

    roles: frozenset[str]
    disabled: bool
    proof: str


class Standings:
    """The standing of everybody whom the journal knows. For one thread at a time."""

    def __init__(self) -> None:
        self._all = dict[str, Standing]()
        self._alone = set[str]()

    @classmethod
    def read(cls, records: Records) -> Self:
        """Return what all entries so far say."""
        made = cls()
        for entry in records.entries_of_kind(PersonChanged.kind):
            if isinstance(entry.event, PersonChanged):
                made.take(entry.event)
        return made

    def take(self, event: PersonChanged) -> None:
        """Be up to date with one more entry."""
        who = event.person
        if event.change == _ANEW:
            self._all.clear()  # their file was lost: none of them can come back by it
        before = self._all.get(who)
        left = event.change in _LEFT or (before is not None and before.disabled)
        self._all[who] = Standing(frozenset(event.roles), left, event.proof)
        # Who was made without anybody's consent vouches for nobody: else one engineer makes two people who do.
        if event.alone or event.second in self._alone:
            self._alone.add(who)
        elif event.second:
            self._alone.discard(who)

    @property
    def alone(self) -> frozenset[str]:
        """The IDs of those whose last change that takes a second person had none, or one of these.

        What was changed before entries said so is not among them.
        """
        return frozenset(self._alone)

    def difference(self, person: Person) -> str:
        """Return in plain words where ``person``, as the file has them, does not follow the journal; "" if nowhere."""
        known = self._all.get(person.id)
        if known is None:
            return f"{person.id} is in it, and the journal does not know that person"
        if person.roles != known.roles:
            theirs = ", ".join(sorted(known.roles))
            return f"{person.id} is {words(person.roles)} in it, and {theirs} by the journal"
        if person.disabled != known.disabled:
            if known.disabled:
                return f"{person.id} may sign in by it, and is disabled by the journal"
            return f"{person.id} is disabled in it, and may sign in by the journal"
        if known.proof and person.proof != known.proof:
            return f"{person.id} has another PIN or badge in it than the journal knows of"
        return ""

    def is_recorded(self, person: Person) -> bool:
        """Return whether the journal says exactly this of ``person``, PIN and badge included."""
        known = self._all.get(person.id)
        return known is not None and bool(known.proof) and not self.difference(person)

    def may_agree(self, *others: PersonId | None) -> bool:
        """Return whether anybody but ``others`` works here who could be a second person."""
        return any(
            not one.disabled and one.roles & SECONDS and who not in others for who, one in list(self._all.items())
        )


def made_alone(records: Records) -> frozenset[str]:
    """Return who rests on one person's word alone; see :attr:`Standings.alone`."""
    return Standings.read(records).alone
