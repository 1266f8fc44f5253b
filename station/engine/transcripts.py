"""The last AT lines of every slot, secrets masked, for whoever comes to look."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from station.devices.talk import Direction
from station.domain.ids import SlotNumber
from station.host.clock import Clock
from station.journal.codec import iso

KEPT: Final = 500
"""Lines of one slot."""

_LONGEST: Final = 2000
"""Characters of one line that are kept: certificates come as one."""

AtLine = tuple[str, str, str]


class Transcripts:
    """Rings of AT lines. For all threads."""

    def __init__(self, clock: Clock, heard: Callable[[SlotNumber, Sequence[AtLine]], None]) -> None:
        """``heard`` gets each new line at once; it must be quick."""
        self._clock, self._heard = clock, heard
        self._rings: dict[SlotNumber, deque[AtLine]] = {}
        self._lock = threading.Lock()

    def overhear(self, slot: SlotNumber, direction: Direction, text: str) -> None:
        """Take a line between station and modem, as it is said."""
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        line = (iso(self._clock.now()), direction.value, shown)
        with self._lock:
            self._rings.setdefault(slot, deque(maxlen=KEPT)).append(line)
            self._heard(slot, (line,))

    def watch(self, slot: SlotNumber | None, begin: Callable[[Sequence[AtLine]], None]) -> None:
        """Call ``begin`` with what is kept of the slot, so that no line is left out or comes twice after it."""
        with self._lock:
            begin(() if slot is None else tuple(self._rings.get(slot, ())))
