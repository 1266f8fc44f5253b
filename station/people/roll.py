"""The roll of people: who they are, what they are, and how they show it. Names live here and nowhere else.

One private file, replaced whole at every change. The journal knows people by ID alone, so a name can be taken out of
the station for good. PINs are kept as argon2id (RFC 9106), badges as a keyed hash.
"""

import hmac
import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.clock import Clock
from station.host.files import find_unfinished, replace_file, replace_file_once
from station.people.faults import (
    ALREADY_SET_UP,
    BADGE_TAKEN,
    DISABLED,
    LAST_ENGINEER,
    LOCKED,
    NAME_TAKEN,
    NAME_UNUSABLE,
    NO_SERVICE,
    NOT_SET_UP,
    NOT_SIGNED_IN,
    PEOPLE_LOST,
    PIN_CHANGED,
    PIN_WEAK,
    UNKNOWN_PERSON,
)
from station.people.person import FILE_NAME, Person, read_roll, skip_numbers, write_roll
from station.people.rights import Actor, Instant, Method, PersonId, Role

__all__ = ["FILE_NAME", "MOST_WRONG", "Cost", "People", "Person", "Record", "skip_numbers"]

MOST_WRONG: Final = 5
"""Wrong PINs in a row that lock a person; each further one locks twice as long, up to an hour."""

_NAME = re.compile(r"[^\W_][\w .'-]{0,47}")
_PIN = re.compile(r"[0-9]{4,12}")
_FIRST_LOCK: Final = 60.0
_LONGEST_LOCK: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one PIN costs whoever tries it: argon2id's memory in KiB and passes (RFC 9106 section 4)."""

    kibibytes: int = 65536
    passes: int = 3


Record = Callable[[Person], object]
"""Writes down what is about to become true of a person; where it raises, nothing changes."""


def _nothing(_person: Person) -> None:
    pass


class People:
    """The people of one station; the caller owns the data folder. Every change is on the disk when it returns.

    For all threads. ``record`` is called with what a person becomes, once it may be and before it is.
    """

    def __init__(self, folder: Path, clock: Clock, cost: Cost | None = None, *, highest: int = 0) -> None:
        """Read the file, PPL-131 or PPL-132 where that can't be done; without one, nobody is there yet.

        ``highest`` is the highest number anybody is known by elsewhere: no earlier one is given again.
        """
        self._path, self._highest = folder / FILE_NAME, highest
        self._clock, self._cost = clock, cost or Cost()
        self._salt, self._next, self._all = secrets.token_hex(16), 1, dict[PersonId, Person]()
        if self._path.exists():
            self._salt, self._next, self._all = read_roll(self._path)
        self._next = max(self._next, highest + 1)
        self._lock = threading.RLock()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def all(self) -> tuple[Person, ...]:
        """Everybody ever added, first to last."""
        return tuple(self._all.values())

    def settle(self, recorded: Callable[[Person], bool]) -> None:
        """Finish a change that a crash cut off behind its record, and leave nothing of any other. Safe to repeat.

        ``recorded`` tells whether the record says of a person exactly what it is given.
        """
        for left in find_unfinished(self._path):
            content = left.read_bytes()
            try:
                salt, after, people = read_roll(left)
            except Fault:  # cut off while it was written: the record comes behind that, so it knows nothing of it
                people = {}
            changed = [one for one in people.values() if one.id not in self._all or not one.is_as(self._all[one.id])]
            whole = people.keys() >= self._all.keys() and (not self._all or salt == self._salt)
            if changed and whole and all(map(recorded, changed)):
                replace_file(self._path, content)
                self._salt, self._next, self._all = salt, max(self._next, after), people
            left.unlink()

    @property
    def began_before(self) -> bool:
        """Whether somebody is known elsewhere: people who are made now begin anew."""
        return self._highest > 0

    def require_nobody(self, *, anew: bool = False) -> None:
        """Raise PPL-128 where somebody is there; PPL-138 where somebody must have been, unless it begins ``anew``."""
        if self._all:
            raise ALREADY_SET_UP.fault(path=self._path)
        if self._highest and not anew:
            raise PEOPLE_LOST.fault(path=self._path, highest=self._highest)

    def found(
        self, name: str, pin: Secret, roles: frozenset[Role], *, anew: bool = False, record: Record = _nothing
    ) -> Person:
        """Add the first person, an engineer. Raises as :meth:`require_nobody` and :meth:`add`."""
        with self._lock:  # of two who begin at the same moment, one is the first
            self.require_nobody(anew=anew)
            return self.add(name, pin, roles | {Role.ENGINEER}, record=record)

    def add(
        self, name: str, pin: Secret | None, roles: frozenset[Role], badge: str = "", *, record: Record = _nothing
    ) -> Person:
        """Add a person under a new ID. Raises PPL-121 to PPL-124. Not safe to repeat: the name is taken then.

        Without a PIN, which only a service may do without, nobody can sign in as that person.
        """
        name = _require_name(name)
        with self._lock:
            if self._named(name) is not None:
                raise NAME_TAKEN.fault(name=name)
            _require_roles(name, roles)
            if pin is None and roles != {Role.SERVICE}:
                raise PIN_WEAK.fault(why="everybody but a service has one")
            hashed = "" if pin is None else self._hash(pin)
            person = Person(PersonId(f"p{self._next}"), name, roles, pin=hashed, badge=self._free_badge(badge))
            self._put(person, record)
            return person

    def sign_in(self, who: str, pin: Secret, method: Method | None = None) -> Actor:
        """Return who signed in, by name or badge and PIN; ``method`` where both came another way than by hand.

        Raises PPL-101 (the same for an unknown name, badge or PIN, and after the same work), PPL-102 while locked,
        PPL-103. Wrong PINs are counted on the disk before this says so.
        """
        with self._lock:
            if not self._all:
                raise NOT_SET_UP.fault()
            person, shown = self._find(who)
            now = self._clock.now()
            if person is not None and person.locked_until is not None and now < person.locked_until:
                raise LOCKED.fault(until=person.locked_until.astimezone().strftime("%H:%M:%S"))
            right = self._check(pin, person.pin if person is not None else None)
            if person is None:
                raise NOT_SIGNED_IN.fault(most=MOST_WRONG)
            if not right:
                self._put(self._after_wrong(person, now))
                raise NOT_SIGNED_IN.fault(most=MOST_WRONG)
            if person.disabled:
                raise DISABLED.fault()
            if person.wrong or person.locked_until:
                self._put(replace(person, wrong=0, locked_until=None))
            return self._actor(person, method or shown)

    def whose(self, who: str) -> PersonId | None:
        """Return whom a name or badge belongs to. Shows nothing to whoever typed it."""
        person, _ = self._find(who)
        return person.id if person is not None else None

    def service(self, who: str) -> Actor:
        """Return the service of this ID or name, for a run without anybody there. Raises PPL-103, 125 and 133."""
        person = self.person(who)
        if person.disabled:
            raise DISABLED.fault(person.id)
        if Role.SERVICE not in person.roles:
            raise NO_SERVICE.fault(person=person.id)
        return self._actor(person, Method.SERVICE)

    def as_now(self, actor: Actor) -> Actor:
        """Return ``actor`` with those roles of the sign-in that are still theirs. Raises PPL-103, PPL-118, PPL-125.

        A sign-in outlives what it rested on: whoever judges a right asks this first. The roll forgets nobody: whoever
        is not on it never was.
        """
        person = self._all.get(actor.id)
        if person is None:
            raise UNKNOWN_PERSON.fault(text=actor.id)
        if person.disabled:
            raise DISABLED.fault(person.id)
        if actor.proof and actor.proof != person.proof:
            raise PIN_CHANGED.fault(person=person.id)
        return replace(actor, roles=actor.roles & person.roles)

    def person(self, text: str) -> Person:
        """Return a person by ID or name; PPL-125 where there is none."""
        found = self._named(text)
        if found is None:
            raise UNKNOWN_PERSON.fault(text=ascii(text[:64]))
        return found

    def disable(self, text: str, *, record: Record = _nothing) -> Person:
        """Let a person sign in no more; the ID stays. Safe to repeat. Raises PPL-125, PPL-126."""
        return self._change(text, lambda person: replace(person, disabled=True, badge=""), record)

    def reset(self, text: str, pin: Secret, badge: str = "", *, record: Record = _nothing) -> Person:
        """Give a person a new PIN (and badge) and another chance. Safe to repeat. Raises PPL-123 to PPL-125."""
        hashed = self._hash(pin)

        def change(person: Person) -> Person:
            kept = self._free_badge(badge, person) or person.badge
            return replace(person, pin=hashed, badge=kept, wrong=0, locked_until=None)

        return self._change(text, change, record)

    def set_roles(self, text: str, roles: frozenset[Role], *, record: Record = _nothing) -> Person:
        """Give a person other roles. Safe to repeat. Raises PPL-121, PPL-125, PPL-126."""

        def change(person: Person) -> Person:
            _require_roles(person.id, roles)
            return replace(person, roles=roles)

        return self._change(text, change, record)

    def forget(self, text: str, *, record: Record = _nothing) -> Person:
        """Take a person's name, PIN and badge out for good; the ID stays, disabled. Raises PPL-125, PPL-126."""
        return self._change(text, lambda person: Person(person.id, None, person.roles, disabled=True), record)

    def _change(self, text: str, how: Callable[[Person], Person], record: Record) -> Person:
        with self._lock:
            person = self.person(text)
            changed = how(person)
            others = [one for one in self.all if one.id != person.id and _manages(one)]
            if _manages(person) and not _manages(changed) and not others:
                raise LAST_ENGINEER.fault(person=person.id)
            self._put(changed, record)
            return changed

    def _named(self, text: str) -> Person | None:
        plain = _plain(text)
        return self._all.get(PersonId(plain)) or next(
            (person for person in self.all if person.name is not None and _plain(person.name) == plain), None
        )

    def _find(self, who: str) -> tuple[Person | None, Method]:
        hashed = self._badge_hash(who)
        shown = next((one for one in self.all if one.badge and hmac.compare_digest(one.badge, hashed)), None)
        named = self._named(who)
        return (named, Method.NAME) if named is not None else (shown, Method.BADGE)

    def _actor(self, person: Person, method: Method) -> Actor:
        shown = Instant(self._clock.now(), self._clock.monotonic())
        return Actor(person.id, person.roles, method, shown, person.proof)

    def _after_wrong(self, person: Person, now: datetime) -> Person:
        wrong = person.wrong + 1
        if wrong < MOST_WRONG:
            return replace(person, wrong=wrong)
        seconds = min(_FIRST_LOCK * 2.0 ** min(wrong - MOST_WRONG, 16), _LONGEST_LOCK)
        return replace(person, wrong=wrong, locked_until=now + timedelta(seconds=seconds))

    def _hash(self, pin: Secret) -> str:
        text = pin.reveal()
        if not _PIN.fullmatch(text):
            raise PIN_WEAK.fault(why="it takes 4 to 12 digits")
        if len(set(text)) == 1 or text in "01234567890123456789" or text in "98765432109876543210":
            raise PIN_WEAK.fault(why="it is one of the first that anybody tries")
        return self._argon(os.urandom(16)).derive_phc_encoded(text.encode())

    def _argon(self, salt: bytes) -> Argon2id:
        cost = self._cost
        return Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=1, memory_cost=cost.kibibytes)

    def _check(self, pin: Secret, hashed: str | None) -> bool:
        text = pin.reveal().encode("utf-8", "replace")
        if not hashed:  # nobody: the same work all the same
            self._argon(b"\0" * 16).derive_phc_encoded(text)
            return False
        try:
            Argon2id.verify_phc_encoded(text, hashed)
        except (InvalidKey, ValueError):  # also of a hash that somebody wrote by hand: no PIN fits it
            return False
        return True

    def _free_badge(self, badge: str, of: Person | None = None) -> str:
        if not badge.strip():
            return ""
        hashed = self._badge_hash(badge)
        owner = next((one for one in self.all if one.badge == hashed and one != of), None)
        if owner is not None:
            raise BADGE_TAKEN.fault(person=owner.id)
        return hashed

    def _badge_hash(self, badge: str) -> str:
        return hmac.new(bytes.fromhex(self._salt), badge.strip().encode("utf-8", "replace"), "sha256").hexdigest()

    def _put(self, person: Person, record: Record | None = None) -> None:
        changed = {**self._all, person.id: person}
        after = max(self._next, int(person.id[1:]) + 1)
        content = write_roll(self._salt, after, changed.values())
        if record is None:
            replace_file(self._path, content)
        else:
            replace_file_once(self._path, content, lambda: record(person))
        self._all, self._next = changed, after


def _manages(person: Person) -> bool:
    return not person.disabled and Role.ENGINEER in person.roles


def _plain(text: str) -> str:
    # Two names that look alike are one: a letter and its accent come in one piece or in two.
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _require_roles(name: str, roles: frozenset[Role]) -> None:
    if not roles:
        raise NAME_UNUSABLE.fault(name=name, why="a person needs at least one role")
    if Role.SERVICE in roles and len(roles) > 1:
        raise NAME_UNUSABLE.fault(name=name, why="a service has no other role; it overrides nothing")


def _require_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not _NAME.fullmatch(name):
        raise NAME_UNUSABLE.fault(name=ascii(text[:64]), why="letters, digits, spaces and .'- only, at most 48")
    if re.fullmatch(r"p\d+", _plain(name)):
        raise NAME_UNUSABLE.fault(name=name, why="it looks like a person's ID")
    return name
