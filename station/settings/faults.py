"""What can be wrong with a settings file: told to whoever edits it, by file, key, and what would be right."""

from station.domain.faults import FaultSpec, StationFault

NOT_TOML = FaultSpec("SET-101", StationFault, "{path}: {reason}.")
FILE_REFUSED = FaultSpec("SET-102", StationFault, "{problems}")
"""Every problem of one file, a line each: ``path: key: what is wrong, and what would be right``."""

FILE_CHANGED = FaultSpec(
    "SET-103",
    StationFault,
    "{path} has changed since the recipe was loaded: SHA-256 {actual}, pinned {pinned}. Put the right file back.",
)
LABEL_REFUSED = FaultSpec(
    "SET-104",
    StationFault,
    "{text} is no label of this product: {reason}. Scan the label on the board again.",
)
SLOT_NOT_EDITABLE = FaultSpec(
    "SET-105",
    StationFault,
    "Slot {slot} in {path} is written in a way that is only changed by hand. Open the file and write: {wanted}",
)
DATA_MOVED = FaultSpec(
    "SET-106",
    StationFault,
    "The data folder can't change under a running station. Leave `data` as it is; to move it, end the station, move "
    "the folder, and change the file by hand.",
)
NO_SUCH_FILE = FaultSpec(
    "SET-107",
    StationFault,
    "{name} is none of this station's settings files. Name station, fixture, or recipe: and a recipe in {folder}.",
)
