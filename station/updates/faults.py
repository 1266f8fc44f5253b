"""What can be wrong with the folder of updates. None of it holds up the line."""

from station.domain.faults import FaultSpec, StationFault

UNREACHABLE = FaultSpec(
    "UPD-101",
    StationFault,
    "The folder for updates {folder} can't be read ({why}). Have IT look at the share, or correct `folder` under "
    "[updates] in the station file. The line works on.",
)
FORGED = FaultSpec(
    "UPD-102",
    StationFault,
    "The list of updates in {folder} does not hold ({why}). Install nothing from there, and tell IT. "
    "The line works on.",
)
UNREADABLE = FaultSpec(
    "UPD-103",
    StationFault,
    "The list of updates in {folder} can't be read ({why}). Have IT write it anew with the tool of the newest station. "
    "The line works on.",
)
TORN = FaultSpec(
    "UPD-104",
    StationFault,
    "{file} in {folder} is not the package that the list of updates names ({why}). Nobody is to install it: have IT "
    "copy it there once more. The line works on.",
)
OLDER = FaultSpec(
    "UPD-105",
    StationFault,
    "The newest package in {folder} is {found}, older than this station ({running}). Have IT put the newer one there, "
    "or leave things as they are. The line works on.",
)
KEY_UNREADABLE = FaultSpec(
    "UPD-106",
    StationFault,
    "The key under [updates] in the station file can't be read ({why}). Copy it once more, as one line, from the "
    "station.vkey of whoever signs the list. The line works on.",
)
