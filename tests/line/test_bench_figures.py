"""The short form of the bench: each figure measures, in a process of its own, with tiny sizes. No time is judged."""

import math
import sys
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import measured
from tests.benchmarks.catalogue import ASKED, FURTHER
from tests.benchmarks.figure import Scale


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="figures of processes are read from /proc")
@pytest.mark.parametrize("name", [*ASKED, *FURTHER])
def test_the_figure_yields_its_rows(name: str, tmp_path: Path) -> None:
    rows = measured(name, Scale.TINY, tmp_path)
    assert not isinstance(rows, str), rows
    assert rows
    for row in rows:
        assert row.what.strip()
        assert math.isfinite(row.measured), row
        assert row.limit is None or row.asked, row
        assert row.floor is None or row.beneath, row
        assert row.reference is None or (row.against and row.reference > 0), row
