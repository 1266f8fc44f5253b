"""The Provisioning API's answers, read strictly (nrf-cloud-api reference section 2).

The list of a device's commands and the elements of ``failed`` are documented nowhere that could be read: what is not
of the form that single commands and claims have is None or nobody's, and never a success.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from station.cloud.jsontext import read_json
from station.cloud.provisioning_rows import Claim
from station.cloud.wire import Reply
from station.cloud.words import quote
from station.domain.ids import DeviceUuid
from station.domain.secret import Secret

_LISTED = (200, 201, 207, 400, 409, 422)
"""Statuses of a bulk claim whose body may list what became of its rows: the vendor's client reads it of any."""

CLOUD_KEY = "cloudAccessKeyGeneration"
_DONE = "SUCCEEDED"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9_.-]+")
_REASONS = ("message", "reason", "error", "errorMessage")


@dataclass(frozen=True, slots=True)
class ClaimedDevice:
    """A device that this team has claimed, in the API's own words; "" is what it did not say."""

    uuid: DeviceUuid
    tags: tuple[str, ...]
    device_type: str
    imei: str
    status: str
    ownership: str
    claimed_at: str


@dataclass(frozen=True, slots=True)
class Command:
    """A provisioning command of a device: what it asks for, and how far that is."""

    id: str
    kind: str
    status: str

    @property
    def done(self) -> bool:
        """Whether the device has carried it out."""
        return self.status == _DONE


@dataclass(frozen=True, slots=True)
class Rule:
    """A provisioning rule: what devices are told to do that are claimed with one of its tags."""

    name: str
    tags: tuple[str, ...]
    active: bool
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BulkClaim:
    """What a bulk claim's own answer tells of its rows, by UUID: those claimed, and those refused with the reason."""

    claimed: frozenset[DeviceUuid]
    refused: Mapping[DeviceUuid, str]


def read_device(reply: Reply, uuid: DeviceUuid) -> ClaimedDevice | None:
    """Return the device of ``GET /claimed-devices/{uuid}``. Pure."""
    return _device(_whole(reply, 200), uuid)


def read_commands(reply: Reply) -> tuple[tuple[Command, ...], str] | None:
    """Return a page of a device's commands and the token of the next one ("" on the last). Pure."""
    value = _whole(reply, 200)
    items = _items(value)
    commands = None if items is None else [_command(item) for item in items]
    token = _next(value)
    if commands is None or token is None or None in commands:
        return None
    return tuple(one for one in commands if one is not None), token


def read_rules(reply: Reply) -> tuple[tuple[Rule, ...], str] | None:
    """Return a page of the team's rules and the token of the next one ("" on the last). Pure."""
    value = _whole(reply, 200)
    items = _items(value)
    rules = None if items is None else [_rule(item) for item in items]
    token = _next(value)
    if rules is None or token is None or None in rules:
        return None
    return tuple(one for one in rules if one is not None), token


def read_bulk_claim(reply: Reply, claims: Sequence[Claim], *secrets: Secret) -> BulkClaim | None:
    """Return what the answer to a bulk claim tells of ``claims``; None where it lists nothing at all. Pure.

    An element of ``failed`` is a row's only where it names exactly that row, by UUID or token, in whatever form. A row
    that is both claimed and failed is neither.
    """
    value = read_json(reply.body) if reply.status in _LISTED and not reply.flaw else None
    if not isinstance(value, dict):
        return None
    ids, failed = value.get("claimedIds", []), value.get("failed", [])
    if not ("claimedIds" in value or "failed" in value) or not isinstance(ids, list) or not isinstance(failed, list):
        return None
    named = {text.lower() for text in ids if isinstance(text, str)}
    claimed = {claim.uuid for claim in claims if claim.uuid in named}
    refused: dict[DeviceUuid, str] = {}
    both = set()
    # Looked up, not searched for: whoever answers with a long list gets no hour of this program's time for it.
    known = {claim.uuid: claim.uuid for claim in claims} | {claim.token.lower(): claim.uuid for claim in claims}
    for element in failed:
        whose = {known[name] for text in _texts(element) for name in _names(text.lower()) if name in known}
        if len(whose) != 1:
            continue
        (uuid,) = whose
        both |= whose & claimed
        refused[uuid] = _reason(element, *secrets) or "the cloud gave no reason"
    return BulkClaim(
        frozenset(claimed - both), {uuid: reason for uuid, reason in refused.items() if uuid not in claimed}
    )


def _device(value: Mapping[str, object], uuid: DeviceUuid) -> ClaimedDevice | None:
    name = value.get("id")
    if not isinstance(name, str) or name.lower() != uuid:
        return None
    said = {key: _quoted(value.get(key)) for key in ("deviceType", "imei", "status", "ownershipStatus", "claimedAt")}
    return ClaimedDevice(
        uuid,
        _tags(value.get("tags")),
        said["deviceType"],
        said["imei"],
        said["status"],
        said["ownershipStatus"],
        said["claimedAt"],
    )


def _command(item: object) -> Command | None:
    if not isinstance(item, dict):
        return None
    name, request, status = item.get("id"), item.get("request"), item.get("status")
    if not isinstance(name, str) or not isinstance(request, dict) or not request or not isinstance(status, str):
        return None
    return Command(quote(name), quote(str(next(iter(request)))), quote(status))


def _rule(item: object) -> Rule | None:
    if not isinstance(item, dict) or not isinstance(item.get("tags"), list):
        return None
    commands = item.get("commands")
    requests = [one.get("request") for one in commands if isinstance(one, dict)] if isinstance(commands, list) else []
    kinds = tuple(quote(str(kind)) for request in requests if isinstance(request, dict) for kind in request)
    # Where it does not say so, it is active: the vendor's own client looks at the tags alone.
    return Rule(_quoted(item.get("name")), _tags(item.get("tags")), item.get("active", True) is True, kinds)


def _names(text: str) -> Iterator[str]:
    """Yield what in a text may be a UUID or a token. Pure."""
    yield from _UUID.findall(text)
    for word in _BETWEEN_WORDS.split(text):
        yield word.rstrip(".")


def _reason(element: object, *secrets: Secret) -> str:
    if isinstance(element, dict):
        for key in _REASONS:
            if isinstance(text := element.get(key), str) and text.strip():
                return quote(text, *secrets)
    return quote("; ".join(_texts(element)), *secrets)


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for inner in value.values() for text in _texts(inner)]
        case list():
            return [text for inner in value for text in _texts(inner)]
    return []


def _items(value: Mapping[str, object]) -> list[object] | None:
    items = value.get("items")
    return items if isinstance(items, list) else None


def _next(value: Mapping[str, object]) -> str | None:
    token = value.get("pageNextToken")
    return "" if token is None else token if isinstance(token, str) else None


def _tags(value: object) -> tuple[str, ...]:
    return tuple(quote(tag) for tag in value if isinstance(tag, str)) if isinstance(value, list) else ()


def _quoted(value: object) -> str:
    return quote(value) if isinstance(value, str) else ""


def _whole(reply: Reply, status: int) -> dict[str, object]:
    value = read_json(reply.body) if reply.status == status and not reply.flaw else None
    return value if isinstance(value, dict) else {}
