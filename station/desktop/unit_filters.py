"""What somebody looks for: a text and chips, each choice at once a question to the journal."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from PySide6.QtCore import QDate, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.chips import ChipRow
from station.desktop.named import gathering, named
from station.desktop.record_words import CLOUD_LOOKS, OUTCOME_MOODS, cloud_word, local_midnight, outcome_word
from station.desktop.theme import LOOKS, Theme
from station.domain.ids import BatchId
from station.domain.line import CloudState, Outcome
from station.journal.spans import Span
from station.journal.unit_search import Wanted


class Days(StrEnum):
    """Spans that are asked for often."""

    ALL = "all"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"
    MONTH = "month"
    BETWEEN = "between"


def span_of(days: Days, now: datetime, first: QDate, last: QDate) -> Span:
    """Return the span that is meant, by this PC's days. Pure but for the time zone."""
    match days:
        case Days.ALL:
            return Span()
        case Days.TODAY:
            return Span(local_midnight(now))
        case Days.YESTERDAY:
            return Span(local_midnight(now, -1), local_midnight(now))
        case Days.WEEK:
            return Span(local_midnight(now, -6))
        case Days.MONTH:
            return Span(local_midnight(now, -29))
        case Days.BETWEEN:
            return Span(_midnight(first, 0), _midnight(last, 1))


def _midnight(day: QDate, later: int) -> datetime:
    noon = datetime(day.year(), day.month(), day.day(), 12, tzinfo=UTC).replace(tzinfo=None).astimezone()
    return local_midnight(noon, later)


class UnitFilters(QWidget):
    """The search field and its chips.

    ``wanted_changed`` comes with the first key at once, and for what follows sooner than a hand types (a scanner's
    keys) as soon as that rests.
    """

    wanted_changed = Signal()
    accepted = Signal()
    """Return or the arrow down was pressed in the search field."""

    def __init__(self, theme: Theme, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self.search = named(QLineEdit(), "unit-search")
        self.search.setPlaceholderText(
            self.tr("Search: the beginning of a device ID, IMEI, UUID, board serial or certificate serial")
        )
        self.search.setAccessibleName(self.tr("Search for units"))
        self.search.setClearButtonEnabled(True)
        self.product, self.batch, self.days = QComboBox(), QComboBox(), QComboBox()
        self.first, self.last = style.indented(QDateEdit()), style.indented(QDateEdit())
        self.clear_all = named(QPushButton(self.tr("Clear")), "filter-clear")
        self.clear_all.setAccessibleName(self.tr("Clear all filters"))
        outcomes: list[Outcome | None] = [*Outcome, None]
        self.outcomes = ChipRow[Outcome | None](
            self.tr("Outcome"), [(one, outcome_word(one), LOOKS[OUTCOME_MOODS[one]]) for one in outcomes], theme
        )
        self.clouds = ChipRow[CloudState](
            self.tr("Cloud"),
            [(one, cloud_word(one), CLOUD_LOOKS[one]) for one in CloudState if one is not CloudState.NONE],
            theme,
        )
        self._timer = gathering(self, 25)
        self._more = False
        self._prepare(theme)
        self._lay_out(theme.px(8))
        self._connect()

    def wanted(self) -> Wanted:
        """Return what is looked for now."""
        return Wanted(
            text=self.search.text(),
            outcomes=self.outcomes.chosen(),
            clouds=self.clouds.chosen(),
            product=self.product.currentData() or "",
            batch=BatchId(self.batch.currentData()) if self.batch.currentData() else None,
            span=span_of(Days(self.days.currentData()), self._now(), self.first.date(), self.last.date()),
        )

    def filtered(self) -> bool:
        """Return whether anything but everything is looked for."""
        return self.wanted() != Wanted()

    def offer(self, products: Sequence[str], batches: Sequence[str]) -> None:
        """Offer these products and batches; what is chosen stays chosen."""
        for box, first, names in (
            (self.product, self.tr("All products"), products),
            (self.batch, self.tr("All batches"), batches),
        ):
            chosen = box.currentData()
            with QSignalBlocker(box):
                box.clear()
                box.addItem(first, "")
                for name in names:
                    box.addItem(name, name)
                place = box.findData(chosen) if chosen else 0
                if place < 0:
                    box.addItem(chosen, chosen)
                    place = box.count() - 1
                box.setCurrentIndex(place)

    def look_for(self, text: str) -> None:
        """Look for this alone, at once: a scan, or somebody's ID."""
        self.reset()
        self._timer.start()  # of what changes here nobody is told by itself
        self.search.setText(text)
        self._tell()

    def choose_batch(self, batch: str) -> None:
        """Look for this batch's units alone, at once."""
        self.reset()
        place = self.batch.findData(batch)
        if place < 0:
            self.batch.addItem(batch, batch)
            place = self.batch.count() - 1
        with QSignalBlocker(self.batch):
            self.batch.setCurrentIndex(place)
        self._tell()

    def reset(self) -> None:
        """Look for everything; nobody is told."""
        for widget in (self.search, self.product, self.batch, self.days):
            with QSignalBlocker(widget):
                if isinstance(widget, QLineEdit):
                    widget.clear()
                else:
                    widget.setCurrentIndex(0)
        self.outcomes.choose()
        self.clouds.choose()
        self._show_dates()

    def _prepare(self, theme: Theme) -> None:
        for box, key, words in (
            (self.product, "filter-product", self.tr("Product")),
            (self.batch, "filter-batch", self.tr("Batch")),
            (self.days, "filter-days", self.tr("Days")),
        ):
            box.setObjectName(key)
            box.setAccessibleName(words)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)
            box.setMaxVisibleItems(20)
        for value, words in (
            (Days.ALL, self.tr("Any day")),
            (Days.TODAY, self.tr("Today")),
            (Days.YESTERDAY, self.tr("Yesterday")),
            (Days.WEEK, self.tr("Last 7 days")),
            (Days.MONTH, self.tr("Last 30 days")),
            (Days.BETWEEN, self.tr("From … to …")),
        ):
            self.days.addItem(words, value.value)
        today = self._now().astimezone()
        for edit, key, words in (
            (self.first, "filter-first", self.tr("First day")),
            (self.last, "filter-last", self.tr("Last day")),
        ):
            edit.setObjectName(key)
            edit.setAccessibleName(words)
            edit.setDisplayFormat("yyyy-MM-dd")
            edit.setCalendarPopup(True)
            edit.setDate(QDate(today.year, today.month, today.day))
            edit.setFixedWidth(theme.px(140))
            edit.hide()
        self.offer((), ())

    def _lay_out(self, gap: int) -> None:
        top = QHBoxLayout()
        top.setSpacing(gap)
        top.addWidget(self.search, 1)
        top.addWidget(self.clear_all)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(gap)
        rows.addLayout(top)
        for chips, others in (
            (self.outcomes, (self.product, self.batch)),
            (self.clouds, (self.first, self.last, self.days)),
        ):
            row = QHBoxLayout()
            row.setSpacing(gap)
            row.addWidget(chips)
            row.addStretch()
            for widget in others:
                row.addWidget(widget)
            rows.addLayout(row)

    def _connect(self) -> None:
        self._timer.timeout.connect(self._rested)
        self.search.textChanged.connect(lambda _: self._change())
        self.search.returnPressed.connect(self.accepted)
        self.outcomes.when_changed(self._change)
        self.clouds.when_changed(self._change)
        for box in (self.product, self.batch, self.days):
            box.currentIndexChanged.connect(lambda _: self._change())
        self.days.currentIndexChanged.connect(lambda _: self._show_dates())
        for edit in (self.first, self.last):
            edit.dateChanged.connect(lambda _: self._change())
        self.clear_all.clicked.connect(self._clear)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _change(self) -> None:
        follows = self._timer.isActive()
        self._timer.start()
        if follows:
            self._more = True
        else:
            self.wanted_changed.emit()

    def _rested(self) -> None:
        if self._more:
            self._tell()

    def _tell(self) -> None:
        """Say at once what is wanted now, and not once more after a moment."""
        self._timer.stop()
        self._more = False
        self.wanted_changed.emit()

    def _show_dates(self) -> None:
        between = self.days.currentData() == Days.BETWEEN
        self.first.setVisible(between)
        self.last.setVisible(between)

    def _clear(self) -> None:
        self.reset()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self._tell()
