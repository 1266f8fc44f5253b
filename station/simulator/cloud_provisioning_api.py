"""The simulated Provisioning API's endpoints: what each takes and answers (nrf-cloud-api reference section 2)."""

import csv
import io
import json
from datetime import UTC
from functools import partial
from urllib.parse import unquote

from station.simulator.cloud_api import RefusedError
from station.simulator.cloud_http import Answer, Request
from station.simulator.cloud_provisioning import Claimed, Command, Provisioning, RefusedClaimError, Rule
from station.simulator.cloud_world import Team

MAX_ROWS = 1000


class ProvisioningEndpoints:
    """The endpoints below ``/v1`` of the Provisioning API's own host."""

    def __init__(self, state: Provisioning) -> None:
        self._state = state

    def serve(self, request: Request) -> Answer:
        """Answer a request; ``POST /_connect/<UUID>`` has that device carry its commands out."""
        if request.path.startswith("/_connect/"):
            return Answer(202 if self._state.connect(request.path.removeprefix("/_connect/")) else 404)
        try:
            return self._route(request)
        except RefusedError as refused:
            return refused.answer
        except RefusedClaimError as refused:
            return Answer.of_json(409, {"message": str(refused)})

    def _route(self, request: Request) -> Answer:
        team = self._state.world.team_of(request.bearer)
        if team is None:
            raise RefusedError(401, 40100, "Access denied: the API key is not valid.")
        match request.method, [unquote(part) for part in request.path.removeprefix("/v1").strip("/").split("/")]:
            case "POST", ["claimed-devices"] if _is_json(request):
                return self._claim_one(team, request)
            case "POST", ["claimed-devices"] | ["claimed-devices", "bulk"]:
                return self._claim_many(team, request)
            case "GET", ["claimed-devices", uuid]:
                return Answer.of_json(200, _tell_device(self._device(team, uuid)))
            case "DELETE", ["claimed-devices", uuid]:
                if not self._state.unclaim(team, uuid):
                    raise RefusedError(404, 40410, "No claimed device found for this id.")
                return Answer(204)
            case "GET", ["claimed-devices", uuid, "provisioning"]:
                commands = self._device(team, uuid).commands
                return Answer.of_json(200, {"items": [_tell_command(one) for one in commands]})
            case "GET", ["claimed-devices", uuid, "provisioning", command_id]:
                found = [one for one in self._device(team, uuid).commands if one.id == command_id]
                if not found:
                    raise RefusedError(404, 40410, "No such command.")
                return Answer.of_json(200, _tell_command(found[0]))
            case "POST", ["claimed-devices", uuid, "provisioning"]:
                return self._command(self._device(team, uuid), _json_of(request))
            case "GET", ["provisioning-rules"]:
                return Answer.of_json(200, {"items": [_tell_rule(rule) for rule in self._state.rules(team)]})
            case "POST", ["provisioning-rules"]:
                return self._make_rule(team, _json_of(request))
            case "GET", ["provisioning", "tags"]:
                return Answer.of_json(200, {"items": [{"tag": tag} for tag in self._state.tags(team)]})
            case "POST", ["provisioning", "tags"]:
                tag = _text(_json_of(request), "tag")
                made = self._state.make_tag(team, tag)
                return (
                    Answer.of_json(201, {"tag": tag}) if made else Answer.of_json(409, {"message": "The tag exists."})
                )
        raise RefusedError(404, 40410, "No such resource.")

    def _device(self, team: Team, uuid: str) -> Claimed:
        device = self._state.device(team, uuid)
        if device is None:
            raise RefusedError(404, 40410, "No claimed device found for this id.")
        return device

    def _claim_one(self, team: Team, request: Request) -> Answer:
        value = _json_of(request)
        token, tags = _text(value, "claimToken"), _texts(value.get("tags", []))
        if request.query.get("dryrun") == ["true"]:
            self._state.check(team, token)
            return Answer(202)
        return Answer.of_json(201, _tell_device(self._state.claim(team, token, tags)))

    def _claim_many(self, team: Team, request: Request) -> Answer:
        # Without a Content-Type it is taken for the CSV it is: the vendor's own client sends it so.
        if request.headers.get("content-type", "text/csv").partition(";")[0].strip() != "text/csv":
            raise RefusedError(415, 41500, "The content type is not supported.")
        rows = _read_rows(request.body)
        if self._state.switches.answer == "operation":
            operation = self._state.world.accept_claims(
                team, request.body, [partial(self._try, team, *row) for row in rows]
            )
            return Answer.of_json(202, {"bulkOpsRequestId": operation.request_id})
        claimed, failed = [], []
        for token, tags in rows:
            try:
                claimed.append(self._state.claim(team, token, tags).uuid)
            except RefusedClaimError as refused:
                failed.append(self._tell_failed(token, str(refused)))
        if self._state.switches.failed == "nothing":
            return Answer.of_json(201, {"claimedIds": claimed})
        return Answer.of_json(201 if claimed else 400, {"claimedIds": claimed, "failed": failed})

    def _try(self, team: Team, token: str, tags: list[str]) -> str:
        try:
            self._state.claim(team, token, tags)
        except RefusedClaimError as refused:
            return str(refused)
        return ""

    def _tell_failed(self, token: str, message: str) -> object:
        match self._state.switches.failed:
            case "tokens":
                return token
            case "words":
                return message
            case _:
                return {"claimToken": token, "message": message}

    def _command(self, device: Claimed, value: dict[str, object]) -> Answer:
        request = value.get("request")
        if not isinstance(request, dict) or len(request) != 1:
            raise RefusedError(422, 42200, "A command has one request.")
        made = self._state.command(device, request, str(value.get("description", "")))
        if made is None:
            raise RefusedError(422, 42200, "A device takes 20 commands.")
        return Answer.of_json(201, _tell_command(made))

    def _make_rule(self, team: Team, value: dict[str, object]) -> Answer:
        commands = value.get("commands")
        requests = (
            [one.get("request") for one in commands if isinstance(one, dict)] if isinstance(commands, list) else []
        )
        if not requests or not all(isinstance(one, dict) and len(one) == 1 for one in requests):
            raise RefusedError(422, 42200, "A rule has commands.")
        rule = self._state.make_rule(
            team,
            _text(value, "name"),
            _texts(value.get("tags", [])),
            [one for one in requests if isinstance(one, dict)],
            active=value.get("active") is True,
        )
        return Answer.of_json(201, _tell_rule(rule))


def _read_rows(body: bytes) -> list[tuple[str, list[str]]]:
    try:
        cells = list(csv.reader(io.StringIO(body.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RefusedError(422, 42200, "The body is not a CSV file.") from error
    if not 1 <= len(cells) <= MAX_ROWS:
        raise RefusedError(422, 42200, f"The number of rows must be between 1 and {MAX_ROWS}.")
    if not all(len(row) in (1, 2) for row in cells):
        raise RefusedError(422, 42200, "A row is a claim token, and tags.")
    return [(row[0], row[1].split(",") if len(row) == 2 and row[1] else []) for row in cells]


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")


def _json_of(request: Request) -> dict[str, object]:
    try:
        value = json.loads(request.body)
    except ValueError as error:
        raise RefusedError(422, 42200, "The body is not JSON.") from error
    if not isinstance(value, dict):
        raise RefusedError(422, 42200, "The body is no object.")
    return value


def _text(value: dict[str, object], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not text:
        raise RefusedError(422, 42200, f"{name} is missing.")
    return text


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise RefusedError(422, 42200, "tags are a list of texts.")
    return [str(one) for one in value]


def _tell_device(device: Claimed) -> dict[str, object]:
    at = device.claimed_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": device.uuid,
        "deviceType": device.device_type,
        "firmwareId": device.firmware_id,
        "ownerId": device.team_id,
        "ownershipStatus": "IDENTIFIED",
        "tags": list(device.tags),
        "status": "READY",
        "claimedAt": at,
    }


def _tell_command(command: Command) -> dict[str, object]:
    told: dict[str, object] = {"id": command.id, "description": command.description, "status": command.status}
    told["request"] = command.request
    if command.status == "SUCCEEDED":
        told["response"] = {command.kind: {}}
    return told


def _tell_rule(rule: Rule) -> dict[str, object]:
    commands = [{"request": request} for request in rule.requests]
    return {"id": rule.id, "name": rule.name, "active": rule.active, "tags": list(rule.tags), "commands": commands}
