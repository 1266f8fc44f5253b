"""While one slot hangs, floods or dies, the others go on as if it were not there."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from station.domain.events import AttemptClosed, AttemptOpened
from station.domain.ids import EventSeq
from station.domain.line import Outcome
from station.host.clock import SystemClock
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.timings import Span, Timings
from tests.line.harness import Line
from tests.line.trial import Trial, prepare

SLOTS = 8
HEALTHY = range(2, SLOTS + 1)
ROUNDS = 3
TOLERANCE = 0.05


def _always(seconds: float) -> Span:
    return Span(seconds, seconds)


STEADY = Timings(
    command=_always(0.005),
    keygen=_always(0.9),
    offline=_always(0.7),
    power_off=_always(1.0),
    write=_always(0.08),
    sign=_always(0.1),
    boot=_always(0.4),
)
"""Hardware's own durations without its moods, at the pace of its line: what differs then is the station's doing."""


def _hang(trial: Trial, _busy: Callable[[], bool]) -> None:
    trial.load({"serial": "HANGS", "faults": {"commands": [{"do": "hang", "match": "KEYGEN"}]}})


def _flood(trial: Trial, _busy: Callable[[], bool]) -> None:
    flood = {"do": "flood", "match": "CGMR", "size": 10_000_000}
    trial.load({"serial": "FLOODS", "faults": {"commands": [flood]}})


def _die(trial: Trial, busy: Callable[[], bool]) -> None:
    while busy():
        assert trial.put({"serial": "DIES", "faults": DYING}).latched
        trial.take_out()


DYING = {"commands": [{"do": "vanish", "match": "CGMR", "times": 0}]}
NEIGHBOURS = {"nobody": lambda *_: None, "hangs": _hang, "floods": _flood, "dies": _die}


@contextmanager
def _steady_line(folder: Path, ca: Path) -> Iterator[Line]:
    clock = SystemClock()
    (folder / "data").mkdir(parents=True, mode=0o700)
    shutil.copytree(ca, folder / "data" / "ca")
    cloud = SimulatedCloud(clock=clock, service=FAST)
    bench = Bench(folder / "data" / "bench", SLOTS, STEADY, 1, clock=clock, cloud=cloud)
    bench.start()
    try:
        yield Line(folder, bench, cloud, clock)
    finally:
        bench.stop()


def _seconds_beside(neighbour: str, folder: Path, ca: Path) -> dict[int, float]:
    """Return how long each healthy slot took for its board, beside such a neighbour in slot 1."""
    with _steady_line(folder, ca) as line:
        prepare(line, slots=SLOTS, timeouts="", cloud=False)
        trial = Trial(line)
        try:
            for slot in HEALTHY:
                trial.load({"serial": f"GOOD{slot}"}, slot=slot)
            NEIGHBOURS[neighbour](trial, lambda: _ended(trial) < len(HEALTHY))
            for slot in HEALTHY:
                assert trial.end(slot).passed
            return _durations(trial)
        finally:
            line.bench.remove(1)  # what hangs or floods there ends with this
            trial.close()


def _ended(trial: Trial) -> int:
    return trial.records.tally(trial.batch).count(Outcome.PASSED)


def _durations(trial: Trial) -> dict[int, float]:
    opened: dict[int, tuple[int, int]] = {}
    took: dict[int, float] = {}
    for entry in trial.records.entries_from(EventSeq(1)):
        match entry.event:
            case AttemptOpened() as event:
                opened[entry.seq] = event.slot, entry.monotonic_us
            case AttemptClosed(attempt=attempt, outcome=Outcome.PASSED):
                slot, since = opened[attempt]
                took[slot] = (entry.monotonic_us - since) / 1e6
            case _:
                pass
    return took


@pytest.mark.slow
@pytest.mark.announces("the modem did not store before the end")
def test_a_bad_neighbour_costs_the_others_less_than_five_percent(tmp_path: Path, ready_ca: Path) -> None:
    """A busy PC can only make a run slower, so each slot's shortest time is the truest; more rounds make it truer."""
    best: dict[str, dict[int, float]] = {name: {} for name in NEIGHBOURS}
    costs: dict[str, float] = {}
    for number in range(ROUNDS):
        for name in NEIGHBOURS:
            for slot, seconds in _seconds_beside(name, tmp_path / f"{name}{number}", ready_ca).items():
                best[name][slot] = min(seconds, best[name].get(slot, seconds))
        alone = best["nobody"]
        costs = {name: median(took[slot] / alone[slot] for slot in HEALTHY) - 1 for name, took in best.items()}
        if all(abs(cost) < TOLERANCE for cost in costs.values()):
            return
    pytest.fail(f"the others' times changed by {costs}")
