"""The first run's beginning: everything that was answered is done, one thing after the other, and seen to be done."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QGridLayout

from station.ca.backup import read_facts
from station.desktop import style
from station.desktop.background import Background
from station.desktop.said import Badge
from station.desktop.theme import Mood, Shape, Theme
from station.desktop.wizard_answers import Answers, Jig
from station.desktop.wizard_engine import Conversation
from station.desktop.wizard_step import Step
from station.domain.secret import Secret
from station.engine.commands import CreateCa, Found, ListUnreleased, Release, SettingsFile, SignIn
from station.engine.results import Unreleased
from station.host.files import make_private_folder, read_bytes
from station.host.keeping import keep_secret
from station.opened import open_station
from station.people.rights import Role
from station.settings.examples import lay_out_examples
from station.settings.first_fixture import FirstSlot, render_found, render_simulated, write_fixture
from station.settings.first_station import FirstCloud, FirstStation, write_station

_MOST_FIXTURES: Final = 100
_BEGINNING: Final = "the station's beginning"
"""The record's reason for the first release: in the record's language, not the window's."""


class MakeStep(Step):
    """Does it all. What was done once is not done again when a later part is tried again."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self._parts: list[tuple[str, Callable[[], None]]] = [
            (self.tr("Write the settings and keep the secrets"), self._write),
            (self.tr("Start the engine"), self._start),
            (self.tr("Make the first engineer and the station's signing key"), self._found),
            (self.tr("Make the CA, or look at the one there is"), self._make_ca),
            (self.tr("Release the settings as they are"), self._release),
        ]
        self._done = 0
        self._running = False
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(12))
        grid.setVerticalSpacing(theme.px(14))
        grid.setColumnStretch(1, 1)
        self._badges: list[Badge] = []
        for row, (words, _) in enumerate(self._parts):
            badge = Badge(theme.px(26))
            self._badges.append(badge)
            grid.addWidget(badge, row, 0)
            grid.addWidget(style.text(words), row, 1)
        self.column.addLayout(grid)
        self.column.addWidget(self.said)
        self._draw()

    @property
    def heading(self) -> str:
        return self.tr("Begin")

    @property
    def words(self) -> str:
        return self.tr("From here on it is done: files are written, and the record begins.")

    @property
    def next_words(self) -> str:
        if self._done == len(self._parts):
            return ""
        return self.tr("Begin") if not self._done else self.tr("Try again")

    @property
    def can_go_back(self) -> bool:
        return not self._running and not self.answers.has_people

    def enter(self) -> None:
        if not self._done:
            self.said.ask(self.tr("Press Begin. Up to here nothing was written."))
            if not self.answers.is_new:
                self.said.ask(self.tr("Press Begin. The station file is there already and stays as it is."))

    def leave(self, done: Callable[[], None]) -> None:
        if self._done == len(self._parts):
            done()
            return
        self._running = True
        self._draw()
        self.said.busy(self.tr("This takes some seconds; making keys is slow on purpose."))
        part = self._parts[self._done][1]

        def go_on(_nothing: None) -> None:
            self._done += 1
            if self._done == len(self._parts):
                self._running = False
                self.said.good(self.tr("Done: the station exists."))
                self._draw()
                done()
            else:
                self.leave(done)

        self.background.run(part, go_on, self._broke, long=True)

    def _broke(self, error: BaseException) -> None:
        self._running = False
        self._draw()
        self._badges[self._done].show_mood(Mood.FAILED)
        self.stayed.emit()
        self.said.broke(error)

    def _draw(self) -> None:
        for at, badge in enumerate(self._badges):
            if at < self._done:
                badge.show_mood(Mood.PASSED)
            elif at == self._done and self._running:
                badge.show_mood(Mood.RUNNING)
            else:
                badge.show_mood(Mood.EMPTY, Shape.RING)

    # The parts: in a thread that may wait, each safe to repeat

    def _write(self) -> None:
        answers = self.answers
        if answers.opened is not None:
            kept = answers.opened.value.ca.passphrase
            if kept is not None and answers.passphrase.reveal():
                keep_secret(kept, answers.passphrase, "CA passphrase")
            return
        make_private_folder(answers.data)
        lay_out_examples(answers.path.parent)
        answers.fixture = self._write_fixture()
        passphrase = answers.source(answers.passphrase_place, "ca-passphrase")
        if passphrase is not None:
            keep_secret(passphrase, answers.passphrase, "CA passphrase")
        cloud = None
        key = answers.source(answers.api_key_place, "api-key")
        if answers.has_cloud and key is not None:
            keep_secret(key, answers.api_key, "API key")
            cloud = FirstCloud(key, team=answers.team)
        wanted = FirstStation(
            station_id=answers.station_id,
            line=answers.line,
            data=answers.data,
            fixture=answers.fixture,
            recipes=answers.recipes,
            ca_name=answers.ca_name,
            ca_folder=answers.ca_folder,
            ca_passphrase=passphrase,
            cloud=cloud,
        )
        write_station(answers.path, wanted)
        answers.opened = open_station(answers.path)

    def _write_fixture(self) -> Path:
        """Return the fixture file, written beside the station file under a name that is free."""
        answers = self.answers
        if answers.jig is Jig.FILE and answers.fixture is not None:
            return answers.fixture
        text = render_simulated(answers.slots)
        if answers.jig is Jig.FOUND:
            slots = [FirstSlot(one.names()[0].text, one.probe, one.product) for one in answers.found]
            text = render_found(answers.station_id, slots)
        names = ["fixture.toml", *(f"fixture-{number}.toml" for number in range(2, _MOST_FIXTURES))]
        for path in (answers.path.parent / name for name in names):
            if not path.exists():
                return write_fixture(path, text, data=answers.data).path
            if read_bytes(path) == text.encode():  # of a beginning that was cut off
                return path
        return write_fixture(answers.path.parent / names[0], text, data=answers.data).path

    def _start(self) -> None:
        opened = self.answers.opened
        if self.answers.engine is None and opened is not None:
            self.answers.engine = Conversation(opened)

    def _found(self) -> None:
        answers, engine = self.answers, self._engine()
        if answers.has_people:
            engine.ask(SignIn(who=answers.name, pin=answers.pin))
            return
        roles = (Role.CA_KEEPER.value,) if answers.makes_ca else ()
        engine.ask(Found(name=answers.name, pin=answers.pin, roles=roles))
        answers.has_people = True

    def _make_ca(self) -> None:
        answers, opened = self.answers, self.answers.opened
        assert opened is not None  # noqa: S101 -- the first part opened it
        if opened.value.ca_folder.exists() or not answers.makes_ca:
            read_facts(opened.value.ca_folder)
            return
        passphrase = answers.passphrase if answers.passphrase.reveal() else opened.ca_passphrase()
        self._engine().ask(CreateCa(passphrase=Secret(passphrase.reveal())))

    def _release(self) -> None:
        found = self._engine().ask(ListUnreleased())
        assert isinstance(found, Unreleased)  # noqa: S101 -- the engine answers with nothing else
        files = tuple(SettingsFile(file=one.file, sha256=one.sha256) for one in found.files)
        if files:
            self._engine().ask(Release(reason=_BEGINNING, files=files))

    def _engine(self) -> Conversation:
        assert self.answers.engine is not None  # noqa: S101 -- an earlier part attached it
        return self.answers.engine
