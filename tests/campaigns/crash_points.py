"""Every crash point, one kill each: ``python -m tests.campaigns.crash_points``.

Each point of tests/faults/points.txt gets a station of its own, whose program is killed there, started again and
brought to its end; then boards, cloud and files are asked what is true. Ends with 1 where anything is wrong, or where
a point of the table was not come to. ``--write-table`` makes that table anew, by acting every scenario unharmed.
"""

import argparse
import json
import queue
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.faults.child import Nursery
from tests.faults.crashes import Tried, kill_at, make_ca, record
from tests.faults.invariants import Kind
from tests.faults.points import TABLE, read_table, write_table
from tests.faults.scenarios import SCENARIOS


def record_all(ca: Path, console: Console) -> dict[str, list[str]]:
    """Act every scenario unharmed; return its points. Raises SystemExit where something is wrong with one."""
    found = dict[str, list[str]]()
    with closing(Nursery()) as nursery:
        for scenario in SCENARIOS:
            points, findings, printed = record(scenario, ca, nursery)
            if findings:
                raise SystemExit(f"{scenario}: {findings}\n{printed}")
            found[scenario] = points
            console.print(f"{scenario}: {len(points)} points")
    return found


def run(wanted: list[tuple[str, str]], ca: Path, console: Console, workers: int) -> list[Tried]:
    """Kill at each of these points; return what came of it."""
    work: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    for one in wanted:
        work.put(one)
    done, lock = list[Tried](), threading.Lock()

    def serve() -> None:
        with closing(Nursery()) as nursery:
            while True:
                try:
                    scenario, point = work.get_nowait()
                except queue.Empty:
                    return
                tried = kill_at(scenario, [point], ca, nursery)
                with lock:
                    done.append(tried)
                    _tell(console, tried, len(done), len(wanted))

    threads = [threading.Thread(target=serve) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def _tell(console: Console, tried: Tried, number: int, total: int) -> None:
    if tried.kills and not tried.findings:
        console.print(f"{number}/{total} {tried.seconds:.1f} s  {tried.scenario} | {tried.point}")
        return
    console.print(f"{number}/{total} {tried.scenario} | {tried.point}: {'' if tried.kills else 'NOT REACHED'}")
    for finding in tried.findings:
        console.print(f"    {finding}")
    if tried.findings:
        console.print("    it printed: " + tried.printed[-2000:].replace("\n", "\n    "))


def main() -> None:
    """Run what is asked for, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-table", action="store_true")
    parser.add_argument("--only", default="", help="points that hold this text")
    parser.add_argument("--scenario", default="", help="points of this scenario")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object at the end")
    given, console = parser.parse_args(), Console(markup=False, highlight=False, soft_wrap=True)
    began = time.monotonic()
    with TemporaryDirectory(prefix="crash-ca-") as folder:
        ca = make_ca(Path(folder) / "ca")
        if given.write_table:
            write_table(record_all(ca, console))
            console.print(f"{len(read_table())} points in {TABLE.name}")
            return
        table = read_table()
        wanted = [
            (scenario, point)
            for point, scenario in table.items()
            if given.only in point and given.scenario in ("", scenario)
        ]
        done = run(wanted, ca, console, given.workers)
    kinds = Counter(finding.kind for one in done for finding in one.findings)
    figures = {
        "points": len(table),
        "tried": len(done),
        "covered": sum(one.kills for one in done),
        "kills": sum(one.kills for one in done),
        **{kind.value: kinds[kind] for kind in Kind},
        "seconds": round(time.monotonic() - began),
    }
    console.print(
        json.dumps(figures) if given.json else ", ".join(f"{name} {value}" for name, value in figures.items())
    )
    sys.exit(1 if kinds or figures["covered"] != figures["tried"] else 0)


if __name__ == "__main__":
    main()
