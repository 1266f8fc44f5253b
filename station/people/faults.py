"""What can go wrong with who may do what."""

from station.domain.faults import FaultSpec, Refusal, Retry, StationFault

NOT_SIGNED_IN = FaultSpec(
    "PPL-101",
    Refusal,
    "That name or badge and that PIN don't belong together. Try again; after {most} wrong PINs the person is locked.",
)
LOCKED = FaultSpec(
    "PPL-102", Refusal, "Too many wrong PINs: this person can sign in again at {until}. An engineer can reset the PIN."
)
DISABLED = FaultSpec("PPL-103", Refusal, "This person may not work here any more. Ask an engineer.", Retry.NEVER)
NOT_ALLOWED = FaultSpec(
    "PPL-111",
    Refusal,
    "You ({person}: {roles}) may not {action}. These may: {allowed}. Ask one of them to sign in.",
)
REASON_MISSING = FaultSpec("PPL-112", Refusal, "To {action}, say why: the reason is recorded.")
SECOND_MISSING = FaultSpec(
    "PPL-113",
    Refusal,
    "To {action}, a second person must agree with a fresh PIN: somebody else, of the roles {allowed}.",
)
SECOND_SAME = FaultSpec("PPL-114", Refusal, "The second person must be somebody else than {person}.")
STALE = FaultSpec("PPL-115", Refusal, "The second person's PIN is {seconds} s old. Have it typed again, for this.")
IDLE = FaultSpec("PPL-116", Refusal, "To {action}, type your PIN again: it is more than {minutes} min old.")
SPENT = FaultSpec(
    "PPL-117", Refusal, "The second person's PIN has agreed to something else already. Have it typed again, for this."
)
PIN_CHANGED = FaultSpec(
    "PPL-118", Refusal, "{person} has another PIN or badge since this sign-in. Sign in again with that one."
)
NAME_UNUSABLE = FaultSpec("PPL-121", StationFault, "{name} can't be a person's name: {why}.")
NAME_TAKEN = FaultSpec("PPL-122", StationFault, "There is a {name} already. Use a name that tells them apart.")
PIN_WEAK = FaultSpec("PPL-123", StationFault, "That PIN can't be used: {why}. Choose another.")
BADGE_TAKEN = FaultSpec("PPL-124", StationFault, "This badge belongs to {person}. Disable that one first.")
UNKNOWN_PERSON = FaultSpec("PPL-125", StationFault, "There is no person {text}. See: station people list.")
LAST_ENGINEER = FaultSpec(
    "PPL-126", StationFault, "{person} is the last engineer: nobody could manage people afterwards. Add another first."
)
NOT_SET_UP = FaultSpec(
    "PPL-127", StationFault, "Nobody can sign in here yet. Make the first engineer: station init", Retry.AFTER_OPERATOR
)
ALREADY_SET_UP = FaultSpec(
    "PPL-128", StationFault, "{path} has people already. An engineer adds others: station people add"
)
DAMAGED = FaultSpec(
    "PPL-131",
    StationFault,
    "{path} can't be read ({why}). Restore it from the backup; nobody can sign in until then.",
)
TOO_NEW = FaultSpec("PPL-132", StationFault, "{path} was written by a newer station (version {found}). Use that one.")
NO_SERVICE = FaultSpec(
    "PPL-133",
    StationFault,
    "{person} has no role for running without anybody there. Headless runs need a person of the role service.",
)
SIGN_IN_FILE = FaultSpec(
    "PPL-134",
    StationFault,
    "{path} is no sign-in file: its first line is a name or badge, its second the PIN, and nothing follows. Mend it.",
)
NOBODY_TO_ASK = FaultSpec(
    "PPL-135",
    StationFault,
    "Nobody can be asked for a PIN here. Name a file that only you can read: --sign-in FILE (name, then PIN).",
)
NO_SERVICE_NAMED = FaultSpec(
    "PPL-136",
    StationFault,
    "Nobody is there to sign in. Name a person of the role service in {path}, under [people] service; "
    "or use --sign-in FILE.",
)
NOBODY_SIGNED_IN = FaultSpec("PPL-137", Refusal, "Nobody has signed in. Sign in, then try again.")
PEOPLE_LOST = FaultSpec(
    "PPL-138",
    StationFault,
    "The journal knows people up to p{highest}, but {path} is gone. Restore it from the backup. Where there is none: "
    "station init --anew; that is recorded, and QA will ask why.",
)
OUTSIDE = FaultSpec(
    "PPL-139",
    Refusal,
    "The people file was changed outside of the station: {what}. {person} can't work here until that is mended; "
    "call the engineer and QA.",
    Retry.NEVER,
)
