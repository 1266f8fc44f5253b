"""What can go wrong between the engine and its faces."""

from station.domain.faults import Bug, FaultSpec, Refusal, Retry, StationFault

NOT_RUNNING = FaultSpec(
    "ENG-101", StationFault, "No engine works on {folder}. Start it: open the desktop, or write: station engine"
)
NOT_ANSWERING = FaultSpec(
    "ENG-102",
    StationFault,
    "The engine (process {process}) does not answer. Wait a minute and try again; if it stays so, end that process: "
    "boards in work are then closed as aborted at the next start.",
)
NOT_STARTED = FaultSpec(
    "ENG-103", StationFault, "The engine could not be started: {why}. Try again; if it stays so, call the engineer."
)
LOST = FaultSpec(
    "ENG-104",
    StationFault,
    "The engine has ended or can't be heard any more. What it had begun is in the journal; start it again.",
)
ENDING = FaultSpec("ENG-105", StationFault, "The engine is ending. Wait a moment, then open the window again.")
OTHER_PROTOCOL = FaultSpec(
    "ENG-106",
    StationFault,
    "The engine that runs is of another version than this program. End the batch, then end the engine "
    "(station engine --stop), and open the window again.",
)
NOT_UNDERSTOOD = FaultSpec(
    "ENG-107",
    StationFault,
    "The engine was sent something that it can't read, and ended that connection. Open it anew.",
)
TOO_SLOW = FaultSpec(
    "ENG-108",
    StationFault,
    "This window did not keep up with the line and was disconnected; the line goes on. Connect it again.",
)
SOCKET_FAILED = FaultSpec(
    "ENG-109", StationFault, "The engine can't open its connection in {folder}. Check the folder's rights and the disk."
)
FOLDER_GONE = FaultSpec(
    "ENG-110",
    StationFault,
    "The data folder {folder} was moved, removed or replaced while the engine worked in it: the engine ends. Call "
    "the engineer before anything else is built: the folder that was there has the record.",
)
RUN_LASTS = FaultSpec("ENG-121", Refusal, "Batch {batch} is on the line. Finish or stop it first.")
NO_RUN = FaultSpec("ENG-122", Refusal, "No batch is on the line. Arm one first.")
NO_SLOT = FaultSpec("ENG-123", Refusal, "There is no slot {slot} here. Choose one of {slots}.")
SCAN_NEEDED = FaultSpec(
    "ENG-124", Refusal, "Boards of this product are scanned. Scan the label of the board in slot {slot}."
)
PASSPHRASE_NEEDED = FaultSpec(
    "ENG-125", Refusal, "This station asks for the CA's passphrase when a batch is armed. Type it and arm again."
)
UNKNOWN_WORD = FaultSpec("ENG-126", Refusal, "{what} can't be {word}. Choose one of {known}.")
NOTHING_CHOSEN = FaultSpec("ENG-127", Refusal, "Nothing was chosen to export. Choose units or a batch.")
BATCH_NAME = FaultSpec("ENG-128", Refusal, "That is no name for a batch: {why}. Write another.")
QUANTITY = FaultSpec("ENG-129", Refusal, "A batch has at least one unit, not {quantity}. Write how many are ordered.")
MISTAKE = FaultSpec(
    "ENG-901",
    Bug,
    "The engine made a mistake in carrying this out; it goes on. Look what was done before you try again, and give "
    "the log to the engineer.",
    Retry.NEVER,
)
INTERRUPTED = FaultSpec(
    "ENG-141",
    StationFault,
    "The station was cut off while {count} boards were in work. They were closed as aborted: put them in again.",
)
WHOLE_PATH = FaultSpec("ENG-130", Refusal, "{path} is no whole path. Choose the folder from its drive or root on.")
NOBODY_HERE = FaultSpec("ENG-131", Refusal, "Nobody is signed in here. Sign in first.")
TOO_MUCH = FaultSpec(
    "ENG-133", Refusal, "{what} is too long or too large: at most {most}. Nothing was done; write it shorter."
)
NOTHING_NAMED = FaultSpec("ENG-134", Refusal, "No file was named to release. Look at what is to be released first.")
NOT_AS_SEEN = FaultSpec(
    "ENG-135",
    Refusal,
    "{path} is not as it was when you looked at it: somebody else has changed it since. Read it again first.",
)
FULL_HOUSE = FaultSpec(
    "ENG-132", StationFault, "{count} windows are connected to the engine already. Close one of them first."
)
