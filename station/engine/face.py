"""One attached face: what it asks is taken in its order; what it is told never holds anybody else up."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from station.domain.faults import Fault
from station.domain.ids import SlotNumber
from station.engine.commands import Request
from station.engine.faults import NOT_UNDERSTOOD, TOO_SLOW
from station.engine.pushes import AtLines, Beat, Changed, Happened, Header, Tile, Welcome
from station.engine.results import Answer, Failed
from station.engine.wire import LONGEST, BeyondLimitsError, decode_request, encode_answer, encode_push
from station.host.clock import Clock
from station.host.local_socket import LocalConnection, TooLongError
from station.line.log import engineer_log
from station.people.rights import Actor

MOST_WAITING: Final = 5000
"""Messages that wait for a face before it counts as too slow."""

MOST_LINES: Final = 500
"""AT lines that a face is sent of one slot at most between two pushes."""

_BETWEEN: Final = 0.05
"""Seconds between two pushes of what has changed: 20 a second."""

_GRACE: Final = 3.0
"""Seconds in which a face that is being left must take its last words."""

Lossless = Welcome | Happened | Beat | Answer


class Face:
    """One connection: a thread that reads and a thread that writes. Everything here may be called from any thread."""

    def __init__(
        self,
        connection: LocalConnection,
        clock: Clock,
        take: Callable[["Face", Request], None],
        left: Callable[["Face", str], None],
    ) -> None:
        """``take`` gets every request, on the reader's thread; ``left`` is called once when the face is gone."""
        self._connection, self._clock, self._take, self._left = connection, clock, take, left
        self._changed = threading.Condition()
        self._queue: deque[Lossless] = deque()
        self._tiles: dict[SlotNumber, Tile] = {}
        self._header: Header | None = None
        self._lines: deque[tuple[str, str, str]] = deque(maxlen=MOST_LINES)
        self._next_push = 0.0
        self._happened = 0
        self._ended = False
        self._hang_up_at: float | None = None
        self.actor: Actor | None = None
        """Whoever is signed in here."""
        self.watched: SlotNumber | None = None
        self.touched = clock.monotonic()
        """When it last asked for something."""
        self._writer = threading.Thread(target=self._write, name="face writer", daemon=True)

    def serve(self) -> None:
        """Take requests until the face is gone, on the caller's thread. A :class:`Welcome` must be told first."""
        self._writer.start()
        why = "the window was closed"
        try:
            self._read()
        except Fault as fault:
            why = fault.code
            self.leave(fault)
        except (OSError, EOFError):
            self._connection.hang_up()
        except Exception:  # noqa: BLE001 -- our own mistake costs this face, and nothing else
            engineer_log().exception("a face's reader failed")
            self._connection.hang_up()
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._writer.join()
        self._connection.close()
        self._left(self, why)

    def _read(self) -> None:
        while True:
            try:
                data = self._connection.receive(LONGEST)
            except TooLongError as error:
                raise NOT_UNDERSTOOD.fault(str(error)) from None
            self.touched = self._clock.monotonic()
            try:
                request = decode_request(data)
            except BeyondLimitsError as error:
                self.tell(Answer(number=error.number, result=failed(error.fault)))
                continue
            self._take(self, request)

    # What it is told

    def change_person(self, actor: Actor | None) -> Actor | None:
        """Have ``actor`` be signed in here from now on, and return who was."""
        with self._changed:
            before, self.actor = self.actor, actor
            return before

    def send_away(self, actor: Actor) -> bool:
        """Have nobody be signed in here any more, if that still is ``actor``; return whether it was."""
        with self._changed:
            if self.actor is not actor:
                return False
            self.actor = None
            return True

    def tell(self, message: Welcome | Answer) -> None:
        """Send this, in its turn. A welcome says all that has changed until now."""
        with self._changed:
            if isinstance(message, Welcome):
                self._tiles, self._header = {}, None
            self._put(message)

    def happened(self, happened: Happened) -> None:
        """Send an event; none is ever left out, and they are numbered."""
        with self._changed:
            self._happened += 1
            self._put(replace(happened, number=self._happened))

    def beat(self, at: str, idle_seconds: float | None) -> None:
        """Send a heartbeat, unless the last one still waits; hang up on a face that does not take its last words."""
        with self._changed:
            if self._hang_up_at is not None and self._clock.monotonic() >= self._hang_up_at:
                self._connection.hang_up()
            elif not any(isinstance(one, Beat) for one in self._queue):
                self._put(Beat(at=at, idle_seconds=idle_seconds))

    def changed(self, tiles: Sequence[Tile], header: Header | None = None) -> None:
        """Send what has changed with the next push; what changed before that again is not sent."""
        with self._changed:
            idle = self._is_current()
            self._tiles.update((tile.slot, tile) for tile in tiles)
            self._header = header or self._header
            if idle:  # else the writer knows already that something waits
                self._changed.notify()

    def watch(self, slot: SlotNumber | None, kept: Sequence[tuple[str, str, str]]) -> None:
        """Send this slot's AT lines from now on, those ``kept`` first."""
        with self._changed:
            self.watched = slot
            self._lines.clear()
        if slot is not None:
            self.overhear(slot, kept)

    def overhear(self, slot: SlotNumber, lines: Sequence[tuple[str, str, str]]) -> None:
        """Send AT lines with the next push, where this slot is watched."""
        with self._changed:
            if slot != self.watched:
                return
            idle = self._is_current()
            self._lines.extend(lines)
            if idle:
                self._changed.notify()

    def leave(self, fault: Fault, *, at_once: bool = False) -> None:
        """End the connection, saying why where the face still listens. Safe to repeat.

        What waits for it is said before, unless it is left ``at_once``.
        """
        with self._changed:
            if self._ended:
                return
            self._ended = True
            if at_once:
                self._queue.clear()
            self._queue.append(Answer(number=0, result=failed(fault)))
            self._hang_up_at = self._clock.monotonic() + _GRACE
            self._changed.notify()

    def _put(self, message: Lossless) -> None:
        if self._ended:
            return
        if len(self._queue) >= MOST_WAITING:
            engineer_log().info("a face was too slow", waiting=len(self._queue))
            self.leave(TOO_SLOW.fault(), at_once=True)
            return
        self._queue.append(message)
        if len(self._queue) == 1:
            self._changed.notify()

    def _is_current(self) -> bool:
        return not (self._tiles or self._header or self._lines)

    def _write(self) -> None:
        try:
            while (message := self._next()) is not None:
                data = encode_answer(message) if isinstance(message, Answer) else encode_push(message)
                self._connection.send(data)
        except OSError:
            pass  # the face is gone: the reader hears of it too
        except Exception:  # noqa: BLE001 -- our own mistake costs this face, and nothing else
            engineer_log().exception("a face's writer failed")
        self._connection.hang_up()

    def _next(self) -> Lossless | Changed | AtLines | None:
        with self._changed:
            while True:
                if self._queue:
                    return self._queue.popleft()
                if self._ended:
                    return None
                if self._is_current():
                    self._changed.wait()
                    continue
                left = self._next_push - self._clock.monotonic()
                if left <= 0:
                    return self._push()
                self._changed.wait(left)

    def _push(self) -> Changed | AtLines:
        if self._tiles or self._header:
            changed = Changed(tiles=tuple(self._tiles.values()), header=self._header)
            self._tiles, self._header = {}, None
            if not self._lines:
                self._next_push = self._clock.monotonic() + _BETWEEN
            return changed
        lines, slot = tuple(self._lines), self.watched
        self._lines.clear()
        self._next_push = self._clock.monotonic() + _BETWEEN
        return AtLines(slot=slot or SlotNumber(0), lines=lines)


def failed(fault: Fault) -> Failed:
    """Return the fault as an answer has it. Pure."""
    return Failed(code=fault.code, sentence=fault.sentence, detail=fault.detail)
