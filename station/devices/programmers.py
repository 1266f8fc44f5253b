"""Programmers: none, and the simulated bench's. Those for real probes come behind the same protocol."""

from typing import NoReturn

from station.devices.faults import IMAGE_CHANGED, NO_PROGRAMMER
from station.devices.protocols import Image, Progress, Target
from station.domain.faults import Fault
from station.host.clock import Stop
from station.host.files import read_bytes, sha256_of


class NoProgrammer:
    """A slot of a line that flashes elsewhere."""

    can_program = False

    def look(self) -> Target:
        """Return a target of which nothing is known; it may be powered."""
        return Target(powered=True)

    def program(self, image: Image, progress: Progress, stop: Stop) -> NoReturn:  # noqa: ARG002 -- the protocol's shape
        """Raise DEV-301."""
        raise _none("program")

    def reset(self) -> NoReturn:
        """Raise DEV-301."""
        raise _none("reset the board")


def require_unchanged(image: Image) -> None:
    """Raise DEV-307 unless the file is byte for byte what the recipe pins; HOST-101 when it can't be read.

    To be asked right before every use: files change while a batch runs. Safe to repeat.
    """
    found = sha256_of(read_bytes(image.path))
    if found != image.sha256:
        raise IMAGE_CHANGED.fault(f"found {found}, pinned {image.sha256}", path=image.path)


def _none(action: str) -> Fault:
    return NO_PROGRAMMER.fault(action=action)
