"""A station's first fixture file: simulated boards, or what was found plugged in; never over another one."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.host.files import create_file, make_private_folder
from station.settings.fixture import Fixture
from station.settings.loading import load_fixture
from station.settings.reading import Loaded

FIRST_PORT: Final = 47101
"""Where there are no pseudo-terminals, slot 1 of the simulated bench listens here, the next ones behind it."""
PROBE_PORT: Final = 47100

_HEAD: Final = """\
# The fixture: this PC's jig, its slots, and what hangs on each. Keys are explained in fixtures/README.md. After a
# change an engineer releases it (station release); until then nothing is built.
schema = 1
name = {name}

# What all slots have in common. A slot's own key replaces it; {{slot}} stands for the slot's number.
[defaults]
"""
_SIMULATED: Final = """\
port = "bench/slot{slot}"   # relative paths lie in the station's data folder
programmer = "simulated"    # asks the bench's probes, which bench/bench.json names
presence = "port"           # a board is there while its port is
power = "none"              # nothing switches the supply
"""
_SIMULATED_BY_NETWORK: Final = """\
programmer = { kind = "simulated", address = "socket://127.0.0.1:47100" }
presence = "scan"           # a network port says nothing of a board: type the slot's number when one is in
power = "none"              # nothing switches the supply
"""
_PROBES: Final = """\
programmer = "nrfutil"      # the vendor's current tool; "nrfjprog" drives the probe through pynrfjprog instead
port = "vcom0"              # the first serial port of the slot's own probe, found by its serial number
# flow_control = true       # where RTS and CTS are wired
presence = "scan"           # the probes stay plugged in: their ports say nothing of a board
power = "none"              # or { on = ["program", ...], off = ["program", ...], timeout_s = 5 }
"""
_PORTS: Final = """\
programmer = "none"         # boards come flashed
# flow_control = true       # where RTS and CTS are wired
presence = "port"           # a board is there while its port is; "scan" where the port stays
power = "none"              # or { on = ["program", ...], off = ["program", ...], timeout_s = 5 }
"""


@dataclass(frozen=True, slots=True)
class FirstSlot:
    """A slot that was found: ``probe`` is its J-Link's serial number, "" where it has none."""

    port: str
    probe: str = ""
    about: str = ""
    """What it calls itself; a comment."""


def render_simulated(slots: int, *, by_network: bool = sys.platform == "win32") -> str:
    """Return a fixture of simulated boards, as the bench has them. Pure."""
    rows = [f"[[slots]]\nnumber = {number}\n" for number in range(1, slots + 1)]
    if by_network:
        rows = [
            row + f'port = "rfc2217://127.0.0.1:{port}"\n'
            for row, port in zip(rows, range(FIRST_PORT, FIRST_PORT + slots), strict=True)
        ]
    body = _SIMULATED_BY_NETWORK if by_network else _SIMULATED
    return "\n".join([_HEAD.format(name=json.dumps(f"simulated-{slots}")) + body, *rows])


def render_found(name: str, found: Sequence[FirstSlot]) -> str:
    """Return a fixture of what was found, slot by slot in this order; probes where any of them is one. Pure."""
    probes = any(one.probe for one in found)
    rows = []
    for number, one in enumerate(found, 1):
        about = "".join(mark if mark.isprintable() else "?" for mark in one.about)
        row = f"[[slots]]\nnumber = {number}" + (f"             # {about}" if about else "") + "\n"
        row += f"probe = {json.dumps(one.probe)}\n" if one.probe else ""
        if not (probes and one.probe and one.port == "vcom0"):
            row += f"port = {json.dumps(one.port)}\n"
        row += 'programmer = "none"\npresence = "port"\n' if probes and not one.probe else ""
        rows.append(row)
    return "\n".join([_HEAD.format(name=json.dumps(name)) + (_PROBES if probes else _PORTS), *rows])


def write_fixture(path: Path, text: str, *, data: Path) -> Loaded[Fixture]:
    """Write the fixture file, whole or not at all, and return it as it is read.

    Raises SET-102 with all that is wrong before anything is written; HOST-110 where a file is there; HOST-102, 103.
    """
    load_fixture(path, text.encode(), data=data)
    make_private_folder(path.parent)
    create_file(path, text.encode())
    return load_fixture(path, data=data)
