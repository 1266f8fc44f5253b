"""One slot of the bench: a thread that is the board in it, from the moment it is put in until it is taken out."""

import math
import threading
from collections.abc import Callable
from enum import Enum
from functools import partial

from station.host.clock import Clock
from station.simulator.board import Board
from station.simulator.delivery import Reset, Vanished
from station.simulator.host_firmware import HostFirmware, start_firmware
from station.simulator.modem import Modem
from station.simulator.timings import Timings
from station.simulator.wire import Port, Woken

_FOR_EVER_S = 1e6
_BITS_PER_BYTE = 10
_PACE_S = 0.01
"""Bytes go out in chunks of so much time; nobody can tell them from single ones."""


class Interrupted(Exception):  # noqa: N818 -- an event on the bench, no error
    """Somebody resets the board, switches its power or takes it out."""


class _Action(Enum):
    RESET = "reset"
    POWER_OFF = "power-off"
    POWER_ON = "power-on"
    REMOVE = "remove"


class _Order:
    def __init__(self, action: _Action, seconds: float = 0.0) -> None:
        self.action = action
        self.seconds = seconds
        self.done = threading.Event()


class SlotLine:
    """The line between a board's firmware and its port, at the line's pace."""

    def __init__(self, port: Port, clock: Clock, interrupt: threading.Event, baud: int | None, board: Board) -> None:
        """``baud`` None: bytes take no time. ``board`` is told what passed."""
        self._board = board
        self._port = port
        self._clock = clock
        self._interrupt = interrupt
        self._per_byte = _BITS_PER_BYTE / baud if baud else 0.0

    def wait(self, seconds: float) -> None:
        """Let ``seconds`` pass, or raise :class:`Interrupted`."""
        self._pass(seconds, arriving=False)

    def send(self, data: bytes) -> None:
        """Send ``data``."""
        if not self._per_byte:
            self._port.write(data)
            return
        size = max(1, round(_PACE_S / self._per_byte))
        for at in range(0, len(data), size):
            chunk = data[at : at + size]
            self.wait(len(chunk) * self._per_byte)
            self._port.write(chunk)

    def answer(self, data: bytes) -> bytes:
        """Send ``data``; return what came before the end of it left, for a host may speak only after that."""
        last = 1 if self._per_byte else len(data)
        self.send(data[:-last] if last else b"")
        arrived = self._port.pending()
        self.send(data[-last:] if last else b"")
        return arrived

    def arriving(self, size: int) -> None:
        """Let the time pass that ``size`` bytes take to come in."""
        self._pass(size * self._per_byte, arriving=True)

    def _pass(self, seconds: float, *, arriving: bool) -> None:
        if seconds > 0.0:
            if self._clock.wait(self._interrupt, min(seconds, _FOR_EVER_S)):
                raise Interrupted
            self._board.spend(seconds, arriving=arriving)


class Slot:
    """A board in a slot, powered from the start. Its own thread runs it; every method is safe from any thread."""

    def __init__(
        self, number: int, board: Board, open_port: Callable[[], Port], timings: Timings, clock: Clock
    ) -> None:
        self.number = number
        self.board = board
        self.powered = True
        self._open_port = open_port
        self._timings = timings
        self._clock = clock
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        self._notices: list[str] = []
        self._interrupt = threading.Event()
        self._port: Port | None = open_port()
        self._line: SlotLine | None = None
        self._firmware: HostFirmware | None = None
        self._removed = False
        self._present = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"slot-{number}", daemon=True)
        self._thread.start()
        self._present.wait(10)

    @property
    def address(self) -> str | None:
        """The port's address, None while it can't be opened."""
        port = self._port
        return port.address if port and self._present.is_set() else None

    def reset(self, *, away: float = 0.0) -> None:
        """Reset the board; returns when it boots, or has booted where that takes no time.

        With ``away`` its port vanishes for so many seconds first, and returning means that it is gone.
        """
        self._order(_Action.RESET, away)

    def power(self, *, on: bool) -> None:
        """Switch the board's supply; returns when that has happened. The port stays: it is the fixture's."""
        self._order(_Action.POWER_ON if on else _Action.POWER_OFF)

    def say(self, text: str) -> None:
        """Let the board print an unsolicited result or log line, behind a command that runs; lost without firmware."""
        with self._lock:
            self._notices.append(text)
            if self._port is not None:
                self._port.wake()

    def remove(self) -> None:
        """Take the board out: its power is cut and the port vanishes; returns when both have happened."""
        self._order(_Action.REMOVE)
        self._thread.join(10)

    def _order(self, action: _Action, seconds: float = 0.0) -> None:
        order = _Order(action, seconds)
        with self._lock:
            if self._removed:
                return
            self._orders.append(order)
            self._interrupt.set()
            if self._port is not None:
                self._port.wake()
        order.done.wait(10)

    def _next_order(self) -> _Order | None:
        # The interrupt stays while more orders wait: they cut short what this one begins.
        with self._lock:
            order = self._orders.pop(0) if self._orders else None
            if not self._orders:
                self._interrupt.clear()
            return order

    def _run(self) -> None:
        begin: Callable[[], None] | None = self._boot
        while not self._removed:
            try:
                if begin is not None:
                    step, begin = begin, None
                    step()
                while order := self._next_order():
                    self._obey(order)
                self._say_notices()
                self._listen()
            except (Interrupted, Woken):
                continue
            except Reset:
                begin = self._boot
            except Vanished as event:
                begin = partial(self._vanish, event.seconds or math.inf)

    def _obey(self, order: _Order) -> None:
        try:
            match order.action:
                case _Action.RESET:
                    if self.powered and order.seconds:
                        self._hide()
                        raise Vanished(order.seconds)
                    if self.powered:
                        self._boot(order.done)
                case _Action.POWER_OFF:
                    self.powered = False
                    self._firmware = None
                    self.board.cut_power()
                case _Action.POWER_ON:
                    if not self.powered:
                        self.powered = True
                        self._boot(order.done)
                case _Action.REMOVE:
                    self._close()
        finally:
            order.done.set()

    def _listen(self) -> None:
        port = self._port
        if self._removed:
            return
        if port is None:
            self._clock.wait(self._interrupt, _FOR_EVER_S)
            return
        data = port.read()
        if not data or self._firmware is None or self._line is None:
            return
        image = self.board.image
        if self.board.silent or image is None or port.baud() not in (None, image.baud):
            self.board.counters.bytes_lost += len(data)
            return
        if self.board.counters.first_byte_at is None:
            self.board.counters.first_byte_at = self._clock.monotonic()
        with self.board.working(self._clock):
            self._line.arriving(len(data))
            self._firmware.receive(data)

    def _boot(self, begun: threading.Event | None = None) -> None:
        self._firmware = None
        port = self._reopen()
        self.board.boot()
        image = None if self.board.silent else self.board.image
        seconds = self._timings.boot.draw(self.board.rng)
        if seconds or image is None:
            # Otherwise the port appears when the board can listen: without delays no command may get lost.
            self._announce(port)
            if begun is not None:
                begun.set()
        if image is None:
            return
        baud = image.baud if self._timings.paced else None
        self._line = SlotLine(port, self._clock, self._interrupt, baud, self.board)
        modem = Modem(self.board, self._timings, self._clock)
        firmware = start_firmware(image.framing, self.board, modem, self._line, self._timings)
        with self.board.working(self._clock):
            self._line.wait(seconds)
            port.pending()  # what came while it booted found no UART
            self._firmware = firmware
            self._line.send(firmware.banner())
        self._announce(port)

    def _announce(self, port: Port) -> None:
        port.announce()
        self._present.set()

    def _say_notices(self) -> None:
        with self._lock:
            texts, self._notices = self._notices, []
        for text in texts:
            if self._firmware is not None and self._line is not None:
                self._line.send(self._firmware.notice(text))

    def _vanish(self, seconds: float) -> None:
        self._hide()
        if self._clock.wait(self._interrupt, min(seconds, _FOR_EVER_S)):
            raise Interrupted
        self._boot()

    def _hide(self) -> None:
        self._firmware = None
        self._present.clear()
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _reopen(self) -> Port:
        # A vanished port comes back with any reset.
        if self._port is None:
            reopened = self._open_port()
            with self._lock:
                self._port = reopened
            return reopened
        return self._port

    def _close(self) -> None:
        with self._lock:
            self._removed = True
            port, self._port = self._port, None
            waiting, self._orders = self._orders, []
        if port is not None:
            port.close()
        self.board.cut_power()
        self.powered = False
        for order in waiting:
            order.done.set()
