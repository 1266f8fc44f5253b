"""What can be wrong with an image, looked at before a batch starts (DEV-33x, DEV-34x)."""

from station.domain.faults import FaultSpec, StationFault

IMAGE_UNREADABLE = FaultSpec(
    "DEV-330", StationFault, "The image {path} is no Intel HEX file: {why}. Get the file from its maker once more."
)
IMAGE_EMPTY = FaultSpec(
    "DEV-331", StationFault, "The image {path} holds nothing to program. Get the file from its maker once more."
)
IMAGE_TRUNCATED = FaultSpec(
    "DEV-332",
    StationFault,
    "The image {path} has no end record: a part of it is missing. Copy the file once more.",
)
IMAGE_OUTSIDE = FaultSpec(
    "DEV-333",
    StationFault,
    "The image {path} has data for {address}, which is neither flash nor UICR of an nRF91. "
    "Check that it is the product's image, made for this chip.",
)
IMAGE_NO_VECTORS = FaultSpec(
    "DEV-334",
    StationFault,
    "The image {path} holds no program that could start: {why}. Take the merged image of the build (merged.hex).",
)
IMAGE_NOT_MODEM = FaultSpec(
    "DEV-335",
    StationFault,
    "The file {path} is no modem firmware package as Nordic ships it: {why}. Get the package from Nordic once more.",
)
IMAGE_OTHER_FAMILY = FaultSpec(
    "DEV-336",
    StationFault,
    "The modem firmware {path} is for {found}, and this product's chip is {expected}. Put the right package there.",
)
IMAGE_LOCKS_FOREVER = FaultSpec(
    "DEV-337",
    StationFault,
    "The image {path} sets ERASEPROTECT, which can never be undone, not even by a recovery. Have it built without; "
    'if the product needs it, a step "lock" says so in the recipe.',
)
IMAGE_TOO_BIG = FaultSpec(
    "DEV-338", StationFault, "The image {path} is too big: {why}. Check that it is the product's image."
)
IMAGE_NO_PLACE = FaultSpec(
    "DEV-339",
    StationFault,
    "There is no folder whose path has plain letters alone, as probes' programs need it (tried {tried}). "
    "Let the station file name such a data folder.",
)
IMAGE_NOT_STARTED = FaultSpec(
    "DEV-340",
    StationFault,
    "The image {path} begins at {begins}, and with it flashed the board would never start: {why}. {mend}",
)
IMAGE_UICR_STAYS = FaultSpec(
    "DEV-341",
    StationFault,
    'The image {path} writes the UICR at {address}, and erase = "touched" does not erase that: {why}, so its '
    'verification would fail. Write erase = "all" for this image in the recipe, or take one without UICR data.',
)
