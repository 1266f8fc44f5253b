"""Whether a JWT holds, and if not, why not: every reason, for a person (RFC 7515, RFC 7519; nrf-cloud-api section 4).

The line's own check is :func:`station.credentials.jwt.check_device_jwt`, which stops at the first fault and takes only
what a modem made a moment ago. This reads tokens of any age and maker.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials import jws

_LIMIT = 8192
_FUTURE = timedelta(seconds=60)
"""So far ahead of this PC may the clock be by which a token was made."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must claim; None is not asked for. ``devices``: whom it may speak for, each of them."""

    audience: str | None = None
    subject: str | None = None
    devices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a token says and what is wrong with it: it holds where nothing is. The token itself is not kept."""

    header: dict[str, object] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    device: str | None = None
    """Whom nRF Cloud takes it to speak for: ``sub``, else the second half of ``iss``."""
    expires: datetime | None = None
    wrong: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.wrong


def judge_jwt(
    token: str, public_key: ec.EllipticCurvePublicKey, *, now: datetime, expected: Expected | None = None
) -> Judgement:
    """Return what ``token`` says and every reason not to take it, whatever the text. Pure.

    Signed with ES256 by ``public_key`` (P-256; ``ValueError`` for any other), not expired, not from the future.
    """
    if not isinstance(public_key.curve, ec.SECP256R1):
        raise ValueError("ES256 takes an EC P-256 key")
    try:
        header, claims = take_apart(token)
    except ValueError as error:
        return Judgement(wrong=(f"it is no JWT: {error}",))
    wrong = [*_wrong_header(header), *_wrong_signature(token, public_key)]
    notes: list[str] = []
    expires = _judge_times(claims, now, wrong, notes)
    device = device_of(claims)
    _compare(claims, device, expected or Expected(), wrong)
    return Judgement(header, claims, device, expires, tuple(wrong), tuple(notes))


def take_apart(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Return header and claims, unverified: to show them only. Raises ``ValueError`` with a clause. Pure."""
    header, claims, _ = jws.take_apart(token, _LIMIT)
    return header, claims


def device_of(claims: dict[str, object]) -> str | None:
    """Return the device that nRF Cloud takes the claims to speak for, or None. Pure."""
    subject, issuer = claims.get("sub"), claims.get("iss")
    if isinstance(subject, str):
        return subject
    try:
        return jws.read_issuer(issuer)[1] if isinstance(issuer, str) else None
    except ValueError:
        return None


def _wrong_header(header: dict[str, object]) -> list[str]:
    wrong = []
    if header.get("alg") != "ES256":
        wrong.append(f"it says that it is signed with {_quote(header.get('alg'))}, and nRF Cloud takes ES256 alone")
    if "crit" in header:
        wrong.append("its header demands extensions (crit), and no device's token does")
    return wrong


def _wrong_signature(token: str, public_key: ec.EllipticCurvePublicKey) -> list[str]:
    try:
        # By the algorithm named here, never by the one that the token names.
        pyjwt.PyJWS(algorithms=["ES256"]).decode_complete(token, public_key, algorithms=["ES256"])
    except pyjwt.InvalidSignatureError:
        return ["its signature is not by this key: another key signed it, or it was changed afterwards"]
    except pyjwt.InvalidAlgorithmError:
        return ["so its signature was not looked at"]
    except pyjwt.PyJWTError:
        return ["its signature can't be read"]
    return []


def _judge_times(claims: dict[str, object], now: datetime, wrong: list[str], notes: list[str]) -> datetime | None:
    times: dict[str, datetime | None] = {}
    for name in ("exp", "nbf", "iat"):
        try:
            times[name] = _time(claims.get(name))
        except ValueError:
            times[name] = None
            wrong.append(f"its {name} is no time")
    expires, begins, issued = times["exp"], times["nbf"], times["iat"]
    if expires is not None and now >= expires:
        wrong.append(f"it expired at {_show(expires)}, {_span(now - expires)} ago")
    if begins is not None and now + _FUTURE < begins:
        wrong.append(f"it counts only from {_show(begins)} on")
    if issued is not None and now + _FUTURE < issued:
        wrong.append(f"it was made at {_show(issued)}, which is {_span(issued - now)} from now: check both clocks")
    if "exp" not in claims:
        notes.append("it never expires: whoever gets hold of it can use it as long as the key is registered")
    return expires


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    # RFC 7519 allows fractions; JSON's true is no number here. The bound keeps datetime from overflowing.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < jws.LAST_SECOND:
        raise ValueError("no number of seconds since 1970")
    return jws.since_epoch(value)


def _compare(claims: dict[str, object], device: str | None, expected: Expected, wrong: list[str]) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.audience is not None and expected.audience not in audiences:
        wrong.append(f"it is for {_quote(audience)} (aud), not for {expected.audience!r}")
    if expected.subject is not None and claims.get("sub") != expected.subject:
        wrong.append(f"its subject (sub) is {_quote(claims.get('sub'))}, not {expected.subject!r}")
    if expected.devices and device not in expected.devices:
        named = " or ".join(sorted(expected.devices))
        said = "no device: it has neither sub nor an iss of the form <hardware>.<UUID>"
        wrong.append(f"it speaks for {_quote(device) if device is not None else said}; this device is {named}")


def _quote(value: object) -> str:
    return "nobody" if value is None else json.dumps(value)[:100]


def _show(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _span(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
