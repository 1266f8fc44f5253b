"""What units were made with, as the journal kept it: recipe, fixture, images by hash, software; and its checkpoint."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from station.domain.events import SessionOpened
from station.domain.ids import EventSeq, Sha256
from station.evidence.unit_record import AttemptRecord
from station.journal.leaves import Leaves
from station.journal.records import Records


@dataclass(frozen=True, slots=True)
class Pinned:
    """A file that a recipe or fixture names by its SHA-256. ``used`` says for what."""

    used: str
    file: str
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class Sheet:
    """A settings file as the journal keeps it: ``name`` is the context's, ``sha256`` the file's and what it pins."""

    about: str
    file: str
    name: Sha256
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class Software:
    """What ran. ``facts`` are (name, version) of program, Python, libraries and operating system."""

    station: str
    line: str
    facts: tuple[tuple[str, str], ...]
    sessions: tuple[EventSeq, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """All of it."""

    sheets: tuple[Sheet, ...]
    pinned: tuple[Pinned, ...]
    software: tuple[Software, ...]

    @property
    def station(self) -> str:
        """The station and its line, for a page's head."""
        names = dict.fromkeys(f"{one.station} · {one.line}" if one.line else one.station for one in self.software)
        return ", ".join(names)


@dataclass(frozen=True, slots=True)
class CoveringCheckpoint:
    """The oldest signed checkpoint that includes a record's newest entry."""

    origin: str
    size: int
    root: str
    """Base64, as the note has it."""
    note: str


def read_provenance(records: Records, recipe: Sha256, fixture: Sha256, attempts: Iterable[AttemptRecord]) -> Provenance:
    """Return what these attempts were made with. ``fixture`` may be "" where no batch names one. Looks only."""
    made = list(attempts)
    recipes = dict.fromkeys([recipe, *(one.recipe for one in made)])
    sheets, pinned = [], []
    for about, names in (("recipe", recipes), ("fixture", [fixture])):
        for name in names:
            value = records.context(name) if name else None
            if value is None:
                continue
            sheets.append(Sheet(about, str(value.get("file", "")), name, Sha256(str(value.get("sha256", "")))))
            pinned += list(_pinned(value.get("content")))
    sessions = dict.fromkeys(one.session for one in made if one.session)
    return Provenance(tuple(sheets), tuple(dict.fromkeys(pinned)), tuple(_software(records, sessions)))


def _pinned(value: object, used: str = "") -> Iterator[Pinned]:
    match value:
        case {"sha256": str() as digest, **rest}:
            file = next((str(rest[key]) for key in ("image", "file", "program", "path") if rest.get(key)), "")
            purpose = str(rest.get("name") or rest.get("do") or used)
            yield Pinned(purpose, file, Sha256(digest))
            yield from _inside(rest, purpose)
        case dict():
            yield from _inside(value, str(value.get("name") or value.get("do") or used))
        case list():
            for one in value:
                yield from _pinned(one, used)
        case _:
            pass


def _inside(value: Mapping[Any, object], used: str) -> Iterator[Pinned]:
    for key, one in value.items():
        yield from _pinned(one, used or str(key))


def _software(records: Records, sessions: Iterable[EventSeq]) -> Iterator[Software]:
    found: dict[Sha256, list[EventSeq]] = {}
    for seq in sessions:
        event = records.entry(seq).event
        if isinstance(event, SessionOpened):
            found.setdefault(event.context, []).append(seq)
    for name, places in found.items():
        value = records.context(name) or {}
        told = value.get("software")
        facts = tuple(_facts(told)) if isinstance(told, dict) else ()
        yield Software(str(value.get("station", "")), str(value.get("line", "")), facts, tuple(places))


def _facts(told: dict[str, object]) -> Iterator[tuple[str, str]]:
    # Old sessions may lack some, later ones may have more: what is there is shown.
    for key, value in told.items():
        if isinstance(value, dict):
            yield from _facts(value)
        else:
            yield key, str(value)


def covering_checkpoint(leaves: Leaves, newest: EventSeq) -> CoveringCheckpoint | None:
    """Return the first checkpoint whose tree includes entry ``newest``; None where none was signed since."""
    for note in leaves.checkpoints():
        lines = note.split("\n")
        if len(lines) > 3 and lines[1].isdecimal() and int(lines[1]) >= newest:
            return CoveringCheckpoint(lines[0], int(lines[1]), lines[2], note)
    return None
