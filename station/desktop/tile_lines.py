"""Which details a tile has room for, cut and folded to its width. A fault's code is never cut.

A fault's sentence says what happened, then what is to be done. It gets all the room that is free; where that is too
little, what is to be done stands first, and what happened is cut.
"""

import re
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF

from station.desktop.fault_words import say
from station.desktop.fonts import text_font
from station.desktop.theme import Mood
from station.desktop.tile_geometry import Geometry, widen
from station.desktop.tile_words import prompt_words, state_word, step_words, unit_words
from station.domain.line import SlotState
from station.engine.pushes import Tile

PIECE: Final = re.compile(
    r"[\u3008-\u3011\uff08\u201c]*(?:[^\s\u2e80-\u9fff\uff00-\uffef\u201c\u201d]+|[\u2e80-\u9fff])"
    r"[\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f\u201d]*\s*|\S\s*"
)
"""What stays in one line: a word with its space, or a Han letter with the marks that neither begin nor end a line."""


_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])|(?<=[\u3002\uff01\uff1f])\s*")
"""Between two sentences; "e.g. this" is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of details: ``code`` in bold in front, then ``rest``."""

    rest: str
    code: str = ""
    bold: bool = False

    @property
    def text(self) -> str:
        """The line as it is read."""
        return f"{self.code} {self.rest}".strip()


@dataclass(frozen=True, slots=True)
class Details:
    """Lines, where they lie, how large their letters are, and how far apart."""

    lines: tuple[Line, ...]
    area: QRectF
    letters: int
    row: float
    whole: bool = True
    """Whether all of the fault's sentence is in them."""
    mended: bool = True
    """Whether at least what is to be done is."""


def details_of(
    tile: Tile, refusal: tuple[str, str], areas: Geometry, least: int, *, band: bool, prompt: str
) -> Details:
    """Return what fits: the fault or the running step, and which board it is.

    ``least``: how small letters may become; ``band``: whether something stands in the band; ``prompt``: what is to be
    said besides, because the band has no room for it.
    """
    code, english = refusal if any(refusal) else (tile.code, tile.sentence)
    sentence = " ".join(say(code, english).split())
    unit = unit_words(tile)
    if code or sentence or prompt:
        return _fault(_Fault(unit, code, sentence, prompt), areas, least, free=_free(tile, areas, band))
    bold = text_font(areas.small, bold=True)
    # The board's own line comes first and is always kept free, so that the rest stays where it is.
    first = (Line(cut_unit(unit, bold, areas.details.width()), bold=True),) if areas.lines > 1 else ()
    text = step_words(tile) or ("" if first else unit)
    cut = _cut if text != unit else cut_unit
    line = Line(cut(text, text_font(areas.small), areas.details.width()))
    return Details((*first, line), areas.details, areas.small, areas.line)


def _free(tile: Tile, areas: Geometry, band: bool) -> QRectF:
    return widen(areas, bar=tile.state is not SlotState.RUNNING, band=not band)


@dataclass(frozen=True, slots=True)
class _Fault:
    unit: str
    code: str
    sentence: str
    prompt: str

    def fold(self, text: str, area: QRectF, letters: int, room: int, *, unit: bool) -> tuple[list[Line], bool]:
        """Return the lines, and whether all of ``text`` is in them."""
        lines: list[Line] = []
        code = self.code
        if unit:
            lines.append(Line(cut_unit(self.unit, text_font(letters, bold=True), area.width()), bold=True))
        if self.prompt:
            taken = QFontMetricsF(text_font(letters, bold=True)).horizontalAdvance(code + " ") if code else 0.0
            lines.append(Line(_cut(self.prompt, text_font(letters), area.width() - taken), code))
            code = ""
        if len(lines) >= room and not code:
            return lines[-room:], not text
        folded, whole = _fold(code, text, letters, area.width(), max(1, room - len(lines)))
        return lines + folded, whole and len(lines) + len(folded) <= room


def _fault(fault: _Fault, areas: Geometry, least: int, *, free: QRectF) -> Details:
    text = fault.sentence
    lines, whole = fault.fold(text, areas.details, areas.small, areas.lines, unit=areas.lines > 1 and bool(fault.unit))
    if whole:
        return Details(tuple(lines), areas.details, areas.small, areas.line)
    unit = bool(fault.unit)
    for letters in range(areas.small, min(least, areas.small) - 1, -1):
        row, room = _rows(free, letters)
        lines, whole = fault.fold(text, free, letters, room, unit=unit and room > 1)
        if whole:
            return Details(tuple(lines), free, letters, row)
    letters = min(least, areas.small)
    row, room = _rows(free, letters)
    sentences = _SENTENCE.split(text)
    orders = [(with_unit, first) for with_unit in (unit and room > 1, False) for first in range(1, len(sentences))]
    for with_unit, first in orders:
        mend, story = " ".join(sentences[first:]), " ".join(sentences[:first])
        if fault.fold(mend, free, letters, room, unit=with_unit)[1]:
            lines, _ = fault.fold(f"{mend} {story}", free, letters, room, unit=with_unit)
            return Details(tuple(lines), free, letters, row, whole=False)
    text = " ".join((sentences[-1], *sentences[:-1]))
    lines, _ = fault.fold(text, free, letters, room, unit=False)
    return Details(tuple(lines), free, letters, row, whole=False, mended=False)


def mend_first(sentence: str) -> str:
    """Return the sentence with what is to be done in front of what happened. Pure."""
    story, *mend = _SENTENCE.split(sentence)
    return " ".join((*mend, story))


def _rows(area: QRectF, letters: int) -> tuple[float, int]:
    row = letters * 1.28
    return row, max(1, int((area.height() + 1.0) // row))


def band_words(tile: Tile, waiting_label: str, areas: Geometry) -> str:
    """Return what the band at the tile's foot says: what somebody is asked to do here, else what had no other room."""
    if tile.state is SlotState.RUNNING:
        return prompt_words(tile) or (unit_words(tile) if areas.lines == 1 else "")
    if waiting_label:
        return QCoreApplication.translate("SlotTile", "{label} goes here").format(label=waiting_label)
    if not tile.prompt and tile.state is SlotState.STOPPED and tile.outcome is not None:
        return state_word(Mood.STOPPED)
    return prompt_words(tile)


def _fold(code: str, sentence: str, letters: int, width: float, room: int) -> tuple[list[Line], bool]:
    metrics = QFontMetricsF(text_font(letters))
    taken = QFontMetricsF(text_font(letters, bold=True)).horizontalAdvance(code + " ") if code else 0.0
    words = PIECE.findall(sentence)
    lines: list[Line] = []
    while len(lines) < room and (words or not lines):
        free = width - (0.0 if lines else taken)
        lead = "" if lines else code
        if len(lines) == room - 1:
            rest = "".join(words)
            lines.append(Line(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, max(0.0, free)), lead))
            return lines, lines[-1].rest == rest
        count = _fitting(words, metrics, free)
        if not count and lead:
            lines.append(Line("", lead))  # a code alone, and the sentence below it
            continue
        if not count:
            # One word wider than the tile: what fits of it, the rest in the next line.
            words[:1] = _broken(words[0], metrics, free)
            count = 1
        lines.append(Line("".join(words[:count]).rstrip(), lead))
        words = words[count:]
    return lines, True


def _fitting(words: list[str], metrics: QFontMetricsF, width: float) -> int:
    count = 0
    while count < len(words) and metrics.horizontalAdvance("".join(words[: count + 1]).rstrip()) <= width:
        count += 1
    return count


def _broken(word: str, metrics: QFontMetricsF, width: float) -> list[str]:
    size = 1
    while size < len(word) and metrics.horizontalAdvance(word[: size + 1]) <= width:
        size += 1
    return [part for part in (word[:size], word[size:]) if part]


def cut_unit(unit: str, font: QFont, width: float) -> str:
    """Return as much of a board's name as fits: its end above all, for boards of one series begin alike. Pure."""
    return QFontMetricsF(font).elidedText(unit, Qt.TextElideMode.ElideMiddle, width)


def _cut(text: str, font: QFont, width: float) -> str:
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
