"""Power cuts all over many days: ``python -m tests.campaigns.power_cuts --seeds 20 --cuts 100``.

Each seed is a day with an order of its own; the power goes at as many places of it as asked for, evenly over all of
its operations (``--cuts 0``: at every one). Prints the figures, and seed and place of anything it finds; a pair of
these replays it: ``--replay SEED:PLACE``. Ends with 1 where anything is lost, doubled or wrong.
"""

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from rich.console import Console

from tests.faults.invariants import Kind
from tests.faults.power import Cut, try_cut


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
    parser.add_argument("--replay", default="", help="SEED:PLACE of one cut")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object at the end")
    given, console = parser.parse_args(), Console(markup=False, highlight=False, soft_wrap=True)
    began, found, cuts, acknowledged = time.monotonic(), Counter[Kind](), 0, 0

    def take(cut: Cut) -> None:
        nonlocal cuts, acknowledged
        cuts, acknowledged = cuts + 1, acknowledged + cut.acknowledged
        for finding in cut.findings:
            found[finding.kind] += 1
            console.print(f"seed {cut.seed}, operation {cut.cut_at}: {finding}")

    if given.replay:
        seed, place = map(int, given.replay.split(":"))
        take(try_cut(seed, place))
    else:
        # Each cut has the whole process: SQLite's file systems and what is wrapped are the process's own.
        with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
            for seed in range(given.first, given.first + given.seeds):
                whole = pool.submit(try_cut, seed, 0).result()
                take(whole)
                at = places(whole.operations, given.cuts)
                for cut in pool.map(try_cut, [seed] * len(at), at):
                    take(cut)
                console.print(
                    f"seed {seed}: {whole.operations} operations, {len(at) + 1} cuts, {sum(found.values())} found"
                )
    figures = {
        "seeds": given.seeds,
        "power cuts": cuts,
        "acknowledged before them": acknowledged,
        **{kind.value: found[kind] for kind in Kind},
        "seconds": round(time.monotonic() - began),
    }
    console.print(
        json.dumps(figures) if given.json else ", ".join(f"{name} {value}" for name, value in figures.items())
    )
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
