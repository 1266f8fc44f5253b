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
BATCH_UNKNOWN = FaultSpec("EVD-201", Refusal, "There is no batch {batch}; the newest are: {known}.")
