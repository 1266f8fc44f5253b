"""A modem firmware package as Nordic ships it: its members, its digest, and the chip it is for.

Flashing reference section 5. What a modem will make of it only the modem knows: loaders and firmware are signed.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from station.devices.image_faults import IMAGE_NOT_MODEM, IMAGE_OTHER_FAMILY, IMAGE_TOO_BIG
from station.devices.image_hex import read_hex
from station.domain.faults import Fault
from station.domain.line import ChipFamily

_LONGEST_PACKAGE: Final = 64 * 1024 * 1024
_MOST_MEMBERS: Final = 200
_LONGEST_FIRMWARE: Final = 3 * 1024 * 1024
"""Bytes in one of its HEX files; the modem's flash has 0x280000 (nrf91 modem DFU library, ``modem_dfu_rpc.h``)."""

_SEGMENT: Final = re.compile(r"firmware\.update\.image\.segments\.(\d{1,3})\.hex")
_DIGEST_FILE: Final = "firmware.update.image.digest.txt"
_DIGEST: Final = re.compile(rb"^SHA256 of all ranges in ascending address order:\s*([0-9A-Fa-f]{64})\s*$", re.MULTILINE)
_NAMED: Final = re.compile(r"mfw[_-](nrf9160|nrf91x1|nrf9161|nrf9151|nrf9131)(?:-ntn)?[_-]", re.IGNORECASE)
_VERSION: Final = re.compile(r"mfw_nrf91[0-9x]{2}(?:-ntn)?_\d{1,3}\.\d{1,3}\.\d{1,3}(?:-[A-Za-z0-9.-]+)?")
_PRODUCTION_TEST: Final = re.compile(r"mfw[_-]pti[_-]|[_-]pti[_-]", re.IGNORECASE)


def check_package(data: bytes, name: str, path: object, family: ChipFamily) -> dict[str, object]:
    """Return a summary of a modem firmware package for this chip; ``name`` is what its file is called.

    The family stands in the file's name or in its members'; ``version`` is None where the file's name doesn't tell it.
    Raises DEV-335 (no such package, or damaged), DEV-336 (for the other chip) and DEV-338; bounded in time and memory,
    whatever the file. The digest can't be compared here: the modem makes it of its memory. Pure.
    """
    members = _read_members(data, path)
    loaders = sorted(member for member in members if member.endswith(".ihex"))
    segments = {int(found[1]): member for member in members if (found := _SEGMENT.fullmatch(member))}
    _require_members(members, loaders, sorted(segments), path)
    digest = _DIGEST.search(members[_DIGEST_FILE])
    if digest is None:
        raise _no_package(path, f"{_DIGEST_FILE} has no digest in it")
    _require_family(name, members, path, family)
    # The v2 packages call their loaders otherwise than the v1 ones: only what is in them is judged.
    sizes = {member: _size(members[member], member, path) for member in (*loaders, *segments.values())}
    version = _VERSION.fullmatch(name.rpartition(".")[0])
    return {
        "version": version[0] if version else None,
        "digest": digest[1].decode("ascii").lower(),
        "loaders": loaders,
        "bytes": sum(sizes[member] for member in segments.values()),
    }


def _read_members(data: bytes, path: object) -> dict[str, bytes]:
    """Return every file in the package, decompressed and its checksum compared, within the bounds."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            infos = package.infolist()
            _require_harmless(infos, len(data), path)
            # A member never gives more than it declares, so these bounds hold for what is decompressed.
            return {info.filename: package.read(info) for info in infos if not info.filename.endswith("/")}
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        ValueError,
        OverflowError,
        NotImplementedError,
    ) as error:
        raise IMAGE_NOT_MODEM.fault(str(error), path=path, why="it is no zip file, or a damaged one") from error


def _require_harmless(infos: list[zipfile.ZipInfo], size: int, path: object) -> None:
    if len(infos) > _MOST_MEMBERS:
        raise IMAGE_TOO_BIG.fault(path=path, why=f"it has more than {_MOST_MEMBERS} files in it")
    if sum(info.file_size for info in infos) > _LONGEST_PACKAGE:
        raise IMAGE_TOO_BIG.fault(path=path, why=f"unpacked it has more than {_LONGEST_PACKAGE} bytes")
    if sum(info.compress_size for info in infos) > size:
        raise _no_package(path, "the files in it lie over each other")
    names = [info.filename for info in infos]
    for info in infos:
        shown = ascii(info.filename[:64])
        if names.count(info.filename) > 1:
            raise _no_package(path, f"{shown} is in it twice")
        if (
            not info.filename
            or info.filename.startswith("/")
            or ".." in info.filename
            or "\\" in info.filename
            or ":" in info.filename
        ):
            raise _no_package(path, f"{shown} in it would be put outside of its folder")
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _no_package(path, f"{shown} in it is encrypted or packed in an unusual way")


def _require_members(members: Mapping[str, bytes], loaders: list[str], segments: list[int], path: object) -> None:
    if not segments and "manifest.json" in members:
        raise _no_package(path, "it is an update of an application (manifest.json), for a bootloader")
    if not segments:
        raise _no_package(path, "no firmware is in it (firmware.update.image.segments)")
    if segments != list(range(len(segments))):
        raise _no_package(path, f"of its firmware segments only {', '.join(map(str, segments))} are there")
    if not loaders:
        raise _no_package(path, "no loader is in it (.ihex)")
    if _DIGEST_FILE not in members:
        raise _no_package(path, f"{_DIGEST_FILE} is missing")


def _require_family(name: str, members: Mapping[str, bytes], path: object, family: ChipFamily) -> None:
    names = [name, *members]
    if any(_PRODUCTION_TEST.search(one) for one in names):
        raise _no_package(path, "it is Nordic's production test firmware")
    families = {_family(found) for one in names for found in _NAMED.findall(one + "_")}
    if not families:
        raise _no_package(path, "no name in it says for which chip; leave the file the name that Nordic gave it")
    if families != {family}:
        raise IMAGE_OTHER_FAMILY.fault(path=path, found=" and ".join(sorted(families)), expected=family)


def _family(named: str) -> ChipFamily:
    return ChipFamily.NRF9160 if named.lower() == "nrf9160" else ChipFamily.NRF91X1


def _size(text: bytes, member: str, path: object) -> int:
    try:
        return sum(len(segment.data) for segment in read_hex(text, f"{path} ({member})", longest=_LONGEST_FIRMWARE))
    except Fault as fault:
        raise _no_package(path, f"{member} in it is damaged", fault.sentence) from fault


def _no_package(path: object, why: str, detail: str = "") -> Fault:
    return IMAGE_NOT_MODEM.fault(detail, path=path, why=why)
