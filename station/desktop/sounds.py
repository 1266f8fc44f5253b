"""Two short sounds, made by arithmetic: one for a board that passed, one for whoever is needed. Never sound alone."""

import array
import io
import math
import shutil
import sys
import wave
from enum import StrEnum
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QTemporaryDir
from PySide6.QtWidgets import QApplication

_RATE: Final = 22050
_PLAYERS: Final = (("paplay",), ("pw-play",), ("aplay", "-q"))


class Sound(StrEnum):
    """What there is to hear."""

    PASSED = "passed"
    """Short and high."""
    TROUBLE = "trouble"
    """Long and low, twice: a failed board, or a slot that asks for somebody."""


_TONES: Final = {
    Sound.PASSED: ((1320.0, 0.09), (0.0, 0.02), (1760.0, 0.12)),
    Sound.TROUBLE: ((220.0, 0.28), (0.0, 0.10), (196.0, 0.36)),
}
"""Each (hertz, seconds); 0 Hz is silence."""


def wave_of(sound: Sound) -> bytes:
    """Return a sound as a WAV file: 16 bit, one channel. Pure; equal bytes each time."""
    samples = array.array("h")
    for hertz, seconds in _TONES[sound]:
        count = int(seconds * _RATE)
        for at in range(count):
            swell = min(1.0, at / 220, (count - at) / 880)  # no click at either end
            # A low tone alone is lost on a PC's small speaker: its overtones are heard.
            tone = math.sin(2 * math.pi * hertz * at / _RATE) + 0.35 * math.sin(6 * math.pi * hertz * at / _RATE)
            samples.append(int(20000 * swell * tone / 1.35) if hertz else 0)
    if sys.byteorder == "big":
        samples.byteswap()
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_RATE)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


class Sounds(QObject):
    """Plays sounds without waiting for their end; where there is no player, the PC's own beep."""

    def __init__(self, parent: QObject | None = None, *, mute: bool = False) -> None:
        super().__init__(parent)
        self.mute = mute
        self._folder = QTemporaryDir()
        self._files: dict[Sound, str] = {}
        self._player = next((words for words in _PLAYERS if shutil.which(words[0])), None)
        self._playing: QProcess | None = None

    def play(self, sound: Sound) -> None:
        """Play it, unless muted. While one sounds no other begins: eight boards at once are one sound."""
        if self.mute or (self._playing is not None and self._playing.state() != QProcess.ProcessState.NotRunning):
            return
        if sys.platform == "win32":
            import winsound  # noqa: PLC0415 -- Windows alone has it

            winsound.PlaySound(self._file(sound), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
            return
        if self._player is None or not self._folder.isValid():
            QApplication.beep()
            return
        self._playing = QProcess(self)
        self._playing.setStandardOutputFile(QProcess.nullDevice())
        self._playing.setStandardErrorFile(QProcess.nullDevice())
        self._playing.finished.connect(self._playing.deleteLater)
        self._playing.finished.connect(self._ended)
        self._playing.errorOccurred.connect(self._failed)
        self._playing.start(self._player[0], [*self._player[1:], self._file(sound)])

    def _ended(self) -> None:
        self._playing = None

    def _failed(self) -> None:
        self._playing = None
        self._player = None  # it can't play here: from now on the PC beeps
        QApplication.beep()

    def _file(self, sound: Sound) -> str:
        if sound not in self._files:
            path = Path(self._folder.path(), f"{sound.value}.wav")
            path.write_bytes(wave_of(sound))
            self._files[sound] = str(path)
        return self._files[sound]
