"""The form of a backup: one zip whose signed manifest names every member with its size and SHA-256.

A form of its own with a version; whatever reads it takes nothing on trust: names, sizes, hashes and the signature are
shown to be right before anything of it is used.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Final, Self

from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.evidence.faults import BACKUP_DAMAGED, BACKUP_TOO_NEW
from station.evidence.forms import Broken, Key, canonical, open_note, read_json, read_key
from station.evidence.station_key import VERIFIER_FILE, StationKey
from station.host.faults import FILE_UNREADABLE
from station.host.files import sha256_of

VERSION: Final = 1
FORM: Final = "nrf91-station backup"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
JOURNAL: Final = "journal.db"
CHECKPOINT: Final = "checkpoint.txt"
"""The last checkpoint: the copy of the journal has its entries, and those behind it until the copy was made."""
PEOPLE: Final = "people.json"
FILES: Final = "files/"
"""What lies beside the station file, where it lies from there."""

_SIGNED: Final = "nrf91-station backup manifest v1"
_LONGEST_MANIFEST: Final = 16 * 1024 * 1024
_MOST_MEMBERS: Final = 20_000
_CHUNK: Final = 1024 * 1024
_PART = re.compile(r'[^\x00-\x1f\x7f/\\:*?"<>|]{1,200}')
_UNREADABLE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError),
)
"""What Python raises for an archive that can't be read."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a manifest says beside its members. ``homes``: where station, data, ca and evidence go, from the new folder.

    ``rewrite``: keys of the station file (``table.key``) that were absolute, and the relative paths they get.
    ``elsewhere``: members that lay outside, and where. ``left_out``: what is not in it, in words.
    """

    station: str
    origin: str
    made: str
    software: str
    size: int
    homes: Mapping[str, str]
    rewrite: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


Member = Path | bytes


def write_backup(file: BinaryIO, members: Mapping[str, Member], described: Description, key: StationKey) -> None:
    """Write the archive; large members come from paths. Raises OSError, and HOST-101 for one that can't be read."""
    rows: dict[str, dict[str, object]] = {}
    for name in sorted(members):
        _require_name(name)
        size, digest = _measure(members[name])
        rows[name] = {"bytes": size, "sha256": digest}
    value = {
        "elsewhere": dict(described.elsewhere),
        "form": FORM,
        "homes": dict(described.homes),
        "left_out": list(described.left_out),
        "made": described.made,
        "members": rows,
        "origin": described.origin,
        "rewrite": dict(described.rewrite),
        "size": described.size,
        "software": described.software,
        "station": described.station,
        "version": VERSION,
    }
    manifest = canonical(value).encode()
    text = f"{_SIGNED}\n{key.origin}\n{sha256_of(manifest)}\n"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        _add(archive, MANIFEST, manifest)
        _add(archive, SIGNATURE, key.sign_note(text).encode())
        for name in sorted(members):
            _add(archive, name, members[name])


def _measure(member: Member) -> tuple[int, Sha256]:
    if isinstance(member, bytes):
        return len(member), sha256_of(member)
    with member.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), Sha256(digest)


def _add(archive: zipfile.ZipFile, name: str, member: Member) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100600 << 16
    with archive.open(info, "w", force_zip64=True) as into:
        if isinstance(member, bytes):
            into.write(member)
            return
        with member.open("rb") as file:
            while chunk := file.read(_CHUNK):
                into.write(chunk)


def _require_name(name: str) -> None:
    parts = name.split("/")
    if len(name) > 1000 or not all(_PART.fullmatch(part) and part.strip(". ") for part in parts):
        raise ValueError(f"a member can't be named {name[:80]!r}")


class Backup:
    """A backup whose every byte was shown to be what its manifest says, and that manifest to be signed. One thread."""

    def __init__(self, path: Path) -> None:
        """Read all of it. Raises BAK-101, or BAK-102 for another version's; HOST-101 where there is no file."""
        self.path = path
        if not path.is_file():
            raise FILE_UNREADABLE.fault("no file", path=path)
        try:
            self._archive = zipfile.ZipFile(path)  # closed by close, or below
        except PermissionError as error:
            raise FILE_UNREADABLE.fault(str(error), path=path) from error
        except _UNREADABLE as error:
            raise self._damaged("it is no zip, or its end is missing", error) from error
        try:
            self._take()
        except Fault:
            self.close()
            raise
        except Broken as error:
            self.close()
            raise self._damaged(str(error), error) from error
        except _UNREADABLE as error:
            self.close()
            raise self._damaged("something in it can't be read", error) from error

    def _damaged(self, reason: str, error: BaseException) -> Fault:
        return BACKUP_DAMAGED.fault(f"{type(error).__name__}: {str(error)[:200]}", path=self.path, reason=reason)

    def _take(self) -> None:
        found = self._archive.infolist()
        names = [info.filename for info in found]
        if names[:2] != [MANIFEST, SIGNATURE] or len(set(names)) < len(names) or len(names) > _MOST_MEMBERS:
            raise Broken("its members are not those of a backup")
        # Members that lie over each other would be unpacked again and again, to thousands of times the file's size.
        if sum(info.compress_size for info in found) > self.path.stat().st_size:
            raise Broken("its members lie over each other")
        manifest = self._whole(MANIFEST, _LONGEST_MANIFEST)
        value = read_json(manifest, MANIFEST)
        if value.get("form") != FORM:
            raise Broken("its manifest is another program's")
        if value.get("version") != VERSION:
            raise BACKUP_TOO_NEW.fault(path=self.path, found=str(value.get("version"))[:20], known=VERSION)
        self._rows: dict[str, tuple[int, str]] = {
            name: (int(row["bytes"]), str(row["sha256"])) for name, row in value["members"].items()
        }
        if names[2:] != sorted(self._rows):
            raise Broken("a member is missing, too many, or out of its order")
        for name in self._rows:
            _require_name(name)
            self._check(name)
        self.described = _describe(value)
        self.key: Key = read_key(self.text(VERIFIER_FILE))
        signed = open_note(self._whole(SIGNATURE, 65536).decode(), self.key, SIGNATURE, alone=True)
        if signed != f"{_SIGNED}\n{self.key.name}\n{sha256_of(manifest)}\n" or self.key.name != self.described.origin:
            raise Broken("its signature was made for another manifest")

    def _whole(self, name: str, limit: int) -> bytes:
        with self._open(name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise Broken(f"{name} is far too long")
        return data

    def _open(self, name: str) -> IO[bytes]:
        info = self._archive.getinfo(name)
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Broken(f"{name} is packed in a way that no backup is")
        return self._archive.open(info)

    def _check(self, name: str, into: BinaryIO | None = None) -> None:
        size, wanted = self._rows[name]
        digest, seen = hashlib.sha256(), 0
        with self._open(name) as file:
            while chunk := file.read(_CHUNK):
                seen += len(chunk)
                if seen > size:
                    break
                digest.update(chunk)
                if into is not None:
                    into.write(chunk)
        if seen != size or digest.hexdigest() != wanted:
            raise Broken(f"{name} is not what the manifest says")

    @property
    def names(self) -> tuple[str, ...]:
        """All members but the manifest and its signature."""
        return tuple(self._rows)

    def text(self, name: str) -> str:
        """Return a small member's text, with whatever mark an editor put in front; raises BAK-101."""
        try:
            return self.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self._damaged(f"{name} is no text", error) from error

    def read(self, name: str) -> bytes:
        """Return a member, at most 64 MiB; raises BAK-101 where it is not there, or too long."""
        try:
            if name not in self._rows:
                raise Broken(f"there is no {name} in it")
            return self._whole(name, 64 * 1024 * 1024)
        except Broken as error:
            raise self._damaged(str(error), error) from error
        except _UNREADABLE as error:
            raise self._damaged(f"{name} can't be read", error) from error

    def extract(self, name: str, into: BinaryIO) -> None:
        """Write a member of any size; it is shown once more to be what the manifest says. Raises BAK-101, OSError."""
        try:
            self._check(name, into)
        except Broken as error:
            raise self._damaged(str(error), error) from error
        except zipfile.BadZipFile as error:
            raise self._damaged(f"{name} can't be read", error) from error

    def close(self) -> None:
        """Close the file. Safe to repeat."""
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _describe(value: Any) -> Description:
    homes = {str(name): str(place) for name, place in value["homes"].items()}
    if set(homes) != {"station", "data", "ca", "evidence"}:
        raise Broken("its manifest does not say where everything belongs")
    for place in homes.values():
        _require_name(place)
    return Description(
        station=str(value["station"]),
        origin=str(value["origin"]),
        made=str(value["made"]),
        software=str(value["software"]),
        size=int(value["size"]),
        homes=homes,
        rewrite={str(name): str(place) for name, place in value["rewrite"].items()},
        elsewhere={str(name): str(place) for name, place in value["elsewhere"].items()},
        left_out=tuple(str(text) for text in value["left_out"]),
    )
