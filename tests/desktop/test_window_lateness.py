"""The short form of the window's measurement of memory: that of its lateness is the bench's own."""

import json
import os
import subprocess
import sys

import pytest

from tests.line.harness import ROOT
from tests.line.processes import child_environment


@pytest.mark.skipif(sys.platform != "linux", reason="figures of processes are read from /proc")
def test_memory_stays_flat_while_units_are_built() -> None:
    code = (
        "import json, tempfile; from pathlib import Path\n"
        "from tests.benchmarks.window_lateness import run_memory\n"
        "with tempfile.TemporaryDirectory() as name:\n"
        "    print(json.dumps(run_memory(Path(name), 600, steps=6)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | child_environment({"QT_QPA_PLATFORM": "offscreen"}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    sizes = [mib for _, mib in json.loads(done.stdout.splitlines()[-1])]
    # The first part fills what is bounded (AT lines, pictures of glyphs); the rest adds nothing of a unit's own.
    # It is steady to a tenth of a MiB, so that 400 units tell 5 KiB of each.
    assert sizes[-1] - sizes[2] < 2, sizes
