"""Whether the cloud has devices with their units' own credentials, asked with the devices' own tokens.

A team's cloud tells of a device that it is there, and neither its certificate nor its key (nrf-cloud-api reference
section 1.4): another station of the same team may have put it there, with another. What shows a unit's own is the
cloud's answer to the very body that holds it, the body itself among what the cloud got, or this.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from station.cloud.protocol import Busy, JwtAccepted, JwtRefused, NotSent, Unclear
from station.credentials.jwt_reading import Expected, judge_jwt
from station.domain.ids import DeviceId, UnitId
from station.domain.secret import Secret
from station.host.clock import Clock
from station.journal.records import Records
from station.line.final_tokens import FinalTokens
from station.line.team import KeyWatch
from station.line.unit_keys import key_of_unit


@dataclass(frozen=True, slots=True)
class Shown:
    """What the units' tokens showed; a unit without one is in neither."""

    yes: frozenset[UnitId] = frozenset()
    no: Mapping[UnitId, str] = field(default_factory=dict)
    """Why not, or not yet."""


class OwnCredentials:
    """Asks for units that left a token for their final check. One thread uses it, with the reader it was given."""

    def __init__(self, records: Records, key: KeyWatch, tokens: FinalTokens, clock: Clock) -> None:
        self._records, self._key, self._tokens, self._clock = records, key, tokens, clock

    def ask(self, units: Sequence[tuple[UnitId, DeviceId]], later: Callable[[NotSent | Busy], object]) -> Shown | None:
        """Return what the cloud says to each unit's token; where it can't be asked, have it asked ``later``: None."""
        yes, no = set[UnitId](), dict[UnitId, str]()
        for unit, device in units:
            if (token := self._token(unit)) is None:
                continue
            answer = self._key.cloud.accepts_jwt(device, token)
            self._key.hear(answer)
            match answer:
                case JwtAccepted():
                    yes.add(unit)
                case JwtRefused() | Unclear():
                    no[unit] = answer.reason
                case NotSent() | Busy():
                    later(answer)
                    return None
                case _:
                    assert_never(answer)
        return Shown(frozenset(yes), no)

    def _token(self, unit: UnitId) -> Secret | None:
        """Return the unit's token where the key that the cloud is told of now signed it, and not an earlier one."""
        token, row = self._tokens.get(unit), self._records.unit(unit)
        key = key_of_unit(self._records, row) if row is not None and isinstance(token, Secret) else None
        if row is None or key is None or not isinstance(token, Secret):
            return None
        whose = Expected(devices=frozenset(name for name in (row.device_id, row.uuid) if name is not None))
        return token if judge_jwt(token.reveal(), key, now=self._clock.now(), expected=whose).holds else None
