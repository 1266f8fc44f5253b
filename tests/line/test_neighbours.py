"""While one slot hangs, floods or dies, the others go on as if it were not there.

One run, in which healthy slots are fed board after board without a pause, and slot 1 is by turns empty (control) and
the bad neighbour. A slot's rate is that of its whole cycles, from one closed attempt to the next: the board's own time,
and the gap in which it is taken out and the next one put in. Both kinds of turn have the same seconds of the same PC.
"""

import queue
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

import pytest

from station.domain.events import AttemptClosed, AttemptOpened
from station.domain.ids import EventSeq, SlotNumber
from station.domain.line import Outcome, SlotState, StepKind
from station.host.clock import SystemClock
from station.line.feed import Notice, SlotChanged
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.timings import Span, Timings
from tests.line.harness import Line
from tests.line.trial import PATIENCE, Trial, prepare

SLOTS = 8
HEALTHY = range(2, SLOTS + 1)
CYCLES = 2
"""Whole cycles of every healthy slot in a turn, at least."""
ROUNDS = 3
"""More turns make the rates truer, where the PC has other things to do; one that is quiet needs one or two."""
TOLERANCE = 0.05


def _always(seconds: float) -> Span:
    return Span(seconds, seconds)


STEADY = Timings(
    command=_always(0.005),
    keygen=_always(0.3),
    offline=_always(0.1),
    power_off=_always(0.2),
    write=_always(0.05),
    sign=_always(0.1),
    boot=_always(0.2),
)
"""Hardware's own order of durations without its moods: what differs then is the station's doing."""


class Feeders:
    """A pair of hands for each healthy slot: as soon as it wants a board, the next one is in."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._wanted: dict[int, queue.SimpleQueue[bool]] = {slot: queue.SimpleQueue() for slot in HEALTHY}
        self._changed = threading.Condition()
        self._done: dict[int, int] = defaultdict(int)
        for slot in HEALTHY:
            trial.wait_empty(slot)
        trial.station.feed.listen(self._take)
        self._threads = [threading.Thread(target=self._feed, args=(slot,), daemon=True) for slot in HEALTHY]
        for slot, thread in zip(HEALTHY, self._threads, strict=True):
            self._wanted[slot].put(True)
            thread.start()

    def wait_cycles(self, number: int) -> None:
        """Wait until every healthy slot has ended so many more boards, and one more: the one it was at."""
        with self._changed:
            wanted = {slot: self._done[slot] + number + 1 for slot in HEALTHY}
            assert self._changed.wait_for(
                lambda: all(self._done[slot] >= end for slot, end in wanted.items()), PATIENCE
            ), f"the others came to a halt: {dict(self._done)} of {wanted}"

    def end(self) -> None:
        """Put no more boards in."""
        for slot in HEALTHY:
            self._wanted[slot].put(False)
        for thread in self._threads:
            thread.join(PATIENCE)

    def _take(self, notice: Notice) -> None:
        if isinstance(notice, SlotChanged) and notice.slot in self._wanted:
            if notice.state is SlotState.EMPTY:
                self._wanted[notice.slot].put(True)
            elif notice.state is SlotState.DONE:
                with self._changed:
                    self._done[notice.slot] += 1
                    self._changed.notify_all()

    def _feed(self, slot: int) -> None:
        number = 0
        while self._wanted[slot].get():
            number += 1
            self._trial.line.bench.remove(slot)
            self._trial.line.bench.insert_described(slot, {"serial": f"S{slot}N{number}"})
            self._trial.engine.scan(SlotNumber(slot), None)


def _nobody(_trial: Trial, wait: Callable[[], None]) -> None:
    wait()


def _hang(trial: Trial, wait: Callable[[], None]) -> None:
    trial.load({"serial": "HANGS", "faults": {"commands": [{"do": "hang", "match": "KEYGEN", "times": 0}]}})
    trial.wait_step(StepKind.GENERATE)
    wait()


def _flood(trial: Trial, wait: Callable[[], None]) -> None:
    flood = {"do": "flood", "match": "CGMR", "size": 10_000_000, "times": 0}
    trial.load({"serial": "FLOODS", "faults": {"commands": [flood]}})
    trial.wait_step(StepKind.IDENTIFY)
    wait()


def _die(trial: Trial, wait: Callable[[], None]) -> None:
    """Die at once, again and again, for as long as the others take."""
    over = threading.Event()

    def wait_out() -> None:
        try:
            wait()
        finally:
            over.set()

    waiting = threading.Thread(target=wait_out, daemon=True)
    waiting.start()
    while not over.is_set():
        dying = {"commands": [{"do": "vanish", "match": "CGMR", "times": 0}]}
        assert trial.put({"serial": "DIES", "faults": dying}).latched
        trial.take_out()
    waiting.join()


NEIGHBOURS = {"nobody": _nobody, "hangs": _hang, "floods": _flood, "dies": _die}
TURNS = ("nobody", "hangs", "floods", "nobody", "dies")

Times = list[tuple[float, float]]
"""Beginnings and ends, by monotonic time."""


def _cost(cycles: dict[int, Times], control: Times, turns: Times) -> float:
    """Return by how much the healthy slots' cycles are longer in these turns, the middle slot's."""
    return median(mean(_within(own, turns)) / mean(_within(own, control)) - 1 for own in cycles.values())


def _within(cycles: Times, spans: Times) -> list[float]:
    return [end - begin for begin, end in cycles for first, last in spans if first <= begin and end <= last]


def _cycles(trial: Trial) -> dict[int, Times]:
    """Return each healthy slot's cycles, from one closed attempt to the next; every attempt there must pass."""
    slots: dict[int, int] = {}
    closed: dict[int, list[float]] = defaultdict(list)
    for entry in trial.records.entries_from(EventSeq(1)):
        match entry.event:
            case AttemptOpened() as event:
                slots[entry.seq] = event.slot
            case AttemptClosed(attempt=attempt, outcome=outcome) if slots[attempt] in HEALTHY:
                assert outcome is Outcome.PASSED
                closed[slots[attempt]].append(entry.monotonic_us / 1e6)
            case _:
                pass
    return {slot: list(pairwise(times)) for slot, times in closed.items()}


def _take_turn(trial: Trial, feeders: Feeders, name: str) -> tuple[float, float]:
    span: list[float] = []

    def wait() -> None:
        span.append(trial.line.clock.monotonic())
        feeders.wait_cycles(CYCLES)
        span.append(trial.line.clock.monotonic())

    NEIGHBOURS[name](trial, wait)
    if name in ("hangs", "floods"):
        trial.line.bench.remove(1)  # what hangs or floods there ends with this
        assert trial.end(1).latched
        trial.acknowledge(1)
    return span[0], span[1]


@contextmanager
def _steady_line(folder: Path, ca: Path) -> Iterator[Line]:
    clock = SystemClock()
    (folder / "data").mkdir(parents=True, mode=0o700)
    shutil.copytree(ca, folder / "data" / "ca")
    cloud = SimulatedCloud(clock=clock, service=FAST)
    bench = Bench(folder / "data" / "bench", SLOTS, STEADY, 1, clock=clock, cloud=cloud)
    bench.start()
    try:
        line = Line(folder, bench, cloud, clock)
        line.hire()
        yield line
    finally:
        bench.stop()


@pytest.mark.slow
@pytest.mark.announces("the modem did not store before the end")
@pytest.mark.alone
def test_a_bad_neighbour_costs_the_others_less_than_five_percent(tmp_path: Path, ready_ca: Path) -> None:
    with _steady_line(tmp_path, ready_ca) as line:
        prepare(line, slots=SLOTS, timeouts="", cloud=False)
        trial = Trial(line)
        try:
            feeders = Feeders(trial)
            turns: dict[str, Times] = defaultdict(list)
            costs: dict[str, float] = {}
            for _ in range(ROUNDS):
                for name in TURNS:
                    turns[name].append(_take_turn(trial, feeders, name))
                cycles = _cycles(trial)
                costs = {name: _cost(cycles, turns["nobody"], own) for name, own in turns.items()}
                if all(abs(cost) < TOLERANCE for cost in costs.values()):
                    break
            feeders.end()
        finally:
            line.bench.remove(1)
            trial.close()
    assert all(abs(cost) < TOLERANCE for cost in costs.values()), costs
