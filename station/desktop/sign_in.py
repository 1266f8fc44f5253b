"""Who is there: a name or badge and a PIN, typed in the window and never in a dialog."""

from typing import TypeVar

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.theme import Theme
from station.domain.secret import Secret

_LONGEST = 128

W = TypeVar("W", bound=QWidget)


class PersonFields(QWidget):
    """A name or badge, and a PIN that nobody can read off the screen. For signing in, and for second persons."""

    submitted = Signal()
    """Both are filled, and Return was pressed in the PIN."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = _named(QLineEdit(), "who")
        self.name.setMaxLength(_LONGEST)
        self.secret = _named(QLineEdit(), "pin")
        self.secret.setMaxLength(_LONGEST)
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setInputMethodHints(
            Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self.secret.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._name_label, self._secret_label = QLabel(), QLabel()
        self._name_label.setBuddy(self.name)
        self._secret_label.setBuddy(self.secret)
        rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.addRow(self._name_label, self.name)
        rows.addRow(self._secret_label, self.secret)
        self.setFocusProxy(self.name)
        self.name.returnPressed.connect(self._on)
        self.secret.returnPressed.connect(self._submit)
        self._translate()

    def who(self) -> str:
        """Return the name or badge that was typed, without spaces around it."""
        return str(self.name.text().strip())

    def pin(self) -> Secret:
        """Return the PIN that was typed."""
        return Secret(self.secret.text())

    def filled(self) -> bool:
        """Return whether both were typed."""
        return bool(self.who() and self.secret.text())

    def clear(self) -> None:
        """Forget both; the next person types a name first."""
        self.name.clear()
        self.clear_pin()

    def clear_pin(self) -> None:
        """Forget the PIN alone: it was wrong, or it has been used."""
        self.secret.clear()

    def take_scan(self, text: str) -> None:
        """Take a scanned badge for the name; the PIN is typed next."""
        self.name.setText(text)
        self.secret.clear()
        self.secret.setFocus(Qt.FocusReason.OtherFocusReason)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)

    def _on(self) -> None:
        if self.who():
            self.secret.setFocus(Qt.FocusReason.OtherFocusReason)

    def _submit(self) -> None:
        if self.filled():
            self.submitted.emit()
        elif not self.who():
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _translate(self) -> None:
        for label, field, words in (
            (self._name_label, self.name, self.tr("Name or badge")),
            (self._secret_label, self.secret, self.tr("PIN")),
        ):
            label.setText(words)
            field.setAccessibleName(words)


class SignInPanel(QFrame):
    """A card below the header's corner where somebody signs in: no dialog, and the line goes on beside it."""

    asked = Signal(str, Secret)
    """Somebody wants to sign in: who, and the PIN."""
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sign-in")
        self.setProperty("part", style.Part.CARD.value)
        self.fields = PersonFields()
        self._title = style.title("")
        self._said = style.text("")
        self._said.setObjectName("sign-in-said")
        # Its place is kept for the longest thing that is said here, so that nothing jumps.
        self._said.setMinimumHeight(theme.px(70))
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._enter = style.primary("")
        self._enter.setObjectName("sign-in-enter")
        self._cancel = _named(QPushButton(), "sign-in-cancel")
        buttons = QHBoxLayout()
        buttons.addWidget(self._enter, 1)
        buttons.addWidget(self._cancel, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(24), theme.px(18), theme.px(24), theme.px(20))
        rows.setSpacing(theme.px(12))
        rows.addWidget(self._title)
        rows.addWidget(self._said)
        rows.addWidget(self.fields)
        rows.addLayout(buttons)
        self.setFixedWidth(theme.px(440))
        self.fields.submitted.connect(self._ask)
        self._enter.clicked.connect(self._ask)
        self._cancel.clicked.connect(self.close_panel)
        self._translate()
        self.hide()

    def open_panel(self, sentence: str = "") -> None:
        """Ask for a person; ``sentence`` says why, or what was wrong."""
        self._said.setText(sentence or self.tr("Type your name or scan your badge, then type your PIN."))
        self.adjustSize()
        self.show()
        self.raise_()
        self.fields.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def refuse(self, sentence: str) -> None:
        """Say why that person could not sign in; the name stays, the PIN is typed again."""
        self._busy(False)
        self._said.setText(sentence)
        self.fields.clear_pin()
        self.fields.secret.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_panel(self) -> None:
        """Ask no more, and forget what was typed. Safe to repeat."""
        was = self.isVisible()
        self._busy(False)
        self.fields.clear()
        self.hide()
        if was:
            self.closed.emit()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        self._busy(False)
        super().showEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._enter.hasFocus():
            self._ask()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)

    def _ask(self) -> None:
        if not self.fields.filled():
            self.fields.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._busy(True)
        self.asked.emit(self.fields.who(), self.fields.pin())

    def _busy(self, busy: bool) -> None:
        self._enter.setEnabled(not busy)

    def _translate(self) -> None:
        self._title.setText(self.tr("Sign in"))
        self._enter.setText(self.tr("Sign in"))
        self._enter.setAccessibleName(self.tr("Sign in"))
        self._cancel.setText(self.tr("Cancel"))
        self._cancel.setAccessibleName(self.tr("Cancel"))


def _named(widget: W, name: str) -> W:
    widget.setObjectName(name)
    return widget
