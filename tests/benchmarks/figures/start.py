"""From nothing to an engine that is ready, with a million units in its journal, out of a cold file; and to a window."""

import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

from station.engine.whereabouts import read_whereabouts
from station.host.clock import SystemClock
from station.journal.database import FILE_NAME
from station.people.roll import People
from tests.benchmarks.big_journal import big_journal, in_words
from tests.benchmarks.figure import Row, Run, Scale
from tests.benchmarks.processes import bare_start_seconds
from tests.benchmarks.recovery_time import chill, station_in
from tests.desktop.engine_rig import Rig, running
from tests.line.harness import CHEAP, ROOT
from tests.line.processes import child_environment

NAME = "start"
WHAT = "start to ready, a million units"
MOST = 2.0
_PATIENCE = 120.0


def window_seconds(rig: Rig) -> float:
    """Return what a window takes from its process's start to its first tiles, where no engine runs yet."""
    chill(rig.data)
    command = [sys.executable, "-m", "tests.benchmarks.window_start", str(rig.line.station_file)]
    begun = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=child_environment({"QT_QPA_PLATFORM": "offscreen"}),
        stdout=subprocess.PIPE,
        text=True,
    ) as window:
        assert window.stdout is not None
        said = window.stdout.readline()
        took = time.perf_counter() - begun
        assert said == "tiles\n", said
        assert window.wait(_PATIENCE) == 0
    engine = read_whereabouts(rig.data)
    assert engine is not None
    rig.started.append(engine.process)
    _end(rig)
    return took


def pin_seconds(rig: Rig) -> float:
    """Return what a PIN costs at the station's own price; those of the people here are cheaper."""
    people = People(rig.data, SystemClock())
    begun = time.perf_counter()
    people._argon(b"\0" * 16).derive_phc_encoded(b"000000")
    return time.perf_counter() - begun


def _end(rig: Rig) -> None:
    rig.end()
    rig.started.clear()


def measure(run: Run) -> Sequence[Row]:
    """Start the engine as a window does, then a window that starts it, a few times; each ends in good order."""
    attached, signed_in = list[float](), list[float]()
    with station_in(big_journal(run), SystemClock()) as line, running(line) as rig:
        for _ in range(times := run.size(7, 5, 1)):
            chill(rig.data)
            begun = time.perf_counter()
            with rig.ear() as ear:
                attached.append(time.perf_counter() - begun)
                ear.sign_in("otto")
                signed_in.append(time.perf_counter() - begun)
            _end(rig)
        if run.scale is not Scale.TINY:
            window_seconds(rig)  # it compiles what no start before it has imported: once for an installation
        seen = [window_seconds(rig) for _ in range(times)]
        price = pin_seconds(rig)
        floor = bare_start_seconds(
            "station.engine.process", rig.data / FILE_NAME, lambda: chill(rig.data), run.size(5, 3, 1)
        )
    return [
        Row(
            what="start to ready: the engine greets a window",
            unit="s",
            measured=max(attached),
            asked=f"{MOST:.0f} s",
            limit=MOST,
            floor=floor,
            beneath="a Python that imports what the engine needs of others, opens the cold journal, and ends",
            note=f"longest of {len(attached)}, middle {median(attached):.2f} s. {in_words(run)}",
            samples=tuple(attached),
        ),
        Row(
            what="  until somebody is signed in",
            unit="s",
            measured=max(signed_in),
            note=f"with PINs at a test's price ({CHEAP.kibibytes} KiB, {CHEAP.passes} pass): at the station's own one "
            f"takes {price:.2f} s more, and that is meant",
            samples=tuple(signed_in),
        ),
        Row(
            what="  a window's process to its first tiles, engine started by it",
            unit="s",
            measured=max(seen),
            note=f"longest of {len(seen)}, middle {median(seen):.2f} s; drawn without a screen",
            samples=tuple(seen),
        ),
    ]
