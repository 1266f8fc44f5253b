"""The first run's proof: the checks, and one unit built from blank to finished."""

from dataclasses import dataclass
from typing import Final

import requests
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QPushButton

from station.desktop import style
from station.desktop.background import Background
from station.desktop.checks_panel import ChecksPanel
from station.desktop.fault_words import told
from station.desktop.theme import Theme
from station.desktop.wizard_answers import Answers
from station.desktop.wizard_engine import Conversation
from station.desktop.wizard_step import Step
from station.desktop.words import prompt as prompt_words
from station.desktop.words import step as step_words
from station.domain.faults import Fault
from station.domain.ids import SlotNumber, parse_batch_id
from station.domain.line import Outcome, SlotState
from station.domain.secret import Secret
from station.engine.commands import Arm, Scan, Stop
from station.engine.pushes import Header, Tile
from station.opened import Opened
from station.practice import PracticeBench, is_simulated
from station.settings.loading import load_recipe

POLL_MS: Final = 150
_LONGEST_BAR: Final = 1000


class ChecksStep(Step):
    """The doctor, as on the station's page."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self.panel = ChecksPanel(answers.path, background, theme)
        self.column.addWidget(self.panel, 1)

    @property
    def on_card(self) -> bool:
        return False

    @property
    def heading(self) -> str:
        return self.tr("Checks")

    @property
    def words(self) -> str:
        return self.tr("What is marked as trouble keeps the station from working right; the rest can wait.")

    @property
    def can_go_back(self) -> bool:
        return False

    def enter(self) -> None:
        self.panel.start()


@dataclass(frozen=True, slots=True)
class Bench:
    """What the first unit can be built of and on."""

    products: tuple[str, ...]
    slots: tuple[SlotNumber, ...]
    simulated: bool
    by_scan: bool


def look_at(opened: Opened) -> Bench:
    """Return which products can be built here, and on what. Bad recipes are left out. Raises SET faults."""
    fixture = opened.fixture().value
    products = []
    for path in sorted(opened.value.recipes.glob("*.toml"), key=lambda path: (path.stem != "tracker", path.stem)):
        try:
            products.append(load_recipe(path).value.product)
        except Fault:
            continue  # the checks have just told of it
    slots = tuple(slot.number for slot in fixture.slots)
    return Bench(tuple(products), slots, is_simulated(fixture), fixture.slots[0].presence == "scan")


class TryStep(Step):
    """One unit: of a simulated board where the fixture is simulated, else of whatever is put into the first slot."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self._bench: Bench | None = None
        self._practice: PracticeBench | None = None
        self._armed = False
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        self.product = QComboBox()
        self.product.setObjectName("wizard.product")
        self.product.setAccessibleName(self.tr("Product"))
        self.passphrase = self.field("wizard.try.passphrase", self.tr("CA passphrase"), secret=True)
        self.build = QPushButton(self.tr("Build one unit"))
        self.build.setObjectName("wizard.build")
        self.build.setAccessibleName(self.build.text())
        self.build.clicked.connect(self._press)
        self.bar = QProgressBar()
        self.bar.setRange(0, _LONGEST_BAR)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.px(14))
        self.bar.setAccessibleName(self.tr("How far the unit is"))
        self.state = style.title("")
        self.state.setObjectName("wizard.try.state")
        form = self.form()
        self.row(form, self.tr("Product"), self.product)
        self.row(form, self.tr("CA passphrase"), self.passphrase)
        self.column.addWidget(self.build, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.state)
        self.column.addWidget(self.bar)
        self.column.addWidget(self.said)

    @property
    def heading(self) -> str:
        return self.tr("First unit")

    @property
    def words(self) -> str:
        return self.tr(
            "One unit from blank to finished, with a certificate and a record: then everything works together."
        )

    @property
    def can_go_back(self) -> bool:
        return not self._armed

    @property
    def next_words(self) -> str:
        return "" if self.answers.tried else self.tr("Skip this")

    def enter(self) -> None:
        opened = self._opened()
        kept = opened.value.ca.passphrase is not None or bool(self.answers.passphrase.reveal())
        self.passphrase.setEnabled(not kept)
        self.passphrase.setPlaceholderText(self.tr("known") if kept else "")
        self.background.run(lambda: look_at(opened), self._show, self.said.broke, key="wizard.bench")
        self.build.setFocus(Qt.FocusReason.OtherFocusReason)

    def missing(self) -> str:
        return self.tr("The unit is being built.") if self._armed else ""

    def leave_undone(self) -> None:
        self._timer.stop()
        if self._practice is not None:
            self._practice.end()
            self._practice = None

    def _opened(self) -> Opened:
        opened = self.answers.opened
        assert opened is not None  # noqa: S101 -- an earlier step wrote it
        return opened

    def _engine(self) -> Conversation:
        engine = self.answers.engine
        assert engine is not None  # noqa: S101 -- an earlier step attached it
        return engine

    def _show(self, bench: Bench) -> None:
        self._bench = bench
        self.product.clear()
        self.product.addItems(list(bench.products))
        self.build.setEnabled(bool(bench.products))
        if not bench.products:
            self.said.bad(self.tr("No recipe can be read: mend what the checks say."))
        elif bench.simulated:
            self.said.ask(
                self.tr("The boards are simulated here: one is put into slot {slot} by itself.").format(
                    slot=bench.slots[0]
                )
            )
        else:
            self.said.ask(self.tr("Have a blank board at hand for slot {slot}.").format(slot=bench.slots[0]))

    def _press(self) -> None:
        if self._armed:
            engine = self._engine()
            self.said.busy(self.tr("Stopping: the running step ends first."))
            self.background.run(lambda: engine.ask(Stop()), lambda _done: None, self._broke)
            return
        bench, opened, engine = self._bench, self._opened(), self._engine()
        if bench is None:
            return
        product, typed = self.product.currentText(), self.answers.passphrase
        if self.passphrase.isEnabled():
            typed = Secret(self.passphrase.text())
        self._set_armed(True)
        self.said.busy(self.tr("Arming …"))
        self.background.run(lambda: self._begin(bench, opened, engine, product, typed), self._begun, self._broke)

    def _begin(self, bench: Bench, opened: Opened, engine: Conversation, product: str, passphrase: Secret) -> None:
        """Arm a batch of one, and see that a board is in. In a thread that may wait."""
        slot = bench.slots[0]
        if bench.simulated and self._practice is None:
            self._practice = PracticeBench(opened.value.data, len(bench.slots))
        now = opened.clock.now()
        batch = parse_batch_id(f"first-unit-{now:%Y%m%d-%H%M%S}")
        secret = passphrase if opened.value.ca.passphrase is None and passphrase.reveal() else None
        engine.ask(Arm(batch=batch, product=product, quantity=1, passphrase=secret))
        if self._practice is not None:
            self._practice.put(slot, f"FIRST-{now:%H%M%S}")
            if bench.by_scan:
                engine.ask(Scan(slot=slot))

    def _begun(self, _nothing: None) -> None:
        self.said.clear()
        self._timer.start()

    def _look(self) -> None:
        slot = self._bench.slots[0] if self._bench else None
        try:
            header, tiles = self._engine().picture()
        except Fault as fault:
            self._broke(fault)
            return
        ended = [one for one in tiles.values() if one.outcome is not None]
        tile = next(iter(ended), None) or next((one for one in tiles.values() if one.slot == slot), None)
        if tile is not None:
            self._draw(header, tile)
        if header.run == "idle":
            self._ended(tile)

    def _draw(self, header: Header, tile: Tile) -> None:
        far = (tile.step_index + min(tile.fraction, 1.0)) / tile.steps if tile.steps else 0.0
        self.bar.setValue(round(_LONGEST_BAR * (1.0 if tile.outcome is Outcome.PASSED else far)))
        if tile.state is SlotState.RUNNING:
            words = self.tr("Slot {slot}: {step}, step {n} of {m}")
            shown = words.format(
                slot=tile.slot, step=step_words(tile.step), n=min(tile.step_index + 1, tile.steps), m=tile.steps
            )
            self.state.setText(shown)
        elif header.run != "idle" and tile.prompt:
            self.state.setText(self.tr("Slot {slot}: {what}").format(slot=tile.slot, what=prompt_words(tile.prompt)))
        if tile.state is SlotState.LATCHED or (tile.outcome not in (None, Outcome.PASSED) and tile.sentence):
            self.said.bad(told(tile))

    def _ended(self, tile: Tile | None) -> None:
        self._timer.stop()
        self._set_armed(False)
        if tile is not None and tile.outcome is Outcome.PASSED:
            self.answers.tried = tile.device_id or "1"
            self.state.setText(self.tr("{unit} passed").format(unit=tile.device_id or tile.label))
            self.said.good(self.tr("Built and recorded. The station works."))
        elif tile is None or tile.outcome is None:
            self.said.ask(self.tr("Stopped; no unit was finished."))
        self.changed.emit()

    def _broke(self, error: BaseException) -> None:
        self._timer.stop()
        self._set_armed(False)
        if isinstance(error, requests.RequestException):
            self.said.bad(self.tr("The simulated bench has ended. Try again."))
        else:
            self.said.broke(error)

    def _set_armed(self, armed: bool) -> None:
        self._armed = armed
        self.build.setText(self.tr("Stop") if armed else self.tr("Build one unit"))
        self.changed.emit()


class EndStep(Step):
    """What there is now, and what is to be done next."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self.facts: dict[str, QLabel] = {}
        form = self.form()
        for name, words in (
            ("station", self.tr("Station")),
            ("file", self.tr("Station file")),
            ("data", self.tr("Data folder")),
            ("ca", self.tr("CA")),
            ("copies", self.tr("Its copies")),
            ("unit", self.tr("First unit")),
        ):
            self.facts[name] = style.text("")
            self.facts[name].setObjectName(f"wizard.end.{name}")
            self.facts[name].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.row(form, words, self.facts[name])
        self.column.addWidget(style.title(self.tr("What comes next"), style.Size.TEXT))
        for words in (
            self.tr("Add the people who work at the line: Station, People."),
            self.tr("Write the recipe of your product, from one of the examples: Station, Settings."),
            self.tr("Have every slot learn what is plugged into it: Station, Slots."),
        ):
            self.column.addWidget(style.text(f"–  {words}"))

    @property
    def heading(self) -> str:
        return self.tr("Done")

    @property
    def words(self) -> str:
        return self.tr("The station is ready. This is what there is, and what comes next.")

    @property
    def next_words(self) -> str:
        return self.tr("Open the window")

    def enter(self) -> None:
        answers = self.answers
        if answers.opened is None:
            return
        value = answers.opened.value
        for name, text in (
            ("station", f"{value.station_id}, {value.line}"),
            ("file", str(answers.path)),
            ("data", str(value.data)),
            ("ca", str(value.ca_folder)),
            ("copies", "\n".join(answers.copies) or self.tr("none yet: make one soon")),
            ("unit", answers.tried or self.tr("none yet")),
        ):
            self.facts[name].setText(text)
