"""What the simulated cloud holds: teams, devices, bulk operations, and how they come about.

Rules from the nrf-cloud-api reference, sections 1.1 to 1.4. Where that marks something ``[?]``, this is one possible
cloud: an ID that comes with another certificate is refused like one with other attributes, and each row of a body
meets what the rows before it left. RegisterCertificates replaces an onboarded device's certificate and onboards none.
"""

import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from station.credentials.keys import is_p256, spki_of
from station.domain.ids import Sha256
from station.host.clock import Clock
from station.host.files import sha256_of
from station.simulator.cloud_rows import Row
from station.simulator.cloud_tokens import judge_token

OTHER_ATTRIBUTES = "Thing {device_id} already exists in account with different attributes"
CERTIFICATE_TAKEN = "The device certificate is already registered and attached to a different device."
OTHER_ACCOUNT = "nRF 40101: Device is already associated with another account."
DEVICE_EXISTS = "The device already exists."
BAD_DEVICE_ID = "The device ID may hold letters, digits, - and _ only."
NOT_ES256 = "The device certificate is not a valid ES256 certificate."

ErrorFormat = Literal["new", "old"]
StatusAt = Literal["location", "location-path", "url", "url-path", "elsewhere", "nowhere"]


class Status(StrEnum):
    """Where a bulk operation stands."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Team:
    """A team and the API keys that belong to it."""

    team_id: str
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """Seconds a bulk operation waits, and how long it takes in all (3 to 4 s were observed for a few rows)."""

    pending: float = 0.5
    least: float = 3.0
    most: float = 4.0


FAST = ServiceTimes(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Switches:
    """What is made to go wrong with everything alike."""

    error_format: ErrorFormat = "new"
    error_text: str | None = None
    """The whole error file, in place of a true one."""
    row_errors: dict[str, str] = field(default_factory=dict)
    """Device ID to the message its row is refused with."""
    stuck: bool = False
    """No operation gets done."""
    status_at: StatusAt = "location"
    """Where the organisation API says that a body's status is; ``elsewhere`` is another host."""
    status_text: str | None = None
    """The whole status of a body that is done, in place of a true one."""
    read_only: tuple[str, ...] = ()
    """Projects (``organisation/project``) whose tokens may write nothing."""
    account_of: str = ""
    """The name of the team that every key is said to belong to."""
    claims_listed: bool = True
    """Whether the list of bulk operations shows claims among them; nothing is documented."""


@dataclass(slots=True)
class Device:
    """A device that is onboarded."""

    device_id: str
    team_id: str
    subtype: str
    tags: tuple[str, ...]
    firmware_types: tuple[str, ...]
    key: ec.EllipticCurvePublicKey | None
    """None where only a token was given: what the device signs can't be checked here then."""
    fingerprint: Sha256
    """SHA-256 of the certificate's DER, of the public key's or the token's where only that was given."""
    onboarded_at: datetime
    credential: str = "certificate"
    """By what it is known: ``certificate``, ``attestation-token``, ``onboarding-token`` or ``key``."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that was registered for a device that need not be onboarded."""

    team_id: str
    fingerprint: Sha256
    """SHA-256 of its DER."""
    times: int
    """How often it was registered."""


@dataclass(slots=True)
class Operation:
    """One body and what becomes of it."""

    request_id: str
    team_id: str
    body: bytes
    rows: tuple[Row, ...]
    requested_at: datetime
    begins: float
    ends: float
    status: Status = Status.PENDING
    completed_at: datetime | None = None
    errors: dict[int, str] = field(default_factory=dict)
    error_file: bytes = b""
    claims: tuple[Callable[[], str], ...] = ()
    """Of a bulk claim, instead of rows: each claims one device, or returns why not."""


class World:
    """The state behind the HTTP. Every method is safe from any thread; time passes only when somebody looks."""

    def __init__(
        self, teams: Sequence[Team], *, clock: Clock, seed: int, service: ServiceTimes, projects: Sequence[Team] = ()
    ) -> None:
        """``projects`` are the organisation API's: their IDs are ``organisation/project``, their keys its tokens."""
        self.teams, self.projects = tuple(teams), tuple(projects)
        self._public_keys: dict[str, PublicKey] = {}
        self.service = service
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 -- a simulation that can be run again, no secret
        self._lock = threading.RLock()
        self._devices: dict[str, Device] = {}
        self._owners: dict[Sha256, str] = {}
        self._operations: dict[str, Operation] = {}
        self.switches = Switches()
        self.deleted: list[str] = []
        """The devices that were deleted, in their order."""

    def team_of(self, key: str) -> Team | None:
        """Return the team a key belongs to."""
        return next((team for team in self.teams if key in team.keys), None)

    def project_of(self, token: str) -> Team | None:
        """Return the project that an organisation's token belongs to."""
        return next((project for project in self.projects if token in project.keys), None)

    def public_keys(self) -> dict[str, PublicKey]:
        """Return the keys that were registered, by device ID."""
        with self._lock:
            self._go_on()
            return dict(self._public_keys)

    def take_token(self, team: Team, row: Row) -> str:
        """Onboard one device by its onboarding token at once; return why not, "" where it was."""
        with self._lock:
            return self.switches.row_errors.get(row.device_id) or self._take(team.team_id, row)

    def account_of(self, team: Team) -> Team:
        """Return the team that ``/account`` tells of: this one, unless the switch says otherwise."""
        return next((other for other in self.teams if other.name == self.switches.account_of), team)

    def accept(self, team: Team, body: bytes, rows: tuple[Row, ...]) -> Operation:
        """Take a body to work on; it is worked on once its time is over."""
        with self._lock:
            now = self._clock.monotonic()
            takes = self._random.uniform(self.service.least, self.service.most)
            operation = Operation(
                self._new_ulid(),
                team.team_id,
                body,
                rows,
                self._clock.now(),
                now + min(self.service.pending, takes),
                now + takes,
            )
            self._operations[operation.request_id] = operation
            return operation

    def accept_claims(self, team: Team, body: bytes, claims: Sequence[Callable[[], str]]) -> Operation:
        """Take a body of claims to work on, as :meth:`accept`."""
        with self._lock:
            operation = self.accept(team, body, ())
            operation.claims = tuple(claims)
            return operation

    def register_key(self, device_id: str, team_id: str, key: ec.EllipticCurvePublicKey) -> None:
        """Take the public key of a device's cloud access key: the team has that device from now on."""
        der = spki_of(key)
        with self._lock:
            self._devices[device_id] = Device(device_id, team_id, "", (), (), key, sha256_of(der), self._clock.now())

    def operation(self, request_id: str) -> Operation | None:
        """Return a bulk operation as it stands now."""
        with self._lock:
            self._go_on()
            return self._operations.get(request_id)

    def operations(self, team_id: str | None = None) -> list[Operation]:
        """Return the bulk operations of a team, or all, the newest first."""
        with self._lock:
            self._go_on()
            found = [one for one in self._operations.values() if team_id in (None, one.team_id)]
            return sorted(found, key=lambda one: one.request_id, reverse=True)

    def device(self, device_id: str) -> Device | None:
        """Return a device, whatever team has it."""
        with self._lock:
            self._go_on()
            return self._devices.get(device_id)

    def devices(self, team_id: str | None = None) -> list[Device]:
        """Return the devices of a team, or all, by ID."""
        with self._lock:
            self._go_on()
            found = [one for one in self._devices.values() if team_id in (None, one.team_id)]
            return sorted(found, key=lambda one: one.device_id)

    def delete(self, team: Team, device_id: str) -> bool:
        """Delete a team's device and all its data; return whether there was one. Its certificate may be used anew."""
        with self._lock:
            self._go_on()
            there = self._devices.get(device_id)
            if there is None or there.team_id != team.team_id:
                return False
            del self._devices[device_id]
            self._owners = {one: owner for one, owner in self._owners.items() if owner != device_id}
            self.deleted.append(device_id)
            return True

    def _go_on(self) -> None:
        now = self._clock.monotonic()
        for operation in self._operations.values():
            if operation.completed_at is not None:
                continue
            if now >= operation.begins:
                operation.status = Status.IN_PROGRESS
            if now >= operation.ends and not self.switches.stuck:
                self._finish(operation)

    def _finish(self, operation: Operation) -> None:
        for number, row in enumerate(operation.rows):
            error = self.switches.row_errors.get(row.device_id) or self._take(operation.team_id, row)
            if error:
                operation.errors[number] = error
        for number, claim in enumerate(operation.claims):
            if error := claim():
                operation.errors[number] = error
        operation.completed_at = self._clock.now()
        operation.status = Status.FAILED if operation.errors else Status.SUCCEEDED
        text = self.switches.error_text
        if text is None:
            text = write_errors(operation.errors, self.switches.error_format)
        operation.error_file = text.encode("utf-8", "surrogateescape")

    def _take(self, team_id: str, row: Row) -> str:
        """Onboard one row, or replace its device's certificate, or register its key; or return why not."""
        if row.number is not None:
            return BAD_DEVICE_ID
        if row.credential == "public-key":
            return self._register(team_id, row)
        if row.credential != "certificate":
            return self._take_by_token(team_id, row)
        read = _read_key(row.pem)
        if read is None:
            return NOT_ES256
        key, fingerprint = read
        there = self._devices.get(row.device_id)
        if there is not None and there.team_id != team_id:
            return OTHER_ACCOUNT
        if self._owners.setdefault(fingerprint, row.device_id) != row.device_id:
            return CERTIFICATE_TAKEN
        if row.replaces:
            if there is not None:
                # The old certificate is deleted; tags, sub-type and firmware types stay as they were onboarded.
                there.key, there.fingerprint = key, fingerprint
            return ""
        if there is not None and "/" in team_id:
            return DEVICE_EXISTS
        if there is not None:
            same = (there.subtype, there.tags, there.firmware_types, there.fingerprint) == (
                row.subtype,
                row.tags,
                row.firmware_types,
                fingerprint,
            )
            return "" if same else OTHER_ATTRIBUTES.format(device_id=row.device_id)
        self._devices[row.device_id] = Device(
            row.device_id,
            team_id,
            row.subtype,
            row.tags,
            row.firmware_types,
            key,
            fingerprint,
            self._clock.now(),
        )
        return ""

    def _register(self, team_id: str, row: Row) -> str:
        read = _read_key(row.pem)
        if read is None:
            return "The public key is not a valid ES256 key."
        there, before = self._devices.get(row.device_id), self._public_keys.get(row.device_id)
        if any(one is not None and one.team_id != team_id for one in (there, before)):
            return OTHER_ACCOUNT
        self._public_keys[row.device_id] = PublicKey(team_id, read[1], 1 + (before.times if before else 0))
        return ""

    def _take_by_token(self, team_id: str, row: Row) -> str:
        there = self._devices.get(row.device_id)
        if there is not None and there.team_id != team_id:
            return OTHER_ACCOUNT
        if there is not None and "/" in team_id:
            return DEVICE_EXISTS
        wrong = judge_token(row, team_id, self._clock.now())
        if wrong:
            return wrong
        hashed = sha256_of(row.pem.encode())
        self._devices[row.device_id] = Device(
            row.device_id,
            team_id,
            row.subtype,
            row.tags,
            row.firmware_types,
            None,
            hashed,
            self._clock.now(),
            row.credential,
        )
        return ""

    def _new_ulid(self) -> str:
        alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        number = int(self._clock.now().timestamp() * 1000) << 80 | self._random.getrandbits(80)
        return "".join(alphabet[number >> 5 * place & 31] for place in reversed(range(26)))


def write_errors(errors: dict[int, str], form: ErrorFormat) -> str:
    """Return an error file in the form of today, or in that of 2021 to 2025 (its words are reconstructed). Pure."""
    if form == "new":
        return json.dumps({"errors": [f"[{row}]: {message}" for row, message in errors.items()]})
    by_message: dict[str, list[int]] = {}
    for row, message in errors.items():
        by_message.setdefault(message, []).append(row + 1)
    sentence = f"Encountered {len(errors)} errors while processing the rows. Errors [message: row numbers (1-based)]: "
    return json.dumps({"error": f"{sentence}{json.dumps(by_message)}."})


def _read_key(pem: str) -> tuple[ec.EllipticCurvePublicKey, Sha256] | None:
    text = pem.replace("\r\n", "\n").replace("\r", "\n").encode()
    key: object
    try:
        if "BEGIN CERTIFICATE" in pem:
            certificate = x509.load_pem_x509_certificate(text)
            key, der = certificate.public_key(), certificate.public_bytes(Encoding.DER)
        else:
            key = load_pem_public_key(text)
            der = spki_of(key) if is_p256(key) else b""
    except ValueError:
        return None
    return (key, sha256_of(der)) if is_p256(key) else None
