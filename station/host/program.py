"""How this program is started again, and where what is shipped with it lies: from source, installed or packaged alike.

A packaged program (PyInstaller) is no Python. Its executable takes ``-m PART ARGUMENTS...`` for :data:`PARTS`, and a
Python file with its arguments: :func:`packaged_work` tells which, and ``station.__main__`` does it.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PARTS: Final = ("station", "station.simulator", "station.devices.nrfjprog_worker", "station.host.leash")
"""The modules that are started as processes of their own; each works when it is run as ``__main__``."""

_CONSOLE: Final = "station.exe" if sys.platform == "win32" else "station"
"""The packaged program that has standard streams; on Windows the window may have another one, without a console."""
_PACKAGE: Final = Path(__file__).resolve().parents[1]
_SHIPPED: Final = "_shipped"
_LIBRARIES: Final = "LD_LIBRARY_PATH"
_BEFORE: Final = "LD_LIBRARY_PATH_ORIG"
"""What it was before PyInstaller's starter set it, where it was set (its manual, "LD_LIBRARY_PATH considerations")."""


def is_packaged() -> bool:
    """Return whether this program brings its own Python, rather than running on one that is installed."""
    return bool(getattr(sys, "frozen", False))


def own_command(part: str, *arguments: str) -> list[str]:
    """Return what starts ``part``, one of :data:`PARTS`, as a process of its own. Pure."""
    if part not in PARTS:
        raise ValueError(f"{part} is no part of this program that is started by itself")
    return [own_python(), "-m", part, *arguments]


def own_python() -> str:
    """Return the program that runs the Python file that it is given as its first argument, with these libraries."""
    return str(Path(sys.executable).with_name(_CONSOLE)) if is_packaged() else sys.executable


def source_folder() -> Path:
    """Return the folder in which the package ``station`` lies: ``-m`` finds it from there."""
    return _PACKAGE.parent


def shipped(*parts: str) -> Path:
    """Return where something lies that is shipped with the program: ``config``, ``fixtures/…``, ``packaging/linux``.

    Beside the package in a source tree; a wheel or package has copies in ``station/_shipped``. It may be missing there.
    """
    return (_PACKAGE.parent if is_source_tree() else _PACKAGE / _SHIPPED).joinpath(*parts)


def is_source_tree() -> bool:
    """Return whether what is shipped lies beside the package, where its user may change it; else it is a copy in it."""
    return not (_PACKAGE / _SHIPPED).is_dir()


def own_folder() -> Path:
    """Return where a packaged program keeps what is its user's: only this user gets at it, and no package owns it.

    ``nrf91-station`` in the folder that the system has for that (Windows: %LOCALAPPDATA%; elsewhere $XDG_DATA_HOME, or
    ~/.local/share). It need not be there.
    """
    if sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        given = Path(os.environ.get("XDG_DATA_HOME") or "")
        home = given if given.is_absolute() else Path.home() / ".local" / "share"
    return home / "nrf91-station"


def packaged_work(words: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the part or the Python file that a packaged program was started again for, and its arguments. Looks only.

    None where it is the command line that was meant.
    """
    match [*words]:
        case ["-m", part, *rest] if part in PARTS:
            return part, rest
        case [file, *rest] if file.endswith(".py") and Path(file).is_file():
            return file, rest
        case _:
            return None


def restore_environment() -> None:
    """Take back what PyInstaller's starter did to a packaged program's environment. Safe to repeat.

    Else the programs that it starts would load this package's libraries, and those of its own executable would take
    themselves for a part of this very process's run.
    """
    before = os.environ.pop(_BEFORE, None)
    if before is not None:
        os.environ[_LIBRARIES] = before
    else:
        os.environ.pop(_LIBRARIES, None)
    for name in [name for name in os.environ if name.startswith("_PYI_")]:
        del os.environ[name]
