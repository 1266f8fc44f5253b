"""A rework is declared here, or withdrawn before it has begun: why, and the second person who agrees."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.named import named
from station.desktop.said import Said
from station.desktop.sign_in import PersonFields
from station.desktop.surroundings import Surroundings
from station.domain.ids import DeviceId
from station.engine.commands import Rework, WithdrawRework
from station.engine.results import Failed, Result


class ReworkPanel(QWidget):
    """Asks for the reason and the second person. The engine judges both, and refuses with a sentence."""

    closed = Signal()
    declared = Signal()
    """The engine has it: the record has changed."""

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rework-panel")
        self._around = around
        self._unit = ""
        self._declared = False
        theme = around.theme()
        gap = theme.px(12)
        self._about = style.text("")
        self.reason = named(QLineEdit(), "rework-reason")
        self.reason.setAccessibleName(self.tr("Reason"))
        self.second = PersonFields()
        self.second.setObjectName("rework-second")
        self.go = style.primary(self.tr("Declare the rework"))
        self.go.setObjectName("rework-go")
        close = named(QPushButton(self.tr("Close")), "rework-close")
        self.said = Said(theme, 3)
        self.said.setObjectName("rework-said")
        buttons = QHBoxLayout()
        buttons.addWidget(self.go)
        buttons.addWidget(close)
        buttons.addStretch()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(gap, gap, gap, gap)
        rows.setSpacing(gap * 2 // 3)
        rows.addWidget(style.title(self.tr("Rework")))
        rows.addWidget(self._about)
        rows.addWidget(style.faint(self.tr("Reason"), style.Size.SMALL))
        rows.addWidget(self.reason)
        rows.addWidget(
            style.faint(self.tr("Second person: a line lead, engineer, QA or CA keeper, not you"), style.Size.SMALL)
        )
        rows.addWidget(self.second)
        rows.addLayout(buttons)
        rows.addWidget(self.said)
        rows.addStretch()
        self.go.clicked.connect(self._ask)
        self.second.submitted.connect(self._ask)
        self.reason.returnPressed.connect(lambda: self.second.name.setFocus(Qt.FocusReason.OtherFocusReason))
        close.clicked.connect(self._end)

    def offer(self, device_id: DeviceId, *, declared: bool = False) -> None:
        """Offer a rework of this unit; where one is ``declared``, to withdraw it."""
        self._unit, self._declared = device_id, declared
        if declared:
            about = self.tr(
                "{device} is not built once more: it is again what it was, and waits for the cloud again if it did."
            )
        else:
            about = self.tr(
                "{device} may be built once more: it gets another key and certificate; "
                "the certificate that it has is superseded."
            )
        self._about.setText(about.format(device=device_id))
        self.go.setText(self.tr("Withdraw the rework") if declared else self.tr("Declare the rework"))
        self.go.setAccessibleName(self.go.text())
        self.reason.clear()
        self.second.clear()
        self.said.clear()
        self.go.setEnabled(True)
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def take_scan(self, text: str) -> None:
        """Take a scanned badge for the second person."""
        self.second.take_scan(text)

    def _ask(self) -> None:
        reason = self.reason.text().strip()
        if not reason:
            declaring = self.tr("Say why the unit is to be built again.")
            self.said.ask(self.tr("Say why it is not to be built again.") if self._declared else declaring)
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if not self.second.filled():
            self.said.ask(self.tr("A second person types name and PIN."))
            self.second.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.go.setEnabled(False)
        self.said.busy(self.tr("Asking the engine."))
        make = WithdrawRework if self._declared else Rework
        command = make(unit=self._unit, reason=reason, second=self.second.who(), second_pin=self.second.pin())
        self.second.clear_pin()
        self._around.link.ask(command, self._done, self._failed)

    def _done(self, _result: Result) -> None:
        self.second.clear()
        declaring = self.tr("Declared. Put the unit into a slot to build it again.")
        self.said.good(self.tr("Withdrawn. The unit is what it was before.") if self._declared else declaring)
        self.declared.emit()

    def _failed(self, failed: Failed) -> None:
        self.go.setEnabled(True)
        self.said.failed(failed)

    def _end(self) -> None:
        self.second.clear()
        self.closed.emit()
