"""What a reader of bytes from outside is to whoever attacks it: a function, whole inputs, and what it may raise."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Final

from station.domain.faults import Bug, Fault

ROOT: Final = Path(__file__).parents[2]
INPUTS: Final = Path(__file__).with_name("hostile_inputs")
"""Genuine inputs; the station's own code made them once."""
NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
OUTSIDE: Final = Path("outside")
STATION_KEY: Final = bytes(range(32))
"""The private half of the key that signed the record among the inputs."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader. ``read`` ends by returning, or by one of ``declared``; ``seeds`` are whole inputs to begin with.

    ``share`` is how often it is called, compared with the others: some take a file system, or a database.
    ``takes_all``: nothing is refused here, whatever comes.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    declared: tuple[type[BaseException], ...] = (Fault,)
    longest: int = 8192
    share: float = 1.0
    takes_all: bool = False

    def check(self, data: bytes) -> bool:
        """Read ``data``; return whether it was taken, False where it was refused as declared. Raises anything else."""
        try:
            self.read(data)
        except Bug:
            raise
        except self.declared:
            return False
        return True


class Leap:
    """A clock on which no wait takes any time, as the wall sees it: deadlines pass as soon as nothing comes."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def wait(self, event: Event, seconds: float) -> bool:
        self._seconds += max(seconds, 0.001)
        return event.is_set()

    def pass_by(self, seconds: float) -> None:
        """Let time go on."""
        self._seconds += seconds


def patched(base: bytes, data: bytes) -> bytes:
    """Return ``base`` with places written over, as ``data`` says: three bytes where, one how many, then what.

    What is large stays whole where a fuzzer does not mean to hit it, and what it changes stays small. Places are
    counted without zeros: most of a database is free.
    """
    result, at, places = bytearray(base), 0, _places(base)
    while at + 5 <= len(data):
        offset, size = places[int.from_bytes(data[at : at + 3], "big") % len(places)], 1 + data[at + 3] % 32
        piece = data[at + 4 : at + 4 + size]
        result[offset : offset + len(piece)] = piece
        at += 4 + size
    return bytes(result[: len(base)])


@cache
def _places(base: bytes) -> list[int]:
    return [at for at, byte in enumerate(base) if byte] or [0]


def patch(offset: int, piece: bytes) -> bytes:
    """Return what :func:`patched` takes to write ``piece`` at ``offset``."""
    return offset.to_bytes(3, "big") + bytes([len(piece) - 1]) + piece


def text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """Return a reader of text as one of bytes: a character each."""
    return lambda data: read(data.decode("latin-1"))


def recorded(*kinds: str) -> tuple[bytes, ...]:
    """Return what genuine modems said."""
    samples = json.loads((ROOT / "fixtures" / "recorded" / "modem-output.json").read_text(encoding="utf-8"))
    return tuple(one["text"].encode("latin-1") for one in samples if one["kind"] in kinds)


def files(*patterns: str) -> tuple[bytes, ...]:
    """Return files of this repository."""
    return tuple(path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern)))


def given(name: str) -> bytes:
    """Return one of the genuine inputs."""
    return (INPUTS / name).read_bytes()


@cache
def backed_up() -> dict[str, bytes]:
    """Return the members of a backup, its record signed by :data:`STATION_KEY`; not the manifest, which nobody made."""
    members: dict[str, bytes] = {}
    for path in (ROOT / "tests" / "unit" / "evidence" / "formats" / "backup-v1.zip", INPUTS / "record.zip"):
        with zipfile.ZipFile(path) as archive:
            members |= {name: archive.read(name) for name in archive.namelist() if not name.startswith("manifest.")}
    return members


def in_folder(read: Callable[[Path, bytes], object]) -> Callable[[bytes], object]:
    """Return a reader that gets a private folder of its own."""

    def within(data: bytes) -> object:
        with TemporaryDirectory() as folder:
            return read(Path(folder), data)

    return within


def private(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Return a reader of a private file."""

    def within(folder: Path, data: bytes) -> object:
        path = folder / name
        path.write_bytes(data)
        path.chmod(0o600)
        return read(path)

    return in_folder(within)
