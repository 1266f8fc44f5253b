"""A window that leaves when its first tiles are seen: ``python -m tests.benchmarks.window_start FILE``.

It is the window as it is delivered; it says ``tiles`` when the engine's first word is drawn.
"""

import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from station.desktop.main import Desktop, run_desktop
from station.engine.pushes import Push, Welcome


def main(file: Path) -> None:
    """Show the line, and leave as soon as it is seen."""
    open_window = Desktop.open

    def opened(desktop: Desktop) -> None:
        window = desktop.window
        window.resize(1920, 1080)
        window.show_page("line")

        def hear(push: Push) -> None:
            if isinstance(push, Welcome):
                assert len(window.pages["line"].grid.tiles) == len(push.tiles) > 0
                window.repaint()
                sys.stdout.write("tiles\n")
                sys.stdout.flush()
                QCoreApplication.quit()

        # Behind the window's own: its pages have heard it when this does.
        desktop.bridge.heard.connect(hear)
        open_window(desktop)

    Desktop.open = opened  # type: ignore[method-assign]  # it tells when it is seen
    with tempfile.TemporaryDirectory() as folder:
        run_desktop(file, preferences_file=Path(folder) / "desktop.ini")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
