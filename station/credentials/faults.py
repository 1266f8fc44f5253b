"""What can be wrong with what a modem says, or with a certificate file."""

from station.domain.faults import FaultSpec, Retry, StationFault, UnitFault

KEYGEN_UNREADABLE = FaultSpec(
    "CRED-101",
    UnitFault,
    "The modem's answer to key generation can't be read: {reason}. Try the unit again; "
    "if this repeats on other units too, check the serial cable and the fixture's contacts.",
    Retry.SAME_UNIT,
)
KEYGEN_DIGEST_DIFFERS = FaultSpec(
    "CRED-102",
    UnitFault,
    "The certificate request is not the one the modem vouches for: it was changed or damaged on its way. "
    "Try the unit again; if this repeats, keep it aside for an engineer.",
    Retry.SAME_UNIT,
)
KEYGEN_NO_CSR = FaultSpec(
    "CRED-103",
    UnitFault,
    "The modem answered with a bare public key where a certificate request was asked for. Try the unit again.",
    Retry.SAME_UNIT,
)
UUID_DIFFERS = FaultSpec(
    "CRED-104",
    StationFault,
    "The key was made by modem {found}, but this slot holds modem {expected}. "
    "Check that no board was swapped and that the slot's cables lead to the right port, then try again.",
)
SEC_TAG_DIFFERS = FaultSpec(
    "CRED-105",
    UnitFault,
    "The modem made the key under security tag {found}, not {expected} as asked. Try the unit again.",
    Retry.SAME_UNIT,
)
IDENTITY_REFUSED = FaultSpec(
    "CRED-106",
    UnitFault,
    "The modem's statement is not signed by the identity key known for it. Keep the unit aside for an engineer.",
    Retry.NEVER,
)
KEYGEN_NO_PUBLIC_KEY = FaultSpec(
    "CRED-107",
    UnitFault,
    "The modem answered with a certificate request where a bare public key was asked for. Try the unit again.",
    Retry.SAME_UNIT,
)
CSR_UNREADABLE = FaultSpec(
    "CRED-111",
    UnitFault,
    "The modem's certificate request can't be read: {reason}. Try the unit again; "
    "if this repeats, keep it aside for an engineer.",
    Retry.SAME_UNIT,
)
CSR_KEY_REFUSED = FaultSpec(
    "CRED-112",
    UnitFault,
    "The certificate request holds a key of another kind than EC P-256, which is all this station signs. "
    "Keep the unit aside for an engineer.",
    Retry.NEVER,
)
CSR_SUBJECT_REFUSED = FaultSpec(
    "CRED-113",
    UnitFault,
    "The certificate request's subject is refused: {reason}. Keep the unit aside for an engineer.",
    Retry.NEVER,
)
CSR_SIGNATURE_WRONG = FaultSpec(
    "CRED-114",
    UnitFault,
    "The certificate request is not signed by its own key, so nothing shows that the modem has that key. "
    "Try the unit again; if this repeats, keep it aside for an engineer.",
    Retry.SAME_UNIT,
)
CN_DIFFERS = FaultSpec(
    "CRED-115",
    UnitFault,
    "The certificate request names {found}, but this unit is {expected}. Try the unit again; "
    "if this repeats, keep it aside for an engineer.",
    Retry.SAME_UNIT,
)
ATTESTATION_UNREADABLE = FaultSpec(
    "CRED-121",
    UnitFault,
    "The modem's attestation token can't be read: {reason}. Try the unit again; "
    "if this repeats on other units too, check the serial cable and the fixture's contacts.",
    Retry.SAME_UNIT,
)
ATTESTATION_STALE = FaultSpec(
    "CRED-122",
    UnitFault,
    "The attestation token does not answer the question just asked. Try the unit again.",
    Retry.SAME_UNIT,
)
ATTESTATION_OF_ANOTHER = FaultSpec(
    "CRED-123",
    StationFault,
    "The attestation token is modem {found}'s, but this slot holds modem {expected}. "
    "Check that no board was swapped and that the slot's cables lead to the right port, then try again.",
)
JWT_UNREADABLE = FaultSpec(
    "CRED-131",
    UnitFault,
    "The modem's proof of its key (JWT) can't be read: {reason}. Try the unit again; "
    "if this repeats on other units too, check the serial cable and the fixture's contacts.",
    Retry.SAME_UNIT,
)
JWT_ALGORITHM_REFUSED = FaultSpec(
    "CRED-132",
    UnitFault,
    "The modem's proof of its key (JWT) is not signed with ES256, the only way a modem signs. "
    "Keep the unit aside for an engineer.",
    Retry.NEVER,
)
JWT_SIGNATURE_WRONG = FaultSpec(
    "CRED-133",
    UnitFault,
    "The key in the modem does not belong to the certificate written to it. "
    "Try the unit again from its start; if this repeats, keep it aside for an engineer.",
    Retry.SAME_UNIT,
)
JWT_CLAIM_DIFFERS = FaultSpec(
    "CRED-134",
    UnitFault,
    "The modem's proof of its key (JWT) names another {claim} than asked for. Try the unit again.",
    Retry.SAME_UNIT,
)
JWT_TIME_WRONG = FaultSpec(
    "CRED-135",
    UnitFault,
    "The modem's proof of its key (JWT) was not made now by the station's clock: {reason}. "
    "Check this PC's date and time, then try the unit again.",
    Retry.SAME_UNIT,
)
REGISTRATION_REFUSED = FaultSpec(
    "CRED-136",
    UnitFault,
    "The registration token that the modem signed can't be used: {reason}. Try the unit again; "
    "if this repeats, keep it aside for an engineer.",
    Retry.SAME_UNIT,
)
PEM_UNREADABLE = FaultSpec(
    "CRED-141",
    StationFault,
    "{source} is no clean certificate file (PEM): {reason}. Put the right file in its place.",
)
PEM_HOLDS_KEY = FaultSpec(
    "CRED-142",
    StationFault,
    "{source} holds a private key, which must never be there. Take the key out, and treat it as known to others.",
)
TOKEN_UNKNOWN = FaultSpec(
    "CRED-151",
    StationFault,
    "This is no text of %KEYGEN or %ATTESTTOKEN: {reason}. Copy all that stands between the quotes, and nothing else.",
)
KEY_FILE_REFUSED = FaultSpec(
    "CRED-152",
    StationFault,
    "{source} is no private key that signs ES256 (EC P-256, PEM): {reason}. Name the right file.",
)
KEY_UNDER_PASSPHRASE = FaultSpec(
    "CRED-153",
    StationFault,
    "The private key in {source} is under a passphrase, {why}. Give the right one: in a file that only you can read, "
    "in an environment variable, or when you are asked for it.",
)
PUBLIC_KEY_REFUSED = FaultSpec(
    "CRED-154",
    StationFault,
    "{source} is neither a public key nor a certificate of the kind EC P-256 (PEM): {reason}. Name the right file.",
)
