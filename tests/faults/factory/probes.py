"""The fixture's probes in memory: the station's own driver on one side, the simulator's own operations on the other."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from station.devices.simulated_probe import SimulatedProgrammer
from station.host.files import read_bytes, sha256_of
from station.simulator.faults import ProbeDo
from station.simulator.image import Image, read_image
from station.simulator.probe import VERSION, probe_serial
from station.simulator.probe_work import DONE, Answer, ConnectionDropped, Operation, ProbeError, Request
from station.simulator.timings import Timings
from tests.faults.factory.floor import FactoryClock, Life
from tests.faults.factory.slots import Place, Seat

_SLICE = 0.1


class _Waiting(Exception):  # noqa: N818 -- an event on the bench
    """The probe says nothing more."""


class Shelf:
    """Images that were read once; a factory asks for the same ones all day."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Image] = {}

    def read(self, path: Path) -> Image:
        """Return the image in that file."""
        known = path.name, sha256_of(read_bytes(path))
        if known not in self._read:
            self._read[known] = read_image(path)
        return self._read[known]


class _Reach:
    """One probe as its operation sees it (``probe_work.Reach``)."""

    def __init__(self, place: Place, clock: FactoryClock, life: Life, shelf: Shelf) -> None:
        self._place, self._clock, self._life, self._shelf = place, clock, life, shelf

    def pause(self, seconds: float) -> None:
        self._life.touch()
        if math.isinf(seconds):
            raise _Waiting
        self._clock.pass_by(seconds)
        self._require_probe()

    def require_target(self, slot: Any) -> None:
        self._require_probe()
        seat = self._place.seat
        if seat is None or seat is not slot:
            raise ProbeError("NO_TARGET", "no board answers the probe")
        if not seat.powered:
            raise ProbeError("LOW_VOLTAGE", "the board has no supply (VTref 0.0 V)", voltage=0.0)

    def unplug(self, seconds: float) -> None:
        self._place.probe_back_at = self._clock.monotonic() + min(seconds, 600.0)

    def read_image(self, path: Path) -> Image:
        return self._shelf.read(path)

    def _require_probe(self) -> None:
        if self._clock.monotonic() < self._place.probe_back_at:
            raise ProbeError("PROBE_LOST", "the probe is gone from the PC")


class _Connection:
    """What the driver takes for its socket."""

    def __init__(self, place: Place, clock: FactoryClock, life: Life, shelf: Shelf, timings: Timings) -> None:
        self._place, self._clock, self._life, self._timings = place, clock, life, timings
        self._reach = _Reach(place, clock, life, shelf)
        self._answers: Iterator[Answer] = iter(())
        self._hung = False

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._answers = iter(())  # hanging up ends what runs

    def sendall(self, data: bytes) -> None:
        self._life.touch()
        self._answers = self._serve(json.loads(data))

    def recv(self, _size: int) -> bytes:
        self._life.touch()
        if not self._hung:
            try:
                for answer in self._answers:
                    return json.dumps(answer).encode() + b"\n"
                return b""
            except _Waiting:
                self._hung = True
            except ConnectionDropped:
                return b""
        self._clock.pass_by(_SLICE)
        raise TimeoutError

    def _serve(self, request: Request) -> Iterator[Answer]:
        try:
            if self._clock.monotonic() < self._place.probe_back_at:
                raise ProbeError("NO_PROBE", "there is no probe at this PC")
            if request["op"] == "find":
                yield from self._find()
                return
            seat = self._target()
            # The operation asks of a slot what a seat has: its board, its reset, its supply.
            yield from Operation(self._reach, request, seat, self._timings).run()  # type: ignore[arg-type]  # as said
        except ProbeError as error:
            yield error.answer

    def _find(self) -> Iterator[Answer]:
        seat = self._place.seat
        fault = seat.board.plan.at_probe("find") if seat is not None else None
        if fault is not None and fault.do is ProbeDo.FAIL:
            raise ProbeError(fault.code, fault.text)
        if fault is not None and fault.do in (ProbeDo.DROP, ProbeDo.LOSE_ANSWER):
            raise ConnectionDropped
        number = self._place.number
        yield {**DONE, "slot": number, "serial": probe_serial(number), "version": VERSION, "ports": []}

    def _target(self) -> Seat:
        seat = self._place.seat
        if seat is None or seat.removed:
            raise ProbeError("NO_TARGET", "no board answers the probe")
        self._reach.require_target(seat)
        return seat


class MemoryProgrammer(SimulatedProgrammer):
    """The driver for simulated probes, with a connection in memory in place of its socket."""

    def __init__(self, place: Place, clock: FactoryClock, life: Life, shelf: Shelf, timings: Timings) -> None:
        super().__init__("socket://127.0.0.1:1", place.number, clock)
        self._join = lambda: _Connection(place, clock, life, shelf, timings)

    def _connect(self) -> Any:
        return self._join()
