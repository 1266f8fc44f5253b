"""The registration token that an nRF93M1 signs for its onboarding (%REGJWT; at-commands reference section 5)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials import base64url
from station.credentials.faults import JWT_ALGORITHM_REFUSED, JWT_UNREADABLE, REGISTRATION_REFUSED
from station.domain.ids import DeviceUuid, parse_device_uuid
from station.domain.secret import Secret
from station.host.strict_json import read_strict_json

_LIMIT: Final = 2048
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_LIFE: Final = timedelta(days=7)

LIFE: Final = timedelta(hours=1)
"""How long the vendor says that a token is good, counted by the device's clock, where it does not say so itself."""


@dataclass(frozen=True, slots=True)
class RegistrationToken:
    """A registration token whose signature held. Whoever has it can onboard the device, to that account alone."""

    token: Secret
    uuid: DeviceUuid
    """The device: ``sub``."""
    tenant: str
    """The account that it is for: ``id``."""
    expires: datetime
    """When the cloud stops taking it: ``exp``, or :data:`LIFE` after it was made where it names no time."""


def check_registration_token(
    token: str,
    *,
    public_key: ec.EllipticCurvePublicKey,
    uuid: DeviceUuid,
    tenant: str,
    now: datetime,
    skew: timedelta = timedelta(minutes=10),
) -> RegistrationToken:
    """Return the token only where ``public_key`` verifies it by ES256, for this device and this account.

    The claims seen in a genuine one are ``sub`` (the device's UUID) and ``id`` (the team). Times are judged where it
    names some: the clock was set moments ago. Raises CRED-131, CRED-132 or CRED-136, never quoting the token; pure.
    """
    try:
        header, claims = _take_apart(token)
    except ValueError as error:
        raise JWT_UNREADABLE.fault(f"{len(token)} characters", reason=error) from error
    if header.get("alg") != "ES256":
        raise JWT_ALGORITHM_REFUSED.fault(f"alg {str(header.get('alg'))[:40]!r}")
    try:
        pyjwt.PyJWS(algorithms=["ES256"]).decode_complete(token, public_key, algorithms=["ES256"])
    except pyjwt.InvalidSignatureError as error:
        raise REGISTRATION_REFUSED.fault(reason="the cloud access key did not sign it") from error
    except pyjwt.PyJWTError as error:
        raise JWT_UNREADABLE.fault(type(error).__name__, reason="it is refused") from error
    _compare(claims, uuid, tenant)
    return RegistrationToken(Secret(token), uuid, tenant, _expiry(claims, now, skew))


def _take_apart(token: str) -> tuple[dict[str, object], dict[str, object]]:
    if len(token) > _LIMIT:
        raise ValueError(f"it is longer than {_LIMIT} characters")
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("it has not three parts")
    header, claims, signature = (base64url.decode(part) for part in parts)
    if len(signature) != 64:
        raise ValueError("its signature has not 64 bytes")
    read = _read_object(header, "header")
    if not set(read) <= {"alg", "typ", "kid"}:
        # Whatever else a header could ask for (other keys, critical extensions) no modem does.
        raise ValueError("its header holds more than alg, typ and kid")
    return read, _read_object(claims, "payload")


def _read_object(data: bytes, what: str) -> dict[str, object]:
    try:
        value = read_strict_json(data)
    except ValueError as error:
        raise ValueError(f"its {what} is no JSON ({error})") from error
    if not isinstance(value, dict):
        raise ValueError(f"its {what} is no JSON object")
    return value


def _compare(claims: dict[str, object], uuid: DeviceUuid, tenant: str) -> None:
    subject = claims.get("sub")
    try:
        found = parse_device_uuid(subject) if isinstance(subject, str) else None
    except ValueError:
        found = None
    if found != uuid:
        raise REGISTRATION_REFUSED.fault(
            f"sub {str(subject)[:64]!r} instead of {uuid}", reason="it names another device"
        )
    account = claims.get("id")
    if account != tenant:
        raise REGISTRATION_REFUSED.fault(
            f"id {str(account)[:64]!r} instead of {tenant!r}", reason="it names another account"
        )


def _expiry(claims: dict[str, object], now: datetime, skew: timedelta) -> datetime:
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if issued is not None and abs(issued - now) > skew:
        raise REGISTRATION_REFUSED.fault(
            f"iat {issued}, now {now}", reason=f"it is {(issued - now).total_seconds():+.0f} s off"
        )
    if expires is None:
        return (issued or now) + LIFE
    if not timedelta(0) < expires - now <= _LONGEST_LIFE:
        raise REGISTRATION_REFUSED.fault(
            f"exp {expires}, now {now}", reason=f"it would be valid for {(expires - now).total_seconds():.0f} s"
        )
    return expires


def _time(claims: dict[str, object], name: str) -> datetime | None:
    if name not in claims:
        return None
    value = claims[name]
    # An exact type: JSON's true would else pass as 1. The bound keeps datetime from overflowing (year 9999).
    if type(value) is not int or not 0 <= value < 253402300800:
        raise JWT_UNREADABLE.fault("signature holds", reason=f"its {name} is no time")
    return _EPOCH + timedelta(seconds=value)
