"""Clouds that answer whatever a fuzzer says: the organisation API, the Provisioning API, one device's answers; tokens.

What is sent to them goes nowhere. Each request is prepared as ``requests`` would, and looked at: whatever was answered
before, a secret is for one host alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import requests
import stamina
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from requests.auth import AuthBase

from station.cloud import devices as one_device
from station.cloud import protocol as say
from station.cloud.asking import Asker, Reach
from station.cloud.organisation import OrganisationCloud
from station.cloud.provisioning import ProvisioningApi
from station.cloud.provisioning_rows import Claim, RuleOrder, claim_of, read_claims, write_claims
from station.cloud.team import TeamCloud
from station.cloud.wire import Flaw, Reply, Silence
from station.credentials.checks import check_public_key
from station.credentials.explain import explain_token
from station.credentials.jwt_reading import Expected, judge_jwt, take_apart
from station.credentials.pem import CertificatePem
from station.domain.ids import DeviceId, DeviceUuid
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from tests.faults.hostile_forms import NOON, Leap, Target, given, recorded, text

HOME: Final = "https://home.example/v1"
_CLAIMING: Final = "https://claims.example/v1"
_KEY: Final = Secret("a-secret-0123456789")
_HOSTS: Final = ("home.example", "claims.example")
_DEVICES: Final = (DeviceId("unit-1"), DeviceId("unit-2"), DeviceId("unit-3"))
_STATUSES: Final = (200, 201, 202, 204, 206, 207, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503)
_HEADERS: Final = ("Location", "Retry-After", "Date", "Content-Range")
_WAYS: Final = tuple(CredentialKind)


class Said:
    """A wire at whose other end ``data`` is said, an answer a request.

    An answer is a byte that picks its status and flaw, a header (which, how long, text), and a body (two bytes say how
    long). Where nothing is left, nothing answers.
    """

    def __init__(self, data: bytes, host: str) -> None:
        self._rest, self._host = data, host

    @contextmanager
    def line(self) -> Iterator["Said"]:
        """Give itself."""
        yield self

    def exchange(
        self,
        method: str,
        url: str,
        auth: AuthBase,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        content_type: str = "",
        limit: int = 0,
    ) -> Reply | Silence:
        """Answer, once it is seen that no secret was about to go anywhere but to this host."""
        del body, content_type, limit
        try:
            request = requests.Request(method, url, params=list(query), auth=auth).prepare()
        except OSError as error:  # requests' own are, and the wire takes them so
            return Silence(False, type(error).__name__)
        if "Authorization" in request.headers:
            at = urlsplit(request.url or "")
            if (at.scheme, at.hostname, at.port, at.username) != ("https", self._host, None, None):
                raise AssertionError(f"a secret was about to go to {request.url}")
        return self._answer()

    def _answer(self) -> Reply | Silence:
        if not self._rest:
            return Silence(True, "nobody answers")
        first, which, size, rest = self._rest[0], *self._rest[1:3].ljust(2, b"\0"), self._rest[3:]
        value, rest = rest[:size].decode("latin-1"), rest[size:]
        length = int.from_bytes(rest[:2], "big")
        body, self._rest = rest[2 : 2 + length], rest[2 + length :]
        flaw = (Flaw.NONE, Flaw.NONE, Flaw.NONE, Flaw.LONG)[first >> 4 & 3]
        headers = requests.structures.CaseInsensitiveDict({_HEADERS[which % len(_HEADERS)]: value} if size else {})
        return Reply(_STATUSES[first & 15], headers, b"" if flaw else body, flaw)


def _answer(status: int, body: bytes, header: str = "", value: str = "") -> bytes:
    which = _HEADERS.index(header) if header else 0
    front = bytes((_STATUSES.index(status), which, len(value))) + value.encode("latin-1")
    return front + len(body).to_bytes(2, "big") + body


def _at(asker: Asker, data: bytes, host: str) -> None:
    vars(asker)["wire"] = Said(data, host)


def _organisation(data: bytes) -> None:
    cloud = OrganisationCloud(HOME, _KEY, organisation="works", project="trackers", clock=Leap(), version="1")
    kind = _WAYS[data[0] % len(_WAYS)] if data else CredentialKind.CERTIFICATE
    _at(vars(cloud)["_asker"], data[1:], _HOSTS[0])
    with stamina.set_testing(True, attempts=1):
        sent = cloud.send(b"body", kind, _DEVICES)
        if not isinstance(sent, say.Accepted):
            return
        found = cloud.poll(sent.request_id, _DEVICES, kind)
    if isinstance(found, say.Settled):
        if len(found.rows) != len(_DEVICES):
            raise AssertionError("a row without an end, or too many")
        if kind is CredentialKind.ATTESTATION_TOKEN and any(isinstance(row, say.Onboarded) for row in found.rows):
            raise AssertionError("a claim is no onboarding")


def _team(data: bytes) -> None:
    cloud = TeamCloud(HOME, _KEY, clock=Leap(), version="1", provisioning_url=_CLAIMING)
    kind = _WAYS[data[0] % len(_WAYS)] if data else CredentialKind.CERTIFICATE
    tokens = kind is CredentialKind.ATTESTATION_TOKEN
    claims = _claims()
    _at(vars(cloud)["_asker"], data[1:], _HOSTS[0])
    _at(vars(vars(cloud)["_claims"])["_api"], data[1:], _HOSTS[1])
    whose = [DeviceId(claim.uuid) for claim in claims] if tokens else _DEVICES[:1]
    with stamina.set_testing(True, attempts=1):
        sent = cloud.send(write_claims(claims) if tokens else b"body", kind, whose)
        found = cloud.poll(sent.request_id, whose, kind) if isinstance(sent, say.Accepted) else sent
    if isinstance(found, say.Settled):
        if len(found.rows) != len(whose):
            raise AssertionError("a row without an end, or too many")
        if tokens and any(isinstance(row, say.Onboarded) for row in found.rows):
            raise AssertionError("a claim is no onboarding")


def _claims() -> list[Claim]:
    return [claim_of(one.decode("ascii").strip(), ("a-tag",)) for one in (given("attestation.txt"),)]


_ASKED: Final[tuple[Callable[[ProvisioningApi, list[Claim]], object], ...]] = (
    lambda api, claims: api.can_claim(claims),
    lambda api, claims: api.claim(write_claims(claims)),
    lambda api, claims: api.unclaim(claims[0].uuid),
    lambda api, claims: api.device(claims[0].uuid),
    lambda api, claims: api.commands(claims[0].uuid),
    lambda api, claims: api.keyed([claims[0].uuid]),
    lambda api, _: api.rules(),
    lambda api, _: api.make_rule(RuleOrder("a-tag", 42, CertificatePem("PEM"))),
    lambda api, _: api.unruled(["a-tag"]),
)


def _provisioning(data: bytes) -> None:
    api, claims = ProvisioningApi(_CLAIMING, _KEY, Reach(Leap(), "1")), _claims()
    _at(vars(api)["_api"], data[1:], _HOSTS[1])
    with stamina.set_testing(True, attempts=1):
        found = _ASKED[(data[0] if data else 0) % len(_ASKED)](api, claims)
    if isinstance(found, say.Settled) and len(found.rows) != len(claims):
        raise AssertionError("a row without an end, or too many")


def _device(data: bytes) -> None:
    first, asker = data[0] if data else 0, Asker(HOME, _KEY, Reach(Leap(), "1"))
    _at(asker, data[1:], _HOSTS[0])
    with stamina.set_testing(True, attempts=1):
        match first % 4:
            case 0:
                one_device.fetch_device(asker, DeviceId("unit-1"))
            case 1:
                one_device.fetch_assistance(asker, 0, 9, [1])
            case 2:
                one_device.create_certificate(asker, DeviceId("unit-1"), Secret("code"))
            case _:
                one_device.delete_device(asker, DeviceId("unit-1"))


def cloud_targets() -> tuple[Target, ...]:
    """Return what reads the answers of these clouds, and the tokens that people bring."""
    key = load_der_public_key(given("jwt.spki"))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    token, keygen = given("attestation.txt"), given("keygen.txt")
    (claim,) = _claims()

    def judge(token: str) -> None:
        judge_jwt(token, key, now=NOON, expected=Expected("aud", "sub", frozenset({"unit"})))

    return (
        Target("organisation-cloud", _organisation, _of_organisations(), share=0.3, takes_all=True),
        Target("team-cloud", _team, _of_teams(claim.uuid), share=0.3, takes_all=True),
        Target("provisioning-cloud", _provisioning, _of_claims(claim.uuid), share=0.3, takes_all=True),
        Target("device-cloud", _device, _of_devices(), share=0.3, takes_all=True),
        Target("jwt-judged", text(judge), (given("jwt.txt"),), takes_all=True),
        Target("jwt-shown", text(take_apart), (given("jwt.txt"),), (ValueError,)),
        Target("token-explained", text(explain_token), (keygen, token, *recorded("keygen_pubkey", "keygen_csr_bad"))),
        Target(
            "public-key-checked",
            text(lambda answer: check_public_key(answer, uuid=None, sec_tag=16)),
            recorded("keygen_pubkey"),
        ),
        Target("claims-body", read_claims, (write_claims([claim]), write_claims([claim, claim]))),
    )


def _of_organisations() -> tuple[bytes, ...]:
    taken = _answer(202, b'{"url": "/v1/organizations/works/projects/trackers/long-range/devices/bulk/1"}')
    moved = _answer(202, b"", "Location", "https://home.example/v1/organizations/works/bulk/1")
    away = _answer(202, b'{"url": "https://evil.example/1"}', "Location", "//evil.example:443/\\@home.example")
    errors = b'{"status": "FAILED", "errorSummary": {"errors": [{"deviceId": "unit-1", "error": "no"}, {"row": 2}]}}'
    ends = (b'{"status": "SUCCEEDED"}', b'{"status": "PENDING"}', errors)
    return (
        *(bytes([way]) + taken + _answer(200, end) for way in range(4) for end in ends),
        b"\0" + moved,
        b"\0" + away,
    )


def _of_teams(uuid: DeviceUuid) -> tuple[bytes, ...]:
    ulid = b"01J00000000000000000000000"
    taken = _answer(202, b'{"bulkOpsRequestId": "' + ulid + b'"}')
    done = _answer(200, b'{"bulkOpsRequestId": "' + ulid + b'", "status": "SUCCEEDED"}')
    bad = b'", "status": "FAILED", "errorSummaryUrl": "https://files.example/1"}'
    failed = _answer(200, b'{"bulkOpsRequestId": "' + ulid + bad) + _answer(200, b'{"errors": ["[0]: no"]}')
    told = _answer(200, b'{"claimedIds": ["%s"], "failed": []}' % uuid.encode())
    return (*(bytes([way]) + taken + end for way in range(4) for end in (done, failed)), b"\2" + told)


def _of_claims(uuid: DeviceUuid) -> tuple[bytes, ...]:
    device = b'{"id": "%s", "tags": ["a-tag"], "status": "READY"}' % uuid.encode()
    made = b'{"items": [{"id": "1", "request": {"cloudAccessKeyGeneration": {}}, "status": "SUCCEEDED"}]}'
    rules = b'{"items": [{"name": "r", "tags": ["a-tag"], "active": true, "commands": []}]}'
    failed = b'{"claimedIds": [], "failed": [{"id": "%s", "message": "no"}]}' % uuid.encode()
    answers = (
        _answer(202, b"") + _answer(400, b'{"message": "no"}'),
        _answer(200, failed) + _answer(200, device),
        _answer(201, device),
        _answer(204, b""),
        _answer(200, device),
        _answer(200, device) + _answer(200, made),
        _answer(200, device) + _answer(200, made),
        _answer(200, rules),
        _answer(200, b'{"items": []}') + _answer(201, b"") + _answer(201, b""),
        _answer(200, rules),
    )
    return tuple(bytes([asked]) + answer for asked, answer in enumerate(answers))


def _of_devices() -> tuple[bytes, ...]:
    return (
        b"\0" + _answer(200, b'{"id": "unit-1"}'),
        b"\1" + _answer(206, b"0123456789", "Content-Range", "bytes 0-9/2200"),
        b"\2" + _answer(201, b'{"clientId": "unit-1", "caCert": "A", "clientCert": "B", "privateKey": "C"}'),
        b"\3" + _answer(202, b""),
    )
