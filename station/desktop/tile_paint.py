"""How a tile is drawn: everything is decided and fitted before, here it is only put on the screen."""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QRegion

from station.desktop.fonts import state_font, text_font
from station.desktop.shapes import draw_shape
from station.desktop.theme import Look
from station.desktop.tile_geometry import LEAST_SMALL, Geometry
from station.desktop.tile_lines import Details

_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Band:
    """What stands at a tile's foot. ``look``: another state's; None: the tile's own, turned round or (calm) plain."""

    area: QRectF
    text: str
    look: Look | None
    calm: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A tile as it is drawn next. ``below``: how far the word's ink reaches below its line; ``share``: the bar's."""

    areas: Geometry
    look: Look
    number: str
    word: str
    below: float
    time: tuple[str, str]
    share: float | None
    details: Details
    band: Band | None


@dataclass(frozen=True, slots=True)
class Frame:
    """What lies around and over the card. ``ring``: the focus, or that the next label goes here."""

    window: QColor
    ring: QColor | None
    over: bool
    stale: bool


def paint_tile(painter: QPainter, picture: Picture, frame: Frame, part: QRegion) -> None:
    """Draw what of the tile lies in ``part``: a bar that grows or a clock that ticks draws no letters anew."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    areas, look = picture.areas, picture.look
    ink, paper = QColor(look.ink), QColor(look.paper)
    _card(painter, areas.card, paper, frame)
    if part.intersects(areas.number.united(areas.shape).united(areas.word).toAlignedRect()):
        _big(painter, picture, ink)
    if part.intersects(areas.time.toAlignedRect()):
        _time(painter, picture, ink)
    if picture.share is not None:
        _bar(painter, areas.bar, picture.share, ink)
    painter.setPen(ink)
    if part.intersects(picture.details.area.toAlignedRect()):
        for number in range(len(picture.details.lines)):
            _line(painter, picture.details, number)
    if picture.band is not None and part.intersects(areas.band.toAlignedRect()):
        _band(painter, picture.band, areas.small, ink, paper)
    if frame.stale:
        hatch = QColor(frame.window)
        hatch.setAlpha(190)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(hatch, Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(areas.card, 6, 6)


def _card(painter: QPainter, card: QRectF, paper: QColor, frame: Frame) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    if frame.ring is not None:
        painter.setBrush(frame.ring)
        outer, inner = card.left(), card.left() / 3  # the card lies that far within the tile
        painter.drawRoundedRect(card.adjusted(-outer, -outer, outer, outer), 6 + outer, 6 + outer)
        painter.setBrush(frame.window)
        painter.drawRoundedRect(card.adjusted(-inner, -inner, inner, inner), 6 + inner, 6 + inner)
    painter.setBrush(paper.lighter(104) if frame.over else paper)
    painter.drawRoundedRect(card, 6, 6)


def _big(painter: QPainter, picture: Picture, ink: QColor) -> None:
    areas = picture.areas
    painter.setPen(ink)
    painter.setFont(state_font(areas.big))
    painter.drawText(QPointF(areas.number.left(), areas.number.bottom()), picture.number)
    draw_shape(painter, picture.look.shape, areas.shape, ink)
    wide = QFontMetricsF(painter.font()).horizontalAdvance(picture.word)
    painter.save()
    painter.translate(areas.word.left(), areas.word.bottom() - picture.below * areas.big)
    if wide > areas.word.width() > 0:
        # A long word of another language keeps its height, which is what can be read from afar.
        painter.scale(areas.word.width() / wide, 1.0)
    painter.drawText(QPointF(0, 0), picture.word)
    painter.restore()


def _time(painter: QPainter, picture: Picture, ink: QColor) -> None:
    areas, (taken, expected) = picture.areas, picture.time
    painter.setPen(ink)
    painter.setFont(text_font(areas.small, bold=True))
    upper = QRectF(areas.time.left(), areas.time.top(), areas.time.width(), areas.time.height() / 2)
    painter.drawText(upper, _RIGHT, taken)
    least = math.ceil(LEAST_SMALL / painter.device().devicePixelRatioF())
    painter.setFont(text_font(max(least, round(areas.small * 0.85))))
    painter.drawText(upper.translated(0, areas.time.height() / 2), _RIGHT, expected)


def _bar(painter: QPainter, bar: QRectF, share: float, ink: QColor) -> None:
    faint = QColor(ink)
    faint.setAlpha(60)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint)
    round_by = bar.height() / 2
    painter.drawRoundedRect(bar, round_by, round_by)
    if share > 0:
        painter.setBrush(ink)
        grown = QRectF(bar)
        grown.setWidth(max(bar.height(), bar.width() * share))
        painter.drawRoundedRect(grown, round_by, round_by)


def _line(painter: QPainter, details: Details, number: int) -> None:
    line, area = details.lines[number], details.area
    box = QRectF(area.left(), area.top() + number * details.row, area.width(), details.row)
    if line.code:
        painter.setFont(text_font(details.letters, bold=True))
        painter.drawText(box, _LEFT, line.code)
        box.setLeft(box.left() + QFontMetricsF(painter.font()).horizontalAdvance(line.code + " "))
    painter.setFont(text_font(details.letters, bold=line.bold))
    painter.drawText(box, _LEFT, line.rest)


def _band(painter: QPainter, band: Band, small: int, ink: QColor, paper: QColor) -> None:
    text = band_text_area(band.area, small, other=band.look is not None, calm=band.calm)
    if band.calm:
        front = ink
    else:
        back, front = (QColor(band.look.paper), QColor(band.look.ink)) if band.look else (ink, paper)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(back)
        painter.drawRoundedRect(band.area, 4, 4)
    if band.look is not None:
        mark = QRectF(band.area.left() + small * 0.4, band.area.top(), band.area.height() * 0.7, band.area.height())
        draw_shape(painter, band.look.shape, mark, front)
    painter.setFont(text_font(small, bold=True))
    painter.setPen(front)
    painter.drawText(text, _LEFT, band.text)


def band_text_area(area: QRectF, small: int, *, other: bool, calm: bool) -> QRectF:
    """Return where a band's text lies: behind its shape, where it is another state's. Pure."""
    if calm:
        return area
    left = small * 0.7 + area.height() * 0.7 if other else small * 0.4
    return area.adjusted(left, 0, -small * 0.4, 0)
