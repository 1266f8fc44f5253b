"""Anybody may check a record here: ``station verify`` runs as a process of its own, and its words are shown."""

from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style
from station.desktop.fault_words import told
from station.desktop.named import named
from station.desktop.said import Said
from station.desktop.surroundings import Surroundings
from station.domain.faults import Cancelled, Fault
from station.host.clock import Deadline, Stop
from station.host.processes import Ending, run_lines
from station.host.program import own_command

_LONGEST_S: Final = 3600.0
_MOST_LINES: Final = 2000


class VerifyPanel(QWidget):
    """Asks what is to be checked and against what; says in words and shape what holds."""

    ended = Signal(int)
    """The verifier ended with this status."""

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("verify-panel")
        self._around = around
        self._stop: Stop | None = None
        theme = around.theme()
        self.path = self._field("verify-path", self.tr("Bundle (.zip), data folder or journal.db"))
        self.path.setText(str(around.opened.value.data))
        self.key = self._field("verify-key", self.tr("Key or fingerprint that you kept (optional)"))
        self.checkpoint = self._field("verify-checkpoint", self.tr("Checkpoint file that you kept (optional)"))
        self.authority = self._field("verify-ca", self.tr("Fingerprint of the CA (optional)"))
        self._browse = named(QPushButton(self.tr("Choose…")), "verify-browse")
        self.go = style.primary(self.tr("Verify"))
        self.go.setObjectName("verify-go")
        self.cancel = named(QPushButton(self.tr("Stop")), "verify-stop")
        self.cancel.setEnabled(False)
        self.said = Said(theme, 2)
        self.said.setObjectName("verify-said")
        self.words = named(QPlainTextEdit(), "verify-words")
        self.words.setReadOnly(True)
        self.words.setTabChangesFocus(True)
        self.words.setMaximumBlockCount(_MOST_LINES)
        self.words.setAccessibleName(self.tr("What the verifier says"))
        self._lay_out(theme.px(12))
        self.go.clicked.connect(self.start)
        self.path.returnPressed.connect(self.start)
        self.cancel.clicked.connect(self.end)
        self._browse.clicked.connect(self._choose)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.end)

    def _field(self, key: str, words: str) -> QLineEdit:
        field = named(QLineEdit(), key)
        field.setAccessibleName(words)
        return field

    def _lay_out(self, gap: int) -> None:
        where = QHBoxLayout()
        where.addWidget(self.path, 1)
        where.addWidget(self._browse)
        buttons = QHBoxLayout()
        buttons.addWidget(self.go)
        buttons.addWidget(self.cancel)
        buttons.addStretch()
        kept = QHBoxLayout()
        kept.setSpacing(gap)
        for field in (self.key, self.checkpoint, self.authority):
            column = QVBoxLayout()
            column.addWidget(_over(field))
            column.addWidget(field)
            kept.addLayout(column, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, gap, 0, 0)
        rows.setSpacing(gap * 2 // 3)
        rows.addWidget(
            style.faint(
                self.tr(
                    "Checks an exported record or a whole journal, entry by entry. It needs no station, and this "
                    "window waits for nothing: the check is a program of its own, the same that lies in every bundle."
                )
            )
        )
        rows.addWidget(_over(self.path))
        rows.addLayout(where)
        rows.addLayout(kept)
        rows.addLayout(buttons)
        rows.addWidget(self.said)
        rows.addWidget(self.words, 1)

    def offer(self, path: str) -> None:
        """Put this path in, ready to be checked."""
        self.path.setText(path)
        self.go.setFocus(Qt.FocusReason.OtherFocusReason)

    def start(self) -> None:
        """Check what is named, unless a check runs."""
        path = self.path.text().strip()
        if self._stop is not None or not path:
            return
        command = own_command("station", "verify", path)
        for option, field in (("--key", self.key), ("--checkpoint", self.checkpoint), ("--ca", self.authority)):
            if field.text().strip():
                command += [option, field.text().strip()]
        stop, clock = Stop(), self._around.opened.clock
        without = self._around.opened.secret_variables()
        self._stop = stop

        def verify() -> tuple[Ending, list[str]]:
            lines: list[str] = []
            ending = run_lines(
                command,
                deadline=Deadline(clock, _LONGEST_S),
                stop=stop,
                on_line=lambda line: lines.append(line.decode("utf-8", "replace")),
                environment={"PYTHONUTF8": "1"},
                without=without,
            )
            return ending, [*lines[-_MOST_LINES:], *ending.errors.decode("utf-8", "replace").splitlines()]

        self.go.setEnabled(False)
        self.cancel.setEnabled(True)
        self.words.clear()
        self.said.busy(self.tr("Checking. A million entries take some seconds."))
        self._around.background.run(verify, self._done, self._fail, long=True)

    def end(self) -> None:
        """Stop a check that runs. Safe to repeat."""
        if self._stop is not None:
            self._stop.request()

    def _done(self, found: tuple[Ending, list[str]]) -> None:
        ending, lines = found
        self._rest()
        self.words.setPlainText("\n".join(lines))
        match ending.status:
            case 0:
                self.said.good(self.tr("Everything holds, and what you gave vouches for the key."))
            case 1:
                self.said.bad(self.tr("Something does not hold. Read below where it breaks first."))
            case 3:
                self.said.ask(
                    self.tr(
                        "What is there holds, but nothing that you gave vouches for the key, or for the newest entries."
                    )
                )
            case _:
                self.said.bad(self.tr("It can't be read. Check the path and your rights."))
        self.ended.emit(ending.status)

    def _fail(self, error: BaseException) -> None:
        self._rest()
        match error:
            case Cancelled():
                self.said.ask(self.tr("Stopped. Nothing was changed."))
            case Fault():
                self.said.bad(told(error))
            case _:
                self.said.bad(str(error))

    def _rest(self) -> None:
        self._stop = None
        self.go.setEnabled(True)
        self.cancel.setEnabled(False)

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Bundle to check"), self.path.text())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setModal(False)
        dialog.fileSelected.connect(self.path.setText)
        dialog.show()


def _over(field: QLineEdit) -> QLabel:
    label = style.faint(field.accessibleName(), style.Size.SMALL)
    label.setWordWrap(False)
    label.setBuddy(field)
    return label
