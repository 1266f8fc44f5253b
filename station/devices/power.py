"""A slot's supply, switched by programs of the factory's own."""

import threading
from collections.abc import Collection, Sequence

from station.devices.faults import POWER_FAILED, POWER_NOT_SWITCHED
from station.host.clock import Clock
from station.host.processes import run_program


class CommandPower:
    """Runs one program to switch on and one to switch off; each says by exit status 0 that it is done."""

    can_switch = True

    def __init__(
        self,
        on: Sequence[str],
        off: Sequence[str],
        clock: Clock,
        *,
        timeout: float,
        off_seconds: float = 1.0,
        without: Collection[str] = (),
    ) -> None:
        """``off_seconds``: how long a cycle leaves it off. ``without``: variables that hold secrets, not inherited."""
        self._on = tuple(on)
        self._off = tuple(off)
        self._clock = clock
        self._timeout = timeout
        self._off_seconds = off_seconds
        self._without = without

    def switch_on(self) -> None:
        """Supply the board. Raises DEV-201, HOST-108 or HOST-109. Safe to repeat."""
        self._run(self._on, "on")

    def switch_off(self) -> None:
        """Cut the supply. Raises DEV-201, HOST-108 or HOST-109. Safe to repeat."""
        self._run(self._off, "off")

    def cycle(self) -> None:
        """Cut the supply, wait, and supply again. No stop ends it halfway: that would leave the slot dark."""
        self.switch_off()
        self._clock.wait(threading.Event(), self._off_seconds)
        self.switch_on()

    def _run(self, command: Sequence[str], state: str) -> None:
        finished = run_program(command, timeout=self._timeout, without=self._without)
        if finished.status != 0:
            said = (finished.errors or finished.output)[-300:].decode("utf-8", "replace").strip()
            raise POWER_FAILED.fault(f"{command[0]} ended with status {finished.status}: {said}", state=state)


class NoPower:
    """The station can't switch this slot's supply."""

    can_switch = False

    def switch_on(self) -> None:
        """Raise DEV-202."""
        raise POWER_NOT_SWITCHED.fault()

    def switch_off(self) -> None:
        """Raise DEV-202."""
        raise POWER_NOT_SWITCHED.fault()

    def cycle(self) -> None:
        """Raise DEV-202."""
        raise POWER_NOT_SWITCHED.fault()
