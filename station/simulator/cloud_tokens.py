"""What the simulated cloud makes of the tokens that devices are onboarded by (nrf-cloud-api reference 1.2, 2, 3.2).

The real one knows every device's identity key from the factory and so verifies the signature; this one can't, and
looks at all the rest.
"""

import json
from datetime import datetime

from station.credentials import base64url
from station.credentials.attestation import read_attestation
from station.domain.faults import Fault
from station.simulator.cloud_rows import Row

NOT_A_TOKEN = "The attestation token is not valid."  # noqa: S105 -- a sentence, no token
NOT_SUPPORTED = "Devices of this type can't be onboarded by attestation token."
NOT_A_JWT = "The onboarding token is not a valid JSON Web Token."
OTHER_DEVICE = "The onboarding token is another device's."
OTHER_TENANT = "The onboarding token was made for another account."
EXPIRED = "The onboarding token has expired."


def judge_token(row: Row, team_id: str, now: datetime) -> str:
    """Return why the cloud does not take the row's token, "" where it does. Pure."""
    if row.credential == "attestation-token":
        try:
            token = read_attestation(row.pem)
        except Fault:
            return NOT_A_TOKEN
        return NOT_SUPPORTED if token.device_type <= 3 else ""
    parts = row.pem.split(".")
    try:
        header, claims = (json.loads(base64url.decode(part)) for part in parts[:2])
    except ValueError:
        return NOT_A_JWT
    if len(parts) != 3 or not isinstance(claims, dict) or not isinstance(header, dict) or header.get("alg") != "ES256":
        return NOT_A_JWT
    if str(claims.get("sub", "")).lower() != row.device_id.lower():
        return OTHER_DEVICE
    if "/" not in team_id and claims.get("id") != team_id:  # what a project's token must name is not known
        return OTHER_TENANT
    expires = claims.get("exp")
    return EXPIRED if isinstance(expires, int | float) and expires <= now.timestamp() else ""
