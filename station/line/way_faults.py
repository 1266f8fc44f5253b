"""What can go wrong with a way in which units get their credentials."""

from station.domain.faults import Bug, FaultSpec, Retry, StationFault, UnitFault

NOT_ATTESTABLE = FaultSpec(
    "LINE-119",
    UnitFault,
    "nRF Cloud takes no attestation of this board ({model}): it is an nRF9160, and only nRF91x1 can be onboarded so. "
    "Check that it is the right board, or use a product that makes a certificate.",
    Retry.NEVER,
)
CHALLENGE_REFUSED = FaultSpec(
    "LINE-135",
    UnitFault,
    "This board's modem refused to attest itself to a question of this station's, which its firmware ({firmware}) can: "
    "a token without that may be an old one. Try the unit again; if this repeats, keep it aside for an engineer.",
    Retry.SAME_UNIT,
)
NAMELESS = FaultSpec(
    "LINE-116",
    UnitFault,
    "Nothing on this board says who it is: its shell has no modem to ask (the command at). Check that the right "
    "firmware is on it, then call the engineer.",
    Retry.NEVER,
)
WRONG_DEVICE = FaultSpec(
    "LINE-136",
    Bug,
    "The device on this port can't do what the way {way} asks of it. The recipe is wrong; call the engineer.",
    Retry.NEVER,
)
NO_ACCOUNT = FaultSpec(
    "LINE-137",
    StationFault,
    "This modem's token is for one account at the cloud, and none is known: the batch was armed without a cloud. "
    "Write [cloud] into the station file, then start the batch again.",
)
NO_TENANT = FaultSpec(
    "LINE-139",
    StationFault,
    "The onboarding token of {product} must name the account it is for, and the organisation API does not tell that. "
    "Write tenant under [cloud] in the station file.",
)
KEY_NOT_SHOWN = FaultSpec(
    "LINE-138",
    UnitFault,
    "The board took the key that was made here, but can't show that it stored it (its shell makes no digests). Put the "
    "board aside, and call the engineer: its firmware is not built for this way.",
    Retry.NEVER,
)
WAY_NOT_TAKEN = FaultSpec(
    "LINE-155",
    StationFault,
    "The product {product} is onboarded by {kind}, and the cloud's {api} API does not take that. {instead}",
)
