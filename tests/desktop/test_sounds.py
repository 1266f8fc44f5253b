"""The two sounds are real ones, unlike each other, and the mute is one."""

import array
import io
import itertools
import shutil
import stat
import wave
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from station.desktop.sounds import Sound, Sounds, wave_of


def crossings(sound: Sound) -> tuple[float, float, int]:
    """Return a sound's seconds, its zero crossings a second, and its loudest sample, as a reader of WAV has them."""
    with wave.open(io.BytesIO(wave_of(sound))) as reader:
        assert (reader.getnchannels(), reader.getsampwidth()) == (1, 2)
        samples = array.array("h", reader.readframes(reader.getnframes()))
        seconds = reader.getnframes() / reader.getframerate()
    changes = sum(one * other < 0 for one, other in itertools.pairwise(samples))
    return seconds, changes / seconds, max(map(abs, samples))


def test_one_is_short_and_high_the_other_long_and_low() -> None:
    passed, trouble = crossings(Sound.PASSED), crossings(Sound.TROUBLE)
    assert passed[0] < 0.4 < trouble[0] < 1.5
    assert passed[1] > 3 * trouble[1]
    assert all(8000 < loudest <= 32767 for _, _, loudest in (passed, trouble))


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A player on the PATH that keeps what it was given to play."""
    programs, heard = tmp_path / "bin", tmp_path / "heard"
    programs.mkdir()
    script = programs / "paplay"
    shell, copy, move = (shutil.which(name) for name in ("sh", "cp", "mv"))
    script.write_text(f'#!{shell}\n{copy} "$1" "{heard}.new" && {move} "{heard}.new" "{heard}"\n', encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(programs))
    return heard


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows plays it itself")
def test_it_is_played_unless_muted(player: Path, qtbot: QtBot) -> None:
    sounds = Sounds(mute=True)
    sounds.play(Sound.TROUBLE)
    sounds.mute = False
    sounds.play(Sound.PASSED)
    qtbot.waitUntil(player.exists)
    assert player.read_bytes() == wave_of(Sound.PASSED)  # and the muted one never was
    qtbot.waitUntil(lambda: sounds._playing is None)
    player.unlink()
    sounds.play(Sound.TROUBLE)
    qtbot.waitUntil(player.exists)
    assert player.read_bytes() == wave_of(Sound.TROUBLE)
    qtbot.waitUntil(lambda: sounds._playing is None)


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows plays it itself")
@pytest.mark.usefixtures("qtbot")
def test_without_a_player_the_pc_beeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    beeps: list[bool] = []
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append(True))
    Sounds().play(Sound.PASSED)
    assert beeps == [True]
