"""The line at one glance, and all that a technician does there: scan, choose, unlock, pause, stop."""

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from station.desktop.acknowledge_panel import AcknowledgePanel
from station.desktop.drawer import WIDTH, Drawer
from station.desktop.fault_words import say
from station.desktop.line_bar import LineBar
from station.desktop.scan_route import Chosen, Deliver, Nowhere, ScanRoute, Unknown
from station.desktop.surroundings import Surroundings
from station.desktop.tile_geometry import least_big
from station.desktop.tile_grid import TileGrid, measure
from station.domain.ids import SlotNumber
from station.engine.commands import Command, Pause, Resume, Scan, Stop
from station.engine.pushes import AtLines, Changed, Happened, Header, Tile, Welcome
from station.engine.results import Failed, Result

_TYPING_MS = 1200
"""How long a first digit waits for a second one."""
_MOST_DIGITS = 3
_TYPED_MS = 60
"""How long a whole number waits for more: what goes on sooner is a scanner's, and chooses no slot."""


class LinePage(QWidget):
    """All slots. ``go_to`` asks the window for another page, by its name."""

    go_to = Signal(str)

    def __init__(self, surroundings: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("line-page")
        self._around = surroundings
        self._header = Header()
        self._tiles: dict[SlotNumber, Tile] = {}
        self._lost = False
        self._route = ScanRoute()
        self._digits = ""
        theme = surroundings.theme()
        self.bar = LineBar(theme)
        self._body = QWidget()
        self._body.setMinimumSize(320, 240)
        self.grid = TileGrid(surroundings.opened.clock, theme, self._body)
        self.drawer = Drawer(surroundings, self._body)
        self.acknowledge = AcknowledgePanel(surroundings, self._body)
        self._rows = QVBoxLayout(self)
        self._rows.addWidget(self.bar)
        self._rows.addWidget(self._body, 1)
        self._typing = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._typing.timeout.connect(self._typed)
        self._connect()
        self._space()
        self._show_bar()

    # ---- what the window tells

    def welcome(self, welcome: Welcome) -> None:
        """Take everything as it is now."""
        self._lost = False
        first = not self._tiles
        self._header = welcome.header
        self._tiles = {tile.slot: tile for tile in welcome.tiles}
        self._route.begin(welcome.tiles)
        self.grid.show_all(welcome.tiles)
        for tile in self.grid.tiles.values():
            tile.show_stale(False)
        if self.drawer.slot in self._tiles:
            self.drawer.show_tile(self._tiles[self.drawer.slot])
            self.drawer.watch_again()
        else:
            self.drawer.close_drawer()
        self._check_acknowledge()
        self._show_route()
        if first:
            self._focus_tiles()

    def changed(self, changed: Changed) -> None:
        """Take what has changed: only these tiles are drawn again."""
        if changed.header is not None:
            self._header = changed.header
        if {tile.slot for tile in changed.tiles} - set(self._tiles):
            self._tiles |= {tile.slot: tile for tile in changed.tiles}
            self.grid.show_all(self._tiles.values())
        self._tiles |= {tile.slot: tile for tile in changed.tiles}
        self._route.update(changed.tiles)
        self.grid.show_some(changed.tiles)
        for tile in changed.tiles:
            self.drawer.show_tile(tile)
        self._check_acknowledge()
        self._show_route()

    def happened(self, happened: Happened) -> None:
        """Take one event; tiles say it themselves."""

    def at_lines(self, lines: AtLines) -> None:
        """Take the watched slot's AT lines."""
        self.drawer.show_lines(lines)

    def lost(self) -> None:
        """Say that what is shown may be old."""
        self._lost = True
        for tile in self.grid.tiles.values():
            tile.show_stale(True)
        self.acknowledge.close_panel()
        self._show_bar()

    def scanned(self, text: str) -> None:
        """Take a scan: a slot's code, a label, or the badge of whoever unlocks a slot."""
        # Only a badge goes to whoever unlocks; the other slots' boards are scanned on meanwhile.
        if self.acknowledge.slot is not None and (self.acknowledge.waits_for_badge() or not self._header.scans_labels):
            self.acknowledge.take_scan(text)
            return
        match self._route.take(text):
            case Chosen():
                pass
            case Deliver(slot=slot, label=label):
                self._deliver(slot, label)
            case Nowhere(label=label):
                self._around.say("", self.tr("{label} was not taken: no slot waits for a board.").format(label=label))
            case Unknown(code=code):
                self._around.say("", self.tr("{code}: this fixture has no such slot.").format(code=code))
        self._show_route()

    # ---- people

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        text = event.text()
        if event.key() == Qt.Key.Key_Escape:
            self._digits = ""
            self._route.choose(None)
            self._show_route()
            self.drawer.close_drawer()
        elif len(text) == 1 and text.isprintable() and text != " ":
            self._digits += text  # letters, too: the digits among them are no slot's
            most = max((len(str(slot)) for slot in self._tiles), default=1)
            self._typing.start(_TYPED_MS if len(self._digits) >= most else _TYPING_MS)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 -- Qt's name
        super().showEvent(event)
        # Not to a button: whoever comes here looks at the slots first.
        if self.focusWidget() is None or not self.isAncestorOf(self.focusWidget()):
            self.grid.focus_current()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        if event.type() == QEvent.Type.PaletteChange:
            theme = self._around.theme()
            self.bar.set_theme(theme)
            self.grid.set_theme(theme)
            self.drawer.set_theme(theme)
            self._space()
            self._arrange()
        elif event.type() == QEvent.Type.LanguageChange:
            self._show_bar()
        super().changeEvent(event)

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        if watched is self._body and event.type() == QEvent.Type.Resize:
            self._arrange()
        return False

    def _connect(self) -> None:
        self._body.installEventFilter(self)
        self.grid.chosen.connect(self._open_drawer)
        self.grid.unlock.connect(self._open_acknowledge)
        self.grid.loaded.connect(self._say_loaded)
        self.grid.pointed.connect(self._show_bar)
        self.drawer.unlock.connect(self._open_acknowledge)
        self.drawer.loaded.connect(self._say_loaded)
        self.drawer.closed.connect(self._drawer_closed)
        self.acknowledge.closed.connect(self._focus_tiles)
        self.bar.pause.connect(lambda: self._ask(Pause()))
        self.bar.resume.connect(lambda: self._ask(Resume()))
        self.bar.stop.connect(lambda: self._ask(Stop()))
        self.bar.arm.connect(lambda: self.go_to.emit("batch"))

    def _ask(self, command: Command) -> None:
        self._around.link.ask(command, _done, lambda why: self._around.say(why.code, why.sentence))

    def _deliver(self, slot: SlotNumber, label: str) -> None:
        tile = self.grid.tiles[slot]
        tile.show_waiting(label)
        self._around.link.ask(Scan(slot=slot, label=label), _done, lambda why: self._scan_refused(slot, label, why))

    def _say_loaded(self, slot: int) -> None:
        number = SlotNumber(slot)
        self._around.link.ask(Scan(slot=number), _done, lambda why: self._scan_refused(number, "", why))

    def _scan_refused(self, slot: SlotNumber, label: str, why: Failed) -> None:
        self._route.refused(slot)
        if slot in self.grid.tiles:
            self.grid.tiles[slot].show_refusal(why.code, why.sentence)
        if label:
            self._around.say(why.code, f"{label}: {say(why.code, why.sentence)}")
        self._show_route()

    def _typed(self) -> None:
        self._typing.stop()
        digits, self._digits = self._digits, ""
        if not (digits.isascii() and digits.isdigit()) or len(digits) > _MOST_DIGITS:
            return
        if not self._route.choose(SlotNumber(int(digits))):
            self._around.say("", self.tr("This fixture has no slot {number}.").format(number=int(digits)))
        self._show_route()

    def _open_drawer(self, slot: int) -> None:
        tile = self._tiles.get(SlotNumber(slot))
        if tile is None:
            return
        if self.drawer.slot == tile.slot:
            self.drawer.close_drawer()
            return
        self.acknowledge.close_panel()
        self.drawer.open_for(tile)
        self._arrange()

    def _drawer_closed(self) -> None:
        self._arrange()
        self._focus_tiles()

    def _open_acknowledge(self, slot: int) -> None:
        number = SlotNumber(slot)
        if number in self._tiles:
            self.acknowledge.open_for(self._tiles[number], self._place_of(number))

    def _focus_tiles(self) -> None:
        if self.isVisible():
            self.grid.focus_current()

    def _check_acknowledge(self) -> None:
        """Ask no more about a slot that somebody else has unlocked."""
        slot = self.acknowledge.slot
        if slot is not None and (slot not in self._tiles or self._tiles[slot].state != "latched"):
            self.acknowledge.close_panel()

    # ---- where things are

    def _place_of(self, slot: SlotNumber) -> QRect:
        tile = self.grid.tiles[slot]
        return QRect(tile.mapTo(self._body, tile.rect().topLeft()), tile.size())

    def _arrange(self) -> None:
        room, theme = self._body.rect(), self._around.theme()
        gap = theme.px(8)
        width = min(room.width(), theme.px(WIDTH))
        opened = self.drawer.slot is not None
        beside = room.width() - width - gap
        self.grid.plan_for(room.width(), room.height())
        # Beside the tiles where these can still be read from afar; else over some of them.
        if opened and self._readable(beside, room.height()):
            self.grid.setGeometry(0, 0, beside, room.height())
        else:
            self.grid.setGeometry(room)
        if opened:
            self.drawer.setGeometry(room.width() - width, 0, width, room.height())
        if self.acknowledge.slot in self.grid.tiles:
            self.acknowledge.place(self._place_of(self.acknowledge.slot))
            self.acknowledge.raise_()

    def _readable(self, width: int, height: int) -> bool:
        if width < 200:
            return False
        measures = measure(self.grid.tiles)
        columns, rows = self.grid.plan_for(self._body.width(), height)
        least = least_big(self.devicePixelRatioF())
        return width / columns > measures.word * least + 24 and height / rows > 3 * least

    def _space(self) -> None:
        theme = self._around.theme()
        self._rows.setContentsMargins(theme.px(12), theme.px(4), theme.px(12), theme.px(10))
        self._rows.setSpacing(theme.px(4))

    def _show_route(self) -> None:
        follows = self._header.scans_labels and self._header.run == "running"
        awaited = self._route.chosen if self._route.chosen is not None else (self._route.next if follows else None)
        for slot, tile in self.grid.tiles.items():
            tile.show_awaited(slot == awaited)
        self._show_bar()

    def _show_bar(self) -> None:
        self.bar.show_line(self._header, self._tiles.values(), self._route, lost=self._lost)
        self.bar.show_fault(None if self._lost else self.grid.fault_told_beside)


def _done(_result: Result) -> None:
    """Nothing is to be said: the tiles show what came of it."""
