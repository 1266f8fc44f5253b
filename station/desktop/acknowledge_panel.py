"""A latched slot is let go in its tile's place: why, and by whom. The other slots stay within reach."""

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.fault_words import told
from station.desktop.said import Said
from station.desktop.sign_in import PersonFields
from station.desktop.surroundings import Surroundings
from station.domain.ids import SlotNumber
from station.engine.commands import Acknowledge
from station.engine.pushes import Tile
from station.engine.results import Failed, Result
from station.people.rights import Right

_WIDTH, _HEIGHT = 460, 390
"""The least that it takes, as drawn for 1920×1080; it covers its neighbours where its tile is smaller."""


class AcknowledgePanel(QFrame):
    """Asks for a reason and, unless whoever is signed in may do it, for a line lead's name and PIN."""

    closed = Signal()

    def __init__(self, surroundings: Surroundings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("acknowledge")
        self.setProperty("part", style.Part.CARD.value)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._around, self._parent = surroundings, parent
        self._slot: SlotNumber | None = None
        theme = surroundings.theme()
        self._title = style.title("")
        self._fault = style.text("")
        self.reason = QLineEdit()
        self.reason.setObjectName("acknowledge-reason")
        self.reason.setMaxLength(500)
        self._reason_label, self._by = QLabel(), style.faint("", style.Size.SMALL)
        self._reason_label.setBuddy(self.reason)
        self.person = PersonFields()
        self.said = Said(theme, lines=2)
        self.do = style.primary("")
        self.do.setObjectName("acknowledge-do")
        self.cancel = QPushButton()
        self.cancel.setObjectName("acknowledge-cancel")
        self._build(theme.px(14), theme.px(8))
        self.person.submitted.connect(self._ask)
        self.reason.returnPressed.connect(self._reason_done)
        self.do.clicked.connect(self._ask)
        self.cancel.clicked.connect(self.close_panel)
        self._translate()
        self.hide()

    @property
    def slot(self) -> SlotNumber | None:
        """The slot that it is about; None while it is closed."""
        return self._slot

    def open_for(self, tile: Tile, place: QRect) -> None:
        """Ask about this slot, where its tile is."""
        self._slot = tile.slot
        self._title.setText(self.tr("Unlock slot {number}").format(number=tile.slot))
        self._fault.setText(told(tile, " "))
        self.reason.clear()
        self.person.clear()
        self.said.clear()
        self._show_person(not self._may())
        self.do.setEnabled(True)
        self.place(place)
        self.show()
        self.raise_()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def place(self, tile: QRect) -> None:
        """Lie over this tile, and within the parent."""
        theme, room = self._around.theme(), self._parent.rect()
        least = self.sizeHint()
        width = min(room.width(), max(tile.width(), theme.px(_WIDTH), least.width()))
        height = min(room.height(), max(tile.height(), theme.px(_HEIGHT), least.height()))
        left = min(max(0, tile.center().x() - width // 2), room.width() - width)
        top = min(max(0, tile.center().y() - height // 2), room.height() - height)
        self.setGeometry(left, top, width, height)

    def close_panel(self) -> None:
        """Ask no more and forget what was typed. Safe to repeat."""
        if self._slot is None:
            return
        self._slot = None
        self.person.clear()
        self.reason.clear()
        self.hide()
        self.closed.emit()

    def waits_for_badge(self) -> bool:
        """Return whether the next scan is a person's: the field for it has the focus."""
        return self.person.name.hasFocus() or self.person.secret.hasFocus()

    def take_scan(self, text: str) -> None:
        """Take a scanned badge."""
        self._show_person(True)
        self.person.take_scan(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        super().changeEvent(event)

    def _build(self, pad: int, gap: int) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(pad, pad, pad, pad)
        rows.setSpacing(gap)
        why = QFormLayout()
        why.addRow(self._reason_label, self.reason)
        buttons = QHBoxLayout()
        buttons.addWidget(self.do)
        buttons.addWidget(self.cancel)
        buttons.addStretch()
        rows.addWidget(self._title)
        rows.addWidget(self._fault)
        rows.addLayout(why)
        rows.addWidget(self._by)
        rows.addWidget(self.person)
        rows.addWidget(self.said)
        rows.addStretch()
        rows.addLayout(buttons)

    def _may(self) -> bool:
        person = self._around.person()
        return person is not None and Right.ACKNOWLEDGE.name in person.rights

    def _show_person(self, asked: bool) -> None:
        person = self._around.person()
        self.person.setVisible(asked)
        name = person.name if person else ""
        self._by.setText(
            self.tr("A line lead or an engineer types name and PIN.")
            if asked
            else self.tr("By {name}, who is signed in.").format(name=name)
        )

    def _reason_done(self) -> None:
        if self.person.isHidden():
            self._ask()
        else:
            self.person.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ask(self) -> None:
        if self._slot is None or not self.do.isEnabled():
            return
        if not self.reason.text().strip():
            self.said.ask(self.tr("Say first what was wrong and what was done."))
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        typed = not self.person.isHidden()
        if typed and not self.person.filled():
            self.said.ask(self.tr("Type name and PIN."))
            self.person.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.do.setEnabled(False)
        self.said.busy(self.tr("Asking the engine…"))
        slot = self._slot
        command = Acknowledge(
            slot=slot,
            reason=self.reason.text().strip(),
            who=self.person.who() if typed else "",
            pin=self.person.pin() if typed else None,
        )
        self._around.link.ask(command, lambda result: self._done(slot, result), lambda why: self._refused(slot, why))

    def _done(self, slot: SlotNumber, _result: Result) -> None:
        if slot == self._slot:
            self.close_panel()

    def _refused(self, slot: SlotNumber, why: Failed) -> None:
        if slot != self._slot:
            self._around.say(why.code, why.sentence)
            return
        self.do.setEnabled(True)
        self.person.clear_pin()
        self._show_person(True)
        self.said.failed(why)
        target = self.person.secret if self.person.who() else self.person.name
        target.setFocus(Qt.FocusReason.OtherFocusReason)
        self.place(self.geometry())

    def _translate(self) -> None:
        self._reason_label.setText(self.tr("Why"))
        self.reason.setAccessibleName(self.tr("Why the slot may work again"))
        self.reason.setPlaceholderText(self.tr("What was wrong, and what was done"))
        self.do.setText(self.tr("Unlock"))
        self.do.setAccessibleName(self.tr("Unlock"))
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.tr("Cancel"))
