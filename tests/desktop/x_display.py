"""A real X server for tests whose keys come the way a keyboard's and a USB scanner's do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

PATIENCE = 60.0

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
    """An X server of our own; it chooses a free number and says which."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as number:
            yield f":{number.read().strip()}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def xdotool(display: str, *words: str) -> None:
    """Have keys pressed at this display."""
    subprocess.run(["xdotool", *words], env=os.environ | {"DISPLAY": display}, check=True, timeout=PATIENCE)
