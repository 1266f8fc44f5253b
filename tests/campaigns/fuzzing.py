"""Coverage-guided fuzzing of what reads bytes from outside: ``python -m tests.campaigns.fuzzing --folder F``.

Needs atheris (libFuzzer for Python), which no lock of this project holds: it is for the one who runs this. Each
target runs in a process of its own, with a limit for memory and for one input's time; what ends one is kept in the
folder that is named, and the table at the end says how often each was called. Ends with 1 where anything was found.
"""

import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SECONDS_AN_INPUT = 5
MEBIBYTES = 1024


def fuzz(name: str, runs: int, folder: Path, seed: int) -> None:
    """Fuzz one target in this process; libFuzzer ends it."""
    atheris: Any = import_module("atheris")  # installed by whoever runs a campaign

    # Only what is imported in here tells libFuzzer which way it went; all modules together would take minutes.
    with atheris.instrument_imports(include=["station", "cbor2", "intelhex"]):
        hostile: Any = import_module("tests.faults.hostile")
    (target,) = (one for one in hostile.targets() if one.name == name)
    corpus = folder / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(data)
    flags = [f"-runs={runs}", f"-seed={seed}", f"-max_len={target.longest}", f"-timeout={SECONDS_AN_INPUT}"]
    flags += [f"-rss_limit_mb={MEBIBYTES}", f"-artifact_prefix={folder}/{name}-", "-print_final_stats=1"]
    atheris.Setup([name, *flags, str(corpus)], target.check)
    atheris.Fuzz()


def run(name: str, runs: int, folder: Path, seed: int) -> tuple[str, int, int, str]:
    """Fuzz one target in a process of its own; return its name, executions, covered places and what ended it."""
    words = ["--one", name, "--runs", str(runs), "--folder", str(folder), "--seed", str(seed)]
    command = [sys.executable, "-m", "tests.campaigns.fuzzing", *words]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    told = done.stderr + done.stdout
    executed = re.findall(r"stat::number_of_executed_units: (\d+)|^#(\d+)\s", told, re.MULTILINE)
    covered = re.findall(r"cov: (\d+)", told)
    count = max((int(one or other) for one, other in executed), default=0)
    (folder / f"{name}.log").write_text(told, encoding="utf-8")
    return (
        name,
        count,
        int(covered[-1]) if covered else 0,
        "" if done.returncode == 0 else f"ended by {done.returncode}",
    )


def main() -> None:
    """Fuzz all targets, two at a time, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500_000, help="executions of each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="a target's name")
    parser.add_argument("--folder", type=Path, required=True, help="where corpus, logs and findings are kept")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    given, console = parser.parse_args(), Console(markup=False, highlight=False)
    if given.one:
        fuzz(given.one, given.runs, given.folder, given.seed)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    hostile: Any = import_module("tests.faults.hostile")
    names = [one.name for one in hostile.targets() if not given.only or one.name in given.only]
    table = Table("target", "executions", "places covered", "finding")
    total, found = 0, 0
    with ThreadPoolExecutor(2) as threads:
        for name, count, covered, finding in threads.map(
            lambda one: run(one, given.runs, given.folder, given.seed), names
        ):
            total, found = total + count, found + bool(finding)
            table.add_row(name, f"{count:,}", str(covered), finding or "none")
            console.print(f"{name}: {count:,} executions, {finding or 'nothing found'}")
    console.print(table)
    console.print(f"{total:,} executions, {found} targets with a finding; seed {given.seed}, folder {given.folder}")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
