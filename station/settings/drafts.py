"""A settings file that somebody is writing: judged as if it stood there, put there only when it is sound."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.host.files import rewrite_file, sha256_of
from station.settings.faults import DATA_MOVED, FILE_REFUSED, NO_SUCH_FILE
from station.settings.fixture import Fixture
from station.settings.loading import load_fixture, load_recipe
from station.settings.reading import Loaded, load_station
from station.settings.recipe import Recipe
from station.settings.station import StationSettings

STATION: Final = "station"
FIXTURE: Final = "fixture"
RECIPE: Final = "recipe:"
"""Followed by the product: the names by which settings files are asked for."""

_LINE = re.compile(r"line (\d+)(?:,|:)")
_SLOT = re.compile(r"slot (\d+): (?:(\w+))?")
_PRODUCT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a draft. ``line``, from 1, is where it most likely stands; 0 where nobody knows."""

    sentence: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is to replace one of the station's settings files. ``name``: station, fixture, or recipe:NAME."""

    name: str
    path: Path
    text: str

    def judge(self, *, data: Path) -> Loaded[StationSettings] | Loaded[Fixture] | Loaded[Recipe]:
        """Return it as it would be read. Raises SET-101, SET-102 with every problem, SET-106. Changes nothing."""
        content = self.text.encode()
        if self.name == FIXTURE:
            return load_fixture(self.path, content, data=data)
        if self.name.startswith(RECIPE):
            recipe = load_recipe(self.path, content)
            if recipe.value.product != self.path.stem:
                wrong = f'{self.path}: product: it must be "{self.path.stem}", as the file is called.'
                raise FILE_REFUSED.fault(problems=wrong)
            return recipe
        loaded = load_station(self.path, content)
        if loaded.value.data.resolve() != data.resolve():
            raise DATA_MOVED.fault(f"{loaded.value.data}, not {data}")
        return loaded

    def problems(self, *, data: Path) -> tuple[Problem, ...]:
        """Return all that is wrong with it; none where it may be saved. Changes nothing; safe to repeat."""
        try:
            self.judge(data=data)
        except Fault as fault:
            sentences = fault.sentence.splitlines() if fault.code == FILE_REFUSED.code else [fault.sentence]
            return tuple(self._place(sentence) for sentence in sentences)
        return ()

    def save(self, *, data: Path) -> Loaded[StationSettings] | Loaded[Fixture] | Loaded[Recipe]:
        """Replace the file, whole or not at all; raises as :meth:`judge` before, HOST-101 to HOST-103. Repeatable.

        Where it is a symbolic link, what that leads to; its mode stays.
        """
        judged = self.judge(data=data)
        rewrite_file(self.path, self.text.encode())
        return judged

    @property
    def sha256(self) -> Sha256:
        """That of the file, once it is saved."""
        return sha256_of(self.text.encode())

    def _place(self, sentence: str) -> Problem:
        said = sentence.removeprefix(f"{self.path.resolve()}: ")
        if found := _LINE.search(said):
            return Problem(said, int(found[1]))
        place = said.partition(": ")[0] if ": " in said else ""
        if slot := _SLOT.match(said):
            return Problem(said, _find_slot(self.text, int(slot[1]), slot[2] or ""))
        return Problem(said, find_line(self.text, place))


def draft_of(name: str, text: str, station: Loaded[StationSettings]) -> Draft:
    """Return the draft of the station's file that is asked for by ``name``. Raises SET-107. Looks only."""
    if name == STATION:
        return Draft(name, station.path, text)
    if name == FIXTURE:
        return Draft(name, station.value.fixture, text)
    product = name.removeprefix(RECIPE)
    path = station.value.recipes / f"{product}.toml"
    if product == name or not _PRODUCT.fullmatch(product) or not path.is_file():
        raise NO_SUCH_FILE.fault(name=ascii(name[:80]), folder=station.value.recipes)
    return Draft(name, path, text)


def load_named(
    name: str, station: Loaded[StationSettings]
) -> Loaded[StationSettings] | Loaded[Fixture] | Loaded[Recipe]:
    """Return the station's file that is asked for by ``name`` as it stands there now. Raises SET faults. Looks only."""
    path = draft_of(name, "", station).path
    if name == STATION:
        return load_station(path)
    return load_fixture(path, data=station.value.data) if name == FIXTURE else load_recipe(path)


def find_line(text: str, place: str) -> int:
    """Return the line, from 1, of what ``place`` names (``steps[3].image``, ``ca.name``); 0 where it isn't found. Pure.

    The last key of the place, searched from the table that it lies in: good enough to lead an eye there.
    """
    lines = text.splitlines()
    begin = 0
    path = re.findall(r"\w+|\[\d+\]", place)
    for at, part in enumerate(path[:-1]):
        index = int(path[at + 1][1:-1]) if path[at + 1].startswith("[") else None
        if part.startswith("["):
            continue
        heads = [n for n, line in enumerate(lines) if re.match(rf"\s*\[+\s*(?:\w+\.)*{re.escape(part)}\s*\]", line)]
        if heads:
            begin = heads[min(index or 0, len(heads) - 1)]
    keys = [part for part in path if _KEY.fullmatch(part)]
    if not keys:
        return 0
    for number in range(begin, len(lines)):
        if re.match(rf"\s*(?:\[+\s*)?{re.escape(keys[-1])}\b", lines[number]):
            return number + 1
    return begin + 1 if begin else 0


def _find_slot(text: str, slot: int, key: str) -> int:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(rf"\s*number\s*=\s*{slot}\b", line):
            block = lines[number : number + 12]
            inside = next((at for at, one in enumerate(block) if key and re.match(rf"\s*{key}\b", one)), 0)
            return number + inside + 1
    return 0
