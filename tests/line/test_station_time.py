"""The benchmark of the station's own time runs and measures; how long it takes is not judged here."""

from pathlib import Path

import pytest

from tests.benchmarks import station_time


def test_the_benchmark_measures_each_unit_and_prints_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(station_time, "VENDOR", tmp_path)  # the vendor's tests run that client
    station_time.main(["--units", "3"])
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "station" in line]
    cells = [cell.strip() for cell in row.strip("│ ").split("│")]
    assert cells[:2] == ["station", "3"]
    middle, least, most = (float(cell.removesuffix(" ms")) for cell in cells[2:])
    assert 0 < least <= middle <= most
