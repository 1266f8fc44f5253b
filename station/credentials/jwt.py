"""The proof that a modem holds a key: the JWT of %JWT (AT command manual, %JWT; RFC 7515, RFC 7519)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.faults import (
    JWT_ALGORITHM_REFUSED,
    JWT_CLAIM_DIFFERS,
    JWT_SIGNATURE_WRONG,
    JWT_TIME_WRONG,
    JWT_UNREADABLE,
)
from station.credentials.jws import LONGEST_LIFE, read_issuer, read_time, take_devices_apart
from station.domain.ids import DeviceUuid

DEFAULT_SKEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DeviceJwt:
    """The claims of a token whose signature held. The token itself is a credential, and is not kept."""

    audience: str
    subject: str | None
    hardware: str | None
    """First half of ``iss``."""
    uuid: DeviceUuid | None
    """Second half of ``iss``."""
    issued: datetime | None
    expires: datetime | None


def check_device_jwt(
    token: str,
    *,
    public_key: ec.EllipticCurvePublicKey,
    audience: str,
    now: datetime,
    uuid: DeviceUuid | None = None,
    subject: str | None = None,
    skew: timedelta = DEFAULT_SKEW,
) -> DeviceJwt:
    """Return the claims only where ``public_key`` verifies the token, by ES256 and nothing else, for ``audience``.

    ``exp`` and ``iat`` come together or not at all (exp_delta 0). Where they are there they are judged: the station
    set the modem's clock moments ago, so a token more than ``skew`` off was not made now, or the modem did not take
    the time. ``subject``, where given, must be claimed; ``iss`` may be missing, but must not name another ``uuid``.

    Raises CRED-131 to CRED-135, never quoting the token, and ``ValueError`` where ``public_key`` is not P-256; pure.
    """
    if not isinstance(public_key.curve, ec.SECP256R1):
        raise ValueError("a device's key is EC P-256")
    try:
        header, payload = take_devices_apart(token)
        if header.get("typ", "JWT") != "JWT" or not isinstance(header.get("kid", ""), str):
            raise ValueError("its header holds more than alg, typ and kid as modems write them")
    except ValueError as error:
        raise JWT_UNREADABLE.fault(f"{len(token)} characters", reason=error) from error
    if header.get("alg") != "ES256":
        raise JWT_ALGORITHM_REFUSED.fault(f"alg {str(header.get('alg'))[:40]!r}")
    _verify(token, public_key)
    try:
        claims = _read_claims(payload)
    except ValueError as error:
        raise JWT_UNREADABLE.fault("signature holds", reason=error) from error
    _compare(claims, audience, uuid, subject)
    _judge_time(claims, now, skew)
    return claims


def _verify(token: str, public_key: ec.EllipticCurvePublicKey) -> None:
    try:
        pyjwt.PyJWS(algorithms=["ES256"]).decode_complete(token, public_key, algorithms=["ES256"])
    except pyjwt.InvalidSignatureError as error:
        raise JWT_SIGNATURE_WRONG.fault() from error
    except pyjwt.PyJWTError as error:
        raise JWT_UNREADABLE.fault(type(error).__name__, reason="it is refused") from error


def _read_claims(payload: dict[str, object]) -> DeviceJwt:
    audience = _text(payload, "aud")
    if audience is None:
        raise ValueError("it names no audience")
    hardware, uuid = read_issuer(_text(payload, "iss"))
    issued, expires = read_time(payload, "iat"), read_time(payload, "exp")
    if (issued is None) != (expires is None):
        raise ValueError("it has only one of iat and exp")
    if "nbf" in payload:
        raise ValueError("it has nbf, which modems never write")
    return DeviceJwt(audience, _text(payload, "sub"), hardware, uuid, issued, expires)


def _text(payload: dict[str, object], name: str) -> str | None:
    if name not in payload:
        return None
    value = payload[name]
    # Printable: JSON can spell lone surrogates, which no file could hold afterwards.
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"its {name} is no text")
    return value


def _compare(claims: DeviceJwt, audience: str, uuid: DeviceUuid | None, subject: str | None) -> None:
    if claims.audience != audience:
        raise JWT_CLAIM_DIFFERS.fault(f"{claims.audience!r} instead of {audience!r}", claim="audience")
    if subject is not None and claims.subject != subject:
        raise JWT_CLAIM_DIFFERS.fault(f"{claims.subject!r} instead of {subject!r}", claim="subject")
    if uuid is not None and claims.uuid is not None and claims.uuid != uuid:
        raise JWT_CLAIM_DIFFERS.fault(f"{claims.uuid} instead of {uuid}", claim="modem")


def _judge_time(claims: DeviceJwt, now: datetime, skew: timedelta) -> None:
    if claims.issued is None or claims.expires is None:
        return
    off = claims.issued - now
    if abs(off) > skew:
        raise JWT_TIME_WRONG.fault(f"iat {claims.issued}, now {now}", reason=f"it is {off.total_seconds():+.0f} s off")
    life = claims.expires - claims.issued
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise JWT_TIME_WRONG.fault(
            f"exp {claims.expires}", reason=f"it would be valid for {life.total_seconds():.0f} s"
        )
