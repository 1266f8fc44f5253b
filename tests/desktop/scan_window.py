"""A window with a field and a button under a real display: prints what became of the keys, as JSON lines."""

import json
import sys

from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget

from station.desktop import scanner as scanning
from station.desktop.preferences import ScannerMode
from station.desktop.scanner import Scanner


def say(**value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


# A busy test machine types less evenly than a scanner does.
scanning.GAP_MS = 1000  # type: ignore[misc]

application = QApplication([])
window = QWidget()
window.setWindowTitle("scan window")
field, button = QLineEdit(), QPushButton("Start")
column = QVBoxLayout(window)
column.addWidget(field)
column.addWidget(button)
field.textChanged.connect(lambda text: say(field=text))
button.clicked.connect(lambda: say(pressed=True))
scanner = Scanner(window)
scanner.scanned.connect(lambda text: say(scanned=text))
scanner.listen(ScannerMode(sys.argv[1]))
{"field": field, "button": button}[sys.argv[2]].setFocus()
application.focusChanged.connect(lambda _old, new: say(ready=int(window.winId())) if new is not None else None)
window.show()
window.activateWindow()
say(window=int(window.winId()))
sys.exit(application.exec())
