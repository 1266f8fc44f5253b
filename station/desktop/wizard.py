"""The first run: from a program that was just installed to a station that has built a unit."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
)

from station.desktop import style
from station.desktop.background import Background
from station.desktop.preferences import Preferences
from station.desktop.said import Badge
from station.desktop.theme import Mood, Shape, Theme
from station.desktop.wizard_answers import Answers
from station.desktop.wizard_backup import BackupStep
from station.desktop.wizard_begin import FixtureStep, LanguageStep, StationStep
from station.desktop.wizard_make import MakeStep
from station.desktop.wizard_secrets import CaStep, CloudStep, EngineerStep
from station.desktop.wizard_step import Step
from station.desktop.wizard_try import ChecksStep, EndStep, TryStep
from station.opened import open_station
from station.settings.examples import first_recipes


def run_wizard(path: Path, theme: Theme, preferences: Preferences | None = None) -> Path | None:
    """Begin the station whose file is, or is to be, ``path``; modal, in the window's thread, a QApplication is there.

    For a file that does not exist yet, or a station that has nobody. Returns the station file when the station can
    work; None where the person gave up before (what was made until then stands, and the next run goes on from it).
    The language is kept in ``preferences``, whose ``changed`` tells the application to load its words. Raises SET
    faults of a station file that is there and can't be read.
    """
    wizard = Wizard(path, theme, preferences)
    try:
        return path if wizard.exec() == QDialog.DialogCode.Accepted else None
    finally:
        wizard.end()


class Wizard(QDialog):
    """The steps' list at the left, one step at the right. Everything is reached by Tab; Enter goes on."""

    def __init__(self, path: Path, theme: Theme, preferences: Preferences | None = None) -> None:
        super().__init__()
        self.setObjectName("wizard")
        path = path.expanduser().absolute()
        opened = open_station(path) if path.exists() else None
        self.answers = Answers(path, opened, data=path.parent / "data", recipes=first_recipes(path.parent))
        self._theme, self._background = theme, Background(self)
        self._busy, self._asked_to_leave = False, False
        self._at = 0
        self.steps: list[Step] = [LanguageStep(self.answers, theme, self._background, preferences)]
        self._build()
        self._add_step(self.steps[0])
        self._show_step(0)

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return self.steps[self._at]

    def end(self) -> None:
        """Let go of everything that is held: a bench, the connection to the engine, threads. Safe to repeat."""
        for step in self.steps:
            step.leave_undone()
        self._background.end()
        if self.answers.engine is not None:
            self.answers.engine.close()
            self.answers.engine = None

    def go_on(self) -> None:
        """Leave this step for the next, once it has done what it is there for."""
        if self._busy or self.step.missing():
            return
        self._set_busy(True)
        self.step.leave(self._left)

    def go_back(self) -> None:
        """Return to the step before this one that applies."""
        before = self._before()
        if before is not None and not self._busy and self.step.can_go_back:
            self._show_step(before)

    def reject(self) -> None:
        """Leave the wizard: asked for twice, the first time says what it means."""
        if not self._asked_to_leave:
            self._asked_to_leave = True
            self._hint.setText(self.tr("Leave the set-up? What was made stays. Press Leave (or Escape) once more."))
            return
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        """Alt+Left goes back, as in a browser."""
        if event.key() == Qt.Key.Key_Left and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.go_back()
            return
        super().keyPressEvent(event)

    # Building

    def _build(self) -> None:
        px = self._theme.px
        self.resize(px(1500), px(880))
        self._stack = QStackedWidget()
        self._list = QGridLayout()
        self._list.setHorizontalSpacing(px(12))
        self._list.setVerticalSpacing(px(14))
        self._list.setColumnStretch(1, 1)
        self._marks: list[tuple[Badge, QLabel]] = []
        left = QFrame()
        left.setProperty("part", style.Part.CARD.value)
        left.setFixedWidth(px(270))
        column = QVBoxLayout(left)
        column.setContentsMargins(*[px(24)] * 4)
        column.setSpacing(px(22))
        column.addWidget(style.title("nRF91 station"))
        column.addLayout(self._list)
        column.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(px(12))
        self._heading, self._words = style.title("", style.Size.HEADLINE), style.faint("")
        right.addWidget(self._heading)
        right.addWidget(self._words)
        right.addSpacing(px(8))
        right.addWidget(self._stack, 1)
        right.addLayout(self._build_buttons())
        row = QHBoxLayout(self)
        row.setContentsMargins(*[px(20)] * 4)
        row.setSpacing(px(32))
        row.addWidget(left)
        row.addLayout(right, 1)

    def _build_buttons(self) -> QHBoxLayout:
        px = self._theme.px
        self._leave = QPushButton()
        self._leave.setObjectName("wizard.leave")
        self._leave.clicked.connect(self.reject)
        self._back = QPushButton()
        self._back.setObjectName("wizard.back")
        self._back.clicked.connect(self.go_back)
        self.next = style.primary(self.tr("Next"))
        self.next.setObjectName("wizard.next")
        self.next.setMinimumWidth(px(150))
        self.next.clicked.connect(self.go_on)
        self.next.setDefault(True)
        self._hint = style.faint("")
        self._hint.setObjectName("wizard.hint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(px(12))
        buttons.addWidget(self._leave)
        buttons.addWidget(self._hint, 1)
        buttons.addWidget(self._back)
        buttons.addWidget(self.next)
        self._name_frame()
        return buttons

    def _name_frame(self) -> None:
        """Write what stands around the steps, in the language that is chosen."""
        self.setWindowTitle(self.tr("A new station"))
        for button, words in ((self._leave, self.tr("Leave")), (self._back, self.tr("Back"))):
            button.setText(words)
            button.setAccessibleName(words)

    def _add_step(self, step: Step) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(step)
        self._stack.addWidget(area)
        step.changed.connect(self._changed)
        step.stayed.connect(self._stayed)
        badge, label = Badge(self._theme.px(24)), style.text(step.heading)
        at = len(self._marks)
        self._marks.append((badge, label))
        self._list.addWidget(badge, at, 0)
        self._list.addWidget(label, at, 1)

    def _add_others(self) -> None:
        """Make the steps behind the language: in it."""
        self._name_frame()
        self._marks[0][1].setText(self.steps[0].heading)
        kinds = (
            StationStep,
            FixtureStep,
            CloudStep,
            EngineerStep,
            CaStep,
            MakeStep,
            BackupStep,
            ChecksStep,
            TryStep,
            EndStep,
        )
        for kind in kinds:
            step = kind(self.answers, self._theme, self._background)
            self.steps.append(step)
            self._add_step(step)

    # Going on

    def _left(self) -> None:
        self._set_busy(False)
        if len(self.steps) == 1:
            self._add_others()
        after = next((at for at in range(self._at + 1, len(self.steps)) if self.steps[at].applies()), None)
        if after is None:
            self.accept()
        else:
            self._show_step(after)

    def _before(self) -> int | None:
        return next((at for at in range(self._at - 1, -1, -1) if self.steps[at].applies()), None)

    def _show_step(self, at: int) -> None:
        self._at = at
        step = self.steps[at]
        self._asked_to_leave = False
        self._heading.setText(step.heading)
        self._words.setText(step.words)
        self._stack.setCurrentIndex(at)
        for number, (badge, label) in enumerate(self._marks):
            needed = number <= at or self.steps[number].applies()
            badge.setVisible(needed)
            label.setVisible(needed)
            if number < at:
                badge.show_mood(Mood.PASSED)
            elif number == at:
                badge.show_mood(Mood.RUNNING)
            else:
                badge.show_mood(Mood.EMPTY, Shape.RING)
            label.setEnabled(number <= at)
        step.enter()
        self._set_busy(False)

    def _changed(self) -> None:
        if not self._busy:
            self._set_busy(False)

    def _stayed(self) -> None:
        self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        missing = "" if busy else self.step.missing()
        self._hint.setText(missing)
        self.next.setText(self.step.next_words or self.tr("Next"))
        self.next.setAccessibleName(self.next.text())
        self.next.setEnabled(not busy and not missing)
        self._back.setEnabled(not busy and self._before() is not None and self.step.can_go_back)
