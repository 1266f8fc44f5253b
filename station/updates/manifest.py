"""The list of packages in a folder for updates: one signed file, written by IT's tool, read strictly by stations.

``updates.txt`` is a signed note (C2SP, Ed25519, as checkpoints are). Its text is one line, RFC 8785's form of
``{"form", "packages": [{"bytes", "file", "notes", "sha256", "version"}], "version"}``; nothing else that such a key
signs is taken for one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from station.domain.ids import Sha256
from station.evidence.forms import Broken, Key, canonical, open_note, read_json
from station.evidence.station_key import StationKey
from station.host.files import sha256_of_file

MANIFEST: Final = "updates.txt"
"""The list with its signature: one file, so that whoever looks while it is replaced sees the one or the other."""
LONGEST: Final = 256 * 1024
"""Bytes of it."""
LARGEST: Final = 4 * 1024 * 1024 * 1024
"""Bytes of a package."""

_FORM: Final = "nrf91-station updates"
_VERSION: Final = 1
_MOST: Final = 200
_LONGEST_NOTES: Final = 2000
_RELEASE: Final = re.compile(r"\d{1,6}(?:\.\d{1,6}){1,3}")
_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,199}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Package:
    """A file that installs the station. ``notes`` is what IT has to say of it, on one line."""

    version: str
    file: str
    size: int
    sha256: Sha256
    notes: str = ""

    @property
    def kind(self) -> str:
        """How the file's name ends, with the dot: what it is installed with."""
        return Path(self.file).suffix.lower()


def release_of(version: str) -> tuple[int, ...]:
    """Return a version's numbers, which compare as versions do. ValueError for any but two to four plain numbers."""
    if not _RELEASE.fullmatch(version):
        raise ValueError(f"{version!r:.40} is no version of two to four numbers")
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))


def describe(file: Path, version: str, notes: str = "") -> Package:
    """Return a package's entry in the list. ValueError for what no list can hold; HOST-101."""
    package = Package(version, file.name, file.stat().st_size, sha256_of_file(file), notes)
    _check(package)
    return package


def write_manifest(packages: Sequence[Package], key: StationKey) -> bytes:
    """Return ``updates.txt``. Equal packages and keys give equal bytes. ValueError for more than 200 of them. Pure."""
    if not 0 < len(packages) <= _MOST:
        raise ValueError(f"a list has 1 to {_MOST} packages")
    rows = [
        {"version": one.version, "file": one.file, "bytes": one.size, "sha256": one.sha256, "notes": one.notes}
        for one in packages
    ]
    listed = canonical({"form": _FORM, "version": _VERSION, "packages": rows})
    return key.sign_note(f"{listed}\n").encode()


def read_manifest(note: bytes, key: Key) -> tuple[Package, ...]:
    """Return the packages that ``key`` signed for. Pure.

    Raises ``ValueError`` where it did not sign this; :class:`SignedButOddError` where it did, and this program can't
    read it.
    """
    try:
        text = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Broken(f"{MANIFEST} is no text") from None
    signed = open_note(text, key, MANIFEST, alone=True)
    try:
        return tuple(_read(row) for row in _rows(read_json(signed[:-1].encode(), MANIFEST)))
    except (ValueError, KeyError, TypeError) as error:
        raise SignedButOddError(str(error)) from error


class SignedButOddError(Exception):
    """A list that is signed and not of the form that this program knows."""


def _rows(value: Mapping[str, Any]) -> list[Any]:
    if value.get("form") != _FORM or value.get("version") != _VERSION:
        raise ValueError("it is of another form or version")
    rows = value["packages"]
    if not isinstance(rows, list) or len(rows) > _MOST:
        raise ValueError("its packages are no list")
    return rows


def _read(row: Any) -> Package:
    match row:
        case {
            "version": str(version),
            "file": str(file),
            "bytes": int(size),
            "sha256": str(digest),
            "notes": str(notes),
        } if _SHA256.fullmatch(digest) and not isinstance(size, bool):
            package = Package(version, file, size, Sha256(digest), notes)
            _check(package)
            return package
        case _:
            raise ValueError("an entry is not of the form that is known")


def _check(package: Package) -> None:
    release_of(package.version)
    if not _FILE.fullmatch(package.file):
        raise ValueError("a file's name has other characters than A-Z a-z 0-9 . _ + ~ -")
    if not 0 < package.size <= LARGEST:
        raise ValueError(f"a package has 1 to {LARGEST >> 30} GiB")
    if len(package.notes) > _LONGEST_NOTES or not package.notes.isprintable():
        raise ValueError(f"notes are one line of at most {_LONGEST_NOTES} characters")
