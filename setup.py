"""What a wheel has beside the modules: copies of the examples, and which source it was built from.

``pyproject.toml`` says all the rest. An editable installation (``start.py``'s) stays as it is: it has the source.
"""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
SHIPPED = ("config", "fixtures/simulated", "fixtures/example-8-slot", "fixtures/example-jlink", "packaging/linux")
"""Found by ``station.host.program.shipped``. What the simulated firmware was made with is no part of it."""


class Build(build_py):
    """Modules and package data, then the copies and ``station/_build.json``."""

    def run(self) -> None:
        """Build; the folder of an earlier build is made anew, so that nothing that is gone lives on in it."""
        package = Path(self.build_lib, "station")
        if not self.editable_mode:
            shutil.rmtree(package, ignore_errors=True)
        super().run()
        if not self.editable_mode:
            complete(package)


def complete(package: Path) -> None:
    """Put the copies, and where they come from, into a built package."""
    for folder in SHIPPED:
        leave = shutil.ignore_patterns("__pycache__", "generate.py", ".git*")
        shutil.copytree(ROOT / folder, package / "_shipped" / folder, ignore=leave)
    (package / "_build.json").write_text(json.dumps(provenance()) + "\n", encoding="utf-8")


def provenance() -> dict[str, str | None]:
    """Return the commit, None where this is no copy of the repository, and the lock file's hash."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "--verify", "HEAD"]
    # A folder that only lies inside of another repository must not take that one's commit for its own.
    known = (ROOT / ".git").exists() and shutil.which("git") is not None
    told = subprocess.run(asked, capture_output=True, text=True, check=False) if known else None
    lock = ROOT / "requirements.lock"
    return {
        "commit": told.stdout.strip() if told is not None and told.returncode == 0 else None,
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest(),
    }


if __name__ == "__main__":
    os.umask(0o022)  # the same rights in the wheel whatever the builder's own mask
    setup(cmdclass={"build_py": Build})
