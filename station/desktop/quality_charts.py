"""The four drawings of the quality page. Each says the same in words to a screen reader, and none needs its colours."""

from collections.abc import Sequence
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QVBoxLayout, QWidget

from station.desktop import style, words
from station.desktop.fault_words import say
from station.desktop.fonts import text_font
from station.desktop.record_words import number_words, seconds_words, share_words
from station.desktop.shapes import draw_shape
from station.desktop.theme import LOOKS, Mood, Shape, Theme
from station.journal.statistics import FaultShare, SlotFigures, StepTime

translate = QCoreApplication.translate

FAULTS: Final = 8
"""Faults that are drawn: the rest hardly matters, and its sum is told."""


class ShapeItem(QGraphicsItem):
    """A drawn shape at a point of a chart, of the same size whatever the chart's scale."""

    def __init__(self, shape: Shape, ink: QColor, side: float) -> None:
        super().__init__()
        self._shape, self._ink, self._side = shape, ink, side
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(20)

    def boundingRect(self) -> QRectF:  # noqa: N802 -- Qt's name
        # Above its point, not over it.
        return QRectF(-self._side / 2, -self._side * 1.2, self._side, self._side)

    def paint(self, painter: QPainter, _option: object, _widget: QWidget | None = None) -> None:
        draw_shape(painter, self._shape, self.boundingRect(), self._ink)


class Chart(QWidget):
    """A card with a heading and a drawing; nothing in it moves under the mouse."""

    def __init__(self, words: str, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._words, self.theme = words, theme
        self.title = style.title(words, style.Size.TEXT)
        self.note = style.faint("", style.Size.SMALL)
        self.note.setWordWrap(False)
        self.plot: Any = pg.PlotWidget(background=None)
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(False, False)
        self.plot.hideButtons()
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
        card = style.card()
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(card)
        gap = theme.px(10)
        rows = QVBoxLayout(card)
        rows.setContentsMargins(gap, gap // 2, gap, gap // 2)
        rows.setSpacing(0)
        rows.addWidget(self.title)
        rows.addWidget(self.note)
        rows.addWidget(self.plot, 1)
        self.setMinimumHeight(theme.px(170))
        self.dress(theme)
        self.begin("", ())

    def dress(self, theme: Theme) -> None:
        """Take these colours; what is drawn next has them."""
        self.theme = theme
        self._font = text_font(theme.px(14))
        self.plot.setBackground(theme.card)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.rule))
            axis.setTextPen(pg.mkPen(theme.ink))
            axis.setTickPen(pg.mkPen(theme.rule))
            axis.setStyle(tickFont=self._font, tickLength=-theme.px(4), autoExpandTextSpace=True)

    def begin(self, note: str, told: Sequence[str]) -> None:
        """Wipe the drawing; ``told`` is what it shows, in words."""
        self.plot.clear()
        for side in ("left", "bottom"):
            self.plot.hideAxis(side)
        self.note.setText(note)
        self.setAccessibleName(self._words)
        self.setAccessibleDescription("; ".join(told) or note)
        self.plot.setAccessibleName(self._words)
        self.plot.setAccessibleDescription(self.accessibleDescription())
        self.plot.setToolTip("\n".join(told))

    def show_axes(self) -> None:
        """Show both axes: there is something to be read off."""
        for side in ("left", "bottom"):
            self.plot.showAxis(side)

    def put(self, x: float, y: float, words: str, anchor: tuple[float, float] = (0, 0.5)) -> None:
        """Write ``words`` at a point."""
        item = pg.TextItem(words, color=self.theme.ink, anchor=anchor)
        item.setFont(self._font)
        item.setPos(x, y)
        self.plot.addItem(item, ignoreBounds=True)

    def bars_across(self, values: Sequence[float], names: Sequence[str], ink: QColor) -> None:
        """Draw bars that lie, first on top, each with its name at the left."""
        places = list(range(len(values)))
        self.plot.addItem(
            pg.BarGraphItem(x0=0, y=places, width=list(values), height=0.62, brush=ink, pen=pg.mkPen(None))
        )
        self.plot.getAxis("left").setTicks([list(zip(places, names, strict=True))])
        self.plot.getAxis("left").setStyle(tickLength=0)
        self.plot.showAxis("left")  # and none below: each value is written beside its bar
        self.plot.invertY(True)
        self.plot.setXRange(0, max([*values, 1e-9]) * 1.45, padding=0)
        self.plot.setYRange(-0.6, max(len(values), 4) - 0.4, padding=0)


def draw_yield(chart: Chart, points: Sequence[tuple[str, int, int]]) -> None:
    """Draw first-pass yield over time: ``(when, passed, total)``, oldest first."""
    told = [f"{when}: {share_words(good / total)}, {good} / {total}" for when, good, total in points]
    theme = chart.theme
    chart.begin(translate("Chart", "Share of first attempts that passed; grey: how many there were"), told)
    if not points:
        return
    shares = [good / total * 100 for _, good, total in points]
    places = list(range(len(points)))
    low = max(0.0, min(shares) - 4)
    most = max(total for _, _, total in points)
    # How many units a point rests on: a low point of three units is no trend.
    heights = [total / most * (100 - low) * 0.28 for _, _, total in points]
    chart.plot.addItem(
        pg.BarGraphItem(x=places, y0=low, height=heights, width=0.62, brush=theme.rule, pen=pg.mkPen(None))
    )
    line = pg.mkPen(theme.accent, width=theme.px(2.5))
    dots = {"symbol": "o", "symbolSize": theme.px(8), "symbolBrush": theme.accent, "symbolPen": None}
    item = pg.PlotDataItem(places, shares, pen=line, antialias=True, **(dots if len(points) <= 70 else {}))
    chart.plot.addItem(item)
    step = max(1, -(-len(points) // 7))
    chart.plot.getAxis("bottom").setTicks([[(n, points[n][0]) for n in range(0, len(points), step)]])
    ticks = _ticks(low, 100.0)
    chart.plot.getAxis("left").setTicks([[(one, f"{one:g} %") for one in ticks]])
    chart.show_axes()
    chart.plot.setXRange(-0.6, len(points) - 0.4, padding=0)
    chart.plot.setYRange(low, 100.8, padding=0)


def draw_faults(chart: Chart, faults: Sequence[FaultShare]) -> None:
    """Draw the Pareto of faults: how many attempts each ended, and what it and those above it come to."""
    total, sofar = sum(one.count for one in faults), 0
    told, words = [], []
    for one in faults:
        sofar += one.count
        words.append(f"{number_words(one.count)}  ·  Σ {sofar / total * 100:.0f} %")
        share = share_words(one.count / total)
        told.append(f"{one.code}: {number_words(one.count)} ({share}). {say(one.code, one.sentence)}")
    rest = len(faults) - FAULTS
    more = translate("Chart", "; {count} rarer ones not drawn").format(count=rest) if rest > 0 else ""
    chart.begin(translate("Chart", "Attempts that each fault ended, Σ with those above it") + more, told)
    if not faults:
        chart.note.setText(translate("Chart", "No attempt ended with a fault"))
    shown = list(faults)[:FAULTS]
    ink = QColor(LOOKS[Mood.FAILED].paper)
    chart.bars_across([one.count for one in shown], [one.code for one in shown], ink)
    for place, one in enumerate(shown):
        chart.put(one.count, place, words[place])


def draw_slots(chart: Chart, slots: Sequence[SlotFigures], marks: dict[int, str]) -> None:
    """Draw each slot's middle half of cycle times with its middle; ``marks`` are words for those that differ."""
    timed = [one for one in slots if one.seconds is not None]
    theme = chart.theme
    told = [
        f"{one.slot}: {seconds_words(one.seconds.middle)}, {share_words(one.first_pass)}"
        + (f", {marks[one.slot]}" if one.slot in marks else "")
        for one in timed
        if one.seconds is not None
    ]
    chart.begin(translate("Chart", "Seconds of attempts that passed: middle half, and the middle as a line"), told)
    if not timed:
        return
    boxes = [(n, one.seconds) for n, one in enumerate(timed) if one.seconds is not None]
    edge = QColor(LOOKS[Mood.ERROR].paper)
    for place, seconds in boxes:
        differs = timed[place].slot in marks
        chart.plot.addItem(
            pg.BarGraphItem(
                x=[place],
                y0=[seconds.lower],
                height=[max(seconds.upper - seconds.lower, seconds.middle * 0.004)],
                width=0.62,
                brush=edge if differs else theme.rule,
                pen=pg.mkPen(theme.ink if differs else theme.faint, width=1),
            )
        )
        middle = pg.mkPen(theme.ink, width=theme.px(3))
        chart.plot.addItem(pg.PlotDataItem([place - 0.31, place + 0.31], [seconds.middle] * 2, pen=middle))
        if differs:
            item = ShapeItem(Shape.BANG, theme.ink, theme.px(20))
            item.setPos(place, seconds.upper)
            chart.plot.addItem(item, ignoreBounds=True)
            chart.put(place, seconds.upper, marks[timed[place].slot], anchor=(0.5, 2.1))
    low, high = min(one.lower for _, one in boxes), max(one.upper for _, one in boxes)
    room = max(high - low, high * 0.08)
    step = 1 if len(timed) <= 16 else 2
    ticks = [(n, str(one.slot)) for n, one in enumerate(timed) if n % step == 0]
    chart.plot.getAxis("bottom").setTicks([ticks])
    low, high = max(0.0, low - room * 0.25), high + room * 0.6
    chart.plot.getAxis("left").setTicks([[(one, f"{one:g} s") for one in _ticks(low, high - room * 0.15)]])
    chart.show_axes()
    chart.plot.setXRange(-0.6, len(timed) - 0.4, padding=0)
    chart.plot.setYRange(low, high, padding=0)


def draw_steps(chart: Chart, steps: Sequence[StepTime], sample: int) -> None:
    """Draw the middle time of each step, in the recipe's order."""
    names = [words.step(one.name) for one in steps]
    told = [
        f"{name}: {seconds_words(one.seconds.middle)}, 95 %: {seconds_words(one.seconds.p95)}"
        for name, one in zip(names, steps, strict=True)
    ]
    note = translate(
        "Chart", "Middle of the newest {count} attempts that passed; in brackets what 95 of 100 keep"
    ).format(count=number_words(sample))
    chart.begin(note, told)
    ink = chart.theme.accent
    chart.bars_across([one.seconds.middle for one in steps], names, ink)
    for place, one in enumerate(steps):
        chart.put(one.seconds.middle, place, f"{seconds_words(one.seconds.middle)}  ({seconds_words(one.seconds.p95)})")


def _ticks(low: float, high: float) -> list[float]:
    """Return round values between the two, three to six of them."""
    for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000):
        if (high - low) / step <= 5:
            first = -(-low // step)
            return [round((first + n) * step, 3) for n in range(int((high - first * step) / step) + 1)]
    return [low, high]
