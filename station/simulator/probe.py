"""The bench's programmers: one TCP server that speaks lines of JSON, and a probe for every slot behind it.

A request is one line, an object with ``op`` and the probe it is for: ``slot`` (3) or ``probe`` (its serial number as a
text; leading zeros don't count). The answer is any number of ``{"progress": 0.0 .. 1.0}``, then ``{"done": true, ...}``
or ``{"error": CODE, "text": sentence}``. A connection takes one request after the other, and hanging up ends what runs.

| op | more in the request | more in ``done`` |
| --- | --- | --- |
| ``list`` (no probe named) | | ``probes``: what ``find`` tells, of each that is plugged in |
| ``find`` | | ``slot``, ``serial``, ``version``, ``ports`` [{``vcom``, ``path``}] |
| ``look`` | | ``family`` ("nrf9160", "nrf91x1" or another) and ``part``, null where locked; ``series``; \
``protected``; \
``protection`` "none", "secure" or "all"; ``erase_protected``; ``voltage``; ``image`` (SHA-256); ``halted`` |
| ``recover`` | | |
| ``program`` | as ``verify``; ``erase`` "all" (if left out), "touched" or "none"; ``reset`` true | |
| ``verify`` | ``image`` (path), and if wanted ``sha256`` and ``kind`` "application" or "modem-firmware" | |
| ``reset`` | | |
| ``lock`` | ``level`` "all" (if left out) or "secure" | |
| ``protect-erase`` | | |

``list`` and ``find`` never attach to a board, work beside any other operation, and are not counted as attaching. All
others take hold of the chip, one at a time: a probe at work answers PROBE_BUSY. As with the genuine tools' defaults,
programming neither verifies nor resets; after ``program``, ``verify`` and ``recover`` the core stands still until
``reset``. ``lock`` and ``protect-erase`` take effect with the next reset or power cut.

Codes: NO_PROBE (not plugged in), PROBE_LOST (pulled out meanwhile), PROBE_BUSY, NO_TARGET (no board), LOW_VOLTAGE
(with ``voltage``), SILENT (the chip does not answer), PROTECTED, ERASE_PROTECTED, WRONG_FAMILY (``found``), VERIFY,
LOCK_REFUSED, FILE, IMAGE_CHANGED, REQUEST; whatever a script says in "fail"; and PROBE.
"""

import json
import math
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.host.clock import Clock
from station.host.files import read_bytes, sha256_of
from station.simulator.faults import ProbeDo
from station.simulator.image import Image, read_image
from station.simulator.listening import Listening
from station.simulator.probe_work import DONE, OPERATIONS, Answer, ConnectionDropped, Operation, ProbeError, Request
from station.simulator.slot import Slot
from station.simulator.timings import Timings

VERSION: Final = "simulated bench 2"
_LINE_LIMIT = 64 * 1024
_SLICE_S = 0.05
"""So soon a driver that has hung up is noticed."""
_GONE_PATIENCE_S = 5.0
_FOR_EVER_S = 1e6
_SLOW_S = 5.0


def probe_serial(slot: int) -> str:
    """Return the serial number of a slot's probe, 12 digits, as a listing shows it."""
    return f"0010512{slot:05d}"


@dataclass(slots=True)
class Probe:
    """One probe. ``busy`` is held as long as it works on its board; no other lock is, while time passes."""

    slot: int
    serial: str
    busy: threading.Lock = field(default_factory=threading.Lock)
    driver: socket.socket | None = None
    back_at: float | None = None
    """Monotonic seconds from which on it is plugged in again."""
    found: int = 0
    """How often somebody asked whether it is there."""


class Probes:
    """The probes of a bench, listening on loopback from construction until :meth:`close`."""

    def __init__(
        self,
        find_slot: Callable[[int], Slot | None],
        port_addresses: Callable[[int], str],
        count: int,
        timings: Timings,
        clock: Clock,
        port: int = 0,
    ) -> None:
        self._find_slot = find_slot
        self._port_address = port_addresses
        self._timings = timings
        self._clock = clock
        self._stopped = threading.Event()
        self._probes = {number: Probe(number, probe_serial(number)) for number in range(1, count + 1)}
        self._read: dict[tuple[str, Sha256], Image] = {}
        probes = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                probes.serve(self.request)

        self._server = _Server(("127.0.0.1", port), Handler)
        self._server.begin("probes")

    @property
    def address(self) -> str:
        """``host:port``"""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def close(self) -> None:
        """Stop listening and end every operation. Safe to repeat."""
        self._stopped.set()
        self._server.end()

    def wait(self, seconds: float) -> None:
        """Let simulated time pass; raises :class:`ConnectionDropped` when the bench closes."""
        if self._clock.wait(self._stopped, seconds):
            raise ConnectionDropped

    def unplug(self, probe: Probe, seconds: float) -> None:
        """Have ``probe`` away from the PC for so long."""
        probe.back_at = self._clock.monotonic() + seconds

    def plug(self, slot: int, *, plugged: bool) -> None:
        """Plug a slot's probe in, or pull it out; what it is doing then ends with PROBE_LOST."""
        self._probes[slot].back_at = None if plugged else math.inf

    def describe(self, slot: int) -> dict[str, object]:
        """Return a probe's serial number, whether it is plugged in, and how often it was asked for."""
        probe = self._probes[slot]
        return {"serial": probe.serial, "plugged": self.plugged(probe), "found": probe.found}

    def serve(self, connection: socket.socket) -> None:
        """Answer one connection's requests until it ends."""
        try:
            for line in _lines(connection):
                for answer in self._answers(line, connection):
                    connection.sendall(json.dumps(answer).encode() + b"\n")
        except (ConnectionDropped, OSError):
            return  # the driver is gone; what it asked for stays as far as it came

    def _answers(self, line: bytes, connection: socket.socket) -> Iterator[Answer]:
        try:
            request = _read_request(line)
            operation = str(request.get("op"))
            if operation == "list":
                yield {**DONE, "probes": [self._tell(probe) for probe in self._probes.values() if self.plugged(probe)]}
            elif operation == "find":
                yield self._find(self._named(request), connection)
            else:
                yield from self._operate(self._named(request), request, connection)
        except ProbeError as error:
            yield error.answer

    def _named(self, request: Request) -> Probe:
        serial, slot = request.get("probe"), request.get("slot")
        for probe in self._probes.values():
            named = probe.slot == slot if serial is None else probe.serial.lstrip("0") == str(serial).lstrip("0")
            if named and self.plugged(probe):
                return probe
        raise ProbeError("NO_PROBE", f"there is no probe {serial or slot} at this PC")

    def plugged(self, probe: Probe) -> bool:
        """Return whether the probe is in the PC."""
        return probe.back_at is None or self._clock.monotonic() >= probe.back_at

    def _tell(self, probe: Probe) -> Answer:
        ports = [{"vcom": 0, "path": self._port_address(probe.slot)}]
        return {"slot": probe.slot, "serial": probe.serial, "version": VERSION, "ports": ports}

    def _find(self, probe: Probe, connection: socket.socket) -> Answer:
        probe.found += 1
        slot = self._find_slot(probe.slot)
        if slot is not None:
            with slot.board.lock:
                fault = slot.board.plan.at_probe("find")
            reach = _Reach(self, probe, connection)
            match fault.do if fault else None:
                case ProbeDo.FAIL if fault:
                    raise ProbeError(fault.code, fault.text)
                case ProbeDo.DROP | ProbeDo.LOSE_ANSWER:
                    raise ConnectionDropped
                case ProbeDo.HANG:
                    reach.pause(math.inf)
                case ProbeDo.SLOW if fault:
                    reach.pause(fault.seconds or _SLOW_S)
                case ProbeDo.UNPLUG if fault:
                    reach.unplug(fault.seconds or math.inf)
                    raise ProbeError("NO_PROBE", f"there is no probe {probe.serial} at this PC")
                case _:
                    pass  # nothing strikes, or something that needs a board
        return {**DONE, **self._tell(probe)}

    def _operate(self, probe: Probe, request: Request, connection: socket.socket) -> Iterator[Answer]:
        self._take(probe, connection)
        last: Answer = {"error": "PROBE", "text": "the operation ended without a result"}
        try:
            slot = self.target(probe)
            with slot.board.working(self._clock):
                for answer in Operation(_Reach(self, probe, connection), request, slot, self._timings).run():
                    if "progress" in answer:
                        yield answer
                    else:
                        last = answer
        except ProbeError as error:
            last = error.answer
        finally:
            probe.driver = None
            probe.busy.release()
        # Only now: whoever reads the end may ask for the next operation at once.
        yield last

    def _take(self, probe: Probe, connection: socket.socket) -> None:
        """Have the probe for this driver alone; one that is gone is waited for until the probe has noticed, too."""
        if not probe.busy.acquire(blocking=False):
            driver = probe.driver
            gone = driver is None or _hung_up(driver)
            if not (gone and probe.busy.acquire(timeout=_GONE_PATIENCE_S)):
                raise ProbeError("PROBE_BUSY", f"the probe of slot {probe.slot} is at work for somebody else")
        probe.driver = connection

    def target(self, probe: Probe, working_on: Slot | None = None) -> Slot:
        """Return the slot whose board the probe reaches; refuses when that is none, or not ``working_on`` any more."""
        slot = self._find_slot(probe.slot)
        if slot is None or slot is not (working_on or slot):
            raise ProbeError("NO_TARGET", f"no board answers the probe of slot {probe.slot}")
        if not slot.powered:
            raise ProbeError("LOW_VOLTAGE", f"the board in slot {probe.slot} has no supply (VTref 0.0 V)", voltage=0.0)
        return slot

    def read_image(self, path: Path) -> Image:
        """Return the image in that file; ``ProbeError`` where it is none."""
        try:
            known = path.name, sha256_of(read_bytes(path))
            if known not in self._read:
                self._read[known] = read_image(path)  # two that come at once read it twice, and wait for nobody
            return self._read[known]
        except ValueError as error:
            raise ProbeError("FILE", str(error)) from error
        except Fault as fault:
            raise ProbeError("FILE", str(fault)) from fault


class _Reach:
    """One probe as its operation sees it (``probe_work.Reach``)."""

    def __init__(self, probes: Probes, probe: Probe, connection: socket.socket) -> None:
        self._probes = probes
        self._probe = probe
        self._connection = connection

    def pause(self, seconds: float) -> None:
        left = min(seconds, _FOR_EVER_S)
        while left > 0.0:
            # A driver that is killed is noticed like a pulled cable: within the pause, not after it.
            self._probes.wait(min(left, _SLICE_S))
            left -= _SLICE_S
            self._require_driver()

    def require_target(self, slot: Slot) -> None:
        self._require_driver()
        self._probes.target(self._probe, slot)

    def unplug(self, seconds: float) -> None:
        self._probes.unplug(self._probe, seconds)

    def read_image(self, path: Path) -> Image:
        return self._probes.read_image(path)

    def _require_driver(self) -> None:
        if _hung_up(self._connection):
            raise ConnectionDropped
        if not self._probes.plugged(self._probe):
            raise ProbeError("PROBE_LOST", "the probe is gone from the PC")


class _Server(Listening, socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


def _read_request(line: bytes) -> Request:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict) or request.get("op") not in ("list", "find", *OPERATIONS):
        raise ProbeError("REQUEST", "this is no request a probe understands")
    return request


def _lines(connection: socket.socket) -> Iterator[bytes]:
    buffer = b""
    while len(buffer) < _LINE_LIMIT and (data := connection.recv(_LINE_LIMIT)):
        *lines, buffer = (buffer + data).split(b"\n")
        yield from lines


def _hung_up(connection: socket.socket) -> bool:
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True
