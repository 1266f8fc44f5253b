"""An installed program's new station gets examples of its own, which load and stay as somebody made them."""

import shutil
import sys
from pathlib import Path

import pytest

from station.host import program
from station.host.program import own_folder, shipped
from station.settings.examples import first_recipes, lay_out_examples
from station.settings.loading import load_recipe


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have this program be one that is installed; return where a station begins."""
    package = tmp_path / "station-packages" / "station"
    for name in ("config", "fixtures"):
        shutil.copytree(shipped(name), package / "_shipped" / name)
    monkeypatch.setattr(program, "_PACKAGE", package)
    return tmp_path / "mine" / "station"


def test_every_example_recipe_loads_from_its_copy(installed: Path) -> None:
    lay_out_examples(installed)
    recipes = sorted(first_recipes(installed).glob("*.toml"))
    assert {path.parent for path in recipes} == {installed / "recipes"}
    assert len(recipes) > 5
    for path in recipes:
        load_recipe(path)
    if sys.platform != "win32":
        assert installed.parent.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform == "win32", reason="rights there are no bits of the folder")
def test_of_examples_that_nobody_may_change_its_own_may_be_changed(installed: Path) -> None:
    there = shipped("config", "recipes")
    there.chmod(0o555)
    lay_out_examples(installed)
    assert (installed / "recipes").stat().st_mode & 0o777 == 0o700


def test_what_is_there_stays_as_it_is(installed: Path) -> None:
    (installed / "recipes").mkdir(parents=True)
    lay_out_examples(installed)
    lay_out_examples(installed)
    assert not list((installed / "recipes").iterdir())
    assert (installed.parent / "fixtures" / "simulated" / "fixture.toml").is_file()
    assert sorted(path.name for path in installed.iterdir()) == ["recipes", "roots"]


def test_a_source_tree_has_its_own(tmp_path: Path) -> None:
    lay_out_examples(tmp_path / "station")
    assert not list(tmp_path.iterdir())
    assert first_recipes(tmp_path) == shipped("config", "recipes")


@pytest.mark.skipif(sys.platform == "win32", reason="where folders are is told by other variables")
@pytest.mark.parametrize(
    ("given", "place"), [("/srv/data", "/srv/data"), ("", "{home}/.local/share"), ("odd", "{home}/.local/share")]
)
def test_a_packages_own_folder_is_its_users(monkeypatch: pytest.MonkeyPatch, given: str, place: str) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", given)
    assert own_folder() == Path(place.format(home=Path.home()), "nrf91-station")
