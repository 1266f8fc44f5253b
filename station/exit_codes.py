"""How a command ends, for whoever started it; 2 is a wrong command line, 3 is start.py's missing package."""

from typing import Final

ALL_PASSED: Final = 0
UNITS_FAILED: Final = 1
STATION_FAULT: Final = 4
STOPPED: Final = 130
