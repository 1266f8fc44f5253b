"""Whether a window can be shown at all: Qt itself would end the process there without a sentence."""

import ctypes
import os
import socket
import sys
from pathlib import Path
from typing import Final

from station.desktop.faults import NO_SCREEN

_PATIENCE: Final = 3.0
"""Seconds for a display on another computer to answer."""
_X_PORT: Final = 6000


def require_screen() -> None:
    """Raise DSK-101 where no window can be shown: no display is named, or the one that is named lets nobody in."""
    named = os.environ.get("QT_QPA_PLATFORM", "").strip()
    platforms = {name.partition(":")[0] for name in named.split(";")} if named else {"xcb", "wayland"}
    if sys.platform != "linux" or not platforms <= {"xcb", "wayland", "wayland-egl"}:
        return
    display, wayland = os.environ.get("DISPLAY", ""), os.environ.get("WAYLAND_DISPLAY", "")
    if display and "xcb" in platforms and _x_answers(display):
        return
    if wayland and platforms != {"xcb"} and _wayland_answers(wayland):
        return
    raise NO_SCREEN.fault()


def _x_answers(display: str) -> bool:
    """Return whether this X display takes us, its cookie included, as the library under Qt's own plugin finds it."""
    host, _, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if host not in ("", "unix") and "/" not in host and number.isdecimal():
        try:  # first: the library itself waits for minutes where a computer is silent
            socket.create_connection((host, _X_PORT + int(number)), _PATIENCE).close()
        except OSError:
            return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # nothing to ask with, and Qt says which library it misses
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(os.fsencode(display), None)
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)


def _wayland_answers(name: str) -> bool:
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere")) / name  # an absolute name stays as it is
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(_PATIENCE)
        try:
            asked.connect(str(path))
        except OSError:
            return False
    return True
