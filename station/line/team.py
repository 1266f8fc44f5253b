"""Whose account is it? Nothing is sent before the cloud, or a person where no cloud can tell, has said whose.

A team's API key is asked about at the cloud. Whose an organisation's token is can't be asked: there the station file
says it, and arming a batch is a person's word for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar, assert_never

from station.cloud.protocol import (
    Account,
    Busy,
    Cloud,
    CredentialRefused,
    KnownDevices,
    NotSent,
    OnboardRow,
    Stated,
    Tried,
    Trouble,
    Unclear,
)
from station.domain.events import AccountConfirmed
from station.domain.faults import Fault, StationFault
from station.domain.ids import DeviceId
from station.domain.ways import CredentialKind
from station.host.clock import Clock
from station.journal.records import Records
from station.line.faults import KEY_REFUSED, NEVER_STATED, TOKEN_REFUSED, WRONG_TEAM
from station.line.feed import Feed, Told
from station.line.hand import Writer

_Said = TypeVar("_Said", KnownDevices, Tried)

_REFUSED_MOST: Final = 300.0
"""Seconds between two questions with a key that was refused, at the most."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The secret is the expected team's, or its organisation and project are as a person confirmed them."""

    team_id: str
    """As :class:`station.domain.events.AccountConfirmed` has it."""
    team_name: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The cloud did not say; ``last`` is the team (ID, name) it confirmed last, if it ever did.

    ``offline``: the question did not even leave this PC.
    """

    reason: str
    last: tuple[str, str] | None
    offline: bool = False


class TeamGate:
    """Asks the cloud for the key's team, and holds it against the station file's, else the last one confirmed."""

    def __init__(self, journal: Writer, records: Records, cloud: Cloud, base_url: str, team: str | None) -> None:
        """``base_url`` is the cloud's ``place``: the address under which the journal keeps the account."""
        self._journal, self._records, self._cloud = journal, records, cloud
        self._base_url, self._team = base_url, team

    def use(self, cloud: Cloud) -> None:
        """Ask through ``cloud`` from now on: it has the key that was mended."""
        self._cloud = cloud

    def last(self) -> str:
        """Return the account that was confirmed last, "" where none ever was."""
        known = self._records.account(self._base_url)
        return known[0] if known is not None else ""

    def ask(self, *, by_person: bool = False) -> Confirmed | Unreachable:
        """Return what the cloud says, journaled when it is news. Raises LINE-151 or LINE-152. Safe to repeat.

        Where it can't say, what the station file says holds once a person has confirmed it, and ``by_person`` is that;
        raises LINE-157 before.
        """
        answer = self._cloud.account()
        last = self._records.account(self._base_url)
        wanted = self._team or (last[0] if last else None)
        match answer:
            case Account():
                if wanted is not None and answer.team_id != wanted:
                    raise WRONG_TEAM.fault(
                        f"{answer.team_id} ({answer.team_name})", found=answer.team_id, wanted=wanted
                    )
                if last != (answer.team_id, answer.team_name):
                    self._journal.commit(
                        AccountConfirmed(team_id=answer.team_id, team_name=answer.team_name, base_url=self._base_url)
                    )
                return Confirmed(answer.team_id, answer.team_name)
            case Stated():
                name = f"organisation {answer.organisation}, project {answer.project}"
                if last is None and not by_person:
                    raise NEVER_STATED.fault(account=name)
                if last is None:
                    self._journal.commit(
                        AccountConfirmed(team_id=answer.id, team_name=name, base_url=self._base_url, how="person")
                    )
                return Confirmed(answer.id, name)
            case CredentialRefused():
                raise KEY_REFUSED.fault(why=answer.reason.rstrip("."))
            case NotSent() | Busy() | Unclear():
                if last is not None and wanted is not None and last[0] != wanted:
                    raise WRONG_TEAM.fault("as last confirmed", found=last[0], wanted=wanted)
                return Unreachable(answer.reason, last, isinstance(answer, NotSent))
            case _:
                assert_never(answer)


class KeyWatch:
    """Holds the cloud that the outbox talks to, and says whether its key may be used. One thread uses it.

    A refused key stops everything but one question: the key is read from its source again, and the cloud asked whose
    it is, 30 seconds later, then after twice as long each time, at most every 5 minutes. So a key that was mended is
    taken without a new process, and one that was not is hardly shown.
    """

    def __init__(
        self,
        cloud: Cloud,
        clock: Clock,
        feed: Feed,
        *,
        gate: TeamGate | None,
        confirmed: bool,
        renew: Callable[[], Cloud] | None,
        wait: float,
    ) -> None:
        """``renew`` reads the key again; ``wait`` is the first wait. Without ``gate`` any team will do."""
        self.cloud = cloud
        self._clock, self._feed, self._gate, self._renew, self._first = clock, feed, gate, renew, wait
        self._confirmed = confirmed or gate is None
        self.account = gate.last() if confirmed and gate is not None else ""
        """Whose account it is, as the journal names it; "" before that was confirmed, and where nobody asks."""
        self._wait = 0.0
        self._due = clock.monotonic()
        self._told = ""
        self.refused = ""
        """Why the key is not used; empty when nothing is wrong with it."""
        self.offline = ""
        """Why the cloud can't be reached; empty when it was, the last time."""

    def check(self) -> float | None:
        """Return None when the key may be used; else the seconds until it is asked about again. Safe to repeat."""
        if self._confirmed and not self.refused:
            return None
        # Kept here, because the uploader comes again sooner: whenever a unit has passed, for one.
        left = self._due - self._clock.monotonic()
        if left > 0:
            return left
        try:
            if self.refused and self._renew is not None:
                self.cloud = self._renew()
                if self._gate is not None:
                    self._gate.use(self.cloud)
            answer = self._ask()
        except StationFault as fault:
            return self._refuse(fault, fault.sentence)
        match answer:
            case Confirmed():
                self._confirmed, self.refused, self.offline = True, "", ""
                self.account = answer.team_id
                return None
            case Unreachable():
                self.offline = answer.reason if answer.offline else ""
                self._tell("CLD-WAIT", f"Uploads wait: {answer.reason}")
                return self._postpone(self._first)
            case _:
                assert_never(answer)

    def refuse(self, reason: str) -> None:
        """Use the key no more: the cloud refused it."""
        spec = KEY_REFUSED if self.cloud.api == "team" else TOKEN_REFUSED
        self._refuse(spec.fault(why=reason.rstrip(".")), reason)

    def known(
        self,
        devices: Sequence[DeviceId],
        later: Callable[[NotSent | Busy | Unclear], object],
        kind: CredentialKind = CredentialKind.CERTIFICATE,
    ) -> KnownDevices | None:
        """Return which devices the cloud has; where it doesn't say, have it asked again ``later`` and return None."""
        return self._take(self.cloud.known(devices, kind), later)

    def tried(self, rows: Sequence[OnboardRow], later: Callable[[NotSent | Busy | Unclear], object]) -> Tried | None:
        """Return what a dry run says of ``rows``; where the cloud doesn't say, as :meth:`known`."""
        return self._take(self.cloud.try_out(rows), later)

    def _take(
        self,
        answer: _Said | Trouble,
        later: Callable[[NotSent | Busy | Unclear], object],
    ) -> _Said | None:
        self.hear(answer)
        match answer:
            case KnownDevices() | Tried():
                return answer
            case NotSent() | Busy() | Unclear():
                later(answer)
            case CredentialRefused():
                self.refuse(answer.reason)
            case _:
                assert_never(answer)
        return None

    def hear(self, answer: object) -> None:
        """Note whether the cloud could be reached for this answer."""
        self.offline = answer.reason if isinstance(answer, NotSent) else ""

    def time(self) -> datetime | None:
        """Return the time by the cloud's clock; None where no answer has told it. Asks nothing."""
        return self.cloud.time()

    def ask_time(self) -> datetime | None:
        """Return the time by the cloud's clock, from an answer that is asked for; what it says besides is dropped."""
        self.hear(self.cloud.account())
        return self.cloud.time()

    def taken(self) -> None:
        """Note that the cloud did what it was asked for with the key."""
        if self._wait:
            secret = "API key" if self.cloud.api == "team" else "organisation token"
            self._tell("CLD-KEY", f"The cloud takes the {secret}: uploads go on.")
        self._wait, self._told = 0.0, ""

    def hurry(self) -> None:
        """Ask at once where the cloud could not be reached. A refused key is not shown sooner for that."""
        if not self.refused:
            self._due = self._clock.monotonic()

    def _ask(self) -> Confirmed | Unreachable:
        if self._gate is not None:
            return self._gate.ask()
        answer = self.cloud.account()
        match answer:
            case Account():
                return Confirmed(answer.team_id, answer.team_name)
            case Stated():
                return Confirmed(answer.id, "")
            case CredentialRefused():
                raise KEY_REFUSED.fault(why=answer.reason.rstrip("."))
            case NotSent() | Busy() | Unclear():
                return Unreachable(answer.reason, None, isinstance(answer, NotSent))
            case _:
                assert_never(answer)

    def _refuse(self, fault: Fault, reason: str) -> float:
        self._confirmed, self.refused, self.offline = False, reason, ""
        self._tell(fault.code, fault.sentence)
        self._wait = min(_REFUSED_MOST, max(self._first, self._wait * 2))
        return self._postpone(self._wait)

    def _postpone(self, seconds: float) -> float:
        self._due = self._clock.monotonic() + seconds
        return seconds

    def _tell(self, code: str, sentence: str) -> None:
        if sentence != self._told:
            self._told = sentence
            self._feed.publish(Told(code, sentence))
