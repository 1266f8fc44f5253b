"""In the smallest window nothing is cut off on any page, in either language, and nothing moves with the state."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QRect, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from station.desktop import style
from station.desktop.background import Background
from station.desktop.bridge import Bridge
from station.desktop.header import HeaderBar
from station.desktop.main import Look
from station.desktop.preferences import Preferences
from station.desktop.theme import Theme
from station.desktop.visits import STOPS
from station.desktop.window import MainWindow
from station.domain.ids import BatchId, DeviceId, SlotNumber
from station.domain.line import CloudState, Outcome, SlotState
from station.engine.commands import PROTOCOL
from station.engine.pushes import Changed, Header, Tile, Welcome
from station.engine.results import Failed, Person
from station.people.rights import RULES, Role
from tests.desktop.layout_walk import cut_off, geometries
from tests.desktop.records_rig import open_folder
from tests.unit.evidence.written_batch import everything

LANGUAGES = ("en", "zh_CN")
ALL_RIGHTS = tuple(right.name for right in RULES)
EDITH = Person(
    id="p1",
    name="Edith Maximiliane Example-Hohenlohe",
    roles=(Role.ENGINEER.value, Role.CA_KEEPER.value),
    rights=ALL_RIGHTS,
)
DEVICE = DeviceId("50343956-3037-4a83-804a-13971bd2a09e")
HEADER = Header(
    station="station-7",
    line="Line 3, second floor",
    run="running",
    batch=BatchId("WO-2026-000351-B"),
    product="tracker-production",
    quantity=9999,
    done=1234,
    outcomes={"passed": 1111, "failed": 99, "error": 14, "quarantined": 10},
    first_passed=1100,
    first_total=1220,
    uploads={CloudState.WAITING: 400, CloudState.REFUSED: 12, CloudState.UNKNOWN: 3},
    oldest_waiting="2026-11-21T08:00:00+00:00",
    operator="Otto Example",
)
IDLE = replace(
    HEADER, run="idle", batch=None, product="", quantity=0, done=0, outcomes={}, first_passed=0, first_total=0
)
RUNS = (IDLE, *(replace(HEADER, run=run) for run in ("arming", "running", "paused", "stopping", "closing")))
BASE = {"device_id": DEVICE, "seconds": 52.0, "expected_seconds": 50.0}
SENTENCE = (
    "The port /dev/serial/by-id/usb-example is not there. Check the board's seat, the cable and the fixture file."
)


def tiles() -> tuple[Tile, ...]:
    """Return a slot in every state."""

    def slot(number: int, state: SlotState, **more: object) -> Tile:
        return Tile(slot=SlotNumber(number), state=state, **more)  # type: ignore[arg-type]  # fields by name

    fault = {"code": "DEV-101", "sentence": SENTENCE}
    running = {"step": "write-credentials", "step_index": 7, "steps": 15, "fraction": 0.4, "expected_seconds": 3725.0}
    return (
        slot(1, SlotState.EMPTY, prompt="Put a board in, then confirm"),
        slot(2, SlotState.RUNNING, device_id=DEVICE, since="2026-11-22T08:00:00+00:00", **running),
        slot(3, SlotState.DONE, outcome=Outcome.PASSED, prompt="Take the board out", **BASE),
        slot(4, SlotState.DONE, outcome=Outcome.FAILED, prompt="Take the board out", **fault, **BASE),
        slot(5, SlotState.LATCHED, outcome=Outcome.ERROR, prompt="Call a line lead", **fault, **BASE),
        slot(6, SlotState.LATCHED, outcome=Outcome.QUARANTINED, prompt="Call the engineer", **fault, **BASE),
        slot(7, SlotState.DONE, outcome=Outcome.ABORTED, prompt="Take the board out", **fault),
        slot(8, SlotState.STOPPED),
    )


class Seen:
    """The whole window over a written journal; the engine's words are the test's."""

    def __init__(self, folder: Path, application: QApplication, language: str) -> None:
        for _ in everything(folder / "data"):
            pass
        self.preferences = Preferences(folder / "desktop.ini")
        self.preferences.language, self.preferences.mute = language, True
        self._look = Look(application, self.preferences)
        theme = Theme(False, style.scale_for(1280, 720))
        style.apply(application, theme)
        opened = open_folder(folder)
        self._background = Background()
        self.bridge = Bridge(opened, self._background)
        self.window = MainWindow(opened, self.bridge, self._background, self.preferences, theme, person=EDITH)
        self.window.resize(1280, 720)
        self.window.show()
        self.tell(RUNS[0])

    def tell(self, header: Header) -> None:
        """Have the engine say all of it."""
        welcome = Welcome(
            protocol=PROTOCOL, version="1", process=1, station_file="s", data="d", header=header, tiles=tiles()
        )
        self.bridge._hear(welcome)
        self.window._set_person(EDITH)

    def settle(self) -> None:
        """Let what pages read come, and what they drew be laid out."""
        loop = QEventLoop()
        QTimer.singleShot(150, loop.quit)
        loop.exec()
        for _ in range(3):
            QApplication.processEvents()  # a text that came last has asked for its room only now

    def end(self) -> None:
        self.preferences.language = "en"
        self.bridge.end()
        self._background.end()
        self.window.leave()
        self.window.deleteLater()
        QApplication.processEvents()


@pytest.fixture
def seen(tmp_path: Path, qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Seen]:
    made = Seen(tmp_path, qapp, getattr(request, "param", "en"))
    yield made
    made.end()


@pytest.mark.parametrize("seen", LANGUAGES, indirect=True)
def test_nothing_is_cut_off_on_any_page(seen: Seen) -> None:
    found: list[str] = []
    for header in (RUNS[0], RUNS[2]):
        seen.tell(header)
        for stop in STOPS:
            seen.window.show_page(stop.name)
            seen.settle()
            found += [f"{header.run}, {stop.name}: {why}" for why in cut_off(seen.window)]
    station = seen.window.pages["station"]
    for panel in range(station.tabs.count()):
        station.show_panel(panel)
        seen.settle()
        found += [f"station {panel}: {why}" for why in cut_off(seen.window)]
    units = seen.window.pages["units"]
    seen.window.show_page("units")
    for tab in range(units.tabs.count()):
        units.tabs.setCurrentIndex(tab)
        seen.settle()
        found += [f"units {tab}: {why}" for why in cut_off(seen.window)]
    assert not found, "\n".join(dict.fromkeys(found))


@pytest.mark.parametrize("seen", LANGUAGES, indirect=True)
def test_nothing_is_cut_off_where_something_opens(seen: Seen, qtbot: QtBot) -> None:
    found: list[str] = []
    seen.tell(RUNS[2])
    line, units = seen.window.pages["line"], seen.window.pages["units"]
    seen.window.show_page("line")

    def look(what: str) -> None:
        seen.settle()
        found.extend(f"{what}: {why}" for why in cut_off(seen.window))

    line.grid.chosen.emit(5)
    look("drawer")
    line.drawer.close_drawer()
    line.grid.unlock.emit(5)
    look("unlock")
    line.acknowledge.close_panel()
    seen.window.ask_who("Somebody who may is needed for this.")
    look("sign-in")
    seen.window.sign_in.close_panel()
    seen.window.strip.say("ENG-104", "The engine is gone. " * 6, "Start again", lambda: None)
    look("strip")
    seen.window.show_page("units")
    qtbot.waitUntil(lambda: units.model.count == 10)
    units.open_unit(units.model.line(0))
    qtbot.waitUntil(lambda: units.record.shown is not None)
    for tab in range(units.record.tabs.count()):
        units.record.tabs.setCurrentIndex(tab)
        look(f"record {tab}")
    for panel in (units.export, units.rework):
        units._open_side(panel)
        look(panel.objectName())
    seen.bridge.gone.emit(Failed(code="ENG-104", sentence="The engine is gone.", detail=""))
    for stop in STOPS:
        seen.window.show_page(stop.name)
        look(f"lost, {stop.name}")
    assert not found, "\n".join(dict.fromkeys(found))


def test_a_long_name_is_cut_with_an_ellipsis_and_told_whole(seen: Seen) -> None:
    button = seen.window.header._who
    before = button.geometry()
    name = "Maximiliane Hohenlohe-Waldenburg-Schillingsfürst"
    seen.window._set_person(replace(EDITH, name=name))
    for idle in (None, 59.0):
        seen.window.header.show_idle(idle)
        seen.settle()
        assert "…" in button.text()
        assert button.text().startswith("Maximil")
        assert button.minimumSizeHint().width() <= button.width()
        assert name in button.accessibleName()
        assert name in button.toolTip()
        assert button.geometry() == before
    assert button.text().endswith("59 s")


MOVING = {
    "header/header-state": "as wide as its word, in a place of fixed width",
    "line-page/line-bar/line-said": "ends where the buttons begin, which differ; its text begins at the left",
}
"""What may change its size with the state of the run, and why nothing is seen to move."""


@pytest.mark.parametrize("page", ["line", "batch", "units", "uploads"])
def test_nothing_moves_when_the_run_changes(seen: Seen, page: str) -> None:
    seen.window.show_page(page)
    seen.settle()
    places: dict[str, dict[str, QRect]] = {}
    for header in RUNS:
        seen.bridge._hear(Changed(tiles=tiles(), header=header))
        seen.settle()
        for name, place in geometries(seen.window).items():
            places.setdefault(name, {})[header.run] = place
    moved = {
        name: {run: place.getRect() for run, place in by.items()}
        for name, by in places.items()
        if len({one.getRect() for one in by.values()}) > 1
    }
    assert set(moved) <= set(MOVING), moved


@pytest.mark.parametrize("width", [1280, 1449, 1450, 1920])
@pytest.mark.parametrize("header", [IDLE, HEADER], ids=["idle", "running"])
def test_nothing_in_the_header_overlaps_in_a_small_window_on_a_large_screen(
    qtbot: QtBot, header: Header, width: int
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = HeaderBar(lambda: Theme(False, 1.0), window)
    bar.show_person(EDITH)
    bar.show_time(datetime(2026, 11, 21, 9, tzinfo=UTC))
    bar.show_header(header)
    window.resize(width, bar.height())
    window.show()
    bar.resize(width, bar.height())
    QApplication.processEvents()
    parts = [one for one in bar.children() if isinstance(one, QWidget) and one.isVisible()]
    places = sorted((one.geometry() for one in parts), key=lambda one: (one.left(), one.top()))
    assert places[-1].right() < width == bar.width()
    for one, other in itertools.combinations(places, 2):
        assert not one.intersects(other)
