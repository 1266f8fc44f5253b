"""Which software this is: for the journal's sessions, ``--version`` and the window."""

import hashlib
import json
import platform
import re
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import apsw

NAME: Final = "nrf91-station"
BUILD_FILE: Final = "_build.json"
"""In the package ``station`` of a wheel or installer, where its build writes it; a source tree has none:
``{"commit": 40 or 64 hex digits, "lock_sha256": 64 hex digits}``."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Source:
    """What was built or runs: the source's commit and its lock file's SHA-256. Each is None where nobody knows."""

    commit: str | None
    lock_sha256: str | None


def software_version() -> str:
    """Return this program's version: ``pyproject.toml`` says it, of a source tree itself, or of what was installed.

    ``0+unknown`` where neither is there.
    """
    try:
        return source_version(_ROOT) or version(NAME)
    except PackageNotFoundError:
        return "0+unknown"


def source() -> Source:
    """Return which source this is: what its build wrote into a package, else what the source tree itself says."""
    return built_source(files("station")) or Source(source_commit(_ROOT), lock_hash(_ROOT))


def version_text() -> str:
    """Return the program, its version, commit and lock file, a line each, for people and for whoever asks them."""
    found = source()
    return "\n".join(
        (
            f"{NAME} {software_version()}",
            f"commit {found.commit or 'unknown'}",
            f"requirements.lock {found.lock_sha256 or 'unknown'}",
        )
    )


def describe_software() -> dict[str, object]:
    """Return what a session's record says about the software and the PC it runs on. JSON values; no secrets."""
    found = source()
    return {
        "name": NAME,
        "version": software_version(),
        "commit": found.commit,
        "lock_sha256": found.lock_sha256,
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "apsw": apsw.apsw_version() if hasattr(apsw, "apsw_version") else apsw.apswversion(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "host": platform.node(),
        "libraries": {name: version(name) for name in ("cryptography", "pyserial", "requests", "pydantic")},
        "frozen": bool(getattr(sys, "frozen", False)),
    }


def built_source(package: Traversable) -> Source | None:
    """Return what the build wrote into ``package``; None where it wrote nothing.

    A file that can't be read is no reason not to work: then both are unknown.
    """
    try:
        text = package.joinpath(BUILD_FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return Source(None, None)
    try:
        told = json.loads(text)
        commit, lock = told["commit"], told["lock_sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Source(None, None)
    return Source(_fitting(commit, _COMMIT), _fitting(lock, _SHA256))


def source_version(root: Path) -> str | None:
    """Return the version that the source tree ``root`` has; None where it is none of this program."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except (OSError, ValueError, KeyError):
        return None
    return str(project.get("version")) if project.get("name") == NAME else None


def source_commit(root: Path) -> str | None:
    """Return the commit that the source folder ``root`` is at, by its own words; None where it is no repository.

    Whether files were edited since is not told. Reads two small files; safe to repeat.
    """
    git = root / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if head.startswith("ref: "):
            name = head.removeprefix("ref: ")
            loose = git / name
            if loose.is_file():
                head = loose.read_text(encoding="ascii").strip()
            else:
                rows = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
                head = next((row.split(" ")[0] for row in rows if row.endswith(f" {name}")), "")
    except (OSError, ValueError):  # an installed package has no repository: unknown is an answer
        return None
    return head if _COMMIT.fullmatch(head) else None


def lock_hash(root: Path) -> str | None:
    """Return the SHA-256 of the lock file from which the libraries were installed; None where there is none."""
    try:
        return hashlib.sha256((root / "requirements.lock").read_bytes()).hexdigest()
    except OSError:
        return None


def _fitting(value: object, shape: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and shape.fullmatch(value) else None
