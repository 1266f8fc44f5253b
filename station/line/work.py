"""What an attempt has at hand, and what it has learnt so far."""

from collections.abc import Callable
from dataclasses import dataclass, field

from station.ca.authority import Authority
from station.ca.register import Issuance
from station.cloud.protocol import JwtAnswer
from station.credentials.checks import CheckedKey, CheckedPublicKey
from station.credentials.requests import CheckedRequest
from station.devices.faults import (
    NO_IMEI,
    PORT_ABSENT,
    PORT_VANISHED,
    VCOM_UNKNOWN,
)
from station.devices.images import ImageShelf
from station.devices.modem import Modem
from station.devices.protocols import Conversation, Identity, ShellIdentity, Target
from station.domain.faults import Fault, UnitFault
from station.domain.ids import AttemptId, BatchId, BoardSerial, DeviceId, Sha256, UnitId
from station.domain.line import StepKind
from station.domain.modem import CredentialType, ModemIdentity, StoredCredential
from station.domain.secret import Secret
from station.host.clock import Clock, Deadline, Stop
from station.journal.journal import Build
from station.journal.records import Records
from station.line.equipment import Equipment
from station.line.faults import NOT_IDENTIFIED, SWAPPED
from station.line.final_tokens import FinalTokens
from station.line.hand import Hand
from station.line.readbacks import ReadBacks
from station.line.recovery import Carried
from station.line.register import JournalRegister
from station.line.serials import SerialRange
from station.line.way_faults import NAMELESS, WRONG_DEVICE
from station.settings.recipe import FlashStep, ModemStep, Recipe

_STARTING = frozenset(spec.code for spec in (PORT_ABSENT, PORT_VANISHED, VCOM_UNKNOWN))
_LOOK_AGAIN = 0.2
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all attempts of a batch share."""

    batch: BatchId
    recipe: Recipe
    recipe_name: Sha256
    authority: Authority
    journal: Hand
    """In the hand of whoever armed the batch: what slots write is theirs."""
    clock: Clock
    stop: Stop
    boot_seconds: float
    for_cloud: bool
    images: ImageShelf
    read_backs: ReadBacks
    secret_variables: frozenset[str] = frozenset()
    """Environment variables that hold this station's secrets: no factory program inherits them."""
    serials: SerialRange | None = None
    """The labels of the batch's boards, where it is held to some."""
    account: str = ""
    """Whom the batch's cloud key belongs to, as confirmed; "" where there is no cloud."""
    ask_with_token: Callable[[DeviceId, Secret], JwtAnswer] | None = None
    """Asks the cloud for a device with that device's own token; None where there is no cloud."""
    final_tokens: FinalTokens | None = None
    """Keeps tokens for final checks; None where nobody will ask."""


@dataclass(slots=True)
class Work:
    """One attempt at one board; its slot's thread alone uses it.

    ``also`` collects events that must be committed together with the next one (results with the next intent).
    """

    bench: Bench
    equipment: Equipment
    records: Records
    attempt: AttemptId
    scanned: BoardSerial | None
    progress: Callable[[StepKind, float], None]
    also: list[Build] = field(default_factory=list)
    identity: ModemIdentity | None = None
    device_id: DeviceId | None = None
    unit: UnitId | None = None
    carried: Carried | None = None
    lost_key_of: AttemptId | None = None
    """The earlier attempt whose key's answer was lost; one that is found in the board is recorded as such."""
    key: CheckedKey | CheckedPublicKey | CheckedRequest | None = None
    private: Secret | None = None
    """A private key that was made here: in memory from its making until it is written, and nowhere else."""
    issuance: Issuance | None = None
    observed: dict[str, object] = field(default_factory=dict)
    """What the step that runs has seen so far: its record when it fails."""
    wrote: bool = False
    """Something was written to the modem that it may not have stored yet."""
    stored: dict[CredentialType, Sha256] = field(default_factory=dict)
    """What was written and read back in this attempt: the SHA-256 of each item as the modem stores it."""
    disturbed: bool = False
    """A probe or a power cut was at the board since: what is stored must be shown again."""
    shown_in: tuple[Conversation, int] | None = None
    """The conversation in which what is stored was shown last, and how often the board had restarted in it by then."""
    target: Target | None = None
    """What the probe last saw; None when it may have become something else: then look first."""
    last_image: FlashStep | None = None
    """The application that this attempt flashed last."""
    modem_image: ModemStep | None = None
    """The modem firmware that this attempt programmed, or found there."""
    changed_unknown: bool = False
    """A probe changed the board before anybody knew which it is."""
    comes_back: bool = False
    """The board is starting: its port may go and come before it stays."""
    _open: Conversation | None = None
    _listed: tuple[tuple[StoredCredential, ...], Conversation, int] | None = None
    """What lies under the product's tag, the conversation in which it was listed, and its restarts by then."""

    def modem(self) -> Modem:
        """Return :meth:`device` where it is a modem that takes AT commands; LINE-136 where it is anything else."""
        device = self.device()
        if not isinstance(device, Modem):
            raise self.cannot(device, "take a modem's commands")
        return device

    def cannot(self, device: Conversation, what: str) -> Fault:
        """Return LINE-136: the device that the recipe's way leads to can't do ``what`` a step asks. Pure."""
        return WRONG_DEVICE.fault(f"{type(device).__name__}: {what}", way=self.bench.recipe.way)

    def device(self) -> Conversation:
        """Return the open conversation with the board, opening the port at the first call.

        A port that was closed in between (a flash, a program of the factory's own) may have another board behind it
        now: then who answers is asked again before anything is done there. Raises LINE-114, DEV and AT faults.
        """
        if self._open is None:
            deadline = Deadline(self.bench.clock, self.bench.boot_seconds)
            while self._open is None:
                try:
                    self._open = self._connect(deadline)
                except Fault as fault:
                    if not self.comes_back or fault.code not in _STARTING or deadline.passed():
                        raise
                    # The board's port went with its reset, and will be there again in a moment.
                    self.bench.clock.wait(self.bench.stop.event, _LOOK_AGAIN)
                    self.bench.stop.check()
            self.comes_back = False
        return self._open

    def must_show_again(self) -> bool:
        """Return whether what must stay may be gone: a probe, a power cut or a restart came since it was seen.

        A modem stores what it was given only when it is switched off in good order: a restart before that loses it.
        """
        device = self.device()
        return self.shown_in is not None and (self.disturbed or self.shown_in != (device, device.restarts))

    def took_for_stored(self) -> None:
        """Take it that all that must stay in the modem has just been seen there."""
        device = self.device()
        self.disturbed, self.shown_in = False, (device, device.restarts)

    def keep_listing(self, rows: tuple[StoredCredential, ...] | None) -> None:
        """Keep what was just listed under the product's tag for a later step; None where it may not hold any more."""
        self._listed = (rows, self.device(), self.device().restarts) if rows is not None else None

    def take_listing(self) -> tuple[StoredCredential, ...] | None:
        """Return what was kept, once; None where the board restarted since, or its port was closed."""
        kept, self._listed = self._listed, None
        device = self.device()
        if kept is None or kept[1] is not device or kept[2] != device.restarts:
            return None
        return kept[0]

    def ask_identity(self) -> ModemIdentity:
        """Return who the board says it is, by its modem's numbers; LINE-116 where nothing on it has any. Pure."""
        device = self.device()
        if not isinstance(device, Identity):
            raise self.cannot(device, "say who it is")
        found = device.identify()
        if isinstance(found, ShellIdentity):
            if found.modem is None:
                raise NAMELESS.fault(f"hardware {found.hardware_id}, {found.system}")
            return found.modem
        return found

    def _connect(self, deadline: Deadline) -> Conversation:
        device = self.equipment.open_device()
        try:
            device.connect(max(deadline.left(), 1.0), self.bench.stop)
            if self.identity is not None and isinstance(device, Identity):
                self._require_same(device, self.identity)
        except BaseException:
            device.close()
            raise
        return device

    def begin_change(self, *, known: bool = False) -> None:
        """Take it that the board is about to be changed: nothing seen of it before counts from here on.

        ``known``: whoever does it leaves a finished unit finished (a power cut, a factory's own program).
        """
        self.close()
        self.target = None
        self.disturbed = self.comes_back = True
        self.changed_unknown = self.changed_unknown or (self.identity is None and not known)

    @staticmethod
    def _require_same(device: Identity, before: ModemIdentity) -> None:
        try:
            now = device.numbers(before)
        except UnitFault as fault:
            if fault.code == NO_IMEI.code:
                # Whoever this is, the identified board must not leave as failed for it.
                raise SWAPPED.fault(str(fault), expected=before.imei, found="a board without one") from fault
            raise
        if now is None:
            raise NAMELESS.fault(f"{before.imei} before")
        other_uuid = None not in (now.uuid, before.uuid) and now.uuid != before.uuid
        if now.imei != before.imei or other_uuid:
            raise SWAPPED.fault(f"{now.uuid} now, {before.uuid} then", expected=before.imei, found=now.imei)

    @property
    def known_device(self) -> DeviceId:
        """The identified unit's device ID; LINE-102 before the board was identified."""
        if self.device_id is None:
            raise NOT_IDENTIFIED.fault(step="of this recipe")
        return self.device_id

    @property
    def open_port(self) -> Conversation | None:
        """The conversation when one is open."""
        return self._open

    def close(self) -> None:
        """Give the port back. Safe to repeat."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def register(self) -> JournalRegister:
        """Return the CA's register for this slot's thread."""
        return JournalRegister(self.bench.journal, self.records)
