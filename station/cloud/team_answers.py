"""The team API's good answers, read strictly: one that lacks a part is None (nrf-cloud-api reference section 1)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from station.cloud.jsontext import read_json
from station.cloud.protocol import Account, RequestId
from station.cloud.replies import EMPTY_LIST, read_told
from station.cloud.wire import Reply
from station.cloud.words import quote

_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_ABSENT: Final = frozenset({40410, 40411, 40412, 40413, 40414, 40420, EMPTY_LIST})
"""nRF codes by which something is not found (reference section 1.6)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One bulk operation. Its ``endpoint`` is not read: the cloud has renamed it before. "" is an address not given."""

    request_id: RequestId
    status: str
    uploaded_url: str
    errors_url: str
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list of bulk operations; ``next_token`` is "" on the last."""

    operations: tuple[Operation, ...]
    next_token: str


def read_request_id(text: object) -> RequestId | None:
    """Return the ULID of a bulk operation. Pure."""
    return RequestId(text) if isinstance(text, str) and _ULID.fullmatch(text) else None


def read_account(reply: Reply) -> Account | None:
    """Return the team of ``GET /account``: ``team.tenantId`` and, where it has one, ``team.name``. Pure."""
    team = _whole(reply, 200).get("team")
    team_id = team.get("tenantId") if isinstance(team, dict) else None
    if not isinstance(team, dict) or not isinstance(team_id, str) or not team_id or quote(team_id) != team_id:
        return None
    name = team.get("name")
    return Account(team_id, quote(name) if isinstance(name, str) else "")


def read_accepted(reply: Reply) -> RequestId | None:
    """Return the request ID of a 202 to ``POST /devices``. Pure."""
    return read_request_id(_whole(reply, 202).get("bulkOpsRequestId"))


def read_operation(reply: Reply) -> Operation | None:
    """Return the operation of ``GET /bulk-ops-requests/{id}``. Pure."""
    return _operation(_whole(reply, 200))


def read_page(reply: Reply) -> Page | None:
    """Return one page of ``GET /bulk-ops-requests``; an empty list may also come as nRF code 40499. Pure."""
    if reply.status == 404 and read_told(reply).code == EMPTY_LIST:
        return Page((), "")
    value = _whole(reply, 200)
    items, token = value.get("items"), value.get("pageNextToken")
    if not isinstance(items, list) or not (token is None or isinstance(token, str)):
        return None
    operations = [_operation(item) if isinstance(item, dict) else None for item in items]
    return Page(tuple(one for one in operations if one is not None), token or "") if None not in operations else None


def is_device(reply: Reply, device_id: str) -> bool:
    """Return whether a reply is the device of that ID, as ``GET /devices/{id}`` gives it. Pure."""
    return _whole(reply, 200).get("id") == device_id


def says_absent(reply: Reply) -> bool:
    """Return whether this is the API's own word that it has no such thing: a 404 with one of its codes for that. Pure.

    A gateway that knows no such path, or a wrong base address, is answered in JSON as well; that says nothing.
    """
    return reply.status == 404 and not reply.flaw and read_told(reply).code in _ABSENT


def _whole(reply: Reply, status: int) -> dict[str, object]:
    value = read_json(reply.body) if reply.status == status and not reply.flaw else None
    return value if isinstance(value, dict) else {}


def _operation(value: dict[str, object]) -> Operation | None:
    request_id = read_request_id(value.get("bulkOpsRequestId"))
    status, uploaded, errors = (value.get(name) for name in ("status", "uploadedDataUrl", "errorSummaryUrl"))
    if request_id is None or not isinstance(status, str):
        return None
    if not all(url is None or isinstance(url, str) for url in (uploaded, errors)):
        return None
    return Operation(request_id, status, str(uploaded or ""), str(errors or ""), _time(value.get("completedAt")))


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)
