"""Pages on their own, with a link that keeps what is asked."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication, QWidget

from station.desktop import style
from station.desktop.background import Background
from station.desktop.surroundings import Surroundings
from station.desktop.theme import Theme
from station.engine.commands import Command
from station.engine.pushes import Changed, Header, Tile, Welcome
from station.engine.results import Failed, Person, Result
from station.opened import Opened, open_station

_STATION = """\
schema = 1
station_id = "test"
line = "Test line"
data = "data"
fixture = "fixture.toml"
recipes = "recipes"
[ca]
name = "Test Works"
"""


_FIXTURE = """\
schema = 1
name = "test"
[defaults]
port = "slot{slot}"
programmer = "none"
presence = "port"
power = "none"
[[slots]]
number = 1
"""


class Ticking:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def wait(self, event: Any, seconds: float) -> bool:
        return bool(event.wait(seconds))


@dataclass
class Around:
    """A page's surroundings without an engine: what it asks is kept, and answered by the test."""

    folder: Path
    dark: bool = False
    size: tuple[int, int] = (1280, 720)
    asked: list[tuple[Command, Callable[[Result], None], Callable[[Failed], None]]] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    who: Person | None = None
    clock: Ticking = field(default_factory=Ticking)

    @functools.cached_property
    def theme(self) -> Theme:
        return Theme(self.dark, style.scale_for(*self.size))

    @functools.cached_property
    def opened(self) -> Opened:
        (self.folder / "recipes").mkdir(exist_ok=True)
        (self.folder / "fixture.toml").write_text(_FIXTURE, encoding="utf-8")
        (self.folder / "station.toml").write_text(_STATION, encoding="utf-8")
        return open_station(self.folder / "station.toml", self.clock)

    @functools.cached_property
    def background(self) -> Background:
        return Background()

    def ask(self, command: Command, done: Callable[[Result], None], failed: Callable[[Failed], None]) -> None:
        self.asked.append((command, done, failed))

    @property
    def commands(self) -> list[Command]:
        return [command for command, _, _ in self.asked]

    def last(self, kind: type) -> tuple[Any, Callable[[Result], None], Callable[[Failed], None]]:
        """Return the newest command of this kind with its two ways of being answered."""
        return next(one for one in reversed(self.asked) if isinstance(one[0], kind))

    @property
    def surroundings(self) -> Surroundings:
        def say(code: str, sentence: str) -> None:
            self.said.append((code, sentence))

        return Surroundings(self.opened, self, self.background, say, lambda: self.who, lambda: self.theme)

    def page_size(self) -> tuple[int, int]:
        """What the window leaves a page at this size: behind the rail, below header and strip."""
        width, height = self.size
        return width - self.theme.px(88), height - self.theme.px(64) - self.theme.px(44)


@contextmanager
def shown(around: Around, page: QWidget) -> Iterator[QWidget]:
    """Show a page as large as the window would, in its theme."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    style.apply(app, around.theme)
    page.resize(*around.page_size())
    page.show()
    QApplication.processEvents()
    try:
        yield page
    finally:
        around.background.end()
        page.close()
        page.deleteLater()
        QApplication.processEvents()


def welcome(tiles: list[Tile], **header: Any) -> Welcome:
    """Everything as it is now, with these tiles."""
    return Welcome(
        protocol=1,
        version="1",
        process=1,
        station_file="station.toml",
        data="data",
        header=Header(**({"station": "test", "run": "running"} | header)),
        tiles=tuple(tiles),
    )


def change(*tiles: Tile, header: Header | None = None) -> Changed:
    """What has changed."""
    return Changed(tiles=tiles, header=header)
