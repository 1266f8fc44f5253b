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
