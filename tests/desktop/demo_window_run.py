"""Opens the demo's window in a folder, does what a person would, and prints what it saw as JSON. Its own program."""

import json
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from station.desktop import main
from station.desktop.main import Demo, Desktop
from station.desktop.preferences import Preferences
from station.domain.ids import BatchId
from station.engine.commands import Arm
from station.engine.pushes import Changed, Welcome
from station.engine.results import Failed, Result
from station.signing_in import read_sign_in

QUANTITY = 3


class Driver:
    """Does what a person would, each thing when the one before it has come about."""

    def __init__(self, desktop: Desktop, preferences: Preferences, folder: Path) -> None:
        self._desktop, self._preferences, self._folder = desktop, preferences, folder
        self.seen: list[str] = []
        desktop.bridge.heard.connect(self._hear)

    def _hear(self, push: object) -> None:
        if isinstance(push, Welcome):
            self.seen.append("welcome")
            typed = read_sign_in(self._folder / "operator.sign-in")
            self._desktop.window.sign_in.open_panel()
            self._desktop.window.sign_in.asked.emit(typed.who, typed.pin)
            self._await_person()
        elif isinstance(push, Changed) and push.header is not None:
            header = push.header
            if header.run == "idle" and header.done >= QUANTITY and "built" not in self.seen:
                self.seen.append("built")
                self._preferences.language = "zh_CN"
                QTimer.singleShot(200, self._end)

    def _await_person(self) -> None:
        if self._desktop.window.person() is None:
            QTimer.singleShot(20, self._await_person)
            return
        self.seen.append("signed in")
        order = Arm(batch=BatchId("WO-1"), product="tracker", quantity=QUANTITY)
        self._desktop.bridge.ask(order, self._armed, self._fail)

    def _armed(self, _result: Result) -> None:
        self.seen.append("armed")

    def _fail(self, why: Failed) -> None:
        self.seen.append(f"{why.code} {why.sentence}")
        QApplication.quit()

    def _end(self) -> None:
        window = self._desktop.window
        person = window.person()
        self.seen.append(f"{window.rail.findChildren(object, 'rail-line')[0].text()} {person.name if person else ''}")
        QApplication.quit()


application = QApplication([])
folder = Path(sys.argv[1])
preferences = Preferences(folder / "desktop.ini")
preferences.language = "en"
drivers: list[Driver] = []
open_window = Desktop.open


def opened(desktop: Desktop) -> None:
    drivers.append(Driver(desktop, preferences, folder / "demo"))
    open_window(desktop)


main.Preferences = lambda _file: preferences  # type: ignore[assignment,misc]  # the driver changes them
Desktop.open = opened  # type: ignore[method-assign]  # the driver begins with the window
# Where it hangs the window closes, and what was seen says how far it came.
QTimer.singleShot(200_000, application.quit)
code = main.run_desktop(Path("unused"), demo=Demo(folder / "demo", slots=2, fast=True))
sys.stdout.write(json.dumps({"code": code, "seen": drivers[0].seen}) + "\n")
