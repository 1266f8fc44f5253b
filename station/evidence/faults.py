"""What can be wrong with the station's own evidence."""

from station.domain.faults import FaultSpec, Refusal, StationFault

KEY_EXISTS = FaultSpec(
    "EVD-101",
    StationFault,
    "The station has a signing key in {folder} already; nothing was changed. A second one would be another station's.",
)
KEY_ABSENT = FaultSpec(
    "EVD-102", StationFault, "The station has no signing key in {folder} yet. Make it once: station init"
)
KEY_DISAGREES = FaultSpec(
    "EVD-103", StationFault, "The station's signing key in {folder} is not usable: {reason}. Call the engineer."
)
KEY_PASSPHRASE = FaultSpec(
    "EVD-104",
    StationFault,
    "The station's signing key {path} doesn't open: the passphrase is wrong or missing, or the file is damaged. "
    "Check [evidence] passphrase in the station file.",
)
ROLLED_BACK = FaultSpec(
    "EVD-111",
    StationFault,
    "The journal has {size} entries, but {where} shows that it had {known}. It was rolled back: an older copy was put "
    "in its place, or its end was cut off. Nothing is written; leave everything as it is and call the engineer.",
)
CHANGED = FaultSpec(
    "EVD-112",
    StationFault,
    "The journal is not the one that {where} was signed for: something in its first {known} entries was changed. "
    "Nothing is written; leave everything as it is and call the engineer.",
)
FOREIGN_CHECKPOINT = FaultSpec(
    "EVD-113",
    StationFault,
    "{where} is no checkpoint that this station's key signed under that name ({reason}). "
    "Take it away if it is another station's; else leave everything as it is and call the engineer.",
)
NOTHING_TO_SIGN = FaultSpec("EVD-114", Refusal, "The journal is empty: there is nothing to make a checkpoint of.")
UNIT_IN_WORK = FaultSpec(
    "EVD-121",
    Refusal,
    "Attempt {attempt} of what was chosen has not ended. Wait for its end (or start the station once), "
    "then export again.",
)
NOTHING_CHOSEN = FaultSpec("EVD-122", Refusal, "There is no attempt at what was chosen, so there is nothing to export.")
CA_UNKNOWN = FaultSpec(
    "EVD-123",
    StationFault,
    "The certificate {serial} was signed by a CA whose certificate is not at hand ({issuer}). "
    "Give the export that CA's certificates too.",
)
EARLIER_REFUSED = FaultSpec(
    "EVD-124",
    StationFault,
    "The journal can't be shown to continue the checkpoint that was given: {reason}. If it is this station's, the "
    "journal was rolled back or changed: leave everything as it is and call the engineer.",
)
TOO_LARGE = FaultSpec("EVD-125", Refusal, "The export would be larger than {limit} MiB. Export fewer units at a time.")
NOT_FROM_ENTRIES = FaultSpec(
    "EVD-131",
    StationFault,
    "The journal's tables don't say what its entries say ({difference}): somebody has changed the file. Nothing was "
    "written. Leave everything as it is, run: station verify {folder}, and call the engineer.",
)
BATCH_UNKNOWN = FaultSpec("EVD-201", Refusal, "There is no batch {batch}; the newest are: {known}.")
BACKUP_DAMAGED = FaultSpec(
    "BAK-101",
    StationFault,
    "{path} is no whole backup of a station ({reason}). Nothing was made. "
    "Take another copy of it, or an earlier backup.",
)
BACKUP_TOO_NEW = FaultSpec(
    "BAK-102",
    StationFault,
    "{path} is a backup of version {found}; this program knows version {known}. Restore it with the program that is "
    "as new as it. Nothing was made.",
)
BACKUP_FOREIGN = FaultSpec(
    "BAK-103",
    Refusal,
    "{path} is not the backup for which you gave a key or a checkpoint ({reason}). Nothing was made.",
)
COPY_UNTRUE = FaultSpec(
    "BAK-104",
    StationFault,
    "The backup was read back and does not hold ({reason}), so it was taken away again; the station itself is as it "
    "was. Run: station verify {folder}, and call the engineer.",
)
KEY_IN_CLEAR = FaultSpec(
    "BAK-105",
    StationFault,
    "{path} holds a private key that is not encrypted. It can't go into a backup, so none was made. Take it away.",
)
NO_ROOM = FaultSpec(
    "BAK-106",
    Refusal,
    "{folder} is there already and not empty. Nothing is overwritten: name a folder that does not exist yet.",
)
SETTINGS_UNFIT = FaultSpec(
    "BAK-107",
    StationFault,
    "The station file in the backup can't be used at another place ({reason}). Nothing was made. "
    "Write its paths relative to it, each as one line, and back up again; or have an engineer "
    "lay the files out by hand.",
)
NOT_KEPT = FaultSpec(
    "BAK-108",
    StationFault,
    "The journal is of an older station, and was not brought up to date, since no whole copy of it could be kept "
    "before ({reason}). Nothing was changed: the older station works on with it. Mend that, then start again.",
)
