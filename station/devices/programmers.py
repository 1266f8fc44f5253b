"""The programmer of a slot that has none; the others have modules of their own, behind the same protocol."""

from typing import NoReturn

from station.devices.faults import NO_PROGRAMMER
from station.devices.protocols import Image, Job
from station.domain.faults import Fault
from station.domain.line import Erase, LockLevel


class NoProgrammer:
    """A slot of a line that flashes elsewhere."""

    can_program = False
    name = "no programmer"

    def find(self, timeout: float) -> None:
        """Return None: there is no probe."""

    def look(self, timeout: float) -> NoReturn:  # noqa: ARG002 -- the protocol's shape
        """Raise DEV-301, as everything below."""
        raise _none("look at the board")

    def recover(self, job: Job) -> NoReturn:  # noqa: ARG002 -- the protocol's shape
        raise _none("recover the board")

    def program(self, image: Image, erase: Erase, job: Job) -> NoReturn:  # noqa: ARG002 -- the protocol's shape
        raise _none("program")

    def verify(self, image: Image, job: Job) -> NoReturn:  # noqa: ARG002 -- the protocol's shape
        raise _none("verify what is programmed")

    def reset(self, timeout: float) -> NoReturn:  # noqa: ARG002 -- the protocol's shape
        raise _none("reset the board")

    def lock(self, level: LockLevel, timeout: float) -> NoReturn:  # noqa: ARG002 -- the protocol's shape
        raise _none("lock the board")

    def protect_erase(self, timeout: float) -> NoReturn:  # noqa: ARG002 -- the protocol's shape
        raise _none("lock out recoveries")


def _none(action: str) -> Fault:
    return NO_PROGRAMMER.fault(action=action)
