"""The simulated cloud's organisation API: devices in bulk, and how it tells what became of them (reference 3.2).

One call and its status are known; nothing else is answered here, so that a station can't lean on what may not exist.
"""

import json
import re

from station.simulator.cloud_headed_rows import read_headed_rows
from station.simulator.cloud_http import Answer, Request
from station.simulator.cloud_rows import RowsRefusedError
from station.simulator.cloud_world import Operation, Status, Team, World

_PLACE = re.compile(r"/v1/organizations/([^/]+)/projects/([^/]+)/long-range/devices/bulk(?:/([0-9A-HJKMNP-TV-Z]{26}))?")


def serve_organisation(world: World, request: Request, origin: str, elsewhere: str) -> Answer:
    """Answer a request below ``/v1/organizations``; ``elsewhere`` is another host's address, for a switch."""
    match = _PLACE.fullmatch(request.path)
    project = world.project_of(request.bearer)
    if project is None:
        return _refuse(401, "Unauthorized", "The Organization Auth Token is not valid.")
    if match is None or f"{match[1]}/{match[2]}" != project.team_id:
        return _refuse(404, "Not found", "No such organization, project or resource.")
    if request.method == "POST" and match[3] is None:
        return _take(world, project, request, origin, elsewhere)
    operation = world.operation(match[3]) if request.method == "GET" and match[3] else None
    if operation is None or operation.team_id != project.team_id:
        return _refuse(404, "Not found", "No such bulk operation.")
    return Answer.of_json(200, _tell(world, operation))


def _refuse(status: int, message: str, *causes: str) -> Answer:
    return Answer.of_json(status, {"message": message, "cause": list(causes)})


def _take(world: World, project: Team, request: Request, origin: str, elsewhere: str) -> Answer:
    if project.team_id in world.switches.read_only:
        return _refuse(403, "Forbidden", "The token lacks the permission device:write.")
    try:
        rows = read_headed_rows(request.body, request.headers.get("content-type", ""))
    except RowsRefusedError as refused:
        return _refuse(400, "Invalid CSV", str(refused))
    operation = world.accept(project, request.body, rows)
    path = f"{request.path}/{operation.request_id}"
    match world.switches.status_at:
        case "location":
            return Answer(202, b"{}", {"Content-Type": "application/json", "Location": origin + path})
        case "location-path":
            return Answer(202, b"", {"Location": path})
        case "url":
            return Answer.of_json(202, {"url": origin + path})
        case "url-path":
            return Answer.of_json(202, {"url": path.removeprefix("/")})
        case "elsewhere":
            return Answer(202, b"", {"Location": f"{elsewhere}{path}"})
        case "nowhere":
            return Answer.of_json(202, {})


def _tell(world: World, operation: Operation) -> dict[str, object]:
    if operation.completed_at is None:
        return {"status": "IN_PROGRESS"}
    if world.switches.status_text is not None:
        told: dict[str, object] = json.loads(world.switches.status_text)
        return told
    status: dict[str, object] = {"status": "SUCCEEDED" if operation.status is Status.SUCCEEDED else "FAILED"}
    if operation.errors:
        errors = []
        for number, message in operation.errors.items():
            row = operation.rows[number]
            named = {"deviceId": row.device_id} if row.number is None else {"row": row.number}
            errors.append({"error": message, **named})
        status["errorSummary"] = {"errors": errors}
    return status
