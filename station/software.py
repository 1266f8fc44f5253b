"""Which software this is: for the journal's sessions and ``--version``."""

import hashlib
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import apsw

NAME = "nrf91-station"
_ROOT = Path(__file__).resolve().parent.parent
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def software_version() -> str:
    """Return this program's version; ``0+unknown`` when it runs from a folder that was never installed."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0+unknown"


def describe_software() -> dict[str, object]:
    """Return what a session's record says about the software and the PC it runs on. JSON values; no secrets."""
    return {
        "name": NAME,
        "version": software_version(),
        "commit": source_commit(_ROOT),
        "lock_sha256": lock_hash(_ROOT),
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
