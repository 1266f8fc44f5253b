"""The first run's first questions: language, which station this is, and what hangs on its slots."""

import re
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QPushButton, QRadioButton, QSpinBox

from station.desktop import style
from station.desktop.background import Background
from station.desktop.preferences import LANGUAGES, Preferences
from station.desktop.theme import Theme
from station.desktop.window_panel import LANGUAGE_NAMES
from station.desktop.wizard_answers import Answers, Jig
from station.desktop.wizard_step import Step
from station.devices.arrivals import Arrival, group_ports, list_plugged
from station.settings.first_station import suggest_id

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class LanguageStep(Step):
    """Which language; every later step is made in it."""

    def __init__(
        self, answers: Answers, theme: Theme, background: Background, preferences: Preferences | None = None
    ) -> None:
        super().__init__(answers, theme, background)
        self._preferences = preferences
        self._group = QButtonGroup(self)
        self._boxes: dict[str, QRadioButton] = {}
        for code in LANGUAGES:
            words = LANGUAGE_NAMES[code] or self.tr("This PC's language  ·  本机语言")
            self._boxes[code] = self.radio(f"wizard.language.{code or 'system'}", words)
            self._group.addButton(self._boxes[code])
            self.column.addWidget(self._boxes[code])
        self._boxes[preferences.language if preferences else ""].setChecked(True)
        self.note(self.tr("It can be changed at any time, on the station's page."))

    @property
    def heading(self) -> str:
        return self.tr("Language")

    @property
    def words(self) -> str:
        return self.tr("Ten minutes from here to a station that has built its first unit. 请选择语言。")

    def enter(self) -> None:
        next(box for box in self._boxes.values() if box.isChecked()).setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self, done: Callable[[], None]) -> None:
        if self._preferences is not None:
            self._preferences.language = next(code for code, box in self._boxes.items() if box.isChecked())
        done()


class StationStep(Step):
    """Which station this is, and where its files lie."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        folder = answers.path.parent
        self._own_id = False
        self.line = self.field("wizard.line", self.tr("Name of the line"))
        self.line.setPlaceholderText(self.tr("such as: Line 1, hall B"))
        self.identity = self.field("wizard.station-id", self.tr("Station ID"))
        self.data = self.field("wizard.data", self.tr("Data folder"))
        self.data.setText(str(folder / "data"))
        self.recipes = self.field("wizard.recipes", self.tr("Recipes"))
        self.recipes.setText(str(answers.recipes))
        form = self.form()
        self.row(form, self.tr("Name of the line"), self.line)
        self.row(form, self.tr("Station ID"), self.identity)
        self.row(
            form,
            "",
            style.faint(self.tr("On every record of this PC. Never give the same to two PCs."), style.Size.SMALL),
        )
        self.row(form, self.tr("Data folder"), self.with_button(self.data, self.chooser(self.data)))
        where = self.tr("Journal, CA and logs: on a disk of this PC that is backed up; no share, no cloud drive.")
        self.row(form, "", style.faint(where, style.Size.SMALL))
        self.row(form, self.tr("Recipes"), self.with_button(self.recipes, self.chooser(self.recipes)))
        self.row(
            form,
            "",
            style.faint(self.tr("The folder with the products' files; the examples at first."), style.Size.SMALL),
        )
        file = style.text(str(answers.path))
        file.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.row(form, self.tr("Station file"), file)
        self.line.textChanged.connect(self._suggest)
        self.identity.textEdited.connect(self._typed)

    @property
    def heading(self) -> str:
        return self.tr("Station")

    @property
    def words(self) -> str:
        return self.tr("Which station this is. All of it will stand in the station file, each line with a comment.")

    def applies(self) -> bool:
        return self.answers.is_new

    def enter(self) -> None:
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def missing(self) -> str:
        if not 1 <= len(self.line.text().strip()) <= 64:
            return self.tr("Give the line a name.")
        if not _ID.fullmatch(self.identity.text().strip()):
            return self.tr("A station ID has letters, digits, - and _, at most 64.")
        if not self.data.text().strip() or not self.recipes.text().strip():
            return self.tr("Name both folders.")
        return ""

    def leave(self, done: Callable[[], None]) -> None:
        answers = self.answers
        answers.line, answers.station_id = self.line.text().strip(), self.identity.text().strip()
        answers.data, answers.recipes = self.path_in(self.data), self.path_in(self.recipes)
        done()

    def _suggest(self, text: str) -> None:
        if not self._own_id:
            self.identity.setText(suggest_id(text))

    def _typed(self, text: str) -> None:
        self._own_id = bool(text)


class FixtureStep(Step):
    """What hangs on the slots: simulated boards, what is plugged in now, or a file that is there."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__(answers, theme, background)
        self._found: tuple[Arrival, ...] = ()
        self.simulated = self.radio(
            "wizard.jig.simulated", self.tr("Simulated boards: to learn and to try, no hardware")
        )
        self.real = self.radio("wizard.jig.found", self.tr("What is plugged in now: one slot for each"))
        self.file = self.radio("wizard.jig.file", self.tr("A fixture file that is there already"))
        self.slots = style.indented(QSpinBox())
        self.slots.setObjectName("wizard.slots")
        self.slots.setAccessibleName(self.tr("How many simulated slots"))
        self.slots.setRange(1, 32)
        self.slots.setValue(answers.slots)
        self.slots.setFixedWidth(theme.px(120))
        self.list = style.text("")
        self.list.setObjectName("wizard.found")
        self.again = QPushButton(self.tr("Look again"))
        self.again.setObjectName("wizard.look")
        self.again.setAccessibleName(self.again.text())
        self.again.clicked.connect(self._look)
        self.path = self.field("wizard.fixture", self.tr("Fixture file"))
        group = QButtonGroup(self)
        for box in (self.simulated, self.real, self.file):
            group.addButton(box)
            box.toggled.connect(self._adapt)
        self.column.addWidget(self.simulated)
        form = self.form()
        self.row(form, self.tr("Slots"), self.slots)
        self.column.addWidget(self.real)
        self.column.addWidget(self.list)
        self.column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.file)
        self.column.addLayout(self.with_button(self.path, self.chooser(self.path, file=True)))
        self.note(
            self.tr("Any of it can be changed later: on the station's page a slot learns what is plugged into it.")
        )
        self.simulated.setChecked(True)

    @property
    def heading(self) -> str:
        return self.tr("Fixture")

    @property
    def words(self) -> str:
        return self.tr("What the boards are put into, and what speaks to them there.")

    def applies(self) -> bool:
        return self.answers.is_new

    def enter(self) -> None:
        boxes = (self.simulated, self.real, self.file)
        next(box for box in boxes if box.isChecked()).setFocus(Qt.FocusReason.OtherFocusReason)
        self._look()

    def missing(self) -> str:
        if self.real.isChecked() and not self._found:
            return self.tr("Nothing is plugged in yet. Plug in the probes or boards, then look again.")
        if self.file.isChecked() and not self.path.text().strip():
            return self.tr("Name the fixture file.")
        return ""

    def leave(self, done: Callable[[], None]) -> None:
        answers = self.answers
        answers.jig = Jig.SIMULATED if self.simulated.isChecked() else Jig.FOUND if self.real.isChecked() else Jig.FILE
        answers.slots, answers.found = self.slots.value(), self._found
        answers.fixture = self.path_in(self.path) if answers.jig is Jig.FILE else None
        done()

    def _adapt(self) -> None:
        self.slots.setEnabled(self.simulated.isChecked())
        self.again.setEnabled(self.real.isChecked())
        self.path.setEnabled(self.file.isChecked())

    def _look(self) -> None:
        def look() -> tuple[Arrival, ...]:
            return group_ports([port for port in list_plugged() if port.is_usb])

        self.background.run(look, self._looked, self.said.broke, key="wizard.ports")

    def _looked(self, found: tuple[Arrival, ...]) -> None:
        self._found = found
        lines = [
            self.tr("Slot {slot}: {what}, {name}").format(slot=slot, what=one.product, name=one.names()[0].text)
            for slot, one in enumerate(found, 1)
        ]
        self.list.setText("\n".join(lines[:8]) if lines else self.tr("Nothing is plugged in."))
        self.changed.emit()
