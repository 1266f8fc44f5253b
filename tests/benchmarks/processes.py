"""What this PC tells of a process, and what it takes at least: the floors beneath figures."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
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


def file_system(folder: Path) -> str:
    """Return what kind of file system the folder lies on, as Linux calls it; "" where nobody tells."""
    mounts, lies = Path("/proc/self/mounts"), folder.resolve()
    if not mounts.exists():
        return ""
    found = (line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines())
    # The longest that holds it, and of those the last: it lies over the others.
    on = [(len(place), number, kind) for number, (_, place, kind, *_) in enumerate(found) if lies.is_relative_to(place)]
    return max(on)[2] if on else ""


_OTHERS = """
import sys
import {module}
known = {{"station", "__main__", *sys.stdlib_module_names}}
print(" ".join(name for name in sys.modules if name.partition(".")[0] not in known))
"""
_BARE = """
import sys
from contextlib import suppress
from importlib import import_module
for name in sys.argv[2:]:
    with suppress(ImportError):  # what a compiled package made of itself, and is there when that is
        import_module(name)
import apsw
db = apsw.Connection(sys.argv[1], flags=apsw.SQLITE_OPEN_READONLY)
assert db.execute("SELECT max(seq) FROM event").get
"""


def bare_start_seconds(module: str, journal: Path, before: Callable[[], object], times: int = 5) -> float:
    """Return what a Python takes that imports what ``module`` needs of others, opens the journal, and ends.

    The middle of some; ``before`` is called before each. Nothing of the station itself is imported.
    """
    listed = subprocess.run(
        [sys.executable, "-c", _OTHERS.format(module=module)], check=True, capture_output=True, text=True
    )
    took = []
    for _ in range(times):
        before()
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", _BARE, str(journal), *listed.stdout.split()], check=True)
        took.append(time.perf_counter() - begun)
    return median(took)
