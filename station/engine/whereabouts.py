"""Where the engine of a data folder is to be found: a private file in it, while one works there."""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from station.domain.faults import Fault
from station.host.files import read_private_text, replace_file
from station.host.local_socket import KEY_BYTES
from station.host.strict_json import read_strict_json

FILE_NAME: Final = "engine.json"
VERSION: Final = 1

PURPOSE: Final = "the engine"
"""How an engine names itself where it owns a data folder."""

STARTED: Final = "station-engine "
"""How the line begins with which a new engine says how its start went; a JSON object follows."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one engine listens, and the key by which both sides know each other."""

    address: str
    key: bytes = field(repr=False)
    process: int
    started: str


def read_whereabouts(folder: Path) -> Whereabouts | None:
    """Return where the folder's engine listens, or did when it was killed; None where nothing says so.

    A file that can't be understood, or came here with a copy of another folder, says nothing: the next engine
    replaces it. Raises HOST-104 where others can read it.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    try:
        text = read_private_text(path)
    except Fault:
        if not path.exists():
            return None  # the engine ended just now
        raise
    try:
        value: Any = read_strict_json(text.encode())
        if value["version"] != VERSION or value.get("folder") != str(folder.resolve()):
            return None  # in a copy of a folder at work, it speaks of the engine of the other one
        key = base64.b64decode(value["key"], validate=True)
        address, started = str(value["address"]), str(value["started"])
        if b"\0" in os.fsencode(address) or not started.isascii() or len(key) != KEY_BYTES:
            return None
        return Whereabouts(address, key, int(value["process"]), started)
    except (ValueError, KeyError, TypeError):
        return None


def write_whereabouts(folder: Path, found: Whereabouts) -> None:
    """Say where the engine listens. Raises HOST-102 or HOST-103."""
    value = {
        "version": VERSION,
        "address": found.address,
        "key": base64.b64encode(found.key).decode(),
        "process": found.process,
        "folder": str(folder.resolve()),
        "started": found.started,
    }
    replace_file(folder / FILE_NAME, json.dumps(value).encode())


def remove_whereabouts(folder: Path) -> None:
    """Say that no engine listens any more. Safe to repeat."""
    (folder / FILE_NAME).unlink(missing_ok=True)
