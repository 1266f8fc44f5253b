"""The core of a shift under a real X server, with a keyboard's and a scanner's keys: sign in, arm, scan, stop."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from station.domain.ids import BatchId
from tests.desktop.engine_rig import Rig, running
from tests.desktop.x_display import PATIENCE, display, needs_x, xdotool
from tests.line.harness import STAFF, Line
from tests.line.processes import Process

__all__ = ["display"]
pytestmark = needs_x

LABEL = 'scheme = "serial"\npattern = "TRK-[0-9]{4}"'
STOPS = 80
"""More than Tab has in any page."""


class Shift:
    """A person at the window's keyboard, and what that person sees."""

    def __init__(self, process: Process, display: str) -> None:
        self._process, self._display = process, display
        self.seen: dict[str, Any] = {}

    def wait(self, reached: Callable[[dict[str, Any]], object], what: str) -> None:
        """Read on what changes until it is so."""

        def take(changed: dict[str, Any]) -> bool:
            self.seen.update(changed)
            return bool(reached(self.seen))

        if not reached(self.seen):
            try:
                self._process.hear(take, PATIENCE)
            except AssertionError as error:
                raise AssertionError(f"waited in vain for {what}; seen: {self.seen}; {error}") from error

    def keys(self, *names: str) -> None:
        xdotool(self._display, "key", *names)

    def write(self, text: str) -> None:
        xdotool(self._display, "type", "--delay", "60", text)  # no scanner is that slow

    def scan(self, text: str) -> None:
        """Scan as a scanner does: STX, the label as fast as it goes, Enter."""
        self.keys("ctrl+b")
        xdotool(self._display, "type", "--delay", "0", text)
        self.keys("Return")

    def reach(self, name: str) -> None:
        """Press Tab until this has the focus."""
        for _ in range(STOPS):
            if self.seen["focus"] == name:
                return
            before = self.seen["focus"]
            self.keys("Tab")
            self.wait(lambda seen, before=before: seen["focus"] != before, f"Tab to leave {before}")
        raise AssertionError(f"{name} is not reached by Tab")

    def hold(self, key: str, reached: Callable[[dict[str, Any]], object], what: str) -> float:
        """Hold a key down until it is so; return the seconds."""
        begun = time.monotonic()
        xdotool(self._display, "keydown", key)
        try:
            self.wait(reached, what)
        finally:
            xdotool(self._display, "keyup", key)
        return time.monotonic() - begun


@pytest.fixture
def scanning(line: Line) -> Iterator[Rig]:
    line.recipe(device_id=LABEL)
    line.write(slots=2)
    with running(line) as ready:
        yield ready


@pytest.mark.parametrize("line", [2], indirect=True)
def test_a_shift_with_real_keys(scanning: Rig, display: str, tmp_path: Path) -> None:
    script = Path(__file__).with_name("x_window.py")
    with Process(
        [sys.executable, script, scanning.line.station_file, tmp_path / "desktop.ini"],
        environment={"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
    ) as process:
        shift = Shift(process, display)
        shift.wait(lambda seen: seen.get("engine"), "the engine")
        scanning.started.append(shift.seen["engine"])
        xdotool(display, "windowfocus", str(shift.seen["window"]))  # there is no window manager to do so
        shift.wait(lambda seen: seen["active"] and seen["focus"], "the keyboard")

        # Sign in.
        shift.keys("F8")
        shift.wait(lambda seen: seen["panel"], "the panel")
        shift.write("otto")
        shift.keys("Return")
        shift.write(STAFF["otto"][0])
        shift.keys("Return")
        shift.wait(lambda seen: seen["person"] == "otto", "Otto to be signed in")

        # Arm a batch of two.
        shift.keys("F2")
        shift.wait(lambda seen: seen["page"] == "batch-page", "the Batch page")
        shift.reach("batch-batch")
        shift.keys("ctrl+a")
        shift.write("WO-1")
        shift.reach("batch-quantity")
        shift.keys("ctrl+a")
        shift.write("2")
        shift.reach("batch-batch")
        shift.keys("Return")
        shift.wait(lambda seen: seen["run"] == "running", "the line to run")
        shift.wait(lambda seen: seen["page"] == "line-page", "the Line page")
        shift.wait(lambda seen: seen["moods"] == ["empty", "empty"], "the empty slots")

        # Scan: the focus is on a button, and no scan presses it.
        scanning.line.bench.insert(1)
        shift.reach("stop")
        shift.scan("SLOT-1")
        shift.scan("TRK-0001")
        shift.wait(lambda seen: seen["moods"] == ["passed", "empty"], "the first unit")
        assert shift.seen["run"] == "running"

        # A short press stops nothing; a held key does.
        shift.reach("stop")
        shift.keys("space")
        assert shift.hold("space", lambda seen: seen["run"] in ("stopping", "idle"), "the line to stop") > 0.9
        shift.wait(lambda seen: seen["run"] == "idle", "the line's rest")
    with scanning.opened.records() as records:
        (unit,) = records.units_of(BatchId("WO-1"))
        row = records.batch(BatchId("WO-1"))
    assert (unit.serial, str(unit.outcome)) == ("TRK-0001", "passed")
    assert row is not None
    assert not row.closed
