"""Uploads: what is on its way to the cloud and since when, what the cloud said, and what people decide about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from PySide6.QtCore import QEvent, QItemSelectionModel, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.chips import ChipRow
from station.desktop.grid import Grid, grid_view
from station.desktop.named import gathering, named
from station.desktop.pills import Pill
from station.desktop.record_words import (
    CLOUD_LOOKS,
    age_words,
    cloud_word,
    number_words,
    time_words,
    units_words,
)
from station.desktop.said import Said
from station.desktop.surroundings import Surroundings
from station.desktop.theme import LOOKS, Mood
from station.desktop.upload_words import Decision, decision_meaning, decision_word, may, way_words
from station.domain.ids import UnitId
from station.domain.line import CloudState
from station.engine.commands import Decide, UploadNow
from station.engine.pushes import AtLines, Changed, Happened, Welcome
from station.engine.results import Failed, Result
from station.journal.upload_queue import MOST, Queue, QueuedUnit, UploadQueue
from station.line.overdue import overdue_units, units_to_decide

_OPEN: Final = (CloudState.WAITING, CloudState.SENDING, CloudState.REFUSED, CloudState.UNKNOWN, CloudState.HELD)
_AFTER_S: Final = 3600.0
"""After how long an upload is overdue, where the station file names no cloud."""
_GATHER_MS: Final = 400
_TICK_MS: Final = 10_000
"""How often ages are written anew while the page is looked at."""


@dataclass(frozen=True, slots=True)
class _Read:
    queue: Queue
    overdue: frozenset[UnitId]
    elsewhere: frozenset[UnitId] = frozenset()
    """Of these, those whose upload is for another account than the station file's."""


class UploadsPage(QWidget):
    """Fulfils :class:`station.desktop.link.Page`."""

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("uploads-page")
        self._around = surroundings
        self._read = _Read(Queue({}, None, ()), frozenset())
        self._decision = Decision.SEND_AGAIN
        self._stale = True
        theme = surroundings.theme()
        self.age = style.title("–", style.Size.HEADLINE)
        self.age.setObjectName("uploads-age")
        self.about = style.faint("")
        self.mark = Pill(theme)
        self.states = ChipRow[CloudState](
            "", [(one, cloud_word(one), CLOUD_LOOKS[one]) for one in (*_OPEN, CloudState.ONBOARDED)], theme
        )
        self.states.choose(*_OPEN)
        self.send = style.primary(self.tr("Send now"))
        self.send.setObjectName("uploads-send")
        self._model = Grid(
            (
                self.tr("State"),
                self.tr("Device ID"),
                self.tr("Batch"),
                self.tr("Since"),
                self.tr("Tries"),
                self.tr("Next"),
                self.tr("The cloud's own words"),
            ),
            self,
        )
        self.table = grid_view(self._model, (150, 330, 140, 120, 60, 250, 0), theme, self.tr("Units in the outbox"))
        self.table.setObjectName("uploads-table")
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.status = style.faint("")
        self.status.setObjectName("uploads-status")
        self.reason = named(QLineEdit(), "uploads-reason")
        self.reason.setAccessibleName(self.tr("Reason"))
        self.reason.setPlaceholderText(self.tr("Reason: what you saw, or why"))
        self.said = Said(theme, 1)
        self.said.setObjectName("uploads-said")
        self.decide = style.primary("")
        self.decide.setObjectName("uploads-decide")
        self._buttons: dict[Decision, QPushButton] = {}
        self._gather = gathering(self, _GATHER_MS)
        self._tick = QTimer(self)
        self._lay_out(theme.px(12), theme.px(20))
        self._connect()

    # ---- what the window tells

    def welcome(self, welcome: Welcome) -> None:
        """Take everything as it is now."""
        self.send.setEnabled(True)
        self._renew()
        del welcome

    def changed(self, changed: Changed) -> None:
        """What the header counts is read from the journal here."""

    def happened(self, happened: Happened) -> None:
        """Take one event: the outbox may have changed."""
        if happened.about in ("uploads", "passed", "closed", "quarantined"):
            self._renew()

    def at_lines(self, lines: AtLines) -> None:
        """AT lines are not shown here."""

    def lost(self) -> None:
        """The engine is gone: nothing is sent and nothing can be decided."""
        self.send.setEnabled(False)

    # ---- what people do

    def read(self) -> None:
        """Read the outbox anew. Safe to repeat."""
        self._stale = False
        opened, states = self._around.opened, self.states.chosen() or frozenset(_OPEN)
        cloud = opened.value.cloud

        def queue() -> _Read:
            with UploadQueue(opened.value.data) as outbox, opened.records() as records:
                now = opened.clock.now()
                late = units_to_decide(records, now, cloud) if cloud else overdue_units(records, now, _AFTER_S)
                elsewhere = frozenset(unit for unit, one in late.items() if one.account)
                return _Read(outbox.read(states), frozenset(late), elsewhere)

        self._around.background.run(queue, self._take, self._fail, key=f"uploads-{id(self)}")

    def chosen(self) -> list[QueuedUnit]:
        """Return the selected units, top to bottom."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        return [self._read.queue.rows[row] for row in rows if row < len(self._read.queue.rows)]

    def choose_decision(self, name: str) -> None:
        """Prepare this decision about the selected units; it takes a reason and a press more."""
        self._decision = Decision(name)
        self._panel.show()
        self.said.clear()
        self._tell_decision()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() == Qt.Key.Key_Escape and self._panel.isVisible():
            self._close_panel()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        super().showEvent(event)
        self._tick.start(_TICK_MS)
        if self._stale:
            self.read()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 -- Qt's name
        self._tick.stop()
        super().hideEvent(event)

    # ---- how it lies

    def _lay_out(self, gap: int, edge: int) -> None:
        headline = QVBoxLayout()
        headline.setSpacing(0)
        headline.addWidget(style.faint(self.tr("Oldest unit that waits"), style.Size.SMALL))
        line = QHBoxLayout()
        line.setSpacing(gap)
        line.addWidget(self.age)
        line.addWidget(self.mark)
        line.addStretch()
        headline.addLayout(line)
        headline.addWidget(self.about)
        top = QHBoxLayout()
        top.addLayout(headline, 1)
        top.addWidget(self.send, 0, Qt.AlignmentFlag.AlignVCenter)
        bottom = QHBoxLayout()
        bottom.setSpacing(gap)
        bottom.addWidget(self.status, 1)
        self._copy = named(QPushButton(self.tr("Copy")), "uploads-copy")
        bottom.addWidget(self._copy)
        for decision in Decision:
            button = named(QPushButton(f"{decision_word(decision)}…"), f"uploads-{decision.value}")
            button.setAccessibleName(decision_word(decision))
            button.clicked.connect(lambda _=False, name=decision.value: self.choose_decision(name))
            self._buttons[decision] = button
            bottom.addWidget(button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(edge, gap, edge, gap)
        rows.setSpacing(gap)
        rows.addLayout(top)
        rows.addWidget(self.states, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addWidget(self.table, 1)
        rows.addWidget(self._decision_card(gap))
        rows.addLayout(bottom)

    def _decision_card(self, gap: int) -> QWidget:
        self._panel = style.card()
        self._panel.setObjectName("uploads-panel")
        self._meaning = style.text("")
        cancel = named(QPushButton(self.tr("Cancel")), "uploads-cancel")
        cancel.clicked.connect(self._close_panel)
        line = QHBoxLayout()
        line.setSpacing(gap)
        line.addWidget(self.reason, 1)
        line.addWidget(self.decide)
        line.addWidget(cancel)
        inside = QVBoxLayout(self._panel)
        inside.setContentsMargins(gap, gap, gap, gap)
        inside.setSpacing(gap // 2)
        inside.addWidget(self._meaning)
        inside.addLayout(line)
        inside.addWidget(self.said)
        self._panel.hide()
        return self._panel

    def _connect(self) -> None:
        self.states.when_changed(self.read)
        self.send.clicked.connect(self._send)
        self.decide.clicked.connect(self._ask)
        self.reason.returnPressed.connect(self._ask)
        self._copy.clicked.connect(self._copy_chosen)
        self._gather.timeout.connect(self.read)
        self._tick.timeout.connect(self.read)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._tell_chosen())
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy_chosen)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.PaletteChange:
            self.table.viewport().update()
        super().changeEvent(event)

    # ---- what comes back

    def _renew(self) -> None:
        self._stale = True
        if self.isVisible() and not self._gather.isActive():
            self._gather.start()

    def _take(self, read: _Read) -> None:
        was = {row.unit for row in self.chosen()}
        bar = self.table.verticalScrollBar().value()
        self._read = read
        now = self._around.opened.clock.now()
        self._model.show_rows(
            [
                (
                    (cloud_word(row.state), CLOUD_LOOKS[row.state]),
                    row.device_id,
                    row.batch,
                    age_words(now - row.since),
                    str(row.tries) if row.tries else "",
                    way_words(row, now, read.overdue, read.elsewhere),
                    row.reason,
                )
                for row in read.queue.rows
            ]
        )
        for place, row in enumerate(read.queue.rows):
            if row.unit in was:
                flags = QItemSelectionModel.SelectionFlag
                self.table.selectionModel().select(self._model.index(place, 0), flags.Select | flags.Rows)
        self.table.verticalScrollBar().setValue(bar)
        self._tell_headline(now)
        self._tell_chosen()

    def _tell_headline(self, now: datetime) -> None:
        queue = self._read.queue
        age = None if queue.oldest is None else now - queue.oldest
        self.age.setText(self.tr("Nothing waits") if age is None else age_words(age))
        cloud = self._around.opened.value.cloud
        limit = timedelta(seconds=cloud.overdue_after_s if cloud is not None else _AFTER_S)
        asked = sum(queue.counts.get(one, 0) for one in (CloudState.REFUSED, CloudState.UNKNOWN))
        if self._read.overdue or (age is not None and age > limit):
            self.mark.show_state(LOOKS[Mood.ERROR], self.tr("Too long"))
        elif asked:
            self.mark.show_state(LOOKS[Mood.ERROR], self.tr("Somebody decides"))
        elif queue.checks:
            self.mark.show_state(LOOKS[Mood.ERROR], self.tr("Look at a check"))
        else:
            self.mark.show_state(LOOKS[Mood.PASSED], self.tr("In order"))
        if cloud is None:
            self.about.setText(self.tr("The station file names no cloud: finished units wait here."))
        else:
            since = self.tr("waiting since {time}").format(time=time_words(queue.oldest)) if queue.oldest else ""
            said = self.tr("{count} to decide about").format(count=number_words(asked)) if asked else ""
            count = number_words(queue.reworks)
            again = self.tr("reworks declared, not begun: {count}").format(count=count) if queue.reworks else ""
            amiss = number_words(queue.checks)
            checks = self.tr("final checks not passed: {count}").format(count=amiss) if queue.checks else ""
            self.about.setText(" · ".join(filter(None, (since, said, checks, again))))
        for state, chip in self.states.chips.items():
            chip.setText(f"{cloud_word(state)} {number_words(queue.counts.get(state, 0))}")
            chip.setAccessibleName(chip.text())

    def _tell_chosen(self) -> None:
        chosen, queue = self.chosen(), self._read.queue
        states = self.states.chosen() or frozenset(_OPEN)
        whole = sum(count for state, count in queue.counts.items() if state in states)
        if chosen:
            self.status.setText(self.tr("{units} selected").format(units=units_words(len(chosen))))
        elif whole > MOST:
            self.status.setText(
                self.tr("The first {shown} of {units}").format(
                    shown=number_words(len(queue.rows)), units=units_words(whole)
                )
            )
        else:
            self.status.setText(units_words(whole))
        self._copy.setEnabled(bool(chosen))
        for decision, button in self._buttons.items():
            button.setEnabled(bool(chosen) and all(may(decision, row, self._read.overdue) for row in chosen))
        if self._panel.isVisible():
            self._tell_decision()

    def _tell_decision(self) -> None:
        chosen = self.chosen()
        self.decide.setText(decision_word(self._decision))
        self.decide.setAccessibleName(decision_word(self._decision))
        self._meaning.setText(f"{units_words(len(chosen))}: {decision_meaning(self._decision)}")
        self.decide.setEnabled(bool(chosen))

    def _ask(self) -> None:
        units, reason = tuple(row.device_id for row in self.chosen()), self.reason.text().strip()
        if not units:
            self.said.ask(self.tr("Select units first."))
            return
        if not reason:
            self.said.ask(self.tr("Say what you saw, or why."))
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.decide.setEnabled(False)
        self.said.busy(self.tr("Asking the engine."))
        command = Decide(units=units, decision=self._decision.value, reason=reason)
        self._around.link.ask(command, self._decided, self._refused)

    def _decided(self, _result: Result) -> None:
        self._close_panel()
        self.reason.clear()
        self.table.clearSelection()
        self.read()

    def _refused(self, failed: Failed) -> None:
        self.decide.setEnabled(True)
        self.said.failed(failed)
        self.read()

    def _send(self) -> None:
        self.send.setEnabled(False)

        def done(_result: Result) -> None:
            self.send.setEnabled(True)
            self.read()

        def failed(failed: Failed) -> None:
            self.send.setEnabled(True)
            self._around.say(failed.code, failed.sentence)

        self._around.link.ask(UploadNow(), done, failed)

    def _copy_chosen(self) -> None:
        lines = [
            "\t".join((row.device_id, row.batch, row.state.value, str(row.tries), row.request_id or "", row.reason))
            for row in self.chosen()
        ]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _close_panel(self) -> None:
        self._panel.hide()
        self.said.clear()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fail(self, error: BaseException) -> None:
        code = getattr(error, "code", "")
        if code == "JRN-106":
            self.age.setText(self.tr("Nothing waits"))
            self.status.setText(self.tr("No journal yet: it begins with the first batch."))
            return
        self._around.say(code, getattr(error, "sentence", str(error)))
