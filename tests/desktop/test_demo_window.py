"""The demo's window from its start to its end: bench, engine, technician, a batch, another language, nothing left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.line import Outcome
from station.engine.client import attach
from station.opened import open_station
from tests.line.processes import child_environment


@pytest.mark.timeout(300)
def test_a_batch_is_built_in_the_demos_window(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("demo_window_run.py")), str(tmp_path)],
        env=os.environ | child_environment({}),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said == {"code": 0, "seen": ["welcome", "signed in", "armed", "built", "产线 operator"]}, done.stderr
    station = open_station(tmp_path / "demo" / "station.toml")
    with station.records() as records:
        outcomes = [unit.outcome for unit in records.units_of(BatchId("WO-1"))]
    assert outcomes.count(Outcome.PASSED) >= 1
    with pytest.raises(Fault) as caught:
        attach(station, start=False)
    assert caught.value.code == "ENG-101"  # the engine ended with its boards
