"""Quality: yield, faults, times by step and slot over a span of days, and the slots that differ, by a stated rule."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from station.desktop import style
from station.desktop.chips import ChipRow
from station.desktop.fault_words import say
from station.desktop.named import gathering, named
from station.desktop.pills import Pill
from station.desktop.record_words import local_midnight, number_words, seconds_words, share_words
from station.desktop.slot_rule import LEAST, SLOTS, Apart, Differs, slots_apart
from station.desktop.surroundings import Surroundings
from station.desktop.theme import LOOKS, Mood
from station.desktop.unit_table import Interest
from station.domain.faults import Cancelled
from station.engine.pushes import AtLines, Changed, Happened, Welcome
from station.journal.spans import Span
from station.journal.statistics import Choice, Figures, QuarterHour, Statistics

if TYPE_CHECKING:
    from station.desktop.quality_charts import Chart

_PERIODS: Final = {"day": 0, "week": 6, "month": 29, "quarter": 89, "all": None}
"""Days before today."""
_GATHER_MS: Final = 15_000
"""Figures are counted anew so long after an attempt ended, while they are looked at."""
_SENTENCES: Final = 3
"""Slots that are told of; more would say that the rule, or the line, is wrong."""


@dataclass(frozen=True, slots=True)
class _Counted:
    figures: Figures
    products: tuple[str, ...]
    seconds: float


class QualityPage(QWidget):
    """Fulfils :class:`station.desktop.link.Page`. Counts in the background; what was counted stays until then."""

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("quality-page")
        self._around = surroundings
        self._interest = Interest()
        self._counted: _Counted | None = None
        self._stale = True
        self.charts: dict[str, Chart] = {}
        theme = surroundings.theme()
        names = (
            ("day", self.tr("Today")),
            ("week", self.tr("7 days")),
            ("month", self.tr("30 days")),
            ("quarter", self.tr("90 days")),
            ("all", self.tr("All")),
        )
        self.periods = ChipRow[str]("", [(key, words, None) for key, words in names], theme, one=True)
        self.periods.choose("week")
        self.product = named(QComboBox(), "quality-product")
        self.product.setAccessibleName(self.tr("Product"))
        self.product.addItem(self.tr("All products"), "")
        self.status = style.faint("", style.Size.SMALL)
        self.status.setObjectName("quality-status")
        self._numbers: dict[str, QLabel] = {}
        self._gather = gathering(self, _GATHER_MS)
        self._lay_out(theme.px(12), theme.px(20))
        self.periods.when_changed(self.read)
        self.product.currentIndexChanged.connect(lambda _: self.read())
        self._gather.timeout.connect(self._renew)

    # ---- what the window tells

    def welcome(self, _welcome: Welcome) -> None:
        """Count anew: the journal may be another one."""
        self._stale = True
        self._renew()

    def changed(self, _changed: Changed) -> None:
        """What the tiles show ends up in the journal."""

    def happened(self, happened: Happened) -> None:
        """Take one event: the figures are behind now."""
        if happened.about in ("passed", "failed", "error", "aborted", "quarantined"):
            self._stale = True
            if self.isVisible() and not self._gather.isActive():
                self._gather.start()

    def at_lines(self, _lines: AtLines) -> None:
        """AT lines are not shown here."""

    def lost(self) -> None:
        """Figures come from the journal: they stay."""

    def read(self) -> None:
        """Count anew. Safe to repeat: what is being counted then is let go of."""
        self._interest.end()
        self._interest = interest = Interest()
        self._stale = False
        choice, data, clock = self.choice(), self._around.opened.value.data, self._around.opened.clock

        def count() -> _Counted | None:
            begun = clock.monotonic()
            try:
                with Statistics(data, interest.lasts) as statistics:
                    figures, products = statistics.figures(choice), statistics.products()
            except Cancelled:
                return None
            return _Counted(figures, tuple(products), clock.monotonic() - begun)

        self.status.setText(self.tr("Counting…"))
        self._around.background.run(count, self._take, self._fail, key=f"quality-{id(self)}", long=True)

    def choice(self) -> Choice:
        """Return what is counted: the product and the days that are chosen."""
        days = _PERIODS[next(iter(self.periods.chosen()), "week")]
        since = None if days is None else local_midnight(self._around.opened.clock.now(), -days)
        return Choice(self.product.currentData() or "", Span(since))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        super().showEvent(event)
        self._make_charts()
        self._renew()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.PaletteChange and self.charts:
            for chart in self.charts.values():
                chart.dress(self._around.theme())
            self._draw()
        super().changeEvent(event)

    # ---- how it lies

    def _lay_out(self, gap: int, edge: int) -> None:
        top = QHBoxLayout()
        top.setSpacing(gap)
        top.addWidget(self.periods)
        top.addWidget(self.product)
        top.addStretch()
        self.status.setWordWrap(False)
        top.addWidget(self.status)
        numbers = QHBoxLayout()
        numbers.setSpacing(gap)
        for key, words in (
            ("yield", self.tr("First-pass yield")),
            ("units", self.tr("First attempts")),
            ("attempts", self.tr("Attempts that ended")),
            ("time", self.tr("Middle cycle time")),
            ("fault", self.tr("Most frequent fault")),
        ):
            numbers.addWidget(self._number(key, words, gap), 1)
        self._grid = QGridLayout()
        self._grid.setSpacing(gap)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(edge, gap, edge, gap)
        rows.setSpacing(gap)
        rows.addLayout(top)
        rows.addLayout(numbers)
        rows.addLayout(self._grid, 1)
        rows.addWidget(self._apart_card(gap))

    def _number(self, key: str, words: str, gap: int) -> QFrame:
        card = style.card()
        rows = QVBoxLayout(card)
        rows.setContentsMargins(gap, gap // 2, gap, gap // 2)
        rows.setSpacing(0)
        label = style.title("–", style.Size.TITLE)
        label.setObjectName(f"quality-{key}")
        self._numbers[key] = label
        name = style.faint(words, style.Size.SMALL)
        name.setWordWrap(False)
        rows.addWidget(name)
        rows.addWidget(label)
        return card

    def _apart_card(self, gap: int) -> QFrame:
        card = style.card()
        card.setObjectName("quality-apart")
        self._verdict = Pill(self._around.theme(), 16)
        self._sentences = style.text("")
        self._sentences.setObjectName("quality-sentences")
        rule = style.faint(self.rule(), style.Size.SMALL)
        rule.setObjectName("quality-rule")
        line = QHBoxLayout()
        line.setSpacing(gap)
        line.addWidget(self._verdict, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._sentences, 1)
        rows = QVBoxLayout(card)
        rows.setContentsMargins(gap, gap // 2, gap, gap // 2)
        rows.setSpacing(gap // 3)
        rows.addLayout(line)
        rows.addWidget(rule)
        return card

    def _make_charts(self) -> None:
        if self.charts:
            return
        # Not before somebody looks: numpy and pyqtgraph would hold up the window's start.
        from station.desktop.quality_charts import Chart  # noqa: PLC0415 -- see above

        theme = self._around.theme()
        for place, (key, words) in enumerate(
            (
                ("yield", self.tr("First-pass yield over time")),
                ("faults", self.tr("Faults")),
                ("slots", self.tr("Cycle time by slot")),
                ("steps", self.tr("Cycle time by step")),
            )
        ):
            chart = Chart(words, f"chart-{key}", theme)
            self.charts[key] = chart
            self._grid.addWidget(chart, place // 2, place % 2)
        for track in (0, 1):
            self._grid.setColumnStretch(track, 1)
            self._grid.setRowStretch(track, 1)

    # ---- what comes back

    def _renew(self) -> None:
        if self._stale and self.isVisible():
            self.read()

    def _take(self, counted: _Counted | None) -> None:
        if counted is None:
            return
        self._counted = counted
        chosen = self.product.currentData()
        with QSignalBlocker(self.product):
            self.product.clear()
            self.product.addItem(self.tr("All products"), "")
            for name in counted.products:
                self.product.addItem(name, name)
            self.product.setCurrentIndex(max(0, self.product.findData(chosen)))
        self.status.setText(
            self.tr("Counted in {seconds}; the line was not held up").format(seconds=seconds_words(counted.seconds))
        )
        self._tell_numbers(counted.figures)
        self._draw()

    def _tell_numbers(self, figures: Figures) -> None:
        share = figures.first_passed / figures.first_total if figures.first_total else None
        timed = [one.seconds for one in figures.slots if one.seconds is not None]
        middle = _weighted_middle([(one.middle, one.count) for one in timed])
        most = figures.faults[0] if figures.faults else None
        for key, words in (
            ("yield", share_words(share)),
            ("units", number_words(figures.first_total)),
            ("attempts", number_words(figures.attempts)),
            ("time", seconds_words(middle)),
            ("fault", f"{most.code} ({number_words(most.count)})" if most else self.tr("None")),
        ):
            self._numbers[key].setText(words)
        self._numbers["fault"].setToolTip(say(most.code, most.sentence) if most else "")

    def _draw(self) -> None:
        if self._counted is None or not self.charts:
            return
        from station.desktop.quality_charts import (  # noqa: PLC0415 -- as in _make_charts
            draw_faults,
            draw_slots,
            draw_steps,
            draw_yield,
        )

        figures = self._counted.figures
        apart = slots_apart(figures.slots)
        marks: dict[int, list[str]] = {}
        for one in apart:
            marks.setdefault(one.slot, []).append(self._mark(one))
        draw_yield(self.charts["yield"], folded(figures.quarters))
        draw_faults(self.charts["faults"], figures.faults)
        draw_slots(self.charts["slots"], figures.slots, {slot: ", ".join(words) for slot, words in marks.items()})
        draw_steps(self.charts["steps"], figures.steps, figures.sample)
        self._tell_apart(apart, figures)

    def _tell_apart(self, apart: Sequence[Apart], figures: Figures) -> None:
        judged = sum(
            1 for one in figures.slots if max(one.first_total, one.seconds.count if one.seconds else 0) >= LEAST
        )
        if apart:
            self._verdict.show_state(LOOKS[Mood.ERROR], self.tr("Slots differ"))
            said = " ".join(self._sentence(one) for one in apart[:_SENTENCES])
            if len(apart) > _SENTENCES:
                said += " " + self.tr("And {count} more.").format(count=len(apart) - _SENTENCES)
            self._sentences.setText(said)
        elif judged < SLOTS:
            self._verdict.show_state(LOOKS[Mood.EMPTY], self.tr("Too few to judge"))
            self._sentences.setText("")
        else:
            self._verdict.show_state(LOOKS[Mood.PASSED], self.tr("Slots agree"))
            self._sentences.setText("")

    def rule(self) -> str:
        """Return the rule by which slots are told to differ, as it stands on the page."""
        return self.tr(
            "A slot differs when its middle cycle time lies more than 3 times the others' usual distance from the "
            "others' middle (1.48 × median distance, at least 2 % of it), or when its first-pass yield is lower than "
            "the others' middle by more than 3 standard errors and 2 points. Judged from {least} attempts a slot and "
            "{slots} slots on."
        ).format(least=LEAST, slots=SLOTS)

    def _mark(self, one: Apart) -> str:
        match one.differs:
            case Differs.SLOWER:
                return self.tr("slower")
            case Differs.FASTER:
                return self.tr("faster")
            case Differs.LOWER_YIELD:
                return self.tr("lower yield")

    def _sentence(self, one: Apart) -> str:
        match one.differs:
            case Differs.SLOWER:
                text = self.tr("Slot {slot} is slower: {own}, the others {others}.")
            case Differs.FASTER:
                text = self.tr("Slot {slot} is faster: {own}, the others {others}.")
            case Differs.LOWER_YIELD:
                text = self.tr("Slot {slot} has a lower first-pass yield: {own}, the others {others}.")
        tell: Callable[[float], str] = share_words if one.differs is Differs.LOWER_YIELD else seconds_words
        return text.format(slot=one.slot, own=tell(one.own), others=tell(one.others))

    def _fail(self, error: BaseException) -> None:
        code = getattr(error, "code", "")
        if code == "JRN-106":
            self.status.setText(self.tr("No journal yet: it begins with the first batch."))
            return
        self.status.setText("")
        self._around.say(code, getattr(error, "sentence", str(error)))


def folded(quarters: Sequence[QuarterHour]) -> list[tuple[str, int, int]]:
    """Return first attempts by hours, days or weeks of this PC's time zone, as many points as can be read. Pure."""
    if not quarters:
        return []
    length = quarters[-1].at - quarters[0].at
    if length <= timedelta(hours=36):
        form = "%H:00"
    elif length <= timedelta(days=62):
        form = "%m-%d"
    else:
        form = "%G-W%V"
    passed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one in quarters:
        key = one.at.astimezone().strftime(form)
        passed[key] += one.passed
        total[key] += one.total
    return [(key, passed[key], total[key]) for key in total]


def _weighted_middle(values: Sequence[tuple[float, int]]) -> float | None:
    """Return the middle of the slots' middles, each counted as often as attempts stand behind it."""
    half, passed = sum(count for _, count in values) / 2, 0
    for value, count in sorted(values):
        passed += count
        if passed >= half:
            return value
    return None
