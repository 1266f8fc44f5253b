"""A copy of the CA's folder in another place, proven to be the same byte for byte."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from station.ca.faults import COPY_DIFFERS, COPY_UNTRUE
from station.ca.folder import DESCRIPTION, LINE_CERTIFICATE, LINE_KEY, ROOT_CERTIFICATE, ROOT_KEY, read_files
from station.domain.ids import Sha256
from station.host.files import read_bytes, sha256_of
from station.host.folders import create_whole

_FILES: Final = (DESCRIPTION, ROOT_CERTIFICATE, ROOT_KEY, LINE_CERTIFICATE, LINE_KEY)


@dataclass(frozen=True, slots=True)
class AuthorityFacts:
    """What people write down about a CA: nothing of it is secret."""

    name: str
    folder: Path
    created: datetime
    root_sha256: Sha256
    line_sha256: Sha256
    root_end: datetime
    line_end: datetime
    has_root_key: bool
    """Whether the root's key still lies in ``folder``."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was read back: each file's name and SHA-256."""

    folder: Path
    files: tuple[tuple[str, Sha256], ...]


def read_facts(folder: Path) -> AuthorityFacts:
    """Return what is to be written down about the CA in ``folder``; no passphrase. Raises as ``read_files``."""
    files = read_files(folder)
    return AuthorityFacts(
        name=files.description.name,
        folder=folder,
        created=files.description.created,
        root_sha256=files.root_sha256,
        line_sha256=files.line_sha256,
        root_end=files.root.not_valid_after_utc,
        line_end=files.line.not_valid_after_utc,
        has_root_key=(folder / ROOT_KEY).exists(),
    )


def copy_authority(folder: Path, place: Path) -> Copied:
    """Copy the CA in ``folder`` into a folder of its own in ``place``; what stands there was read back and is the same.

    Its keys stay under their passphrase. Safe to repeat: a copy that is there already is compared. Raises what
    ``read_files`` does of the original, CA-108 where something else is there, CA-109 where the disk gives back
    something else, HOST-102, HOST-103. A stick that knows no owners is all right: the keys are encrypted.
    """
    facts = read_facts(folder)
    contents = {name: read_bytes(folder / name) for name in _FILES if (folder / name).exists()}
    hashes = tuple((name, sha256_of(data)) for name, data in contents.items())
    target = place / f"ca-{facts.root_sha256[:8]}"

    def check(made: Path) -> None:
        wrong = _first_difference(made, hashes)
        if wrong is not None:
            raise COPY_UNTRUE.fault(folder=target, name=wrong)

    if not create_whole(target, contents, check) and _first_difference(target, hashes) is not None:
        raise COPY_DIFFERS.fault(folder=target)
    check(target)
    return Copied(target, hashes)


def _first_difference(folder: Path, hashes: tuple[tuple[str, Sha256], ...]) -> str | None:
    for name, expected in hashes:
        path = folder / name
        if not path.is_file() or sha256_of(read_bytes(path)) != expected:
            return name
    return None
