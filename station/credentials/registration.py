"""The registration token that an nRF93M1 signs for its onboarding (%REGJWT; at-commands reference section 5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.faults import JWT_ALGORITHM_REFUSED, JWT_UNREADABLE, REGISTRATION_REFUSED
from station.credentials.jws import LONGEST_LIFE, read_time, take_devices_apart
from station.domain.ids import DeviceUuid, parse_device_uuid
from station.domain.secret import Secret

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
        header, claims = take_devices_apart(token)
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
    try:
        issued, expires = read_time(claims, "iat"), read_time(claims, "exp")
    except ValueError as error:
        raise JWT_UNREADABLE.fault("signature holds", reason=error) from error
    if issued is not None and abs(issued - now) > skew:
        raise REGISTRATION_REFUSED.fault(
            f"iat {issued}, now {now}", reason=f"it is {(issued - now).total_seconds():+.0f} s off"
        )
    if expires is None:
        return (issued or now) + LIFE
    if not timedelta(0) < expires - now <= LONGEST_LIFE:
        raise REGISTRATION_REFUSED.fault(
            f"exp {expires}, now {now}", reason=f"it would be valid for {(expires - now).total_seconds():.0f} s"
        )
    return expires
