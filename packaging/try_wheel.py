#!/usr/bin/env python3
"""Install a wheel in an empty environment and see that it works there: ``python3 packaging/try_wheel.py FILE.whl``.

Far from the source: what the station finds is what the wheel brought. The libraries are those of requirements.lock, by
hash. Ends with 1 where anything was not as it should be.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from workshop import ROOT, Refusal, run, say

SCRIPTS, SUFFIX = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
CHECKS: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]], ...] = (
    (("--version",), (r"nrf91-station \d", r"commit [0-9a-f]{40}", r"requirements\.lock [0-9a-f]{64}"), (0,)),
    (("demo", "--headless", "--fast"), (r"24 passed", r"24 onboarded"), (0,)),
    # 3: it holds in itself; nothing that was given vouches for the key.
    (("verify", "demo/data"), (r"EVERYTHING HOLDS",), (0, 3)),
    # In trouble, for want of the demo's bench; but it has looked at everything.
    (("doctor", "--station", "demo/station.toml"), (r"OK",), (0, 4)),
    (("desktop", "--help"), (r"--demo",), (0,)),
)
"""The station's words, what it must say, and how it may end."""


def main(words: list[str]) -> int:
    """Try the wheel; 0 where all was as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    wheel = parser.parse_args(words).wheel.absolute()
    with tempfile.TemporaryDirectory() as folder:
        try:
            programs = install(wheel, Path(folder, "environment"))
        except Refusal as refusal:
            say(str(refusal))
            return 1
        home = Path(folder, "home")
        home.mkdir(mode=0o700)
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "STATION_", "XDG_"))}
        station = programs / f"station{SUFFIX}"
        return sum(not see(station, *check, home, {**clean, "HOME": str(home)}) for check in CHECKS) and 1


def install(wheel: Path, environment: Path) -> Path:
    """Make the environment and return the folder of its programs. Raises Refusal."""
    run(sys.executable, "-I", "-m", "venv", environment)
    python = environment / SCRIPTS / f"python{SUFFIX}"
    pip = (python, "-I", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input")
    hashed = ("--require-hashes", "--only-binary", ":all:", "--no-binary", "pynrfjprog", "--no-build-isolation")
    lock = ROOT / "requirements.lock"
    pin = re.search(r"^setuptools==.*?(?=^\S|\Z)", lock.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    tools = environment / "tools.lock"
    tools.write_text(pin.group() if pin else "", encoding="utf-8")
    for words in ((*hashed, "-r", tools), (*hashed, "-r", lock), ("--no-deps", "--no-index", wheel)):
        run(*pip, *words)
    run(*pip[:4], "check")
    return python.parent


def see(
    station: Path,
    words: tuple[str, ...],
    expected: tuple[str, ...],
    codes: tuple[int, ...],
    folder: Path,
    environment: Mapping[str, str],
) -> bool:
    """Run the station there, tell how it went, and return whether that is as it should be."""
    begun = time.monotonic()
    done = subprocess.run([station, *words], cwd=folder, env=environment, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    missing = [pattern for pattern in expected if not re.search(pattern, said)]
    good = done.returncode in codes and not missing and "Traceback" not in said
    took = f"{time.monotonic() - begun:.1f} s"
    sys.stdout.write(f"{'ok' if good else 'FAILED':<6} station {' '.join(words)}: ")
    sys.stdout.write(f"{took}\n" if good else f"status {done.returncode}, without {missing}\n{said[-3000:]}\n")
    return good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
