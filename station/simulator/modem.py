"""The AT command interpreter of a simulated modem."""

from typing import Final

from station.host.clock import Clock
from station.simulator import general, nrf93, security
from station.simulator.board import Board
from station.simulator.faults import CommandFault
from station.simulator.modem_state import ModemState
from station.simulator.request import OK, Reply, parse
from station.simulator.store import Refused
from station.simulator.timings import Timings

_HANDLERS: Final = {**general.HANDLERS, **security.HANDLERS}


class Modem:
    """The modem core of a board from one boot to the next; its slot's thread alone talks to it."""

    def __init__(self, board: Board, timings: Timings, clock: Clock) -> None:
        self._state = ModemState(board, timings, clock)
        self._handlers = nrf93.HANDLERS if board.profile.is_nrf93 else _HANDLERS

    def execute(self, command: str, fault: CommandFault | None = None) -> Reply:
        """Do what ``command`` says and return the answer; it never raises for what a host can send.

        ``command`` holds one character per byte (latin-1), without its terminator. ``fault`` bends the work where
        it is one of those that do.
        """
        try:
            request = parse(command, fault)
            if request is None:
                return Reply("", OK)
            handler = self._handlers.get(request.name)
            if handler is None:
                raise Refused(None)
            with self._state.board.lock:
                return handler(self._state, request)
        except Refused as refusal:
            return self._state.refuse(refusal.code)

    def refuse(self, code: int | None, command: str = "") -> Reply:
        """Return an error answer as +CMEE wants it, whatever the command."""
        del command
        return self._state.refuse(code)
