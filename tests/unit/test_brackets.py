"""Names and paths are shown as they are, though they look like the terminal library's markup."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from station.console import draw_line, draw_summary
from station.doctor.examination import Finding, State, examine, print_findings
from station.domain.ids import BatchId, DeviceId, SlotNumber
from station.domain.line import CloudState, Outcome, SlotState
from station.journal.rows import Tally
from station.line.feed import Told
from station.line.summary import Summary, UnitLine
from station.line.view import LineView, SlotView

NASTY = ("[red]x[/red]", "[/x]", "[bold", ":key:", "\\[b]")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(params=[True, False], ids=["a console that reads markup", "ours"])
def shown(request: pytest.FixtureRequest) -> Callable[[RenderableType], str]:
    """Whatever console it comes to: nothing may depend on how that was made."""

    def show(what: RenderableType) -> str:
        file = io.StringIO()
        console = Console(file=file, width=200, markup=request.param, emoji=request.param, highlight=request.param)
        console.print(what)
        return file.getvalue()

    return show


@pytest.mark.parametrize("text", NASTY)
def test_a_picture_shows_every_name_as_it_is(shown: Callable[[RenderableType], str], text: str) -> None:
    for state in (SlotState.RUNNING, SlotState.DONE):
        outcome = Outcome.FAILED if state is SlotState.DONE else None
        slot = SlotView(SlotNumber(1), state, DeviceId(text), f"step {text}", 1, 0.5, outcome, "X-1", f"mend {text}")
        view = LineView({SlotNumber(1): slot}, {}, 0, 0, (Told("T-1", f"told {text}"),))
        picture = shown(draw_line(view, f"heading {text}", 3, 4, NOW, 200, f"hint {text}"))
        what = f"step {text}" if state is SlotState.RUNNING else f"mend {text}"
        for wanted in (f" {text} ", what, f"told {text}", f"heading {text}", f"hint {text}"):
            assert wanted in picture


@pytest.mark.parametrize("text", NASTY)
def test_a_summary_shows_every_name_as_it_is(shown: Callable[[RenderableType], str], text: str) -> None:
    unit = UnitLine(f"unit {text}", 1, 1, 1.0, Outcome.FAILED, CloudState.NONE, "X-1", f"mend {text}")
    tally = Tally({"failed": 1}, {}, {}, 0, {}, 0, 1)
    summary = Summary(BatchId(f"b{text}"), "p", 1, tally, (unit,), (), Path(f"/data/{text}"))
    picture = shown(draw_summary(summary))
    for wanted in (
        f"unit {text}  ",
        f"unit {text}: X-1 mend {text}",
        f"Batch b{text}",
        f"evidence          /data/{text}",
    ):
        assert wanted in picture


@pytest.mark.parametrize("text", NASTY)
def test_a_finding_is_printed_as_it_is(text: str) -> None:
    file = io.StringIO()
    finding = Finding(
        f"section {text}",
        "id",
        f"about {text}",
        None,
        f"at {text}",
        State.TROUBLE,
        f"seen {text}",
        f"mend {text}",
        "X-1",
        f"why {text}",
    )
    print_findings([finding], as_json=False, console=Console(file=file, width=110))
    for wanted in (f"seen {text}", f"mend {text}", f"at {text}; why {text}", text):
        assert wanted in file.getvalue()


def test_the_doctor_names_a_folder_with_brackets_whole(tmp_path: Path) -> None:
    """A path that its reader copies into a command must be the path."""
    folder = tmp_path / "[red]x[" / "red]"
    folder.mkdir(parents=True)
    file = io.StringIO()
    print_findings(examine(folder / "station.toml"), as_json=False, console=Console(file=file, width=400))
    assert str(folder / "station.toml") in "".join(line.strip() for line in file.getvalue().splitlines())
