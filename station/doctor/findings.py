"""What the doctor says, and how it asks: no check can break, hold up or silence the others."""

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from station.domain.faults import Fault
from station.host.clock import Clock, Deadline
from station.host.redaction import Redactor
from station.settings.faults import FILE_REFUSED

T = TypeVar("T")

PATIENCE: Final = 20.0
"""Seconds a check may take: a keyring that asks a person, or a network disk that hangs, holds nothing else up."""

_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


class State(StrEnum):
    """How a check came out; only TROUBLE keeps the station from working right."""

    OK = "OK"
    ADVICE = "ADVICE"
    """The station works; a person should still do something."""
    TROUBLE = "TROUBLE"
    UNKNOWN = "UNKNOWN"
    """It was looked at, and nobody can tell."""
    NOT_CHECKED = "NOT CHECKED"
    """It was left alone, or something before it has to be mended first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look gave: a sentence about what was seen, and one that says how to mend it (empty when OK).

    ``code`` is the fault's, where the line would raise one; ``detail`` is for the engineer.
    """

    state: State
    seen: str
    mend: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its place. ``id`` is stable; where one check found several problems, each has a finding.

    ``where`` is the thing that was looked at (a port's address), which sentences leave out so that slots compare.
    """

    section: str
    id: str
    about: str
    slot: int | None
    where: str
    state: State
    seen: str
    mend: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. ``look`` may raise: a fault is TROUBLE, anything else UNKNOWN."""

    id: str
    about: str
    look: Callable[[], Verdict | Iterable[Verdict]]
    slot: int | None = None
    where: str = ""


def ok(seen: str) -> Verdict:
    """Return that all is well."""
    return Verdict(State.OK, seen)


def advice(seen: str, mend: str, detail: str = "") -> Verdict:
    """Return that the station works, and what should be done all the same."""
    return Verdict(State.ADVICE, seen, mend, detail=detail)


def trouble(seen: str, mend: str, *, code: str = "", detail: str = "") -> Verdict:
    """Return that the station will not work right."""
    return Verdict(State.TROUBLE, seen, mend, code, detail)


def unknown(seen: str, mend: str, detail: str = "") -> Verdict:
    """Return that nobody can tell."""
    return Verdict(State.UNKNOWN, seen, mend, detail=detail)


def not_checked(seen: str, mend: str) -> Verdict:
    """Return why it was left alone."""
    return Verdict(State.NOT_CHECKED, seen, mend)


def judge_fault(fault: Fault) -> list[Verdict]:
    """Return a fault as troubles: one, or one for each problem of a settings file. Pure."""
    if fault.code == FILE_REFUSED.code:
        mend = "Correct it in that file."
        return [trouble(line, mend, code=fault.code) for line in fault.sentence.splitlines()]
    seen, *rest = _SENTENCES.split(fault.sentence, maxsplit=1)
    return [trouble(seen, rest[0] if rest else "Call the engineer.", code=fault.code, detail=fault.detail)]


class Examination:
    """Asks, and collects what was found. For one thread; every look runs in a thread of its own, for limited time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._redactor = Redactor()
        self._section = ""
        self._found: list[Finding] = []

    def begin(self, section: str) -> None:
        """Put what follows under this heading."""
        self._section = section

    def hide_with(self, redactor: Redactor) -> None:
        """Keep the secrets that ``redactor`` knows, or comes to know, out of every text."""
        self._redactor = redactor

    def ask(self, *checks: Check, seconds: float = PATIENCE) -> None:
        """Look at all of these at the same time, and note each one's verdicts in their order."""
        deadline = Deadline(self._clock, seconds)
        for look in [_Look(check) for check in checks]:
            self._clock.wait(look.done, deadline.left())
            self.note(look.check, look.verdicts if look.done.is_set() else [_late(seconds)])

    def find(
        self, name: str, about: str, get: Callable[[], T], say: Callable[[T], Verdict | Iterable[Verdict]]
    ) -> T | None:
        """Return what ``get`` gives, noted under ``name`` as ``say`` judges it; None where it failed."""
        got: list[T] = []

        def look() -> Verdict | Iterable[Verdict]:
            value = get()
            verdict = say(value)
            got.append(value)
            return verdict

        self.ask(Check(name, about, look))
        return got[0] if got else None

    def guard(self, steps: Callable[[], None]) -> None:
        """Go one round of checks; where it breaks off between two of them, note that and go on."""
        try:
            steps()
        except Exception as error:  # noqa: BLE001 -- one broken round must not hide the others
            self.note(Check("doctor", self._section, list), [_broken(error)])

    def note(self, check: Check, verdicts: Iterable[Verdict]) -> None:
        """Take up verdicts that need no look."""
        self._found += [
            Finding(
                self._section, check.id, check.about, check.slot, check.where, v.state, v.seen, v.mend, v.code, v.detail
            )
            for v in verdicts
        ]

    def skip(self, name: str, about: str, why: str, mend: str) -> None:
        """Note that this is not checked."""
        self.note(Check(name, about, list), [not_checked(why, mend)])

    def last_state(self) -> State:
        """Return how the last check came out."""
        return self._found[-1].state

    def findings(self) -> Sequence[Finding]:
        """Return everything found so far, without secrets."""
        hide = self._redactor.text
        return [
            Finding(
                one.section,
                one.id,
                one.about,
                one.slot,
                hide(one.where),
                one.state,
                hide(one.seen),
                hide(one.mend),
                one.code,
                hide(one.detail),
            )
            for one in self._found
        ]


class _Look:
    """A check at work in a thread that nobody has to wait for."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.done = threading.Event()
        self.verdicts: Sequence[Verdict] = ()
        threading.Thread(target=self._run, name=f"doctor-{check.id}", daemon=True).start()

    def _run(self) -> None:
        try:
            found = self.check.look()
            self.verdicts = [found] if isinstance(found, Verdict) else list(found)
        except Fault as fault:
            self.verdicts = judge_fault(fault)
        except Exception as error:  # noqa: BLE001 -- one broken check must not hide the others
            self.verdicts = [_broken(error)]
        finally:
            self.done.set()


def _broken(error: Exception) -> Verdict:
    if isinstance(error, OSError):
        seen = f"This user can't look at it ({type(error).__name__})."
        return unknown(seen, "Run this check as the user who works at the line.", str(error))
    # Its text stays out: it may quote what it read.
    seen = f"This check itself broke ({type(error).__name__})."
    return unknown(seen, "Tell the engineer; the other checks stand.")


def _late(seconds: float) -> Verdict:
    seen = f"There was no answer within {seconds:g} s."
    return unknown(seen, "See whether a window asks for a password, or a disk or network hangs; then look again.")
