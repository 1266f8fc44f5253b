"""The simulated factory, for long: thousands of units by seeds, and what was lost, doubled or wrong among them.

``python -m tests.campaigns.factory --units 100000 --seed 1`` runs day after day of ``--day`` units each, the first by
seed 1, the next by seed 2, and so on. ``--replay SEED`` runs that one day twice (with the same ``--day`` and
``--slots``) and compares the journals. The journal is written as in production (WAL, synchronous FULL), by default in
memory-backed storage where this PC has some, for what a sync of the disk costs says nothing here.

A day's units get their credentials in every way, and some days are for the organisation API; ``--ways certificate``
gives the days of the certificate's way alone, which are the same whatever is added to the others.
"""

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.claims import Kind
from tests.faults.controls import CONTROLS
from tests.faults.factory.factory import Figures, run_factory
from tests.faults.figures import Figures as Written
from tests.faults.figures import by_kind

_MEMORY = Path("/dev/shm")


def run_day(
    seed: int, units: int, slots: int, place: str | None, control: str = "", *, every_way: bool = True
) -> Figures:
    """Run one day in a folder that is thrown away; ``control`` makes the station wrong on purpose."""
    wrong = CONTROLS[control]() if control else nullcontext()
    with wrong, TemporaryDirectory(prefix="factory-", dir=place) as folder:
        return run_factory(Path(folder) / "works", seed, units, slots, every_way=every_way)[1]


class Sum:
    """Days added up."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.clouds: Counter[str] = Counter()
        self.injected: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.ways: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        self.people: Counter[str] = Counter()
        self.found: dict[int, list[str]] = {}
        self.kinds: Counter[str] = Counter()

    def add(self, figures: Figures) -> None:
        """Take one more day."""
        self.counts += Counter(
            days=1,
            units=figures.units,
            attempts=figures.attempts,
            entries=figures.entries,
            kills=figures.kills,
            restarts=figures.restarts,
            uploads=figures.uploads,
        )
        self.counts["days for the organisation API"] += figures.organisation
        self.outcomes += figures.outcomes
        self.clouds += figures.clouds
        self.injected += figures.injected
        self.codes += figures.codes
        self.ways += figures.ways
        self.passed += figures.passed
        self.checks += figures.checks
        self.people += figures.people
        for finding in figures.findings:
            self.kinds[finding.kind] += 1
            self.found.setdefault(figures.seed, []).append(str(finding))

    def report(self, seconds: float) -> str:
        """Return it in words."""
        counts = self.counts
        ways = sorted(self.injected.items(), key=lambda one: -one[1])
        lines = [
            ", ".join(f"{counts[name]} {name}" for name in counts),
            "units: " + ", ".join(f"{count} {name}" for name, count in _sorted(self.outcomes)),
            "cloud: " + ", ".join(f"{count} {name}" for name, count in _sorted(self.clouds)),
            "ways: " + ", ".join(f"{count} {way} ({self.passed[way]} passed)" for way, count in _sorted(self.ways)),
            "final checks: " + ", ".join(f"{count} {name}" for name, count in _sorted(self.checks)),
            "people: " + ", ".join(f"{count} {name}" for name, count in _sorted(self.people)),
            f"injected: {sum(self.injected.values())} faults in {len(ways)} ways, beside {counts['kills']} kills",
            "  " + ", ".join(f"{count} {name}" for name, count in ways),
            f"ends: {len(self.codes)} different codes",
            ", ".join(f"{self.kinds[kind]} {kind}" for kind in Kind),
            f"{seconds:.0f} s, {counts['units'] / max(seconds, 0.001):.1f} units a second",
        ]
        for seed, found in sorted(self.found.items()):
            lines += [f"seed {seed}:", *(f"  {one}" for one in found[:20])]
        return "\n".join(lines)

    def write(self, path: Path, seconds: float) -> None:
        """Write the figures where all campaigns' are put together."""
        counts = (
            dict(self.counts)
            | {f"units by {way}": count for way, count in self.ways.items()}
            | {"faults injected": sum(self.injected.values())}
        )
        counts |= by_kind({Kind(kind): count for kind, count in self.kinds.items()}) | {"seconds": round(seconds)}
        told = [f"seed {seed}: {one}" for seed, found in sorted(self.found.items()) for one in found]
        Written("factory", counts, told).write(path)


def _sorted(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items())


def main() -> int:
    """Run what is asked for; exit status 1 where anything was found, or nothing of a station that was made wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.factory", description=__doc__)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first day")
    parser.add_argument("--day", type=int, default=500, help="units a day")
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.0, help="begin no new day after so long; 0: no limit")
    parser.add_argument("--replay", type=int, metavar="SEED", help="run this one day, twice")
    parser.add_argument("--control", default="", choices=sorted(CONTROLS), help="make the station wrong; must be found")
    parser.add_argument("--ways", default="every", choices=("every", "certificate"), help="to credentials")
    parser.add_argument("--json", type=Path, help="where the figures go")
    place = str(_MEMORY) if _MEMORY.is_dir() else None
    parser.add_argument("--place", default=place, help="where journals are written")
    asked = parser.parse_args()
    began, total, day = time.monotonic(), Sum(), partial(run_day, every_way=asked.ways == "every")
    if asked.replay is not None:
        days = [day(asked.replay, asked.day, asked.slots, asked.place) for _ in range(2)]
        total.add(days[0])
        same = days[0].digest == days[1].digest
        sys.stdout.write(f"{total.report(time.monotonic() - began)}\n")
        sys.stdout.write(f"the journals are {'the same' if same else 'DIFFERENT'}: {days[0].digest}\n")
        return 0 if same and not total.found else 1
    sizes = [min(asked.day, asked.units - start) for start in range(0, asked.units, asked.day)]
    with ProcessPoolExecutor(asked.processes) as pool:
        waiting = [(asked.seed + number, size) for number, size in enumerate(sizes)]
        first, waiting = waiting[: asked.processes], waiting[asked.processes :]
        running = {pool.submit(day, *one, asked.slots, asked.place, asked.control) for one in first}
        while running:
            done = next(as_completed(running))
            running.discard(done)
            total.add(figures := done.result())
            found = f", FOUND {len(figures.findings)}" if figures.findings else ""
            seconds = time.monotonic() - began
            sys.stdout.write(f"seed {figures.seed}: {total.counts['units']} units, {seconds:.0f} s{found}\n")
            sys.stdout.flush()
            if waiting and not (asked.seconds and seconds > asked.seconds):
                running.add(pool.submit(day, *waiting.pop(0), asked.slots, asked.place, asked.control))
    sys.stdout.write(f"{total.report(time.monotonic() - began)}\n")
    if asked.json is not None:
        total.write(asked.json, time.monotonic() - began)
    return int(bool(total.found) is not bool(asked.control))


if __name__ == "__main__":
    os.nice(5) if hasattr(os, "nice") else None
    sys.exit(main())
