"""The cloud in memory: the station's own clients above its wire, the simulator's own world and endpoints below it."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from random import Random
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import requests
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict

from station.cloud.organisation import OrganisationCloud
from station.cloud.provisioning import ProvisioningApi
from station.cloud.team import TeamCloud
from station.cloud.wire import ANSWER_LIMIT, Flaw, Reply, Silence
from station.credentials.attestation import read_attestation
from station.domain.secret import Secret
from station.host.clock import Clock
from station.simulator.cloud import LINE_PROJECT, LINE_TOKEN, default_teams
from station.simulator.cloud_api import Api
from station.simulator.cloud_http import Answer, Request
from station.simulator.cloud_provisioning import AnswerForm, ClaimSwitches, FailedForm, Provisioning
from station.simulator.cloud_provisioning_api import ProvisioningEndpoints
from station.simulator.cloud_world import ServiceTimes, StatusAt, Switches, Team, World
from tests.faults.claims import Posted
from tests.faults.factory.floor import Chance, FactoryClock, Life, TrueTime

BASE: Final = "http://127.0.0.1:1/v1"
CLAIMS: Final = "http://127.0.0.3:1/v1"
"""The Provisioning API."""
_FILES: Final = "http://127.0.0.2:1"
_READ_TIMEOUT: Final = 40.0
_LATEST: Final = 40.0
"""So many seconds after a connection broke a cloud may still do what it was asked for; less than the settling time."""

_TROUBLES: Final = (
    "refused",
    "cut-unread",
    "cut-undone",
    "cut-done",
    "done-later",
    "cut-answer",
    "slow",
    "too-slow",
    "status-500",
    "status-503",
    "status-503-later",
    "status-429",
    "status-404",
    "status-409",
    "status-422",
    "status-401",
    "nonsense",
    "truncated-json",
    "wrong-json",
    "redirect",
    "long",
)


class MemoryCloud:
    """The cloud with its truth; every trouble between it and the station comes by chance."""

    def __init__(self, clock: FactoryClock, chance: Chance, *, organisation: bool = False) -> None:
        time = TrueTime(clock)
        self.organisation = organisation
        """Whether the station's account is an organisation's project, and not a team."""
        self.world = World(
            default_teams(chance.seed),
            clock=time,
            seed=chance.seed,
            service=ServiceTimes(),
            projects=(Team(LINE_PROJECT, "The factory's project", (LINE_TOKEN,)),),
        )
        self.provisioning = Provisioning(self.world, time)
        self._usual, self._claiming = Switches(), ClaimSwitches()
        self._api = Api(self.world, time, _FILES)
        self._claims = ProvisioningEndpoints(self.provisioning)
        self._clock, self._time, self._chance = clock, time, chance
        self.share = 0.0
        """Of the requests, how many meet trouble."""
        self.down_until = 0.0
        self._later: list[tuple[float, Request]] = []
        self._handed: list[tuple[list[tuple[str, str]], str | frozenset[int]]] = []
        """Tokens that were handed over, with the refused ones or the bulk operation that knows them."""
        self.anew: Counter[str] = Counter()
        """How often people did something, by device, after which the same token may be handed over again."""
        self.given_up: dict[str, str] = {}
        """SHA-256 of the tokens, by device, that had claimed what may have been given up since."""
        self.requests: Counter[str] = Counter()
        self.leaks = 0
        self.tokens: set[str] = set()
        """Tokens with which devices were asked for."""

    @property
    def api_key(self) -> str:
        """The line's key."""
        return self.world.teams[0].keys[0]

    @property
    def account(self) -> Team:
        """Whom the station works for."""
        return self.world.projects[0] if self.organisation else self.world.teams[0]

    def posted(self) -> list[Posted]:
        """Return what was handed over and taken, each of its kinds oldest first."""
        operations = {one.request_id: one for one in reversed(self.world.operations())}
        bodies = [
            Posted([(row.device_id, row.pem) for row in one.rows], frozenset(one.errors)) for one in operations.values()
        ]
        for rows, told in self._handed:
            bodies.append(Posted(rows, frozenset(operations[told].errors) if isinstance(told, str) else told))
        return bodies

    def heal(self) -> None:
        """Be well from now on; what was asked for before and is still to be done, is done in its time."""
        self.share, self.down_until = 0.0, 0.0
        self.world.switches, self.provisioning.switches = self._usual, self._claiming

    def take_form(self, rng: Random) -> None:
        """Answer in one of the forms that are possible where nothing tells which of them the genuine cloud has."""
        answers: tuple[AnswerForm, ...] = ("lists", "operation")
        failed: tuple[FailedForm, ...] = ("objects", "tokens", "words", "nothing")
        told: tuple[StatusAt, ...] = ("location", "location", "location-path", "url", "url-path", "nowhere")
        self._claiming = ClaimSwitches(answer=rng.choice(answers), failed=rng.choice(failed))
        self._usual = Switches(status_at=rng.choice(told))
        self.heal()

    def refuse(self, devices: Sequence[str], *, late: bool) -> None:
        """Refuse these devices, by their IDs; ``late``: a claim's dry run knows nothing of that."""
        words = dict.fromkeys(devices, "nRF 40101: Device is already associated.")
        self.switch(row_errors=words)
        self.provisioning.switches = replace(
            self._claiming, refused={} if late else words, refused_late=words if late else {}
        )

    def switch(self, **switches: object) -> None:
        """Set some of the world's switches."""
        self.world.switches = replace(self.world.switches, **switches)  # type: ignore[arg-type]  # this house's own words

    def exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes, limit: int, life: Life
    ) -> Reply | Silence:
        """Do one exchange as :meth:`station.cloud.wire.Line.exchange` does."""
        life.touch()
        self._catch_up()
        parts = urlsplit(url)
        api = url.startswith((BASE, CLAIMS))
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if not api and token:
            self.leaks += 1
        if token.count(".") == 2:
            self.tokens.add(token)
        headers = headers | {"host": parts.netloc}
        request = Request(method, parts.path, parse_qs(parts.query, keep_blank_values=True), headers, body)
        rng = self._chance.network
        self.requests[f"{method} {'/'.join(parts.path.split('/')[:3]) if api else 'file'}"] += 1
        self._clock.pass_by(rng.uniform(0.02, 0.2))
        if self._clock.monotonic() < self.down_until:
            return Silence(False, "the connection was refused")
        trouble = rng.choice(_TROUBLES) if rng.random() < self.share else ""
        if trouble:
            self._chance.injected[f"cloud {trouble}"] += 1
            return self._trouble(trouble, request, limit=limit, rng=rng)
        reply = self._reply(self._act(request), limit)
        life.touch()  # the moment between what the cloud did and what the station hears of it
        return reply

    def _act(self, request: Request) -> Answer:
        match f"http://{request.headers['host']}/v1":
            case address if address == BASE:
                answer = self._api.serve(request)
            case address if address == CLAIMS:
                return self._act_on_claims(request)
            case _:
                return self._api.serve_file(request)
        if request.method == "POST" and request.headers.get("content-type") == "application/json":
            row = self._row(unquote(request.path.rpartition("/")[2]), str(json.loads(request.body)["onboardingToken"]))
            self._handed.append(([row], frozenset() if answer.status == 202 else frozenset({0})))
        return answer

    def _row(self, device: str, token: str) -> tuple[str, str]:
        return f"{device} for the {self.anew[device] + 1}. time", token

    def _act_on_claims(self, request: Request) -> Answer:
        before = len(self.provisioning.history)
        if request.method == "DELETE":
            self.given_up |= {one.uuid: str(one.token_sha256) for one in self.provisioning.all_claimed()}
        answer = self._claims.serve(request)
        self.anew.update(uuid for what, uuid, _ in self.provisioning.history[before:] if what == "unclaim")
        if request.method == "POST" and request.path == "/v1/claimed-devices" and not request.query:
            if answer.status == 202:
                told: str | frozenset[int] = str(json.loads(answer.body)["bulkOpsRequestId"])
            else:
                taken = {uuid for _, uuid, _ in self.provisioning.history[before:]}
                rows = enumerate(_claims_in(request.body))
                told = frozenset(number for number, (uuid, _) in rows if uuid not in taken)
            self._handed.append(([self._row(uuid, token) for uuid, token in _claims_in(request.body)], told))
        return answer

    def _trouble(self, what: str, request: Request, *, limit: int, rng: Random) -> Reply | Silence:
        broke = Silence(True, "the connection broke (RemoteDisconnected)")
        match what:
            case "refused":
                return Silence(False, "the connection was refused")
            case "cut-unread" | "cut-undone":
                return broke
            case "done-later":
                if request.method == "POST":
                    self._later.append((self._clock.monotonic() + rng.uniform(0.0, _LATEST), request))
                return broke
            case _ if what.startswith("status-"):
                return self._refusal(what, rng)
            case "redirect":
                return self._reply(Answer(307, b"", {"Location": f"{_FILES}/elsewhere"}), limit)
        answer = self._act(request)
        match what:
            case "cut-done":
                return broke
            case "cut-answer":
                reply = self._reply(answer, limit)
                return Reply(reply.status, reply.headers, b"", Flaw.CUT)
            case "slow":
                self._clock.pass_by(rng.uniform(1.0, 30.0))
                return self._reply(answer, limit)
            case "too-slow":
                self._clock.pass_by(_READ_TIMEOUT)
                return Silence(True, "no answer in time")
            case "long":
                reply = self._reply(answer, limit)
                return Reply(reply.status, reply.headers, b"", Flaw.LONG)
            case "nonsense":
                return self._reply(Answer(answer.status, b"<html>It works!</html>", answer.headers), limit)
            case "truncated-json":
                return self._reply(Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers), limit)
            case _:
                return self._reply(Answer(answer.status, b'{"status": "GREEN", "items": {}}', answer.headers), limit)

    def _refusal(self, what: str, rng: Random) -> Reply:
        status = int(what.split("-")[1])
        headers = {"Retry-After": str(rng.randrange(1, 20))} if what in ("status-503-later", "status-429") else {}
        told = {"code": status * 100, "message": "Access denied: the API key is not valid." if status == 401 else "No."}
        answer = Answer.of_json(status, told)
        return self._reply(Answer(status, answer.body, {**answer.headers, **headers}), ANSWER_LIMIT)

    def _reply(self, answer: Answer, limit: int) -> Reply:
        date = format_datetime(self._time.now().astimezone(UTC), usegmt=True)
        headers = {"Date": date, **answer.headers, "Content-Length": str(len(answer.body))}
        flaw = Flaw.LONG if len(answer.body) > limit else Flaw.NONE
        return Reply(answer.status, CaseInsensitiveDict(headers), b"" if flaw else answer.body, flaw)

    def _catch_up(self) -> None:
        now = self._clock.monotonic()
        due = [request for at, request in self._later if at <= now]
        self._later = [one for one in self._later if one[0] > now]
        for request in due:
            self._act(request)

    def settle(self) -> None:
        """Do all that is still to be done."""
        self._clock.pass_by(_LATEST)
        self._catch_up()


class _MemoryLine:
    def __init__(self, cloud: MemoryCloud, life: Life) -> None:
        self._cloud, self._life = cloud, life

    def exchange(
        self,
        method: Literal["GET", "POST", "DELETE"],
        url: str,
        auth: AuthBase,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        content_type: str = "text/csv",
        limit: int = ANSWER_LIMIT,
    ) -> Reply | Silence:
        asked = requests.PreparedRequest()
        asked.url = f"{url}?{urlencode(list(query))}" if query else url
        asked.headers = CaseInsensitiveDict({} if body is None else {"Content-Type": content_type})
        asked = auth(asked)
        headers = {name.lower(): str(value) for name, value in asked.headers.items()}
        return self._cloud.exchange(method, str(asked.url), headers, body or b"", limit, self._life)


class _MemoryWire:
    def __init__(self, cloud: MemoryCloud, life: Life) -> None:
        self._made = _MemoryLine(cloud, life)

    @contextmanager
    def line(self) -> Iterator[_MemoryLine]:
        yield self._made


class MemoryTeamCloud(TeamCloud):
    """The station's client for the team API, with a wire in memory: all it reads, it reads as ever."""

    def __init__(self, cloud: MemoryCloud, clock: Clock, life: Life) -> None:
        super().__init__(BASE, Secret(cloud.api_key), clock=clock, version="factory", provisioning_url=CLAIMS)
        self._asker.wire = _MemoryWire(cloud, life)  # type: ignore[assignment]  # of a wire, a line's exchanges are all it uses
        assert self._claims is not None
        self.claims: ProvisioningApi = self._claims
        self.claims._api.wire = self._asker.wire


class MemoryOrganisationCloud(OrganisationCloud):
    """The station's client for the organisation API, likewise."""

    def __init__(self, cloud: MemoryCloud, clock: Clock, life: Life) -> None:
        organisation, project = LINE_PROJECT.split("/")
        super().__init__(
            BASE, Secret(LINE_TOKEN), organisation=organisation, project=project, clock=clock, version="factory"
        )
        self._asker.wire = _MemoryWire(cloud, life)  # type: ignore[assignment]  # as above


def connect(cloud: MemoryCloud, clock: Clock, life: Life) -> MemoryTeamCloud | MemoryOrganisationCloud:
    """Return the station's client for its account."""
    return (MemoryOrganisationCloud if cloud.organisation else MemoryTeamCloud)(cloud, clock, life)


def _claims_in(body: bytes) -> list[tuple[str, str]]:
    rows = csv.reader(io.StringIO(body.decode(), newline=""))
    return [(read_attestation(row[0]).uuid, row[0]) for row in rows]
