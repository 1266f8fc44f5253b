"""Paper: A4 or Letter pages with head, foot, tables that run over pages, and any text whole; black on white alone.

Equal content gives equal bytes: the date in the file is the record's own, fonts lie in this package, and nothing else
that changes goes in. Texts are laid out here, not by fpdf2: each line that is drawn was measured, a word wider than its
column is broken, a cell longer than a page goes on overleaf, and what a font can't draw is spelled out (see
:mod:`visible_text`). So nothing is cut off.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import resources
from typing import Final

import segno
from fpdf import FPDF
from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection
from fpdf.fonts import TTFFont
from segno.encoder import DataOverflowError

from station.evidence.visible_text import visible


class PaperSize(StrEnum):
    """What is in the printer."""

    A4 = "A4"
    LETTER = "Letter"


class Face(StrEnum):
    """What a text is set in. MONO is for hashes, serials and code."""

    TEXT = "text"
    BOLD = "bold"
    MONO = "mono"


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column; ``share`` of the width. Figures stand at the ``right``."""

    head: str
    share: float
    face: Face = Face.TEXT
    right: bool = False


_FILES: Final = {
    Face.TEXT: "DejaVuSansCondensed.ttf",
    Face.BOLD: "DejaVuSansCondensed-Bold.ttf",
    Face.MONO: "DejaVuSansMono.ttf",
}
_MILLIMETRES: Final = 25.4 / 72
_LEFT: Final = 18.0
_RIGHT: Final = 14.0
_TOP: Final = 24.0
_BOTTOM: Final = 19.0
_PAD: Final = 1.2
_SMALL: Final = 7.6
_BODY: Final = 8.8
_LEADING: Final = 1.28
_ASCENT: Final = 0.93
_THIN: Final = 0.07
_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_LONG_HEX = re.compile(r"[0-9a-f]{32,}")


class Paper:
    """A document in the making, from top to bottom. For one thread; ask for :meth:`finish` once."""

    def __init__(self, size: PaperSize, *, title: str, head: str, foot: str, made: datetime, subject: str) -> None:
        """Begin the first page. ``head`` stands at the right above, ``foot`` at the left below, on every page."""
        self._title, self._head, self._foot = title, head, foot
        self._pdf = FPDF(format=size.value)
        self._pdf.set_creation_date(made)
        self._pdf.set_title(title)
        self._pdf.set_subject(subject)
        self._pdf.set_producer("nRF91 station")
        self._pdf.set_lang("en")
        self._pdf.set_auto_page_break(False)
        self._drawable: dict[Face, frozenset[str]] = {}
        self._widths: dict[Face, dict[str, float]] = {face: {} for face in Face}
        fonts = resources.files("station.evidence") / "fonts"
        for face, name in _FILES.items():
            with resources.as_file(fonts / name) as path:
                self._pdf.add_font(face.value, fname=path)
            font = self._pdf.fonts[face.value]
            if isinstance(font, TTFFont):
                self._drawable[face] = frozenset(map(chr, font.cmap))
        self.left, self.width = _LEFT, self._pdf.w - _LEFT - _RIGHT
        self._y = 0.0
        self._begin_page()

    # What a document is made of

    def heading(self, text: str, *, small: bool = False, keep: float = 22.0) -> None:
        """Write a heading, on the next page where less than ``keep`` millimetres are left for what follows."""
        size = 9.6 if small else 12.0
        self.need(keep)
        if self._y > _TOP:  # not at the top of a page
            self._y += 2.2 if small else 4.2
        for line in self._lines(text, Face.BOLD, size, self.width):
            self._line(line, Face.BOLD, size, self.left)
        self._y += 1.2

    def paragraph(self, text: str, *, face: Face = Face.TEXT, size: float = _BODY, indent: float = 0.0) -> None:
        """Write running text over as many lines and pages as it needs. A line break in it is one on paper."""
        for part in text.split("\n"):
            for line in self._lines(part, face, size, self.width - indent):
                self.need(_height(size))
                self._line(line, face, size, self.left + indent)
        self._y += 0.8

    def points(self, texts: Sequence[str]) -> None:
        """Write a list."""
        for text in texts:
            self.need(_height(_BODY))
            self._text("•", Face.TEXT, _BODY, self.left + 1.0, self._y)
            self.paragraph(text, indent=5.0)
            self._y -= 0.4
        self._y += 0.8

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Write names and values side by side; a value that is a long number in hexadecimal is set in MONO."""
        for name, value in facts:
            face = Face.MONO if _LONG_HEX.fullmatch(value) else Face.TEXT
            columns = (Column("", 0.27, Face.BOLD), Column("", 0.73, face))
            self._rows(columns, [(name, grouped(value))], _BODY, rule=_THIN)
        self._y += 2.4

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, bold_last: bool = False) -> None:
        """Write a table; its head is repeated on every page it reaches."""
        self.need(16.0)
        self._table_head(columns)
        self._rows(columns, rows, _SMALL, rule=_THIN, head=columns, bold_last=bold_last)
        self._y += 2.0

    def box(self, text: str, beside: Sequence[str]) -> None:
        """Write what matters most in a frame: ``text`` large, ``beside`` it or below it the rest."""
        shift = max(50.0, self._wide(text, Face.BOLD, 15.0) + 11.0)
        lines = [line for part in beside for line in self._lines(part, Face.TEXT, _BODY, self.width - shift - 3.0)]
        tall = max(13.0, len(lines) * _height(_BODY) + 4.5)
        if tall > 150.0:  # a text that long is not for a frame
            self.paragraph(text, face=Face.BOLD, size=14.0)
            self.paragraph("\n".join(beside))
            return
        self.need(tall + 4.0)
        self._pdf.set_line_width(0.6)
        self._pdf.rect(self.left, self._y, self.width, tall)
        middle = self._y + tall / 2
        self._text(text, Face.BOLD, 15.0, self.left + 3.5, middle - _height(15.0) / 2)
        top = middle - len(lines) * _height(_BODY) / 2
        for at, line in enumerate(lines):
            self._text(line, Face.TEXT, _BODY, self.left + shift, top + at * _height(_BODY))
        self._y += tall + 3.0

    def code(self, text: str, *, size: float = 7.2) -> None:
        """Write text as it is, line by line, in MONO; on one page where one can hold it."""
        widest = max(self._wide(visible(line, self._drawable[Face.MONO]), Face.MONO, size) for line in text.split("\n"))
        size *= max(0.75, min(1.0, self.width / max(widest, 1.0) * 0.999))  # a little smaller rather than broken
        self.need(min(60.0, (text.count("\n") + 1) * _height(size)))
        self.paragraph(text.rstrip("\n"), face=Face.MONO, size=size)

    def qr(self, content: str, caption: str, *, side: float = 44.0) -> None:
        """Draw ``content`` as a QR code (error correction M) with its caption beside it; say so where it's too long."""
        try:
            rows = [list(row) for row in segno.make(content, error="m", micro=False, boost_error=False).matrix]
        except DataOverflowError:
            self.paragraph(f"{caption} (It is too long for a QR code; the text above is all of it.)")
            return
        self.need(side + 6.0)
        quiet, top = 4, self._y + 1.0
        unit = side / (len(rows) + 2 * quiet)
        self._pdf.set_fill_color(0)
        for at_y, row in enumerate(rows):
            start = 0
            for at_x in range(len(row) + 1):
                if at_x < len(row) and row[at_x]:
                    continue
                if at_x > start:  # one bar a run: neighbouring squares would show hairlines
                    x, y = self.left + (start + quiet) * unit, top + (at_y + quiet) * unit
                    self._pdf.rect(x, y, (at_x - start) * unit, unit, style="F")
                start = at_x + 1
        lines = self._lines(caption, Face.TEXT, _BODY, self.width - side - 6.0)
        for at, line in enumerate(lines):
            self._text(line, Face.TEXT, _BODY, self.left + side + 4.0, top + quiet * unit + at * _height(_BODY))
        self._y = max(top + side, top + quiet * unit + len(lines) * _height(_BODY)) + 2.0

    def signatures(self, roles: Sequence[str]) -> None:
        """Leave room for signatures by hand, one line a role."""
        self.need(len(roles) * 15.0 + 6.0)
        third = self.width / 3
        for role in roles:
            self._y += 11.0
            for at, label in enumerate((role, "Name or ID", "Date")):
                x = self.left + at * third
                self._pdf.set_line_width(0.25)
                self._pdf.line(x, self._y, x + third - 6.0, self._y)
                self._text(label, Face.TEXT, _SMALL, x, self._y + 0.8)
            self._y += 4.0

    def skip(self, millimetres: float) -> None:
        """Leave a gap."""
        self._y += millimetres

    def need(self, millimetres: float) -> bool:
        """Begin a page where less than this is left; return whether one was begun."""
        if self._y + millimetres <= self._pdf.h - _BOTTOM:
            return False
        self._begin_page()
        return True

    def finish(self) -> bytes:
        """Return the file, with "page x of y" on every page."""
        pages = self._pdf.pages_count
        for number in range(1, pages + 1):
            self._pdf.page = number
            self._pdf.set_font(Face.BOLD.value, size=1.0)  # else fpdf2 takes the font of another page for set here
            text = f"page {number} of {pages}"
            self._text(
                text, Face.TEXT, _SMALL, self._pdf.w - _RIGHT - self._wide(text, Face.TEXT, _SMALL), self._foot_y
            )
        return bytes(self._pdf.output())

    # Pages and tables

    @property
    def _foot_y(self) -> float:
        return self._pdf.h - _BOTTOM + 6.0

    def _begin_page(self) -> None:
        self._pdf.add_page()
        self._pdf.set_draw_color(0)
        self._pdf.set_text_color(0)
        self._text(self._fit(self._title, Face.BOLD, _BODY, self.width * 0.6), Face.BOLD, _BODY, self.left, 12.0)
        head = self._fit(self._head, Face.TEXT, _SMALL, self.width * 0.38)
        self._text(head, Face.TEXT, _SMALL, self._pdf.w - _RIGHT - self._wide(head, Face.TEXT, _SMALL), 12.4)
        self._rule(17.2, 0.35)
        self._rule(self._foot_y - 1.6, 0.2)
        foot = self._fit(self._foot, Face.TEXT, _SMALL, self.width * 0.8)
        self._text(foot, Face.TEXT, _SMALL, self.left, self._foot_y)
        self._y = _TOP - 3.0

    def _table_head(self, columns: Sequence[Column]) -> None:
        cells = [
            self._lines(column.head, Face.BOLD, _SMALL, column.share * self.width - 2 * _PAD) for column in columns
        ]
        tall = max(map(len, cells)) * _height(_SMALL)
        self._rule(self._y, 0.35)
        self._slice(columns, [(Face.BOLD, lines) for lines in cells], _SMALL)
        self._y += tall + 1.2
        self._rule(self._y, 0.35)

    def _rows(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str]],
        size: float,
        *,
        rule: float,
        head: Sequence[Column] | None = None,
        bold_last: bool = False,
    ) -> None:
        for number, row in enumerate(rows):
            bold = bold_last and number == len(rows) - 1
            cells = []
            for column, text in zip(columns, row, strict=True):
                face = Face.BOLD if bold and column.face is Face.TEXT else column.face
                shown = size - 0.6 if face is Face.MONO else size
                cells.append((face, self._lines(text, face, shown, column.share * self.width - 2 * _PAD)))
            self._row(columns, cells, size, head)
            self._rule(self._y, 0.35 if number == len(rows) - 1 and head else rule)

    def _row(
        self,
        columns: Sequence[Column],
        cells: list[tuple[Face, list[str]]],
        size: float,
        head: Sequence[Column] | None,
    ) -> None:
        """Draw a row whole where a page can take it; else as much as there is room for, and the rest overleaf."""
        lines = max(len(texts) for _, texts in cells)
        room = int((self._pdf.h - _BOTTOM - self._y - 1.2) / _height(size))
        if lines > room and (lines <= 30 or room < 4):
            self._overleaf(head)
            room = int((self._pdf.h - _BOTTOM - self._y - 1.2) / _height(size))
        while True:
            now = [(face, texts[:room]) for face, texts in cells]
            self._slice(columns, now, size)
            self._y += max(len(texts) for _, texts in now) * _height(size) + 1.2
            cells = [(face, texts[room:]) for face, texts in cells]
            if not any(texts for _, texts in cells):
                return
            self._overleaf(head)
            room = int((self._pdf.h - _BOTTOM - self._y - 1.2) / _height(size))

    def _overleaf(self, head: Sequence[Column] | None) -> None:
        self._begin_page()
        if head is not None:
            self._table_head(head)

    def _slice(self, columns: Sequence[Column], cells: Sequence[tuple[Face, list[str]]], size: float) -> None:
        x = self.left
        for column, (face, lines) in zip(columns, cells, strict=True):
            shown = size - 0.6 if face is Face.MONO else size
            for at, line in enumerate(lines):
                shift = column.share * self.width - 2 * _PAD - self._wide(line, face, shown) if column.right else 0.0
                level = self._y + 0.6 + at * _height(size) + _ASCENT * (size - shown) * _MILLIMETRES
                self._text(line, face, shown, x + _PAD + shift, level)
            x += column.share * self.width

    # Texts

    def _line(self, line: str, face: Face, size: float, x: float) -> None:
        self._text(line, face, size, x, self._y)
        self._y += _height(size)

    def _text(self, line: str, face: Face, size: float, x: float, y: float) -> None:
        """Draw one line with its top at ``y``; letters that read from the right stand in the order of sight."""
        if not line.isascii():
            line = BidiParagraph(line, base_direction=TextDirection.LTR).get_reordered_string()
        self._pdf.set_font(face.value, size=size)
        self._pdf.text(x, y + _ASCENT * size * _MILLIMETRES, line)

    def _rule(self, y: float, width: float) -> None:
        self._pdf.set_line_width(width)
        self._pdf.line(self.left, y, self.left + self.width, y)

    def _wide(self, text: str, face: Face, size: float) -> float:
        """Return a text's width in millimetres."""
        known = self._widths[face]
        if missing := set(text) - known.keys():
            self._pdf.set_font(face.value, size=100.0)
            known.update({one: self._pdf.get_string_width(one) / 100.0 for one in missing})
        return sum(known[one] for one in text) * size

    def _fit(self, text: str, face: Face, size: float, width: float) -> str:
        """Return the one line that has room; a head that doesn't fit ends in an ellipsis (the record has it whole)."""
        text = visible(text, self._drawable[face])
        if self._wide(text, face, size) <= width:
            return text
        while text and self._wide(text + "…", face, size) > width:
            text = text[:-1]
        return text + "…"

    def _lines(self, text: str, face: Face, size: float, width: float) -> list[str]:
        """Return ``text`` as lines no wider than ``width``, broken at spaces, and inside of words that are wider."""
        lines, line = [], ""
        for word in visible(text, self._drawable[face]).split(" "):
            joined = f"{line} {word}" if line else word
            if self._wide(joined, face, size) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            *whole, line = self._pieces(word, face, size, width)
            lines += whole
        return [*lines, line]

    def _pieces(self, word: str, face: Face, size: float, width: float) -> list[str]:
        pieces, piece, used = [], "", 0.0
        for one in word:
            wide = self._wide(one, face, size)
            if piece and used + wide > width:
                pieces.append(piece)
                piece, used = "", 0.0
            piece += one
            used += wide
        return [*pieces, piece]


def _height(size: float) -> float:
    return size * _MILLIMETRES * _LEADING


def grouped(text: str) -> str:
    """Return a text with each SHA-256 in it in groups of eight, for reading aloud. Pure."""
    return _HASH.sub(lambda found: " ".join(found[0][at : at + 8] for at in range(0, 64, 8)), text)
