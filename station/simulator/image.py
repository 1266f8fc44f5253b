"""What a firmware image makes of a simulated board: which framing it speaks, or which modem firmware it brings.

An application's bytes, as text or inside Intel HEX, may tell the bench what it would do:

| mark | meaning |
| --- | --- |
| ``simulated-framing:at_host`` (or another of :class:`Framing`) | how it takes commands, if at all |
| ``simulated-lock:all`` (``secure``) | it closes the debug port itself whenever it starts |
| ``simulated-store:0xF8000`` | credentials lie in this page of the application's flash, and go when it is erased |
| ``simulated-family:nrf9160`` (``nrf91x1``) | it is built for this chip, and does nothing on another |
"""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from station.domain.ids import Sha256
from station.domain.line import ChipFamily, LockLevel
from station.host.files import read_bytes
from station.simulator.flash import PAGE, Segments
from station.simulator.profile import Firmware


class Framing(StrEnum):
    """How an application passes AT commands on (at-commands section 4)."""

    AT_HOST = "at_host"
    AT_SHELL = "at_shell"
    SERIAL_MODEM = "serial_modem"
    CRED_SHELL = "cred_shell"
    """A Zephyr shell with ``cred``, ``nrf_cloud_cred`` and ``at``: the application makes a key of its own."""
    TLS_SHELL = "tls_shell"
    """A Zephyr shell with ``cred`` alone, on a board whose application reaches no modem."""
    V250 = "v250"
    """No application at all: an nRF93M1's own AT port (ITU-T V.250)."""
    NONE = "none"
    """An application that boots and doesn't know AT commands."""


@dataclass(frozen=True, slots=True)
class Image:
    """An application image, or a modem firmware package where ``firmware`` is set."""

    name: str
    sha256: Sha256
    size: int
    framing: Framing = Framing.AT_HOST
    firmware: Firmware | None = None
    baud: int = 115200
    segments: Segments = field(default=(), repr=False)
    """What it puts where; a modem firmware goes elsewhere and has none."""
    locks: LockLevel | None = None
    store_page: int | None = None
    family: ChipFamily | None = None
    """The chip it is built for; None: any."""


_MARK: Final = re.compile(
    rb"simulated-(?:(framing)[:=] ?(at_host|at_shell|serial_modem|cred_shell|tls_shell|v250|none)"
    rb"|(lock)[:=] ?(all|secure)|(store)[:=] ?(0x[0-9A-Fa-f]{1,6})|(family)[:=] ?(nrf9160|nrf91x1))"
)
_HINTS = (
    (re.compile(r"at[_-]?shell|modem[_-]shell"), Framing.AT_SHELL),
    (re.compile(r"cred[_-]?shell"), Framing.CRED_SHELL),
    (re.compile(r"tls[_-]?shell"), Framing.TLS_SHELL),
    (re.compile(r"serial[_-]?modem|slm|serial_lte"), Framing.SERIAL_MODEM),
    (re.compile(r"^app|application|final|tracker|product"), Framing.NONE),
)
_MODEM_NAME: Final = re.compile(r"mfw(-pti)?_nrf91.*")
_RECORD: Final = re.compile(rb":([0-9A-Fa-f]{2})([0-9A-Fa-f]{4})([0-9A-Fa-f]{2})([0-9A-Fa-f]*)\r?")
_DATA, _SEGMENT, _LINEAR = 0, 2, 4


def standard_image(framing: Framing = Framing.AT_HOST) -> Image:
    """Return an image as if programmed in the factory, for boards that arrive with one."""
    name = f"factory-{framing}.hex"
    content = name.encode()
    return Image(name, Sha256(hashlib.sha256(content).hexdigest()), 0, framing, segments=((0, content),))


def read_image(path: Path) -> Image:
    """Return what the image file at ``path`` would do; HOST-101 when it can't be read, ValueError for a foreign zip.

    A zip named like a modem firmware (``mfw_nrf91x1_2.0.2.zip``, whatever stands before it) is one. An application's
    framing is what it says of itself, else what its name hints at, else at_host.
    """
    data = read_bytes(path)
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    if path.suffix.lower() in (".zip", ".cbor"):
        found = _MODEM_NAME.search(path.stem)
        return Image(path.name, sha256, len(data), Framing.NONE, Firmware.named(found[0] if found else path.stem))
    segments = _read_hex(data) or ((0, data),)
    marks = _marks(b"\n".join((data, *(content for _, content in segments))))
    store = marks.get("store")
    stem = path.stem.lower()
    hinted = next((framing for hint, framing in _HINTS if hint.search(stem)), Framing.AT_HOST)
    return Image(
        path.name,
        sha256,
        len(data),
        Framing(marks["framing"]) if "framing" in marks else hinted,
        segments=segments,
        locks=LockLevel(marks["lock"]) if "lock" in marks else None,
        store_page=int(store, 0) // PAGE if store else None,
        family=ChipFamily(marks["family"]) if "family" in marks else None,
    )


def _marks(content: bytes) -> dict[str, str]:
    pairs = ([part for part in found if part] for found in _MARK.findall(content))
    return {name.decode("ascii"): value.decode("ascii") for name, value in pairs}


def _read_hex(data: bytes) -> Segments | None:
    """Return what an Intel HEX file puts where, adjoining records joined; None where it is no such file."""
    base = 0
    joined: list[tuple[int, bytearray]] = []
    for line in data.split(b"\n"):
        record = _RECORD.fullmatch(line)
        if record is None:
            if line.strip():
                return None
            continue
        kind, payload = int(record[3], 16), bytes.fromhex(record[4].decode("ascii"))[:-1]
        if kind == _DATA:
            start = base + int(record[2], 16)
            if joined and joined[-1][0] + len(joined[-1][1]) == start:
                joined[-1][1].extend(payload)
            else:
                joined.append((start, bytearray(payload)))
        elif kind in (_SEGMENT, _LINEAR):
            base = int.from_bytes(payload, "big") << (4 if kind == _SEGMENT else 16)
    return tuple((start, bytes(content)) for start, content in joined if content)
