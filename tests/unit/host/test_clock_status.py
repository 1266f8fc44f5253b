"""What the kernel says of the clock is read where it lies, and asked without changing anything."""

import ctypes
import sys
from collections.abc import Callable

import pytest

from station.host.clock_status import ClockStatus, clock_status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked")


class Timex(ctypes.Structure):
    """``struct timex`` of adjtimex(2), up to what is read of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
    )


class Kernel:
    """The C library of a kernel that answers this."""

    def __init__(self, status: int, answer: int = 0) -> None:
        self.asked: list[int] = []

        def adjtimex(buffer: ctypes.Array[ctypes.c_char]) -> int:
            timex = Timex.from_buffer(buffer)
            self.asked.append(timex.modes)
            timex.offset = timex.freq = timex.maxerror = timex.esterror = -1
            timex.status = status
            return answer

        self.adjtimex: Callable[[ctypes.Array[ctypes.c_char]], int] = adjtimex


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (0x2001, 0, ClockStatus.SYNCHRONISED),
        (0x2041, 5, ClockStatus.FREE),
        (0x40, 5, ClockStatus.FREE),
        (0, -1, ClockStatus.UNKNOWN),
    ],
)
def test_the_kernels_word_counts(monkeypatch: pytest.MonkeyPatch, status: int, answer: int, said: ClockStatus) -> None:
    kernel = Kernel(status, answer)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: kernel)
    assert clock_status() is said
    assert kernel.asked == [0]


def test_this_kernel_can_be_asked() -> None:
    assert clock_status() in ClockStatus
