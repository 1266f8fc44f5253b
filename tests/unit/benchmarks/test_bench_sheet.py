"""What the bench makes of what it measured: verdicts, the table, JSON, the picture, and its exit code."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks import __main__ as command
from tests.benchmarks.catalogue import ASKED, FURTHER, figure
from tests.benchmarks.figure import Row, Run, Scale, Verdict
from tests.benchmarks.figures.memory import slope
from tests.benchmarks.plot import margin
from tests.benchmarks.sheet import as_json, number, ratio_text, table_of


def row(measured: float, **more: object) -> Row:
    return Row(**({"what": "a thing", "unit": "ms", "measured": measured, "asked": "10 ms", "limit": 10.0} | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (row(10.0), Verdict.MET),
        (row(10.1), Verdict.MISSED),
        (row(11.9, floor=10.0), Verdict.AT_FLOOR),
        (row(12.1, floor=10.0), Verdict.MISSED),
        (row(12.1, floor=0.0), Verdict.MISSED),
        (row(1e9, limit=None), Verdict.UNMEASURED),
        (row(1e9, limit=None, asked=""), Verdict.SHOWN),
        (row(10.0, more_is_better=True), Verdict.MET),
        (row(9.9, more_is_better=True), Verdict.MISSED),
        (row(9.0, more_is_better=True, floor=10.7), Verdict.AT_FLOOR),
        (row(9.0, more_is_better=True, floor=10.9), Verdict.MISSED),
        (row(0.0, limit=0.0), Verdict.MET),
    ],
)
def test_what_is_missed_may_stay_near_its_floor_and_no_further(one: Row, verdict: Verdict) -> None:
    assert one.verdict is verdict


def told(found: dict[str, list[Row] | str], scale: Scale = Scale.FULL) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(table_of(found, scale))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_names_the_floor_beneath_what_is_missed_and_what_was_not_measured() -> None:
    near = row(20.0, reference=400.0, against="another program", floor=18.0, beneath="bare syncs", note="in haste")
    text = told({"a": [near], "b": "ValueError: no board"})
    assert "400 ms: another program" in text
    assert "1/20.0" in text
    assert "at its floor: 1.11 times from 18.0 ms (bare syncs)" in text
    assert "a thing: in haste" in text
    assert "not measured" in text
    assert "ValueError: no board" in text
    assert "no figures to be quoted" not in text


def test_what_stands_in_brackets_is_printed() -> None:
    text = told({"a": [row(20.0, against="[b]", note="by the station file's [logs]")], "b": "[Errno 2] no board"})
    for part in ("[b]", "by the station file's [logs]", "[Errno 2] no board"):
        assert part in text


def test_small_sizes_say_that_they_are() -> None:
    assert "quick sizes: no figures to be quoted" in told({"a": [row(1.0)]}, Scale.QUICK)


def test_numbers_and_ratios_have_three_digits() -> None:
    assert [number(value) for value in (0.0, 0.1234, 1.234, 12.34, 1234.5)] == ["0", "0.123", "1.23", "12.3", "1234"]
    assert ratio_text(row(24.0, reference=600.0)) == "1/25.0"
    assert ratio_text(row(97.0, reference=100.0)) == "0.970"
    assert ratio_text(row(97.0)) == ""


def test_json_holds_every_sample_the_verdict_and_what_was_not_measured() -> None:
    value = json.loads(
        json.dumps(
            as_json(
                {"a": [row(20.0, reference=40.0, samples=(1.0, 2.0))], "b": "no"}, Scale.FULL, {"file system": "ext4"}
            )
        )
    )
    (told_row,) = value["figures"]["a"]
    assert (told_row["ratio"], told_row["verdict"], told_row["samples"]) == (0.5, "missed", [1.0, 2.0])
    assert value["figures"]["b"] == {"not measured": "no"}
    assert value["scale"] == "full"
    assert value["machine"]["cores"] >= 1


@pytest.mark.parametrize(
    ("one", "times"),
    [
        (row(5.0), 2.0),
        (row(20.0), 0.5),
        (row(20.0, more_is_better=True), 2.0),
        (row(0.0), 100.0),
        (row(3.0, limit=0.0), 0.01),
    ],
)
def test_the_picture_shows_how_many_times_better_than_asked(one: Row, times: float) -> None:
    assert margin(one) == pytest.approx(times)


def test_the_picture_is_written_as_its_name_says(tmp_path: Path) -> None:
    # In a process of its own: this one may have an application with windows, or get one later.
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.benchmarks.figure import Row; from tests.benchmarks.plot import draw\n"
        "rows = [Row(what=w, unit='ms', measured=m, asked='10 ms', limit=l) for w, m, l in"
        " (('good', 5.0, 10.0), ('bad', 20.0, 10.0), ('not asked', 1.0, None))]\n"
        "for name in ('a.svg', 'a.png'):\n    draw(rows, Path(sys.argv[1], name))"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], cwd=command.ROOT, check=True, timeout=60)
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert (text.count(">good<"), text.count(">bad<"), text.count(">not asked<")) == (1, 1, 0)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_what_takes_long_is_made_once_and_what_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(place: Path) -> None:
        made.append(place)
        (place / "part").touch()
        if len(made) == 1:
            raise KeyboardInterrupt

    run = Run(tmp_path / "scratch", Scale.FULL, tmp_path / "keep")
    with pytest.raises(KeyboardInterrupt):
        run.made_once("a journal", make)
    whole = run.made_once("a journal", make)
    assert Run(tmp_path / "other", Scale.FULL, tmp_path / "keep").made_once("a journal", make) == whole == made[1]
    assert (whole / "part").exists()
    assert Run(tmp_path / "other", Scale.QUICK, tmp_path / "keep").made_once("a journal", make) == made[2]
    assert len(made) == 3


def test_memory_is_judged_by_its_later_half() -> None:
    filling = [(units, 100.0 + min(units, 500) / 10) for units in range(0, 1001, 100)]
    assert slope(filling) == pytest.approx(0.0, abs=1e-9)
    assert slope([(units, 100.0 + units / 1024) for units in range(0, 1001, 100)]) == pytest.approx(1.0)


def test_the_exit_code_says_whether_all_is_met(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # what is not sent elsewhere goes into a folder here
    answers: dict[str, list[Row] | str] = {"leaves": [row(11.0, floor=10.0)], "commits": [row(1.0)], "find": "broken"}
    monkeypatch.setattr(command, "measured", lambda name, *_: answers[name])
    assert command.main(["--only", "leaves", "commits", "--json", str(tmp_path / "a.json")]) == 0
    assert set(json.loads((tmp_path / "a.json").read_text())["figures"]) == {"leaves", "commits"}
    assert command.main(["--only", "commits", "find"]) == 1
    answers["commits"] = [row(11.0)]
    assert command.main(["--only", "commits"]) == 1
    with pytest.raises(SystemExit, match="2"):
        command.main(["--only", "nothing"])


def test_a_figure_that_fails_tells_why(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "keep").touch()  # where a folder should be
    why = command.measured("search", Scale.TINY, tmp_path, tmp_path / "keep")
    assert "keep" in str(why)
    assert "Error" in str(why)
    assert "Traceback" in capfd.readouterr().err


@pytest.mark.parametrize("name", [*ASKED, *FURTHER])
def test_every_figure_answers_to_its_name(name: str) -> None:
    found = figure(name)
    assert name == found.NAME
    assert found.WHAT
