"""A simulated chip's flash and UICR, byte by byte, and what its protection words mean (flashing section 3.3)."""

from collections.abc import Iterable
from typing import Final

from station.domain.line import ChipFamily, LockLevel

PAGE: Final = 4096
UICR_START: Final = 0x00FF8000
UICR_END: Final = 0x00FF8800
APPROTECT: Final = UICR_START
SECUREAPPROTECT: Final = UICR_START + 0x2C
ERASEPROTECT: Final = UICR_START + 0x30
_OPEN: Final = 0x50FA50FA
_ERASED: Final = 0xFFFFFFFF
_SET: Final = 0
_UICR_PAGE: Final = UICR_START // PAGE

Segments = tuple[tuple[int, bytes], ...]
"""Start address and content, for each stretch without a gap."""


class Flash:
    """What lies where; erased bytes are 0xFF, writing only clears bits. Not thread-safe; the board's lock guards it."""

    def __init__(self) -> None:
        """Begin as a tool leaves a chip it has erased: empty, and open."""
        self._pages: dict[int, bytearray] = {}
        self.open()

    def erase_all(self) -> None:
        """Erase the application's flash and the UICR, the words that keep the debug port open included."""
        self._pages.clear()

    def erase_application(self) -> None:
        """Erase everything but the UICR."""
        self._pages = {page: content for page, content in self._pages.items() if page == _UICR_PAGE}

    def erase_touched(self, segments: Segments) -> frozenset[int]:
        """Erase and return the pages that ``segments`` cover; the UICR has no pages, only the whole can be erased."""
        touched = frozenset(
            page
            for start, content in segments
            for page in range(start // PAGE, (start + len(content) - 1) // PAGE + 1)
            if page != _UICR_PAGE
        )
        for page in touched:
            self._pages.pop(page, None)
        return touched

    def write(self, segments: Segments, *, count: int | None = None) -> None:
        """Write ``segments`` in their order, or only their first ``count`` bytes."""
        left = sum(len(content) for _, content in segments) if count is None else count
        for start, content in segments:
            part = content[: max(0, left)]
            left -= len(part)
            for at in _cuts(start, len(part)):
                end = min(start + len(part), (at // PAGE + 1) * PAGE)
                self._clear_bits(at, part[at - start : end - start])

    def holds(self, segments: Segments) -> bool:
        """Return whether every byte of ``segments`` lies where it belongs."""
        return all(self.read(start, len(content)) == content for start, content in segments)

    def read(self, start: int, size: int) -> bytes:
        """Return ``size`` bytes from ``start`` on."""
        read = bytearray()
        for at in _cuts(start, size):
            end = min(start + size, (at // PAGE + 1) * PAGE)
            page = self._pages.get(at // PAGE)
            read += page[at % PAGE : at % PAGE + end - at] if page is not None else b"\xff" * (end - at)
        return bytes(read)

    def spoil(self, segments: Segments) -> None:
        """Have one byte of ``segments`` lie there wrong."""
        start, content = next((start, content) for start, content in segments if content)
        page = self._pages[start // PAGE]
        page[start % PAGE] = content[0] ^ 0x01

    def open(self) -> None:
        """Write the words that keep the debug port open, as tools do after every erase; needs an erased UICR."""
        self._set_word(APPROTECT, _OPEN)
        self._set_word(SECUREAPPROTECT, _OPEN)

    def lock(self, level: LockLevel) -> None:
        """Write the word that closes the debug port from the next reset on."""
        self._set_word(APPROTECT if level is LockLevel.ALL else SECUREAPPROTECT, _SET)

    def protect_erase(self) -> None:
        """Write the word that refuses every whole-chip erase from the next reset on."""
        self._set_word(ERASEPROTECT, _SET)

    def locked(self, family: ChipFamily) -> LockLevel | None:
        """Return what the words close on this family: nRF91x1 is locked unless they say open, nRF9160 unless erased."""
        harmless = {_OPEN} if family is ChipFamily.NRF91X1 else {_OPEN, _ERASED}
        if self._word(APPROTECT) not in harmless:
            return LockLevel.ALL
        return None if self._word(SECUREAPPROTECT) in harmless else LockLevel.SECURE

    @property
    def erase_protected(self) -> bool:
        """Whether ERASEPROTECT is written."""
        return self._word(ERASEPROTECT) != _ERASED

    def _word(self, address: int) -> int:
        return int.from_bytes(self.read(address, 4), "little")

    def _set_word(self, address: int, value: int) -> None:
        self._clear_bits(address, value.to_bytes(4, "little"))

    def _clear_bits(self, start: int, content: bytes) -> None:
        page = self._pages.setdefault(start // PAGE, bytearray(b"\xff" * PAGE))
        at = start % PAGE
        there = page[at : at + len(content)]
        both = int.from_bytes(there, "little") & int.from_bytes(content, "little")
        page[at : at + len(content)] = both.to_bytes(len(content), "little")


def _cuts(start: int, size: int) -> Iterable[int]:
    """Return where a stretch begins and where it enters each further page."""
    if size <= 0:
        return ()
    return (start, *range((start // PAGE + 1) * PAGE, start + size, PAGE))
