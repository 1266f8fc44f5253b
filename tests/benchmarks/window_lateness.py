"""How late the window's event loop is while a whole fixture works, beside a process that does nothing else.

A simulated bench with realistic device times and a technician who changes boards, a real engine and a real window, each
in a process of its own. A precise timer of 10 ms runs in the window and, at the same time, in an idle control process:
what the window is later than the control is the window's own. CPU is of one core. ``busy``: milliseconds of processor
time between two ticks, which other programs' load does not change. QT_QPA_PLATFORM chooses the window's platform.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from station.app import Station
from station.demo import prepare
from station.demo_bench import Works, simulated_works
from station.desktop.demo_hands import DemoHands
from station.domain.ids import BatchId
from station.domain.line import SlotState
from station.engine.client import EngineLink, attach
from station.engine.commands import Arm, SignIn
from station.engine.pushes import Changed, Push, Welcome
from station.opened import open_station
from station.signing_in import read_sign_in
from tests.benchmarks.processes import resident, spent

TICK_MS = 10
WARM_UP_MS = 2000
_PATIENCE = 180.0


@dataclass(frozen=True)
class Lateness:
    """Of one process in one run: milliseconds that ticks came late (by :func:`by_time`), and what it cost."""

    p50: float
    p99: float
    most: float
    ticks: int
    expected: int
    mib: float
    busy_p99: float
    busy_most: float
    """Milliseconds of processor time between two ticks: what the loop itself did, whatever else the machine does."""


@dataclass(frozen=True)
class Run:
    """One run: window and control at the same time. ``cpu``: per cent of one core, by process."""

    window: Lateness
    control: Lateness
    cpu: dict[str, float]
    load: float

    @property
    def own_p99(self) -> float:
        return self.window.p99 - self.control.p99

    @property
    def own_most(self) -> float:
        return self.window.most - self.control.most


def by_time(late: Iterable[float]) -> list[float]:
    """Return how late each moment's tick came, in order: one that is late stands for those that it kept from coming.

    A loop that stands still for a second misses a hundred ticks, and not one: 99 % are of the time, not of the ticks.
    """
    return sorted(one - missed for one in late for missed in range(0, int(one) + 1, TICK_MS))


# ---- in the processes that are measured


class Ticks:
    """A precise timer that notes how late it came, from a while after the start on."""

    def __init__(self, seconds: float) -> None:
        from PySide6.QtCore import QCoreApplication, Qt, QTimer

        self._seconds, self._late, self._last = seconds, list[float](), 0.0
        self._busy, self._spent = list[float](), 0.0
        self._quit = QCoreApplication.quit
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        QTimer.singleShot(WARM_UP_MS, self._begin)

    def _begin(self) -> None:
        self._last, self._spent = time.perf_counter(), time.thread_time()
        self._end = self._last + self._seconds
        self._timer.start(TICK_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._late.append(max(0.0, (now - self._last) * 1000 - TICK_MS))
        self._last, spent = now, time.thread_time()
        self._busy.append((spent - self._spent) * 1000)
        self._spent = spent
        if now >= self._end:
            self._timer.stop()
            late, busy = by_time(self._late), sorted(self._busy)
            found = Lateness(
                late[len(late) // 2],
                late[int(len(late) * 0.99)],
                late[-1],
                len(self._late),
                int(self._seconds * 1000 / TICK_MS),
                resident(),
                busy[int(len(busy) * 0.99)],
                busy[-1],
            )
            sys.stdout.write(json.dumps(asdict(found)) + "\n")
            sys.stdout.flush()
            self._quit()


def run_control(seconds: float) -> None:
    """Tick, and nothing else."""
    from PySide6.QtCore import QCoreApplication

    application = QCoreApplication([])
    ticks = Ticks(seconds)
    application.exec()
    del ticks


def run_window(file: Path, seconds: float) -> None:
    """Show the line in the station's window, and tick in its loop."""
    from station.desktop import main
    from station.desktop.main import Desktop

    held: list[Ticks] = []
    open_window = Desktop.open

    def opened(desktop: Desktop) -> None:
        desktop.window.resize(1920, 1080)
        desktop.window.show_page("line")
        desktop.window.sounds.mute = True
        open_window(desktop)
        held.append(Ticks(seconds))

    Desktop.open = opened  # type: ignore[method-assign]  # the ticks begin with the window
    with tempfile.TemporaryDirectory() as folder:
        main.run_desktop(file, preferences_file=Path(folder) / "desktop.ini")


# ---- the line around them


@contextmanager
def working_line(folder: Path, slots: int, *, fast: bool) -> Iterator[tuple[Works, EngineLink]]:
    """Have a fixture at work, with a technician who changes boards, as long as the block lasts."""
    with simulated_works(folder, slots=slots, fast=fast, seed=1) as works:
        opened = open_station(works.station_file)
        with Station(opened, "a measurement") as line:
            staff = prepare(line, works.folder)
        hands = DemoHands(opened, works, load=True)
        hands.watch()
        at_work = threading.Event()
        running: set[int] = set()

        def hear(push: Push) -> None:
            if isinstance(push, Welcome | Changed):
                for tile in push.tiles:
                    (running.add if tile.state is SlotState.RUNNING else running.discard)(tile.slot)
                if len(running) * 4 >= slots * 3:
                    at_work.set()

        link = attach(opened)
        link.listen(hear)
        try:
            typed = read_sign_in(staff.operator)
            link.ask(SignIn(who=typed.who, pin=typed.pin)).result(_PATIENCE)
            link.ask(Arm(batch=BatchId("LATENESS"), product="tracker", quantity=9000)).result(_PATIENCE)
            if not at_work.wait(_PATIENCE):
                raise SystemExit(f"the line did not come to work; at work: {sorted(running)}")
            yield works, link
        finally:
            link.close()
            hands.end()


def measure(works: Works, engine: int, seconds: float, platform: str) -> Run:
    """Run window and control at the same time."""
    environment = os.environ | {"QT_QPA_PLATFORM": platform}
    me = [sys.executable, "-m", "tests.benchmarks.window_lateness", "--seconds", str(seconds)]
    window, control = (
        subprocess.Popen([*me, *more], stdout=subprocess.PIPE, text=True, env=environment)
        for more in (("--window", str(works.station_file)), ())
    )
    begun, engine_before = time.perf_counter(), spent(engine)
    before = {window.pid: 0.0}
    try:
        said = _last_of(window, control, before)
    finally:
        for process in (window, control):
            process.kill()  # where the other one failed
            process.wait(_PATIENCE)
    took = time.perf_counter() - begun
    cpu = {"window": before[window.pid] / took * 100, "engine": (spent(engine) - engine_before) / took * 100}
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return Run(Lateness(**said[0]), Lateness(**said[1]), cpu, load)


def _last_of(
    window: "subprocess.Popen[str]", control: "subprocess.Popen[str]", used: dict[int, float]
) -> list[dict[str, Any]]:
    said = []
    for process in (window, control):
        assert process.stdout is not None
        with process.stdout as lines:
            line = lines.readline()
            if process is window:
                used[window.pid] = spent(window.pid)  # while it is still there
            lines.read()
        if process.wait(_PATIENCE) or not line:
            raise SystemExit(f"a measured process ended with {process.returncode}")
        said.append(json.loads(line))
    return said


def lateness(slots: int, seconds: float, runs: int, *, fast: bool = False) -> list[Run]:
    """Return the runs, one after the other on the same working line."""
    platform = os.environ.get("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name, working_line(Path(name), slots, fast=fast) as (works, link):
        return [measure(works, link.welcome.process, seconds, platform) for _ in range(runs)]


# ---- memory


def run_memory(folder: Path, events: int, steps: int = 10) -> list[tuple[int, float]]:
    """Push events through the real bridge into the real window; return resident MiB after each part of them.

    An event is what a unit's work tells: eight changes of its tile, its end, and AT lines of a watched slot.
    """
    from PySide6.QtWidgets import QApplication

    from station.desktop import style
    from station.desktop.background import Background
    from station.desktop.bridge import Bridge
    from station.desktop.preferences import Preferences
    from station.desktop.theme import Theme
    from station.desktop.window import MainWindow
    from tests.benchmarks.window_feed import pushes_of, welcome
    from tests.desktop.records_rig import open_folder

    application = QApplication.instance() or QApplication([])
    if not isinstance(application, QApplication):
        raise TypeError("this process has an application without windows")
    theme = Theme(False, 1.0)
    style.apply(application, theme)
    opened, background = open_folder(folder), Background()
    bridge, preferences = Bridge(opened, background), Preferences(folder / "desktop.ini")
    preferences.mute = True
    window = MainWindow(opened, bridge, background, preferences, theme)
    window.resize(1920, 1080)
    window.show()
    bridge._put(welcome(32))
    application.processEvents()
    window.pages["line"].grid.chosen.emit(1)
    found = [(0, resident())]
    for part in range(steps):
        for number in range(part * events // steps, (part + 1) * events // steps):
            for push in pushes_of(number, 32):
                bridge._put(push)
            while bridge._awake:  # an engine tells no faster than this: else a backlog would be what grows
                application.processEvents()
        found.append(((part + 1) * events // steps, resident()))
    window.leave()
    bridge.end()
    background.end()
    return found


def main() -> None:
    """Be one of the processes that are measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--window", type=Path)
    given = parser.parse_args()
    if given.window:
        run_window(given.window, given.seconds)
    else:
        run_control(given.seconds)


if __name__ == "__main__":
    main()
