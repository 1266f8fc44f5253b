"""The station's whole window under a real display: prints what a person would see change, as JSON lines."""

import json
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from station.desktop import main
from station.desktop.main import Desktop

_OFTEN_MS = 50
open_window = Desktop.open


class Seen:
    """What the window shows: what has changed since the last look is said."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self._last: dict[str, object] = {}
        self._timer = QTimer(desktop)
        self._timer.timeout.connect(self.look)
        self._timer.start(_OFTEN_MS)

    def look(self) -> None:
        window, now = self._desktop.window, self._desktop.bridge.now
        person, focused = window.person(), QApplication.focusWidget()
        seen: dict[str, object] = {
            "window": int(window.winId()),
            "active": window.isActiveWindow(),
            "engine": now.process if now else 0,
            "run": now.header.run if now else "",
            "person": person.name if person else "",
            "panel": window.sign_in.isVisible(),
            "page": window.stack.currentWidget().objectName(),
            "focus": focused.objectName() if focused else "",
            "moods": [str(tile.mood) for tile in window.pages["line"].grid.tiles.values()],
        }
        changed = {name: value for name, value in seen.items() if self._last.get(name) != value}
        if changed:
            self._last = seen
            sys.stdout.write(json.dumps(changed) + "\n")
            sys.stdout.flush()


looks: list[Seen] = []


def opened(desktop: Desktop) -> None:
    open_window(desktop)
    looks.append(Seen(desktop))


Desktop.open = opened  # type: ignore[method-assign]  # the look begins with the window
sys.exit(main.run_desktop(Path(sys.argv[1]), preferences_file=Path(sys.argv[2])))
