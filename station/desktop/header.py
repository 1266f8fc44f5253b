"""The top 64 pixels: which batch, how far, how good, what waits for the cloud, who is here, whether the line lives."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from station.desktop import style, words
from station.desktop.fonts import text_font
from station.desktop.line_bar import FittedLabel
from station.desktop.pills import Pill
from station.desktop.shapes import ShapeMark
from station.desktop.theme import LOOKS, Look, Mood, Shape, Theme
from station.domain.line import CloudState, Outcome
from station.engine.pushes import Header
from station.engine.results import Person

HEIGHT: Final = 64
_PERSON: Final = 190
"""As wide is the button with a person's name, whoever is here: the figures beside it don't move."""
_BESIDE: Final = 20
"""What a button leaves left and right of its text, and a little."""
_SOON: Final = 60.0
"""Seconds before somebody is signed out, from which on the window says so."""
_WAITING: Final = (CloudState.WAITING, CloudState.SENDING)
_DECIDED_BY_PEOPLE: Final = (CloudState.REFUSED, CloudState.UNKNOWN)

_RUN_MOODS: Final = {
    "idle": Mood.STOPPED,
    "arming": Mood.RUNNING,
    "running": Mood.RUNNING,
    "paused": Mood.STOPPED,
    "stopping": Mood.ABORTED,
    "closing": Mood.RUNNING,
}


class Figure(QWidget):
    """A number with what it counts below it, always as wide."""

    def __init__(self, theme: Theme, wide: float, shape: Shape | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = QLabel("–")
        self._number.setFont(text_font(theme.px(24), bold=True))
        self._caption = style.faint("", style.Size.SMALL)
        self._caption.setWordWrap(False)
        self._mark = None if shape is None else ShapeMark(shape, theme.px(17))
        top = QHBoxLayout()
        top.setSpacing(theme.px(6))
        if self._mark is not None:
            top.addWidget(self._mark)
        top.addWidget(self._number)
        top.addStretch()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, theme.px(4), 0, theme.px(6))
        rows.setSpacing(0)
        rows.addLayout(top)
        rows.addWidget(self._caption)
        self.setFixedWidth(theme.px(wide))

    def show_number(self, text: str, caption: str) -> None:
        """Show this; to a screen reader as one."""
        self._number.setText(text)
        self._caption.setText(caption)
        self.setAccessibleName(f"{caption}: {text}")


_WIDE: Final = 1450
"""Pixels at 1920×1080 that all of it takes."""


class HeaderBar(QFrame):
    """The line in one row."""

    person_pressed = Signal()
    """Whoever is here wants to sign in, or out."""

    def __init__(self, theme: Callable[[], Theme], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self._theme = theme
        now = theme()
        self.setFixedHeight(now.px(HEIGHT))
        self._header = Header()
        self._person: Person | None = None
        self._idle: float | None = None
        self._now: datetime | None = None
        self._engine: tuple[Look, str] | None = None
        self._station = FittedLabel(lines=1)
        self._station.setFont(text_font(now.px(19), bold=True))
        self._line = FittedLabel(lines=1)
        self._line.setFont(text_font(now.px(15)))
        style.mark(self._line, style.Part.FAINT)
        self._batch = FittedLabel(lines=1)
        self._batch.setObjectName("header-batch")
        self._batch.setFont(text_font(now.px(19), bold=True))
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(now.px(8))
        self._progress_words = style.faint("", style.Size.SMALL)
        self._progress_words.setWordWrap(False)
        self._passed = Figure(now, 92, Shape.TICK)
        self._failed = Figure(now, 84, Shape.CROSS)
        self._first = Figure(now, 92)
        self._uploads = Figure(now, 168)
        self._state = Pill(now, 18)
        self._state.setObjectName("header-state")
        self._who = QPushButton()
        self._who.setObjectName("header-person")
        self._who.setFixedWidth(now.px(_PERSON))
        self._clock = QLabel()
        self._clock.setFont(text_font(now.px(22), bold=True))
        self._lay_out(now)
        self._who.clicked.connect(self.person_pressed)
        self._show()

    def show_header(self, header: Header) -> None:
        """Show the line as it is now."""
        self._header, self._engine = header, None
        self._show()

    def show_engine(self, look: Look, word: str) -> None:
        """Show that the engine itself is the news: it is looked for, or lost. Until the next header."""
        self._engine = (look, word)
        self._show()

    def show_person(self, person: Person | None) -> None:
        """Show who is signed in at this window."""
        self._person, self._idle = person, None
        self._show_person()

    def show_idle(self, seconds: float | None) -> None:
        """Say that somebody is about to be signed out."""
        self._idle = seconds
        self._show_person()

    def show_time(self, now: datetime) -> None:
        """Show the time of day here."""
        self._now = now
        self._show_figures(self._header)
        self._clock.setText(f"{now.astimezone():%H:%M}")
        self._clock.setAccessibleName(self._clock.text())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.LanguageChange:
            self._show()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 -- Qt's name
        """Leave the yield, which the quality page tells too, out of a window that is too narrow for all."""
        self._first.setVisible(self.width() >= self._theme().px(_WIDE))
        super().resizeEvent(event)

    def _lay_out(self, theme: Theme) -> None:
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addStretch()
        names.addWidget(self._station)
        names.addWidget(self._line)
        names.addStretch()
        batch = QVBoxLayout()
        batch.setSpacing(theme.px(2))
        batch.addStretch()
        batch.addWidget(self._batch)
        under = QHBoxLayout()
        under.setSpacing(theme.px(8))
        under.addWidget(self._progress, 1)
        under.addWidget(self._progress_words)
        batch.addLayout(under)
        batch.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(20), 0, theme.px(16), 0)
        row.setSpacing(theme.px(18))
        row.addLayout(names)
        row.addLayout(batch, 1)
        for figure in (self._passed, self._failed, self._first, self._uploads):
            row.addWidget(figure)
        # As wide as the longest word, so that nothing moves when the state does.
        place = QWidget()
        place.setFixedWidth(theme.px(168))
        inside = QHBoxLayout(place)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._state, 0, Qt.AlignmentFlag.AlignCenter)
        row.addWidget(place)
        row.addWidget(self._who)
        row.addWidget(self._clock)

    def _show(self) -> None:
        header = self._header
        self._station.show_text(header.station or self.tr("nRF91 station"))
        self._line.show_text(header.line)
        wanted = max(QFontMetrics(one.font()).horizontalAdvance(one.whole) + 2 for one in (self._station, self._line))
        for one in (self._station, self._line):
            one.setMinimumWidth(min(self._theme().px(230), max(self._theme().px(110), wanted)))
        if header.batch is None:
            self._batch.show_text(self.tr("No batch"))
            self._progress_words.setText(self.tr("Arm one on the Batch page (F2)."))
        else:
            self._batch.show_text(f"{header.batch} · {header.product}")
            self._progress_words.setText(
                self.tr("{done} of {quantity}").format(done=header.done, quantity=header.quantity)
            )
        self._progress.setVisible(header.batch is not None)
        self._progress.setMaximum(max(1, header.quantity))
        self._progress.setValue(min(header.done, max(1, header.quantity)))
        self._progress.setAccessibleName(self._progress_words.text())
        self._show_figures(header)
        look, word = self._engine or (
            LOOKS[_RUN_MOODS.get(header.run, Mood.RUNNING)],
            words.run_state(header.run),
        )
        self._state.show_state(look, word)
        self._show_person()

    def _show_figures(self, header: Header) -> None:
        bad = header.outcomes.get(Outcome.FAILED, 0) + header.outcomes.get(Outcome.QUARANTINED, 0)
        self._passed.show_number(str(header.outcomes.get(Outcome.PASSED, 0)), self.tr("passed"))
        self._failed.show_number(str(bad), self.tr("failed"))
        first = f"{header.first_passed / header.first_total:.0%}" if header.first_total else "–"
        self._first.show_number(first, self.tr("first pass"))
        waiting = sum(header.uploads.get(state, 0) for state in _WAITING)
        asked = sum(header.uploads.get(state, 0) for state in _DECIDED_BY_PEOPLE)
        caption = self.tr("for the cloud")
        if waiting and (old := self._age(header.oldest_waiting)):
            caption = self.tr("for the cloud, oldest {age}").format(age=old)
        elif asked:  # how many stands on the rail, too
            caption = self.tr("for the cloud, {number} to decide").format(number=asked)
        self._uploads.show_number(str(waiting), caption)

    def _age(self, since: str | None) -> str:
        """Return how long something has waited, "" for less than a minute."""
        minutes = int((self._now - datetime.fromisoformat(since)).total_seconds() // 60) if since and self._now else 0
        if minutes < 1:
            return ""
        if minutes < 60:
            return self.tr("{count} min").format(count=minutes)
        return (
            self.tr("{count} h").format(count=minutes // 60)
            if minutes < 2880
            else self.tr("{count} days").format(count=minutes // 1440)
        )

    def _show_person(self) -> None:
        person, idle = self._person, self._idle
        if person is None:
            text, name = self.tr("Sign in"), self.tr("Sign in")
        elif idle is not None and idle < _SOON:
            seconds = self.tr("{name} · {seconds} s").format(name="", seconds=int(idle))
            text = self.tr("{name} · {seconds} s").format(
                name=self._fitted(person.name or person.id, beside=seconds), seconds=int(idle)
            )
            name = self.tr("{name} is signed out in {seconds} seconds").format(
                name=person.name or person.id, seconds=int(idle)
            )
        else:
            text = self._fitted(person.name or person.id)
            name = self.tr("Sign out {name}").format(name=person.name or person.id)
        self._who.setText(text)
        self._who.setAccessibleName(name)
        roles = words.role_names(person.roles) if person is not None else ""
        tip = self.tr("{roles}. Press to sign out (F8).").format(roles=roles) if roles else "F8"
        whole = person.name or person.id if person is not None else ""
        self._who.setToolTip(f"{whole}\n{tip}".strip())

    def _fitted(self, name: str, *, beside: str = "") -> str:
        """Return as much of a name as the button has room for, an ellipsis behind what was cut."""
        metrics, theme = QFontMetrics(self._who.font()), self._theme()
        room = theme.px(_PERSON) - 2 * theme.px(_BESIDE) - metrics.horizontalAdvance(beside)
        return metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
