"""Between the engine's thread and the window's: what comes in is handed over in order, in the window's thread.

The reader thread only appends to a list and wakes the window once; so a flood of messages is one event for Qt.
"""

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from station.desktop.background import Background
from station.desktop.faults import CONNECTING
from station.domain.faults import Fault
from station.domain.ids import SlotNumber
from station.engine.client import CommandFailedError, EngineLink, attach
from station.engine.commands import Command
from station.engine.faults import LOST, MISTAKE
from station.engine.pushes import Beat, Changed, Header, Push, Tile, Welcome
from station.engine.results import Failed, Result
from station.opened import Opened

AT_ONCE: Final = 200
"""Messages that are handed over before the window may draw again."""

TILES_AT_ONCE: Final = 4
"""Tiles that change before the window may draw again: 32 at once would hold it up for some 50 ms."""

HOLD_S: Final = 0.006
"""Seconds after which what is left waits until the window has drawn, and has seen its keys."""

_BREATH_MS: Final = 1

QUIET_MS: Final = 4000
"""After how long without a beat (one comes a second) the window says that it hears nothing."""


class Bridge(QObject):
    """The window's :class:`station.desktop.link.Link`. Create it in the window's thread, and use it there alone."""

    heard = Signal(object)
    """One push of the engine; several ``Changed`` in a row come as one."""
    gone = Signal(object)
    """The engine is lost, or could not be reached: a ``Failed`` says why."""
    migrating = Signal()
    """The engine that is being waited for brings the record to this version's format first: that may take minutes."""
    quiet = Signal(bool)
    """Whether the engine's beat is overdue; it may only be busy."""

    _woken = Signal()

    def __init__(self, opened: Opened, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._opened, self._background = opened, background
        self._link: EngineLink | None = None
        self._now: Welcome | None = None
        self._queue: list[Push | Callable[[], None]] = []
        self._lock = threading.Lock()
        self._awake = False
        self._connecting = False
        self._ended = False
        self._overdue = False
        self._watch = QTimer(self)
        self._watch.setInterval(QUIET_MS)
        self._watch.timeout.connect(self._missed)
        # One for all times: each QTimer.singleShot would leave a weak reference behind (PySide 6.11).
        self._breath = QTimer(self)
        self._breath.setSingleShot(True)
        self._breath.setInterval(_BREATH_MS)
        self._breath.timeout.connect(self._drain)
        # Queued: it is emitted in the reader's thread.
        self._woken.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    @property
    def now(self) -> Welcome | None:
        """Everything as it is now, for a page that comes later; None while there is no engine."""
        return self._now

    def connect_engine(self) -> None:
        """Find the engine, or start it; :attr:`heard` has its welcome then, else :attr:`gone` says why not."""
        if self._connecting or self._link is not None or self._ended:
            return
        self._connecting = True
        look = partial(attach, self._opened, migrating=self._put_migrating)
        self._background.run(look, self._attached, self._not_attached, key="engine", long=True)

    def ask(self, command: Command, done: Callable[[Result], None], failed: Callable[[Failed], None]) -> None:
        """Send a command; exactly one of the two is called later, in this thread."""
        if self._link is None:
            why = _failed((CONNECTING if self._connecting else LOST).fault())
            QTimer.singleShot(0, self, lambda: failed(why))
            return
        self._link.ask(command).add_done_callback(partial(self._answered, done, failed))

    def end(self) -> None:
        """Leave the engine, which goes on. Safe to repeat."""
        self._ended = True
        self._watch.stop()
        link, self._link = self._link, None
        if link is not None:
            link.close()

    # ---- in the window's thread

    def _attached(self, link: EngineLink) -> None:
        self._connecting = False
        if self._ended:
            link.close()
            return
        self._link = link
        link.lost = partial(self._put_lost, link)
        link.listen(self._put)
        self._beaten()

    def _not_attached(self, error: BaseException) -> None:
        self._connecting = False
        if isinstance(error, Fault):
            self.gone.emit(_failed(error))
            return
        self.gone.emit(_failed(MISTAKE.fault(f"{type(error).__name__}")))
        report(error)

    def _drain(self) -> None:
        with self._lock:
            taken, self._queue = self._queue[:AT_ONCE], self._queue[AT_ONCE:]
        left = _parted(_merged(taken))
        begun = time.perf_counter()
        while left:
            item = left.pop(0)
            try:
                if callable(item):
                    item()
                else:
                    self._hear(item)
            except Exception as error:  # noqa: BLE001 -- one page's mistake must not keep the rest from being heard
                report(error)
            if time.perf_counter() - begun > HOLD_S:
                break
        with self._lock:
            self._queue[:0] = left  # what changes again meanwhile is then drawn once
            self._awake = more = bool(self._queue)
        if more:
            # By a timer: a posted event would come before the window's drawing.
            self._breath.start()

    def _hear(self, push: Push) -> None:
        match push:
            case Welcome():
                self._now = push
            case Changed():
                self._fold(push)
            case Beat():
                self._beaten()
            case _:
                pass
        self.heard.emit(push)

    def _fold(self, changed: Changed) -> None:
        if self._now is None:
            return
        tiles = {tile.slot: tile for tile in (*self._now.tiles, *changed.tiles)}
        header = changed.header or self._now.header
        self._now = replace(self._now, header=header, tiles=tuple(tiles[slot] for slot in sorted(tiles)))

    def _beaten(self) -> None:
        self._watch.start()
        if self._overdue:
            self._overdue = False
            self.quiet.emit(False)

    def _missed(self) -> None:
        if self._link is not None and not self._overdue:
            self._overdue = True
            self.quiet.emit(True)

    def _lose(self, link: EngineLink, why: Failed) -> None:
        if link is not self._link:
            return
        self._link, self._now = None, None
        self._watch.stop()
        self._overdue = False
        link.close()
        self.gone.emit(why)

    # ---- in the engine link's thread

    def _put(self, item: Push | Callable[[], None]) -> None:
        with self._lock:
            self._queue.append(item)
            wake, self._awake = not self._awake, True
        if wake:
            self._woken.emit()

    def _put_migrating(self) -> None:
        self._put(self.migrating.emit)

    def _put_lost(self, link: EngineLink, why: Failed) -> None:
        self._put(partial(self._lose, link, why))

    def _answered(
        self, done: Callable[[Result], None], failed: Callable[[Failed], None], future: "Future[Result]"
    ) -> None:
        error = future.exception()
        if error is None:
            self._put(partial(done, future.result()))
        elif isinstance(error, CommandFailedError):
            self._put(partial(failed, error.failed))
        else:
            self._put(partial(failed, _failed(MISTAKE.fault(f"{type(error).__name__}"))))
            self._put(partial(report, error))


def _merged(items: list[Push | Callable[[], None]]) -> list[Push | Callable[[], None]]:
    """Return the same with neighbouring ``Changed`` as one: what was drawn over at once is never drawn. Pure."""
    found: list[Push | Callable[[], None]] = []
    for item in items:
        last = found[-1] if found else None
        if isinstance(item, Changed) and isinstance(last, Changed):
            tiles: dict[SlotNumber, Tile] = {tile.slot: tile for tile in (*last.tiles, *item.tiles)}
            header: Header | None = item.header or last.header
            found[-1] = Changed(tiles=tuple(tiles.values()), header=header)
        else:
            found.append(item)
    return found


def _parted(items: list[Push | Callable[[], None]]) -> list[Push | Callable[[], None]]:
    """Return the same with every ``Changed`` in parts of few tiles, its header with the last. Pure."""
    found: list[Push | Callable[[], None]] = []
    for item in items:
        if isinstance(item, Changed) and len(item.tiles) > TILES_AT_ONCE:
            parts = [item.tiles[at : at + TILES_AT_ONCE] for at in range(0, len(item.tiles), TILES_AT_ONCE)]
            found += [Changed(tiles=part) for part in parts[:-1]]
            found.append(Changed(tiles=parts[-1], header=item.header))
        else:
            found.append(item)
    return found


def _failed(fault: Fault) -> Failed:
    return Failed(code=fault.code, sentence=fault.sentence, detail=fault.detail)


def report(error: BaseException) -> None:
    """Have a mistake told the way that all of this program's are."""
    sys.excepthook(type(error), error, error.__traceback__)
