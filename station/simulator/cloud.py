"""A simulated nRF Cloud on real HTTP: the team API's documented answers, faults by script, and the truth for outsiders.

Two servers on the loopback, since the real cloud keeps the files of bulk operations on another host, where no key must
ever go: ``base_url`` is the API; the files are served where the operations' addresses say.

Under ``/_truth`` anyone may see what really happened, under ``/_faults`` what will go wrong:

* ``GET /_truth``: devices, public keys, operations, claims, posts, requests, and leaks (a key where none belongs)
* ``GET /_truth/body/<request ID>``: the bytes of a body
* ``POST /_faults``: load a :class:`station.simulator.cloud_faults.Fault` given as JSON
* ``PUT /_faults``: set some of :class:`station.simulator.cloud_world.Switches`, given as a JSON object
* ``DELETE /_faults``: all is well again

The Provisioning API has a third address of its own (``provisioning_url``); ``POST /_connect/<UUID>`` there has a
claimed device carry its commands out.
"""

import json
import random
import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from station.host.clock import Clock, SystemClock
from station.simulator.cloud_api import Api
from station.simulator.cloud_faults import Do, Fault, Faults
from station.simulator.cloud_http import Answer, Request, Seen, Server
from station.simulator.cloud_provisioning import ClaimSwitches, Provisioning
from station.simulator.cloud_provisioning_api import ProvisioningEndpoints
from station.simulator.cloud_world import ServiceTimes, Switches, Team, World

LINE_KEY = "simulated-key-of-the-line"
OTHER_KEY = "simulated-key-of-another-team"
LINE_TOKEN = "oat_simulated-token-of-the-line"  # noqa: S105 -- made up, good for nothing but this cloud
OTHER_TOKEN = "oat_simulated-token-of-another-project"  # noqa: S105 -- the same
LINE_PROJECT = "simulated-works/trackers"
OTHER_PROJECT = "simulated-works/meters"


def default_teams(seed: int) -> tuple[Team, Team]:
    """Return the line's team and another one. Pure."""
    chance = random.Random(seed)  # noqa: S311 -- a simulation that can be run again, no secret
    ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(2)]
    return Team(ids[0], "Simulated line", (LINE_KEY,)), Team(ids[1], "Another team", (OTHER_KEY,))


class SimulatedCloud:
    """The cloud and its two servers. Everything is safe from any thread."""

    def __init__(
        self,
        port: int = 0,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        teams: Sequence[Team] | None = None,
        service: ServiceTimes | None = None,
    ) -> None:
        """``port`` 0 takes a free one. Both ports listen from here on; nothing answers before :meth:`start`."""
        clock = clock or SystemClock()
        projects = (
            Team(LINE_PROJECT, "Trackers of the simulated works", (LINE_TOKEN,)),
            Team(OTHER_PROJECT, "Meters of the simulated works", (OTHER_TOKEN,)),
        )
        self.world = World(
            teams or default_teams(seed), clock=clock, seed=seed, service=service or ServiceTimes(), projects=projects
        )
        self.faults = Faults()
        self._seen: list[Seen] = []
        self._lock = threading.Lock()
        common = {"faults": self.faults, "record": self._record, "clock": clock}
        self._files = Server("files", self._serve_file, port=0, **common)  # type: ignore[arg-type]  # as named above
        self._api = Api(self.world, clock, self._files.origin)
        self._server = Server("api", self._serve, port=port, **common)  # type: ignore[arg-type]  # as named above
        self.provisioning = Provisioning(self.world, clock)
        endpoints = ProvisioningEndpoints(self.provisioning)
        self._claims = Server("provisioning", endpoints.serve, port=0, **common)  # type: ignore[arg-type]  # as named above

    @property
    def base_url(self) -> str:
        """The API's base URL, with ``/v1``."""
        return f"{self._server.origin}/v1"

    @property
    def provisioning_url(self) -> str:
        """The Provisioning API's base URL, with ``/v1``."""
        return f"{self._claims.origin}/v1"

    @property
    def api_key(self) -> str:
        """An API key of the line's team: made up, good for nothing but this cloud."""
        return self.world.teams[0].keys[0]

    @property
    def files_origin(self) -> str:
        """The address, up to its port, from which the files of bulk operations are served."""
        return self._files.origin

    @property
    def team_id(self) -> str:
        """The line's team."""
        return self.world.teams[0].team_id

    @property
    def project(self) -> dict[str, str]:
        """The line's organisation and project on the organisation API, and a made-up token that opens it."""
        line = self.world.projects[0]
        organisation, project = line.team_id.split("/")
        return {"organisation": organisation, "project": project, "token": line.keys[0]}

    def start(self) -> None:
        """Begin to answer."""
        self._files.start()
        self._claims.start()
        self._server.start()

    def stop(self) -> None:
        """End; not to be started again. Safe to repeat."""
        self._server.stop()
        self._claims.stop()
        self._files.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def fail(self, fault: Fault) -> None:
        """Load a fault. A redirect without an address goes to the file server, where a key would be seen as leaked."""
        if fault.do is Do.REDIRECT:
            status = fault.status if 300 <= fault.status < 400 else 307
            fault = replace(fault, status=status, body=fault.body or f"{self._files.origin}/elsewhere")
        self.faults.add(fault)

    def heal(self) -> None:
        """Forget every fault and switch."""
        self.faults.clear()
        self.world.switches = Switches()
        self.provisioning.switches = ClaimSwitches()

    def switch(self, **switches: object) -> None:
        """Set some of :class:`station.simulator.cloud_world.Switches`; raises TypeError for one there is not."""
        self.world.switches = replace(self.world.switches, **switches)  # type: ignore[arg-type]  # a test's own words

    def truth(self) -> dict[str, object]:
        """Return what really happened, as JSON values."""
        with self._lock:
            requests = [self._tell(number, seen) for number, seen in enumerate(self._seen)]
        return {
            "devices": [
                {
                    "device_id": one.device_id,
                    "team_id": one.team_id,
                    "certificate_sha256": one.fingerprint,
                    "subtype": one.subtype,
                    "tags": list(one.tags),
                    "firmware_types": list(one.firmware_types),
                    "onboarded_at": one.onboarded_at.isoformat(),
                    "credential": one.credential,
                }
                for one in self.world.devices()
            ],
            "public_keys": [
                {"device_id": device, "team_id": key.team_id, "key_sha256": key.fingerprint, "times": key.times}
                for device, key in sorted(self.world.public_keys().items())
            ],
            "operations": [
                {
                    "request_id": one.request_id,
                    "team_id": one.team_id,
                    "status": one.status,
                    "rows": len(one.rows),
                    "errors": {str(row): message for row, message in one.errors.items()},
                }
                for one in self.world.operations()
            ],
            "claims": [
                {
                    "uuid": one.uuid,
                    "team_id": one.team_id,
                    "tags": list(one.tags),
                    "token_sha256": one.token_sha256,
                    "commands": {command.kind: command.status for command in one.commands},
                }
                for one in self.provisioning.all_claimed()
            ],
            "posts": [one for one in requests if (one["server"], one["method"]) == ("api", "POST")],
            "requests": requests,
            "leaks": [one for one in requests if one["leak"]],
        }

    def _record(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)

    def _tell(self, number: int, seen: Seen) -> dict[str, object]:
        keys = {key: team.name for team in (*self.world.teams, *self.world.projects) for key in team.keys}
        sent = seen.headers.get("authorization", "")
        whose = keys.get(sent.removeprefix("Bearer "))
        # Anywhere but in the API's own Authorization, a key is out of place.
        others = [seen.target, *(value for name, value in seen.headers.items() if name != "authorization")]
        at_home = seen.server in ("api", "provisioning") and seen.target.startswith("/v1/")
        leak = any(key in text for key in keys for text in ([] if at_home else [sent]) + others)
        return {
            "number": number,
            "at": seen.at,
            "server": seen.server,
            "method": seen.method,
            "target": seen.target,
            "authorization": whose or ("" if not sent else "token" if sent.count(".") == 2 else "unknown"),
            "user_agent": seen.headers.get("user-agent", ""),
            "content_type": seen.headers.get("content-type", ""),
            "body_sha256": seen.body_sha256,
            "body_bytes": len(seen.body),
            "fault": seen.fault,
            "acted": seen.acted,
            "answered": seen.answered,
            "leak": leak,
        }

    def _serve(self, request: Request) -> Answer:
        if request.path.startswith("/_truth"):
            return self._serve_truth(request)
        if request.path == "/_faults":
            return self._serve_faults(request)
        return self._api.serve(request)

    def _serve_file(self, request: Request) -> Answer:
        return self._api.serve_file(request)

    def _serve_truth(self, request: Request) -> Answer:
        parts = request.path.removeprefix("/_truth").strip("/").split("/")
        if parts[0] == "body" and len(parts) == 2:
            operation = self.world.operation(parts[1])
            return Answer(200, operation.body) if operation else Answer(404)
        truth = self.truth()
        if parts == [""]:
            return Answer.of_json(200, truth)
        return Answer.of_json(200, truth[parts[0]]) if parts[0] in truth else Answer(404)

    def _serve_faults(self, request: Request) -> Answer:
        try:
            match request.method:
                case "POST":
                    self.fail(Fault.from_json(json.loads(request.body)))
                case "PUT":
                    self.switch(**json.loads(request.body))
                case "DELETE":
                    self.heal()
        except (TypeError, ValueError) as error:
            return Answer.of_json(422, {"message": str(error)})
        return Answer.of_json(200, [fault.to_json() for fault in self.faults.loaded()])
