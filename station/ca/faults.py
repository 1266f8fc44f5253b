"""What can be wrong with the CA, its files, and the clock it signs by."""

from station.domain.faults import Bug, FaultSpec, Retry, StationFault

ALREADY_THERE = FaultSpec(
    "CA-101",
    StationFault,
    "{folder} already exists, and a CA is never overwritten. Name another folder, or use the CA that is there.",
)
PASSPHRASE_REFUSED = FaultSpec(
    "CA-102", StationFault, "This passphrase can't protect the CA: {reason}. Choose another one."
)
PASSPHRASE_WRONG = FaultSpec(
    "CA-103",
    StationFault,
    "The passphrase does not open {path}. Type it again; if you are sure of it, the file is damaged: "
    "restore it from the backup.",
)
FILES_DISAGREE = FaultSpec(
    "CA-104",
    StationFault,
    "The files in {folder} are not those of one CA: {reason}. Restore the folder from the backup.",
)
VERSION_UNKNOWN = FaultSpec(
    "CA-105",
    StationFault,
    "The CA in {folder} was made by another version of this program. Install the version that made it, or a newer one.",
)
KEY_NOT_ENCRYPTED = FaultSpec(
    "CA-106",
    StationFault,
    "{path} is not protected by a passphrase, so anybody with the file could sign. "
    "Restore the file from the backup; if this is the CA's real key, retire the CA.",
)
TERMS_REFUSED = FaultSpec("CA-107", StationFault, "No CA is made this way: {reason}. Correct it and start again.")
COPY_DIFFERS = FaultSpec(
    "CA-108",
    StationFault,
    "{folder} holds something else than this CA already, and no copy is ever overwritten. Choose another folder.",
)
COPY_UNTRUE = FaultSpec(
    "CA-109",
    StationFault,
    "What was written to {folder} is not what was read back ({name}). Take another disk: this one can't be relied on.",
)

CLOCK_BEFORE_CA = FaultSpec(
    "CA-201",
    StationFault,
    "This PC's clock says {now}, but the CA only began at {begin}. Set the clock; nothing is signed before.",
)
CLOCK_BEFORE_JOURNAL = FaultSpec(
    "CA-202",
    StationFault,
    "This PC's clock says {now}, but the journal's last entry is from {latest}. Set the clock; "
    "if the clock is right and that entry is wrong, declare a clock correction. Nothing is signed before.",
)
CLOCK_JUMPED = FaultSpec(
    "CA-203",
    StationFault,
    "This PC's clock jumped ahead by {seconds} s and now says {now}. Set the clock; "
    "if it is right now, end the run and start it again. Nothing is signed before.",
)
ENDED = FaultSpec(
    "CA-204",
    StationFault,
    "The CA ended at {end}, and this PC's clock says {now}. Set the clock if it is wrong; else have a new CA made.",
)
CLOCK_IMPLAUSIBLE = FaultSpec(
    "CA-205", StationFault, "This PC's clock says {now}, which can't be. Set the clock before a CA is made."
)

BEGUN_ELSEWHERE = FaultSpec(
    "CA-211",
    StationFault,
    "A certificate for this key was begun under another CA. Clear the unit's credentials and start it again, "
    "so that it makes a new key.",
)
KEY_GIVEN_UP = FaultSpec(
    "CA-212",
    StationFault,
    "The certificate for this key was given up earlier, and a key is certified only once. "
    "Clear the unit's credentials and start it again, so that it makes a new key.",
)
RECORD_WRONG = FaultSpec(
    "CA-213",
    StationFault,
    "The journal's certificate for {device_id} is not for this device and key. Stop the line and call the engineer.",
)

LEAF_WRONG = FaultSpec(
    "CA-901",
    Bug,
    "A certificate came out otherwise than it must ({reason}); it was not released. Call the engineer.",
    Retry.NEVER,
)
CALL_WRONG = FaultSpec("CA-902", Bug, "The CA was asked for something that can't be: {reason}.", Retry.NEVER)
