"""The fixture every test of the line stands on."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from station.host.clock import SystemClock
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.timings import Timings
from tests.line.harness import Line, make_ca


@pytest.fixture(scope="session")
def ready_ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA's folder: made once, and copied for each station."""
    return make_ca(tmp_path_factory.mktemp("works") / "ca", SystemClock())


@pytest.fixture
def line(tmp_path: Path, ready_ca: Path, request: pytest.FixtureRequest) -> Iterator[Line]:
    """A station on eight slots without any delay (a parameter says otherwise), with a cloud that answers at once."""
    with standing_line(tmp_path, ready_ca, getattr(request, "param", 8)) as made:
        yield made


@contextmanager
def standing_line(folder: Path, ready_ca: Path, slots: int) -> Iterator[Line]:
    """The same in ``folder``, as long as the block lasts."""
    clock = SystemClock()
    (folder / "data").mkdir(mode=0o700)
    shutil.copytree(ready_ca, folder / "data" / "ca")
    cloud = SimulatedCloud(clock=clock, service=FAST)
    bench = Bench(folder / "data" / "bench", slots, Timings.none(), 1, clock=clock, cloud=cloud)
    bench.start()
    made = Line(folder, bench, cloud, clock)
    made.write()
    made.recipe()
    made.hire()
    try:
        yield made
    finally:
        bench.stop()
