"""Which software this is: for the journal's sessions and ``--version``."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import apsw

NAME = "nrf91-station"


def software_version() -> str:
    """Return this program's version; ``0+unknown`` when it runs from a folder that was never installed."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0+unknown"


def describe_software() -> dict[str, object]:
    """Return what a session's record says about the software and the PC it runs on. JSON values; no secrets."""
    return {
        "name": NAME,
        "version": software_version(),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "apsw": apsw.apsw_version() if hasattr(apsw, "apsw_version") else apsw.apswversion(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "host": platform.node(),
        "libraries": {name: version(name) for name in ("cryptography", "pyserial", "requests", "pydantic")},
        "frozen": bool(getattr(sys, "frozen", False)),
    }
