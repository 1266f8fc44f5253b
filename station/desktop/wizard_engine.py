"""The first run's own conversation with the engine: one question at a time, for threads that may wait."""

import threading

from station.desktop import fault_words
from station.domain.faults import Fault
from station.domain.ids import SlotNumber
from station.engine.client import CommandFailedError, attach, fault_of
from station.engine.commands import Command
from station.engine.faults import NOT_ANSWERING
from station.engine.pushes import AtLines, Beat, Changed, Happened, Header, Push, Tile, Welcome
from station.engine.results import Failed, Result
from station.opened import Opened


class Conversation:
    """A connection to the engine of a station, which is started where none is there. For all threads."""

    def __init__(self, opened: Opened) -> None:
        """Raises as :func:`station.engine.client.attach`."""
        self._link = attach(opened)
        self._lock = threading.Lock()
        self._header = Header()
        self._tiles: dict[SlotNumber, Tile] = {}
        self._happened: list[Happened] = []
        self._lost: Failed | None = None
        self._link.lost = self._ended
        self._link.listen(self._hear)

    def ask(self, command: Command, timeout: float = 120.0) -> Result:
        """Return what the engine answers; its fault is raised. ENG-102 where nothing comes in time."""
        try:
            return self._link.ask(command).result(timeout)
        except CommandFailedError as error:
            raise fault_of(error.failed) from None
        except TimeoutError:
            raise NOT_ANSWERING.fault(process=self._link.welcome.process) from None

    def picture(self) -> tuple[Header, dict[SlotNumber, Tile]]:
        """Return the line as it is now. Raises ENG-104 where the engine is gone."""
        with self._lock:
            if self._lost is not None:
                raise fault_of(self._lost)
            return self._header, dict(self._tiles)

    def happened(self) -> tuple[Happened, ...]:
        """Return everything that has happened since the beginning."""
        with self._lock:
            return tuple(self._happened)

    def close(self) -> None:
        """Leave; the engine goes on for a while. Safe to repeat."""
        self._link.close()

    def _hear(self, push: Push) -> None:
        with self._lock:
            match push:
                case Welcome():
                    self._header = push.header
                    self._tiles = {tile.slot: tile for tile in push.tiles}
                case Changed():
                    self._header = push.header or self._header
                    self._tiles |= {tile.slot: tile for tile in push.tiles}
                case Happened():
                    self._happened.append(push)
                case AtLines() | Beat():
                    pass

    def _ended(self, why: Failed) -> None:
        with self._lock:
            self._lost = why


def told(error: BaseException) -> str:
    """Return a fault as a person reads it; anything else is raised again."""
    if not isinstance(error, Fault):
        raise error
    return fault_words.told(error)
