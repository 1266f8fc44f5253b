"""A settings file while somebody writes it: what is wrong, on which line, and nothing saved before it is right."""

import shutil
from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.settings.drafts import Draft, draft_of, find_line
from station.settings.first_fixture import render_simulated
from station.settings.first_station import FirstStation, render_station
from station.settings.reading import Loaded, load_station
from station.settings.station import StationSettings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def station(tmp_path: Path) -> Loaded[StationSettings]:
    (tmp_path / "fixture.toml").write_text(render_simulated(3, by_network=False), encoding="utf-8")
    shutil.copytree(ROOT / "config" / "recipes", tmp_path / "config" / "recipes")
    shutil.copytree(ROOT / "config" / "roots", tmp_path / "config" / "roots")
    shutil.copytree(ROOT / "fixtures" / "simulated" / "firmware", tmp_path / "fixtures" / "simulated" / "firmware")
    answers = FirstStation(
        station_id="a",
        line="Line",
        data=tmp_path / "data",
        fixture=tmp_path / "fixture.toml",
        recipes=tmp_path / "config" / "recipes",
        ca_name="Works",
    )
    path = tmp_path / "station.toml"
    path.write_text(render_station(answers), encoding="utf-8")
    return load_station(path)


def test_every_problem_has_its_sentence_and_its_line(station: Loaded[StationSettings]) -> None:
    text = station.path.read_text(encoding="utf-8")
    text = text.replace('line = "Line"', "line = 7").replace("leaf_years = 10", "leaf_years = 25")
    found = draft_of("station", text, station).problems(data=station.value.data)
    lines = text.splitlines()
    assert [lines[one.line - 1].split(" ")[0] for one in found] == ["line", "line_years"]
    assert all(str(station.path) not in one.sentence for one in found)


def test_a_broken_line_is_named(station: Loaded[StationSettings]) -> None:
    found = draft_of("fixture", 'schema = 1\nname = "x\n', station).problems(data=station.value.data)
    assert [one.line for one in found] == [2]


def test_a_slots_problem_is_on_its_slots_line(station: Loaded[StationSettings]) -> None:
    text = station.value.fixture.read_text(encoding="utf-8").replace("number = 3", "number = 3\nport = 5")
    (found,) = draft_of("fixture", text, station).problems(data=station.value.data)
    assert text.splitlines()[found.line - 1] == "port = 5"


def test_a_sound_text_is_saved_as_it_was_written(station: Loaded[StationSettings]) -> None:
    text = station.value.fixture.read_text(encoding="utf-8") + "# looked at\n"
    draft = draft_of("fixture", text, station)
    assert not draft.problems(data=station.value.data)
    draft.save(data=station.value.data)
    assert station.value.fixture.read_bytes() == text.encode()


def test_nothing_is_saved_where_anything_is_wrong(station: Loaded[StationSettings]) -> None:
    before = station.path.read_bytes()
    with pytest.raises(Fault) as raised:
        draft_of("station", "schema = 1\n", station).save(data=station.value.data)
    assert raised.value.code == "SET-102"
    assert station.path.read_bytes() == before


def test_the_data_folder_does_not_move_under_a_running_station(station: Loaded[StationSettings]) -> None:
    text = station.path.read_text(encoding="utf-8").replace('data"', 'elsewhere"', 1)
    with pytest.raises(Fault) as raised:
        draft_of("station", text, station).save(data=station.value.data)
    assert raised.value.code == "SET-106"


def test_a_recipe_keeps_the_product_that_its_file_is_called_after(station: Loaded[StationSettings]) -> None:
    path = station.value.recipes / "tracker.toml"
    text = path.read_text(encoding="utf-8").replace('product = "tracker"', 'product = "other"')
    (found,) = draft_of("recipe:tracker", text, station).problems(data=station.value.data)
    assert "tracker" in found.sentence
    sound = path.read_text(encoding="utf-8")
    assert not draft_of("recipe:tracker", sound, station).problems(data=station.value.data)


@pytest.mark.parametrize("name", ["", "recipe:", "recipe:../station", "recipe:nothing", "people", "recipe:/etc/x"])
def test_no_other_file_can_be_asked_for(station: Loaded[StationSettings], name: str) -> None:
    with pytest.raises(Fault) as raised:
        draft_of(name, "", station)
    assert raised.value.code == "SET-107"


def test_a_place_is_found_in_the_table_it_lies_in() -> None:
    text = 'a = 1\n[one]\nname = "x"\n[[steps]]\ndo = "a"\n[[steps]]\ndo = "b"\nimage = "c"\n'
    assert find_line(text, "one.name") == 3
    assert find_line(text, "steps[1].image") == 8
    assert find_line(text, "steps[1].do") == 7
    assert find_line(text, "the file") == 0


def test_a_draft_knows_its_file(station: Loaded[StationSettings]) -> None:
    assert draft_of("recipe:tracker", "", station) == Draft(
        "recipe:tracker", station.value.recipes / "tracker.toml", ""
    )
