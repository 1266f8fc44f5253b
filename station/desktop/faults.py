"""What keeps the window from opening. Nothing here needs Qt, which may be what is missing."""

from station.domain.faults import FaultSpec, StationFault

NO_SCREEN = FaultSpec(
    "DSK-101",
    StationFault,
    "There is no screen here for a window. Start it from a desktop session; without one, station run does the same.",
)
CONNECTING = FaultSpec(
    "DSK-103", StationFault, "The window is still looking for the engine. Wait a moment, then do it once more."
)
OTHER_VERSION = FaultSpec(
    "DSK-104",
    StationFault,
    "The engine is of version {engine}, this window of {window}. It goes on like this; to bring in the new one, end "
    "the engine between two batches (station engine --stop) and open the window again.",
)
QT_MISSING = FaultSpec(
    "DSK-102",
    StationFault,
    "Qt can't be loaded, so there is no window: {why}. On Debian and Ubuntu, python3 start.py desktop installs what it "
    "needs.",
)
