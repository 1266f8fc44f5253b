"""The one table of all campaigns says that all is well only where each of them came to its end and found nothing."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from tests.campaigns.nothing_lost import CAMPAIGNS, show
from tests.faults.figures import Figures

CLEAN = {"kills": 1234, "lost": 0, "doubled": 0, "wrong": 0}


def shown(folder: Path) -> tuple[bool, str]:
    """Return the verdict, and what is printed."""
    out = io.StringIO()
    return show(folder, Console(file=out, width=200)), out.getvalue()


def lay(folder: Path) -> None:
    """Have every campaign have found nothing."""
    for one in CAMPAIGNS:
        Figures(one.name, CLEAN, ()).write(one.file(folder))


def test_campaigns_that_found_nothing_are_well(tmp_path: Path) -> None:
    lay(tmp_path)
    well, text = shown(tmp_path)
    assert well
    assert text.count("1,234") == len(CAMPAIGNS)


SPOILED: dict[str, Callable[[Path], object]] = {
    "absent": lambda path: path.unlink(),
    "cut off": lambda path: path.write_text(path.read_text()[:-5]),
    "of another form": lambda path: path.write_text("[1, 2]"),
    "a finding": lambda path: Figures("x", CLEAN, ["seed 7: LOST a unit"]).write(path),
    "a count": lambda path: Figures("x", CLEAN | {"doubled": 1}, ()).write(path),
}


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda one: one.name)
def test_one_that_found_something_or_has_no_figures_is_not_well(tmp_path: Path, campaign: object, how: str) -> None:
    lay(tmp_path)
    file = next(one for one in CAMPAIGNS if one is campaign).file(tmp_path)
    SPOILED[how](file)
    well, text = shown(tmp_path)
    assert not well
    if how == "a finding":
        assert "LOST a unit" in text
