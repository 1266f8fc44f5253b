"""Where a scan goes: it names a slot, or it is a label for the chosen slot, else for the next one that waits. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from station.domain.ids import SlotNumber
from station.domain.line import SlotState
from station.engine.pushes import Tile

_SLOT_CODE: Final = re.compile(r"(?:SLOT-)?0*([0-9]{1,2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scan named this slot: the next label goes there."""

    slot: SlotNumber


@dataclass(frozen=True, slots=True)
class Deliver:
    """The scan is a label for this slot."""

    slot: SlotNumber
    label: str


@dataclass(frozen=True, slots=True)
class Nowhere:
    """The scan is a label, and no slot waits for one."""

    label: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The scan names a slot that the fixture does not have."""

    code: str


class ScanRoute:
    """Remembers which slot was chosen, and which labels were given to slots that have not begun yet.

    A label read twice (a trigger pulled twice) goes to the same slot again, never to another one.
    """

    def __init__(self) -> None:
        self._tiles: dict[SlotNumber, Tile] = {}
        self._given: dict[SlotNumber, str] = {}
        self._chosen: SlotNumber | None = None

    @property
    def chosen(self) -> SlotNumber | None:
        """The slot that a person chose for the next label."""
        return self._chosen

    @property
    def given(self) -> dict[SlotNumber, str]:
        """Labels by slot that have been delivered and whose boards are not at work yet."""
        return dict(self._given)

    @property
    def next(self) -> SlotNumber | None:
        """The slot to which the next label goes; None where none waits for one."""
        if self._chosen is not None:
            return self._chosen
        waiting = (slot for slot, tile in sorted(self._tiles.items()) if tile.state is SlotState.EMPTY)
        return next((slot for slot in waiting if slot not in self._given), None)

    def begin(self, tiles: Iterable[Tile]) -> None:
        """Forget everything, and take the slots as they are now."""
        self._given.clear()
        self._chosen = None
        self._tiles = {tile.slot: tile for tile in tiles}

    def update(self, tiles: Iterable[Tile]) -> None:
        """Take what slots are now; a slot that has begun with its board waits for its next label afterwards."""
        for tile in tiles:
            self._tiles[tile.slot] = tile
            if tile.state in (SlotState.RUNNING, SlotState.LATCHED, SlotState.STOPPED):
                self._given.pop(tile.slot, None)

    def choose(self, slot: SlotNumber | None) -> bool:
        """Have the next label go to this slot (None: to the next that waits); whether there is such a slot."""
        if slot is not None and slot not in self._tiles:
            return False
        self._chosen = slot
        return True

    def take(self, text: str) -> Chosen | Deliver | Nowhere | Unknown:
        """Say where a scan goes, and remember it."""
        text = text.strip()
        code = _SLOT_CODE.fullmatch(text)
        if code:
            slot = SlotNumber(int(code[1]))
            return Chosen(slot) if self.choose(slot) else Unknown(text)
        again = next((slot for slot, label in self._given.items() if label == text), None)
        slot_for = again if again is not None else self.next
        if slot_for is None:
            return Nowhere(text)
        self._given[slot_for] = text
        self._chosen = None
        return Deliver(slot_for, text)

    def refused(self, slot: SlotNumber) -> None:
        """Forget the label that this slot was given: the engine did not take it."""
        self._given.pop(slot, None)
