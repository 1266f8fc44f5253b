"""What a firmware image makes of a simulated board: which framing it speaks, or which modem firmware it brings."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from station.domain.ids import Sha256
from station.host.files import read_bytes
from station.simulator.profile import Firmware


class Framing(StrEnum):
    """How an application passes AT commands on (at-commands section 4)."""

    AT_HOST = "at_host"
    AT_SHELL = "at_shell"
    SERIAL_MODEM = "serial_modem"
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


_MARK = re.compile(rb"simulated-framing[:=] ?(at_host|at_shell|serial_modem|none)")
_HINTS = (
    (re.compile(r"at[_-]?shell|modem[_-]shell"), Framing.AT_SHELL),
    (re.compile(r"serial[_-]?modem|slm|serial_lte"), Framing.SERIAL_MODEM),
    (re.compile(r"^app|application|final|tracker|product"), Framing.NONE),
)


def standard_image(framing: Framing = Framing.AT_HOST) -> Image:
    """Return an image as if programmed in the factory, for boards that arrive with one."""
    name = f"factory-{framing}.hex"
    return Image(name, Sha256(hashlib.sha256(name.encode()).hexdigest()), 0, framing)


def read_image(path: Path) -> Image:
    """Return what the image file at ``path`` would do; HOST-101 when it can't be read, ValueError for a foreign zip.

    A zip named like a modem firmware (``mfw_nrf91x1_2.0.2.zip``) is one. An application's framing is what it says
    of itself (``simulated-framing:at_shell`` in its bytes, as text or inside Intel HEX), else what its name hints
    at, else at_host.
    """
    data = read_bytes(path)
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    if path.suffix.lower() in (".zip", ".cbor"):
        return Image(path.name, sha256, len(data), Framing.NONE, Firmware.named(path.stem))
    return Image(path.name, sha256, len(data), _framing(data, path.stem.lower()))


def _framing(data: bytes, stem: str) -> Framing:
    if mark := _MARK.search(data) or _MARK.search(_hex_content(data)):
        return Framing(mark[1].decode("ascii"))
    return next((framing for hint, framing in _HINTS if hint.search(stem)), Framing.AT_HOST)


def _hex_content(data: bytes) -> bytes:
    # Records in file order: enough to find a mark, which no writer tears apart by address.
    content = bytearray()
    for record in re.finditer(rb"^:[0-9A-Fa-f]{6}00((?:[0-9A-Fa-f]{2})*)[0-9A-Fa-f]{2}\r?$", data, re.MULTILINE):
        content += bytes.fromhex(record[1].decode("ascii"))
    return bytes(content)
