"""What this PC can do to the station."""

from station.domain.faults import FaultSpec, StationFault

FILE_UNREADABLE = FaultSpec(
    "HOST-101", StationFault, "{path} can't be read. Check that it exists and that you may read it."
)
FILE_UNWRITABLE = FaultSpec(
    "HOST-102", StationFault, "{path} can't be written. Check the disk and the folder's rights."
)
FILE_EXISTS = FaultSpec(
    "HOST-110", StationFault, "{path} is there already, and nothing is overwritten. Name another place."
)
DISK_FULL = FaultSpec(
    "HOST-103",
    StationFault,
    "The disk is full: {path} could not be written. Free some space, then go on; nothing was lost.",
)
FILE_NOT_PRIVATE = FaultSpec(
    "HOST-104",
    StationFault,
    "{path} holds a secret and others can read it. Make it private: chmod 600 {path}",
)
FOLDER_IN_USE = FaultSpec(
    "HOST-105",
    StationFault,
    "Another station program ({owner}) is working in {path}. Use its window, or wait until it has ended.",
)
SECRET_MISSING = FaultSpec("HOST-106", StationFault, "The {what} is not there: {where}. {mend}")
KEYRING_MISSING = FaultSpec(
    "HOST-107",
    StationFault,
    "This PC has no keyring that could hold the {what}. "
    "Name an environment variable or a private file in the station file.",
)
PROGRAM_MISSING = FaultSpec(
    "HOST-108", StationFault, "The program {program} can't be started. Install it or correct its path."
)
PROGRAM_HUNG = FaultSpec("HOST-109", StationFault, "{program} did not end within {seconds} s and was stopped.")
LINE_TOO_LONG = FaultSpec(
    "HOST-111",
    StationFault,
    "{program} says something that can't be read (a line without end) and was stopped. Check that it is the program "
    "that is meant.",
)
SECRET_NOT_KEPT = FaultSpec(
    "HOST-118",
    StationFault,
    "The {what} could not be kept in {where}: {reason}. Choose another place for it.",
)
NOT_ENDED = FaultSpec(
    "HOST-119",
    StationFault,
    "Process {process} could not be asked to end. It is perhaps another user's: have that one, or an administrator, "
    "end it.",
)
