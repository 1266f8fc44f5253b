"""The files that a first run writes: sound, explained key by key, and never over others."""

import re
import stat
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.host.secrets import EnvironmentSecret, FileSecret, KeyringSecret
from station.settings.explain import fields_by_key, sections_in
from station.settings.first_fixture import FirstSlot, render_found, render_simulated, write_fixture
from station.settings.first_station import FirstCloud, FirstStation, render_station, suggest_id, write_station
from station.settings.fixture import NrfutilProgrammer, SimulatedProgrammer, Vcom
from station.settings.loading import load_fixture
from station.settings.reading import load_station
from station.settings.station import StationSettings

ROOT = Path(__file__).parents[3]


def wanted(folder: Path, **more: object) -> FirstStation:
    fixture = folder / "fixture.toml"
    fixture.write_text(render_simulated(2, by_network=False), encoding="utf-8")
    answers: dict[str, object] = {
        "station_id": "line1-a",
        "line": "Line 1",
        "data": folder / "data",
        "fixture": fixture,
        "recipes": folder / "recipes",
        "ca_name": "Example Works",
    }
    return FirstStation(**(answers | more))  # type: ignore[arg-type]


def test_every_answer_is_in_the_file_as_it_was_given(tmp_path: Path) -> None:
    answers = wanted(
        tmp_path,
        ca_folder=tmp_path / "my ca",
        ca_passphrase=FileSecret(tmp_path / "secrets" / "ca"),
        cloud=FirstCloud(KeyringSecret("nrf91-station", "line1-a.api-key"), team="acme"),
    )
    loaded = write_station(tmp_path / "new" / "station.toml", answers)
    value = loaded.value
    assert (value.station_id, value.line, value.ca.name) == ("line1-a", "Line 1", "Example Works")
    assert (value.data, value.fixture, value.recipes) == (answers.data, answers.fixture, answers.recipes)
    assert (value.ca_folder, value.ca.passphrase) == (answers.ca_folder, answers.ca_passphrase)
    assert value.cloud is not None
    assert (value.cloud.api_key, value.cloud.team) == (answers.cloud.api_key, "acme")  # type: ignore[union-attr]
    if sys.platform != "win32":
        assert stat.S_IMODE(loaded.path.stat().st_mode) == 0o600


def test_without_a_cloud_and_a_place_for_the_passphrase_neither_is_there(tmp_path: Path) -> None:
    value = write_station(tmp_path / "station.toml", wanted(tmp_path)).value
    assert value.cloud is None
    assert value.ca.passphrase is None


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(Fault) as raised:
        write_station(path, wanted(tmp_path))
    assert raised.value.code == "HOST-110"
    assert path.read_text(encoding="utf-8") == "# mine\n"


def test_what_is_wrong_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Fault) as raised:
        write_station(tmp_path / "new" / "station.toml", wanted(tmp_path, station_id="no spaces", line=""))
    assert raised.value.code == "SET-102"
    assert "station_id" in raised.value.sentence
    assert "line" in raised.value.sentence
    assert not (tmp_path / "new").exists()


def test_every_key_that_there_is_stands_in_the_file_and_those_left_out_work_when_taken_in(tmp_path: Path) -> None:
    (tmp_path / "company-roots.pem").write_text("", encoding="utf-8")
    cloud = FirstCloud(EnvironmentSecret("API_KEY"), team="acme")
    text = render_station(wanted(tmp_path, cloud=cloud))
    for section in [StationSettings, *sections_below(StationSettings)]:
        for key in fields_by_key(section):
            assert re.search(rf"^(# )?\[?(\w+\.)?{key}\b", text, re.MULTILINE), key
    taken_in = re.sub(r"^# (\w+ = |\[)", r"\1", text, flags=re.MULTILINE)
    path = tmp_path / "station.toml"
    assert load_station(path, taken_in.encode()).value.cloud is not None
    keys = set(tomllib.loads(taken_in)["timeouts"])
    assert keys == {"at_s", "power_off_s", "keygen_s", "write_s", "boot_s"}


def sections_below(section: type) -> list[type]:
    found = []
    for field in section.model_fields.values():  # type: ignore[attr-defined]
        for inner in sections_in(field.annotation):
            found += [inner, *sections_below(inner)]
    return found


@settings(deadline=None)  # it reads files, on a PC that others use too
@given(
    line=st.text(st.characters(codec="utf-8"), min_size=1, max_size=64),
    name=st.text(st.characters(codec="utf-8"), max_size=48),
)
def test_whatever_a_person_writes_is_read_back_or_refused(
    tmp_path_factory: pytest.TempPathFactory, line: str, name: str
) -> None:
    folder = tmp_path_factory.mktemp("first")
    path, text = folder / "station.toml", render_station(wanted(folder, line=line, ca_name=name)).encode()
    if not (line.isprintable() and name.isprintable() and name):
        with pytest.raises(Fault) as raised:
            load_station(path, text)
        assert raised.value.code == "SET-102"
        return
    value = load_station(path, text).value
    assert (value.line, value.ca.name) == (line, name)


@pytest.mark.parametrize(
    ("line", "name"),
    [("Line 1, Halle Süd", "line-1-halle-sud"), ("线路", ""), ("  A__B ", "a-b"), ("x" * 80, "x" * 64)],
)
def test_an_id_is_suggested_where_one_can_be_made(line: str, name: str) -> None:
    assert suggest_id(line) == name


@pytest.mark.parametrize("by_network", [False, True])
def test_a_simulated_fixture_has_its_slots(tmp_path: Path, by_network: bool) -> None:
    loaded = write_fixture(
        tmp_path / "fixture.toml", render_simulated(3, by_network=by_network), data=tmp_path / "data"
    )
    slots = loaded.value.slots
    assert [slot.number for slot in slots] == [1, 2, 3]
    assert all(isinstance(slot.programmer, SimulatedProgrammer) for slot in slots)
    last = "rfc2217://127.0.0.1:47103" if by_network else str(tmp_path / "data" / "bench" / "slot3")
    assert str(slots[2].port) == last


def test_probes_that_were_found_are_known_by_their_numbers(tmp_path: Path) -> None:
    found = [
        FirstSlot("vcom0", "000960012345", "J-Link"),
        FirstSlot("usb-FTDI_A1-if00-port0", "", 'a "cable"\nof ours'),
        FirstSlot("vcom0", "000960012346"),
    ]
    value = write_fixture(tmp_path / "fixture.toml", render_found("line1-a", found), data=tmp_path).value
    first, cable, third = value.slots
    assert first.programmer == NrfutilProgrammer(kind="nrfutil", probe="000960012345")
    assert (first.port, third.port) == (Vcom(0), Vcom(0))
    assert (cable.programmer, cable.port, cable.presence) == (None, "usb-FTDI_A1-if00-port0", "port")


def test_ports_without_probes_are_slots_for_boards_that_come_flashed(tmp_path: Path) -> None:
    text = render_found("line1-a", [FirstSlot("COM7"), FirstSlot("COM8")])
    value = load_fixture(tmp_path / "fixture.toml", text.encode(), data=tmp_path).value
    assert [(slot.port, slot.programmer, slot.presence) for slot in value.slots] == [
        ("COM7", None, "port"),
        ("COM8", None, "port"),
    ]
