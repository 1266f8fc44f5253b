"""The short form of the bench: each figure measures, in a process of its own, with tiny sizes. No time is judged."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import is_good, measured
from tests.benchmarks.catalogue import ASKED, FURTHER
from tests.benchmarks.figure import Row, Scale, Verdict
from tests.benchmarks.window_lateness import by_time


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="figures of processes are read from /proc")
@pytest.mark.parametrize("name", [*ASKED, *FURTHER])
def test_the_figure_yields_its_rows(name: str, tmp_path: Path) -> None:
    rows = measured(name, Scale.TINY, tmp_path, tmp_path)
    assert not isinstance(rows, str), rows
    assert rows
    for row in rows:
        assert row.what.strip()
        assert math.isfinite(row.measured), row
        assert row.limit is None or row.asked, row
        assert row.floor is None or row.beneath, row
        assert row.reference is None or (row.against and row.reference > 0), row
        assert row.verdict is not Verdict.UNMEASURED, row


def test_a_row_whose_reference_is_missing_is_not_measured_and_the_bench_says_so_by_its_exit_code() -> None:
    row = Row(what="a row", unit="ms", measured=1.0, asked="25 times less", limit=None)
    assert row.verdict is Verdict.UNMEASURED
    assert not is_good({"a": [row]})
    assert is_good({"a": [replace(row, asked="")]})


def test_a_loop_that_stands_still_counts_as_long_as_it_stands() -> None:
    ticks = [0.0] * 900 + [1000.0]
    late = by_time(ticks)
    assert len(late) == 900 + 101
    assert late[int(len(late) * 0.9)] == 0.0
    assert late[int(len(late) * 0.99)] == 900.0
