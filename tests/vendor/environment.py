"""The vendors' own clients, in an environment and lock of their own.

`.vendor` at the repository's root is made once from `requirements.lock` beside this file and kept until that, or the
Python that made it, changes. To write the lock anew (needs uv), run what its second line says, with the packages in
the brackets on standard input.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from station.domain.faults import StationFault
from station.host.clock import Deadline, SystemClock
from station.host.lock import FolderLock

LOCK = Path(__file__).with_name("requirements.lock")
ROOT = Path(__file__).parents[2] / ".vendor"
PATIENCE_S = 900.0
# Published as source alone; built by the locked setuptools, as isolation would fetch build tools that no hash covers.
SOURCE_ONLY = "pynrfjprog"


class Absent(Exception):  # noqa: N818 -- it says what is not there
    """The vendors' clients can't be installed here; why."""


def is_made() -> bool:
    """Return whether the environment is there, and as the lock says."""
    made_from = ROOT / "made-from"
    return made_from.exists() and made_from.read_text() == _wanted()


def provide() -> Path:
    """Return the Python of the vendors' environment, made first where it is missing; raise :class:`Absent`."""
    lock = _take_turns()
    try:
        if not is_made():
            (ROOT / "made-from").unlink(missing_ok=True)
            _make(ROOT / "venv")
            (ROOT / "made-from").write_text(_wanted())
    finally:
        lock.release()
    return _python(ROOT / "venv")


def _wanted() -> str:
    return hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()


def _take_turns() -> FolderLock:
    clock = SystemClock()
    deadline = Deadline(clock, PATIENCE_S)
    while True:
        try:
            return FolderLock(ROOT, "vendor check")
        except StationFault:
            if deadline.passed():
                raise
        clock.wait(threading.Event(), 1.0)


def _make(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    _run(sys.executable, "-m", "venv", venv)
    setuptools = re.search(r"^setuptools==.*?(?=^\S|\Z)", LOCK.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert setuptools, f"{LOCK} does not name setuptools"
    tools = venv / LOCK.name
    tools.write_text(setuptools.group(), encoding="utf-8")
    for lock in (tools, LOCK):
        pip = (_python(venv), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
        only_wheels = ("--only-binary", ":all:", "--no-binary", SOURCE_ONLY, "--no-build-isolation")
        _run(*pip, *only_wheels, "--require-hashes", "-r", lock)


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise Absent(f"the vendors' clients can't be installed here: {said[-1]}")


def _python(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
