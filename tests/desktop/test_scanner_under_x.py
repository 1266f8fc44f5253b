"""The same under a real X server, with keys that come the way a USB scanner's do."""

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.x_display import PATIENCE, display, needs_x, xdotool
from tests.line.processes import child_environment

ROOT = Path(__file__).parents[2]

__all__ = ["display"]
pytestmark = needs_x


class Window:
    """The scan window, and what it said."""

    def __init__(self, display: str, mode: str, focus: str) -> None:
        self._display = display
        environment = os.environ | child_environment({}) | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("scan_window.py")), mode, focus],
            stdout=subprocess.PIPE,
            text=True,
            env=environment | {"PYTHONPATH": str(ROOT)},
        )
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.xdotool("windowfocus", str(self.wait("window")))  # there is no window manager to do so
        self.wait("ready")

    def wait(self, name: str) -> Any:
        """Return the next value said under this name; what is said before it is a failure."""
        said = self._lines.get(timeout=PATIENCE)
        while "ready" in said and name != "ready":
            said = self._lines.get(timeout=PATIENCE)
        assert name in said, said
        return said[name]

    def xdotool(self, *words: str) -> None:
        xdotool(self._display, *words)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(json.loads(line))


@pytest.mark.parametrize("focus", ["field", "button"])
@pytest.mark.parametrize("delay", ["0", "80"])
def test_a_prefixed_scan_is_heard_and_nothing_else_is(display: str, focus: str, delay: str) -> None:
    window = Window(display, "prefix", focus)
    try:
        window.xdotool("key", "ctrl+b")
        window.xdotool("type", "--delay", delay, "SN 00-42/yz")
        window.xdotool("key", "Return")
        assert window.wait("scanned") == "SN 00-42/yz"  # wait() fails where the field or the button said something
        # A key that a person presses after it does what it always did.
        window.xdotool("key", "space")
        assert window.wait("field" if focus == "field" else "pressed") in (" ", True)
    finally:
        window.end()


@pytest.mark.parametrize("focus", ["field", "button"])
def test_a_fast_scan_without_a_prefix_is_heard_and_nothing_else_is(display: str, focus: str) -> None:
    window = Window(display, "timing", focus)
    try:
        window.xdotool("type", "--delay", "5", "SN 00-42/yz\n")
        assert window.wait("scanned") == "SN 00-42/yz"
        window.xdotool("key", "space")
        assert window.wait("field" if focus == "field" else "pressed") in (" ", True)
    finally:
        window.end()
