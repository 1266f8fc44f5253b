"""What a simulated modem remembers from one boot to the next reset, and the answers every command can give."""

from datetime import datetime, timedelta

from station.host.clock import Clock
from station.simulator.board import Board
from station.simulator.faults import Trait
from station.simulator.request import NOT_IN_ACTIVE_STATE, OK, Reply
from station.simulator.store import Refused
from station.simulator.timings import Timings

_ACTIVE = frozenset({1, 2, 21})


class ModemState:
    """The modem core of a board since its last boot; its slot's thread alone uses it."""

    def __init__(self, board: Board, timings: Timings, clock: Clock) -> None:
        self.board = board
        self.timings = timings
        self.cfun = 1 if Trait.ACTIVE_AT_BOOT in board.plan.traits else 0 if board.profile.is_nrf93 else 4
        self.cmee = 0
        self._clock = clock
        self._time_set: tuple[datetime, float] | None = None

    @property
    def active(self) -> bool:
        """Whether writing credentials is forbidden (518)."""
        return self.cfun in _ACTIVE

    def refuse(self, code: int | None) -> Reply:
        """Return an error answer; its code shows only where +CMEE is set."""
        seconds = self.timings.command.draw(self.board.rng)
        if code is None or self.cmee == 0:
            return Reply("", "ERROR\r\n", seconds)
        return Reply("", f"+CME ERROR: {code}\r\n", seconds)

    def answer(self, *lines: str, seconds: float | None = None) -> Reply:
        """Return ``lines`` and OK."""
        took = self.timings.command.draw(self.board.rng) if seconds is None else seconds
        return Reply("".join(f"{line}\r\n" for line in lines), OK, took)

    def require_inactive(self) -> None:
        """Refuse with 518 while the modem is active."""
        if self.active:
            raise Refused(NOT_IN_ACTIVE_STATE)

    def time(self) -> datetime | None:
        """Return the modem's own time, or None while nobody has set it."""
        if self._time_set is None:
            return None
        told, at = self._time_set
        return told + timedelta(seconds=self._clock.monotonic() - at)

    def set_time(self, told: datetime) -> None:
        """Set the modem's own time."""
        self._time_set = (told, self._clock.monotonic())
