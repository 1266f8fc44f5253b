"""The simulated cloud's endpoints: what each takes and answers (nrf-cloud-api reference sections 1.1 to 1.6)."""

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from urllib.parse import unquote

import jwt

from station.host.clock import Clock
from station.simulator.cloud_http import Answer, Request
from station.simulator.cloud_location import serve_tools
from station.simulator.cloud_organisation import serve_organisation
from station.simulator.cloud_rows import Row, RowsRefusedError, read_rows
from station.simulator.cloud_world import OTHER_ACCOUNT, Device, Operation, Status, Team, World

_FILE = re.compile(
    r"/([0-9a-f-]{36})/(provision_devices|register_certificates|register_public_keys|claim_device_ownership)/([0-9A-HJKMNP-TV-Z]{26})(\.csv|-result\.json|\.json)"
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
        if request.path.startswith("/v1/organizations/"):
            origin = f"http://{request.headers.get('host', '')}"
            return serve_organisation(self._world, request, origin, self._files_origin)
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
            case "POST", ["devices", "public-keys"]:
                return self._take_body(request, registering=True)
            case "POST", ["devices", device_id]:
                return self._take_single(request, unquote(device_id))
            case "GET", ["devices"]:
                return self._list_devices(request)
            case "GET", ["devices", device_id]:
                return self._fetch_device(request, unquote(device_id))
            case "DELETE", ["devices", device_id]:
                return self._delete_device(request, unquote(device_id))
            case "GET", ["bulk-ops-requests"]:
                return self._list_operations(request)
            case "GET", ["bulk-ops-requests", request_id]:
                return self._fetch_operation(request, request_id)
        if (answer := serve_tools(self._world, self._clock, request)) is not None:
            return answer
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

    def _take_single(self, request: Request, device_id: str) -> Answer:
        """OnboardDevice: of a single one with an onboarding token, 202 with nothing in it."""
        team = self._team(request)
        try:
            value = json.loads(request.body)
            token = value["onboardingToken"]
            tags, types = tuple(value.get("tags", ())), tuple(value.get("supportedFirmwareTypes", ()))
            row = Row(device_id, value.get("subType", ""), tags, types, token, credential="onboarding-token")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RefusedError(422, 42200, "Validation failed.") from error
        wrong = self._world.take_token(team, row)
        if wrong:
            raise RefusedError(422, 40101 if wrong == OTHER_ACCOUNT else 42200, wrong)
        return Answer(202)

    def _take_body(self, request: Request, *, replacing: bool = False, registering: bool = False) -> Answer:
        team = self._team(request)
        content_type = request.headers.get("content-type", "")
        try:
            rows = read_rows(request.body, content_type, replacing=replacing, registering=registering)
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
            and (self._world.switches.claims_listed or not one.claims)
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

    def _delete_device(self, request: Request, device_id: str) -> Answer:
        if not self._world.delete(self._team(request), device_id):
            raise RefusedError(404, 40410, "No device found for this id.")
        return Answer(202)

    def _signed_by(self, device: Device, token: str) -> bool:
        """By ES256 with the registered certificate's key; ``sub`` names it, or else ``iss`` (``<hardware>.<ID>``)."""
        if device.key is None:
            return False
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
        endpoint = "CLAIM_DEVICE_OWNERSHIP"
        if not operation.claims:
            endpoint = "REGISTER_CERTIFICATES" if operation.rows[0].replaces else "ONBOARD_DEVICES"
            endpoint = "REGISTER_PUBLIC_KEYS" if operation.rows[0].credential == "public-key" else endpoint
        folder = "provision_devices" if endpoint == "ONBOARD_DEVICES" else endpoint.lower()
        place = f"{self._files_origin}/{operation.team_id}/{folder}/{operation.request_id}"
        value: dict[str, object] = {
            "bulkOpsRequestId": operation.request_id,
            "endpoint": endpoint,
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
