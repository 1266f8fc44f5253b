"""The desk where people sign in and are looked after.

Who they are comes from people, what happened goes to the journal. What was typed is never journaled, nor is a name:
entries know people by their IDs.
"""

import threading
from collections.abc import Callable

from station.domain.events import PersonChanged, SignedIn, SignedOut, SignInRefused
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.journal.records import Records
from station.line.gate import Gate
from station.line.standing import Standings
from station.people.faults import OUTSIDE
from station.people.person import Person
from station.people.rights import ITSELF, RULES, SECONDS, Actor, Method, PersonId, Right, Role
from station.people.roll import People


def highest_number(records: Records) -> int:
    """Return the highest number of a person that the journal knows, 0 where it knows nobody."""
    entries = records.entries_of_kind(PersonChanged.kind)
    return max((int(entry.event.person[1:]) for entry in entries if isinstance(entry.event, PersonChanged)), default=0)


class Desk:
    """People and journal together. For all threads.

    A change is in the journal before it counts in the people's file, and is whole on the disk before that: what a crash
    cuts off in between is finished here. So the file follows the journal, and who does not follow it signs in no more:
    the file was changed by somebody else. Somebody who may be a second person is made, or made able to sign in, with a
    second person's consent wherever there is one; else the entry says that it was done alone.
    """

    def __init__(self, people: People, gate: Gate) -> None:
        self._people, self._gate, self._journal = people, gate, gate.journal
        self._changing = threading.RLock()
        with self._journal.records() as records:
            self._standings = Standings.read(records)
        people.settle(self._standings.is_recorded)

    def sign_in(self, who: str, pin: Secret, method: Method | None = None) -> Actor:
        """Return who it is. Raises PPL-101 to PPL-103, PPL-127 and PPL-139, once the journal has it."""
        try:
            actor = self._people.sign_in(who, pin, method)
            self._require_recorded(actor.id)
        except Fault as fault:
            self._refused(who, fault)
            raise
        return self._journaled(actor)

    def sign_in_service(self, who: str) -> Actor:
        """Return the service for a run without anybody there. Raises PPL-103, 125, 133 and 139, journaled."""
        try:
            actor = self._people.service(who)
            self._require_recorded(actor.id)
        except Fault as fault:
            self._refused(who, fault)
            raise
        return self._journaled(actor)

    def sign_out(self, actor: Actor, reason: str) -> None:
        """Journal that the person has left."""
        self._journal.commit(SignedOut(person=actor.id, reason=reason), by=actor.id)

    def found(self, name: str, pin: Secret, roles: frozenset[Role], *, anew: bool = False) -> Person:
        """Make the first engineer of this station. Raises PPL-121 to PPL-123, PPL-128 and PPL-138."""
        change = "founded anew" if self._people.began_before else "founded"
        with self._changing:
            return self._people.found(name, pin, roles, anew=anew, record=self._recorder(change, None, alone=True))

    def difference(self, person: Person) -> str:
        """Return where ``person``, as the file has them, does not follow the journal, in plain words; "" if nowhere."""
        with self._changing:
            return self._standings.difference(person)

    def was_alone(self, person: Person) -> bool:
        """Return whether ``person`` rests on one person's word alone."""
        with self._changing:
            return person.id in self._standings.alone

    def right_to(self, who: str | None, roles: frozenset[Role] | None) -> Right:
        """Return the right that a change takes, for faces that ask for what goes with it. Raises PPL-125.

        To add somebody (``who`` None), to give somebody these roles, or (``roles`` None) another PIN.
        """
        before = frozenset[Role]() if who is None else self._people.person(who).roles
        if (before if roles is None else roles) & SECONDS:
            return Right.MANAGE_SECONDS
        return Right.DISABLE_PEOPLE if before & SECONDS else Right.MANAGE_PEOPLE

    def is_alone(self, actor: Actor, who: str | None) -> bool:
        """Return whether nobody is there who could be the second person for a change of ``who``. Raises PPL-125.

        By the journal: whom somebody took out of the file is still there.
        """
        concerned = None if who is None else self._people.person(who).id
        with self._changing:
            return not self._standings.may_agree(actor.id, concerned)

    def add(
        self,
        actor: Actor,
        name: str,
        pin: Secret | None,
        roles: frozenset[Role],
        badge: str = "",
        *,
        reason: str = "",
        second: Actor | None = None,
    ) -> Person:
        """Add a person. Raises PPL-111 to PPL-117 and PPL-121 to PPL-124. Not safe to repeat: the name is taken then.

        Somebody who may be a second person takes a reason, and a ``second`` wherever there is one.
        """
        with self._changing:
            record = self._allowed(actor, "added", None, roles, reason, second)
            return self._people.add(name, pin, roles, badge, record=record)

    def disable(self, actor: Actor, text: str, *, reason: str = "") -> Person:
        """Let a person sign in no more. Safe to repeat. Raises PPL-111, 112, 116, 125 and 126."""
        with self._changing:
            self._gate.require(actor, Right.DISABLE_PEOPLE, reason)
            return self._people.disable(text, record=self._recorder("disabled", actor, reason))

    def reset(
        self,
        actor: Actor,
        text: str,
        pin: Secret,
        badge: str = "",
        *,
        reason: str = "",
        second: Actor | None = None,
    ) -> Person:
        """Give a person a new PIN, and a new badge where one is given. Raises PPL-111 to 117, 123 to 125 and 139.

        Of somebody who may be a second person, as :meth:`add`.
        """
        with self._changing:
            change = "new PIN and badge" if badge.strip() else "new PIN"
            record = self._allowed(actor, change, text, None, reason, second)
            return self._people.reset(text, pin, badge, record=record)

    def set_roles(
        self, actor: Actor, text: str, roles: frozenset[Role], *, reason: str = "", second: Actor | None = None
    ) -> Person:
        """Give a person other roles. Raises PPL-111 to 117, 121, 125, 126 and 139. As :meth:`add`, by the new roles.

        To take away the roles by which somebody may be a second person takes a reason.
        """
        with self._changing:
            record = self._allowed(actor, "other roles", text, roles, reason, second)
            return self._people.set_roles(text, roles, record=record)

    def forget(self, actor: Actor, text: str, *, reason: str = "") -> Person:
        """Take a person's name out of the station for good. Raises PPL-111, 112, 116, 125 and 126."""
        with self._changing:
            self._gate.require(actor, Right.DISABLE_PEOPLE, reason)
            return self._people.forget(text, record=self._recorder("forgotten", actor, reason))

    def _allowed(
        self,
        actor: Actor,
        change: str,
        who: str | None,
        roles: frozenset[Role] | None,
        reason: str,
        second: Actor | None,
    ) -> Callable[[Person], object]:
        """Return what writes the change down, once ``actor`` may make it with all that it takes."""
        self._gate.require(actor, Right.MANAGE_PEOPLE)  # first: who may not is told nothing of anybody
        right = self.right_to(who, roles)
        concerned = None if who is None else self._people.person(who).id
        if concerned is not None:
            try:
                self._require_recorded(concerned)  # else the entry would say of the rest what somebody made of it
            except Fault as fault:
                self._gate.refuse(actor, right, fault)
        alone = RULES[right].second and self.is_alone(actor, who)
        self._gate.require(actor, right, reason, second, concerned=concerned, alone=alone)
        agreed = second.id if second is not None and RULES[right].second and not alone else None
        return self._recorder(change, actor, reason, agreed, alone=alone)

    def _require_recorded(self, who: PersonId) -> None:
        with self._changing:  # a change is in the journal a moment before it is in the file
            if what := self._standings.difference(self._people.person(who)):
                raise OUTSIDE.fault(person=who, what=what)

    def _refused(self, who: str, fault: Fault) -> None:
        # Whoever typed that has not shown who they are: the station says so, nobody else.
        self._journal.commit(SignInRefused(person=self._people.whose(who) or "", code=fault.code), by=ITSELF)

    def _journaled(self, actor: Actor) -> Actor:
        event = SignedIn(person=actor.id, roles=tuple(sorted(actor.roles)), method=actor.method)
        self._journal.commit(event, by=actor.id)
        return actor

    def _recorder(
        self, change: str, actor: Actor | None, reason: str = "", second: PersonId | None = None, *, alone: bool = False
    ) -> Callable[[Person], object]:
        def record(person: Person) -> None:
            operator = person.id if actor is None else actor.id  # the first one makes themself
            event = PersonChanged(
                person=person.id,
                change=change,
                roles=tuple(sorted(person.roles)),
                operator=operator,
                reason=reason.strip(),
                second=second or "",
                alone=alone,
                proof=person.proof,
            )
            self._journal.commit(event, by=operator)
            self._standings.take(event)

        return record
