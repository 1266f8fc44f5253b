"""One slot changed in a fixture file, the rest as the person wrote it: comments, order and spaces stay.

The text is changed by line, and what comes out is read again: it must be the old content with that one slot changed,
or nothing is changed at all.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from station.settings.faults import SLOT_NOT_EDITABLE

_HEADER = re.compile(r"\s*\[")
_SLOTS = re.compile(r"\s*\[\[\s*slots\s*\]\]\s*(?:#.*)?$")
_NUMBER = re.compile(r"\s*number\s*=\s*(\d+)\s*(?:#.*)?$")
_VALUE: Final = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|true|false|[+-]?\d+)"""


def change_slot(text: str, slot: int, values: Mapping[str, str | None], path: Path) -> str:
    """Return ``text`` with these keys of one slot set to texts; None takes a key out. Pure.

    Raises SET-105 where the slot is not written plainly (an inline table, a value over several lines). ``path`` is for
    its sentence alone.
    """
    wanted = _expected(text, slot, values)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    block = _find_block(lines, slot)
    changed = text
    if block is not None:
        changed = newline.join(_edit(lines, *block, values))
    if wanted is None or block is None or _parse(changed) != wanted:
        by_hand = ", ".join(f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None)
        raise SLOT_NOT_EDITABLE.fault(slot=slot, path=path, wanted=by_hand)
    return changed


def written_slot(written: Mapping[str, Any], slot: int) -> dict[str, Any]:
    """Return a slot's keys with the defaults, as they are written; empty where there is no such slot. Pure."""
    slots, defaults = written.get("slots"), written.get("defaults")
    for one in slots if isinstance(slots, list) else ():
        if isinstance(one, dict) and one.get("number") == slot:
            return {**(defaults if isinstance(defaults, dict) else {}), **one}
    return {}


def plan_slot(written: Mapping[str, Any], slot: int, port: str, probe: str) -> dict[str, str | None]:
    """Return what to change so that the slot has this port, or (``probe`` given) this probe and its port. Pure.

    Where the slot's programmer drives a J-Link, the probe's number is written, and the port as a port of it where
    ``port`` says so (``vcom0``). A key is left out where the defaults say the same.
    """
    whole = written_slot(written, slot)
    programmer = whole.get("programmer")
    kind = programmer.get("kind") if isinstance(programmer, dict) else programmer
    plan: dict[str, str | None] = {}
    if probe and kind in ("nrfutil", "nrfjprog"):
        plan["probe"] = probe
    defaults = written.get("defaults")
    default = defaults.get("port") if isinstance(defaults, dict) else None
    said = default.replace("{slot}", str(slot)) if isinstance(default, str) else None
    plan["port"] = None if port == said else port
    return {key: value for key, value in plan.items() if value is not None or key in _own_keys(written, slot)}


def _own_keys(written: Mapping[str, Any], slot: int) -> set[str]:
    slots = written.get("slots")
    found = [one for one in slots if isinstance(one, dict) and one.get("number") == slot] if slots else []
    return set(found[0]) if found else set()


def _expected(text: str, slot: int, values: Mapping[str, str | None]) -> dict[str, Any] | None:
    written = _parse(text)
    slots = written.get("slots") if written is not None else None
    fitting = [one for one in slots if isinstance(one, dict) and one.get("number") == slot] if slots else []
    if len(fitting) != 1:
        return None
    for key, value in values.items():
        if value is None:
            fitting[0].pop(key, None)
        else:
            fitting[0][key] = value
    return written


def _parse(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def _find_block(lines: list[str], slot: int) -> tuple[int, int, int] | None:
    """Return the first line behind the slot's head, the first line of what comes next, and where its number stands."""
    heads = [at for at, line in enumerate(lines) if _SLOTS.match(line)]
    for head in heads:
        end = next((at for at in range(head + 1, len(lines)) if _HEADER.match(lines[at])), len(lines))
        for at in range(head + 1, end):
            found = _NUMBER.match(lines[at])
            if found and int(found[1]) == slot:
                return head + 1, end, at
    return None


def _edit(lines: list[str], begin: int, end: int, number: int, values: Mapping[str, str | None]) -> list[str]:
    block, after = lines[begin:end], number - begin + 1
    for key, value in values.items():
        pattern = re.compile(rf"(\s*{re.escape(key)}\s*=\s*){_VALUE}(.*)$")
        place = next((at for at, line in enumerate(block) if pattern.match(line)), None)
        if place is not None and value is not None:
            found = pattern.match(block[place])
            assert found is not None  # noqa: S101 -- for the type checker: it was found a line above
            block[place] = f"{found[1]}{json.dumps(value, ensure_ascii=False)}{found[2]}"
        elif place is not None:
            del block[place]
        elif value is not None:
            block.insert(after, f"{key} = {json.dumps(value, ensure_ascii=False)}")
            after += 1
    return [*lines[:begin], *block, *lines[end:]]
