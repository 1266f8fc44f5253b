"""Orders about people: who works at a face, and who works here."""

from station.app import Station
from station.domain.secret import Secret
from station.engine.commands import ChangePerson, Found
from station.engine.faults import UNKNOWN_WORD
from station.engine.results import Person, Roll
from station.line.standing import made_alone
from station.own_key import ensure_own_key
from station.people.rights import RULES, Actor, Right, Role
from station.people.roll import Person as OnRoll


def person_of(station: Station, actor: Actor) -> Person:
    """Return whoever signed in, with what that person may do."""
    return _shown(station.people.person(actor.id))


def found(station: Station, command: Found) -> Actor:
    """Make the first engineer and the station's own key, and return the engineer signed in.

    Raises PPL-121 to PPL-123, PPL-128 and PPL-138, EVD-103, HOST-1xx.
    """
    station.people.require_nobody()
    roles = _roles(command.roles)
    ensure_own_key(station.opened)  # first: a beginning that was cut off is begun once more
    station.desk.found(command.name, command.pin, roles)
    return station.sign_in(command.name, command.pin)


def list_people(station: Station, actor: Actor) -> Roll:
    """Return everybody. Raises PPL-111."""
    station.gate.require(actor, Right.MANAGE_PEOPLE)
    with station.journal.records() as records:
        alone = made_alone(records)
    return Roll(people=tuple(_shown(one, alone) for one in station.people.all))


def change_person(station: Station, actor: Actor, command: ChangePerson) -> Person:
    """Add, disable, reset, give roles to or forget somebody. Raises PPL-101 to PPL-126, ENG-126."""
    desk, who, reason = station.desk, command.person, command.reason
    station.gate.require(actor, Right.MANAGE_PEOPLE)  # before a second person types a PIN for nothing
    second = second_of(station, command.second, command.second_pin)
    pin, roles = command.pin, _roles(command.roles)
    match command.change:
        case "add":
            changed = desk.add(actor, who, pin, roles, command.badge, reason=reason, second=second)
        case "disable":
            changed = desk.disable(actor, who, reason=reason)
        case "reset":
            typed = pin if pin is not None else Secret("")
            changed = desk.reset(actor, who, typed, command.badge, reason=reason, second=second)
        case "roles":
            changed = desk.set_roles(actor, who, roles, reason=reason, second=second)
        case "forget":
            changed = desk.forget(actor, who, reason=reason)
        case other:
            raise UNKNOWN_WORD.fault(what="A change", word=other, known="add, disable, reset, roles, forget")
    with station.journal.records() as records:
        return _shown(changed, made_alone(records))


def second_of(station: Station, who: str, pin: Secret | None) -> Actor | None:
    """Return the second person, whose PIN was typed just now; None where nobody was named. Raises PPL-101 to 103."""
    return station.sign_in(who, pin) if who.strip() and pin is not None else None


def _roles(names: tuple[str, ...]) -> frozenset[Role]:
    known = {role.value: role for role in Role}
    for name in names:
        if name not in known:
            raise UNKNOWN_WORD.fault(what="A role", word=name, known=", ".join(known))
    return frozenset(known[name] for name in names)


def _shown(person: OnRoll, alone: frozenset[str] = frozenset()) -> Person:
    roles = person.roles
    rights = tuple(right.name for right in Right if roles & RULES[right].roles)
    return Person(
        id=person.id,
        name=person.name or "",
        roles=tuple(sorted(roles)),
        rights=rights,
        disabled=person.disabled,
        alone=person.id in alone,
    )
