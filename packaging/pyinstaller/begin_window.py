"""What ``station-desktop`` runs first, on Windows: the window, without a console of its own."""

import os
import sys

from station.__main__ import main

for name in ("stdout", "stderr"):
    if getattr(sys, name) is None:  # it was started from the menu: what it says has nowhere to go
        setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 -- open as long as the program
if len(sys.argv) == 1:
    sys.argv.append("desktop")
main()
