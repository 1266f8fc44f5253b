"""The team API's answers about one device that tools ask for: the device, assistance data, a development certificate.

Nrf-cloud-api reference sections 1.4 and 1.5; for assistance data the API's own description (GNSS, GetAssistanceData:
``POST /location/agnss`` with a Range, answered by 206). All of it goes below the base address, with the one secret that
the asker has: the API key, or a token that a device signed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote as percent_encode

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from requests import PreparedRequest
from requests.auth import AuthBase

from station.cloud.asking import Asker
from station.cloud.jsontext import read_json
from station.cloud.protocol import Invalid, Trouble, Unclear
from station.cloud.replies import read_send, read_told
from station.cloud.team_answers import is_device, says_absent
from station.cloud.wire import Reply
from station.domain.ids import DeviceId
from station.domain.secret import Secret

MOST_ASSISTANCE = 64 * 1024
"""Bytes of assistance data in one range; all of it is a few thousand."""

_OWNERSHIP_CODE_BAD = 40102
_CONTENT_RANGE = re.compile(r"bytes (\d{1,9})-(\d{1,9})/(\d{1,9}|\*)")
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """The device, as the cloud tells of it: the API's own JSON object, whose ``id`` is the one asked for."""

    value: dict[str, object]


@dataclass(frozen=True, slots=True)
class AbsentDevice:
    """The cloud says that this account has no such device."""

    reason: str


@dataclass(frozen=True, slots=True)
class DeletedDevice:
    """The cloud took the order to delete the device; ``seen``: it was looked for, and is not there any more."""

    seen: bool


@dataclass(frozen=True, slots=True)
class Assistance:
    """A range of assistance data, whole: ``first`` counts from 0; ``total`` is None where the cloud does not tell."""

    data: bytes = field(repr=False)
    first: int
    total: int | None


@dataclass(frozen=True, slots=True)
class DevelopmentCertificate:
    """What the cloud made: PEM texts. The key was made by the cloud, and left it in the clear (inside TLS)."""

    certificate: str
    root: str
    key: Secret | None


def fetch_device(asker: Asker, device_id: DeviceId) -> FoundDevice | AbsentDevice | Trouble:
    """Ask for one device (``GET /devices/{id}``). Looks only; safe to repeat."""
    with asker.wire.line() as line:
        answer = asker.look(line, f"/devices/{percent_encode(device_id, safe='')}")
    if isinstance(answer, Reply):
        if is_device(answer, device_id):
            value = read_json(answer.body)
            return FoundDevice(value if isinstance(value, dict) else {})
        if says_absent(answer):
            return AbsentDevice(read_told(answer, asker.secret).words or "it is not there")
    return asker.read_look(answer)


def delete_device(asker: Asker, device_id: DeviceId) -> DeletedDevice | AbsentDevice | Invalid | Trouble:
    """Have a device and all its data deleted (``DELETE /devices/{id}``, 202); its claim stays. Safe to repeat.

    What an unclear answer did is looked up. A device that is there then may still go: that stays unclear.
    """
    path = f"/devices/{percent_encode(device_id, safe='')}"
    with asker.wire.line() as line:
        answer = line.exchange("DELETE", asker.base + path, asker.bearer)
    if isinstance(answer, Reply) and says_absent(answer):
        return AbsentDevice(read_told(answer, asker.secret).words or "it is not there")
    taken = isinstance(answer, Reply) and answer.status == 202
    read = None if taken else asker.read_send(answer)
    if read is not None and not isinstance(read, Unclear):
        return read
    seen = isinstance(fetch_device(asker, device_id), AbsentDevice)
    return DeletedDevice(seen) if read is None or seen else read


def fetch_assistance(asker: Asker, first: int, last: int, types: Sequence[int]) -> Assistance | Trouble:
    """Ask for the bytes ``first`` to ``last`` of assistance data (GetAssistanceData). Safe to repeat.

    The asker's secret is a device's token. ``ValueError`` for more than 64 KiB, or a range that is none.
    """
    if not 0 <= first <= last or last - first >= MOST_ASSISTANCE:
        raise ValueError(f"a range of 1 to {MOST_ASSISTANCE} bytes")
    body = json.dumps({"types": list(types)}).encode("ascii")
    auth = _Ranged(asker.bearer, first, last)
    with asker.wire.line() as line:
        answer = line.exchange(
            "POST",
            f"{asker.base}/location/agnss",
            auth,
            body=body,
            content_type="application/json",
            # An error's words, where it is none.
            limit=max(last - first + 1, 4096),
        )
    found = _read_range(answer, first, last) if isinstance(answer, Reply) and answer.status == 206 else None
    if found is not None:
        return found
    if isinstance(answer, Reply) and answer.status in (200, 206):
        return Unclear("the cloud's answer is not the range that was asked for")
    return asker.read_look(answer)


def create_certificate(
    asker: Asker, device_id: DeviceId, ownership_code: Secret
) -> DevelopmentCertificate | Invalid | Trouble:
    """Have the cloud make a key and a certificate (CreateDeviceCertificate). NOT safe to repeat: each makes another.

    For development alone: the key is made off the device. Deprecated by the vendor (reference section 1.4).
    """
    path = f"/devices/{percent_encode(device_id, safe='')}/certificates"
    answer = asker.hand_over(path, ownership_code.reveal().encode("utf-8"), "text/plain")
    if isinstance(answer, Reply) and answer.status == 201:
        made = _read_certificate(answer, device_id)
        return made or Unclear("the cloud made something, but its answer can't be read")
    if isinstance(answer, Reply) and read_told(answer).code == _OWNERSHIP_CODE_BAD:
        return Invalid("the cloud does not take the ownership code (nRF code 40102)")
    return read_send(answer, asker.clock.now(), asker.secret, ownership_code)


class _Ranged(AuthBase):
    """Asks for a range of bytes, on requests that ``inner`` lets a secret go on."""

    def __init__(self, inner: AuthBase, first: int, last: int) -> None:
        self._inner, self._range = inner, f"bytes={first}-{last}"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Return ``request`` with its Authorization and its Range."""
        request = self._inner(request)
        request.headers["Range"] = self._range
        request.headers["Accept"] = "application/octet-stream"
        return request


def _read_range(reply: Reply, first: int, last: int) -> Assistance | None:
    """Return the range of a 206, where all of it is there and it is the one asked for, or ends earlier."""
    said = _CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", "").strip())
    if said is None or reply.flaw:
        return None
    begin, end = int(said[1]), int(said[2])
    total = None if said[3] == "*" else int(said[3])
    if begin != first or not first <= end <= last or len(reply.body) != end - begin + 1:
        return None
    # It may end before what was asked for only where there is no more.
    if total is not None and (end >= total or (end < last and end + 1 != total)):
        return None
    return Assistance(reply.body, begin, total)


def _read_certificate(reply: Reply, device_id: DeviceId) -> DevelopmentCertificate | None:
    value = read_json(reply.body) if not reply.flaw else None
    if not isinstance(value, dict) or value.get("clientId") != device_id:
        return None
    certificate, root, key = (value.get(name) for name in ("clientCert", "caCert", "privateKey"))
    if not isinstance(certificate, str) or not isinstance(root, str) or not isinstance(key, str | None):
        return None
    try:
        leaf = x509.load_pem_x509_certificates(certificate.encode("utf-8"))[0]
        x509.load_pem_x509_certificates(root.encode("utf-8"))
        if key is not None:
            own = load_pem_private_key(key.encode("utf-8"), None).public_key()
            form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            if own.public_bytes(*form) != leaf.public_key().public_bytes(*form):
                return None
    except _UNREADABLE:
        return None
    return DevelopmentCertificate(certificate, root, None if key is None else Secret(key))
