"""A fixture in memory: the simulator's own boards and firmwares, joined to the station by bytes without a thread.

What a board does takes its time on the injected clock: an answer is there to be read once its moment has come, and
whoever waits for it lets the time pass.
"""

import math
from collections import deque
from dataclasses import dataclass
from random import Random
from typing import Final

from station.devices.faults import PORT_ABSENT, PORT_VANISHED
from station.host.clock import Stop
from station.simulator.board import Board
from station.simulator.delivery import Reset, Vanished
from station.simulator.host_firmware import HostFirmware, start_firmware
from station.simulator.image import Framing
from station.simulator.modem import Modem
from station.simulator.timings import Timings
from tests.faults.factory.floor import FactoryClock, Life

_READ_SLICE: Final = 0.1
_RINGS: Final = {
    Framing.AT_HOST: 1,
    Framing.AT_SHELL: 64,
    Framing.CRED_SHELL: 64,
    Framing.SERIAL_MODEM: 1 << 20,
    Framing.V250: 256,
}
"""Bytes of what comes while a command runs that are still there behind it."""


class _Hung(Exception):  # noqa: N818 -- an event on the bench
    """The board does nothing more until it is reset."""


class _BoardLine:
    """The line as the firmware sees it: what it sends leaves at the board's own time (``delivery.Line``)."""

    def __init__(self, seat: "Seat") -> None:
        self._seat = seat

    def wait(self, seconds: float) -> None:
        if math.isinf(seconds):
            raise _Hung
        self._seat.at += max(0.0, seconds)

    def send(self, data: bytes) -> None:
        if data:
            self._seat.out.append((self._seat.at, data))

    def answer(self, data: bytes) -> bytes:
        self.send(data)
        return b""


class Seat:
    """A board in a slot, powered, from the moment it is put in until it is taken out."""

    def __init__(self, number: int, board: Board, timings: Timings, clock: FactoryClock) -> None:
        self.number, self.board = number, board
        self._timings, self._clock = timings, clock
        self.powered = True
        self.removed = False
        self.out: deque[tuple[float, bytes]] = deque()
        self.at = clock.monotonic()
        """The board's own time: until then it is busy."""
        self._gone_from = math.inf
        self._back_at = -math.inf
        self._deaf_until = 0.0
        self._hung = False
        self._firmware: HostFirmware | None = None
        self._waiting = bytearray()
        self._boot()

    # What probe and technician do (``simulator.slot.Slot`` as operations see it)

    def reset(self, *, away: float = 0.0) -> None:
        """Reset the board; with ``away`` its port is gone for so long first."""
        if not self.powered or self.removed:
            return
        now = self._clock.monotonic()
        self._cut(now)
        if away:
            self._gone_from, self._back_at = now, now + away
        self._boot(away)

    def power(self, *, on: bool) -> None:
        """Switch the supply."""
        if self.removed or on == self.powered:
            return
        self.powered = on
        self._cut(self._clock.monotonic())
        if on:
            self._boot()
        else:
            self._firmware = None
            self.board.cut_power()

    def say(self, text: str) -> None:
        """Let the board print something unasked."""
        if self._firmware is not None and not self._hung:
            at = max(self.at, self._clock.monotonic())
            self.out.append((at, self._firmware.notice(text)))

    def remove(self) -> None:
        """Take the board out, whatever it is doing."""
        if not self.removed:
            self._cut(self._clock.monotonic())
            self.removed, self.powered = True, False
            self.board.cut_power()

    # The station's end of the port

    @property
    def present(self) -> bool:
        """Whether the port is there now."""
        self._turn()
        return not self.removed and not self._gone_from <= self._clock.monotonic() < self._back_at

    def take(self, data: bytes) -> None:
        """Take what the station sends."""
        self._turn()
        now = self._clock.monotonic()
        if self._firmware is None or self._hung or self.board.silent or now < self._deaf_until or not self.powered:
            self.board.counters.bytes_lost += len(data)
            return
        if now < self.at:
            self._waiting += data
            return
        self.at = now
        self._run(data)

    def give(self) -> bytes:
        """Return what has come out until now."""
        self._turn()
        now, found = self._clock.monotonic(), bytearray()
        while self.out and self.out[0][0] <= now:
            found += self.out.popleft()[1]
        return bytes(found)

    def next_event(self) -> float:
        """Return when something will come out, or when what waits is worked on."""
        times = [self.out[0][0]] if self.out else []
        if self._waiting:
            times.append(self.at)
        if self._gone_from > self._clock.monotonic():
            times.append(self._gone_from)
        return min(times, default=math.inf)

    def drop(self) -> None:
        """Forget what came before the port was opened."""
        self.give()

    def _turn(self) -> None:
        """Have the board work on what came while it was busy, once it no longer is."""
        if not self._waiting or self._clock.monotonic() < self.at:
            return
        image = self.board.image
        kept = bytes(self._waiting[: _RINGS.get(image.framing, 0) if image else 0])
        self.board.counters.bytes_lost += len(self._waiting) - len(kept)
        self._waiting.clear()
        if self._firmware is not None and not self._hung and not self.board.silent and self.powered:
            self._run(kept)

    def _run(self, data: bytes) -> None:
        assert self._firmware is not None
        try:
            self._firmware.receive(data)
        except _Hung:
            self._hung = True
        except Reset:
            self._boot(at=self.at)
        except Vanished as event:
            self._gone_from = self.at
            away = event.seconds or math.inf
            self._back_at = self.at + away
            if math.isfinite(away):
                self._boot(away, at=self.at)
            else:
                self._firmware = None

    def _cut(self, now: float) -> None:
        # What had not left the board yet never will.
        self.out = deque(one for one in self.out if one[0] <= now)
        self._waiting.clear()

    def _boot(self, away: float = 0.0, at: float | None = None) -> None:
        begins = (self._clock.monotonic() if at is None else at) + away
        self._firmware, self._hung = None, False
        self._waiting.clear()
        self.board.boot()
        self.at = self._deaf_until = begins + self._timings.boot.draw(self.board.rng)
        image = None if self.board.silent else self.board.image
        if image is None:
            return
        modem = Modem(self.board, self._timings, self._clock)
        self._firmware = start_firmware(image.framing, self.board, modem, _BoardLine(self), self._timings)
        self.out.append((self.at, self._firmware.banner()))


@dataclass(slots=True)
class Place:
    """A slot of the fixture: what is in it, and whether its probe is plugged in."""

    number: int
    seat: Seat | None = None
    probe_back_at: float = -math.inf


class MemoryPort:
    """The station's end of a slot's serial line (``devices.talk.Port``)."""

    def __init__(self, place: Place, clock: FactoryClock, life: Life, noise: Random | None) -> None:
        """Open the port; DEV-101 where it is not there. ``noise``: what bends its bytes now and then."""
        life.touch()
        self.address = f"slot{place.number}"
        if place.seat is None or not place.seat.present:
            raise PORT_ABSENT.fault(port=self.address)
        self._place, self._seat, self._clock, self._life, self._noise = place, place.seat, clock, life, noise
        self._open = True
        self._seat.drop()

    def read_some(self) -> bytes:
        self._life.touch()
        self._require()
        if data := self._heard():
            return data
        now = self._clock.monotonic()
        self._clock.pass_by(max(0.0001, min(_READ_SLICE, self._seat.next_event() - now)))
        self._require()
        return self._heard()

    def read_waiting(self) -> bytes:
        self._life.touch()
        self._require()
        return self._heard()

    def write(self, data: bytes) -> None:
        self._life.touch()
        self._require()
        self._seat.take(data)

    def close(self) -> None:
        self._open = False

    def _require(self) -> None:
        if not self._open or self._place.seat is not self._seat or not self._seat.present:
            raise PORT_VANISHED.fault("the port is gone", port=self.address)

    def _heard(self) -> bytes:
        data = self._seat.give()
        if data and self._noise is not None and self._noise.random() < 0.02:
            # What a framing error leaves are odd bytes; a letter that turns into another is another matter.
            at = self._noise.randrange(len(data) + 1)
            odd = bytes(self._noise.randrange(0x80, 0x100) for _ in range(self._noise.randrange(1, 4)))
            return data[:at] + odd + data[at:]
        return data


class MemoryPresence:
    """How the slot knows of its board (``devices.protocols.Presence``)."""

    is_known = True

    def __init__(self, place: Place) -> None:
        self._place = place

    def is_loaded(self) -> bool:
        return self._place.seat is not None and self._place.seat.present

    def wait_loaded(self, stop: Stop) -> None:
        stop.check()

    def wait_gone(self, stop: Stop) -> None:
        stop.check()


class ScannedPresence(MemoryPresence):
    """A slot of which only the technician knows."""

    is_known = False


class MemoryPower:
    """A slot's supply (``devices.protocols.Power``)."""

    can_switch = True

    def __init__(self, place: Place, clock: FactoryClock, life: Life) -> None:
        self._place, self._clock, self._life = place, clock, life

    def switch_on(self) -> None:
        self._switch(on=True)

    def switch_off(self) -> None:
        self._switch(on=False)

    def cycle(self) -> None:
        self._switch(on=False)
        self._clock.pass_by(1.0)
        self._switch(on=True)

    def _switch(self, *, on: bool) -> None:
        self._life.touch()
        if self._place.seat is not None:
            self._place.seat.power(on=on)
