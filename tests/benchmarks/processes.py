"""What this PC tells of a process, and what it takes at least: the floors beneath figures."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_MIB = 2**20


def resident(process: int | str = "self") -> float:
    """Return a process's resident memory in MiB; 0 where nobody tells."""
    statm = Path(f"/proc/{process}/statm")
    return int(statm.read_text(encoding="ascii").split()[1]) * _PAGE / _MIB if statm.exists() else 0.0


def spent(process: int) -> float:
    """Return the processor seconds that a process has used; 0 where nobody tells."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sync_seconds(folder: Path, times: int = 50, size: int = 4096) -> float:
    """Return what one small write and its sync take in this folder: the middle of some.

    Into a file that has its room already, as a write-ahead log mostly has.
    """
    path, took = folder / "sync-probe", []
    with path.open("wb", buffering=0) as file:
        file.write(bytes(times * size))
        os.fsync(file.fileno())
        file.seek(0)
        for _ in range(times):
            begun = time.perf_counter()
            file.write(bytes(size))
            getattr(os, "fdatasync", os.fsync)(file.fileno())
            took.append(time.perf_counter() - begun)
    path.unlink()
    return median(took)


def import_seconds(module: str, times: int = 3) -> float:
    """Return what a Python takes that imports ``module`` and ends: the least of some."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        took.append(time.perf_counter() - begun)
    return min(took)
