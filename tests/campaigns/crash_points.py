"""Every crash point, one kill each: ``python -m tests.campaigns.crash_points``.

Each point of tests/faults/points.txt gets a station of its own, whose program is killed there, started again and
brought to its end; then boards, cloud and files are asked what is true. Points that only a recovery comes to are killed
there: twice in succession. ``--twice N`` does the same at N pairs of any points of one scenario, chosen by ``--seed``.
Ends with 1 where anything is wrong, where a point of the table was not come to, or where a recovery came to one that
the table does not have.

``--write-table`` makes that table anew, by acting every scenario unharmed; what recoveries come to is kept, as far as
the kills before it still are points. ``--write-recoveries`` adds to it, behind a run, what recoveries came to.
"""

import argparse
import queue
import random
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from station.host.clock import SystemClock
from tests.faults.child import Nursery
from tests.faults.crashes import Tried, kill_at, record
from tests.faults.figures import Figures, by_kind
from tests.faults.points import TABLE, Way, read_table, write_table
from tests.faults.scenarios import SCENARIOS
from tests.line.harness import make_ca


def record_all(ca: Path, console: Console) -> dict[str, Way]:
    """Act every scenario unharmed; return the table. Raises SystemExit where something is wrong with one."""
    table = dict[str, Way]()
    with closing(Nursery()) as nursery:
        for scenario in SCENARIOS:
            points, findings, printed = record(scenario, ca, nursery)
            if findings:
                raise SystemExit(f"{scenario}: {findings}\n{printed}")
            for point in points:
                table.setdefault(point, Way(scenario))
            console.print(f"{scenario}: {len(points)} points")
    for point, way in read_table().items():
        if way.kills and all(kill in table for kill in way.kills):
            table.setdefault(point, way)
    return table


def choose(table: dict[str, Way], only: str, scenario: str, sample: int) -> list[Way]:
    """Return what is to be killed where: every ``sample``-th of the points that are asked for. Pure."""
    wanted = [
        Way(way.scenario, (*way.kills, point))
        for point, way in table.items()
        if only in point and scenario in ("", way.scenario)
    ]
    return wanted[:: max(1, sample)]


def pair(table: dict[str, Way], number: int, seed: int) -> list[Way]:
    """Return so many pairs of points, each of one scenario, by the seed. Pure."""
    chance, own = random.Random(seed), dict[str, list[str]]()
    for point, way in table.items():
        own.setdefault(way.scenario, []).append(point)
    first = [point for point, way in table.items() if not way.kills]
    chosen = [chance.choice(first) for _ in range(number)]
    return [Way(where := table[point].scenario, (point, chance.choice(own[where]))) for point in chosen]


def run(wanted: list[Way], ca: Path, console: Console, workers: int) -> list[Tried]:
    """Kill at each of these points; return what came of it."""
    work: queue.SimpleQueue[Way] = queue.SimpleQueue()
    for one in wanted:
        work.put(one)
    done, lock = list[Tried](), threading.Lock()

    def serve() -> None:
        with closing(Nursery()) as nursery:
            while True:
                try:
                    scenario, points = work.get_nowait()
                except queue.Empty:
                    return
                tried = kill_at(scenario, list(points), ca, nursery)
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
    name = f"{number}/{total} {tried.seconds:.1f} s  {tried.scenario} | {' then '.join(tried.points)}"
    console.print(f"{name}{'' if tried.kills == len(tried.points) else f': {tried.kills} KILLS'}")
    for finding in tried.findings:
        console.print(f"    {finding}")
    if tried.findings:
        console.print("    it printed: " + tried.printed[-2000:].replace("\n", "\n    "))


def unknown(table: dict[str, Way], done: list[Tried]) -> dict[str, Way]:
    """Return the points that some recovery came to and the table does not have, with the way there. Pure."""
    found = dict[str, Way]()
    for tried in sorted(done, key=lambda one: len(one.points)):
        for point in tried.reached:
            if point not in table:
                found.setdefault(point, Way(tried.scenario, tried.points))
    return found


def main() -> None:
    """Run what is asked for, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-table", action="store_true")
    parser.add_argument("--write-recoveries", action="store_true")
    parser.add_argument("--only", default="", help="points that hold this text")
    parser.add_argument("--scenario", default="", help="points of this scenario")
    parser.add_argument("--sample", type=int, default=1, help="every so many of them")
    parser.add_argument("--twice", type=int, default=0, help="so many pairs of points besides")
    parser.add_argument("--seed", type=int, default=1, help="of the pairs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="where the figures go")
    given, console = parser.parse_args(), Console(markup=False, highlight=False, soft_wrap=True)
    began = time.monotonic()
    with TemporaryDirectory(prefix="crash-ca-") as folder:
        ca = make_ca(Path(folder) / "ca", SystemClock())
        if given.write_table:
            write_table(record_all(ca, console))
            console.print(f"{len(read_table())} points in {TABLE.name}")
            return
        table = read_table()
        wanted = choose(table, given.only, given.scenario, given.sample)
        done = run([*wanted, *pair(table, given.twice, given.seed)], ca, console, given.workers)
    new = unknown(table, done)
    told = [f"{one.scenario} | {' then '.join(one.points)}: {found}" for one in done for found in one.findings]
    covered = {one.points[-1] for one in done if one.kills == len(one.points)}
    asked = {way.kills[-1] for way in wanted}
    told += [f"not come to: {point}" for point in sorted(asked - covered)]
    told += [
        f"not in the table: {way.scenario} | {' then '.join(way.kills)} leads to {point}" for point, way in new.items()
    ]
    figures = {
        "crash points": len(table),
        "crash points covered": len(covered & table.keys()),
        "kills": sum(one.kills for one in done),
        "killed again in what followed": sum(one.kills > 1 for one in done),
        **by_kind(Counter(finding.kind for one in done for finding in one.findings)),
        "seconds": round(time.monotonic() - began),
    }
    if given.write_recoveries:
        write_table(table | new)
    for one in told:
        console.print(one)
    console.print(", ".join(f"{name} {value}" for name, value in figures.items()))
    if given.json is not None:
        Figures("crash-points", figures, told).write(given.json)
    sys.exit(1 if told else 0)


if __name__ == "__main__":
    main()
