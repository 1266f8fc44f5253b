"""What a slot works with, as the line sees it; the composition root joins drivers and settings into these."""

from collections.abc import Callable
from dataclasses import dataclass

from station.devices.protocols import Conversation, Power, Presence, Programmer
from station.domain.ids import Sha256, SlotNumber


@dataclass(frozen=True, slots=True)
class Equipment:
    """One slot of the fixture. ``open_device`` opens the serial port exclusively and is called for each attempt;
    ``port`` is the port's name for the factory's own programs."""

    slot: SlotNumber
    port: str
    open_device: Callable[[], Conversation]
    programmer: Programmer
    presence: Presence
    power: Power
    context: Sha256 | None = None
    """What the journal keeps of this slot in this run."""
