"""Which slots differ from the others: one stated rule, hard to upset by one bad slot. Pure.

The others' middle is the yardstick, never the mean: a slot that is itself far off does not shift it. Every slot is
compared with all but itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import median
from typing import Final

from station.domain.ids import SlotNumber
from station.journal.statistics import SlotFigures

LEAST: Final = 30
"""Attempts a slot needs before it is judged."""
SLOTS: Final = 3
"""Slots that must be judged: of two nobody can say which one differs."""
TIMES: Final = 3.0
"""How many times the others' usual distance from their middle is too far."""
_FLOOR_SHARE: Final = 0.02
"""Slots that agree closely differ by this share of the time all the same."""
_LEAST_POINTS: Final = 0.02
"""A yield that is lower by less is nobody's concern, however sure it is."""
_AS_SIGMA: Final = 1.4826
"""The median distance from the middle, times this, is a standard deviation where values are normal."""


class Differs(StrEnum):
    """In what a slot differs."""

    SLOWER = "slower"
    FASTER = "faster"
    LOWER_YIELD = "lower-yield"


@dataclass(frozen=True, slots=True)
class Apart:
    """One slot that differs: its own value and the others' middle, in seconds or as a share."""

    slot: SlotNumber
    differs: Differs
    own: float
    others: float


def slots_apart(slots: Sequence[SlotFigures]) -> list[Apart]:
    """Return the slots that stand out, by number; one may stand out in time and yield."""
    return sorted([*_by_time(slots), *_by_yield(slots)], key=lambda one: (one.slot, one.differs))


def _by_time(slots: Sequence[SlotFigures]) -> list[Apart]:
    middles = {one.slot: one.seconds.middle for one in slots if one.seconds is not None and one.seconds.count >= LEAST}
    found: list[Apart] = []
    for slot, own in middles.items() if len(middles) >= SLOTS else ():
        others = [value for other, value in middles.items() if other != slot]
        middle = median(others)
        usual = _AS_SIGMA * median(abs(value - middle) for value in others)
        if abs(own - middle) > TIMES * max(usual, _FLOOR_SHARE * middle):
            found.append(Apart(slot, Differs.SLOWER if own > middle else Differs.FASTER, own, middle))
    return found


def _by_yield(slots: Sequence[SlotFigures]) -> list[Apart]:
    shares = {
        one.slot: (one.first_pass, one.first_total)
        for one in slots
        if one.first_pass is not None and one.first_total >= LEAST
    }
    found: list[Apart] = []
    for slot, (own, count) in shares.items() if len(shares) >= SLOTS else ():
        middle = median(share for other, (share, _) in shares.items() if other != slot)
        # At a yield of 100 % chance itself has no width: half a unit keeps it from being none.
        expected = min(middle, 1 - 0.5 / count)
        chance = sqrt(expected * (1 - expected) / count)
        if middle - own > max(TIMES * chance, _LEAST_POINTS):
            found.append(Apart(slot, Differs.LOWER_YIELD, own, middle))
    return found
