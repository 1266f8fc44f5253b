"""Coverage-guided fuzzing of what reads bytes from outside: ``python -m tests.campaigns.fuzzing --folder F``.

Needs atheris (libFuzzer for Python), which no lock of this project holds: it is for the one who runs this. Each
target runs in a process of its own, with a limit for memory and for one input's time; what ends one is kept in the
folder that is named. Whatever was done is written down there, piece by piece: the same command goes on where an
earlier one was stopped, until the total is reached, and ``--show`` says what has been done without doing more. A
target that found something is left alone until ``--again`` names it. Ends with 1 where anything was found.
"""

import argparse
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import import_module
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from station.host.files import replace_file

SECONDS_AN_INPUT: Final = 5
MEBIBYTES: Final = 1024
PIECE: Final = 100_000
SECONDS_A_PIECE: Final = 300
"""Executions, and seconds, between two writings of what was done."""


@dataclass(slots=True)
class Done:
    """What was done with one target so far. ``finding``: what ended it, "" for nothing."""

    executions: int = 0
    covered: int = 0
    seconds: float = 0.0
    finding: str = ""


class Campaign:
    """What was done in a folder, kept there; for several threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / "done.json"
        self._lock = Lock()
        read: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        self._done = {name: Done(**value) for name, value in read.items()}

    def of(self, name: str) -> Done:
        """Return what was done with a target."""
        return self._done.get(name, Done())

    def add(self, name: str, piece: Done) -> None:
        """Count a piece of work."""
        with self._lock:
            before = self._done.setdefault(name, Done())
            before.executions += piece.executions
            before.covered = max(before.covered, piece.covered)
            before.seconds += piece.seconds
            before.finding = piece.finding
            self._write()

    def again(self, name: str) -> None:
        """Take a target up again that found something; what it found stays in the folder."""
        with self._lock:
            self._done.setdefault(name, Done()).finding = ""
            self._write()

    def figures(self, names: list[str]) -> dict[str, Any]:
        """Return the figures as every campaign of these tests writes them."""
        done = {name: self.of(name) for name in names}
        return {
            "name": "fuzzing",
            "counts": {"executions": sum(one.executions for one in done.values()), "targets": len(names)},
            "findings": [f"{name}: {one.finding}" for name, one in done.items() if one.finding],
            "targets": {name: asdict(one) for name, one in done.items()},
        }

    def _write(self) -> None:
        value = {name: asdict(one) for name, one in self._done.items()}
        replace_file(self._path, json.dumps(value, indent=1).encode())


def every_target() -> tuple[Any, ...]:
    """Return all targets. Their modules are imported when this is called: only then they tell which way they went."""
    hostile: Any = import_module("tests.faults.hostile")
    desktop: Any = import_module("tests.faults.hostile_desktop")
    return (*hostile.targets(), *desktop.desktop_targets())


def fuzz(name: str, runs: int, folder: Path, seed: int) -> None:
    """Fuzz one target in this process; libFuzzer ends it."""
    atheris: Any = import_module("atheris")  # installed by whoever runs a campaign

    # Only what is imported in here tells libFuzzer which way it went; all modules together would take minutes.
    with atheris.instrument_imports(include=["station", "cbor2", "intelhex"]):
        (target,) = (one for one in every_target() if one.name == name)
    corpus = folder / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(data)
    flags = [f"-runs={runs}", f"-seed={seed}", f"-max_len={target.longest}", f"-timeout={SECONDS_AN_INPUT}"]
    flags += [
        f"-max_total_time={SECONDS_A_PIECE}",
        f"-rss_limit_mb={MEBIBYTES}",
        f"-artifact_prefix={folder}/{name}-",
        "-print_final_stats=1",
    ]
    atheris.Setup([name, *flags, str(corpus)], target.check)
    atheris.Fuzz()


def run(name: str, runs: int, folder: Path, seed: int) -> Done:
    """Fuzz one target in a process of its own; return what was done and what ended it."""
    words = ["--one", name, "--runs", str(runs), "--folder", str(folder), "--seed", str(seed)]
    command = [sys.executable, "-m", "tests.campaigns.fuzzing", *words]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    told = done.stderr + done.stdout
    executed = re.findall(r"stat::number_of_executed_units: (\d+)|^#(\d+)\s", told, re.MULTILINE)
    covered, seconds = re.findall(r"cov: (\d+)", told), re.findall(r"Done \d+ runs in (\d+) second", told)
    (folder / f"{name}.log").write_text(told, encoding="utf-8")
    return Done(
        executions=max((int(one or other) for one, other in executed), default=0),
        covered=int(covered[-1]) if covered else 0,
        seconds=float(seconds[-1]) if seconds else 0.0,
        finding="" if done.returncode == 0 else f"ended by {done.returncode}, see {name}.log",
    )


def work(campaign: Campaign, name: str, runs: int, seed: int, console: Console) -> None:
    """Fuzz one target piece by piece until it was executed ``runs`` times in all, or finds something."""
    while (done := campaign.of(name)).executions < runs and not done.finding:
        left = min(PIECE, runs - done.executions)
        # Each piece has another seed: the same one would go the same way again.
        piece = run(name, left, campaign.folder, seed + done.executions)
        campaign.add(name, piece)
        if not piece.executions:
            break
    done = campaign.of(name)
    console.print(f"{name}: {done.executions:,} executions, {done.finding or 'nothing found'}")


def show(campaign: Campaign, names: list[str], console: Console) -> None:
    """Print what was done so far."""
    table = Table("target", "executions", "a second", "places covered", "finding")
    for name in names:
        one = campaign.of(name)
        speed = f"{one.executions / one.seconds:,.0f}" if one.seconds else ""
        table.add_row(name, f"{one.executions:,}", speed, str(one.covered), one.finding or "none")
    console.print(table)
    figures = campaign.figures(names)
    total, found = figures["counts"]["executions"], len(figures["findings"])
    console.print(f"{total:,} executions of {len(names)} targets, {found} with a finding; folder {campaign.folder}")


def main() -> None:
    """Fuzz all targets and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--total", type=int, default=10_000_000, help="executions of all targets together")
    parser.add_argument("--runs", type=int, default=0, help="executions of a target with a whole share, instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="a target's name")
    parser.add_argument("--again", action="append", default=[], help="a target whose finding was mended")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="only say what has been done")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--folder", type=Path, required=True, help="where corpus, logs and findings are kept")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    given, console = parser.parse_args(), Console(markup=False, highlight=False)
    if given.one:
        fuzz(given.one, given.runs, given.folder, given.seed)
        return
    campaign = Campaign(given.folder)
    shares = {one.name: one.share for one in every_target()}
    every = list(shares)
    for name in given.again:
        campaign.again(name)
    runs = given.runs or given.total / sum(shares.values())
    if not given.show:
        # The quick ones first: whoever stops this has done the most by then.
        names = sorted((name for name in every if not given.only or name in given.only), key=lambda one: -shares[one])
        with ThreadPoolExecutor(given.processes) as threads:
            list(threads.map(lambda one: work(campaign, one, ceil(runs * shares[one]), given.seed, console), names))
    show(campaign, every, console)
    figures = campaign.figures(every)
    if given.json is not None:
        replace_file(given.json, json.dumps(figures, indent=1).encode())
    raise SystemExit(1 if figures["findings"] else 0)


if __name__ == "__main__":
    main()
