"""What goes into a backup beside the journal: everything that the station needs on another PC, and no secret in clear.

Not the station's signing key (a restored record gets another one), no PIN, passphrase or API key: those are not in the
files that are taken, and where a private key lies among them unencrypted, no backup is made.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from station.ca.folder import FORMER, LINE_KEY, ROOT_KEY
from station.domain.faults import Fault
from station.evidence.backup_archive import FILES, Member
from station.evidence.checkpoints import FOLDER as CHECKPOINTS
from station.evidence.faults import KEY_IN_CLEAR
from station.host.files import read_bytes
from station.settings.loading import load_recipe
from station.settings.reading import Loaded
from station.settings.recipe import CommandStep, Recipe
from station.settings.station import StationSettings

_PLACES: Final = {
    "data": "data",
    "fixture": "fixture",
    "recipes": "recipes",
    "ca.folder": "ca",
    "evidence.folder": "evidence",
    "logs.folder": "logs",
    "cloud.ca_bundle": "roots",
}
"""Keys of the station file that are paths of its own, and the folders that absolute ones become."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Members by name, and where they belong; see :class:`station.evidence.backup_archive.Description`."""

    members: dict[str, Member] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    rewrite: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def gather(settings: Loaded[StationSettings]) -> Contents:
    """Return what goes into a backup of this station, but for the journal, its people and its checkpoint.

    The station file, the fixture, the recipes with every file that they pin, the CA's folder as it is, and the
    checkpoints. What lies outside of the station's own tree is kept apart, with its place. Raises BAK-105, HOST-101.
    """
    value, contents = settings.value, Contents()
    loose = list(_pinned(value.recipes, contents))
    own = {settings.path, value.fixture, *value.recipes.glob("*.toml"), *(path for path, _ in loose)}
    if value.cloud is not None and value.cloud.ca_bundle is not None:
        own.add(value.cloud.ca_bundle)
    moved = _moved(settings)
    base = _base([settings.path.parent, *_relative(settings, moved), *(path.parent for path, near in loose if near)])
    away = {Path(path): name for path, name in moved.values()}  # folders and files that get a new home
    _lay_settings(settings, moved, base, contents)
    for path in sorted(own):
        _add(path, _home(path, base, away), contents)
    _add_folder(value.ca_folder, "ca", contents)
    for path in sorted(value.ca_folder.glob(f"{FORMER}/*.pem")):
        _put(f"ca/{FORMER}/{path.name}", path, contents)
    for path in sorted((value.data / CHECKPOINTS).glob("*.txt")):
        _put(f"{CHECKPOINTS}/{path.name}", path, contents)
    return contents


def _lay_settings(
    settings: Loaded[StationSettings], moved: Mapping[str, tuple[Path, str]], base: Path, contents: Contents
) -> None:
    value = settings.value
    folder = _under(settings.path.parent, base)
    data = moved["data"][1] if "data" in moved else _under(value.data, base)
    for key, own, default in (
        ("ca.folder", value.ca.folder, f"{data}/ca"),
        ("evidence.folder", value.evidence.folder, f"{data}/evidence"),
    ):
        name = key.partition(".")[0]
        contents.homes[name] = default if own is None else moved[key][1] if key in moved else _under(own, base)
    contents.homes["data"] = data
    contents.homes["station"] = _under(settings.path, base)
    for key, (_, home) in moved.items():
        contents.rewrite[key] = os.path.relpath(home, folder or ".").replace(os.sep, "/")


def _written(settings: Loaded[StationSettings], key: str) -> str | None:
    value: Any = settings.written
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _meant(settings: Loaded[StationSettings], key: str) -> Path | None:
    value: Any = settings.value
    for part in key.split("."):
        value = getattr(value, part, None)
    return value if isinstance(value, Path) else None


def _moved(settings: Loaded[StationSettings]) -> dict[str, tuple[Path, str]]:
    """Return the keys whose paths were written absolute, what they mean, and what they become in the new folder."""
    found = dict[str, tuple[Path, str]]()
    for key, home in _PLACES.items():
        text, path = _written(settings, key), _meant(settings, key)
        if text is not None and path is not None and _is_absolute(text):
            found[key] = path, f"{home}/{path.name}" if path.is_file() else home
    return found


def _is_absolute(text: str) -> bool:
    return text.startswith("~") or Path(text).is_absolute()


def _relative(settings: Loaded[StationSettings], moved: Mapping[str, object]) -> Iterator[Path]:
    for key in _PLACES:
        path = _meant(settings, key)
        if path is not None and key not in moved:
            yield path.parent  # so that none of them is the new folder itself


def _base(folders: list[Path]) -> Path:
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:  # several drives
        return folders[0]


def _under(path: Path, base: Path) -> str:
    return PurePosixPath(*path.relative_to(base).parts).as_posix() if path != base else ""


def _home(path: Path, base: Path, away: Mapping[Path, str]) -> str | None:
    """Return where a file goes in the new folder; None where it lay outside of the station's tree."""
    for place, home in away.items():
        if path == place:
            return home
        if path.is_relative_to(place):
            return f"{home}/{PurePosixPath(*path.relative_to(place).parts)}"
    return _under(path, base) if path.is_relative_to(base) else None


def _pinned(recipes: Path, contents: Contents) -> Iterator[tuple[Path, bool]]:
    """Yield every file that a recipe names, and whether by a relative path."""
    for path in sorted(recipes.glob("*.toml")):
        try:
            recipe = load_recipe(path)
        except Fault as fault:
            contents.left_out.append(f"what the recipe {path.name} names: it can't be read ({fault.code})")
            continue
        absolute = {Path(text) for text in _texts(recipe.written) if _is_absolute(text)}
        for file in _named(recipe.value):
            yield file, file not in absolute


def _named(recipe: Recipe) -> Iterator[Path]:
    yield from (root.file for root in (recipe.credentials.roots if recipe.credentials else ()))
    yield from (image.path for image in recipe.images)
    for step in recipe.steps:
        if isinstance(step, CommandStep):
            yield from (part.file for part in step.files)


def _texts(value: Any) -> Iterator[str]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inside:
        yield from [one] if isinstance(one, str) else _texts(one)


def _add(path: Path, home: str | None, contents: Contents) -> None:
    if home is not None:
        _put(f"{FILES}{home}", path, contents)
        return
    name = f"elsewhere/{len(contents.elsewhere) + 1}/{path.name}"
    _put(name, path, contents)
    contents.elsewhere[name] = str(path)


def _add_folder(folder: Path, name: str, contents: Contents) -> None:
    if not folder.is_dir():
        contents.left_out.append("a CA: there is none yet")
        return
    for path in sorted(one for one in folder.iterdir() if one.is_file() and not one.name.startswith(".")):
        _put(f"{name}/{path.name}", path, contents)
    if (folder / LINE_KEY).exists() and not (folder / ROOT_KEY).exists():
        contents.left_out.append(f"the CA's {ROOT_KEY}: it is not on this PC")


def _put(name: str, path: Path, contents: Contents) -> None:
    data = read_bytes(path)
    if b"PRIVATE KEY-----" in data and b"ENCRYPTED" not in data:
        raise KEY_IN_CLEAR.fault(path=path)
    contents.members[name] = data
