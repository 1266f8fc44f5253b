"""Whose key is it? Nothing is sent before the cloud has said which team the API key belongs to."""

from dataclasses import dataclass
from typing import assert_never

from station.cloud.protocol import Account, Busy, Cloud, CredentialRefused, NotSent, Unclear
from station.domain.events import AccountConfirmed
from station.journal.journal import Journal
from station.journal.records import Records
from station.line.faults import KEY_REFUSED, WRONG_TEAM


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The key is the expected team's."""

    team_id: str
    team_name: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The cloud did not say; ``last`` is the team (ID, name) it confirmed last, if it ever did."""

    reason: str
    last: tuple[str, str] | None


class TeamGate:
    """Asks the cloud for the key's team, and holds it against the station file's, else the last one confirmed."""

    def __init__(self, journal: Journal, records: Records, cloud: Cloud, base_url: str, team: str | None) -> None:
        self._journal, self._records, self._cloud = journal, records, cloud
        self._base_url, self._team = base_url, team

    def ask(self) -> Confirmed | Unreachable:
        """Return what the cloud says, journaled when it is news. Raises LINE-151 or LINE-152. Safe to repeat."""
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
            case CredentialRefused():
                raise KEY_REFUSED.fault(why=answer.reason.rstrip("."))
            case NotSent() | Busy() | Unclear():
                if last is not None and wanted is not None and last[0] != wanted:
                    raise WRONG_TEAM.fault("as last confirmed", found=last[0], wanted=wanted)
                return Unreachable(answer.reason, last)
            case _:
                assert_never(answer)
