"""From nothing to an engine that is ready, with a million units in its journal, out of a cold file."""

import time
from collections.abc import Sequence
from statistics import median

from station.host.clock import SystemClock
from tests.benchmarks.big_journal import big_journal, in_words
from tests.benchmarks.figure import Row, Run
from tests.benchmarks.processes import import_seconds
from tests.benchmarks.recovery_time import chill, station_in
from tests.desktop.engine_rig import running

NAME = "start"
WHAT = "start to ready, a million units"
MOST = 2.0


def measure(run: Run) -> Sequence[Row]:
    """Start the engine as a window does, a few times; each ends in good order."""
    attached, signed_in = list[float](), list[float]()
    with station_in(big_journal(run), SystemClock()) as line, running(line) as rig:
        for _ in range(run.size(7, 5, 1)):
            chill(rig.data)
            begun = time.perf_counter()
            with rig.ear() as ear:
                attached.append(time.perf_counter() - begun)
                ear.sign_in("otto")
                signed_in.append(time.perf_counter() - begun)
            rig.end()
            rig.started.clear()
    return [
        Row(
            what="start to ready: the engine greets a window",
            unit="s",
            measured=max(attached),
            asked=f"{MOST:.0f} s",
            limit=MOST,
            floor=import_seconds("station.engine.process"),
            beneath="a Python that imports the engine and ends",
            note=f"longest of {len(attached)}, middle {median(attached):.2f} s. {in_words(run)}",
            samples=tuple(attached),
        ),
        Row(what="  until somebody is signed in", unit="s", measured=max(signed_in), samples=tuple(signed_in)),
    ]
