"""What the journal refuses, and what can happen to it."""

from station.domain.faults import Bug, FaultSpec, Refusal, Retry, StationFault, UnitFault

UNWRITABLE = FaultSpec(
    "JRN-101", StationFault, "The journal can't be written ({why}). Nothing goes on until it can: check the disk."
)
DISK_FULL = FaultSpec(
    "JRN-102",
    StationFault,
    "The disk is full: the journal can't be written. Free some space, then acknowledge the slot.",
)
DAMAGED = FaultSpec(
    "JRN-103", StationFault, "The journal {path} is damaged ({why}). Leave it as it is and call the engineer."
)
TOO_NEW = FaultSpec(
    "JRN-104",
    StationFault,
    "The journal {path} was written by a newer station (format {found}, this one knows {known}). Nothing was changed. "
    "Install the newer station again. To go on with this one, export with the newer one what was built since, and "
    "restore the last backup that this one made.",
)
NOT_DURABLE = FaultSpec(
    "JRN-105", StationFault, "The journal {path} can't be made safe against power cuts ({why}). Put it on a local disk."
)
ABSENT = FaultSpec(
    "JRN-106",
    StationFault,
    "There is no journal in {path} yet. Run a batch there first, or name the right station file.",
)
CLOSED = FaultSpec("JRN-107", Bug, "The journal was already closed.", Retry.NEVER)
INCONSISTENT = FaultSpec("JRN-108", Bug, "The journal was asked to write something that can't be: {why}.", Retry.NEVER)

BROKEN = FaultSpec("JRN-109", Bug, "The journal made a mistake. Stop the line and call the engineer.", Retry.NEVER)
DISAGREES = FaultSpec(
    "JRN-110",
    StationFault,
    "The journal's tables don't say what its entries say of unit {unit} ({difference}): somebody has changed the file. "
    "Nothing of it leaves the station. Leave everything as it is, run: station verify, and call the engineer.",
)

TWO_BOARDS = FaultSpec(
    "JRN-201",
    Refusal,
    "This board's numbers belong to two different boards in the journal ({which}). Put it aside for the engineer.",
)
OTHER_BOARD = FaultSpec(
    "JRN-202",
    Refusal,
    "The {what} {value} is already another board's ({other}). Check the label; put the board aside.",
)
BUSY_ELSEWHERE = FaultSpec(
    "JRN-203",
    Refusal,
    "Slot {slot} is working on a board with the same identity. Take one of the two out and put it aside.",
)
ALREADY_PASSED = FaultSpec(
    "JRN-204",
    Refusal,
    "This unit ({device_id}) is finished already and was left as it is. Take it out; "
    "to build it again, declare a rework.",
)
QUARANTINED = FaultSpec(
    "JRN-205",
    Refusal,
    "This unit ({device_id}) is in quarantine and was left as it is. Put it aside; an engineer decides.",
)
UPLOADING = FaultSpec(
    "JRN-206",
    Refusal,
    "The unit {device_id} is on its way to the cloud. Wait until the upload has ended, then declare the rework.",
)
NO_REWORK = FaultSpec(
    "JRN-207",
    Refusal,
    "No rework of the unit {device_id} is declared: there is nothing to withdraw. Check the number.",
)
REWORK_BEGUN = FaultSpec(
    "JRN-208",
    Refusal,
    "The rework of the unit {device_id} has begun in slot {slot}: it can't be withdrawn any more. "
    "Let the board be built to its end.",
)
CREDENTIALS_TOUCHED = FaultSpec(
    "JRN-209",
    Refusal,
    "Credentials of the unit {device_id} were deleted since its rework was declared: it can't be withdrawn any more. "
    "Build the board again.",
)
CREDENTIALS_STAY = FaultSpec(
    "JRN-210",
    Refusal,
    "This unit ({device_id}) is {state}, and its credentials stay. To delete any of them, declare a rework first.",
    Retry.NEVER,
)
KEY_OF_ANOTHER = FaultSpec(
    "JRN-211",
    UnitFault,
    "This unit's new key is already another unit's. Put the board aside for the engineer.",
    Retry.NEVER,
)
ACTIVE_CERTIFICATE = FaultSpec(
    "JRN-212",
    Refusal,
    "The device {device_id} has a certificate already. To give it another one, declare a rework.",
    Retry.NEVER,
)
FINISHED_CERTIFICATE = FaultSpec(
    "JRN-213",
    Refusal,
    "The certificate {serial} belongs to a finished unit and stays. To replace it, declare a rework.",
    Retry.NEVER,
)
BATCH_DIFFERS = FaultSpec(
    "JRN-221",
    StationFault,
    "Batch {batch} was started with another {what}. Use the same one, or give this work its own batch.",
)
BATCH_CLOSED = FaultSpec(
    "JRN-222",
    StationFault,
    "Batch {batch} is closed, for good. Give work that is still to be done a batch of its own: run --batch NAME.",
)
