"""The desk where people sign in and are looked after.

Who they are comes from people, what happened goes to the journal. What was typed is never journaled, nor is a name:
entries know people by their IDs.
"""

from collections.abc import Callable

from station.domain.events import PersonChanged, SignedIn, SignedOut, SignInRefused
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.journal.records import Records
from station.line.gate import Gate
from station.people.rights import Actor, Method, Right, Role
from station.people.roll import People, Person


def highest_number(records: Records) -> int:
    """Return the highest number of a person that the journal knows, 0 where it knows nobody."""
    entries = records.entries_of_kind(PersonChanged.kind)
    return max((int(entry.event.person[1:]) for entry in entries if isinstance(entry.event, PersonChanged)), default=0)


class Desk:
    """People and journal together. For all threads.

    A change is in the journal before it is in the people's file: what the record says may be missing there after a
    power cut, never the other way round.
    """

    def __init__(self, people: People, gate: Gate) -> None:
        self._people, self._gate, self._journal = people, gate, gate.journal

    def sign_in(self, who: str, pin: Secret, method: Method | None = None) -> Actor:
        """Return who it is. Raises PPL-101 to PPL-103 and PPL-127, once the journal has it."""
        try:
            actor = self._people.sign_in(who, pin, method)
        except Fault as fault:
            self._journal.commit(SignInRefused(person=self._people.whose(who) or "", code=fault.code))
            raise
        return self._journaled(actor)

    def sign_in_service(self, who: str) -> Actor:
        """Return the service for a run without anybody there. Raises PPL-103, PPL-125 and PPL-133, journaled."""
        try:
            actor = self._people.service(who)
        except Fault as fault:
            self._journal.commit(SignInRefused(person=self._people.whose(who) or "", code=fault.code))
            raise
        return self._journaled(actor)

    def sign_out(self, actor: Actor, reason: str) -> None:
        """Journal that the person has left."""
        self._journal.commit(SignedOut(person=actor.id, reason=reason))

    def found(self, name: str, pin: Secret, roles: frozenset[Role], *, anew: bool = False) -> Person:
        """Make the first engineer of this station. Raises PPL-121 to PPL-123, PPL-128 and PPL-138."""
        change = "founded anew" if self._people.began_before else "founded"
        return self._people.found(name, pin, roles, anew=anew, record=self._recorder(change, None))

    def add(self, actor: Actor, name: str, pin: Secret | None, roles: frozenset[Role], badge: str = "") -> Person:
        """Add a person. Raises PPL-111 and PPL-121 to PPL-124. Not safe to repeat: the name is taken then."""
        self._gate.require(actor, Right.MANAGE_PEOPLE)
        return self._people.add(name, pin, roles, badge, record=self._recorder("added", actor))

    def disable(self, actor: Actor, text: str) -> Person:
        """Let a person sign in no more. Safe to repeat. Raises PPL-111, PPL-125 and PPL-126."""
        self._gate.require(actor, Right.MANAGE_PEOPLE)
        return self._people.disable(text, record=self._recorder("disabled", actor))

    def reset(self, actor: Actor, text: str, pin: Secret, badge: str = "") -> Person:
        """Give a person a new PIN, and a new badge where one is given. Raises PPL-111 and PPL-123 to PPL-125."""
        self._gate.require(actor, Right.MANAGE_PEOPLE)
        change = "new PIN and badge" if badge.strip() else "new PIN"
        return self._people.reset(text, pin, badge, record=self._recorder(change, actor))

    def set_roles(self, actor: Actor, text: str, roles: frozenset[Role]) -> Person:
        """Give a person other roles. Raises PPL-111, PPL-121, PPL-125 and PPL-126."""
        self._gate.require(actor, Right.MANAGE_PEOPLE)
        return self._people.set_roles(text, roles, record=self._recorder("other roles", actor))

    def forget(self, actor: Actor, text: str) -> Person:
        """Take a person's name out of the station for good. Raises PPL-111, PPL-125 and PPL-126."""
        self._gate.require(actor, Right.MANAGE_PEOPLE)
        return self._people.forget(text, record=self._recorder("forgotten", actor))

    def _journaled(self, actor: Actor) -> Actor:
        self._journal.commit(SignedIn(person=actor.id, roles=tuple(sorted(actor.roles)), method=actor.method))
        return actor

    def _recorder(self, change: str, actor: Actor | None) -> Callable[[Person], object]:
        def record(person: Person) -> None:
            operator = person.id if actor is None else actor.id  # the first one makes themself
            roles = tuple(sorted(person.roles))
            self._journal.commit(PersonChanged(person=person.id, change=change, roles=roles, operator=operator))

        return record
