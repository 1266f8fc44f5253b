"""One slot as it is read from two metres: number, state word, drawn shape; the rest from arm's length.

One paint event draws it all. Texts are cut and folded when the tile changes, never while painting; a second that
passes repaints the clock's corner alone.
"""

import math
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QPushButton, QWidget

from station.desktop.fault_words import say
from station.desktop.fonts import text_font
from station.desktop.theme import LOOKS, Mood, Theme
from station.desktop.tile_geometry import LEAST_SMALL, Geometry, Measures, lay_out
from station.desktop.tile_lines import Details, band_words, cut_unit, details_of
from station.desktop.tile_paint import Band, Frame, Picture, band_text_area, paint_tile
from station.desktop.tile_words import (
    band_of,
    clock_words,
    elapsed,
    headline,
    mood_of,
    progress,
    prompt_words,
    state_word,
    unit_words,
    whole_text,
)
from station.domain.ids import SlotNumber
from station.domain.line import SlotState
from station.engine.prompts import PUT_IN_AND_SAY
from station.engine.pushes import Tile

_CALM = (Mood.EMPTY, Mood.RUNNING, Mood.STOPPED)
"""Nothing has happened that somebody is to see at once."""


class SlotTile(QWidget):
    """One slot. ``chosen``: clicked, or Enter or Space on it.

    ``unlock``: somebody wants to acknowledge its fault; ``loaded``: somebody says that a board is in.
    """

    chosen = Signal(int)
    unlock = Signal(int)
    loaded = Signal(int)
    pointed = Signal()
    """The pointer or the focus has come, or gone."""

    def __init__(self, slot: SlotNumber, measures: Measures, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"tile-{slot}")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, on=False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._theme, self._measures = theme, measures
        self._tile = Tile(slot=slot)
        self._refusal = ("", "")
        self._awaited = False
        self._waiting_label = ""
        self._over = False
        self._stale = False
        self._time: tuple[str, str] = ("", "")
        self._geometry = self._lay_out()
        self._act = QPushButton(self)
        self._act.setObjectName(f"act-{slot}")
        self._act.setAutoDefault(False)
        self._act.clicked.connect(lambda: (self.unlock if self._latched else self.loaded).emit(self._tile.slot))
        self._act.hide()
        self._picture = self._fit()
        self._tell(announce=False)

    @property
    def tile(self) -> Tile:
        """What is shown."""
        return self._tile

    @property
    def areas(self) -> Geometry:
        """Where it is shown."""
        return self._geometry

    @property
    def mood(self) -> Mood:
        """What it says at one glance."""
        return mood_of(self._tile)

    @property
    def shown(self) -> tuple[str, ...]:
        """The texts as they are drawn, cut where they had to be: word, clock, details, band."""
        picture = self._picture
        details = tuple(line.text for line in picture.details.lines)
        return (picture.word, *self._time, *details, picture.band.text if picture.band else "")

    @property
    def is_pointed_at(self) -> bool:
        """Whether somebody looks at this tile: with the pointer, or by the keyboard."""
        return self._over or self.hasFocus()

    @property
    def is_cut(self) -> bool:
        """Whether more is to be said of this slot's fault than there was room for."""
        return not self._picture.details.whole

    def show_tile(self, tile: Tile, now: datetime, *, announce: bool = True) -> None:
        """Show this from now on; nothing is painted where nothing has changed."""
        if tile == self._tile:
            return
        before, self._tile = self._tile, tile
        if tile.state is not before.state or tile.attempt != before.attempt:
            self._refusal = ("", "")
            self._waiting_label = ""
        self._show_time(now)
        self._refresh()
        if replace(before, fraction=tile.fraction) != tile:  # progress alone says nothing new
            changed = headline(before) != headline(tile) or before.prompt != tile.prompt
            self._tell(announce=announce and changed)

    def show_refusal(self, code: str, sentence: str) -> None:
        """Say in the tile why its last scan was not taken; until the slot does something else."""
        if (code, sentence) != self._refusal:
            self._refusal = (code, sentence)
            self._waiting_label = ""
            self._refresh()
            self._tell(announce=bool(sentence))

    def show_waiting(self, label: str) -> None:
        """Say which scanned label this slot has been given, until its board is at work."""
        if label != self._waiting_label:
            self._waiting_label = label
            self._refusal = ("", "")
            self._refresh()
            self._tell(announce=False)

    def show_awaited(self, awaited: bool) -> None:
        """Mark the slot to which the next scanned label goes."""
        if awaited is not self._awaited:
            self._awaited = awaited
            self._tell(announce=False)
            self.update()

    def show_stale(self, stale: bool) -> None:
        """Hatch the tile: nobody knows whether it is still so."""
        if stale is not self._stale:
            self._stale = stale
            self._refresh()
            self.update()
            self._tell(announce=False)

    def tick(self, now: datetime) -> None:
        """Bring the clock up to date: at most that corner is painted, and only while a board is at work."""
        if self._tile.state is SlotState.RUNNING:
            self._show_time(now)

    def set_theme(self, theme: Theme, measures: Measures) -> None:
        """Draw with these sizes and colours from now on."""
        self._theme, self._measures = theme, measures
        self._geometry = self._lay_out()
        self._refresh()
        self.update()

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802 -- Qt's name
        self._geometry = self._lay_out()
        self._refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 -- Qt's name
        if event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(self._tile.slot)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not event.isAutoRepeat():
            self.chosen.emit(self._tile.slot)
        else:
            super().keyPressEvent(event)  # the grid's: arrows, and digits

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 -- Qt's name
        self._over = True
        self.update()
        self.pointed.emit()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        self._over = False
        self.update()
        self.pointed.emit()
        super().leaveEvent(event)

    def focusInEvent(self, event: object) -> None:  # noqa: N802 -- Qt's name
        self.update()
        self.pointed.emit()
        super().focusInEvent(event)  # type: ignore[arg-type]  # Qt hands a QFocusEvent

    def focusOutEvent(self, event: object) -> None:  # noqa: N802 -- Qt's name
        self.update()
        self.pointed.emit()
        super().focusOutEvent(event)  # type: ignore[arg-type]  # Qt hands a QFocusEvent

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() is QEvent.Type.LanguageChange:
            self._refresh()
            self._tell(announce=False)
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        ring = self._theme.accent if self._awaited else self._theme.ink if self.hasFocus() else None
        picture = replace(self._picture, time=self._time)
        frame = Frame(self._theme.window, ring, self._over, self._stale)
        paint_tile(QPainter(self), picture, frame, event.region())

    # ---- what is drawn

    def _lay_out(self) -> Geometry:
        least = max(self._least_small, self._theme.px(14))
        return lay_out(float(self.width()), float(self.height()), self._measures, least, self.devicePixelRatioF())

    @property
    def _least_small(self) -> int:
        return math.ceil(LEAST_SMALL / self.devicePixelRatioF())

    def _refresh(self) -> None:
        acts = self._latched or (self._tile.state is SlotState.EMPTY and self._tile.prompt == PUT_IN_AND_SAY)
        if acts:
            self._place_button()
        self._act.setVisible(acts and not self._stale)
        before, self._picture = self._picture, self._fit()
        if before.share is not None and replace(before, share=self._picture.share) == self._picture:
            self.update(self._geometry.bar.toAlignedRect().adjusted(-1, 0, 1, 0))
        else:
            self.update()

    def _fit(self) -> Picture:
        mood = mood_of(self._tile)
        band = self._band(mood)
        details = self._details(band)
        if not details.mended and self._tile.state is SlotState.DONE and not self._waiting_label:
            # What to do about the fault tells what to do with the board, too: it gets the band's room.
            alone = self._details(None)
            if alone.mended:
                band, details = None, alone
        return Picture(
            areas=self._geometry,
            look=LOOKS[mood],
            number=str(self._tile.slot),
            word=state_word(mood),
            below=self._measures.below,
            time=("", ""),
            share=progress(self._tile) if self._tile.state is SlotState.RUNNING else None,
            details=details,
            band=band,
        )

    def _details(self, band: Band | None) -> Details:
        return details_of(
            self._tile,
            self._refusal,
            self._geometry,
            self._least_small,
            band=band is not None or self._act.isVisibleTo(self),
            prompt=prompt_words(self._tile) if band is None and self._latched else "",
        )

    def _band(self, mood: Mood) -> Band | None:
        areas, other = self._geometry, band_of(self._tile)
        text = band_words(self._tile, self._waiting_label, areas)
        if not text:
            return None
        area = QRectF(areas.band)
        if self._act.isVisibleTo(self):
            area.setRight(self._act.geometry().left() - areas.small * 0.4)
            if area.width() < areas.small * 4:
                return None  # the button is all there is room for
        # Only what somebody is to do now stands out.
        calm = other is None and mood in _CALM
        room = band_text_area(area, areas.small, other=other is not None, calm=calm).width()
        font = text_font(areas.small, bold=True)
        if text == unit_words(self._tile):
            fitted = cut_unit(text, font, room)
        else:
            fitted = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
        return Band(area, fitted, LOOKS[other] if other else None, calm)

    def _show_time(self, now: datetime) -> None:
        time = self._clock(now)
        if time != self._time:
            self._time = time
            self.update(self._geometry.time.toAlignedRect().adjusted(-1, -1, 1, 1))

    def _clock(self, now: datetime) -> tuple[str, str]:
        taken = clock_words(elapsed(self._tile, now))
        expected = self._tile.expected_seconds if self._tile.state is SlotState.RUNNING else None
        return taken, f"/ {clock_words(expected)}" if expected and expected >= 1 and taken else ""

    @property
    def _latched(self) -> bool:
        return self._tile.state is SlotState.LATCHED

    def _place_button(self) -> None:
        slot = self._tile.slot
        if self._latched:
            words, name = self.tr("Unlock…"), self.tr("Unlock slot {number}").format(number=slot)
        else:
            words, name = self.tr("Board is in"), self.tr("A board is in slot {number}").format(number=slot)
        look, small = LOOKS[mood_of(self._tile)], self._geometry.small
        self._act.setText(words)
        self._act.setAccessibleName(name)
        # The tile is its own paper in both themes, so the button's colours are the tile's, not the palette's.
        self._act.setStyleSheet(
            f"QPushButton {{ background: {look.ink}; color: {look.paper}; border: 2px solid {look.ink}; padding: 0 4px;"
            f" min-height: 0; border-radius: 4px; font-weight: bold; font-size: {small}px; }}"
            f"QPushButton:focus {{ border-color: #FFFFFF; }} QPushButton:hover {{ background: #444444; }}"
        )
        self._act.setGeometry(self._button_area(words).toAlignedRect())

    def _button_area(self, words: str) -> QRectF:
        band, small = self._geometry.band, self._geometry.small
        wanted = QFontMetricsF(text_font(small, bold=True)).horizontalAdvance(words) + small * 2
        # On a small tile the button is the band; on a large one the prompt stands beside it.
        width = band.width() if band.width() < wanted * 2.4 else wanted
        return QRectF(band.right() - width, band.top(), width, band.height())

    # ---- for those who do not see it

    def _tell(self, *, announce: bool) -> None:
        name, whole = headline(self._tile), whole_text(self._tile)
        code, sentence = self._refusal
        refusal = f"{code} {say(code, sentence)}".strip()
        if refusal:
            whole = f"{refusal}\n{whole}"
        if self._awaited:
            whole = self.tr("The next scanned label goes here.") + "\n" + whole
        if self._stale:
            whole = self.tr("The engine is gone: this may be old.") + "\n" + whole
        self.setAccessibleName(name)
        self.setAccessibleDescription(whole)
        self.setToolTip(whole)
        if announce and QAccessible.isActive():
            said = refusal or ". ".join(text for text in (name, prompt_words(self._tile)) if text)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))
