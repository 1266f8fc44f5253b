"""The bench's programmers: one TCP server that speaks lines of JSON, one probe per slot behind it.

A request is one line, ``{"op": "program", "slot": 3, "image": "/path/app.hex", "sha256": "..."}``; ``op`` is ``look``,
``program``, ``verify`` or ``reset``. The answer is any number of ``{"progress": 0.0 .. 1.0}`` and then
``{"done": true, ...}`` or ``{"error": CODE, "text": ...}``. A connection takes one request after the other; when
it ends within a program operation the board stays partly programmed. As with the genuine tools' defaults, programming
neither verifies nor resets: the core stands still until ``reset``, or until the request says ``"reset": true``.
"""

import json
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from station.domain.faults import Fault
from station.host.clock import Clock
from station.simulator.board import Board
from station.simulator.faults import ProbeDo, ProbeFault
from station.simulator.image import Image, read_image
from station.simulator.slot import Slot
from station.simulator.timings import Timings

_LINE_LIMIT = 64 * 1024
_STEPS = 20
_FOR_EVER_S = 1e6

Request = Mapping[str, object]
Answer = dict[str, object]


class ProbeError(Exception):
    """The probe's own "no": a code and a sentence for the driver."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class ConnectionDropped(Exception):  # noqa: N818 -- an event on the bench, no error
    """The probe hangs up without a word, or the driver has."""


class Probes:
    """The probes of a bench, listening on loopback from construction until :meth:`close`."""

    def __init__(self, find_slot: Callable[[int], Slot | None], timings: Timings, clock: Clock, port: int = 0) -> None:
        self._find_slot = find_slot
        self._timings = timings
        self._clock = clock
        self._stopped = threading.Event()
        self._busy: dict[int, threading.Lock] = {}
        self._busy_guard = threading.Lock()
        probes = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                probes.serve(self.request)

        self._server = _Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="probes", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """``host:port``"""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def close(self) -> None:
        """Stop listening and end every operation. Safe to repeat."""
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

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
            request = json.loads(line)
            number = request["slot"]
            operation = {
                "look": self._look,
                "program": self._program,
                "verify": self._verify,
                "reset": self._reset,
            }[request["op"]]
        except (ValueError, LookupError, TypeError):
            yield {"error": "REQUEST", "text": "this is no request a probe understands"}
            return
        with self._busy_guard:
            lock = self._busy.setdefault(number, threading.Lock())
        if not lock.acquire(blocking=False):
            yield {"error": "PROBE_BUSY", "text": f"the probe of slot {number} is at work for somebody else"}
            return
        last: Answer = {"error": "PROBE", "text": "the operation ended without a result"}
        try:
            for answer in _Operation(self, connection, request, self.target(number)).run(operation):
                if "progress" in answer:
                    yield answer
                else:
                    last = answer
        except ProbeError as error:
            last = {"error": error.code, "text": error.text}
        except Fault as fault:
            last = {"error": "FILE", "text": str(fault)}
        finally:
            lock.release()
        # Only now: whoever reads the end may ask for the next operation at once.
        yield last

    def target(self, number: int, working_on: Slot | None = None) -> Slot:
        """Return the slot whose board the probe reaches; refuses when that is none, or not ``working_on`` any more."""
        slot = self._find_slot(number)
        if slot is None or slot is not (working_on or slot):
            raise ProbeError("NO_TARGET", f"no board answers the probe of slot {number}")
        if not slot.powered:
            raise ProbeError("LOW_VOLTAGE", f"the board in slot {number} has no supply (VTref 0.0 V)")
        return slot

    def _look(self, operation: "_Operation") -> Iterator[Answer]:
        board = operation.board
        with board.lock:
            yield {
                "done": True,
                "family": "NRF91",
                "part": board.profile.part,
                "protected": False,
                "voltage": 1.8,
                "image": board.image.sha256 if board.image else None,
                "modem_firmware": board.firmware.text,
                "halted": board.halted,
            }

    def _reset(self, operation: "_Operation") -> Iterator[Answer]:
        operation.slot.reset()
        yield {"done": True}

    def _verify(self, operation: "_Operation") -> Iterator[Answer]:
        image = operation.image()
        board = operation.board
        for done in operation.steps(image, share=0.3):
            yield {"progress": done}
        with board.lock:
            there = board.programmed.get(image.name)
            same = there is not None and there.sha256 == image.sha256 and image.name not in board.spoiled
        if not same:
            raise ProbeError("VERIFY", f"what is programmed differs from {image.name}")
        yield {"done": True}

    def _program(self, operation: "_Operation") -> Iterator[Answer]:
        image = operation.image()
        board = operation.board
        if image.firmware and not image.firmware.fits(board.profile.model):
            raise ProbeError("WRONG_FAMILY", f"{image.name} is not for {board.profile.part}")
        if image.firmware is None:
            board.erase()
        for done in operation.steps(image, share=1.0):
            yield {"progress": done}
        fault = operation.fault
        board.program(image, spoiled=fault is not None and fault.do is ProbeDo.WRONG_CONTENT)
        if operation.request.get("reset") is True:
            operation.slot.reset()
        yield {"done": True}

    def pause(self, seconds: float, connection: socket.socket) -> None:
        """Let simulated time pass; raises when the driver has hung up or the bench closes."""
        # A driver that is killed is noticed like a pulled cable: within the step, not after it.
        if self._clock.wait(self._stopped, seconds) or _hung_up(connection):
            raise ConnectionDropped

    def duration(self, image: Image, board: Board) -> float:
        """Return how long programming ``image`` takes."""
        span = self._timings.modem_flash if image.firmware else self._timings.app_flash
        speed = self._timings.flash_bytes_per_second
        return span.draw(board.rng) + (image.size / speed if speed else 0.0)

    def attaching(self, board: Board) -> float:
        """Return how long it takes until a probe has its target."""
        return self._timings.probe.draw(board.rng)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


class _Operation:
    """One request at one probe, with the fault that strikes it."""

    def __init__(self, probes: Probes, connection: socket.socket, request: Request, slot: Slot) -> None:
        self._probes = probes
        self._connection = connection
        self.request = request
        self.slot = slot
        self.board = slot.board
        self.fault: ProbeFault | None = None

    def run(self, operation: "Callable[[_Operation], Iterator[Answer]]") -> Iterator[Answer]:
        with self.board.lock:
            self.fault = self.board.plan.at_probe(str(self.request["op"]))
        self._probes.pause(self._probes.attaching(self.board), self._connection)
        if self.fault and (self.fault.at <= 0.0 or self.request["op"] in ("look", "reset")):
            self._strike(self.fault)
        yield from operation(self)

    def image(self) -> Image:
        """Return the image the request names, as it lies there now."""
        path = self.request.get("image")
        if not isinstance(path, str):
            raise ProbeError("REQUEST", "no image is named")
        try:
            image = read_image(Path(path))
        except ValueError as error:
            raise ProbeError("FILE", str(error)) from error
        if self.request.get("sha256") not in (None, image.sha256):
            raise ProbeError("IMAGE_CHANGED", f"{path} is not the file that was asked for")
        return image

    def steps(self, image: Image, *, share: float) -> Iterator[float]:
        """Yield progress from 0.0 to 1.0 while time passes; the fault strikes where it says."""
        seconds = self._probes.duration(image, self.board) * share
        count = _STEPS if seconds else 2
        for step in range(count + 1):
            done = step / count
            if self.fault and done >= self.fault.at:
                self._strike(self.fault)
            yield done
            if step < count:
                self._probes.pause(seconds / count, self._connection)
            self._probes.target(self.slot.number, self.slot)

    def _strike(self, fault: ProbeFault) -> None:
        match fault.do:
            case ProbeDo.FAIL:
                raise ProbeError(fault.code, fault.text)
            case ProbeDo.DROP:
                raise ConnectionDropped
            case ProbeDo.HANG:
                while True:
                    self._probes.pause(0.1, self._connection)
            case ProbeDo.SLOW:
                self.fault = None
                self._probes.pause(fault.seconds, self._connection)
            case ProbeDo.WRONG_CONTENT:
                return


def _lines(connection: socket.socket) -> Iterator[bytes]:
    buffer = b""
    while len(buffer) < _LINE_LIMIT and (data := connection.recv(_LINE_LIMIT)):
        *lines, buffer = (buffer + data).split(b"\n")
        yield from lines


def _hung_up(connection: socket.socket) -> bool:
    readable, _, _ = select.select([connection], [], [], 0)
    if not readable:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
