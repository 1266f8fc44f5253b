"""What an application image does to the chip: which addresses it fills, whether it can start, and what it locks."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from station.devices.image_faults import IMAGE_LOCKS_FOREVER, IMAGE_NO_VECTORS, IMAGE_OUTSIDE
from station.devices.image_hex import Segment, read_hex
from station.domain.ids import Sha256
from station.host.files import sha256_of

# Flashing reference section 3.3; the same on both families.
_FLASH: Final = range(0x100000)
_UICR: Final = range(0x00FF8000, 0x00FF8800)
_RAM: Final = range(0x20000000, 0x20040000)
_APPROTECT: Final = 0x00FF8000
_SECURE_APPROTECT: Final = 0x00FF802C
_ERASE_PROTECT: Final = 0x00FF8030
_UNPROTECTED: Final = b"\xfa\x50\xfa\x50"

_MCUBOOT: Final = struct.Struct("<IIH")
"""MCUboot's image header begins with magic, load address and the header's size (``bootutil/image.h``)."""
_MCUBOOT_MAGIC: Final = 0x96F3B83D
_VECTORS: Final = struct.Struct("<II")
"""Initial stack pointer, reset handler (Armv8-M Architecture Reference Manual, B3.30)."""

_SHOWN: Final = 32

_PAGE: Final = 0x1000
"""What is erased at once (nRF9160 and nRF91x1 product specifications, NVMC)."""
_WORD: Final = 4
"""What is written at once."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where an image's vector table lies, and what is in it."""

    vectors: int
    stack: int
    reset: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an application leaves on a chip: by it, images that come one after another are compared.

    ``begins`` is its lowest address; ``pages`` has the flash pages that it touches, by number, each with the SHA-256 of
    what it puts there; ``uicr`` the words of the UICR that it writes, by address.
    """

    begins: int
    pages: Mapping[int, Sha256]
    uicr: Mapping[int, bytes]


def check_application(text: bytes, path: object) -> tuple[tuple[str, ...], dict[str, object], Footprint]:
    """Return warnings, a summary and the footprint of an application as Intel HEX that can be programmed and can start.

    Raises DEV-330 to DEV-334, DEV-337 (it sets ERASEPROTECT) and DEV-338. Which of the two families an application
    is for, nothing in it says. Pure.
    """
    segments = read_hex(text, path, longest=len(_FLASH) + len(_UICR))
    for segment in segments:
        if not _lies_in(segment, _FLASH) and not _lies_in(segment, _UICR):
            raise IMAGE_OUTSIDE.fault(f"segments {_told(segments)}", path=path, address=_range(segment))
    application = [segment for segment in segments if segment.start in _FLASH]
    configuration = [segment for segment in segments if segment.start in _UICR]
    if _written(configuration, _ERASE_PROTECT) is not None:
        raise IMAGE_LOCKS_FOREVER.fault(path=path)
    if not application:
        raise IMAGE_NO_VECTORS.fault(path=path, why="it writes the UICR alone")
    start = _find_start(application, path)
    summary: dict[str, object] = {
        "bytes": sum(len(segment.data) for segment in segments),
        "segments": _told(segments),
        "vectors": hex(start.vectors),
        "stack": hex(start.stack),
        "reset": hex(start.reset),
        "signed": start.signed,
        "writes_uicr": bool(configuration),
    }
    return tuple(_warnings(application, configuration)), summary, _footprint(application, configuration)


def _footprint(application: Sequence[Segment], configuration: Sequence[Segment]) -> Footprint:
    pages = {number: sha256_of(data) for number, data in _pieces(application, _PAGE)}
    words = {number * _WORD: data for number, data in _pieces(configuration, _WORD)}
    return Footprint(application[0].start, pages, words)


def _pieces(segments: Sequence[Segment], size: int) -> Iterator[tuple[int, bytes]]:
    """Yield what the segments put into each aligned piece of ``size`` bytes, by its number; what is erased is 0xFF."""
    pieces: dict[int, bytearray] = {}
    for segment in segments:
        at = segment.start
        while at < segment.end:
            end = min(segment.end, (at // size + 1) * size)
            piece = pieces.setdefault(at // size, bytearray(b"\xff" * size))
            piece[at % size : at % size + end - at] = segment.data[at - segment.start : end - segment.start]
            at = end
    yield from ((number, bytes(piece)) for number, piece in pieces.items())


def _lies_in(segment: Segment, place: range) -> bool:
    return segment.start in place and segment.end <= place.stop


def _find_start(application: Sequence[Segment], path: object) -> Start:
    """The lowest segment is what runs first: an application, a bootloader (b0, MCUboot), or a signed image."""
    lowest = application[0]
    where, signed = lowest.start, False
    if len(lowest.data) >= _MCUBOOT.size:
        magic, _, header = _MCUBOOT.unpack_from(lowest.data)
        if magic == _MCUBOOT_MAGIC:
            where, signed = lowest.start + header, True
    at = where - lowest.start
    if at + _VECTORS.size > len(lowest.data):
        raise IMAGE_NO_VECTORS.fault(path=path, why=f"there is no vector table at {where:#x}")
    stack, reset = _VECTORS.unpack_from(lowest.data, at)
    if not _RAM.start < stack <= _RAM.stop or stack % 4:
        raise IMAGE_NO_VECTORS.fault(path=path, why=f"its stack would begin at {stack:#x}, outside of the RAM")
    if not reset % 2 or not any(segment.start <= reset - 1 < segment.end for segment in application):
        raise IMAGE_NO_VECTORS.fault(path=path, why=f"it would start at {reset:#x}, where it has no code")
    return Start(where, stack, reset, signed)


def _warnings(application: Sequence[Segment], configuration: Sequence[Segment]) -> Iterator[str]:
    lowest = application[0].start
    if lowest:
        yield (
            f"It begins at {lowest:#x}, and has nothing for address 0, where the chip starts: "
            'it needs a bootloader that is there already, which erase = "all" would erase.'
        )
    if not configuration:
        return
    yield f'It writes the UICR ({", ".join(_told(configuration))}): that needs erase = "all" on a board that has one.'
    for name, address in (("APPROTECT", _APPROTECT), ("SECUREAPPROTECT", _SECURE_APPROTECT)):
        match _written(configuration, address):
            case None:
                pass
            case word if word == _UNPROTECTED:
                yield f"It sets {name} to unprotected: the board's debug port stays open until something locks it."
            case word:
                yield f"It sets {name} to {word[::-1].hex()}: the board's debug port is locked after the next reset."


def _written(segments: Sequence[Segment], address: int) -> bytes | None:
    """Return a word of the UICR that an image changes; None where it leaves all of it as an erasure does."""
    word = bytearray(b"\xff" * 4)
    for segment in segments:
        for offset in range(4):
            at = address + offset - segment.start
            if 0 <= at < len(segment.data):
                word[offset] = segment.data[at]
    return None if word == b"\xff" * 4 else bytes(word)


def _told(segments: Sequence[Segment]) -> list[str]:
    shown = [_range(segment) for segment in segments[:_SHOWN]]
    return shown if len(segments) <= _SHOWN else [*shown, f"and {len(segments) - _SHOWN} more"]


def _range(segment: Segment) -> str:
    return f"{segment.start:#x}-{segment.end - 1:#x}"
