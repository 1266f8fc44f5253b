"""One person as the people's file keeps them, and the file itself: read whole, or refused."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from station.domain.ids import Sha256
from station.host.files import read_private_text, sha256_of
from station.host.strict_json import read_strict_json
from station.people.faults import DAMAGED, TOO_NEW
from station.people.rights import PersonId, Role

FILE_NAME: Final = "people.json"
VERSION: Final = 1
_ID = re.compile(r"p([1-9][0-9]{0,8})")
_HASHED = re.compile(r"(\$argon2id\$v=19\$m=[0-9]{1,7},t=[0-9]{1,2},p=[0-9]{1,2}\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+)?")


@dataclass(frozen=True, slots=True)
class Person:
    """One person. ``name`` is None once it was taken out."""

    id: PersonId
    name: str | None
    roles: frozenset[Role]
    disabled: bool = False
    wrong: int = 0
    locked_until: datetime | None = None
    pin: str = field(default="", repr=False)
    badge: str = field(default="", repr=False)

    @property
    def proof(self) -> Sha256:
        """What a changed PIN or badge shows by, and nothing can be learnt from: both are salted hashes already."""
        return sha256_of(f"{self.pin}\n{self.badge}".encode())

    def is_as(self, other: "Person") -> bool:
        """Return whether both are the same but for wrong PINs and what comes of them."""
        return (self.name, self.roles, self.disabled, self.proof) == (
            other.name,
            other.roles,
            other.disabled,
            other.proof,
        )


def write_roll(salt: str, after: int, people: Iterable[Person]) -> bytes:
    """Return the file's content; ``after`` is the next number to be given. Pure."""
    rows = [_as_json(one) for one in people]
    content = {"version": VERSION, "salt": salt, "next": after, "people": rows}
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def skip_numbers(content: bytes, path: Path, count: int) -> bytes:
    """Return a people's file that gives nobody the next ``count`` numbers: another PC may have given them. Pure.

    Raises PPL-131 for one that can't be read; ``path`` names it then.
    """
    try:
        value: Any = read_strict_json(content)
        value["next"] = int(value["next"]) + count
        return json.dumps(value, indent=1, ensure_ascii=False).encode()
    except (ValueError, KeyError, TypeError) as error:
        raise DAMAGED.fault(path=path, why=type(error).__name__) from error


def _as_json(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "roles": sorted(person.roles),
        "disabled": person.disabled,
        "wrong": person.wrong,
        "locked_until": person.locked_until.isoformat() if person.locked_until else None,
        "pin": person.pin,
        "badge": person.badge,
    }


def read_roll(path: Path) -> tuple[str, int, dict[PersonId, Person]]:
    """Return salt, next number and people of a file. Raises PPL-131 or PPL-132, HOST-101 or HOST-104."""
    try:
        content: Any = read_strict_json(read_private_text(path).encode())
        version = content["version"]
        if isinstance(version, int) and version > VERSION:
            raise TOO_NEW.fault(path=path, found=version)
        if version != VERSION:
            raise ValueError(f"version {version!r}")
        people = {person.id: person for person in map(_person, content["people"])}
        after = int(content["next"])
        if len(people) != len(content["people"]) or any(int(one[1:]) >= after for one in people):
            raise ValueError("an ID twice, or one that is still to be given")
        bytes.fromhex(content["salt"])
        return str(content["salt"]), after, people
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DAMAGED.fault(path=path, why=type(error).__name__) from error


def has_people(folder: Path) -> bool:
    """Return whether the data folder knows people. Looks only. Raises as :func:`read_roll`."""
    path = folder / FILE_NAME
    return path.exists() and bool(read_roll(path)[2])


def _person(row: dict[str, Any]) -> Person:
    locked, name = row["locked_until"], row["name"]
    until = None if locked is None else datetime.fromisoformat(locked)
    texts = [row["id"], row["pin"], row["badge"], *([] if name is None else [name])]
    if not all(isinstance(text, str) and text.isprintable() for text in texts) or not isinstance(row["disabled"], bool):
        raise TypeError("a value of another kind")
    if not _ID.fullmatch(row["id"]) or not _HASHED.fullmatch(row["pin"]) or (until and until.tzinfo is None):
        raise ValueError("a value that was never written")
    roles = frozenset(Role(role) for role in row["roles"])
    return Person(PersonId(row["id"]), name, roles, row["disabled"], int(row["wrong"]), until, row["pin"], row["badge"])
