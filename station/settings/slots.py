"""A fixture file's slots: what all have in common is written once, and each is called by the number it has."""

import re
from collections.abc import Iterator
from typing import Any, Final

from station.settings.explain import Problem, format_place, ordinal
from station.settings.fields import Where

SLOT_MARK: Final = "{slot}"
"""In any text of a slot or of the defaults: the slot's number."""

_MARK: Final = re.compile(r"\{\s*[A-Za-z_]\w*\s*(?:[:!.\[][^{}]*)?\}")
"""What looks as if something should stand in its place; JSON in an argument does not."""

_REAL: Final = ("nrfutil", "nrfjprog")


class Slots:
    """The slots of a fixture as it is written, and what they are with the defaults in each."""

    def __init__(self, written: dict[str, Any]) -> None:
        self._written = written
        defaults, slots = written.get("defaults", {}), written.get("slots")
        self._defaults: dict[str, Any] = defaults if isinstance(defaults, dict) else {}
        self._slots: list[Any] = slots if isinstance(slots, list) else []

    def spread(self) -> dict[str, Any]:
        """Return the fixture with its ``[defaults]`` in every slot; a slot's own key replaces the default. Pure."""
        whole = {key: value for key, value in self._written.items() if key != "defaults"}
        if self._slots:
            both = [{**self._defaults, **slot} if isinstance(slot, dict) else slot for slot in self._slots]
            whole["slots"] = [_fill(slot) if isinstance(slot, dict) else slot for slot in both]
        return whole

    def problems(self) -> list[Problem]:
        """Return what is wrong with the defaults themselves, and with marks that stand for nothing. Pure."""
        found: list[Problem] = []
        if not isinstance(self._written.get("defaults", {}), dict):
            found.append((("defaults",), "write a table [defaults] with the keys that all slots have in common."))
        found += _unknown_marks(("defaults",), self._defaults)
        for index, slot in enumerate(self._slots):
            found += _unknown_marks(("slots", index), slot)
        return found

    def name_place(self, where: Where) -> str:
        """Return a place as the file's reader looks for it: ``slot 3: port``, or ``defaults.port``, where it came from.

        A slot whose number can't tell it from the others is counted from the top: ``the 2nd [[slots]]``. Pure.
        """
        match where:
            case ("slots", int(index), *rest):
                inside = self._as_written(index, tuple(rest))
                if inside and inside[0] in self._defaults and inside[0] not in self._slot(index):
                    return format_place(("defaults", *inside))
                return f"{self._name_slot(index)}: {format_place(inside)}" if inside else self._name_slot(index)
        return format_place(where)

    def _slot(self, index: int) -> dict[str, Any]:
        slot = self._slots[index]
        return slot if isinstance(slot, dict) else {}

    def _as_written(self, index: int, inside: Where) -> Where:
        """A real programmer's probe is a key of the slot, unless it stands in a table of the programmer."""
        programmer = {**self._defaults, **self._slot(index)}.get("programmer")
        kind = programmer.get("kind") if isinstance(programmer, dict) else programmer
        in_table = isinstance(programmer, dict) and "probe" in programmer
        if inside[:2] == ("programmer", "probe") and kind in _REAL and not in_table:
            return inside[1:]
        return inside

    def _name_slot(self, index: int) -> str:
        numbers = [slot.get("number") if isinstance(slot, dict) else None for slot in self._slots]
        number = numbers[index]
        if type(number) is int and number > 0 and numbers.count(number) == 1:
            return f"slot {number}"
        return f"the {ordinal(index + 1)} [[slots]]"


def _fill(slot: dict[str, Any]) -> dict[str, Any]:
    filled = {key: _put_number(value, str(slot.get("number", "?"))) for key, value in slot.items()}
    # "none" is how a file says that there is nothing.
    filled |= {key: None for key in ("programmer", "power") if filled.get(key) == "none"}
    programmer = filled.get("programmer")
    if programmer in ("simulated", *_REAL):
        programmer = {"kind": programmer}
    if isinstance(programmer, dict) and programmer.get("kind") == "simulated":
        programmer = {"address": "bench/bench.json", "probe": slot.get("number"), **programmer}
    elif isinstance(programmer, dict) and programmer.get("kind") in _REAL and "probe" in filled:
        programmer = {"probe": filled["probe"], **programmer}
    return {**filled, "programmer": programmer} if "programmer" in filled else filled


def _put_number(value: Any, number: str) -> Any:
    if isinstance(value, str):
        return value.replace(SLOT_MARK, number)
    if isinstance(value, list):
        return [_put_number(item, number) for item in value]
    if isinstance(value, dict):
        return {key: _put_number(item, number) for key, item in value.items()}
    return value


def _unknown_marks(where: Where, value: Any) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _unknown_marks((*where, str(key)), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_marks((*where, index), item)
    elif isinstance(value, str):
        for mark in dict.fromkeys(_MARK.findall(value)):
            if mark != SLOT_MARK:
                yield (
                    where,
                    f"nothing is put in place of {mark[:40]}; write {SLOT_MARK} for the slot's number.",
                )
