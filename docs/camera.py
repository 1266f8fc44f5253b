"""Windows on an engine, one for each theme and size, and the pictures of them."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from station.desktop import style
from station.desktop.background import Background
from station.desktop.bridge import Bridge
from station.desktop.preferences import Preferences
from station.desktop.theme import Theme
from station.desktop.window import MainWindow
from station.domain.secret import Secret
from station.engine.commands import Command, Shutdown, SignIn, SignOut, Stop
from station.engine.results import Failed, Person, Result
from tests.line.harness import STAFF, Line

SIZES: Final = ((1280, 720), (1920, 1080))
TIME: Final = datetime(2026, 11, 20, 9, 41, tzinfo=UTC)
"""What the header's clock shows."""
PATIENCE_S: Final = 240.0
_COLOURS: Final = 256


class Camera:
    """One window after the other on one engine: each theme and size has its own, as on a PC of that screen."""

    def __init__(self, application: QApplication, line: Line, out: Path, *, short: bool = False) -> None:
        self._application, self.line, self._out, self.short = application, line, out, short
        self.background = Background()
        self.opened = line.open()
        self.bridge = Bridge(self.opened, self.background)
        self._preferences = Preferences(line.folder / "desktop.ini")
        self._preferences.mute = True
        self._person: Person | None = None
        self.window: Any = None
        self._old: list[MainWindow] = []
        self.size, self.theme = SIZES[0], Theme(False, style.scale_for(*SIZES[0]))
        self.bridge.connect_engine()
        self.until(lambda: self.bridge.now is not None, "the engine")

    def end(self) -> None:
        """End the engine, and the window."""
        self._leave()
        self.sign_in("edith")  # whom the engine obeys in both: one that is left behind works on
        self.ask(Stop(), fails=True)
        self.until(lambda: self.tiles and self.bridge.now.header.run == "idle", "the line's rest")
        process = self.bridge.now.process
        self.ask(Shutdown(), fails=True)
        self.until(lambda: not _lives(process), "the engine's end", 60)
        self.bridge.end()
        self.background.end()

    @property
    def tiles(self) -> dict[int, Any]:
        return {int(tile.slot): tile for tile in self.bridge.now.tiles} if self.bridge.now else {}

    def until(self, reached: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
        """Let Qt work until it is so."""
        try:
            pump(reached, what, seconds)
        except SystemExit as error:
            tiles = [(slot, str(tile.state), tile.step, tile.code, tile.sentence) for slot, tile in self.tiles.items()]
            raise SystemExit(f"{error}: {tiles}") from error

    def ask(self, command: Command, *, fails: bool = False) -> Result | Failed:
        """Ask the engine, and return what it says."""
        said: list[Result | Failed] = []
        self.bridge.ask(command, said.append, said.append)
        self.until(lambda: said, str(command.kind))
        if isinstance(said[0], Failed) and not fails:
            raise SystemExit(f"{command.kind}: {said[0].code} {said[0].sentence}")
        return said[0]

    def sign_in(self, who: str) -> None:
        """Have somebody sign in at the next windows."""
        if self._person is not None:
            self.ask(SignOut())
        person = self.ask(SignIn(who=who, pin=Secret(STAFF[who][0])))
        self._person = person if isinstance(person, Person) else None

    def sign_out(self) -> None:
        """Have nobody signed in."""
        self.ask(SignOut())
        self._person = None

    def looks(self) -> Iterator[Any]:
        """Yield a window of each theme and size; a short run has one."""
        for size in SIZES[:1] if self.short else SIZES:
            for dark in (False,) if self.short else (False, True):
                self._leave()
                self.size, self.theme = size, Theme(dark, style.scale_for(*size))
                style.apply(self._application, self.theme)
                self.window = MainWindow(
                    self.opened, self.bridge, self.background, self._preferences, self.theme, person=self._person
                )
                self.window.resize(*size)
                self.window.show()
                self.window.activateWindow()
                yield self.window

    def show(self, page: str) -> Any:
        """Show a page and return it, once it has read what it shows."""
        self.window.show_page(page)
        self.rest()
        return self.window.pages[page]

    def rest(self, milliseconds: int = 250) -> None:
        """Let what is read in the background come, and what is drawn be drawn."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def take(self, name: str, *, focus: bool = False) -> None:
        """Make a picture of the window; ``focus``: show where the keyboard is, too."""
        self.window._tick.stop()
        self.window.header.show_time(TIME)
        focused = QApplication.focusWidget()
        if focused is not None and not focus:
            focused.clearFocus()
        theme = "dark" if self.theme.dark else "light"
        save(self.window.grab().toImage(), self._out / f"{name}-{theme}-{self.size[0]}.png")

    def _leave(self) -> None:
        if self.window is not None:
            self.window.leave()
            self._old.append(self.window)  # what is still being answered must find its pages
            self.window = None


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def pump(reached: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    """Let Qt work until it is so."""
    loop, timer = QEventLoop(), QTimer()
    ended = [False]
    timer.timeout.connect(lambda: loop.quit() if reached() else None)
    QTimer.singleShot(int(seconds * 1000), loop, lambda: (ended.append(True), loop.quit()))
    timer.start(20)
    if not reached():
        loop.exec()
    if not reached():
        raise SystemExit(f"waited in vain for {what}")


def save(image: QImage, path: Path) -> None:
    """Write a picture with the colours that it needs: a third of the size, and no eye sees it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    size = (plain.width(), plain.height())
    whole = Image.frombuffer("RGB", size, bytes(plain.constBits()), "raw", "RGB", plain.bytesPerLine(), 1)
    whole.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.name} {path.stat().st_size // 1024} KiB\n")
    sys.stdout.flush()
