"""Whether this PC's clock is kept right by another one, as its kernel has it."""

import ctypes
import sys
from enum import StrEnum

_TIMEX_BYTES = 512
"""More than ``struct timex`` takes anywhere (208 bytes on 64-bit Linux)."""
_STATUS = 5 * ctypes.sizeof(ctypes.c_long)
"""Where its status lies: behind modes (padded to a long), offset, freq, maxerror and esterror."""
_STA_UNSYNC = 0x0040


class ClockStatus(StrEnum):
    """What is known of the clock."""

    SYNCHRONISED = "synchronised"
    FREE = "not synchronised"
    UNKNOWN = "unknown"


def clock_status() -> ClockStatus:
    """Return what the kernel says (adjtimex(2), asked without changing anything); UNKNOWN where it can't be asked.

    chrony, ntpd and systemd-timesyncd all tell the kernel. Safe to repeat; takes microseconds.
    """
    if sys.platform != "linux":
        return ClockStatus.UNKNOWN
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return ClockStatus.UNKNOWN
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    if adjtimex(buffer) < 0:
        return ClockStatus.UNKNOWN
    return ClockStatus.FREE if _status(buffer.raw) & _STA_UNSYNC else ClockStatus.SYNCHRONISED


def _status(raw: bytes) -> int:
    return int.from_bytes(raw[_STATUS : _STATUS + 4], sys.byteorder)
