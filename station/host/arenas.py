"""In how many places the C library keeps memory that a thread has given back."""

import ctypes
import sys
from typing import Final

_M_ARENA_MAX: Final = -8
"""mallopt(3), malloc.h of glibc."""
_ENOUGH: Final = 2


def share_arenas() -> bool:
    """Have all threads take memory from two places and give it back there; return whether that was to be done here.

    For a process with many threads that works for days. Each thread of glibc's has a place ("arena") of its own, up to
    eight a processor, and what one has given back is no other's: with 32 slots a station grew for as long as it worked.
    Python's threads wait for one another anyway, so they lose nothing. Safe to repeat; where the C library is another
    one (Windows, musl), nothing is done.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    mallopt.restype, mallopt.argtypes = ctypes.c_int, (ctypes.c_int, ctypes.c_int)
    return bool(mallopt(_M_ARENA_MAX, _ENOUGH))
