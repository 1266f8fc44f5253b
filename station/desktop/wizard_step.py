"""One step of the first run: what every step has in common with the others."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.background import Background
from station.desktop.said import Said
from station.desktop.theme import Theme
from station.desktop.wizard_answers import Answers


class Step(QWidget):
    """Asks for something, or does it. Created once; entered each time it is come to."""

    changed = Signal()
    """What :meth:`missing` says may have changed."""

    stayed = Signal()
    """It could not be left after all; why, it says itself."""

    def __init__(self, answers: Answers, theme: Theme, background: Background) -> None:
        super().__init__()
        self.answers, self.theme, self.background = answers, theme, background
        self.said = Said(theme, 2)
        self.said.setObjectName(f"{type(self).__name__}.said")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.column = outer
        if self.on_card:
            card = style.card()
            card.setMaximumWidth(theme.px(1100))
            outer.addWidget(card)
            outer.addStretch(1)
            self.column = QVBoxLayout(card)
            self.column.setContentsMargins(*[theme.px(24)] * 4)
        self.column.setSpacing(theme.px(14))

    @property
    def on_card(self) -> bool:
        """Whether what it asks lies on a card of its own."""
        return True

    @property
    def heading(self) -> str:
        """What the step is called, also in the list at the left."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """One or two sentences below the heading: what is asked for, and what comes of it."""
        raise NotImplementedError

    @property
    def next_words(self) -> str:
        """What the button that goes on says; "" for the usual."""
        return ""

    @property
    def can_go_back(self) -> bool:
        """Whether the step before this one may still be changed."""
        return True

    def applies(self) -> bool:
        """Return whether this step is needed for this station."""
        return True

    def enter(self) -> None:
        """Show what is known, and give the focus to what is asked for first."""

    def missing(self) -> str:
        """Return what still has to be answered, in a sentence; "" where the step may be left."""
        return ""

    def leave(self, done: Callable[[], None]) -> None:
        """Keep the answers; do what the step is there for, then call ``done``, once. What goes wrong is said here."""
        done()

    def leave_undone(self) -> None:
        """The wizard ends: let go of what is held. Safe to repeat."""

    # What steps are built from

    def form(self) -> QFormLayout:
        """Return a form at the end of the step."""
        form = QFormLayout()
        form.setSpacing(self.theme.px(12))
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.column.addLayout(form)
        return form

    def row(self, form: QFormLayout, words: str, what: QWidget | QLayout) -> None:
        """Add a row; the labels of all of the step's forms are equally wide."""
        label = style.text(words)
        label.setFixedWidth(self.theme.px(170))
        if isinstance(what, QWidget):
            label.setBuddy(what)
            form.addRow(label, what)
        else:
            form.addRow(label, what)

    def field(self, name: str, words: str, *, secret: bool = False) -> QLineEdit:
        """Return a field for one line."""
        field = QLineEdit()
        field.setObjectName(name)
        field.setAccessibleName(words)
        field.setMaxLength(1000)
        if secret:
            field.setEchoMode(QLineEdit.EchoMode.Password)
        field.textChanged.connect(self.changed)
        return field

    def radio(self, name: str, words: str) -> QRadioButton:
        """Return one of several choices."""
        radio = QRadioButton(words)
        radio.setObjectName(name)
        radio.setAccessibleName(words)
        radio.toggled.connect(self.changed)
        return radio

    def with_button(self, field: QLineEdit, button: QPushButton) -> QHBoxLayout:
        """Return a row of both."""
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(10))
        row.addWidget(field, 1)
        row.addWidget(button)
        return row

    def chooser(self, field: QLineEdit, *, file: bool = False) -> QPushButton:
        """Return a button that lets a folder (or a file) be chosen for ``field``."""
        button = QPushButton(self.tr("Choose …"))
        button.setObjectName(f"{field.objectName()}.choose")
        button.setAccessibleName(self.tr("Choose: {what}").format(what=field.accessibleName()))

        def choose() -> None:
            begin = field.text() or str(self.answers.path.parent)
            if file:
                chosen, _ = QFileDialog.getOpenFileName(self, field.accessibleName(), begin, "TOML (*.toml)")
            else:
                chosen = QFileDialog.getExistingDirectory(self, field.accessibleName(), begin)
            if chosen:
                field.setText(chosen)

        button.clicked.connect(choose)
        return button

    def note(self, words: str) -> None:
        """Add a text that may be passed over."""
        self.column.addWidget(style.faint(words))

    def path_in(self, field: QLineEdit) -> Path:
        """Return the path that was typed; relative ones are taken from the station file's folder."""
        typed = Path(field.text().strip())
        try:
            return self.answers.path.parent / typed.expanduser()
        except RuntimeError:  # the home of somebody whom this PC doesn't know: then a folder of that name
            return self.answers.path.parent / typed
