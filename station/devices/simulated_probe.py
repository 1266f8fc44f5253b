"""The driver for the simulated bench's probes: lines of JSON over TCP, one connection an operation."""

import json
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from station.devices.faults import (
    LOCK_REFUSED,
    MODEM_UPDATE_FAILED,
    PROBE_ABSENT,
    PROBE_FAILED,
    PROBE_ODD,
    PROBE_SILENT,
    PROBE_TROUBLE,
    PROBE_UNREACHABLE,
    RECOVER_FAILED,
    TARGET_PROTECTED,
    TARGET_SILENT,
    TARGET_UNPOWERED,
    VERIFY_FAILED,
    WRONG_FAMILY,
)
from station.devices.images import read_pinned
from station.devices.protocols import Image, ImageKind, Job, Probe, ProbePort, Progress, Target
from station.domain.faults import Cancelled, Fault
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Clock, Deadline, Stop
from station.host.files import read_bytes
from station.host.strict_json import read_strict_json

_SLICE: Final = 0.1
"""Seconds between two looks at the hard stop."""
_LONGEST_LINE: Final = 65536
_URL = re.compile(r"(?:socket|tcp)://([^/:]+|\[[0-9A-Fa-f:]+\]):(\d+)/?")
_VERIFYING: Final = 0.2
"""The part of the time that verifying takes, of programming and verifying."""

_TARGET_GONE: Final = frozenset({"NO_TARGET", "LOW_VOLTAGE"})
_PROBE_ITSELF: Final = frozenset({"PROBE", "PROBE_BUSY", "REQUEST", "FILE", "IMAGE_CHANGED"})
_ONE_WAY: Final = frozenset({"lock", "protect-erase"})


class _Refused(Exception):  # noqa: N818 -- an answer of the probe's, of which each operation makes its fault
    """The probe's ``{"error": ...}``. ``begun``: the operation had told progress before."""

    def __init__(self, answer: Mapping[str, object], *, begun: bool) -> None:
        super().__init__(answer)
        self.answer = answer
        self.code = str(answer["error"])
        self.why = str(answer.get("text", ""))[:300] or self.code
        self.begun = begun


class SimulatedProgrammer:
    """One slot's probe on the simulated bench (``protocols.Programmer``).

    ``bench`` is ``socket://host:port``, or a path: the bench's folder, or the entry ``probes`` in it (its
    ``bench.json`` says where the probes listen, anew after every start, so it is read at every operation).
    """

    can_program = True

    def __init__(self, bench: str | Path, slot: int, clock: Clock) -> None:
        self._bench = bench
        self._slot = slot
        self._clock = clock

    @property
    def name(self) -> str:
        """What people call it."""
        return f"simulated {self._slot}"

    def find(self, timeout: float) -> Probe | None:
        """Return the probe, or None while it is pulled out. The board is left alone, and may be at work."""
        try:
            answer = self._ask({"op": "find"}, "answer", Deadline(self._clock, timeout))
        except _Refused as refused:
            if refused.code == "NO_PROBE":
                return None
            raise self._fault(refused, "find", "answer") from refused
        try:
            return _read_probe(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise PROBE_ODD.fault(f"{answer!r:.300}: {error}", probe=self.name) from error

    def look(self, timeout: float) -> Target:
        """Return what the probe sees; a board that is unpowered or locked is a value here, not a fault."""
        action = "look at the board"
        try:
            answer = self._ask({"op": "look"}, action, Deadline(self._clock, timeout))
        except _Refused as refused:
            if refused.code in _TARGET_GONE:
                return Target(powered=False, millivolts=_millivolts(refused.answer))
            raise self._fault(refused, "look", action) from refused
        return _read_target(answer)

    def recover(self, job: Job) -> None:
        """Erase everything, protection too, and leave the debug port open. Safe to repeat."""
        job.stop.check()
        self._run({"op": "recover"}, "recover", Deadline(self._clock, job.timeout), job.progress, job.stop)
        job.progress(1.0)

    def program(self, image: Image, erase: Erase, job: Job) -> None:
        """Program and verify, as the protocol says. Raises DEV-302 to DEV-319, ``Cancelled`` on the hard stop."""
        read_pinned(image)
        job.stop.check()
        deadline = Deadline(self._clock, job.timeout)
        first = 1.0 - _VERIFYING
        request = {**_named(image), "op": "program", "erase": erase}
        self._run(request, "program", deadline, lambda part: job.progress(part * first), job.stop)
        request = {**_named(image), "op": "verify"}
        self._run(request, "verify", deadline, lambda part: job.progress(first + part * _VERIFYING), job.stop)
        job.progress(1.0)

    def verify(self, image: Image, job: Job) -> bool:
        """Return whether the board holds ``image``; the core stands still afterwards. Safe to repeat."""
        read_pinned(image)
        job.stop.check()
        deadline, action = Deadline(self._clock, job.timeout), "verify"
        try:
            self._ask({**_named(image), "op": "verify"}, action, deadline, job.progress, job.stop)
        except _Refused as refused:
            if refused.code == "VERIFY":
                return False
            raise self._fault(refused, "verify", action) from refused
        job.progress(1.0)
        return True

    def reset(self, timeout: float) -> None:
        """Let the board start from the beginning. Safe to repeat."""
        self._run({"op": "reset"}, "reset", Deadline(self._clock, timeout))

    def lock(self, level: LockLevel, timeout: float) -> None:
        """Close the debug port from the next reset on. One way: after a fault that leaves it unknown, look."""
        self._run({"op": "lock", "level": level}, "lock", Deadline(self._clock, timeout))

    def protect_erase(self, timeout: float) -> None:
        """Lock out even recovery, for good, from the next reset on. Can't be undone."""
        self._run({"op": "protect-erase"}, "lock out recoveries of", Deadline(self._clock, timeout))

    def _run(
        self,
        request: Mapping[str, object],
        action: str,
        deadline: Deadline,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> None:
        try:
            self._ask(request, action, deadline, progress, stop)
        except _Refused as refused:
            raise self._fault(refused, str(request["op"]), action, request.get("kind")) from refused

    def _ask(
        self,
        request: Mapping[str, object],
        action: str,
        deadline: Deadline,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Mapping[str, object]:
        begun = False
        with self._connect() as connection:
            try:
                connection.sendall(json.dumps({**request, "slot": self._slot}).encode("ascii") + b"\n")
                for line in self._lines(connection, deadline, stop):
                    answer = _read_answer(line)
                    if "error" in answer:
                        raise _Refused(answer, begun=begun)
                    if answer.get("done") is True:
                        return answer
                    begun = True
                    part = _read_progress(answer)
                    if progress:
                        progress(part)
            except OSError as error:
                raise PROBE_SILENT.fault(str(error), probe=self.name, action=action) from error
            except ValueError as error:
                raise PROBE_ODD.fault(str(error), probe=self.name) from error
        reason = "no end within its time" if deadline.passed() else "it hung up"
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

    def _fault(self, refused: _Refused, op: str, action: str, kind: object = None) -> Fault:
        code, why = refused.code, refused.why
        detail = f"{code}: {why}"
        if code == "PROBE_LOST" or (refused.begun and op in _ONE_WAY and code != "LOCK_REFUSED"):
            # Nobody knows how far it came; what can't be repeated, is never called refused.
            return PROBE_SILENT.fault(detail, probe=self.name, action=action)
        if code == "NO_PROBE":
            return PROBE_ABSENT.fault(detail, probe=self.name)
        if code in _TARGET_GONE:
            return TARGET_UNPOWERED.fault(detail)
        if code in _PROBE_ITSELF:
            return PROBE_TROUBLE.fault(detail, probe=self.name, action=action, why=why)
        return _blame_board(refused, op, action, kind)


def _blame_board(refused: _Refused, op: str, action: str, kind: object) -> Fault:
    detail = f"{refused.code}: {refused.why}"
    match refused.code:
        case "SILENT":
            return TARGET_SILENT.fault(detail, why=refused.why)
        case "PROTECTED":
            return TARGET_PROTECTED.fault(detail)
        case "WRONG_FAMILY":
            found = str(refused.answer.get("found", "unknown"))
            return WRONG_FAMILY.fault(detail, found=found, expected=refused.why)
        case "VERIFY":
            return VERIFY_FAILED.fault(detail)
        case "LOCK_REFUSED":
            return LOCK_REFUSED.fault(detail, why=refused.why)
        case _ if op == "recover":
            return RECOVER_FAILED.fault(detail, why=refused.why)
        case _ if op == "program" and kind == ImageKind.MODEM:
            return MODEM_UPDATE_FAILED.fault(detail, why=refused.why)
        case _:
            return PROBE_FAILED.fault(detail, action=action, why=refused.why)


def _named(image: Image) -> dict[str, object]:
    return {"image": str(image.path), "sha256": image.sha256, "kind": image.kind}


def _read_answer(line: bytes) -> Mapping[str, object]:
    answer = read_strict_json(line)
    if not isinstance(answer, dict):
        raise ValueError(f"no object: {line[:100]!r}")
    return answer


def _read_progress(answer: Mapping[str, object]) -> float:
    part = answer.get("progress")
    if isinstance(part, bool) or not isinstance(part, int | float) or not 0.0 <= part <= 1.0:
        raise ValueError(f"neither progress nor end: {answer!r:.200}")
    return float(part)


def _read_probe(answer: Mapping[str, object]) -> Probe:
    ports = answer["ports"]
    if not isinstance(ports, list):
        raise TypeError("ports is no list")
    known = tuple(ProbePort(int(port["vcom"]), str(port["path"])) for port in ports)
    return Probe(str(answer["serial"]), str(answer["version"]), known)


def _read_target(answer: Mapping[str, object]) -> Target:
    part, family, level = answer.get("part"), answer.get("family"), answer.get("protection")
    return Target(
        powered=True,
        family=next((known for known in ChipFamily if known == family), None),
        part=part if isinstance(part, str) else None,
        protected=_flag(answer.get("protected")),
        level=next((known for known in LockLevel if known == level), None),
        erase_protected=_flag(answer.get("erase_protected")),
        millivolts=_millivolts(answer),
    )


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _millivolts(answer: Mapping[str, object]) -> int | None:
    volts = answer.get("voltage")
    return None if isinstance(volts, bool) or not isinstance(volts, int | float) else round(volts * 1000)
