"""The gate before everything that is written: who may do it, and a record of who was refused."""

from typing import NoReturn

from station.domain.events import ActionRefused
from station.domain.faults import Fault, FaultRecord
from station.host.clock import Clock
from station.journal.journal import Journal
from station.people.rights import IDLE_SECONDS, Actor, Instant, Right, require


class Gate:
    """Enforces the table of rights for one journal. For all threads."""

    def __init__(self, journal: Journal, clock: Clock, idle: float = IDLE_SECONDS) -> None:
        """``idle``: how many seconds old the PIN of whoever overrides something may be."""
        self._journal, self._clock, self._idle = journal, clock, idle

    @property
    def journal(self) -> Journal:
        """The journal that is guarded."""
        return self._journal

    def require(self, actor: Actor, right: Right, reason: str = "", second: Actor | None = None) -> None:
        """Return when ``actor`` may do this now. Raises PPL-111 to PPL-116, once the refusal is in the journal."""
        now = Instant(self._clock.now(), self._clock.monotonic())
        try:
            require(actor, right, reason=reason, second=second, now=now, idle=self._idle)
        except Fault as fault:
            self.refuse(actor, right, fault)

    def refuse(self, actor: Actor, right: Right, fault: Fault) -> NoReturn:
        """Raise ``fault``, once the journal says that ``actor`` was refused."""
        record = FaultRecord(fault.code, fault.sentence, fault.detail)
        self._journal.commit(ActionRefused(action=right, person=actor.id, fault=record))
        raise fault
