"""Who works here: listed, added, disabled, given a new PIN or other roles; with a second person where it takes one."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.grid import item_table
from station.desktop.said import Said
from station.desktop.sign_in import PersonFields
from station.desktop.surroundings import Surroundings
from station.desktop.words import of as words_of
from station.desktop.words import role_names
from station.domain.secret import Secret
from station.engine.commands import ChangePerson, ListPeople
from station.engine.results import Failed, Person, Result, Roll
from station.people.rights import SECONDS, Right, Role

CHANGES: Final = ("add", "reset", "roles", "disable", "forget")
"""What can be done, by the engine's words."""

_TAKES_SECOND: Final = frozenset({"add", "reset", "roles"})


class NewPin(QWidget):
    """A new PIN, typed twice."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first, self.again = QLineEdit(), QLineEdit()
        self.setFocusProxy(self.first)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for field, part, words in (
            (self.first, "first", self.tr("New PIN")),
            (self.again, "again", self.tr("The same again")),
        ):
            field.setObjectName(f"{name}.{part}")
            field.setAccessibleName(words)
            field.setPlaceholderText(words)
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.setMaxLength(64)
            field.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
            row.addWidget(field)

    def agreed(self) -> bool:
        """Return whether both are there and the same."""
        return bool(self.first.text()) and self.first.text() == self.again.text()

    def pin(self) -> Secret:
        """Return what was typed first."""
        return Secret(self.first.text())

    def clear(self) -> None:
        """Forget both."""
        self.first.clear()
        self.again.clear()


class PeoplePanel(QWidget):
    """The roll on the left, one change on the right. Names are shown here alone; the record knows IDs."""

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("people")
        self._around, self._theme = surroundings, surroundings.theme()
        self._people: tuple[Person, ...] = ()
        self._build()
        self._adapt()

    def reload(self) -> None:
        """Ask the engine who works here."""
        person = self._around.person()
        if person is None or Right.MANAGE_PEOPLE.name not in person.rights:
            self._show(())
            self.said.ask(self.tr("An engineer manages people: sign in first."))
            return
        self._around.link.ask(ListPeople(), self._listed, self.said.failed)

    def take_scan(self, text: str) -> None:
        """Take a scanned badge: that of the new person, or the second person's."""
        if self.badge.isEnabled() and not self._second.name.hasFocus():
            self.badge.setText(text)
        elif self._second.isEnabled():
            self._second.take_scan(text)

    @property
    def change(self) -> str:
        """What is to be done."""
        return str(self._what.currentData())

    @property
    def chosen(self) -> Person | None:
        """Whom it is about; None for somebody new."""
        row = self.table.currentRow()
        return self._people[row] if 0 <= row < len(self._people) else None

    def submit(self) -> None:
        """Ask the engine for the change."""
        wrong = self._missing()
        if wrong:
            self.said.ask(wrong)
            return
        chosen = self.chosen
        command = ChangePerson(
            change=self.change,
            person=self.name.text().strip() if self.change == "add" or chosen is None else chosen.id,
            pin=self.pin.pin() if self.pin.isEnabled() and self.pin.first.text() else None,
            roles=self._roles() if self._boxes_matter() else (),
            badge=self.badge.text().strip() if self.badge.isEnabled() else "",
            reason=self.reason.text().strip(),
        )
        if self._second.isEnabled() and self._second.filled():
            command = replace(command, second=self._second.who(), second_pin=self._second.pin())
        self._do.setEnabled(False)
        self._around.link.ask(command, self._changed, self._refused)

    # Building

    def _build(self) -> None:
        px = self._theme.px
        heads = [self.tr("ID"), self.tr("Name"), self.tr("Roles"), self.tr("State")]
        self.table = item_table(heads, (60, 170, 0, 120), self._theme)
        self.table.setObjectName("people.table")
        self.table.setAccessibleName(self.tr("People"))
        self.table.itemSelectionChanged.connect(self._adapt)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(16))
        row.addWidget(self.table, 5)
        row.addWidget(self._build_card(), 4)

    def _build_card(self) -> QWidget:
        px = self._theme.px
        card = style.card()
        self._what = QComboBox()
        self._what.setObjectName("people.change")
        self._what.setAccessibleName(self.tr("What to do"))
        for change, words in zip(
            CHANGES,
            (
                self.tr("Add somebody"),
                self.tr("Give a new PIN"),
                self.tr("Give other roles"),
                self.tr("Let sign in no more"),
                self.tr("Forget the name for good"),
            ),
            strict=True,
        ):
            self._what.addItem(words, change)
        self._what.currentIndexChanged.connect(self._adapt)
        self.name = self._field("name", self.tr("Name"))
        self.pin = NewPin("people.pin")
        self.badge = self._field("badge", self.tr("Badge"))
        self.badge.setPlaceholderText(self.tr("scan it, if there is one"))
        self.badge.setEchoMode(QLineEdit.EchoMode.Password)
        self.reason = self._field("reason", self.tr("Reason"))
        self.reason.setPlaceholderText(self.tr("why (for the record; no names)"))
        self._roles_at = QWidget()
        boxes = QGridLayout(self._roles_at)
        boxes.setContentsMargins(0, 0, 0, 0)
        self.boxes: dict[Role, QCheckBox] = {}
        for at, role in enumerate(Role):
            self.boxes[role] = QCheckBox(words_of(role))
            self.boxes[role].setObjectName(f"people.role.{role}")
            self.boxes[role].setAccessibleName(words_of(role))
            self.boxes[role].toggled.connect(self._adapt_second)
            boxes.addWidget(self.boxes[role], at // 3, at % 3)
        self._second = PersonFields()
        self._second.setObjectName("people.second")
        self._second_title = style.faint(self.tr("A second person agrees (needed for whoever may agree themselves)"))
        self._do = style.primary(self.tr("Add"))
        self._do.setObjectName("people.do")
        self._do.clicked.connect(self.submit)
        self.said = Said(self._theme, 3)
        self.said.setObjectName("people.said")
        form = QFormLayout()
        form.setSpacing(px(8))
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Do"), self._what)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("PIN"), self.pin)
        form.addRow(self.tr("Badge"), self.badge)
        form.addRow(self.tr("Roles"), self._roles_at)
        form.addRow(self.tr("Reason"), self.reason)
        column = QVBoxLayout(card)
        column.setContentsMargins(*[px(16)] * 4)
        column.setSpacing(px(10))
        column.addLayout(form)
        column.addWidget(self._second_title)
        column.addWidget(self._second)
        column.addWidget(self._do)
        column.addWidget(self.said)
        column.addStretch(1)
        return card

    def _field(self, name: str, words: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(f"people.{name}")
        field.setAccessibleName(words)
        field.setMaxLength(200)
        return field

    # What comes

    def _listed(self, result: Result) -> None:
        if isinstance(result, Roll):
            self._show(result.people)

    def _show(self, people: tuple[Person, ...]) -> None:
        self._people = people
        self.table.setRowCount(len(people))
        for row, person in enumerate(people):
            roles = role_names(person.roles)
            state = self.tr("disabled") if person.disabled else self.tr("made alone") if person.alone else ""
            for column, text in enumerate((person.id, person.name or self.tr("(forgotten)"), roles, state)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        if people and self.table.currentRow() < 0:
            self.table.setCurrentCell(0, 0)
        self._adapt()

    def _adapt(self) -> None:
        change, chosen = self.change, self.chosen
        adding = change == "add"
        self.name.setEnabled(adding)
        self.name.setText(self.name.text() if adding else (chosen.name if chosen else ""))
        self.pin.setEnabled(change in ("add", "reset"))
        self.badge.setEnabled(change in ("add", "reset"))
        self._roles_at.setEnabled(self._boxes_matter())
        if change == "roles" and chosen is not None:
            for role, box in self.boxes.items():
                box.setChecked(role.value in chosen.roles)
        words = {
            "add": self.tr("Add"),
            "reset": self.tr("Give new PIN"),
            "roles": self.tr("Give these roles"),
            "disable": self.tr("Let sign in no more"),
            "forget": self.tr("Forget for good"),
        }[change]
        self._do.setText(words)
        self._do.setAccessibleName(words)
        self._do.setEnabled(adding or chosen is not None)
        self._adapt_second()

    def _adapt_second(self) -> None:
        needed = self._takes_second()
        self._second.setEnabled(needed)
        self._second_title.setEnabled(needed)

    def _boxes_matter(self) -> bool:
        return self.change in ("add", "roles")

    def _roles(self) -> tuple[str, ...]:
        return tuple(role.value for role, box in self.boxes.items() if box.isChecked())

    def _takes_second(self) -> bool:
        """Return whether the change touches somebody who may be a second person, as the engine will find."""
        if self.change not in _TAKES_SECOND:
            return False
        roles = self._roles() if self._boxes_matter() else (self.chosen.roles if self.chosen else ())
        return bool({role.value for role in SECONDS} & set(roles))

    def _missing(self) -> str:
        """Return what still has to be typed, "" where nothing is; the engine judges the rest."""
        service = self._roles() == (Role.SERVICE.value,)
        if self.change == "add" and not self.name.text().strip():
            return self.tr("Type the name to sign in with.")
        if self.pin.isEnabled() and not (service and not self.pin.first.text()) and not self.pin.agreed():
            return self.tr("Type the new PIN twice, the same both times.")
        if self._boxes_matter() and not self._roles():
            return self.tr("Choose at least one role.")
        return ""

    def _changed(self, result: Result) -> None:
        self.pin.clear()
        self.badge.clear()
        self.reason.clear()
        self._second.clear()
        if self.change == "add":
            self.name.clear()
        if isinstance(result, Person):
            said = self.tr("{id} {name}: done, and in the record.").format(id=result.id, name=result.name)
            self.said.good(said)
        self._adapt()
        self._around.link.ask(ListPeople(), self._listed, self.said.failed)

    def _refused(self, failed: Failed) -> None:
        self._do.setEnabled(True)
        self._second.clear_pin()
        self.said.failed(failed)
