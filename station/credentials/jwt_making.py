"""Tokens that a key in a file signs: ES256, as a device signs its own (RFC 7515, RFC 7519; nrf-cloud-api section 4)."""

import json
from dataclasses import dataclass
from datetime import datetime

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.jws import read_issuer

LONGEST_CLAIM = 128
"""Characters; a modem takes no longer subject or audience (sdk-nrf's modem_jwt)."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token claims; None is not claimed. nRF Cloud takes ``subject`` for the device, else ``issuer``'s UUID.

    ``issued`` and ``expires`` are whole seconds; a modem claims both or neither.
    """

    subject: str | None = None
    issuer: str | None = None
    """``<hardware>.<UUID>``."""
    audience: str | None = None
    issued: datetime | None = None
    expires: datetime | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` with a clause for a claim that no device makes."""
        for name, text in (("subject", self.subject), ("issuer", self.issuer), ("audience", self.audience)):
            if text is not None and not (1 <= len(text) <= LONGEST_CLAIM and text.isascii() and text.isprintable()):
                raise ValueError(f"the {name} is not 1 to {LONGEST_CLAIM} printable ASCII characters")
        read_issuer(self.issuer)
        if self.issued is not None and self.expires is not None and self.expires <= self.issued:
            raise ValueError("it would expire before it is made")

    def as_json(self) -> dict[str, object]:
        """Return the claims under their names in RFC 7519."""
        named = {
            "sub": self.subject,
            "iss": self.issuer,
            "aud": self.audience,
            "iat": _seconds(self.issued),
            "exp": _seconds(self.expires),
        }
        return {name: value for name, value in named.items() if value is not None}


def make_jwt(key: ec.EllipticCurvePrivateKey, claims: Claims) -> str:
    """Return a token with these claims, signed with ES256; ``ValueError`` where ``key`` is not P-256.

    No two are alike: ECDSA signs with a number made by chance.
    """
    if not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("ES256 takes an EC P-256 key")
    payload = json.dumps(claims.as_json(), separators=(",", ":")).encode("ascii")
    return pyjwt.PyJWS(algorithms=["ES256"]).encode(payload, key, algorithm="ES256", headers={"typ": "JWT"})


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())
