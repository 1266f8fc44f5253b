"""What the simulated cloud holds: teams, devices, bulk operations, and how they come about.

Rules from the nrf-cloud-api reference, sections 1.1 to 1.4. Where that marks something ``[?]``, this is one possible
cloud: an ID that comes with another certificate is refused like one with other attributes, and each row of a body
meets what the rows before it left. RegisterCertificates replaces an onboarded device's certificate and onboards none.
"""

import json
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from station.domain.ids import Sha256
from station.host.clock import Clock
from station.host.files import sha256_of
from station.simulator.cloud_rows import Row

OTHER_ATTRIBUTES = "Thing {device_id} already exists in account with different attributes"
CERTIFICATE_TAKEN = "The device certificate is already registered and attached to a different device."
OTHER_ACCOUNT = "nRF 40101: Device is already associated with another account."
NOT_ES256 = "The device certificate is not a valid ES256 certificate."

ErrorFormat = Literal["new", "old"]


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
    account_of: str = ""
    """The name of the team that every key is said to belong to."""


@dataclass(slots=True)
class Device:
    """A device that is onboarded."""

    device_id: str
    team_id: str
    subtype: str
    tags: tuple[str, ...]
    firmware_types: tuple[str, ...]
    key: ec.EllipticCurvePublicKey
    fingerprint: Sha256
    """SHA-256 of the certificate's DER, or of the public key's where only that was given."""
    onboarded_at: datetime


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


class World:
    """The state behind the HTTP. Every method is safe from any thread; time passes only when somebody looks."""

    def __init__(self, teams: Sequence[Team], *, clock: Clock, seed: int, service: ServiceTimes) -> None:
        self.teams = tuple(teams)
        self.service = service
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 -- a simulation that can be run again, no secret
        self._lock = threading.RLock()
        self._devices: dict[str, Device] = {}
        self._owners: dict[Sha256, str] = {}
        self._operations: dict[str, Operation] = {}
        self.switches = Switches()

    def team_of(self, key: str) -> Team | None:
        """Return the team a key belongs to."""
        return next((team for team in self.teams if key in team.keys), None)

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
        operation.completed_at = self._clock.now()
        operation.status = Status.FAILED if operation.errors else Status.SUCCEEDED
        text = self.switches.error_text
        if text is None:
            text = write_errors(operation.errors, self.switches.error_format)
        operation.error_file = text.encode("utf-8", "surrogateescape")

    def _take(self, team_id: str, row: Row) -> str:
        """Onboard one row, or replace its device's certificate; or return why not."""
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
    try:
        if "BEGIN CERTIFICATE" in pem:
            certificate = x509.load_pem_x509_certificate(text)
            key, der = certificate.public_key(), certificate.public_bytes(Encoding.DER)
        else:
            key = load_pem_public_key(text)  # type: ignore[assignment]  # judged below like the other
            der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError:
        return None
    good = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return (key, sha256_of(der)) if good else None  # type: ignore[return-value]  # "good" says so
