"""One unit's whole record on the screen: its story, its certificate, its steps, and what left the station about it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from station.desktop import style, words
from station.desktop.fault_words import told
from station.desktop.fonts import mono_font
from station.desktop.grid import Grid, grid_view
from station.desktop.named import named
from station.desktop.pills import Pill
from station.desktop.record_words import (
    CLOUD_LOOKS,
    OUTCOME_MOODS,
    certificate_fact,
    cloud_word,
    day_words,
    outcome_word,
    second_words,
    seconds_words,
    time_words,
)
from station.desktop.surroundings import Surroundings
from station.desktop.theme import LOOKS, Theme
from station.desktop.timeline import Told, tell
from station.domain.ids import UnitId
from station.domain.line import Outcome
from station.domain.ways import CredentialKind, Way
from station.evidence.certificate_text import certificate_facts, certificate_pem
from station.evidence.handed import TOKENS, find_handed, handed_facts
from station.evidence.proofs import read_proofs
from station.evidence.unit_record import UnitRecord, number_text, read_unit
from station.journal.unit_exports import LeftFile, exports_of


@dataclass(frozen=True, slots=True)
class Shown:
    """What a worker read for the screen. ``proofs`` and the rest are ready to be drawn."""

    record: UnitRecord
    product: str
    told: tuple[Told, ...]
    proofs: tuple[str, ...]
    left: tuple[LeftFile, ...]


class UnitRecordView(QWidget):
    """Shows one unit; reads it in the background. :meth:`open_unit` again reads it anew."""

    back = Signal()
    export = Signal(object)
    """Somebody wants this :class:`UnitRow` exported."""
    rework = Signal(object)
    """Somebody wants to declare a rework of this :class:`UnitRow`, or to withdraw the one that is declared."""
    walk = Signal(int)
    """Somebody wants the next (1) or the previous (-1) unit of the list."""

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unit-record")
        self._around = around
        self._unit: UnitId | None = None
        self.shown: Shown | None = None
        theme = around.theme()
        self._name = style.title("", style.Size.HEADLINE)
        self._name.setObjectName("record-name")
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._outcome, self._cloud = Pill(theme), Pill(theme)
        self._why = style.text("")
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(theme.px(28))
        self._facts.setVerticalSpacing(theme.px(2))
        self._values: list[QLabel] = []
        self.story = Grid(
            (self.tr("Time"), self.tr("Slot"), self.tr("What"), self.tr("Result"), self.tr("Entry")), self
        )
        self.proofs = Grid((self.tr("What exactly was proven, by the attempt that counts"),), self)
        self.steps = Grid(
            (
                self.tr("Attempt"),
                self.tr("Step"),
                self.tr("Outcome"),
                self.tr("Took"),
                self.tr("Tries"),
                self.tr("Measured and observed"),
            ),
            self,
        )
        self.left = Grid(
            (self.tr("When"), self.tr("Who"), self.tr("What"), self.tr("As"), self.tr("SHA-256 of the files")), self
        )
        self._certificate = Grid((self.tr("Field"), self.tr("Value")), self)
        self.pem = named(QPlainTextEdit(), "record-pem")
        self.tabs = named(QTabWidget(), "record-tabs")
        self._lay_out(theme)

    def open_unit(self, unit: UnitId) -> None:
        """Show this unit as the journal has it now."""
        self._unit = unit
        opened = self._around.opened

        def read() -> Shown | None:
            with opened.records() as records:
                row = records.unit(unit)
                if row is None:
                    return None
                record = read_unit(records, row)
                batch = records.batch(row.batch)
                return Shown(
                    record,
                    batch.product if batch else "",
                    tuple(tell(record)),
                    read_proofs(record.attempts),
                    tuple(exports_of(records, unit)),
                )

        self._around.background.run(read, self._take, self._fail, key=f"unit-record-{id(self)}")

    @property
    def unit(self) -> UnitId | None:
        """Which unit is shown."""
        return self._unit

    def story_text(self) -> str:
        """Return the story as lines of text, with the day where it changes."""
        lines: list[str] = []
        day = ""
        for one in self.shown.told if self.shown else ():
            if day_words(one.at) != day:
                day = day_words(one.at)
                lines.append(day)
            lines.append(one.line())
        return "\n".join(lines)

    # ---- how it lies

    def _lay_out(self, theme: Theme) -> None:
        gap = theme.px(12)
        head = QHBoxLayout()
        head.setSpacing(gap)
        head.addWidget(self._name)
        head.addWidget(self._outcome)
        head.addWidget(self._cloud)
        head.addStretch()
        card = style.card()
        inside = QVBoxLayout(card)
        inside.setContentsMargins(gap, gap, gap, gap)
        inside.setSpacing(theme.px(6))
        inside.addLayout(head)
        inside.addWidget(self._why)
        inside.addLayout(self._facts)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(gap)
        rows.addWidget(card)
        rows.addLayout(self._buttons(gap))
        rows.addWidget(self.tabs, 1)
        story = grid_view(self.story, (110, 60, 0, 150, 90), theme, self.tr("Timeline"))
        story.setObjectName("record-story")
        self.tabs.addTab(story, self.tr("Timeline"))
        self.tabs.addTab(self._certificate_tab(theme), self.tr("Certificate"))
        proofs = grid_view(self.proofs, (0,), theme, self.tr("What was proven"))
        self.tabs.addTab(proofs, self.tr("Proven"))
        steps = grid_view(self.steps, (90, 230, 150, 90, 70, 0), theme, self.tr("Steps"))
        self.tabs.addTab(steps, self.tr("Steps"))
        left = grid_view(self.left, (180, 90, 300, 130, 0), theme, self.tr("Exports"))
        self.tabs.addTab(left, self.tr("Exports"))
        self.tabs.setAccessibleName(self.tr("Parts of the record"))

    def _buttons(self, gap: int) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(gap)
        offers: tuple[tuple[str, str, Callable[[], None]], ...] = (
            (self.tr("Previous"), "record-previous", lambda: self.walk.emit(-1)),
            (self.tr("Next"), "record-next", lambda: self.walk.emit(1)),
            (self.tr("Copy the ID"), "record-copy-id", self._copy_id),
            (self.tr("Copy the timeline"), "record-copy-story", lambda: _copy(self.story_text())),
        )
        for name, key, press in offers:
            button = named(QPushButton(name), key)
            button.setAccessibleName(name)
            button.clicked.connect(press)
            row.addWidget(button)
        row.addStretch()
        self._rework = named(QPushButton(self.tr("Rework…")), "record-rework")
        self._rework.clicked.connect(lambda: self._want(self.rework))
        self._export = style.primary(self.tr("Export…"))
        self._export.setObjectName("record-export")
        self._export.clicked.connect(lambda: self._want(self.export))
        row.addWidget(self._rework)
        row.addWidget(self._export)
        return row

    def _certificate_tab(self, theme: Theme) -> QWidget:
        page = QWidget()
        facts = grid_view(self._certificate, (250, 0), theme, self.tr("Certificate"))
        self.pem.setReadOnly(True)
        self.pem.setFont(mono_font(theme.px(13)))
        self.pem.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.pem.setAccessibleName(self.tr("Certificate as PEM"))
        self.pem.setTabChangesFocus(True)
        self.pem.setFixedWidth(theme.px(620))
        copy = named(QPushButton(self.tr("Copy the PEM")), "record-copy-pem")
        copy.clicked.connect(lambda: _copy(self.pem.toPlainText()))
        right = QVBoxLayout()
        right.addWidget(self.pem, 1)
        right.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, theme.px(8), 0, 0)
        row.addWidget(facts, 1)
        row.addLayout(right)
        return page

    # ---- what comes back

    def _take(self, shown: Shown | None) -> None:
        if shown is None:
            return
        self.shown = shown
        record = shown.record
        unit = record.unit
        self._name.setText(unit.device_id)
        self._outcome.show_state(LOOKS[OUTCOME_MOODS[unit.outcome]], outcome_word(unit.outcome))
        self._cloud.show_state(CLOUD_LOOKS[unit.cloud], cloud_word(unit.cloud))
        last = record.attempts[-1] if record.attempts else None
        fault = last.fault if last is not None else None
        said = told(fault) if fault is not None else ""
        if unit.rework:
            said = self.tr("A rework is declared, not begun: put it into a slot to build it once more, or withdraw it.")
        self._rework.setText(self.tr("Withdraw the rework…") if unit.rework else self.tr("Rework…"))
        self._why.setText(said)
        self._why.setVisible(bool(said))
        self._show_facts(shown)
        self._show_tables(shown)

    def _show_facts(self, shown: Shown) -> None:
        record, unit = shown.record, shown.record.unit
        last = record.attempts[-1] if record.attempts else None
        named = next((one.identity for one in reversed(record.attempts) if one.identity is not None), None)
        ordinary = last is None or last.way is Way.CERTIFICATE
        facts = [
            (self.tr("IMEI"), unit.imei),
            (self.tr("Board serial"), unit.serial or self.tr("none scanned")),
            (self.tr("Batch"), unit.batch),
            (self.tr("Product"), shown.product if ordinary else f"{shown.product} ({last.way if last else ''})"),
            (self.tr("Attempts"), str(unit.attempts)),
            (self.tr("Last attempt"), time_words(last.opened) if last else "–"),
            (self.tr("Slot"), str(last.slot) if last else "–"),
            (self.tr("Took"), seconds_words(last.seconds) if last else "–"),
            (self.tr("Model"), named.model if named else "–"),
            (self.tr("Modem firmware"), named.modem_firmware if named else "–"),
            (self.tr("UUID"), unit.uuid or self.tr("not known")),
            (self.tr("Hardware"), (named.hardware if named else None) or "–"),
        ]
        if not self._values:
            for place in range(len(facts)):
                row, column = divmod(place, 4)
                value = style.text("")
                value.setWordWrap(False)
                value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._values.append(value)
                self._facts.addWidget(style.faint(facts[place][0], style.Size.SMALL), row, column * 2)
                self._facts.addWidget(value, row, column * 2 + 1)
            self._facts.setColumnStretch(8, 1)
        for label, (name, value_text) in zip(self._values, facts, strict=True):
            label.setText(value_text)
            label.setAccessibleName(f"{name}: {value_text}")

    def _show_tables(self, shown: Shown) -> None:
        days = {day_words(one.at) for one in shown.told}
        self.story.show_rows(
            [
                (
                    time_words(one.at)[:10] + " " + second_words(one.at) if len(days) > 1 else second_words(one.at),
                    str(one.slot) if one.slot is not None else "",
                    one.text,
                    # Only what ends an attempt, and what went wrong: a column of ticks says nothing.
                    (outcome_word(one.outcome), LOOKS[OUTCOME_MOODS[one.outcome]])
                    if one.outcome is not None and (one.closes or one.outcome is not Outcome.PASSED)
                    else "",
                    str(one.seq),
                )
                for one in shown.told
            ]
        )
        self.proofs.show_rows([(one,) for one in shown.proofs] or [(self.tr("Nothing yet."),)])
        view = self.tabs.widget(0)
        if isinstance(view, QTableView):
            view.setColumnWidth(0, self._around.theme().px(210 if len(days) > 1 else 100))
        self.steps.show_rows(
            [
                (
                    str(attempt.number or number),
                    words.step(step.name),
                    (outcome_word(step.outcome), LOOKS[OUTCOME_MOODS[step.outcome]]),
                    seconds_words(None if step.milliseconds is None else step.milliseconds / 1000),
                    str(step.tries),
                    _observed(step.results, [one.text() for one in step.measurements], step.fault),
                )
                for number, attempt in enumerate(shown.record.attempts, 1)
                for step in attempt.steps
            ]
        )
        self.left.show_rows(
            [
                (
                    time_words(one.at),
                    one.by,
                    one.what,
                    one.form,
                    ", ".join(one.sha256) or self.tr("no file was written"),
                )
                for one in reversed(shown.left)
            ]
        )
        certificates = sorted(shown.record.certificates, key=lambda one: one.state != "active")
        rows: list[tuple[str, str]] = []
        for one in certificates:
            facts = certificate_facts(one)
            rows += [("", "")] if rows else []
            rows += [certificate_fact(name, text) for name, text in facts]
        for handed in find_handed(shown.record):
            if handed.kind is not CredentialKind.CERTIFICATE:
                rows += ([("", "")] if rows else []) + handed_facts(handed)
        self._certificate.show_rows(rows or [(self.tr("Certificate"), self.tr("The unit has none yet."))])
        active = shown.record.active
        self.pem.setPlainText(certificate_pem(active) if active is not None else "")

    def _fail(self, error: BaseException) -> None:
        self._around.say(getattr(error, "code", ""), getattr(error, "sentence", str(error)))

    def _want(self, signal: SignalInstance) -> None:
        if self.shown is not None:
            signal.emit(self.shown.record.unit)

    def _copy_id(self) -> None:
        if self.shown is not None:
            _copy(self.shown.record.unit.device_id)


_ELSEWHERE = frozenset({"keygen", "csr", "access_key", "measurements", "name", "reason"}) | TOKENS
"""Results that have a place of their own, or are no text for people."""


def _observed(results: dict[str, object], measured: list[str], fault: object) -> str:
    said = [f"{getattr(fault, 'code', '')} {getattr(fault, 'sentence', '')}"] if fault is not None else []
    said += measured
    for key, value in results.items():
        if key in _ELSEWHERE or value in (None, "", [], {}):
            continue
        if isinstance(value, str | int | float):
            text = number_text(value) if isinstance(value, float) else str(value)
            said.append(f"{key.replace('_', ' ')}: {text}")
    return "; ".join(said)


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
