"""The simulated cloud's endpoints: what each takes and answers (nrf-cloud-api reference sections 1.1 to 1.6)."""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from urllib.parse import unquote

import jwt

from station.host.clock import Clock
from station.simulator.cloud_http import Answer, Request
from station.simulator.cloud_rows import RowsRefusedError, read_rows
from station.simulator.cloud_world import Device, Operation, Status, Team, World

_FILE = re.compile(
    r"/([0-9a-f-]{36})/(provision_devices|register_certificates)/([0-9A-HJKMNP-TV-Z]{26})(\.csv|-result\.json|\.json)"
)


class RefusedError(Exception):
    """An error of the API: HTTP status, nRF code, words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = Answer.of_json(status, {"code": code, "message": message})


class Api:
    """The endpoints below ``/v1``, and the files."""

    def __init__(self, world: World, clock: Clock, files_origin: str) -> None:
        self._world = world
        self._clock = clock
        self._files_origin = files_origin

    def serve(self, request: Request) -> Answer:
        """Answer a request to the API."""
        try:
            return self._route(request)
        except RefusedError as refused:
            return refused.answer

    def serve_file(self, request: Request) -> Answer:
        """Answer a request to the files, which ask for no key."""
        match = _FILE.fullmatch(request.path)
        operation = self._world.operation(match[3]) if match and request.method == "GET" else None
        if match is None or operation is None or operation.team_id != match[1]:
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>", {"Content-Type": "application/xml"})
        if match[4] == ".csv":
            return Answer(200, operation.body, {"Content-Type": "text/csv"})
        if match[4] == ".json" and operation.status is Status.FAILED:
            return Answer(200, operation.error_file, {"Content-Type": "application/json"})
        return Answer(404)

    def _route(self, request: Request) -> Answer:
        match request.method, request.path.removeprefix("/v1").strip("/").split("/"):
            case "GET", ["account"]:
                return self._account(request)
            case "POST", ["devices"]:
                return self._take_body(request, replacing=False)
            case "POST", ["devices", "certificates"]:
                return self._take_body(request, replacing=True)
            case "GET", ["devices"]:
                return self._list_devices(request)
            case "GET", ["devices", device_id]:
                return self._fetch_device(request, unquote(device_id))
            case "GET", ["bulk-ops-requests"]:
                return self._list_operations(request)
            case "GET", ["bulk-ops-requests", request_id]:
                return self._fetch_operation(request, request_id)
        raise RefusedError(404, 40410, "No such resource.")

    def _team(self, request: Request) -> Team:
        team = self._world.team_of(request.bearer)
        if team is None:
            raise RefusedError(401, 40100, "Access denied: the API key is not valid.")
        return team

    def _account(self, request: Request) -> Answer:
        team = self._world.account_of(self._team(request))
        return Answer.of_json(
            200,
            {
                "mqttEndpoint": "mqtt.simulated.invalid",
                "mqttTopicPrefix": f"prod/{team.team_id}/",
                "team": {"tenantId": team.team_id, "name": team.name},
                "role": "owner",
                "userId": "00000000-0000-4000-8000-000000000000",
                "tags": [],
                "plan": {"name": "PRO"},
            },
        )

    def _take_body(self, request: Request, *, replacing: bool) -> Answer:
        team = self._team(request)
        try:
            rows = read_rows(request.body, request.headers.get("content-type", ""), replacing=replacing)
        except RowsRefusedError as refused:
            raise RefusedError(422, 42200, str(refused)) from refused
        operation = self._world.accept(team, request.body, rows)
        return Answer.of_json(202, {"bulkOpsRequestId": operation.request_id})

    def _fetch_operation(self, request: Request, request_id: str) -> Answer:
        team = self._team(request)
        operation = self._world.operation(request_id)
        if operation is None or operation.team_id != team.team_id:
            raise RefusedError(404, 40420, "Resource not found.")
        return Answer.of_json(200, self._tell_operation(operation))

    def _list_operations(self, request: Request) -> Answer:
        found = self._world.operations(self._team(request).team_id)
        status = request.query.get("status", [""])[0]
        start = _time(request, "startRequestedAt")
        end = _time(request, "endRequestedAt")
        items = [
            self._tell_operation(one)
            for one in found
            if status in ("", one.status)
            and (start is None or one.requested_at >= start)
            and (end is None or one.requested_at <= end)
        ]
        return _page(request, items, default=10)

    def _list_devices(self, request: Request) -> Answer:
        found = self._world.devices(self._team(request).team_id)
        wanted = request.query.get("deviceIds")
        items = [_tell_device(one) for one in found if wanted is None or one.device_id in wanted]
        return _page(request, items, default=10)

    def _fetch_device(self, request: Request, device_id: str) -> Answer:
        device = self._world.device(device_id)
        if request.bearer.count(".") == 2:
            if device is None or not self._signed_by(device, request.bearer):
                raise RefusedError(401, 40100, "Access denied: the JSON Web Token is not valid.")
        elif device is None or device.team_id != self._team(request).team_id:
            self._team(request)
            raise RefusedError(404, 40410, "No device found for this id.")
        return Answer.of_json(200, _tell_device(device))

    def _signed_by(self, device: Device, token: str) -> bool:
        """By ES256 with the registered certificate's key; ``sub`` names it, or else ``iss`` (``<hardware>.<ID>``)."""
        try:
            claims = jwt.decode(
                token,
                device.key,
                algorithms=["ES256"],
                # Times are judged below, by this cloud's own clock.
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.PyJWTError:
            return False
        subject = claims.get("sub", str(claims.get("iss", "")).rpartition(".")[2])
        expires = claims.get("exp")
        fresh = expires is None or (type(expires) is int and self._clock.now().timestamp() < expires)
        return subject == device.device_id and fresh

    def _tell_operation(self, operation: Operation) -> dict[str, object]:
        replacing = operation.rows[0].replaces
        folder = "register_certificates" if replacing else "provision_devices"
        place = f"{self._files_origin}/{operation.team_id}/{folder}/{operation.request_id}"
        value: dict[str, object] = {
            "bulkOpsRequestId": operation.request_id,
            "endpoint": "REGISTER_CERTIFICATES" if replacing else "ONBOARD_DEVICES",
            "status": operation.status,
            "requestedAt": _iso(operation.requested_at),
            "uploadedDataUrl": f"{place}.csv",
        }
        if operation.completed_at is not None:
            value["completedAt"] = _iso(operation.completed_at)
        if operation.status is Status.FAILED:
            value["errorSummaryUrl"] = f"{place}.json"
        return value


def _tell_device(device: Device) -> dict[str, object]:
    return {
        "id": device.device_id,
        "name": device.device_id,
        "type": "Gateway" if "gateway" in device.subtype else "Generic",
        "subType": device.subtype,
        "tags": list(device.tags),
        "tenantId": device.team_id,
        "firmware": {"supports": list(device.firmware_types)},
        "state": {},
        "$meta": {"version": "1.0", "createdAt": _iso(device.onboarded_at)},
    }


def _page(request: Request, items: list[dict[str, object]], *, default: int) -> Answer:
    """Cut out the page that ``pageLimit`` (1 to 100) and ``pageNextToken`` ask for."""
    try:
        limit = int(request.query.get("pageLimit", [str(default)])[0])
        start = int(urlsafe_b64decode(request.query.get("pageNextToken", ["MA=="])[0]))
    except (ValueError, binascii.Error) as error:
        raise RefusedError(422, 42200, "Validation failed.") from error
    if not 1 <= limit <= 100 or not 0 <= start <= len(items):
        raise RefusedError(422, 42200, "Validation failed.")
    page = items[start : start + limit]
    answer: dict[str, object] = {"items": page, "total": len(page)}
    if start + limit < len(items):
        answer["pageNextToken"] = urlsafe_b64encode(str(start + limit).encode()).decode()
    return Answer.of_json(200, answer)


def _time(request: Request, name: str) -> datetime | None:
    text = request.query.get(name, [""])[0]
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusedError(422, 42200, f"{name} is no ISO-8601 date") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
