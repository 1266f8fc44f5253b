"""What can go wrong on the line itself."""

from station.domain.faults import Bug, FaultSpec, Refusal, Retry, StationFault, UnitFault
from station.line.way_faults import (  # noqa: F401 -- for whoever lists the faults of a room
    CHALLENGE_REFUSED,
    KEY_NOT_SHOWN,
    NAMELESS,
    NO_ACCOUNT,
    NO_TENANT,
    NOT_ATTESTABLE,
    WAY_NOT_TAKEN,
    WRONG_DEVICE,
)

UNEXPECTED = FaultSpec(
    "LINE-101",
    Bug,
    "The station made a mistake in step {step}. Put the board aside and call the engineer.",
    Retry.NEVER,
)
NOT_IDENTIFIED = FaultSpec(
    "LINE-102",
    Bug,
    "Step {step} came before the board was identified. The recipe is wrong; call the engineer.",
    Retry.NEVER,
)
NO_UUID = FaultSpec(
    "LINE-111",
    UnitFault,
    "This modem can't tell its UUID, and the product is named by it. Use a product that is named by IMEI or serial.",
    Retry.NEVER,
)
WRONG_FAMILY = FaultSpec(
    "LINE-112",
    UnitFault,
    "This board's modem ({found}) is not what the product is built from ({expected}). Check that the board is right.",
    Retry.NEVER,
)
SERIAL_MISSING = FaultSpec(
    "LINE-113",
    StationFault,
    "This product is named by the scanned serial number, and none was scanned for slot {slot}.",
)
SWAPPED = FaultSpec(
    "LINE-114",
    Refusal,
    "The board in this slot is not the one that was identified ({expected}, now {found}). Take it out and start again.",
)
NOT_NOW = FaultSpec("LINE-115", Refusal, "Slot {slot} is busy: scan the next board when this one is out.")
KEY_MISSING = FaultSpec(
    "LINE-121",
    UnitFault,
    "The modem does not hold the key it should have made. Try the board once more; if it happens again, put it aside.",
    Retry.AFTER_OPERATOR,
)
STORED_DIFFERENTLY = FaultSpec(
    "LINE-122",
    UnitFault,
    "The modem did not store the {what} as it was written. Try the board once more; if it happens again, put it aside.",
    Retry.SAME_UNIT,
)
OTHER_NAME = FaultSpec(
    "LINE-117",
    Refusal,
    "The cloud knows this board as {known}, and this product would name it {here}. Take it out: build it again as "
    "the product that it was, or check the label.",
)
OTHER_NAME_PERHAPS = FaultSpec(
    "LINE-118",
    Refusal,
    "Nobody knows whether the cloud has this board as {known}, and this product would name it {here}. Take it out: "
    "withdraw its rework if one is declared, see its upload to its end, or decide about it; then build it again.",
)
CREDENTIAL_STAYED = FaultSpec(
    "LINE-123", UnitFault, "The modem did not delete the old {what}. Put the board aside.", Retry.SAME_UNIT
)
KEYGEN_LOST_TWICE = FaultSpec(
    "LINE-124",
    UnitFault,
    "The modem was asked for a key twice and its answer was lost both times. Check the slot's cable, then try the "
    "board again.",
)
CHIP_UNKNOWN = FaultSpec(
    "LINE-125",
    StationFault,
    "The probe can't tell which chip this is, and the product needs an {expected}. Check the probe's software.",
)
READ_BACK_FAILED = FaultSpec(
    "LINE-126",
    UnitFault,
    "Behind the last image the check image found the credentials missing or wrong: {why}. The batch stops: "
    "give the board to the engineer.",
    Retry.NEVER,
)
ERASE_PROTECTED = FaultSpec(
    "LINE-127",
    UnitFault,
    "This board is locked for good (ERASEPROTECT): no probe can open it again. Put the board aside.",
    Retry.NEVER,
)
CREDENTIALS_GONE = FaultSpec(
    "LINE-128",
    UnitFault,
    "The modem lost its {what} when the board was flashed or powered off after it was written. Put the board aside; "
    "if it happens again, call the engineer: this product may not be built in this order.",
    Retry.NEVER,
)
NO_LAST_IMAGE = FaultSpec(
    "LINE-129", Bug, "A check image came before the last image. The recipe is wrong; call the engineer.", Retry.NEVER
)
OTHER_FIRMWARE = FaultSpec(
    "LINE-130",
    UnitFault,
    "The modem says that its firmware is {found}, but {expected} was programmed. Start the board once more; "
    "if it happens again, check the recipe's version, and call the engineer.",
)
# Whether a factory's own step is tried again is its recipe's word (attempts), and so is each fault of it.
COMMAND_FAILED = FaultSpec(
    "LINE-131", UnitFault, "The test {name} failed this board: {why}. Put the board aside.", Retry.SAME_UNIT
)
COMMAND_BROKEN = FaultSpec(
    "LINE-132",
    StationFault,
    "The test program {name} did not work: {why}. Call the engineer.",
    Retry.SAME_UNIT,
)
OUT_OF_LIMITS = FaultSpec(
    "LINE-133",
    UnitFault,
    "The test {name} measured {measure} = {value} {unit}, outside {limits}. Put the board aside.",
    Retry.SAME_UNIT,
)
ONE_WAY_UNCLEAR = FaultSpec(
    "LINE-134",
    StationFault,
    "Nobody can tell whether {name} was done to this board ({why}), and it must never be done twice. "
    "Put the board aside; an engineer decides.",
    Retry.NEVER,
)
STOP_RULE = FaultSpec(
    "LINE-141",
    StationFault,
    "{count} boards in a row failed with {code}. The line has stopped: find the cause, then start the batch again.",
)
NO_PROGRAMMER = FaultSpec(
    "LINE-143",
    StationFault,
    "The product {product} is flashed here, but slots {slots} of the fixture have no programmer. "
    "Use another fixture, or a product that is flashed elsewhere.",
)
NO_POWER_SWITCH = FaultSpec(
    "LINE-149",
    StationFault,
    "The product {product} cuts the board's power, but the station can't switch the power of slots {slots}. "
    "Give the fixture's slots a power command, or take the step out of the recipe.",
)
NOT_BY_THIS_PROBE = FaultSpec(
    "LINE-147",
    StationFault,
    "The product {product} sets ERASEPROTECT, which only pynrfjprog does; slots {slots} use another programmer. "
    'Write programmer = "nrfjprog" for them, or use another fixture.',
)
FINISHED_BEFORE = FaultSpec(
    "LINE-148",
    Refusal,
    "This label belongs to {device_id}, which {state}: the board was not touched. Take it out. "
    "To do it again, declare a rework.",
)
OVERWRITTEN = FaultSpec(
    "LINE-150",
    Refusal,
    "This board is {device_id}, which was finished: it was flashed before it could say so, and what it held is gone or "
    "in doubt. Put it aside; to build it again, declare a rework.",
)
WRONG_TEAM = FaultSpec(
    "LINE-151",
    StationFault,
    "The API key belongs to the team {found}, the station file wants {wanted}. Put the right key in place.",
)
KEY_REFUSED = FaultSpec("LINE-152", StationFault, "The cloud refuses the API key: {why}. Put a valid key in place.")
TOKEN_REFUSED = FaultSpec(
    "LINE-156",
    StationFault,
    "The cloud refuses the organisation token: {why}. Put a valid token in place, or correct organisation and project.",
)
NEVER_STATED = FaultSpec(
    "LINE-157",
    StationFault,
    "Nobody has confirmed that units go to {account}, and the cloud can't be asked. Arm a batch: that confirms it.",
)
NO_RULE = FaultSpec(
    "LINE-158",
    StationFault,
    "No active provisioning rule of the team has the claim tag {tags}: units of {product} would be claimed and never "
    "get their cloud key. Make it first: {command}",
)
NO_CHECK = FaultSpec(
    "LINE-160",
    StationFault,
    "The recipe of {product} wants a final check of every unit, and no way is known to ask the {api} API for one "
    "device. Write final_check = false in the recipe, or use a station file with the team API.",
)
CHECK_REFUSED = FaultSpec(
    "LINE-165",
    UnitFault,
    "{device_id} is onboarded, but its final check failed: {said}. Put the unit aside; a line lead has it checked by "
    "hand (station cloud device ID --jwt-from-slot N --record) or declares a rework.",
)
NOT_CHECKABLE = FaultSpec("LINE-170", Refusal, "Nothing is recorded: {why}. Check the ID, and the board.")
NO_PROVISIONING = FaultSpec(
    "LINE-159",
    StationFault,
    "The station file names no Provisioning API, by which devices are claimed. Write provisioning_url under [cloud] in "
    "{path}, of a team API.",
)
CLAIM_UNDER_WAY = FaultSpec(
    "LINE-212",
    Refusal,
    "An upload of {device_id} is under way: nobody knows what would be undone. See it to its end, or decide about it; "
    "then do it again.",
)
CLAIMED_ELSEWHERE = FaultSpec(
    "LINE-216",
    Refusal,
    "{device_id} was handed to {its}, and the API key is {now}'s, which can undo nothing there. Put the key of "
    "{its} in place.",
)
UNIT_WITHOUT_UUID = FaultSpec(
    "LINE-213",
    StationFault,
    "The journal knows no UUID of {device_id}, by which alone a device is claimed. Look for it in the portal.",
)
TAG_UNFIT = FaultSpec(
    "LINE-214",
    StationFault,
    "{tag} can't be a claim tag: 1 to 128 of the characters A-Z a-z 0-9 _ . @ : # = -. Choose another one.",
)
NOT_ATTESTED = FaultSpec(
    "LINE-215",
    StationFault,
    "{device_id} has no attestation token: it was not built by a product of that way. Name another unit.",
)
NEVER_CONFIRMED = FaultSpec(
    "LINE-153",
    StationFault,
    "The cloud can't be reached and has never confirmed this key's team ({why}). Connect once, then go on offline.",
)
TOO_FEW = FaultSpec(
    "LINE-154",
    StationFault,
    "Batch {batch} already has {done} finished units, so it can't be one of {quantity}. "
    "Ask for {done} or more, or give this work its own batch.",
)
NOTHING_TO_DECIDE = FaultSpec(
    "LINE-161",
    StationFault,
    "{device_id} is {state} with the cloud; only refused, unknown or held units, those of an upload that is overdue or "
    "for another account, and as seen those that are claimed, are decided by hand.",
)
PROVEN_BY_TOKEN = FaultSpec(
    "LINE-166",
    Refusal,
    "This unit ({device_id}) is finished and was left as it is. What became of its upload was unknown: the cloud has "
    "now accepted the board's own token, so it counts as onboarded. Take it out.",
)
UNKNOWN_UNIT = FaultSpec("LINE-162", StationFault, "The journal has no unit {text}. Check the number.")
NO_SUCH_BATCH = FaultSpec(
    "LINE-167", StationFault, "The journal has no batch {batch}. The newest: {known}. Check the name."
)
BATCH_IS_CLOSED = FaultSpec(
    "LINE-168",
    StationFault,
    "Batch {batch} is closed already. Leave it so; give work that is still to be done a batch of its own.",
)
BATCH_AT_WORK = FaultSpec(
    "LINE-169",
    StationFault,
    "Batch {batch} can't be closed while slots {slots} are at work on its boards. "
    "Stop the line (Ctrl-C) and wait until they have ended, then close it.",
)
NO_SUCH_PRODUCT = FaultSpec(
    "LINE-171", StationFault, "There is no product {product} in {folder}. Known are: {known}. Or name a recipe file."
)
PASSPHRASE_NOWHERE = FaultSpec(
    "LINE-172",
    StationFault,
    "The CA's passphrase is asked for, and nobody can be asked here. Name its place in {path}, under [ca] passphrase.",
)
SEVERAL_UNITS = FaultSpec("LINE-163", StationFault, "{text} could be several units: {which}. Write more of it.")
NO_SUCH_ENTRIES = FaultSpec(
    "LINE-164", StationFault, "There are no entries {first} to {last}: the journal ends at {newest}. Check the numbers."
)
NO_CLOUD = FaultSpec("LINE-173", StationFault, "{path} names no cloud. Add a [cloud] table to upload.")
NO_CA = FaultSpec(
    "LINE-174", StationFault, "There is no CA in {folder} yet. Make one with: station ca init (or restore the backup)."
)
OTHER_PRODUCT = FaultSpec(
    "LINE-175", StationFault, "{path} makes the product {found}. Give the file that name, or name the file as a path."
)
NOT_RELEASED = FaultSpec(
    "LINE-181",
    Refusal,
    "Changed since it was released: {settings}. Nothing is built with it before one of these has looked at it and says "
    "why: {allowed} (station release).",
)
NEVER_RELEASED = FaultSpec(
    "LINE-182",
    Refusal,
    "Never released on this station: {settings}. Nothing is built with it before one of these has looked at it and "
    "says why: {allowed} (station release).",
)
RELEASED_SINCE = FaultSpec(
    "LINE-189",
    Refusal,
    "{path} was changed and released while this station works with it as it was before. End the engine once, when "
    "nothing is on the line; then it counts.",
)
SERIALS_UNREADABLE = FaultSpec(
    "LINE-183",
    StationFault,
    "{text} is no range of labels: {why}. Write the first and the last label, such as TRK-0001..TRK-0250.",
)
SERIALS_UNSCANNED = FaultSpec(
    "LINE-184",
    StationFault,
    "Boards of {product} are not scanned, so the labels {serials} can't be held to. Leave the range out, or give the "
    "recipe a pattern of its labels ([device_id] pattern).",
)
SERIALS_TOO_FEW = FaultSpec(
    "LINE-185",
    StationFault,
    "{serials} are {count} labels, and {quantity} units are ordered. Give a range as long as the order, or a smaller "
    "quantity.",
)
SERIALS_DIFFER = FaultSpec(
    "LINE-186",
    StationFault,
    "Batch {batch} was begun with {before}, not with {serials}. Start it again without a range to go on, or give this "
    "work its own batch.",
)
LABEL_OUTSIDE = FaultSpec(
    "LINE-187",
    Refusal,
    "{label} is not one of this batch's labels ({serials}). Put the board aside; if it belongs here, check its label.",
)
LABEL_USED = FaultSpec(
    "LINE-188",
    Refusal,
    "{label} is used already: {by}. No label is used twice; check it, and put the board aside if it is right.",
)
MISTAKE = FaultSpec(
    "LINE-901", Bug, "The program made a mistake. Nothing in the journal is lost. Give {path} to the engineer."
)
TEXT_UNREADABLE = FaultSpec(
    "LINE-201", StationFault, "What came on standard input can't be used: {reason}. Give just the text itself."
)
NO_SUCH_SLOT = FaultSpec(
    "LINE-202", StationFault, "The fixture {fixture} has no slot {slot}. It has: {known}. Name one of these."
)
NO_KEY_OF_UNIT = FaultSpec(
    "LINE-203",
    StationFault,
    "The journal has no key in force for {device_id}. Give its public key or certificate as a file instead.",
)
TAG_RESERVED = FaultSpec(
    "LINE-204",
    StationFault,
    "Security tag {sec_tag} is the modem's own (all above {highest} are): nothing of it is ever deleted. "
    "Check the number.",
)
CLOUD_TOLD_NOTHING = FaultSpec(
    "LINE-205", StationFault, "The cloud did not say: {why}. Mend that, or try again later.", Retry.AFTER_OPERATOR
)
TEAM_API_ONLY = FaultSpec(
    "LINE-206",
    StationFault,
    "{path} names the organisation API, and no way is known to ask that for this. Look in the portal, or use a station "
    "file with the team API.",
)
DELETE_IN_PORTAL = FaultSpec(
    "LINE-217",
    Refusal,
    "{path} names the organisation API, and no way is known to delete a device by that. Delete it in the portal.",
)
TOKEN_UNUSABLE = FaultSpec(
    "LINE-207", StationFault, "{source} holds no token (JWT). Give what `station jwt create` made, and nothing else."
)
MADE_HERE = FaultSpec(
    "LINE-208",
    Refusal,
    "{device_id} is a unit of this station and has a key of its own: it gets none that the cloud has made. "
    "Use an ID that no board has.",
)
DEVELOPMENT_ONLY = FaultSpec(
    "LINE-209",
    Refusal,
    "The cloud would make the private key, and it leaves the cloud in the clear: that is for development alone. "
    "If that is what you want, say so: --development.",
)
