"""Threads that take memory from few places, by what the C library itself says of them (malloc_info(3))."""

import subprocess
import sys

import pytest

from tests.line.harness import ROOT

_THREADS = """
import ctypes, os, sys, tempfile, threading
from station.host.arenas import share_arenas
if sys.argv[1] == "shared":
    assert share_arenas() and share_arenas()
together = threading.Barrier(32)
def work():
    together.wait()
    held = [bytes(2000) for _ in range(200)]
    together.wait()
    del held
threads = [threading.Thread(target=work) for _ in range(32)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype, libc.fdopen.argtypes = ctypes.c_void_p, (ctypes.c_int, ctypes.c_char_p)
libc.malloc_info.argtypes, libc.fclose.argtypes = (ctypes.c_int, ctypes.c_void_p), (ctypes.c_void_p,)
with tempfile.TemporaryFile() as told:
    file = libc.fdopen(os.dup(told.fileno()), b"w")
    assert libc.malloc_info(0, file) == 0
    libc.fclose(file)
    told.seek(0)
    print(told.read().count(b"<heap "))
"""


def _arenas(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", _THREADS, how], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own")
def test_32_threads_share_two_arenas() -> None:
    assert _arenas("each its own") > 2
    assert _arenas("shared") <= 2
