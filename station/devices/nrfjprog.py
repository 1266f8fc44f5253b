"""The driver for J-Link probes through pynrfjprog, each operation in a child process of its own.

The library loads native code that is known to crash and to hang, keeps its state and log in module globals, and starts
a process of its own for each connection (flashing.md 1.6). So it never runs in the station: a child
(:mod:`station.devices.nrfjprog_worker`) does one operation on one probe and ends. No child lives on between
operations, because starting one takes a third of a second, and in return nothing that an operation leaves behind,
in the library, in J-Link's software or in a debug session, reaches the next one or the board while it runs.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from station.devices.faults import (
    LOCK_REFUSED,
    NOT_BY_THIS_TOOL,
    PROBE_KILLED,
    TARGET_SILENT,
    TARGET_UNPOWERED,
    TOOL_ODD,
    WRONG_FAMILY,
)
from station.devices.images import read_pinned
from station.devices.nrfjprog_errors import EXPECTED, WorkerError, judge_error, say_action
from station.devices.protocols import Image, ImageKind, Job, Probe, ProbePort, Target
from station.domain.faults import Fault
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Clock, Deadline, Stop
from station.host.faults import LINE_TOO_LONG, PROGRAM_HUNG
from station.host.processes import Ending, run_lines
from station.host.program import own_command, source_folder
from station.host.strict_json import read_strict_json

WORKER: Final = (*own_command("station.devices.nrfjprog_worker"),)
"""What starts the worker."""
_TOOL: Final = "pynrfjprog"
_LONGEST_LINE: Final = 65536
_PROTECTIONS: Final[Mapping[str | None, tuple[bool | None, LockLevel | None]]] = {
    "NONE": (False, None),
    "SECURE": (True, LockLevel.SECURE),
    "ALL": (True, LockLevel.ALL),
}
"""What the library says of the lock; the worker says ALL where the board lets nobody in. Another word is unknown."""
_PARTS: Final = (("NRF9160_", ChipFamily.NRF9160), ("NRF9120_", ChipFamily.NRF91X1))
"""nRF9161, nRF9151 and nRF9131 share a die that names itself nRF9120."""


class NrfjprogProgrammer:
    """One slot's J-Link probe, driven by pynrfjprog."""

    can_program = True
    kind = "nrfjprog"

    def __init__(
        self,
        probe: str,
        clock: Clock,
        *,
        speed_khz: int,
        jlink: Path | None,
        python: Sequence[str] = WORKER,
        without: Collection[str] = (),
    ) -> None:
        """``probe``: the J-Link's serial number. ``jlink``: its library; None: the newest that the PC has.

        ``python``: the command that starts the worker. ``without``: variables it must not see (secrets).
        """
        self._probe = probe
        self._clock = clock
        self._speed_khz = speed_khz
        self._jlink = jlink
        self._command = tuple(python)
        # "-m" looks in its working folder first: that has to be where this very package lies.
        self._folder = source_folder() if self._command == WORKER else None
        self._without = without

    @property
    def name(self) -> str:
        """What people call it; serial numbers compare without their leading zeros."""
        return f"nrfjprog {self._probe.lstrip('0')}"

    def find(self, timeout: float) -> Probe | None:
        """Return the probe when it is plugged in, with its serial ports; the board is not attached to."""
        found = self._run("find", timeout)
        if found is None:
            return None
        try:
            return _read_probe(self._probe, found)
        except (ValueError, TypeError, KeyError) as error:
            raise _odd("find", f"{found!r:.300}: {error}") from error

    def look(self, timeout: float) -> Target:
        """Return what is there: ``family`` is None where the chip is newer than the library, or locked and keeps it.

        Raises DEV-313 for a chip of another series. A core that ran goes on; it stands still for some milliseconds.
        """
        try:
            seen = self._run("look", timeout)
        except Fault as fault:
            if fault.code == TARGET_UNPOWERED.code:
                return Target(powered=False)
            raise
        try:
            return _read_target(seen)
        except (ValueError, TypeError, KeyError) as error:
            raise _odd("look", f"{seen!r:.300}: {error}") from error

    def recover(self, job: Job) -> None:
        """Erase everything, protection too; the core stands still until the next reset."""
        job.progress(0.0)
        self._do("recover", job.timeout, job)

    def program(self, image: Image, erase: Erase, job: Job) -> None:
        """Erase, program and verify, in one child; the core stands still until the next reset."""
        read_pinned(image)
        self._do("program", job.timeout, job, **_of(image), erase=erase.value)

    def verify(self, image: Image, job: Job) -> bool:
        """Return whether the board holds ``image``; the core stands still until the next reset."""
        read_pinned(image)
        same = self._run("verify", job.timeout, job, **_of(image))
        if not isinstance(same, bool):
            raise _odd("verify", f"{same!r:.300}")
        return same

    def reset(self, timeout: float) -> None:
        """Let the board start from the beginning: by the core's own reset, a locked one by CTRL-AP."""
        self._do("reset", timeout)

    def lock(self, level: LockLevel, timeout: float) -> None:
        """Close the debug port. The library resets the board by itself, and says nothing of whether it held: look."""
        self._do("lock", timeout, level=level.value)

    def protect_erase(self, timeout: float) -> None:
        """Switch ERASEPROTECT on and read it back; DEV-320 when it reads as off."""
        on = self._run("protect_erase", timeout)
        if on is not True:
            if on is not False:
                raise _odd("protect_erase", f"{on!r:.300}")
            raise LOCK_REFUSED.fault(why="erase protection reads as off after it was switched on")

    def _do(self, operation: str, timeout: float, job: Job | None = None, **more: str) -> None:
        done = self._run(operation, timeout, job, **more)
        if done is not True:
            raise _odd(operation, f"{done!r:.300}")

    def _run(self, operation: str, timeout: float, job: Job | None = None, **more: str) -> object:
        """Have a child do ``operation`` and return its result. What it told counts, however it ended afterwards."""
        if not self._probe.isdecimal() or int(self._probe) >= 1 << 32:
            raise NOT_BY_THIS_TOOL.fault(tool=_TOOL, action=f"drive a probe with the serial number {self._probe!r}")
        request = {
            "op": operation,
            "probe": int(self._probe),
            "speed_khz": self._speed_khz,
            "jlink": None if self._jlink is None else str(self._jlink.absolute()),
            "timeout": timeout,
            **more,
        }
        talk = _Talk(job)
        ending: Ending | None = None
        try:
            ending = run_lines(
                self._command,
                deadline=Deadline(self._clock, timeout),
                stop=job.stop if job else Stop(),
                on_line=talk.take,
                data=json.dumps(request).encode("ascii"),
                without=self._without,
                folder=self._folder,
                line_limit=_LONGEST_LINE,
            )
        except Fault as fault:
            if fault.code == LINE_TOO_LONG.code:
                raise _odd(operation, fault.detail) from fault
            # A child that told its result and then hung at closing was killed; the result stands.
            if fault.code != PROGRAM_HUNG.code:
                raise
            if talk.result is None:
                why = f"no end within {timeout:g} s"
                raise self._killed(operation, why, fault.detail) from fault
        except _UnreadableError as error:
            raise _odd(operation, str(error)) from error
        if talk.result is None:
            words = ending.errors[-2000:].decode("utf-8", "replace") if ending else ""
            why = _ended(ending.status) if ending else "it ended"
            raise self._killed(operation, why, words)
        return self._judge(talk.result, operation, modem=more.get("kind") == ImageKind.MODEM.value)

    def _judge(self, result: Mapping[str, object], operation: str, *, modem: bool) -> object:
        if "done" in result:
            return result["done"]
        try:
            error = WorkerError.read(result["error"])
        except ValueError as problem:
            raise _odd(operation, f"{result!r:.300}") from problem
        raise judge_error(error, probe=self.name, operation=operation, modem=modem)

    def _killed(self, operation: str, why: str, detail: str) -> Fault:
        return PROBE_KILLED.fault(detail, probe=self.name, action=say_action(operation), why=why)


class _UnreadableError(Exception):
    """A line that the worker would not write."""


class _Talk:
    """What a worker says, line by line: progress passed on while it rises, then one result and nothing more."""

    def __init__(self, job: Job | None) -> None:
        self._job = job
        self._told = -1.0
        self.result: Mapping[str, object] | None = None

    def take(self, line: bytes) -> None:
        try:
            message = read_strict_json(line)
        except ValueError as error:
            raise _UnreadableError(f"{line[:200]!r}: {error}") from error
        if not isinstance(message, dict):
            raise _UnreadableError(f"{line[:200]!r}: no object")
        match message:
            case _ if self.result is not None:
                raise _UnreadableError(f"more after the result: {line[:200]!r}")
            case {"progress": float(part)} if len(message) == 1 and 0.0 <= part <= 1.0:
                # A percent is the smallest step, so a child that chatters can't keep anybody busy.
                if self._job and part >= self._told + 0.01:
                    self._told = part
                    self._job.progress(part)
            case {"done": _} | {"error": _} if len(message) == 1:
                self.result = message
            case _:
                raise _UnreadableError(f"{line[:200]!r}")


def _odd(operation: str, detail: str) -> Fault:
    return TOOL_ODD.fault(detail, tool=_TOOL, action=say_action(operation))


def _of(image: Image) -> Mapping[str, str]:
    return {"image": str(image.path.absolute()), "kind": image.kind.value}


def _ended(status: int) -> str:
    return f"it was killed (signal {-status})" if status < 0 else f"it ended with status {status} and no result"


def _read_probe(serial: str, found: object) -> Probe:
    match found:
        case {"library": str(library), "jlink": str(jlink), "ports": list(ports)}:
            return Probe(serial, f"{_TOOL} {library}, J-Link {jlink}", tuple(map(_read_port, ports)))
        case _:
            raise ValueError("no probe")


def _read_port(port: object) -> ProbePort:
    match port:
        case {"vcom": int(vcom), "path": str(path)}:
            return ProbePort(vcom, path)
        case _:
            raise ValueError("no port")


def _read_target(seen: object) -> Target:
    match seen:
        case {"family": "UNKNOWN"}:
            raise TARGET_SILENT.fault(why="no chip answers")
        case {"family": str(series)} if series != "NRF91":
            raise WRONG_FAMILY.fault(found=series, expected=EXPECTED)
        case {
            "family": str() | None,
            "protection": str() | None as protection,
            "erase_protected": bool() | None as erase_protected,
            **rest,
        }:
            part = rest.get("version")
            if not isinstance(part, str | None):
                raise ValueError("no version")
            family = next((family for start, family in _PARTS if part and part.startswith(start)), None)
            protected, level = _PROTECTIONS.get(protection, (None, None))
            return Target(
                powered=True,
                family=family,
                # Not the series' name instead: whoever judges the chip would take that for a stranger.
                part=part,
                protected=protected,
                level=level,
                erase_protected=erase_protected,
            )
        case _:
            raise ValueError("no target")
