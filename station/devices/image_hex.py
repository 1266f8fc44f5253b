"""Intel HEX, read strictly: what a programmer would silently make of a damaged file is refused here."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from intelhex import IntelHex, IntelHexError

from station.devices.image_faults import IMAGE_EMPTY, IMAGE_TOO_BIG, IMAGE_TRUNCATED, IMAGE_UNREADABLE
from station.domain.faults import Fault

_RECORD: Final = re.compile(rb":([0-9A-Fa-f]{2})[0-9A-Fa-f]{4}([0-9A-Fa-f]{2})(?:[0-9A-Fa-f]{2})*")
_END: Final = b":00000001FF"
_LONGEST_FILE: Final = 16 * 1024 * 1024
_DATA, _END_TYPE = 0, 1
_SHORTEST: Final = 4
"""Bytes in a record: no tool writes images from records shorter than this on the whole."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes without a gap, and the address of the first."""

    start: int
    data: bytes

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.start + len(self.data)


def read_hex(text: bytes, path: object, *, longest: int) -> tuple[Segment, ...]:
    """Return what a file programs, in ascending order: at least one byte, at most ``longest``.

    ``path`` is for the sentences alone. Raises DEV-330 (no Intel HEX, or damaged), DEV-331 (nothing in it), DEV-332
    (no end record) and DEV-338 (too much); time and memory are bounded by ``longest``, whatever the file. Pure.
    """
    # The library takes an empty file, one without an end record and one with anything behind it (flashing
    # reference section 5), and it has no bounds: it gets only what has passed here.
    _require_whole(text, path, longest)
    image = IntelHex()
    try:
        image.loadhex(io.StringIO(text.decode("ascii").replace("\r", "")))
    except IntelHexError as error:
        raise IMAGE_UNREADABLE.fault(str(error), path=path, why=_reason(error)) from error
    return tuple(Segment(start, image.tobinstr(start, end - 1)) for start, end in image.segments())


def _require_whole(text: bytes, path: object, longest: int) -> None:
    if len(text) > _LONGEST_FILE:
        raise IMAGE_TOO_BIG.fault(path=path, why=f"the file has more than {_LONGEST_FILE} bytes")
    if not text.strip():
        raise IMAGE_EMPTY.fault("the file is empty", path=path)
    size, ended = 0, False
    for count, (number, line) in enumerate(_lines(text)):
        if ended:
            raise IMAGE_UNREADABLE.fault(path=path, why=f"line {number} stands behind the end record")
        record = _RECORD.fullmatch(line)
        if record is None:
            raise _odd_line(number, line, text, path)
        kind = int(record[2], 16)
        if kind == _END_TYPE:
            if line.upper() != _END:
                raise IMAGE_UNREADABLE.fault(path=path, why=f"line {number} is no proper end record")
            ended = True
        size += int(record[1], 16) if kind == _DATA else 0
        if size > longest:
            raise IMAGE_TOO_BIG.fault(path=path, why=f"it has more than {longest} bytes to program")
        if count >= longest // _SHORTEST:
            raise IMAGE_TOO_BIG.fault(path=path, why=f"it has more than {longest // _SHORTEST} records")
    if not ended:
        raise IMAGE_TRUNCATED.fault(path=path)
    if size == 0:
        raise IMAGE_EMPTY.fault("an end record alone", path=path)


def _lines(text: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(text.split(b"\n"), start=1):
        if stripped := line.rstrip(b"\r"):
            yield number, stripped


def _odd_line(number: int, line: bytes, text: bytes, path: object) -> Fault:
    if text.startswith(b"PK\x03\x04"):
        return IMAGE_UNREADABLE.fault(path=path, why="it is a zip file")
    if number > 1 and not text.endswith(b"\n") and text.endswith(line) and line.startswith(b":"):
        return IMAGE_TRUNCATED.fault(f"line {number} breaks off", path=path)
    return IMAGE_UNREADABLE.fault(ascii(line[:64]), path=path, why=f"line {number} is no record")


def _reason(error: IntelHexError) -> str:
    line = getattr(error, "line", None)
    words = {
        "RecordChecksumError": "has a wrong checksum",
        "RecordLengthError": "has another length than it says",
        "RecordTypeError": "is of a kind that there is not",
        "AddressOverlapError": "has data for an address that has some already",
    }.get(type(error).__name__, "is no record that makes sense")
    return f"line {line} {words}" if isinstance(line, int) else f"a line {words}"
