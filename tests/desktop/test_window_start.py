"""What a window loads until its tiles are seen, and what it loads after that, before anybody turns a page."""

import json
import sys
from pathlib import Path

import pytest

from tests.desktop.engine_rig import Rig
from tests.line.processes import Process

pytestmark = pytest.mark.xdist_group("window")

WINDOW = """\
import json, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from station.desktop.main import Desktop, run_desktop
from station.engine.pushes import Welcome

def say():
    print(json.dumps(sorted(sys.modules)), flush=True)

def opened(desktop):
    def hear(push):
        if isinstance(push, Welcome):
            desktop.window.repaint()
            assert desktop.window.pages["line"].grid.tiles
            say()

    def look():
        if hasattr(sys.modules.get("station.desktop.station_page"), "StationPage"):
            timer.stop()
            say()
            for name in ("line", "batch", "units", "uploads", "quality", "station"):
                desktop.window.show_page(name)
                desktop.window.repaint()
            say()
            QCoreApplication.quit()

    desktop.bridge.heard.connect(hear)
    timer = QTimer(desktop)
    timer.timeout.connect(look)
    timer.start(20)
    open_window(desktop)

open_window, Desktop.open = Desktop.open, opened
run_desktop(Path(sys.argv[1]), preferences_file=Path(sys.argv[2]))
"""
"""The window as a program of its own: tells its modules with the first tiles, once it waits, and with every page."""

NOT_FOR_TILES = (
    *("station.app", "station.named_cloud", "station.probes", "station.outfit", "station.demo", "station.practice"),
    *("station.doctor.examination", "station.devices.ports", "station.devices.programmers", "station.ca.authority"),
    *("station.line.batch_run", "station.line.outbox", "station.domain.events", "station.journal.records"),
    *("station.evidence.verifier", "station.evidence.forms", "station.settings.recipe", "station.settings.fixture"),
    *("station.desktop.units_page", "station.desktop.station_page", "station.desktop.wizard", "station.host.logs"),
    *("requests", "urllib3", "cryptography", "structlog", "rich", "typer", "serial", "numpy", "pyqtgraph", "segno"),
)
NOT_FOR_PAGES = (
    *("station.app", "station.demo", "station.simulator", "station.desktop.wizard", "station.line.batch_run"),
    *("station.doctor.examination", "station.named_cloud", "requests"),
)


def test_a_window_loads_what_it_shows_and_the_rest_before_anybody_turns_a_page(standing: Rig, tmp_path: Path) -> None:
    standing.link().close()  # starts the engine as the tests do
    command = [sys.executable, "-c", WINDOW, standing.line.station_file, tmp_path / "desktop.ini"]
    with Process(command, environment={"QT_QPA_PLATFORM": "offscreen"}) as window:
        seen, ahead, visited = (frozenset(json.loads(window.hear_text("["))) for _ in range(3))
        assert window.end() == 0, window.errors
    assert {"station.desktop.line_page", "station.engine.client", "station.opened"} <= seen
    assert seen & set(NOT_FOR_TILES) == set()
    assert {"station.desktop.units_page", "station.desktop.quality_page", "station.journal.records"} <= ahead
    assert visited & set(NOT_FOR_PAGES) == set()
    # numpy and pyqtgraph are slow and large: they are loaded for whoever looks at a chart.
    own = {name for name in visited - ahead if name.startswith("station.")}
    assert own == {"station.desktop.quality_charts"}
