"""The labels of a work order: from a first to a last one, counted in decimal digits at their end."""

import re
from dataclasses import dataclass
from typing import Self

from station.domain.faults import Fault
from station.domain.ids import BatchId, BoardSerial, SlotNumber
from station.domain.line import CloudState, Outcome
from station.journal.records import Records
from station.line.faults import (
    LABEL_OUTSIDE,
    LABEL_USED,
    SERIALS_DIFFER,
    SERIALS_TOO_FEW,
    SERIALS_UNREADABLE,
    SERIALS_UNSCANNED,
)
from station.settings.recipe import DeviceIdRule, Recipe

_BETWEEN = ".."
_COUNTER = re.compile(r"[0-9]*\Z")


@dataclass(frozen=True, slots=True)
class SerialRange:
    """Labels of one length and one beginning, which end with a decimal number from ``first`` to ``last``."""

    beginning: str
    digits: int
    first: int
    last: int

    @classmethod
    def read(cls, text: str, rule: DeviceIdRule, product: str) -> Self:
        """Return the range that ``text`` (``FIRST..LAST``) spells, of labels that the product's ``rule`` takes.

        Raises LINE-183 for any other spelling, LINE-184 where the product's boards are not scanned. Pure.
        """
        if rule.pattern is None:
            raise SERIALS_UNSCANNED.fault(product=product, serials=_shown(text))
        # Both labels have one length, so the middle is certain, even where a label holds dots.
        half = (len(text) - len(_BETWEEN)) // 2
        first, between, last = text[:half], text[half : half + len(_BETWEEN)], text[half + len(_BETWEEN) :]
        if half < 1 or between != _BETWEEN or len(first) != len(last):
            raise SERIALS_UNREADABLE.fault(text=_shown(text), why="it takes two labels of one length, with .. between")
        for label in (first, last):
            try:
                rule.read_label(label)
            except Fault as fault:
                raise SERIALS_UNREADABLE.fault(str(fault), text=_shown(text), why=f"{label} is no label") from fault
        beginning, from_digits = _parted(first)
        other, to_digits = _parted(last)
        if not from_digits or beginning != other:
            why = "the labels may differ only in the decimal number at their end"
            raise SERIALS_UNREADABLE.fault(text=_shown(text), why=why)
        if int(from_digits) > int(to_digits):
            raise SERIALS_UNREADABLE.fault(text=_shown(text), why="the first label comes behind the last")
        return cls(beginning, len(from_digits), int(from_digits), int(to_digits))

    def __str__(self) -> str:
        return f"{self._label(self.first)}{_BETWEEN}{self._label(self.last)}"

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, label: str) -> bool:
        beginning, number = label[: len(self.beginning)], label[len(self.beginning) :]
        decimal = len(number) == self.digits and number.isascii() and number.isdecimal()
        return beginning == self.beginning and decimal and self.first <= int(number) <= self.last

    def _label(self, number: int) -> str:
        return f"{self.beginning}{number:0{self.digits}}"

    def require(self, label: BoardSerial, slot: SlotNumber, records: Records, *, looks_first: bool) -> None:
        """Return when a board with this label may be put into ``slot``: it is of the range, and no other board's.

        A unit that is not finished may come again, and so may one whose rework was declared. ``looks_first``: the
        recipe asks a board who it is before it changes anything; then also a finished one may come of whose upload
        nobody knows (LINE-166). Raises LINE-187 and LINE-188.
        """
        if label not in self:
            raise LABEL_OUTSIDE.fault(label=label, serials=str(self))
        for attempt in records.open_attempts():
            if attempt.serial == label and attempt.slot != slot:  # the slot itself says that it is busy
                raise LABEL_USED.fault(f"attempt {attempt.id}", label=label, by=f"slot {attempt.slot} is at its board")
        unit = records.unit_by_serial(label)
        if unit is None or unit.rework or unit.outcome not in (Outcome.PASSED, Outcome.QUARANTINED):
            return
        if not (looks_first and unit.cloud is CloudState.UNKNOWN):
            state = "has passed" if unit.outcome is Outcome.PASSED else "is in quarantine"
            raise LABEL_USED.fault(f"unit {unit.id}", label=label, by=f"it is on {unit.device_id}, which {state}")


def settle_serials(text: str, recipe: Recipe, batch: BatchId, quantity: int, before: str | None) -> SerialRange | None:
    """Return the labels that a batch is held to, None where it is held to none. Pure.

    ``before`` is what it was begun with ("" for no range), None where it begins now; then ``text`` may be "" or that
    same range. Raises LINE-183 to LINE-186.
    """
    text = text.strip()
    if before is not None and not text:
        text = before
    if not text:
        return None
    serials = SerialRange.read(text, recipe.device_id, recipe.product)
    if before is not None and str(serials) != before:
        what = f"the labels {before}" if before else "no range of labels"
        raise SERIALS_DIFFER.fault(batch=batch, before=what, serials=str(serials))
    if len(serials) < quantity:
        raise SERIALS_TOO_FEW.fault(serials=str(serials), count=len(serials), quantity=quantity)
    return serials


def _parted(label: str) -> tuple[str, str]:
    found = _COUNTER.search(label)
    digits = found[0] if found else ""
    return label[: len(label) - len(digits)], digits


def _shown(text: str) -> str:
    return ascii(text[:140])
