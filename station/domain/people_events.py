"""What the journal says of people: who came, who left, who was refused.

The rules of :mod:`station.domain.events` hold here too.
"""

from dataclasses import dataclass
from typing import ClassVar

from station.domain.faults import FaultRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody showed who they are; entries behind this one that name no one else are theirs (``by``)."""

    kind: ClassVar[str] = "signed-in"
    person: str
    roles: tuple[str, ...]
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRefused:
    """Somebody tried to sign in and could not. ``person`` is "" where nobody is known by what was typed."""

    kind: ClassVar[str] = "sign-in-refused"
    person: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut:
    """The person left, or was away too long."""

    kind: ClassVar[str] = "signed-out"
    person: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged:
    """Somebody was added, disabled, forgotten (the name is gone), or got a new PIN. Names are never in the journal.

    Of somebody who may be a second person, ``second`` agreed to it; ``alone``: nobody was there who could have.
    ``proof`` is the SHA-256 of what the people's file keeps of PIN and badge since then; "" in older entries.
    """

    kind: ClassVar[str] = "person-changed"
    person: str
    change: str
    roles: tuple[str, ...]
    operator: str
    reason: str = ""
    second: str = ""
    alone: bool = False
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRefused:
    """Somebody asked for what they may not do, or not so; nothing was done."""

    kind: ClassVar[str] = "action-refused"
    action: str
    person: str
    fault: FaultRecord
