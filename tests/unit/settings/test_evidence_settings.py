"""The station file's [evidence]: a name that never changes, and a second place."""

from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.host.secrets import EnvironmentSecret
from station.settings.reading import load_station

EXAMPLE = Path(__file__).resolve().parents[3] / "config" / "station.toml"


def written(folder: Path, evidence: str) -> Path:
    text = EXAMPLE.read_text("utf-8").partition("[evidence]")
    fixture = (EXAMPLE.parent / "../fixtures/simulated/fixture.toml").resolve()
    body = text[0].replace("../fixtures/simulated/fixture.toml", fixture.as_posix())
    path = folder / "station.toml"
    path.write_text(f"{body}\n{evidence}\n", "utf-8")
    return path


def test_without_it_the_log_has_the_station_s_name_and_the_key_lies_with_the_data(tmp_path: Path) -> None:
    settings = load_station(written(tmp_path, "")).value
    assert settings.evidence_origin == f"nrf91-station/{settings.station_id}"
    assert settings.evidence_folder == settings.data / "evidence"
    assert settings.evidence.second_place is settings.evidence.passphrase is None


def test_all_of_it(tmp_path: Path) -> None:
    text = '[evidence]\norigin = "works.example/line-1"\nfolder = "keys"\nsecond_place = "../qa"\n'
    settings = load_station(written(tmp_path, text + 'passphrase = { env = "EVIDENCE" }')).value
    assert settings.evidence_origin == "works.example/line-1"
    assert settings.evidence_folder == tmp_path / "keys"
    assert settings.evidence.second_place == (tmp_path / "../qa").resolve()
    assert settings.evidence.passphrase == EnvironmentSecret("EVIDENCE")


@pytest.mark.parametrize(
    "line", ['origin = "two words"', 'origin = ""', 'origin = "a+b"', 'passphrase = "in the clear"']
)
def test_what_can_not_be_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(Fault) as caught:
        load_station(written(tmp_path, f"[evidence]\n{line}"))
    assert "evidence." in caught.value.sentence
    assert "in the clear" not in str(caught.value)
