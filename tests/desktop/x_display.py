"""A real X server for tests whose keys come the way a keyboard's and a USB scanner's do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PATIENCE = 60.0
STAYS = ("-noreset",)
"""When its last client leaves, an X server begins anew unless told not to, and who comes meanwhile is turned away."""

needs_x = [
    pytest.mark.skipif(sys.platform != "linux", reason="X is Linux's"),
    pytest.mark.skipif(
        not all(shutil.which(name) for name in ("Xvfb", "xdotool")), reason="Xvfb and xdotool are not installed"
    ),
    # Servers that start at the same moment fight for a number, and one may lose the one that it said.
    pytest.mark.xdist_group("display"),
]


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own, which answers; it chooses a free number and says which."""
    for tries_left in (2, 1, 0):
        with _server() as number:
            if tries_left and not _answers(number):
                continue  # another server took its number at the same moment
            yield number
            return


@contextmanager
def _server() -> Iterator[str]:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp", *STAYS]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as number:
            yield f":{number.read().strip()}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _answers(display: str) -> bool:
    asked, environment = ["xdotool", "getdisplaygeometry"], os.environ | {"DISPLAY": display}
    return not subprocess.run(asked, env=environment, capture_output=True, timeout=PATIENCE, check=False).returncode


def xdotool(display: str, *words: str) -> None:
    """Have keys pressed at this display."""
    subprocess.run(["xdotool", *words], env=os.environ | {"DISPLAY": display}, check=True, timeout=PATIENCE)
