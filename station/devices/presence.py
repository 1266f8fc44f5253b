"""How a slot knows that a board has come or gone."""

from collections.abc import Callable

from station.devices.faults import PRESENCE_UNKNOWABLE
from station.devices.ports import find_port, is_url, lists_ports
from station.devices.vcom import PortSources, read_vcom
from station.host.clock import Clock, Deadline, Stop

_INTERVAL = 0.04
"""Seconds between two looks. Neither ptys nor COM ports announce themselves in a way that works everywhere."""

_VCOM_INTERVAL = 0.15
"""Seconds between two looks where each reads a folder or more."""

_LIST_INTERVAL = 2.0
"""Seconds between two looks where a look means listing all of this PC's ports (Windows: some ten milliseconds each)."""

_SETTLE = 0.5
"""Seconds a port must stay away: a board with USB of its own drops it for a moment at every reset."""


class _ListedPort:
    """A port that only a list of all this PC's ports tells, asked for as seldom as can be."""

    def __init__(self, address: str, clock: Clock, sources: PortSources) -> None:
        self._address, self._clock, self._sources = address, clock, sources
        self._name: str | None = None
        self._next = Deadline(clock, 0.0)
        self._lost = Deadline(clock, 0.0)

    def is_there(self) -> bool:
        """Return whether it is there; one that has come may be seen two seconds later."""
        if self._name is not None:
            if find_port(self._name) is not None:  # the cheap look, by the name that it was found to have
                return True
            # It may come back at once, under another name: that must not be seen too late.
            self._lost = Deadline(self._clock, _LIST_INTERVAL)
            self._name = None
        elif not self._next.passed() and self._lost.passed():
            return False
        self._name = find_port(self._address, self._sources)
        self._next = Deadline(self._clock, _LIST_INTERVAL)
        return self._name is not None


class PortPresence:
    """A board is there when its port is: for boards, or fixtures, that bring their own USB."""

    is_known = True

    def __init__(
        self,
        address: str,
        clock: Clock,
        *,
        interval: float | None = None,
        settle: float = _SETTLE,
        sources: PortSources | None = None,
    ) -> None:
        """Raise DEV-107 for a network port: it is there with and without a board."""
        if is_url(address):
            raise PRESENCE_UNKNOWABLE.fault(port=address)
        self._address = address
        self._clock = clock
        self._settle = settle
        self._sources = sources or PortSources()
        self._interval = interval or (_INTERVAL if read_vcom(address) is None else _VCOM_INTERVAL)
        self._listed = _ListedPort(address, clock, self._sources)

    def is_loaded(self) -> bool:
        """Return whether the port is there now; one that has come may be seen up to two seconds later."""
        if lists_ports(self._address, self._sources):
            return self._listed.is_there()
        return find_port(self._address, self._sources) is not None

    def wait_loaded(self, stop: Stop) -> None:
        """Return once the port is there; ``Cancelled`` soon after ``stop``."""
        self._wait_until(self.is_loaded, stop)

    def wait_gone(self, stop: Stop) -> None:
        """Return once the port has stayed away for a while; ``Cancelled`` soon after ``stop``."""
        away: Deadline | None = None

        def stayed_away() -> bool:
            nonlocal away
            if self.is_loaded():
                away = None
                return False
            away = away or Deadline(self._clock, self._settle)
            return away.passed()

        self._wait_until(stayed_away, stop)

    def _wait_until(self, reached: Callable[[], bool], stop: Stop) -> None:
        while not reached():
            self._clock.wait(stop.event, self._interval)
            stop.check()


class ScanPresence:
    """Only a scan says that a board is there: for fixtures whose port is there with and without a board."""

    is_known = False

    def is_loaded(self) -> bool:
        """Return True: nobody can say that it is not."""
        return True

    def wait_loaded(self, stop: Stop) -> None:
        """Return at once: the scan that started this was the board's coming."""
        stop.check()

    def wait_gone(self, stop: Stop) -> None:
        """Return at once: the next scan says that the board has gone."""
        stop.check()
