"""What a command loads: a fresh process for each, as every start of a station pays for all that is imported there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.line.processes import child_environment

LOAD = "from station.cli import COMMANDS; COMMANDS[{name!r}].load()"
NEVER = (
    *("PySide6", "station.desktop", "station.demo", "station.practice", "station.simulator", "station.named_cloud"),
    *("station.doctor.examination", "requests", "numpy", "fpdf", "rich.traceback"),
)
NO_LINE = (
    *NEVER,
    "station.app",
    "station.line.batch_run",
    "station.devices.ports",
    "station.devices.programmers",
    "structlog",
)

# What is started, what it can't do without, and what it has no use for.
STARTS = [
    ("import station.cli", "typer", (*NO_LINE, "station.opened", "pydantic", "rich", "cryptography")),
    (LOAD.format(name="verify"), "station.evidence.verifier", (*NO_LINE, "station.opened", "rich")),
    (LOAD.format(name="units"), "station.opened", (*NO_LINE, "cryptography")),
    (LOAD.format(name="desktop"), "station.opened", (*NO_LINE, "cryptography", "rich")),
    (LOAD.format(name="doctor"), "station.opened", (*NO_LINE, "cryptography", "rich")),
    (LOAD.format(name="run"), "station.line.batch_run", NEVER),
    (
        f"{LOAD.format(name='engine')}; import station.engine.process",
        "station.engine.server",
        (*NEVER, "station.running", "station.uploading", "station.evidence.verifier"),
    ),
]


@pytest.mark.parametrize(("start", "needed", "unused"), STARTS)
def test_a_start_loads_nothing_that_it_has_no_use_for(start: str, needed: str, unused: tuple[str, ...]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"{start}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        env=child_environment({}),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=60,
        check=True,
    )
    loaded = frozenset(json.loads(told.stdout))
    assert needed in loaded
    assert loaded & set(unused) == set()
