"""Power cuts all over many days: ``python -m tests.campaigns.power_cuts --seeds 20 --cuts 100``.

Each seed is a day with an order of its own; the power goes at as many places of it as asked for, evenly over all of
its operations (``--cuts 0``: at every one); at as many of a backup and its restore (``--moves``), and of a journal's
change of format there and back (``--changes``). Prints the figures, and seed and place of anything it finds, which
replay it: ``--replay SEED:PLACE`` (``move:SEED:PLACE``, ``change:SEED:PLACE``). Ends with 1 where anything is lost,
doubled or wrong.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console

from tests.faults.changing import try_change
from tests.faults.claims import Kind
from tests.faults.figures import Figures, by_kind
from tests.faults.moving import try_move
from tests.faults.power import Cut, try_cut

TRIES = {"": try_cut, "move:": try_move, "change:": try_change}


def places(operations: int, cuts: int) -> list[int]:
    """Return where the power goes: evenly over the day, or everywhere. Pure."""
    if cuts <= 0 or cuts >= operations:
        return list(range(1, operations + 1))
    return [max(1, round((number + 0.5) * operations / cuts)) for number in range(cuts)]


def main() -> None:
    """Run what is asked for, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--cuts", type=int, default=100, help="cuts a day; 0: at every operation")
    parser.add_argument("--moves", type=int, default=100, help="cuts of a backup and its restore, as for a day")
    parser.add_argument("--changes", type=int, default=100, help="cuts of a change of format, as for a day")
    parser.add_argument("--replay", default="", help="SEED:PLACE of one cut, with move: or change: before it")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="where the figures go")
    given, console = parser.parse_args(), Console(markup=False, highlight=False, soft_wrap=True)
    began, found, told = time.monotonic(), Counter[Kind](), list[str]()
    operations, cuts, acknowledged = 0, 0, 0

    def take(cut: Cut, what: str = "") -> None:
        nonlocal cuts, acknowledged
        cuts, acknowledged = cuts + 1, acknowledged + cut.acknowledged
        for finding in cut.findings:
            found[finding.kind] += 1
            told.append(f"{what}{cut.seed}:{cut.cut_at}: {finding}")
            console.print(told[-1])

    if given.replay:
        *kind, seed, place = given.replay.split(":")
        what = "".join(f"{one}:" for one in kind)
        take(TRIES[what](int(seed), int(place)), what)
    else:
        # Each cut has the whole process: SQLite's file systems and what is wrapped are the process's own.
        asked = list(zip(TRIES.items(), (given.cuts, given.moves, given.changes), strict=True))
        with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
            for start in range(given.first, given.first + given.seeds):
                for (what, one), number in asked:
                    whole = pool.submit(one, start, 0).result()
                    take(whole, what)
                    operations += whole.operations
                    at = places(whole.operations, number)
                    for cut in pool.map(one, [start] * len(at), at):
                        take(cut, what)
                    done = f"{whole.operations} operations, {len(at) + 1} cuts, {len(told)} found"
                    console.print(f"{what}{start}: {done}")
    figures = {
        "seeds": given.seeds,
        "operations of their days": operations,
        "power cuts": cuts,
        "entries acknowledged before them": acknowledged,
        **by_kind(found),
        "seconds": round(time.monotonic() - began),
    }
    console.print(", ".join(f"{name} {value}" for name, value in figures.items()))
    if given.json is not None:
        Figures("power-cuts", figures, told).write(given.json)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
