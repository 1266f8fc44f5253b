"""What keeps the cloud from being spoken to at all. What it answers is a value (see ``protocol``), not a fault."""

from station.domain.faults import Bug, FaultSpec, StationFault

BASE_URL_BAD = FaultSpec(
    "CLD-101", StationFault, "The cloud's address {url} can't be used: {why}. Correct it in the station file."
)
KEY_BAD = FaultSpec(
    "CLD-102",
    StationFault,
    "The cloud's API key or token is empty or holds a blank, a line break or another character no key has. "
    "Store it again.",
)
CA_BUNDLE_BAD = FaultSpec(
    "CLD-103",
    StationFault,
    "The CA bundle {path} can't be used. Name a readable file of PEM certificates in the station file.",
)
PROXY_BAD = FaultSpec(
    "CLD-104", StationFault, "The proxy's address can't be used: {why}. Correct it in the station file."
)
TIMEOUTS_BAD = FaultSpec(
    "CLD-105", StationFault, "The cloud's time limits must be above zero. Correct the station file."
)
ROW_BAD = FaultSpec(
    "CLD-111",
    StationFault,
    "The cloud would not take the row of {device_id}: {why}. Correct the recipe or call an engineer.",
)
BODY_BAD = FaultSpec("CLD-112", StationFault, "These rows can't go to the cloud in one body: {why}. Call an engineer.")
KEY_ELSEWHERE = FaultSpec(
    "CLD-190", Bug, "The API key or token was about to go to another address and was held back. Call an engineer."
)
