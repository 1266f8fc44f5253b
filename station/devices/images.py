"""Firmware images: looked at before a batch starts, and put where every probe's program can read them."""

import re
import shutil
import sys
import tempfile
import threading
import unicodedata
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from station.devices.faults import IMAGE_CHANGED
from station.devices.image_application import Footprint, check_application
from station.devices.image_faults import IMAGE_NO_PLACE
from station.devices.image_modem import check_package
from station.devices.protocols import Image, ImageKind
from station.domain.line import ChipFamily
from station.host.files import make_private_folder, read_bytes, replace_file, sha256_of

_LONGEST: Final = 64 * 1024 * 1024
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class ImageReport:
    """What an image was found to be: ``warnings`` are sentences for people, ``summary`` JSON values for the journal.

    For an application ``summary`` has bytes, segments, vectors, stack, reset, signed and writes_uicr; for modem
    firmware version (None where the file's name doesn't tell it), digest, loaders and bytes. ``footprint`` is for
    :func:`station.devices.image_sequence.check_sequence`; None for modem firmware.
    """

    warnings: tuple[str, ...]
    summary: Mapping[str, object]
    footprint: Footprint | None = None


def check_image(image: Image, family: ChipFamily) -> ImageReport:
    """Return what an image is, once it is the pinned one, whole, and fit for this chip.

    Raises DEV-307 (not the pinned file, with both hashes), DEV-330 to DEV-338 (what is wrong with it) or HOST-101.
    Reads the file once, changes nothing, and ends within seconds whatever the file holds. Safe to repeat.
    """
    data = read_pinned(image)
    told: dict[str, object] = {"image": image.path.name, "sha256": image.sha256, "kind": str(image.kind)}
    match image.kind:
        case ImageKind.APPLICATION:
            warnings, summary, footprint = check_application(data, image.path)
            return ImageReport(warnings, told | summary, footprint)
        case ImageKind.MODEM:
            return ImageReport((), told | check_package(data, image.path.name, image.path, family))
        case _:
            assert_never(image.kind)


def read_pinned(image: Image) -> bytes:
    """Return the file's bytes, which are those the recipe pins; DEV-307 with both hashes, or HOST-101. Only reads."""
    data = read_bytes(image.path, _LONGEST)
    found = sha256_of(data)
    if found != image.sha256:
        raise IMAGE_CHANGED.fault(path=image.path, found=found, pinned=image.sha256)
    return data


class ImageShelf:
    """Copies of the images under paths that every probe's program can read.

    Some stick at 0 % on a path with other letters than ASCII's (flashing reference section 3.4). All slots may use one
    shelf at once. Copies are private, come to be whole or not at all, and lie under their SHA-256: one that was changed
    or cut off by a power failure is put there anew. Where the folder's own path has other letters, they lie in the
    system's place for temporary files and go with the shelf, at the latest when the program ends.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._placing = threading.Lock()
        self._safe: Path | None = None

    def ready(self, image: Image) -> Image:
        """Return the image at a safe path, byte for byte what the recipe pins; its name stays as far as ASCII has it.

        To be asked before every use: raises DEV-307 with both hashes as soon as the product's own file has changed,
        HOST-101 when it is gone, HOST-102 or HOST-103 where it can't be copied, and DEV-339 where there is no safe
        place for it. Safe to repeat.
        """
        data = read_pinned(image)
        # One at a time: Windows doesn't replace a file that somebody reads.
        with self._placing:
            copy = self._place() / image.sha256 / plain_name(image.path.name)
            if not copy.is_file() or sha256_of(read_bytes(copy, _LONGEST)) != image.sha256:
                make_private_folder(copy.parent)
                replace_file(copy, data)
        return Image(copy, image.sha256, image.kind)

    def _place(self) -> Path:
        if self._safe is None:
            if str(self._folder).isascii():
                self._safe = self._folder
            else:
                self._safe = _temporary(self._folder)
                weakref.finalize(self, shutil.rmtree, self._safe, ignore_errors=True)
        return self._safe


def plain_name(name: str) -> str:
    """Return a file's name in letters, digits, ``.``, ``_`` and ``-``, as near to ``name`` as they come. Pure."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    stem, dot, suffix = re.sub(r"[^A-Za-z0-9._-]+", "_", letters).rpartition(".")
    stem = stem.strip("._-")[: _LONGEST_NAME - len(suffix)] or "image"
    return f"{stem}{dot}{suffix}"


def _temporary(folder: Path) -> Path:
    """Return a private folder of this run in the system's place for such; DEV-339 where even its path is not plain."""
    place = tempfile.gettempdir()
    if not place.isascii():
        raise IMAGE_NO_PLACE.fault(sys.getfilesystemencoding(), tried=f"{folder} and {place}")
    return Path(tempfile.mkdtemp(prefix="nrf91-station-images-"))
