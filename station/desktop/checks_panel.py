"""What the doctor says of this PC, fixture, CA and cloud: each finding with its shape, and how to mend it."""

from itertools import groupby
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.background import Background
from station.desktop.doctor_words import tell, tell_finding
from station.desktop.said import Badge, Said
from station.desktop.theme import Mood, Shape, Theme
from station.doctor.findings import Finding, State
from station.doctor.reading import report_text, run_doctor, worst
from station.doctor.report import count_slots, merge

_SHAPES: Final = {
    State.OK: (Shape.TICK, Mood.PASSED),
    State.ADVICE: (Shape.BANG, Mood.ERROR),
    State.TROUBLE: (Shape.CROSS, Mood.FAILED),
    State.UNKNOWN: (Shape.SQUARE, Mood.QUARANTINED),
    State.NOT_CHECKED: (Shape.RING, Mood.ABORTED),
}


def state_word(state: State) -> str:
    """Return a state's word in the window's language."""
    translate = QCoreApplication.translate
    match state:
        case State.OK:
            return translate("ChecksPanel", "in order")
        case State.ADVICE:
            return translate("ChecksPanel", "advice")
        case State.TROUBLE:
            return translate("ChecksPanel", "trouble")
        case State.UNKNOWN:
            return translate("ChecksPanel", "unknown")
        case State.NOT_CHECKED:
            return translate("ChecksPanel", "not checked")


class ChecksPanel(QWidget):
    """The doctor, asked in a process of its own; what it found stays until it is asked again."""

    def __init__(self, station: Path, background: Background, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("checks")
        self._station, self._background, self._theme = station, background, theme
        self.findings: tuple[Finding, ...] = ()
        self._start = style.primary(self.tr("Check now"))
        self._start.setObjectName("checks.start")
        self._copy = QPushButton(self.tr("Copy report"))
        self._copy.setObjectName("checks.copy")
        self._copy.setAccessibleName(self._copy.text())
        self._copy.setEnabled(False)
        self._said = Said(theme, 1)
        self._said.setObjectName("checks.said")
        head = QHBoxLayout()
        head.setSpacing(theme.px(12))
        head.addWidget(self._said, 1)
        head.addWidget(self._copy)
        head.addWidget(self._start)
        self._area = QScrollArea()
        self._area.setObjectName("checks.findings")
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName(self.tr("Findings"))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(12))
        rows.addLayout(head)
        rows.addWidget(self._area, 1)
        self._start.clicked.connect(self.start)
        self._copy.clicked.connect(self.copy_report)
        self._said.ask(self.tr("The checks look at this PC, the fixture, the CA and the cloud. They change nothing."))
        self._show()

    @property
    def running(self) -> bool:
        """Whether it is being looked."""
        return not self._start.isEnabled()

    def start(self) -> None:
        """Look at everything now."""
        if self.running:
            return
        self._start.setEnabled(False)
        self._said.busy(self.tr("Looking … a cloud that does not answer may take a few minutes."))
        station = self._station
        self._background.run(lambda: run_doctor(station), self._done, self._failed, key="checks", long=True)

    def copy_report(self) -> None:
        """Put the whole report onto the clipboard, as text."""
        QGuiApplication.clipboard().setText(report_text(self.findings, str(self._station)))
        self._said.good(self.tr("The report is on the clipboard."))

    def _done(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        self._start.setEnabled(True)
        self._copy.setEnabled(True)
        self._show()
        match worst(findings):
            case State.TROUBLE:
                count = sum(one[0].state is State.TROUBLE for one in merge(findings))
                words = self.tr("{count} to mend, from the top; then check again.").format(count=count)
                self._said.bad(words)
            case State.UNKNOWN:
                self._said.ask(self.tr("No trouble was found, but not everything could be told."))
            case _:
                self._said.good(self.tr("No trouble was found. Nothing was changed."))

    def _failed(self, error: BaseException) -> None:
        self._start.setEnabled(True)
        self._said.broke(error)

    def _show(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, self._theme.px(8), 0)
        column.setSpacing(self._theme.px(6))
        for section, rows in groupby(self.findings, lambda one: one.section):
            column.addWidget(style.title(tell(section), style.Size.TEXT))
            card = style.card()
            inside = QVBoxLayout(card)
            inside.setContentsMargins(*[self._theme.px(12)] * 4)
            inside.setSpacing(self._theme.px(10))
            for alike in merge(list(rows)):
                inside.addWidget(self._row(alike))
            column.addWidget(card)
        column.addStretch(1)
        self._area.setWidget(content)

    def _row(self, alike: list[Finding]) -> QFrame:
        one, px = alike[0], self._theme.px
        shape, mood = _SHAPES[one.state]
        frame = QFrame()
        frame.setObjectName(f"finding.{one.id}")
        row = QHBoxLayout(frame)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(12))
        mark = Badge(px(22))
        mark.show_mood(mood, shape)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        slots = [each.slot for each in alike if each.slot is not None]
        about = style.text(f"{self._slots(slots)} {tell(one.about)}" if slots else tell(one.about))
        about.setFixedWidth(px(190))
        row.addWidget(about, 0, Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.setSpacing(px(2))
        seen, to_mend = tell_finding(one)
        texts.addWidget(style.text(seen))
        if one.state is not State.OK:
            mend = style.title(to_mend, style.Size.TEXT)
            mend.setWordWrap(True)
            mend.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            texts.addWidget(mend)
            notes = "; ".join(
                note
                for note in (one.code, ", ".join(dict.fromkeys(e.where for e in alike if e.where)), one.detail)
                if note
            )
            if notes:
                texts.addWidget(style.faint(notes, style.Size.SMALL))
        row.addLayout(texts, 1)
        frame.setAccessibleName(f"{state_word(one.state)}: {about.text()}: {seen} {to_mend}".strip())
        return frame

    def _slots(self, numbers: list[int]) -> str:
        counted = count_slots(numbers).partition(" ")[2]
        return self.tr("slots {numbers}").format(numbers=counted) if len(numbers) > 1 else self._slot(counted)

    def _slot(self, number: str) -> str:
        return self.tr("slot {number}").format(number=number)
