"""What is read of a JWT before anybody believes it: its parts, its times, whose it says it is (RFC 7515, RFC 7519)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from station.credentials import base64url
from station.domain.ids import DeviceUuid, parse_device_uuid
from station.host.strict_json import read_strict_json

LAST_SECOND: Final = 253402300800
"""The year 10000: no time that a token could mean, and more than ``datetime`` holds."""

LONGEST_LIFE: Final = timedelta(days=7)
"""The longest life the vendor's own library asks for (APP_JWT_VALID_TIME_S_MAX; nrf-cloud-api reference section 4)."""

_COMPACT: Final = re.compile(r"(?=.{5,4096}$)[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_DEVICES_LIMIT: Final = 2048
"""Characters. Modems write about 420, and about 820 with the longest subject and audience."""
_HEADER_KEYS: Final = frozenset({"alg", "typ", "kid"})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def is_compact(text: str) -> bool:
    """Return whether ``text`` has the form of a JWT, and is none too long to be asked with. Pure."""
    return _COMPACT.fullmatch(text) is not None


def take_apart(token: str, limit: int) -> tuple[dict[str, object], dict[str, object], bytes]:
    """Return header, claims and signature, unverified. Raises ``ValueError`` with a clause; pure."""
    if len(token) > limit:
        raise ValueError(f"it is longer than {limit} characters")
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("it has not three parts with dots between")
    header, payload, signature = (base64url.decode(part) for part in parts)
    return _object(header, "header"), _object(payload, "payload"), signature


def take_devices_apart(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Return header and claims, unverified, of a token as devices write them. Raises ``ValueError``; pure."""
    header, claims, signature = take_apart(token, _DEVICES_LIMIT)
    if len(signature) != 64:
        raise ValueError("its signature has not 64 bytes")
    if not set(header) <= _HEADER_KEYS:
        # Whatever else a header could ask for (other keys, critical extensions, an unencoded payload) no modem does.
        raise ValueError("its header holds more than alg, typ and kid")
    return header, claims


def read_time(claims: dict[str, object], name: str) -> datetime | None:
    """Return when a claim of a device's token says, None where it is not claimed. Raises ``ValueError``; pure."""
    if name not in claims:
        return None
    value = claims[name]
    # An exact type: JSON's true would else pass as 1.
    if type(value) is not int or not 0 <= value < LAST_SECOND:
        raise ValueError(f"its {name} is no time")
    return since_epoch(value)


def since_epoch(seconds: float) -> datetime:
    """Return a time below :data:`LAST_SECOND`. Pure."""
    return _EPOCH + timedelta(seconds=seconds)  # fromtimestamp() ends in the year 3000 on Windows


def read_issuer(issuer: str | None) -> tuple[str | None, DeviceUuid | None]:
    """Return both halves of ``<hardware>.<UUID>``, as modems name themselves; None twice for None.

    Raises ``ValueError`` with a clause; pure.
    """
    if issuer is None:
        return None, None
    hardware, dot, uuid = issuer.rpartition(".")
    if not dot or not hardware:
        raise ValueError("its issuer is not <hardware>.<UUID>")
    return hardware, parse_device_uuid(uuid)


def _object(data: bytes, what: str) -> dict[str, object]:
    try:
        value = read_strict_json(data)
    except ValueError as error:
        raise ValueError(f"its {what} is no JSON ({error})") from error
    if not isinstance(value, dict):
        raise ValueError(f"its {what} is no JSON object")
    return value
