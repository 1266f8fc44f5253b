"""The simulated Provisioning API's own truth: who claimed which device, tags, rules, and what devices were told to do.

Rules from the nrf-cloud-api reference, section 2. Where that knows nothing (the words of refusals, the elements of
``failed``, the order of checks), this is one possible cloud. A device carries its commands out when a test says that
it connects: they come over the air, and no station sees that happen.
"""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.attestation import AttestationToken, read_attestation
from station.domain.faults import Fault
from station.domain.ids import DeviceUuid, Sha256
from station.host.clock import Clock
from station.host.files import sha256_of
from station.simulator.cloud_world import Team, World

MOST_COMMANDS: Final = 20
UNREADABLE = "The claim token is not a valid identity attestation token."
NOT_SUPPORTED = "Devices of this type can't be claimed."
CLAIMED_BY_TEAM = "The device is already claimed by your team."
CLAIMED_BY_OTHERS = "The device is already claimed by another team."
NO_TAG = "Unknown tag: {tag}"

_TYPES: Final = {1: "nrf9160_SIAA", 2: "nrf9160_SIBA", 3: "nrf9160_SICA", 4: "nrf9161", 5: "nrf9131", 6: "nrf9151"}

AnswerForm = Literal["lists", "operation"]
FailedForm = Literal["objects", "tokens", "words", "nothing"]


@dataclass(frozen=True, slots=True)
class ClaimSwitches:
    """Which of the forms that are possible this cloud has, and what is refused."""

    answer: AnswerForm = "lists"
    """A bulk claim's answer: 201 with ``claimedIds`` and ``failed``, or 202 with a bulk operation."""
    failed: FailedForm = "objects"
    """The elements of ``failed``, of which nothing is documented."""
    refused: dict[str, str] = field(default_factory=dict)
    """UUID to the message its claim is refused with; the dry run knows it too."""
    refused_late: dict[str, str] = field(default_factory=dict)
    """The same, but the dry run says that all is well."""


@dataclass(slots=True)
class Command:
    """Something a device is told to do."""

    id: str
    request: dict[str, object]
    status: str = "PENDING"
    description: str = ""

    @property
    def kind(self) -> str:
        """The kind of request."""
        return next(iter(self.request), "")


@dataclass(frozen=True, slots=True)
class Rule:
    """What devices are told to do that are claimed with one of the tags."""

    id: str
    team_id: str
    name: str
    tags: tuple[str, ...]
    requests: tuple[dict[str, object], ...]
    active: bool


@dataclass(slots=True)
class Claimed:
    """A device that somebody claimed."""

    uuid: DeviceUuid
    team_id: str
    tags: tuple[str, ...]
    device_type: str
    firmware_id: str
    claimed_at: datetime
    token_sha256: Sha256
    commands: list[Command] = field(default_factory=list)


class RefusedClaimError(Exception):
    """The claim, or its dry run, is refused in these words."""


class Provisioning:
    """The state behind the HTTP. Every method is safe from any thread."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self.switches = ClaimSwitches()
        self._clock = clock
        self._lock = threading.RLock()
        self._claimed: dict[DeviceUuid, Claimed] = {}
        self._rules: list[Rule] = []
        self._tags: dict[str, set[str]] = {}
        self.history: list[tuple[str, DeviceUuid, str]] = []
        """Every claim and unclaiming that was done: what, of which device, by which team."""

    def check(self, team: Team, token: str, *, dry: bool = True) -> AttestationToken:
        """Return the token if its device can be claimed by ``team`` now; raises :class:`RefusedClaimError`."""
        try:
            read = read_attestation(token)
        except Fault as fault:
            raise RefusedClaimError(UNREADABLE) from fault
        switched = self.switches.refused.get(read.uuid) or (None if dry else self.switches.refused_late.get(read.uuid))
        if switched:
            raise RefusedClaimError(switched)
        if read.device_type <= 3:
            raise RefusedClaimError(NOT_SUPPORTED)
        with self._lock:
            there = self._claimed.get(read.uuid)
        if there is not None:
            raise RefusedClaimError(CLAIMED_BY_TEAM if there.team_id == team.team_id else CLAIMED_BY_OTHERS)
        return read

    def claim(self, team: Team, token: str, tags: Sequence[str]) -> Claimed:
        """Claim a device; its commands are those of every active rule with one of its tags."""
        with self._lock:
            read = self.check(team, token, dry=False)
            device = Claimed(
                read.uuid,
                team.team_id,
                tuple(tags),
                _TYPES.get(read.device_type, "unknown"),
                read.firmware_uuid,
                self._clock.now(),
                sha256_of(token.encode()),
            )
            for rule in self.rules(team):
                if rule.active and set(rule.tags) & set(tags):
                    for request in rule.requests:
                        self._add(device, request, rule.name)
            self._claimed[read.uuid] = device
            self.history.append(("claim", read.uuid, team.name))
            return device

    def unclaim(self, team: Team, uuid: str) -> bool:
        """Give a device up; False where the team has not claimed it. What the team API has of it stays there."""
        device = self.device(team, uuid)
        with self._lock:
            if device is None or device.uuid not in self._claimed:
                return False
            del self._claimed[device.uuid]
            self.history.append(("unclaim", device.uuid, team.name))
            return True

    def device(self, team: Team, uuid: str) -> Claimed | None:
        """Return a device that this team claimed, once what is due of the bulk operations is done."""
        self.world.operations()
        with self._lock:
            found = next((one for one in self._claimed.values() if one.uuid == uuid.lower()), None)
        return found if found is not None and found.team_id == team.team_id else None

    def all_claimed(self) -> list[Claimed]:
        """Return every claimed device, by UUID."""
        self.world.operations()
        with self._lock:
            return sorted(self._claimed.values(), key=lambda one: one.uuid)

    def command(self, device: Claimed, request: dict[str, object], description: str) -> Command | None:
        """Tell a device to do something; None where it has been told too much already."""
        with self._lock:
            return self._add(device, request, description)

    def _add(self, device: Claimed, request: dict[str, object], description: str) -> Command | None:
        if len(device.commands) >= MOST_COMMANDS:
            return None
        made = Command(secrets.token_hex(12), request, description=description)
        device.commands.append(made)
        return made

    def rules(self, team: Team) -> list[Rule]:
        """Return a team's rules."""
        with self._lock:
            return [rule for rule in self._rules if rule.team_id == team.team_id]

    def tags(self, team: Team) -> list[str]:
        """Return a team's tags."""
        with self._lock:
            return sorted(self._tags.get(team.team_id, set()))

    def make_tag(self, team: Team, tag: str) -> bool:
        """Make a tag; False where it is there."""
        with self._lock:
            tags = self._tags.setdefault(team.team_id, set())
            there = tag in tags
            tags.add(tag)
            return not there

    def make_rule(
        self, team: Team, name: str, tags: Sequence[str], requests: Sequence[dict[str, object]], *, active: bool = True
    ) -> Rule:
        """Make a rule. Its tags have to be there (nothing is documented of it); raises :class:`RefusedClaimError`."""
        with self._lock:
            for tag in tags:
                if tag not in self._tags.get(team.team_id, set()):
                    raise RefusedClaimError(NO_TAG.format(tag=tag))
            if any(rule.name == name for rule in self.rules(team)):
                raise RefusedClaimError("A rule of that name exists.")
            rule = Rule(secrets.token_hex(12), team.team_id, name, tuple(tags), tuple(requests), active)
            self._rules.append(rule)
            return rule

    def connect(self, uuid: str) -> bool:
        """Have a device ask for its commands and carry them out; False where nobody claimed it.

        Its cloud access key makes it known to the team API, by its UUID, with a key that only it has.
        """
        with self._lock:
            device = next((one for one in self._claimed.values() if one.uuid == uuid.lower()), None)
            if device is None:
                return False
            keyed = any(one.kind == "cloudAccessKeyGeneration" and one.status == "PENDING" for one in device.commands)
            for command in device.commands:
                command.status = "SUCCEEDED"
        if keyed:  # without the lock: the world has its own, and takes that first where a bulk operation claims
            key = ec.generate_private_key(ec.SECP256R1()).public_key()
            self.world.register_key(device.uuid, device.team_id, key)
        return True
