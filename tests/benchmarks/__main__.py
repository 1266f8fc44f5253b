"""``python3 start.py bench``: how fast the station is, beside its references in the same run.

Each figure has a process of its own. Table, JSON and plot go into the folder ``bench`` here, unless they are sent
elsewhere; so does what is measured on, for a system's temporary folder is often no disk. What is made once (a journal
of a million units) stays in the folder that --keep names. Figures are for a quiet machine: nothing else at work, and
--quick for a first look only. Exit code 0 when all was measured, and is met or within 1.2 times of the floor beneath
it; 1 otherwise.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.benchmarks.catalogue import ASKED, FURTHER
from tests.benchmarks.figure import Row, Scale, Verdict
from tests.benchmarks.plot import draw
from tests.benchmarks.processes import file_system, sync_seconds
from tests.benchmarks.sheet import Rows, as_json, table_of

ROOT = Path(__file__).resolve().parents[2]
OUT = Path("bench")
_PAPER = 180
"""Columns of a table that goes to a file."""


def measured(name: str, scale: Scale, work: Path, keep: Path | None) -> list[Row] | str:
    """Return a figure's rows from a process of its own, or the last line of why it failed."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rows.json"
        words = [name, str(scale), str(out), *(str(one.resolve()) for one in (work, keep) if one)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.child", *words],
            cwd=ROOT,
            stdout=sys.stderr,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode or not out.exists():
            sys.stderr.write(done.stderr)
            return (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        return [Row(**row) for row in json.loads(out.read_text(encoding="utf-8"))]


def bench(names: Sequence[str], scale: Scale, work: Path, keep: Path | None, console: Console) -> Rows:
    """Measure one figure after the other."""
    found: dict[str, list[Row] | str] = {}
    for name in names:
        begun = time.perf_counter()
        found[name] = measured(name, scale, work, keep)
        console.print(f"    {time.perf_counter() - begun:.0f} s")
    return found


def is_good(found: Rows) -> bool:
    """Return whether everything was measured and nothing is missed."""
    bad = (Verdict.MISSED, Verdict.UNMEASURED)
    return not any(isinstance(rows, str) or any(row.verdict in bad for row in rows) for rows in found.values())


def main(words: Sequence[str] | None = None) -> int:
    """Measure what is asked for, print the table, write what is wanted; return the exit code."""
    parser = argparse.ArgumentParser(prog="start.py bench", description=__doc__)
    every = [*ASKED, *FURTHER]
    parser.add_argument(
        "--only",
        nargs="+",
        choices=every,
        metavar="NAME",
        help=f"of {', '.join(ASKED)}; only when named: {', '.join(FURTHER)}",
    )
    json_file, plot_file = OUT / "figures.json", OUT / "figures.svg"
    parser.add_argument(
        "--json", type=Path, default=json_file, help=f"write everything, each sample too, to this file ({json_file})"
    )
    parser.add_argument(
        "--plot", type=Path, default=plot_file, help=f"draw the figures into this file, .svg or .png ({plot_file})"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        help="a folder on a disk for what takes long to make, for the next time; what is measured on lies there too",
    )
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", dest="scale", action="store_const", const=Scale.QUICK, help="smaller sizes")
    sizes.add_argument(
        "--tiny", dest="scale", action="store_const", const=Scale.TINY, help="whether it measures at all"
    )
    given = parser.parse_args(words)
    scale = given.scale or Scale.FULL
    work = given.keep or OUT
    for folder in (work, given.json.parent, given.plot.parent):
        folder.mkdir(parents=True, exist_ok=True)
    place = {"file system": file_system(work), "bare sync, ms": sync_seconds(work) * 1000}
    found = bench(given.only or list(ASKED), scale, work, given.keep, Console(stderr=True))
    Console(width=None if sys.stdout.isatty() else _PAPER).print(
        table_of(found, scale),
        f"Measured on {place['file system'] or 'a file system of unknown kind'}, where a bare sync takes "
        f"{place['bare sync, ms']:.3f} ms. Written: {given.json}, {given.plot}",
    )
    given.json.write_text(json.dumps(as_json(found, scale, place), indent=1) + "\n", encoding="utf-8")
    draw([row for rows in found.values() if not isinstance(rows, str) for row in rows], given.plot)
    return 0 if is_good(found) else 1


if __name__ == "__main__":
    sys.exit(main())
