"""A station in a folder of its own, killed at one point, started again, brought to its end, and asked what is true."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from station.host.clock import SystemClock
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.timings import Timings
from tests.faults.child import Nursery
from tests.faults.claims import Finding, Kind
from tests.faults.invariants import Heard, examine
from tests.faults.scenarios import SCENARIOS
from tests.line.harness import Line

KILLED = -9


@dataclass(frozen=True)
class Tried:
    """What came of one kill."""

    scenario: str
    points: tuple[str, ...]
    """Where it was to be killed, each in the run that follows."""
    kills: int
    """At how many of the points it was killed: it may have come to its end before."""
    findings: list[Finding]
    seconds: float
    printed: str = ""
    reached: tuple[str, ...] = ()
    """All points that any of its programs came to."""


@contextmanager
def station_for(scenario: str, ca: Path) -> Iterator[Line]:
    """Give a prepared station with its bench and cloud."""
    clock = SystemClock()
    with TemporaryDirectory(prefix="crash-") as name:
        folder = Path(name) / "station"
        (folder / "data").mkdir(parents=True, mode=0o700)
        shutil.copytree(ca, folder / "data" / "ca")
        cloud = SimulatedCloud(clock=clock, service=FAST)
        bench = Bench(folder / "data" / "bench", 3, Timings.none(), 1, clock=clock, cloud=cloud)
        bench.start()
        try:
            line = Line(folder, bench, cloud, clock)
            line.write(slots=3)
            line.recipe()
            line.hire()
            SCENARIOS[scenario].prepare(line)
            yield line
        finally:
            bench.stop()


def record(scenario: str, ca: Path, nursery: Nursery) -> tuple[list[str], list[Finding], str]:
    """Let a scenario come to its end without a kill; return the points that it reached, and what is wrong."""
    with station_for(scenario, ca) as line:
        log = line.folder.parent / "log"
        status, printed = nursery.run(scenario, line.folder, log)
        heard = Heard.read(log)
        findings = [Finding(Kind.WRONG, f"it ended with {status}")] if status else []
        return heard.points, findings + _look(line, scenario, heard), printed


def kill_at(
    scenario: str,
    points: list[str],
    ca: Path,
    nursery: Nursery,
    controls: tuple[str, ...] = (),
) -> Tried:
    """Kill a scenario's program at each of ``points`` in turn, each time in the run that follows, then let it finish.

    ``controls`` make the product wrong in all of these programs.
    """
    began = time.monotonic()
    with station_for(scenario, ca) as line:
        log = line.folder.parent / "log"
        kills = 0
        for point in points:
            status, _ = nursery.run(scenario, line.folder, log, point, controls)
            kills += status == KILLED
        findings: list[Finding] = []
        status, printed = nursery.run(scenario, line.folder, log, "", controls)
        if status:
            findings.append(Finding(Kind.WRONG, f"what began again ended with {status}"))
        heard = Heard.read(log)
        findings += _look(line, scenario, heard)
        reached = tuple(dict.fromkeys(heard.points))
        return Tried(scenario, tuple(points), kills, findings, time.monotonic() - began, printed, reached)


def _look(line: Line, scenario: str, heard: Heard) -> list[Finding]:
    chosen = SCENARIOS[scenario]
    return [*examine(line, heard, chosen.sound), *chosen.also(line)]
