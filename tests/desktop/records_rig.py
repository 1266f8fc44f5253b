"""A window's surroundings over a written journal, without an engine: commands are recorded and answered by the test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtWidgets import QApplication

from station.desktop import style
from station.desktop.background import Background
from station.desktop.surroundings import Surroundings
from station.desktop.theme import Theme
from station.engine.commands import Command
from station.engine.results import Failed, Person, Result
from station.opened import Opened, open_station

_STATION = """\
schema = 1
station_id = "test"
line = "Test line"
data = "data"
fixture = "fixture.toml"
recipes = "recipes"
[cloud]
kind = "team"
base_url = "http://127.0.0.1:9"
api_key = { env = "NO_SUCH_KEY" }
[ca]
name = "Test Works"
"""
_FIXTURE = 'schema = 1\nname = "bench"\n[[slots]]\nnumber = 1\nport = "/dev/null"\nprogrammer = "none"\n'


@dataclass
class RecordingLink:
    """Keeps every command with its two ends; the test answers when it likes."""

    asked: list[tuple[Command, Callable[[Result], None], Callable[[Failed], None]]] = field(default_factory=list)

    def ask(self, command: Command, done: Callable[[Result], None], failed: Callable[[Failed], None]) -> None:
        self.asked.append((command, done, failed))

    @property
    def last(self) -> Command:
        return self.asked[-1][0]

    def answer(self, result: Result | Failed) -> None:
        _, done, failed = self.asked[-1]
        if isinstance(result, Failed):
            failed(result)
        else:
            done(result)


@dataclass
class Desk:
    """What a page is given, and what it said."""

    surroundings: Surroundings
    link: RecordingLink
    said: list[tuple[str, str]]


def open_folder(folder: Path) -> Opened:
    """Return a station whose data folder is ``folder / "data"``."""
    (folder / "fixture.toml").write_text(_FIXTURE, encoding="utf-8")
    (folder / "recipes").mkdir(exist_ok=True)
    (folder / "station.toml").write_text(_STATION, encoding="utf-8")
    return open_station(folder / "station.toml")


@contextmanager
def desk(folder: Path, *, dark: bool = False, scale: float = 1.0, person: Person | None = None) -> Iterator[Desk]:
    """Give surroundings over the journal in ``folder / "data"``; reading ends with the block."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme = Theme(dark=dark, scale=scale)
    style.apply(application, theme)
    link, said, background = RecordingLink(), list[tuple[str, str]](), Background()
    surroundings = Surroundings(
        opened=open_folder(folder),
        link=link,
        background=background,
        say=lambda code, sentence: said.append((code, sentence)),
        person=lambda: person,
        theme=lambda: theme,
    )
    try:
        yield Desk(surroundings, link, said)
    finally:
        background.end()
