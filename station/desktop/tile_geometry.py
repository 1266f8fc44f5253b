"""Where everything lies on a tile: fixed areas for one size, so that nothing jumps when a state changes. Pure.

A technician reads slot number and state word from two metres: 46 real pixels are the least (16 minutes of arc on a
24-inch full-HD screen), whatever else must then be cut short.
"""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF

LEAST_BIG: Final = 46
"""The least size of slot number and state word, in real pixels."""
LEAST_SMALL: Final = 12
"""The least size of details, in real pixels."""

_RING: Final = 3.0
"""The least around the card: what shows the focus, or which slot the next label goes to."""


@dataclass(frozen=True, slots=True)
class Measures:
    """How large texts are in the display font, for one pixel of font size.

    ``word`` is the widest state word, ``number`` the widest slot number; heights are of the ink alone.
    """

    word: float
    word_height: float
    number: float
    number_height: float
    below: float = 0.0
    """How far a word's ink reaches below the line, where its script does."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The areas of one tile. ``big`` and ``small`` are font sizes in pixels; ``lines``: how many details fit."""

    card: QRectF
    big: int
    small: int
    number: QRectF
    shape: QRectF
    word: QRectF
    time: QRectF
    bar: QRectF
    details: QRectF
    line: float
    lines: int
    band: QRectF


def least_big(ratio: float) -> int:
    """Return :data:`LEAST_BIG` in logical pixels, of which each is ``ratio`` real ones. Pure."""
    return math.ceil(LEAST_BIG / ratio)


def lay_out(width: float, height: float, measures: Measures, least_small: int, ratio: float = 1.0) -> Geometry:
    """Return the areas of a tile of this size. Slot number and word are never below :data:`LEAST_BIG` real pixels."""
    ring = max(_RING, float(round(min(width, height) * 0.012)))
    card = QRectF(0, 0, width, height).adjusted(ring, ring, -ring, -ring)
    pad = max(4.0, round(min(card.width(), card.height()) * 0.04))
    inner = card.adjusted(pad, pad, -pad, -pad)
    two, one = (rows(inner, measures, least_small, least_big(ratio)) for rows in (_two_rows, _one_row))
    stacked = one < two * 0.8
    return _areas(card, inner, measures, least_small, two if stacked else one, stacked=stacked, ratio=ratio)


def _small(inner: QRectF, least: int) -> int:
    return max(least, round(min(inner.height() * 0.066, inner.width() * 0.055)))


def _time_width(small: int) -> float:
    return small * 3.1  # 1:02:03, or 59:59 of 59:59 in two lines


def _two_rows(inner: QRectF, measures: Measures, least_small: int, least: int) -> int:
    by_word = inner.width() / measures.word
    by_number = (inner.width() - _time_width(_small(inner, least_small))) / (measures.number + 1.05)
    by_height = inner.height() * 0.52 / (measures.word_height + measures.number_height + 0.16)
    return max(least, int(min(by_word, by_number, by_height)))


def _one_row(inner: QRectF, measures: Measures, least_small: int, least: int) -> int:
    room = inner.width() - _time_width(_small(inner, least_small))
    by_width = room / (measures.number + 1.25 + measures.word)
    by_height = inner.height() * 0.36 / max(measures.word_height, measures.number_height)
    size = int(min(by_width, by_height))
    return size if size >= least else 0


def _areas(
    card: QRectF, inner: QRectF, measures: Measures, least_small: int, big: int, *, stacked: bool, ratio: float
) -> Geometry:
    small = _small(inner, least_small)
    number_width, number_height = measures.number * big, measures.number_height * big
    word_height, shape_side = measures.word_height * big, measures.number_height * big
    gap = max(3.0, big * 0.07)
    left, top = inner.left(), inner.top()
    number = QRectF(left, top, number_width, number_height)
    shape = QRectF(number.right() + big * 0.18, top, shape_side, shape_side)
    if stacked:
        word = QRectF(left, number.bottom() + gap, inner.width(), word_height)
        below = word.bottom()
    else:
        tall = max(number_height, word_height)
        start = shape.right() + big * 0.25
        time_width = _time_width(small)
        word = QRectF(start, top + (tall - word_height) / 2, inner.right() - time_width - start, word_height)
        below = top + tall
    time = QRectF(inner.right() - _time_width(small), top, _time_width(small), small * 2.4)
    line = small * 1.28
    band_height = max(24.0 / ratio, small * 1.9)
    band = QRectF(left, inner.bottom() - band_height, inner.width(), band_height)
    bar, space = QRectF(left, below + gap, inner.width(), max(4.0, small * 0.32)), max(2.0, small * 0.25)
    begins = bar.bottom() + space
    if band.top() - space - begins < line:
        # Tall letters on a small tile: the bar goes to the card's edge, so that a whole line of details is left.
        bar, space = QRectF(left, card.bottom() - 4.0, inner.width(), 3.0), 2.0
        begins = below + space
    details = QRectF(left, begins, inner.width(), band.top() - space - begins)
    lines = max(1, int((details.height() + 1.0) // line))
    return Geometry(card, big, small, number, shape, word, time, bar, details, line, lines, band)


def widen(areas: Geometry, *, bar: bool, band: bool) -> QRectF:
    """Return where details may lie while nothing is drawn in the bar's place (``bar``), or in the band's. Pure."""
    room = QRectF(areas.details)
    if bar and areas.bar.bottom() <= room.top():
        room.setTop(areas.bar.top())
    if band:
        room.setBottom(areas.band.bottom())
    return room


def score(width: float, height: float, measures: Measures, ratio: float = 1.0) -> float:
    """Return how well a tile of this size is read: larger words first, then a shape that is not too long."""
    if width < 1 or height < 1:
        return 0.0
    card = QRectF(0, 0, width, height)
    small, least = math.ceil(LEAST_SMALL / ratio), least_big(ratio)
    size = max(_two_rows(card, measures, small, least), _one_row(card, measures, small, least))
    fits = size * measures.word <= width and size * (measures.word_height + measures.number_height) <= height * 0.75
    aspect = width / height
    long = max(aspect / 1.35, 1.35 / aspect)
    return float(size / math.sqrt(long) * (1.0 if fits else 0.1))


def columns_for(count: int, width: float, height: float, gap: float, measures: Measures, ratio: float = 1.0) -> int:
    """Return how many columns show ``count`` tiles best on this area; holes in the last row count against it."""
    best, chosen = -1.0, 1
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        holes = rows * columns - count
        if holes >= columns:
            continue
        one = score((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows, measures, ratio)
        value = one * (1 - 0.6 * holes / (rows * columns)) * (0.7 if holes else 1.0)
        if value > best:
            best, chosen = value, columns
    return chosen
