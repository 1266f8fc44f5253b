"""The gate before everything that is written: who may do it, and a record of who was refused."""

import threading
from collections.abc import Callable
from typing import NoReturn

from station.domain.events import ActionRefused
from station.domain.faults import Fault, FaultRecord
from station.host.clock import Clock
from station.journal.journal import Journal
from station.people.faults import SPENT
from station.people.rights import FRESH_SECONDS, IDLE_SECONDS, RULES, Actor, Instant, PersonId, Right, require


class Gate:
    """Enforces the table of rights for one journal. For all threads."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        idle: float = IDLE_SECONDS,
        as_now: Callable[[Actor], Actor] = lambda actor: actor,
    ) -> None:
        """``idle``: how many seconds old the PIN of whoever overrides something may be.

        ``as_now`` says who somebody is now, whatever they were when they signed in, as
        :meth:`station.people.roll.People.as_now`; it is asked about everybody at every act.
        """
        self._journal, self._clock, self._idle, self._as_now = journal, clock, idle, as_now
        self._spent = set[tuple[PersonId, Instant]]()
        self._spending = threading.Lock()

    @property
    def journal(self) -> Journal:
        """The journal that is guarded."""
        return self._journal

    def require(
        self,
        actor: Actor,
        right: Right,
        reason: str = "",
        second: Actor | None = None,
        *,
        concerned: PersonId | None = None,
        alone: bool = False,
    ) -> None:
        """Return when ``actor`` may do this now. Raises PPL-103, PPL-111 to 118, once the refusal is in the journal.

        ``concerned`` and ``alone`` as in :func:`station.people.rights.require`. A second person's PIN agrees to one
        act: it is used up by this, whatever becomes of the act.
        """
        now = Instant(self._clock.now(), self._clock.monotonic())
        try:
            require(
                self._as_now(actor),
                right,
                reason=reason,
                second=None if second is None else self._as_now(second),
                now=now,
                idle=self._idle,
                concerned=concerned,
                alone=alone,
            )
            if second is not None and RULES[right].second and not alone:
                self._spend(second, now)
        except Fault as fault:
            self.refuse(actor, right, fault)

    def stands(self, actor: Actor) -> bool:
        """Return whether a sign-in is still worth all that it was. Looks only."""
        try:
            return self._as_now(actor) == actor
        except Fault:
            return False

    def _spend(self, second: Actor, now: Instant) -> None:
        used = (second.id, second.signed_in)
        with self._spending:
            self._spent = {one for one in self._spent if now.since(one[1]) <= FRESH_SECONDS}  # older ones are stale
            if used in self._spent:
                raise SPENT.fault()
            self._spent.add(used)

    def refuse(self, actor: Actor, right: Right, fault: Fault) -> NoReturn:
        """Raise ``fault``, once the journal says that ``actor`` was refused."""
        record = FaultRecord(fault.code, fault.sentence, fault.detail)
        self._journal.commit(ActionRefused(action=right, person=actor.id, fault=record), by=actor.id)
        raise fault
