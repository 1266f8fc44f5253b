"""Settings that can't be meant so are told of by key, like every other mistake; nothing waits, nothing breaks."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from station.settings.fields import absolute
from station.settings.loading import load_fixture
from station.settings.pinned import check_pin
from station.settings.reading import load_station
from station.settings.recipe import DeviceIdRule

Refused = Callable[[Callable[[], object]], list[str]]
NOBODYS = "~nobody-of-that-name/x"


def test_the_home_of_somebody_whom_this_pc_does_not_know_is_told(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "fixture.toml"
    text = f'schema = 1\nname = "f"\n[[slots]]\nnumber = 5\npresence = "port"\nport = "{NOBODYS}"\n'
    (line,) = refused(lambda: load_fixture(path, text.encode(), data=tmp_path))
    assert "slots[0].port" in line or "slot 5" in line
    assert "~nobody-of-that-name" in line
    assert any("no home" in line for line in refused(lambda: load_station(path, f'data = "{NOBODYS}"\n'.encode())))


def test_ones_own_home_is_still_meant(tmp_path: Path) -> None:
    assert absolute("~/x", tmp_path) == Path.home() / "x"


@pytest.mark.parametrize("key", ["1", "[key]", "folder", ""])
def test_an_unknown_key_is_told_whatever_it_is_called(tmp_path: Path, refused: Refused, key: str) -> None:
    told = refused(lambda: load_station(tmp_path / "station.toml", f'"{key}" = 2\n'.encode()))
    assert any("no such key" in line for line in told)


@pytest.mark.parametrize("pattern", ["a{99999999999999999999}", "(" * 99 + ")" * 98, "[z-a]"])
def test_a_pattern_that_is_none_is_a_mistake_like_others(pattern: str) -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        DeviceIdRule(scheme="serial", pattern=pattern)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.timeout(20)
def test_a_pipe_in_a_pinned_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="no regular file"):
        check_pin(tmp_path / "pipe", "0" * 64)
