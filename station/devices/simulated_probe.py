"""The driver for the simulated bench's probes: lines of JSON over TCP, one connection an operation."""

import json
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from station.devices.faults import (
    PROBE_FAILED,
    PROBE_ODD,
    PROBE_SILENT,
    PROBE_TROUBLE,
    PROBE_UNREACHABLE,
    TARGET_UNPOWERED,
    VERIFY_FAILED,
)
from station.devices.programmers import require_unchanged
from station.devices.protocols import Image, Progress, Target
from station.domain.faults import Cancelled, Fault
from station.domain.ids import parse_sha256
from station.host.clock import Clock, Deadline, Stop
from station.host.files import read_bytes

_SLICE: Final = 0.1
"""Seconds between two looks at the hard stop."""
_LONGEST_LINE: Final = 65536
_URL = re.compile(r"(?:socket|tcp)://([^/:]+|\[[0-9A-Fa-f:]+\]):(\d+)/?")
_TARGET_GONE: Final = frozenset({"NO_TARGET", "LOW_VOLTAGE"})
_PROBE_ITSELF: Final = frozenset({"PROBE", "PROBE_BUSY", "REQUEST", "FILE", "IMAGE_CHANGED"})


class SimulatedProgrammer:
    """One slot's probe on the simulated bench.

    ``bench`` is ``socket://host:port``, or a path: the bench's folder, or the entry ``probes`` in it (its
    ``bench.json`` says where the probes listen, anew after every start, so it is read at every operation).
    """

    can_program = True

    def __init__(
        self, bench: str | Path, slot: int, clock: Clock, *, look_timeout: float = 15.0, program_timeout: float = 300.0
    ) -> None:
        """``program_timeout``: seconds each for programming and for verifying."""
        self._bench = bench
        self._slot = slot
        self._clock = clock
        self._look_timeout = look_timeout
        self._program_timeout = program_timeout

    @property
    def name(self) -> str:
        """What people call it."""
        return f"simulated-{self._slot}"

    def look(self) -> Target:
        """Return what the probe sees; an unpowered board is a value here, not a fault."""
        try:
            answer = self._operate({"op": "look"}, "look at the board", self._look_timeout)
        except Fault as fault:
            if fault.code == TARGET_UNPOWERED.code:
                return Target(powered=False)
            raise
        try:
            return _read_target(answer)
        except ValueError as error:
            raise PROBE_ODD.fault(f"{answer!r:.300}: {error}", probe=self.name) from error

    def program(self, image: Image, progress: Progress, stop: Stop) -> None:
        """Program and verify, as the protocol says. Raises DEV-302 to DEV-308, ``Cancelled`` on the hard stop."""
        require_unchanged(image)
        stop.check()
        what = {"image": str(image.path), "sha256": image.sha256}
        # Verifying is the smaller part of the time.
        self._operate(
            {"op": "program", **what}, "program", self._program_timeout, lambda part: progress(part * 0.8), stop
        )
        self._operate(
            {"op": "verify", **what}, "verify", self._program_timeout, lambda part: progress(0.8 + part * 0.2), stop
        )
        progress(1.0)

    def reset(self) -> None:
        """Let the board start from the beginning. Safe to repeat."""
        self._operate({"op": "reset"}, "reset", self._look_timeout)

    def _operate(
        self,
        request: Mapping[str, object],
        action: str,
        timeout: float,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Mapping[str, object]:
        deadline = Deadline(self._clock, timeout)
        with self._connect() as connection:
            try:
                connection.sendall(json.dumps({**request, "slot": self._slot}).encode("ascii") + b"\n")
                for line in self._lines(connection, deadline, stop):
                    answer = _read_answer(line)
                    if "error" in answer:
                        raise self._failure(answer, action)
                    if answer.get("done") is True:
                        return answer
                    if progress:
                        progress(_read_progress(answer))
            except OSError as error:
                raise PROBE_SILENT.fault(str(error), probe=self.name, action=action) from error
            except (ValueError, RecursionError) as error:
                raise PROBE_ODD.fault(str(error), probe=self.name) from error
        reason = f"no end within {timeout:g} s" if deadline.passed() else "it hung up"
        raise PROBE_SILENT.fault(reason, probe=self.name, action=action)

    def _connect(self) -> socket.socket:
        try:
            connection = socket.create_connection(self._find(), timeout=5.0)
        except (OSError, ValueError) as error:
            raise PROBE_UNREACHABLE.fault(f"{self._bench}: {error}", probe=self.name) from error
        connection.settimeout(_SLICE)
        return connection

    def _find(self) -> tuple[str, int]:
        if match := _URL.fullmatch(str(self._bench)):
            return match[1].strip("[]"), int(match[2])
        path = Path(self._bench)
        folder, entry = (path, "probes") if path.is_dir() else (path.parent, path.name)
        if entry == "bench.json":
            entry = "probes"
        try:
            announced = json.loads(read_bytes(folder / "bench.json", _LONGEST_LINE))
        except Fault as fault:
            raise PROBE_UNREACHABLE.fault(fault.detail, probe=self.name) from fault
        address = announced.get(entry) if isinstance(announced, dict) else None
        host, colon, port = str(address).rpartition(":")
        if not (host and colon and port.isdecimal()):
            raise ValueError(f"bench.json announces no {entry}")
        return host, int(port)

    def _lines(self, connection: socket.socket, deadline: Deadline, stop: Stop | None) -> Iterator[bytes]:
        buffer = b""
        while not deadline.passed():
            if stop is not None and stop.requested:
                # Hanging up is what stops the probe.
                raise Cancelled
            try:
                data = connection.recv(_LONGEST_LINE)
            except TimeoutError:
                continue
            if not data:
                return
            *lines, buffer = (buffer + data).split(b"\n")
            yield from lines
            if len(buffer) > _LONGEST_LINE:
                raise ValueError("a line without end")

    def _failure(self, answer: Mapping[str, object], action: str) -> Fault:
        code, why = str(answer["error"]), str(answer.get("text", ""))[:300]
        detail = f"{code}: {why}"
        if code in _TARGET_GONE:
            return TARGET_UNPOWERED.fault(detail)
        if code == "VERIFY":
            return VERIFY_FAILED.fault(detail)
        if code in _PROBE_ITSELF:
            return PROBE_TROUBLE.fault(detail, probe=self.name, action=action, why=why or code)
        return PROBE_FAILED.fault(detail, action=action, why=why or code)


def _read_answer(line: bytes) -> Mapping[str, object]:
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise ValueError(f"no object: {line[:100]!r}")
    return answer


def _read_progress(answer: Mapping[str, object]) -> float:
    part = answer.get("progress")
    if isinstance(part, bool) or not isinstance(part, int | float) or not 0.0 <= part <= 1.0:
        raise ValueError(f"neither progress nor end: {answer!r:.200}")
    return float(part)


def _read_target(answer: Mapping[str, object]) -> Target:
    image, volts, part, protected = (answer.get(key) for key in ("image", "voltage", "part", "protected"))
    return Target(
        powered=True,
        part=part if isinstance(part, str) else None,
        protected=protected if isinstance(protected, bool) else None,
        image_sha256=parse_sha256(str(image)) if image is not None else None,
        millivolts=round(volts * 1000) if isinstance(volts, int | float) else None,
    )
