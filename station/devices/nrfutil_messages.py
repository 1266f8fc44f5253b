"""What one run of nrfutil tells: lines of JSON on its output, a few words on its stderr, and its exit status.

Sources: "Message format" and "Programming options" of the nRF Util documentation; the types in Nordic's
pc-nrfconnect-shared (nrfutil/sandboxTypes.ts, device/common.ts); messages quoted in zephyr#103474 and DevZone 121798
and 125634. No recording of a whole run on a board was to be had: shapes are read tolerantly, results strictly.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from station.devices.protocols import ProbePort
from station.devices.vcom import is_same_serial
from station.host.processes import Ending
from station.host.strict_json import read_strict_json

_MOST: Final = 64
"""Results and payloads that are kept of one run; a run has one or two."""
_LONGEST_WORDS: Final = 300
_NAME_AT_END = re.compile(r"\s*\((\w+)\)\.?$|[ ,]+code: (\w+)$")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CRASHED: Final = 0xC0000000
"""From here on, an exit status on Windows is an exception that killed the process (NTSTATUS)."""
_REFUSALS: Final = frozenset({24, 25, 27})
"""Exit statuses that stand for one thing alone, also without a word: protection, verify, wrong family."""

Payload = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Failure:
    """A "no" of the tool: its error code, its name for that ("WrongFamily"), and its own words on one line."""

    code: int | None
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows what was done. ``killed``: the tool came to no end; else it can't be understood."""

    why: str
    killed: bool = False


class Transcript:
    """What one run has told so far. Lines of any content and number can be taken: what is kept is bounded."""

    def __init__(self, serial: str = "", on_progress: Callable[[float], None] = lambda _: None) -> None:
        """``serial``: the probe the run is about; a message about another one makes the run unclear."""
        self._serial = serial
        self._on_progress = on_progress
        self.begun = False
        self.progressed = False
        self.successes = 0
        self.failures: list[Failure] = []
        self.payloads: list[Payload] = []
        self.doing = ""
        self.odd = ""

    @property
    def last_words(self) -> str:
        """The last thing it said to be doing, as the tail of a sentence; empty where it said nothing."""
        return f" after: {self.doing}" if self.doing else ""

    def take(self, line: bytes) -> None:
        """Take one line of output. What is no JSON object at all is a library's chatter and goes unheard."""
        if not line.lstrip().startswith(b"{"):
            return
        try:
            # No board fails for a number that nobody needs.
            message = read_strict_json(line, finite=False)
        except ValueError as error:
            self.odd = self.odd or f"{error}: {line[:200]!r}"
            return
        data = message.get("data") if isinstance(message, dict) else None
        if isinstance(message, dict) and isinstance(data, dict):
            self._hear(message.get("type"), data)

    def _hear(self, kind: object, data: Payload) -> None:
        task = _dict(data, "task")
        about = _dict(task, "data").get("serialNumber")
        if self._serial and isinstance(about, str) and about and not is_same_serial(about, self._serial):
            self.odd = self.odd or f"it speaks of the probe {about}"
        match kind:
            case "task_begin":
                self.begun = True
                self.doing = _words(task.get("description")) or self.doing
            case "task_progress":
                self.begun = True
                self._hear_progress(_dict(data, "progress"))
            case "task_end":
                self.begun = True
                self._keep(_dict(data, "data"))
                self._hear_end(data)
            case "info":
                self._keep(data)

    def _hear_progress(self, progress: Payload) -> None:
        self.doing = _words(progress.get("message")) or _words(progress.get("description")) or self.doing
        percent, step, steps = (
            _number(progress.get(key), default)
            for key, default in (("progressPercentage", -1), ("step", 1), ("amountOfSteps", 1))
        )
        if 0 <= percent <= 100 and 1 <= step <= steps <= 1000:
            self.progressed = True
            self._on_progress((step - 1 + percent / 100) / steps)

    def _hear_end(self, data: Payload) -> None:
        error = _dict(data, "error")
        if data.get("result") == "success" and not error:
            self.successes += 1
        elif data.get("result") == "fail" or error:
            if len(self.failures) < _MOST:
                code = error.get("code")
                known = code if isinstance(code, int) and not isinstance(code, bool) else None
                told, described = _words(data.get("message")), _words(error.get("description"))
                name = described if described.isidentifier() else ""
                self.failures.append(read_failure(known, told or described, name))
        else:
            self.odd = self.odd or f"a task ended with neither success nor failure: {data.get('result')!r:.100}"

    def _keep(self, payload: Payload) -> None:
        if payload and len(self.payloads) < _MOST:
            self.payloads.append(payload)


def conclude(told: Transcript, ending: Ending, *, changes: bool) -> Failure | Unclear | None:
    """Return what the run amounts to; None is a success that the tool has stated itself.

    A success takes all of: exit status 0, a task that ended with success (or, where nothing is changed, a payload:
    older versions tell some answers without a task), and no task that failed. Words on stderr don't make a failure:
    J-Link's library, udev and update notices speak there, and status and result say what happened. (Nordic's own
    desktop programs do count them; on a line that would fail good boards.) Pure.
    """
    heard = stderr_words(ending.errors)
    if ending.status < 0 or ending.status >= _CRASHED:
        return Unclear(f"it was killed ({ending.status}){told.last_words}", killed=True)
    if told.odd:
        return Unclear(told.odd)
    if told.failures:
        first = told.failures[0]
        return Failure(first.code or ending.status or None, first.name, first.words or heard)
    if ending.status == 0:
        if told.successes or (told.payloads and not changes):
            return None
        return Unclear(f"it ended without a result{told.last_words}")
    if told.successes:
        return Unclear(f"it told a success and ended with status {ending.status}: {heard}")
    if told.begun and ending.status not in _REFUSALS:
        return Unclear(f"it ended with status {ending.status} half-way{told.last_words}: {heard}", killed=True)
    return read_failure(ending.status, heard, "")


def read_failure(code: int | None, words: str, name: str) -> Failure:
    """Return the failure; its name stands in brackets behind the tool's words unless it is known already. Pure."""
    if match := _NAME_AT_END.search(words):
        name = name or match[1] or match[2]
        words = words[: match.start()]
    return Failure(code, name, words.rstrip(". "))


def stderr_words(errors: bytes) -> str:
    """Return what a person would read from a run's stderr, on one line: from ``Error:`` on, where that stands. Pure."""
    text = _ESCAPES.sub("", errors.decode("utf-8", "replace"))
    _, found, rest = text.rpartition("Error:")
    text = " ".join((rest if found else text).split())
    return text[:_LONGEST_WORDS] if found else text[-_LONGEST_WORDS:]


def devices_of(payloads: Sequence[Payload]) -> tuple[Payload, ...]:
    """Return the devices of a list, whichever message they came in. Raises ``ValueError`` when there is no list."""
    lists = [payload["devices"] for payload in payloads if isinstance(payload.get("devices"), list)]
    if not lists:
        raise ValueError("no list of devices")
    return tuple(device for found in lists for device in found if isinstance(device, dict))  # type: ignore[attr-defined]  # checked above


def ports_of(device: Payload) -> tuple[ProbePort, ...]:
    """Return the serial ports of a listed probe that have both an index and a path, by index. Pure."""
    found: dict[int, ProbePort] = {}
    listed = device.get("serialPorts")
    for port in listed if isinstance(listed, list) else ():
        if isinstance(port, dict):
            index, path = port.get("vcom"), port.get("path") or port.get("comName")
            if isinstance(index, int) and not isinstance(index, bool) and index >= 0 and isinstance(path, str):
                found.setdefault(index, ProbePort(index, path))
    return tuple(found[index] for index in sorted(found))


def find_text(payloads: Sequence[Payload], key: str) -> str | None:
    """Return the first text under ``key`` at any depth of the payloads: messages nest it differently. Pure."""
    for found in _walk(deque(payloads)):
        if isinstance(value := found.get(key), str) and value:
            return value
    return None


def _walk(waiting: deque[object]) -> Iterator[Payload]:
    while waiting:
        match waiting.popleft():
            case dict() as found:
                yield found
                waiting.extend(found.values())
            case list() as several:
                waiting.extend(several)


def _dict(data: Payload, key: str) -> Payload:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _words(value: object) -> str:
    return " ".join(value.split())[:_LONGEST_WORDS] if isinstance(value, str) else ""


def _number(value: object, default: float) -> float:
    if value is None:
        return default
    return value if isinstance(value, int | float) and not isinstance(value, bool) else -1
