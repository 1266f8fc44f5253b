"""Faults of the simulated cloud, scripted by a test or over ``/_faults``."""

import fnmatch
import threading
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Do(StrEnum):
    """What goes wrong with one request."""

    STATUS = "status"
    """Answer ``status`` with ``headers`` and ``body``, and do nothing."""
    REDIRECT = "redirect"
    """Answer ``status`` (307) with the Location in ``body``, or this cloud's file server, and do nothing."""
    CLOSE_UNREAD = "close-unread"
    """Close without reading the body."""
    CLOSE_UNDONE = "close-undone"
    """Read the body, do nothing, close."""
    CLOSE_DONE = "close-done"
    """Do it, then close without an answer."""
    CLOSE_MID_ANSWER = "close-mid-answer"
    """Do it, announce the answer's length, send half of it, close."""
    SLOW = "slow"
    """Do it, wait ``seconds``, answer."""
    DRIP = "drip"
    """Do it, answer one byte every ``seconds``, from the status line on."""
    NONSENSE = "nonsense"
    """Do it, answer with the right status and ``body`` in place of the truth."""
    HUGE = "huge"
    """Do it, answer with the right status and ``seconds`` MiB of blanks."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One script: ``do`` this to requests like ``on`` (method and path, with ``*``).

    The first ``skip`` of them are spared; then it strikes ``times`` times, and with 0 for ever.
    """

    on: str
    do: Do
    times: int = 1
    skip: int = 0
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 1.0

    @staticmethod
    def from_json(value: dict[str, object]) -> "Fault":
        """Return the fault that a JSON object describes; raises ValueError or TypeError for any other."""
        named = dict(value)
        return Fault(do=Do(str(named.pop("do", ""))), **named)  # type: ignore[arg-type]  # a test's own mistake raises

    def to_json(self) -> dict[str, object]:
        """Return the fault as a JSON object."""
        return asdict(self)


class Faults:
    """The scripts that are loaded. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: list[_Loaded] = []

    def add(self, fault: Fault) -> None:
        """Load a script; a request meets the first loaded one that fits it."""
        with self._lock:
            self._loaded.append(_Loaded(fault, fault.skip, fault.times))

    def clear(self) -> None:
        """Forget every script."""
        with self._lock:
            self._loaded.clear()

    def loaded(self) -> list[Fault]:
        """Return the scripts that can still strike."""
        with self._lock:
            return [one.fault for one in self._loaded if one.times >= 0]

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that this request meets, and use it up."""
        with self._lock:
            for one in self._loaded:
                if one.times < 0 or not fnmatch.fnmatchcase(f"{method} {path}", one.fault.on):
                    continue
                if one.skip:
                    one.skip -= 1
                    continue
                if one.times:
                    one.times = one.times - 1 or -1
                return one.fault
        return None


@dataclass(slots=True)
class _Loaded:
    fault: Fault
    skip: int
    times: int
    """Left; 0 is for ever, -1 is used up."""
