"""What the line needs of the things on a slot, whoever makes them. Drivers are named after what they drive."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from station.domain.ids import Sha256
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
    part: str | None = None
    """The chip as the probe names it; it can't tell an nRF9151 from an nRF9161."""
    protected: bool | None = None
    """Whether debug access is locked: then only a recovery, which erases everything, gets in."""
    image_sha256: Sha256 | None = None
    millivolts: int | None = None


class Programmer(Protocol):
    """One slot's probe. One thread uses it. All operations have a hard end of their own."""

    @property
    def can_program(self) -> bool:
        """False where the line flashes elsewhere; then everything but :meth:`look` raises DEV-301."""

    def look(self) -> Target:
        """Return what is there. Changes nothing; safe to repeat."""

    def program(self, image: Image, progress: Progress, stop: Stop) -> None:
        """Erase, program and verify ``image``; the board stands still until :meth:`reset`.

        Returning means: what is on the board was read back and is the image. ``stop`` is the hard stop: nothing else
        ends this in the middle, and after it (``Cancelled``), as after any fault, the board may be half programmed.
        Safe to repeat from the start.
        """

    def reset(self) -> None:
        """Let the board start from the beginning. Safe to repeat."""


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
