"""What the line needs of the things on a slot, whoever makes them. Drivers are named after what they drive."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from station.domain.ids import Sha256
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Stop

Progress = Callable[[float], None]
"""Takes 0.0 to 1.0; called from the thread that programs, at most some ten times a second."""


class ImageKind(StrEnum):
    """What an image is for: probes program each in its own way."""

    APPLICATION = "application"
    MODEM = "modem-firmware"


@dataclass(frozen=True, slots=True)
class Image:
    """A firmware file as the recipe pins it."""

    path: Path
    sha256: Sha256
    kind: ImageKind = ImageKind.APPLICATION


@dataclass(frozen=True, slots=True)
class Target:
    """What a probe sees of the board; None is what this kind of probe can't tell."""

    powered: bool
    family: ChipFamily | None = None
    part: str | None = None
    """The chip as the probe names it; it can't tell an nRF9151 from an nRF9161."""
    protected: bool | None = None
    """Whether debug access is locked, wholly or in part: only a recovery, which erases everything, opens it again."""
    level: LockLevel | None = None
    """What is locked, where ``protected``: ALL also where nothing but that can be told because nobody gets in."""
    erase_protected: bool | None = None
    """Whether even a recovery is locked out, for good."""
    millivolts: int | None = None


@dataclass(frozen=True, slots=True)
class ProbePort:
    """A serial port of a probe: ``vcom`` is its index as the probe's maker counts, ``path`` what to open."""

    vcom: int
    path: str


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe that is plugged in. ``version`` names the software that drives it, for the record."""

    serial: str
    version: str
    ports: tuple[ProbePort, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """What every operation on a board takes: its hard end in seconds, who hears of its progress, and the hard stop.

    After ``stop`` (``Cancelled``), as after any fault, the board may be half done: look before anything else.
    """

    timeout: float
    progress: Progress
    stop: Stop


class Programmer(Protocol):
    """One slot's probe. One thread uses it. Every operation ends within its timeout, whatever the probe does.

    Nothing here recovers or erases but what is named so. Faults: DEV-301 to DEV-329; where
    :func:`station.devices.faults.is_outcome_unknown` says so, nobody knows what was done to the board: look first.
    """

    @property
    def can_program(self) -> bool:
        """False where the line flashes elsewhere; then everything but :meth:`find` raises DEV-301."""

    @property
    def name(self) -> str:
        """The back end and the probe, for people and the record: ``nrfutil 960012345``."""

    def find(self, timeout: float) -> Probe | None:
        """Return the probe when it is plugged in. Never attaches to the board; safe at any time, and to repeat."""

    def look(self, timeout: float) -> Target:
        """Return what is there, by attaching to the board's debug port. Neither recovers nor erases; safe to repeat.

        A board that is protected, or without supply, is a value here and no fault.
        """

    def recover(self, job: Job) -> None:
        """Erase everything, protection too, and leave the debug port open. Safe to repeat."""

    def program(self, image: Image, erase: Erase, job: Job) -> None:
        """Erase, program and verify ``image``; the board stands still until :meth:`reset`.

        Returning means: what is on the board was read back (modem firmware: its digest compared) and is the image.
        ``erase`` is for applications; modem firmware replaces itself. Safe to repeat from the start.
        """

    def verify(self, image: Image, job: Job) -> bool:
        """Return whether the board holds ``image``. The core may stand still afterwards; safe to repeat."""

    def reset(self, timeout: float) -> None:
        """Let the board start from the beginning. Safe to repeat."""

    def lock(self, level: LockLevel, timeout: float) -> None:
        """Close the debug port; in effect after the next :meth:`reset`. One way: only a recovery opens it again."""

    def protect_erase(self, timeout: float) -> None:
        """Lock out even recovery, for good (ERASEPROTECT). Never undone; DEV-321 where this back end can't."""


class Presence(Protocol):
    """How a slot knows of its board."""

    @property
    def is_known(self) -> bool:
        """Whether a board that comes or goes is seen; False where only a scan says so."""

    def is_loaded(self) -> bool:
        """Return whether a board seems to be there now; True where it can't be known."""

    def wait_loaded(self, stop: Stop) -> None:
        """Return once a board is there, at once where it can't be known; ``Cancelled`` soon after ``stop``."""

    def wait_gone(self, stop: Stop) -> None:
        """Return once the board is out, at once where it can't be known; ``Cancelled`` soon after ``stop``."""


class Power(Protocol):
    """One slot's supply. Have the modem switched off (+CFUN=0) before it is cut."""

    @property
    def can_switch(self) -> bool:
        """False where the station can't; then the rest raises DEV-202."""

    def switch_on(self) -> None:
        """Supply the board. Safe to repeat."""

    def switch_off(self) -> None:
        """Cut the supply. Safe to repeat."""

    def cycle(self) -> None:
        """Cut the supply, wait as long as the fixture says, and supply again. Safe to repeat."""
