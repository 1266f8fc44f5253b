#!/usr/bin/env python3
"""The lock files written anew from pyproject.toml: what `python3 start.py lock` runs. For developers; needs uv."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "pyproject.toml"
LOCK, TEST_LOCK = "requirements.lock", "requirements-test.lock"
BUILD_LOCK = "packaging/build.lock"
USAGE = 2


def lock(words: Sequence[str]) -> int:
    """Write the lock files; known pins stay unless told otherwise (`lock --upgrade`). Return the exit code."""
    if shutil.which("uv") is None:
        sys.stderr.write("writing the lock files needs uv on the PATH; nothing else here does.\n")
        return USAGE
    tables = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    compile_from = [
        *("uv", "pip", "compile", "-", "--universal", "--generate-hashes", "--python-version", "3.11", "--quiet"),
        *("--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "python3 start.py lock", *words),
    ]
    for names, rest in (
        # What builds the project is installed beside the rest, so it is locked beside it.
        (tables["build-system"]["requires"], [PROJECT.name, "-o", LOCK]),
        (tables["project"]["optional-dependencies"]["test"], ["-c", LOCK, "-o", TEST_LOCK]),
        (tables["project"]["optional-dependencies"]["build"], ["-c", LOCK, "-o", BUILD_LOCK]),
    ):
        done = subprocess.run([*compile_from, *rest], input="\n".join(names), text=True, cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(lock(sys.argv[1:]))
