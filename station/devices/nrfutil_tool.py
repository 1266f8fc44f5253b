"""nrfutil itself: started for one operation at a time, and asked once whether it is the program that is meant.

PyPI's ``nrfutil`` is another program of the same name (an older Python tool for DFU packages). The right one tells its
name when it is asked for its version, and so does its ``device`` command (as tockloader's nrfutil.py checks).
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from station.devices.faults import JLINK_MISSING, TOOL_MISSING
from station.devices.nrfutil_messages import Failure, Transcript, Unclear, conclude
from station.domain.faults import Fault
from station.host.clock import Deadline, Stop
from station.host.faults import LINE_TOO_LONG, PROGRAM_HUNG, PROGRAM_MISSING
from station.host.processes import run_lines

_LONGEST_LINE: Final = 4 * 1024 * 1024
"""A list of many probes is one line."""
_OLDEST: Final = (2, 0)
"""Before 2.0, listing opened every J-Link, also those at work (nrfutil device changelog)."""
_GET: Final = (
    "get nRF Util from www.nordicsemi.com/Products/Development-tools/nRF-Util, put it on the PATH or name its place in "
    "the station file (tools, nrfutil), and run: nrfutil install device"
)
_ADD: Final = "run: nrfutil install device"
_UPGRADE: Final = "run: nrfutil install device --force"


@dataclass(frozen=True, slots=True)
class Tool:
    """An nrfutil that was asked who it is. ``jlink`` is the J-Link software it found: ``JLink_V8.18``."""

    device: str
    """The version of its ``device`` command."""
    jlink: str | None

    def __str__(self) -> str:
        return f"nrfutil-device {self.device}" + (f", {self.jlink}" if self.jlink else "")


class Runner:
    """Starts nrfutil, a process for every operation, and nothing of it stays behind."""

    def __init__(self, command: Sequence[str], without: Collection[str] = ()) -> None:
        """``command``: ``("nrfutil",)``, or the path of one. ``without``: variables that it does not inherit."""
        self._command = tuple(command)
        self._without = tuple(without)

    def run(
        self,
        arguments: Sequence[str],
        deadline: Deadline,
        stop: Stop,
        *,
        changes: bool,
        serial: str = "",
        on_progress: Callable[[float], None] = lambda _: None,
    ) -> tuple[Transcript, Failure | Unclear | None]:
        """Run ``nrfutil --json`` with ``arguments`` to its end; return what it told and what that amounts to.

        ``changes``: whether this may change a board; then only a success in so many words is one. A run that hung, or
        that spoke without end, was killed and is :class:`Unclear`. Raises DEV-310 when it can't be started, and
        ``Cancelled`` soon after ``stop``.
        """
        told = Transcript(serial, on_progress)
        try:
            ending = run_lines(
                [*self._command, "--json", *arguments],
                deadline=deadline,
                stop=stop,
                on_line=told.take,
                without=self._without,
                line_limit=_LONGEST_LINE,
            )
        except Fault as fault:
            if fault.code == PROGRAM_MISSING.code:
                why = f"{self._command[0]} can't be started"
                raise TOOL_MISSING.fault(fault.detail, tool="nrfutil", why=why, how=_GET) from fault
            if fault.code == PROGRAM_HUNG.code:
                return told, Unclear(f"{fault.sentence.rstrip('.')}{told.last_words}", killed=True)
            if fault.code == LINE_TOO_LONG.code:
                return told, Unclear(fault.detail)
            raise
        return told, conclude(told, ending, changes=changes)

    def identify(self, deadline: Deadline, stop: Stop) -> Tool:
        """Return who this is.

        Raises DEV-310 when it is not nrfutil, or has no device command that is new enough, and DEV-311 when it finds
        no J-Link software. Touches no probe; safe to repeat.
        """
        told, verdict = self.run(["device", "--version"], deadline, stop, changes=False)
        version = _version_of("nrfutil-device", told)
        if verdict is not None or version is None:
            raise self._missing(verdict, deadline, stop)
        numbers = tuple(int(number) for number in re.findall(r"\d{1,9}", version)[:2])
        if numbers < _OLDEST:
            why = f"its device command is too old ({version}; 2.0 or newer is needed)"
            raise TOOL_MISSING.fault(version, tool="nrfutil", why=why, how=_UPGRADE)
        return Tool(version, _require_jlink(told))

    def _missing(self, verdict: Failure | Unclear | None, deadline: Deadline, stop: Stop) -> Fault:
        match verdict:
            case None:
                heard = "it does not tell its version"
            case Unclear(why=why):
                heard = why
            case Failure(words=words):
                heard = words
        if not deadline.passed():
            core, verdict = self.run(["--version"], deadline, stop, changes=False)
            if verdict is None and _version_of("nrfutil", core) is not None:
                why = "its device command is not installed or does not start"
                return TOOL_MISSING.fault(heard, tool="nrfutil", why=why, how=_ADD)
        name = self._command[-1]
        if isinstance(verdict, Unclear) and verdict.killed:
            # Its first run fetches its parts from the Internet, which a line's PC may not have.
            why = f"{name} does not say who it is: {verdict.why}"
        else:
            why = f"{name} is another program (PyPI has one of the same name, which can't use J-Link probes)"
        return TOOL_MISSING.fault(heard, tool="nrfutil", why=why, how=_GET)


def _version_of(name: str, told: Transcript) -> str | None:
    for payload in told.payloads:
        if payload.get("name") == name and isinstance(version := payload.get("version"), str):
            return version
    return None


def _require_jlink(told: Transcript) -> str | None:
    """Return the J-Link software's version as the tool tells it; None where it doesn't speak of it at all.

    It lists what it depends on; a dependency without a version is one it did not find, and ``expectedVersion`` is what
    it was tested with (pc-nrfconnect-shared, nrfutil/version/jlinkVersion.ts).
    """
    for found in _dependencies(told):
        if found.get("name") == "JlinkARM":
            version = found.get("version")
            if not isinstance(version, str):
                raise JLINK_MISSING.fault("nrfutil finds no JlinkARM library")
            return version.strip()
    return None


def _dependencies(told: Transcript) -> list[Mapping[str, object]]:
    waiting: list[object] = [payload.get("dependencies") for payload in told.payloads]
    found: list[Mapping[str, object]] = []
    while waiting:
        match waiting.pop():
            case list() as several:
                waiting.extend(several)
            case dict() as one:
                found.append(one)
                waiting.extend((one.get("dependencies"), one.get("plugins")))
    return found
