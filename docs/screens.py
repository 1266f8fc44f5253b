"""``python docs/screens.py``: every picture in docs/screens anew, from the real window on a real engine.

``--short FOLDER`` makes one picture there (a test does). Boards, probes and the cloud are simulated; a month of batches
is written from one seed, and the clock in the header stands still. What runs at the moment of a picture does move: two
runs differ in the progress of running slots, in keys, and in dates.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # started as a file, Python looks beside it alone

# ruff: noqa: E402 -- Qt's platform and the path must be there first
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from docs.camera import SIZES, Camera, pump, save
from docs.stage import BAD, GONE, GOOD, HELD_SLOTS, name_of, put, works
from station.desktop import style
from station.desktop.preferences import Preferences
from station.desktop.station_page import CHECKS, PEOPLE, SETTINGS, SLOTS, WINDOW
from station.desktop.theme import Theme
from station.desktop.wizard import Wizard
from station.domain.ids import BatchId
from station.domain.line import CloudState, SlotState
from station.engine.commands import Arm
from station.engine.pushes import Tile
from station.engine.whereabouts import read_whereabouts
from station.simulator.timings import Timings

OUT: Final = ROOT / "docs" / "screens"
_SLOWLY: Final = 3.0
"""Boards take so much longer than real ones: they must still be at work when the last picture is taken."""


# ---- the line


def load_all(camera: Camera, pattern: dict[int, str]) -> None:
    """Put boards in as the pattern says and wait until every slot has come to its state; running ones come last.

    A twin says that it is the first board, which is at work at that moment: its attempt is aborted.
    """
    kinds = {"pass": GOOD, "fail": BAD, "latch": GONE, "hold": GOOD}
    boards = {slot: kinds[word] for slot, word in pattern.items() if word in kinds}
    twins = [slot for slot, word in pattern.items() if word == "twin"]
    if twins:
        first = next(iter(boards))
        load(camera, {first: boards.pop(first)})
        known = camera.line.bench.board(name_of(first))
        # Late enough for the first board to say first who it is, and early enough for it to be at work still.
        camera.until(lambda: camera.tiles[first].step_index == 1 and camera.tiles[first].fraction > 0.5, "recovering")
        load(camera, dict.fromkeys(twins, GOOD | {"imei": known.imei, "uuid": known.uuid}))
    load(camera, {slot: kind for slot, kind in boards.items() if kind is not GONE}, to_the_end=True)
    load(camera, {slot: kind for slot, kind in boards.items() if kind is GONE}, to_the_end=True)
    load(camera, dict.fromkeys((slot for slot, word in pattern.items() if word == "run"), GOOD))


def load(camera: Camera, boards: dict[int, dict[str, object]], *, to_the_end: bool = False) -> None:
    """Put boards in, a few at a time as hands do: so they show different steps."""
    left = list(boards)
    while left:
        now, left = left[:_AT_ONCE], left[_AT_ONCE:]
        for slot in now:
            put(camera.line, slot, boards[slot])
        camera.until(lambda now=now: all(_began(camera.tiles[slot]) for slot in now), f"{now} to be at work")
    if to_the_end:
        camera.until(lambda: all(camera.tiles[slot].state in _ENDS for slot in boards), "their ends")


def _began(tile: Tile) -> bool:
    return tile.step_index >= 1 or tile.state in _ENDS


_ENDS: Final = (SlotState.DONE, SlotState.LATCHED)
_AT_ONCE: Final = 4
EIGHT: Final = {1: "pass", 2: "run", 3: "fail", 4: "run", 5: "latch", 6: "hold", 7: "twin"}
"""Slot 8 stays empty."""
MANY: Final = {
    **dict.fromkeys((1, 2, 5, 8, 12, 13, 20, 23, 29), "pass"),
    **dict.fromkeys((3, 4, 7, 9, 10, 11, 15, 16, 18, 19, 21, 24, 27, 28, 31), "run"),
    **dict.fromkeys((14, 30), "fail"),
    **dict.fromkeys(HELD_SLOTS, "hold"),
    22: "latch",
    25: "twin",
}
"""Slot 32 stays empty."""


def arm(camera: Camera, quantity: int) -> None:
    """Arm the day's batch as an operator."""
    camera.sign_in("otto")
    camera.ask(Arm(batch=BatchId("WO-26-351"), product="tracker", quantity=quantity))
    camera.until(lambda: camera.bridge.now.header.run == "running", "the line to run")
    camera.until(lambda: all(tile.state is SlotState.EMPTY for tile in camera.tiles.values()), "the slots")


def take_line(camera: Camera, count: int) -> None:
    """All states at once; with eight slots also what opens over or beside them, and the batch that runs."""
    for window in camera.looks():
        page = camera.show("line")
        camera.until(lambda page=page: page.grid.tiles, "the tiles")
        camera.take(f"line-{count}")
        if count != len(EIGHT) + 1 or camera.short:
            continue
        page.grid.chosen.emit(2)
        camera.until(lambda page=page: page.drawer.steps.steps.rows, "the drawer's steps")
        camera.rest(600)
        camera.take("line-drawer")
        page.drawer.close_drawer()
        page.grid.unlock.emit(5)
        camera.rest(50)
        camera.take("line-acknowledge", focus=True)
        page.acknowledge.close_panel()
        batch = camera.show("batch")
        camera.until(lambda batch=batch: batch.form.product is not None, "the product")
        camera.rest()
        camera.take("batch-running")
        del window


# ---- the other pages


def take_records(camera: Camera) -> None:
    """Units, a record and its certificate, uploads, quality."""
    for _ in camera.looks():
        units = camera.show("units")
        camera.until(lambda units=units: (units.model.count or 0) > 300, "the units")
        camera.rest(500)
        camera.take("units")
        device = str(camera.tiles[1].device_id)
        units.filters.look_for(device)
        camera.until(lambda units=units: units.model.count == 1, "the unit")
        units.open_unit(units.model.line(0))
        camera.until(lambda units=units: units.record.shown is not None, "the record")
        for tab, name in ((0, "unit-record"), (1, "unit-certificate")):
            units.record.tabs.setCurrentIndex(tab)
            camera.rest(400)
            camera.take(name)
        uploads = camera.show("uploads")
        uploads.states.choose(CloudState.REFUSED, CloudState.UNKNOWN)
        uploads.read()
        camera.rest(700)
        uploads.table.selectRow(0)
        camera.rest()
        camera.take("uploads")
        quality = camera.show("quality")
        quality.periods.choose("month")
        quality.read()
        camera.until(lambda quality=quality: quality._counted is not None, "the figures")
        camera.rest(700)
        camera.take("quality")


def take_station(camera: Camera) -> None:
    """The station's five panels as an engineer sees them, and somebody who signs in."""
    camera.sign_in("edith")
    panels = {CHECKS: "checks", SLOTS: "slots", SETTINGS: "settings", PEOPLE: "people", WINDOW: "window"}
    for _ in camera.looks():
        station = camera.show("station")
        for panel, name in panels.items():
            station.show_panel(panel)
            if panel == CHECKS:
                station.checks.start()
                camera.until(lambda station=station: station.checks.findings, "the doctor")
            if panel == SETTINGS:
                camera.until(lambda station=station: station.settings.text.toPlainText(), "the file")
            camera.rest(500)
            camera.take(f"station-{name}")
    camera.sign_out()
    for window in camera.looks():
        camera.show("line")
        window.ask_who()
        camera.rest(50)
        camera.take("sign-in", focus=True)


def take_batch_idle(camera: Camera) -> None:
    """The batch's page before anything runs, its work order filled in."""
    camera.sign_in("otto")
    for _ in camera.looks():
        page = camera.show("batch")
        camera.until(lambda page=page: page.form.product is not None, "the product")
        page.form.batch.setText("WO-26-351")
        page.form.quantity.setValue(24)
        camera.rest()
        camera.take("batch-idle")


@contextmanager
def engine_ended(data: Path) -> Iterator[None]:
    """End the engine that a wizard started there."""
    try:
        yield
    finally:
        found = read_whereabouts(data)
        if found is not None:
            os.kill(found.process, signal.SIGTERM)


def take_wizard(application: QApplication, out: Path, folder: Path) -> None:
    """Every step of the first run, answered as a person would."""
    answers = {
        "wizard.line": "Line 3",
        "wizard.name": "Edith",
        "wizard.pin.first": "582914",
        "wizard.pin.again": "582914",
        "wizard.ca.name": "Example Works",
        "wizard.ca.passphrase": "correct horse battery",
        "wizard.ca.again": "correct horse battery",
        "wizard.copy-to": str(folder / "usb-stick"),
    }
    for size, dark in product(SIZES, (False, True)):
        theme = Theme(dark, style.scale_for(*size))
        style.apply(application, theme)
        name = f"{'dark' if dark else 'light'}-{size[0]}"
        home = folder / f"line-3-{name}"
        wizard = Wizard(home / "station.toml", theme, Preferences(folder / f"wizard-{name}.ini"))
        wizard.answers.recipes = folder / "config" / "recipes"
        wizard.resize(*size)
        wizard.show()
        with engine_ended(home / "data"):
            try:
                _go_through(
                    wizard,
                    answers,
                    lambda number, wizard=wizard, name=name: save(
                        wizard.grab().toImage(), out / f"wizard-{number:02d}-{name}.png"
                    ),
                )
            finally:
                wizard.end()
                wizard.close()
                wizard.deleteLater()


def _go_through(wizard: Wizard, answers: dict[str, str], take: Callable[[int], None]) -> None:
    done = [False]
    wizard.accepted.connect(lambda: done.append(True))
    number = 0
    while not any(done):
        number += 1
        step: Any = wizard.step
        for name, text in answers.items():
            field: Any = step.findChild(QWidget, name)
            if field is not None and hasattr(field, "setText") and not isinstance(field, QLabel):
                field.setText(text)
        for name, made in (("wizard.copy", "copies"), ("wizard.write-sheet", "sheet")):
            button: Any = step.findChild(QWidget, name)
            if button is not None:
                button.click()
                pump(lambda made=made: getattr(wizard.answers, made), name)
        build: Any = step.findChild(QWidget, "wizard.build")
        if build is not None:
            pump(lambda step=step: step.product.currentText() == "tracker", "the products")
            build.click()
            pump(lambda: wizard.answers.tried, "the first unit")
        if (panel := getattr(step, "panel", None)) is not None:
            pump(lambda panel=panel: panel.findings, "the doctor")
        pump(wizard.next.isEnabled, f"step {number}: {step.heading}: {wizard._hint.text()}")
        QApplication.processEvents()
        take(number)
        wizard.next.click()
        pump(lambda step=step: any(done) or wizard.step is not step or not wizard._busy, f"the end of step {number}")


@contextmanager
def plain_folder() -> Iterator[Path]:
    """Have a folder of a plain name for the time of the pictures, which show it, with a copy of the examples."""
    folder = Path(tempfile.gettempdir()) / "station-7"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise SystemExit(f"{folder} is there: another run is at work, or one was killed. Remove it then.") from None
    try:
        for name in ("config", "fixtures"):
            shutil.copytree(ROOT / name, folder / name)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def line_at_work(camera: Camera) -> Iterator[None]:
    """End the camera's engine behind the block."""
    try:
        yield
    finally:
        camera.end()


def begin() -> QApplication:
    """Return the application, in English whatever this PC speaks."""
    QLocale.setDefault(QLocale("en_GB"))
    application = QApplication(["nrf91-station"])
    style.apply(application, Theme(False, style.scale_for(*SIZES[0])))
    return application


def take_one(out: Path) -> None:
    """Make one picture in ``out``, of a fast bench of two slots."""
    application = begin()
    with tempfile.TemporaryDirectory() as name:
        fast = Timings.fast()
        with works(Path(name) / "line-3", 2, timings=fast, past=False) as line:
            camera = Camera(application, line, out, short=True)
            with line_at_work(camera):
                arm(camera, 24)
                load_all(camera, {1: "pass", 2: "fail"})
                take_line(camera, 2)


def take_all(out: Path, only: str) -> None:
    """Make the pictures in ``out``; ``only`` some of them."""
    application = begin()
    with plain_folder() as folder:
        if only in ("", "eight"):
            with works(folder / "line-3", 8, timings=Timings.realistic().scaled(_SLOWLY)) as line:
                camera = Camera(application, line, out)
                with line_at_work(camera):
                    take_batch_idle(camera)
                    arm(camera, 24)
                    load_all(camera, EIGHT)
                    take_line(camera, 8)
                    take_records(camera)
                    take_station(camera)
        if only in ("", "many"):
            with works(folder / "line-4", 32, timings=Timings.realistic().scaled(_SLOWLY), past=False) as line:
                camera = Camera(application, line, out)
                with line_at_work(camera):
                    arm(camera, 200)
                    load_all(camera, MANY)
                    take_line(camera, 32)
        if only in ("", "wizard"):
            take_wizard(application, out, folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", type=Path, help="make one picture in this folder")
    parser.add_argument("--only", default="", choices=["", "eight", "many", "wizard"])
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    if given.short:
        take_one(given.short)
    else:
        take_all(given.out, given.only)


if __name__ == "__main__":
    main()
