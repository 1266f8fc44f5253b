"""Which images can come one after another onto one board: each must find what starts it, and a UICR that it can write.

What each image is on its own, :mod:`station.devices.images` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from station.devices.image_application import Footprint
from station.devices.image_faults import IMAGE_NOT_STARTED, IMAGE_UICR_STAYS
from station.devices.images import ImageReport
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.domain.line import Erase

_BLANK: Final = b"\xff" * 4

_BOOTLOADER_FIRST: Final = (
    'Let the recipe flash its bootloader before it, with erase = "all", and this image with erase = "touched"; '
    "or take the merged image of the build (merged.hex)."
)
_SAME_BOOTLOADER: Final = "Take a check image that holds the same bootloader, or one that begins where this image does."


@dataclass(slots=True)
class _Board:
    """What is certain about a board that images are flashed onto in thought. ``known``: all of it was erased once."""

    known: bool = False
    pages: dict[int, tuple[str, Sha256]] = field(default_factory=dict)
    """Flash pages by number: which image filled it, and the SHA-256 of what is there."""
    uicr: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    below: dict[str, Mapping[int, Sha256]] = field(default_factory=dict)
    """What lay below each image that needs a bootloader when it was flashed first."""

    def erase(self) -> None:
        self.known = True
        self.pages.clear()
        self.uicr.clear()


def check_sequence(reports: Sequence[tuple[Erase, ImageReport | None]]) -> tuple[str, ...]:
    """Return warnings about images that a recipe flashes in this order, once no board can be lost by their order.

    ``None`` instead of a report is a recovery, which erases everything. Modem firmware may stand among them and counts
    for nothing. A read-back is two: its check image, then the image before it once more, each with its own ``erase``.
    Raises DEV-340 (an image that nothing would start) or DEV-341 (UICR data that can't be written), with what to do.
    What boards hold when they come is not known: an image may rely on it until something erases it all. Pure.
    """
    board, warnings = _Board(), []
    for erase, report in reports:
        if report is None:
            board.erase()
        elif report.footprint is not None:
            name = str(report.summary["image"])
            warnings += _flash(board, name, str(report.summary["sha256"]), report.footprint, erase)
    return tuple(dict.fromkeys(warnings))


def _flash(board: _Board, name: str, sha256: str, image: Footprint, erase: Erase) -> list[str]:
    before = board.pages.get(0)
    if erase is Erase.ALL:
        board.erase()
    warnings = _require_start(board, name, sha256, image, before) if image.begins else []
    _require_uicr(board, name, image)
    board.pages |= {number: (name, content) for number, content in image.pages.items()}
    board.uicr |= {address: (name, word) for address, word in image.uicr.items()}
    return warnings


def _require_start(
    board: _Board, name: str, sha256: str, image: Footprint, before: tuple[str, Sha256] | None
) -> list[str]:
    """Return warnings about what starts an image that has nothing for address 0; ``before``: there before the erasure.

    The same image flashed again must find what it found the first time: a check image may have come between.
    """
    starter = board.pages.get(0)
    if 0 in image.pages:
        why = "the page at address 0, where the chip starts, is erased for it"
        raise _not_started(name, image, why, "Take the merged image of the build (merged.hex).")
    if board.known and starter is None:
        if before is not None:
            why = f'its erase = "all" erases {before[0]}, which was flashed before it to start it'
            raise _not_started(name, image, why, 'Write erase = "touched" for this image in the recipe.')
        why = "nothing is at address 0, where the chip starts, because everything there is erased before"
        raise _not_started(name, image, why, _BOOTLOADER_FIRST)
    first = min(image.pages)
    below = {number: content for number, (_, content) in board.pages.items() if number < first}
    found = board.below.setdefault(sha256, below)
    if changed := [number for number, content in found.items() if below[number] != content]:
        why = f"{board.pages[changed[0]][0]} has replaced what started it when it was flashed first"
        raise _not_started(name, image, why, _SAME_BOOTLOADER)
    if starter is None:
        return []
    if 0 not in found:
        return [f"{name} needs the bootloader that was there before {starter[0]}: that image must hold the same one."]
    if any(board.pages.get(number, ("",))[0] == starter[0] for number in image.pages):
        return [f"{name} replaces a part of {starter[0]}, which then must be a bootloader that starts any image there."]
    return []


def _require_uicr(board: _Board, name: str, image: Footprint) -> None:
    """Make sure that each word is blank, or the same already: what is written can be erased with the whole chip alone.

    Flashing reference section 3.2 (sdk-nrf#1818).
    """
    for address, word in sorted(image.uicr.items()):
        if not board.known:
            why = "nothing before it in the recipe erases the whole chip"
            raise IMAGE_UICR_STAYS.fault(path=name, address=f"{address:#x}", why=why)
        writer, there = board.uicr.get(address, ("", _BLANK))
        if there not in (_BLANK, word):
            why = f"{writer}, flashed before it, has written something else there"
            raise IMAGE_UICR_STAYS.fault(path=name, address=f"{address:#x}", why=why)


def _not_started(name: str, image: Footprint, why: str, mend: str) -> Fault:
    return IMAGE_NOT_STARTED.fault(path=name, begins=f"{image.begins:#x}", why=why, mend=mend)
