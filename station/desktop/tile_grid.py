"""The fixture as it stands on the bench: every slot a tile, as large as the room allows."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from station.desktop.fonts import state_font
from station.desktop.theme import Mood, Theme
from station.desktop.tile import SlotTile
from station.desktop.tile_geometry import Measures, columns_for
from station.desktop.tile_words import state_word
from station.domain.ids import SlotNumber
from station.domain.line import SlotState
from station.engine.pushes import Tile
from station.host.clock import Clock

_SAMPLE = 100

_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


def measure(slots: Iterable[int]) -> Measures:
    """Return how large state words and slot numbers are in the display font, in the language of now."""
    metrics = QFontMetricsF(state_font(_SAMPLE))
    words = [state_word(mood) for mood in Mood]
    inked = [metrics.tightBoundingRect(word) for word in words]
    digits = metrics.tightBoundingRect("0123456789")
    widest = max((len(str(slot)) for slot in slots), default=1)
    return Measures(
        word=max(metrics.horizontalAdvance(word) for word in words) / _SAMPLE,
        word_height=(max(rect.bottom() for rect in inked) - min(rect.top() for rect in inked)) / _SAMPLE,
        number=metrics.horizontalAdvance("8" * widest) / _SAMPLE,
        number_height=-digits.top() / _SAMPLE,
        below=max(0.0, max(rect.bottom() for rect in inked) / _SAMPLE),
    )


class TileGrid(QWidget):
    """All slots' tiles; one timer moves the clocks of those that run. Arrows go from tile to tile, Tab leaves them."""

    chosen = Signal(int)
    unlock = Signal(int)
    loaded = Signal(int)
    pointed = Signal()
    """Another tile is looked at now, or none."""

    def __init__(self, clock: Clock, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tile-grid")
        self.setAccessibleName(self.tr("Slots"))
        self._clock, self._theme = clock, theme
        self._tiles: dict[SlotNumber, SlotTile] = {}
        self._columns = 1
        self._planned: tuple[int, int] | None = None
        self._current: SlotNumber | None = None
        self._ticking = QTimer(self, interval=1000)
        self._ticking.timeout.connect(self._tick)

    @property
    def tiles(self) -> dict[SlotNumber, SlotTile]:
        """The tiles by slot, in the fixture's order."""
        return self._tiles

    @property
    def columns(self) -> int:
        """How many tiles stand side by side."""
        return self._columns

    @property
    def fault_told_beside(self) -> Tile | None:
        """Return the slot of whose fault more is to be said than its tile has room for; None where none is.

        The one that is looked at; else a latched one, which waits for somebody: of those the one that waits longest.
        """
        cut = [tile for tile in self._tiles.values() if tile.is_cut]
        first = min(
            cut,
            key=lambda one: (not one.is_pointed_at, one.tile.state is not SlotState.LATCHED, one.tile.attempt or 0),
            default=None,
        )
        return first.tile if first is not None else None

    @property
    def ticking(self) -> bool:
        """Whether a clock moves."""
        return self._ticking.isActive()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(200, 150)

    def show_all(self, tiles: Iterable[Tile]) -> None:
        """Show exactly these slots; tiles of slots that stay are kept."""
        wanted = {tile.slot: tile for tile in sorted(tiles, key=lambda one: one.slot)}
        if list(wanted) != list(self._tiles):
            for tile in self._tiles.values():
                tile.setParent(None)
                tile.deleteLater()
            measures = measure(wanted)
            self._tiles = {slot: self._make(slot, measures) for slot in wanted}
            self._current = None
            self._move_focus_to(next(iter(wanted), None), focus=False)
            self._arrange()
        self.show_some(wanted.values(), announce=False)

    def show_some(self, tiles: Iterable[Tile], *, announce: bool = True) -> None:
        """Show what these slots are now; others are not touched."""
        now = self._clock.now()
        for tile in tiles:
            widget = self._tiles.get(tile.slot)
            if widget is not None:
                widget.show_tile(tile, now, announce=announce)
        self._wind()

    def set_theme(self, theme: Theme) -> None:
        """Draw with these sizes and colours from now on."""
        self._theme = theme
        self._measure_again()

    def plan_for(self, width: int, height: int) -> tuple[int, int]:
        """Have as many columns as this room takes, also while less of it is given; return columns and rows.

        So no tile moves to another row when a drawer opens beside them.
        """
        self._planned = (width, height)
        self._arrange()
        return self._columns, -(-max(1, len(self._tiles)) // self._columns)

    def focus_current(self) -> None:
        """Give the tile the focus that had it last, or the first one."""
        if self._current in self._tiles:
            self._tiles[self._current].setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802 -- Qt's name
        self._arrange()

    def showEvent(self, event: object) -> None:  # noqa: N802 -- Qt's name
        super().showEvent(event)  # type: ignore[arg-type]  # Qt hands a QShowEvent
        self._tick()
        self._wind()

    def hideEvent(self, event: object) -> None:  # noqa: N802 -- Qt's name
        super().hideEvent(event)  # type: ignore[arg-type]  # Qt hands a QHideEvent
        self._wind()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() is QEvent.Type.LanguageChange:
            self.setAccessibleName(self.tr("Slots"))
            self._measure_again()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        key = Qt.Key(event.key())
        slots = list(self._tiles)
        by = _STEPS.get(key) or {Qt.Key.Key_Up: -self._columns, Qt.Key.Key_Down: self._columns}.get(key)
        if by is None or self._current not in slots:
            super().keyPressEvent(event)
            return
        to = slots.index(self._current) + by
        if 0 <= to < len(slots):
            self._move_focus_to(slots[to])

    def _make(self, slot: SlotNumber, measures: Measures) -> SlotTile:
        tile = SlotTile(slot, measures, self._theme, self)
        tile.chosen.connect(self._took)
        tile.unlock.connect(self.unlock)
        tile.loaded.connect(self.loaded)
        tile.pointed.connect(self.pointed)
        return tile

    def _took(self, slot: int) -> None:
        self._move_focus_to(SlotNumber(slot))
        self.chosen.emit(slot)

    def _move_focus_to(self, slot: SlotNumber | None, *, focus: bool = True) -> None:
        """Make this the one tile that Tab reaches: 32 stops would keep people from the buttons behind them."""
        if self._current in self._tiles:
            self._tiles[self._current].setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._current = slot
        if slot is not None:
            self._tiles[slot].setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            if focus:
                self._tiles[slot].setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def _gap(self) -> int:
        return max(2, self._theme.px(6))

    def _arrange(self) -> None:
        count = len(self._tiles)
        if not count:
            return
        gap, width, height = self._gap, self.width(), self.height()
        wide_room, tall_room = (float(side) for side in self._planned or (width, height))
        self._columns = columns_for(
            count, wide_room, tall_room, float(gap), measure(self._tiles), self.devicePixelRatioF()
        )
        rows = -(-count // self._columns)
        wide = (width - gap * (self._columns - 1)) / self._columns
        tall = (height - gap * (rows - 1)) / rows
        for place, tile in enumerate(self._tiles.values()):
            row, column = divmod(place, self._columns)
            left, top = round(column * (wide + gap)), round(row * (tall + gap))
            tile.setGeometry(left, top, int(wide), int(tall))
            tile.show()

    def _measure_again(self) -> None:
        measures = measure(self._tiles)
        for tile in self._tiles.values():
            tile.set_theme(self._theme, measures)
        self._arrange()

    def _wind(self) -> None:
        """Let the timer run only while somebody can see a clock move."""
        runs = self.isVisible() and any(tile.tile.state is SlotState.RUNNING for tile in self._tiles.values())
        if runs and not self._ticking.isActive():
            self._ticking.start()
        elif not runs:
            self._ticking.stop()

    def _tick(self) -> None:
        now = self._clock.now()
        for tile in self._tiles.values():
            tile.tick(now)
