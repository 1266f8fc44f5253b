"""The look into the folder for updates: is there a newer package for this PC, whole, that IT's key vouches for?

It may wait for a share: never for a thread that draws or works at a slot.
"""

import hashlib
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.evidence.forms import Key, read_key
from station.host.files import read_bytes
from station.host.program import is_packaged
from station.settings.station import UpdateSettings
from station.updates.faults import FORGED, KEY_UNREADABLE, OLDER, TORN, UNREACHABLE, UNREADABLE
from station.updates.manifest import LONGEST, MANIFEST, Package, SignedButOddError, read_manifest, release_of

_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Newer:
    """A newer package that is whole: its file's SHA-256 is the one that was signed."""

    package: Package
    path: Path


def own_kind() -> str:
    """Return which files install the station as it runs here: by their ending."""
    if not is_packaged():
        return ".whl"
    return ".exe" if sys.platform == "win32" else ".deb"


def look_for_update(asked: UpdateSettings, running: str, kind: str) -> Newer | None:
    """Return the newest package of this ``kind`` that is newer than the version ``running``; None where none is.

    Reads the list and that one package; writes nothing, installs nothing. Safe to repeat. Raises UPD-101 (folder or
    list not there), UPD-102 (not signed with the station file's key), UPD-103 (of a form not known), UPD-104 (the
    package is missing or another), UPD-105 (the newest is older), UPD-106 (the key).
    """
    try:
        key = read_key(asked.key)
    except ValueError as error:
        raise KEY_UNREADABLE.fault(why=error) from error
    packages = [one for one in _listed(asked.folder, key) if one.kind == kind]
    if not packages:
        return None
    newest = max(packages, key=lambda one: release_of(one.version))
    try:
        here = release_of(running)
    except ValueError as error:
        raise UNREADABLE.fault(folder=asked.folder, why=f"this station's own version: {error}") from error
    if release_of(newest.version) < here:
        raise OLDER.fault(folder=asked.folder, found=newest.version, running=running)
    if release_of(newest.version) == here:
        return None
    path = asked.folder / newest.file
    if (why := _flaw(path, newest)) is not None:
        raise TORN.fault(file=newest.file, folder=asked.folder, why=why)
    return Newer(newest, path)


def _listed(folder: Path, key: Key) -> tuple[Package, ...]:
    note = _read(folder)
    try:
        return read_manifest(note, key)
    except ValueError as error:
        raise FORGED.fault(folder=folder, why=error) from error
    except SignedButOddError as error:
        raise UNREADABLE.fault(folder=folder, why=error) from error


def _read(folder: Path) -> bytes:
    path = folder / MANIFEST
    try:
        # A pipe in its place would hold whoever reads it for ever.
        if stat.S_ISFIFO(path.stat().st_mode):
            raise UNREACHABLE.fault(folder=folder, why=f"{MANIFEST} is a pipe")
    except OSError as error:
        raise UNREACHABLE.fault(folder=folder, why=error) from error
    try:
        return read_bytes(path, LONGEST)
    except Fault as fault:
        raise UNREACHABLE.fault(folder=folder, why=fault.detail) from fault


def _flaw(path: Path, package: Package) -> str | None:
    """Return in words how the file differs from what was signed; no more of it is read."""
    try:
        size = path.stat().st_size
        if size != package.size:
            return f"it has {size} bytes, not {package.size}"
        digest = hashlib.sha256()
        left = package.size
        with path.open("rb") as file:
            while left and (chunk := file.read(min(_CHUNK, left))):
                digest.update(chunk)
                left -= len(chunk)
    except OSError as error:
        return f"{type(error).__name__}: {error.strerror or error}"
    return None if Sha256(digest.hexdigest()) == package.sha256 else "its SHA-256 is another"
