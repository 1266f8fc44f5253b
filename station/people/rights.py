"""Who may do what: one table of roles and rights, asked wherever something is written. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType

from station.people.faults import IDLE, NOT_ALLOWED, REASON_MISSING, SECOND_MISSING, SECOND_SAME, STALE

PersonId = NewType("PersonId", str)
"""``p`` and a number; never given to anybody else."""

ITSELF: Final = "station"
"""Who is responsible for what the station does of its own accord, before anybody has signed in; no person's ID."""

FRESH_SECONDS: Final = 60.0
"""How old a second person's PIN may be."""

IDLE_SECONDS: Final = 600.0
"""How old the PIN of whoever overrides something may be, where the station file says nothing else."""


class Role(StrEnum):
    """What a person is on the line."""

    OPERATOR = "operator"
    LINE_LEAD = "line-lead"
    ENGINEER = "engineer"
    QA = "qa"
    """Reads, exports, verifies; changes nothing."""
    CA_KEEPER = "ca-keeper"
    SERVICE = "service"
    """Nobody: a run without anybody there. No override of any kind."""


class Method(StrEnum):
    """How somebody showed who they are."""

    NAME = "name and PIN"
    BADGE = "badge and PIN"
    FILE = "private file"
    SERVICE = "headless"


class Right(StrEnum):
    """What may be asked of the engine; the text completes "you may not …"."""

    RUN = "run a batch"
    UPLOAD = "upload finished units"
    ACKNOWLEDGE = "unlock a latched slot"
    REWORK = "declare a rework of a finished unit"
    WITHDRAW = "withdraw a declared rework"
    DECIDE = "decide about an upload"
    CORRECT_CLOCK = "correct the clock"
    CREATE_CA = "make the CA"
    CHANGE_SETTINGS = "change the settings"
    CLOSE_BATCH = "close a batch"
    DELETE_CREDENTIALS = "delete a credential of a connected device"
    DEVELOP = "have the cloud make a key for development"
    DELETE_FROM_CLOUD = "delete a device from the cloud"
    UNCLAIM = "give up a unit's claim at the cloud"
    MAKE_CLAIM_RULE = "make a provisioning rule at the cloud"
    MANAGE_PEOPLE = "manage people"
    DISABLE_PEOPLE = "disable people"
    """Also to forget them, and to take the roles away that let somebody be a second person."""
    MANAGE_SECONDS = "manage somebody who may be a second person"
    """To add them, to give them such roles, a PIN or a badge: who could do so alone makes his own second person."""
    EXPORT = "export records"
    REPRINT = "print a record again"
    CHECKPOINT = "sign a checkpoint"
    BACKUP = "back the station up"
    RESTORE = "restore a backup"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who has a right, and what exercising it takes.

    ``second``: it touches certificates of finished units, or who may agree to that, or from where the record goes on.
    """

    roles: frozenset[Role]
    reason: bool = False
    second: bool = False


def _rule(*roles: Role, reason: bool = False, second: bool = False) -> Rule:
    return Rule(frozenset(roles), reason, second)


RULES: Final[Mapping[Right, Rule]] = MappingProxyType(
    {
        Right.RUN: _rule(Role.OPERATOR, Role.LINE_LEAD, Role.ENGINEER, Role.SERVICE),
        Right.UPLOAD: _rule(Role.OPERATOR, Role.LINE_LEAD, Role.ENGINEER, Role.SERVICE),
        Right.ACKNOWLEDGE: _rule(Role.LINE_LEAD, Role.ENGINEER, reason=True),
        Right.REWORK: _rule(Role.LINE_LEAD, Role.ENGINEER, reason=True, second=True),
        Right.WITHDRAW: _rule(Role.LINE_LEAD, Role.ENGINEER, reason=True, second=True),
        Right.DECIDE: _rule(Role.LINE_LEAD, Role.ENGINEER, reason=True),
        Right.CORRECT_CLOCK: _rule(Role.ENGINEER, reason=True),
        Right.CREATE_CA: _rule(Role.CA_KEEPER),
        Right.CHANGE_SETTINGS: _rule(Role.ENGINEER, reason=True),
        Right.CLOSE_BATCH: _rule(Role.LINE_LEAD, Role.ENGINEER, reason=True),
        Right.DELETE_CREDENTIALS: _rule(Role.LINE_LEAD, Role.ENGINEER, reason=True),
        Right.DEVELOP: _rule(Role.ENGINEER, reason=True),
        Right.DELETE_FROM_CLOUD: _rule(Role.LINE_LEAD, Role.ENGINEER, reason=True),
        Right.UNCLAIM: _rule(Role.LINE_LEAD, Role.ENGINEER, reason=True),
        Right.MAKE_CLAIM_RULE: _rule(Role.ENGINEER, reason=True),
        Right.MANAGE_PEOPLE: _rule(Role.ENGINEER),
        Right.DISABLE_PEOPLE: _rule(Role.ENGINEER, reason=True),
        Right.MANAGE_SECONDS: _rule(Role.ENGINEER, reason=True, second=True),
        Right.EXPORT: _rule(Role.QA, Role.LINE_LEAD, Role.ENGINEER, Role.CA_KEEPER),
        Right.REPRINT: _rule(Role.LINE_LEAD, Role.ENGINEER, Role.QA, reason=True),
        Right.CHECKPOINT: _rule(Role.LINE_LEAD, Role.ENGINEER, Role.QA, Role.CA_KEEPER, Role.SERVICE),
        Right.BACKUP: _rule(Role.LINE_LEAD, Role.ENGINEER, Role.CA_KEEPER, Role.SERVICE),
        Right.RESTORE: _rule(Role.ENGINEER, reason=True, second=True),
    }
)
"""Everything that a station is asked to do, and by whom it may be asked."""

SECONDS: Final = frozenset({Role.LINE_LEAD, Role.ENGINEER, Role.QA, Role.CA_KEEPER})
"""Who may be the second person."""

_TYPED = (Method.NAME, Method.BADGE)
"""A second person's PIN is typed: whoever owns one private file may well own two."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment by both clocks: wall time may be set, monotonic time may stand still while the PC sleeps."""

    wall: datetime
    monotonic: float

    def since(self, earlier: "Instant") -> float:
        """Return the seconds since ``earlier``, by the clock that says more: setting one back makes nothing fresh."""
        return max((self.wall - earlier.wall).total_seconds(), self.monotonic - earlier.monotonic)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who signed in: an ID, never a name. It is worth something in this process alone."""

    id: PersonId
    roles: frozenset[Role]
    method: Method
    signed_in: Instant
    proof: str = field(default="", repr=False)
    """Which PIN and badge it was (:attr:`station.people.person.Person.proof`)."""

    def may(self, right: Right) -> bool:
        """Return whether one of the roles has the right."""
        return bool(self.roles & RULES[right].roles)


def require(
    actor: Actor,
    right: Right,
    *,
    reason: str,
    second: Actor | None,
    now: Instant,
    idle: float = IDLE_SECONDS,
    concerned: PersonId | None = None,
    alone: bool = False,
) -> None:
    """Raise PPL-111 to PPL-116 unless ``actor`` may do this now, with all that it takes. Pure.

    What takes a reason is an override: it also takes a PIN that is not older than ``idle`` seconds. Whom it is about
    (``concerned``) can't be the second person; ``alone`` says that nobody is there who could be one.
    """
    rule = RULES[right]
    if not actor.may(right):
        raise NOT_ALLOWED.fault(person=actor.id, roles=words(actor.roles), action=right, allowed=words(rule.roles))
    if rule.reason and not reason.strip():
        raise REASON_MISSING.fault(action=right)
    if rule.reason and now.since(actor.signed_in) > idle:
        raise IDLE.fault(minutes=round(idle / 60), action=right)
    if rule.second and not alone:
        _require_second(actor, right, second, now, concerned)


def _require_second(actor: Actor, right: Right, second: Actor | None, now: Instant, concerned: PersonId | None) -> None:
    if second is None or not second.roles & SECONDS or second.method not in _TYPED:
        raise SECOND_MISSING.fault(action=right, allowed=words(SECONDS))
    if second.id in (actor.id, concerned):
        raise SECOND_SAME.fault(person=second.id)
    age = now.since(second.signed_in)
    if age > FRESH_SECONDS:
        raise STALE.fault(seconds=round(age))


def words(roles: frozenset[Role]) -> str:
    """Return the roles as a sentence has them. Pure."""
    return ", ".join(sorted(roles))
