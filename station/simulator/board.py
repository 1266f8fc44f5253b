"""One simulated board: who it is, what is programmed, what it stores; and the truth about it for whoever asks."""

import random
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from station.domain.ids import DeviceUuid, Imei, Sha256, parse_device_uuid
from station.domain.line import ChipFamily, Erase, LockLevel
from station.domain.modem import CredentialType
from station.host.clock import Clock
from station.simulator.faults import NO_FAULTS, BoardFaults, FaultPlan, Trait, seeded
from station.simulator.flash import Flash
from station.simulator.image import Framing, Image, standard_image
from station.simulator.keys import KeyPair
from station.simulator.profile import PROFILES, Firmware, Profile
from station.simulator.store import CredentialStore, Item, StoreRules

_COMMANDS_KEPT = 2000
_STARTING = "start"


@dataclass(frozen=True, slots=True)
class LoggedCommand:
    """A command as the modem got it, and the fault that struck at it."""

    text: str
    fault: str | None


@dataclass(slots=True)
class Counters:
    """What has happened to a board."""

    commands: int = 0
    boots: int = 0
    power_cuts: int = 0
    programmed: int = 0
    """Images brought in to their end, modem firmware included."""
    modem_updates: int = 0
    erased: int = 0
    """Whole erases for an image; recovering is counted by itself."""
    recovered: int = 0
    attached: int = 0
    """Times a probe has taken hold of the chip, to look at it too; finding the probe is no attaching."""
    locked: int = 0
    keys_generated: int = 0
    bytes_lost: int = 0
    """Sent while the board could not listen."""
    device_seconds: float = 0.0
    """What the board, its line and its probe were to take, by the bench's timings."""
    spent: dict[str, tuple[int, float]] = field(default_factory=dict)
    """The same by what for: how often each command came (its bytes on the line included), and each probe operation."""
    taken_seconds: float = 0.0
    """What they took: that, and the work of simulating them."""
    first_byte_at: float | None = None
    """When the first byte came that it listened to: monotonic seconds of this PC."""


class Board:
    """A board, in a slot or in a drawer. ``lock`` guards what more than one thread touches."""

    def __init__(
        self,
        serial: str,
        *,
        profile: Profile | None = None,
        framing: Framing | None = Framing.AT_HOST,
        faults: BoardFaults = NO_FAULTS,
        seed: int = 0,
        imei: Imei | None = None,
        uuid: DeviceUuid | None = None,
        protected: bool = False,
        erase_protected: bool = False,
    ) -> None:
        """Make a board that keeps its identity for its ``serial`` and ``seed``; ``framing`` None: it is blank.

        ``protected``: it arrives with its debug port locked. ``erase_protected``: and recovering is refused.
        """
        self.serial = serial
        self.profile = profile or PROFILES["nrf9151"]
        self.seed = seed
        self.rng: random.Random = seeded(seed, serial, "rng")
        self.plan = FaultPlan(faults, seeded(seed, serial, "faults"))
        who = seeded(seed, serial, "identity")
        self.imei = imei or _imei(who, self.profile)
        self.uuid_bytes = bytes.fromhex(uuid.replace("-", "")) if uuid else _uuid(who, self.profile)
        self.firmware = Firmware.named(self.profile.firmware)
        self.firmware_uuid_bytes = _build_uuid(self.firmware)
        if self.profile.is_nrf93 and framing is Framing.AT_HOST:
            framing = Framing.V250  # no application stands between its line and its modem
        self.image: Image | None = standard_image(framing) if framing is not None else None
        self.flash = Flash()
        if self.image is not None:
            self.flash.write(self.image.segments)
        if protected:
            self.flash.lock(LockLevel.ALL)
        if erase_protected:
            self.flash.protect_erase()
        self.modem_sha256: Sha256 | None = None
        """Of the modem firmware a probe has put in; None: the one it was delivered with."""
        self.modem_whole = True
        self.modem_spoiled = False
        self.halted = False
        """A probe has been at work and no reset since: the core stands still."""
        self.erase_protected = False
        self._locked: LockLevel | None = None
        self._recovered = False
        """Nothing has been erased since a recovery, which leaves something that keeps the port open."""
        self._flashed = False
        self._store_page: int | None = None
        self.lock = threading.RLock()
        self.log: deque[LoggedCommand] = deque(maxlen=_COMMANDS_KEPT)
        self.counters = Counters()
        self._busy_with = _STARTING
        self._arriving = 0.0
        """Seconds of the bytes of a command that is not whole yet."""
        self.uuid_made = not self.profile.is_nrf93
        """An nRF93M1 makes its UUID when it is first asked for it."""
        self._identity: KeyPair | None = None
        self.store = CredentialStore(self._rules(), self._reserved())
        self._latch_protection()

    @property
    def identity(self) -> KeyPair:
        """The identity key, made when it is first needed."""
        if self._identity is None:
            self._identity = KeyPair.derive(f"{self.seed}/{self.serial}/identity key")
        return self._identity

    @property
    def uuid(self) -> DeviceUuid:
        """The device UUID in its usual form."""
        return parse_device_uuid(hyphenated(self.uuid_bytes))

    @property
    def body_as_aad(self) -> bool:
        """How this board's %KEYGEN signs."""
        if Trait.BODY_AAD in self.plan.traits:
            return True
        return self.firmware.body_as_aad and Trait.EMPTY_AAD not in self.plan.traits

    @property
    def silent(self) -> bool:
        """Whether nothing at all would answer on its port."""
        if self.image is None or self.halted or not self.modem_whole or Trait.DEAD in self.plan.traits:
            return True
        return self.image.family not in (None, self.profile.family)

    @property
    def protection(self) -> LockLevel | None:
        """What of the debug port is locked now."""
        if Trait.SLEEP_LOCKS in self.plan.traits and self.image is not None and not self.halted:
            return LockLevel.ALL
        return self._locked

    def add_faults(self, faults: BoardFaults) -> None:
        """Make more go wrong from now on."""
        with self.lock:
            self.plan.add(faults)
            self.store.rules = self._rules()

    def clear_faults(self) -> None:
        """Be an ordinary board from now on; what the faults did stays done."""
        with self.lock:
            self.plan.clear()
            self.store.rules = self._rules()

    def boot(self) -> None:
        """Come out of a reset: what was not kept is gone, a halted core runs, protection is as it was written."""
        with self.lock:
            self.halted = False
            self.counters.boots += 1
            self._take_up(_STARTING, self._arriving)
            if Trait.UNFLUSHED_LOST in self.plan.traits:
                self.store.cut_power()
            if self.image is not None and self.image.store_page is not None:
                self._store_page = self.image.store_page
            self._latch_protection()

    def take(self, command: LoggedCommand) -> None:
        """Have got a whole command: it is logged, and what the bytes took that came for it is its own."""
        with self.lock:
            self.log.append(command)
            self.counters.commands += 1
            self._take_up(" ".join(command.text.partition('"')[0].split()[:2]), self._arriving)

    def spend(self, seconds: float, *, arriving: bool = False) -> None:
        """Count ``seconds`` that the bench's timings let pass; ``arriving``: for a command that is not here yet."""
        with self.lock:
            self.counters.device_seconds += seconds
            if arriving:
                self._arriving += seconds
            else:
                self._add(self._busy_with, 0, seconds)

    def spend_at_probe(self, operation: str, seconds: float, *, begins: bool = False) -> None:
        """Count ``seconds`` that a probe's ``operation`` takes, which may be while the board does something else."""
        with self.lock:
            self.counters.device_seconds += seconds
            self._add(f"probe {operation}", int(begins), seconds)

    def _take_up(self, what: str, seconds: float) -> None:
        self._busy_with, self._arriving = what, 0.0
        self._add(what, 1, seconds)

    def _add(self, what: str, times: int, seconds: float) -> None:
        before = self.counters.spent.get(what, (0, 0.0))
        self.counters.spent[what] = before[0] + times, before[1] + seconds

    @contextmanager
    def working(self, clock: Clock) -> Iterator[None]:
        """Count the time that the block takes as the board's own."""
        begun = clock.monotonic()
        try:
            yield
        finally:
            with self.lock:
                self.counters.taken_seconds += clock.monotonic() - begun

    def cut_power(self) -> None:
        """Lose the supply."""
        with self.lock:
            self.counters.power_cuts += 1
            self.halted = False
            if Trait.UNFLUSHED_LOST in self.plan.traits:
                self.store.cut_power()
            if Trait.IMAGE_LOST_ON_POWER_CUT in self.plan.traits and self._flashed:
                self.image = None
                self.flash.erase_application()

    def begin_program(self, image: Image, erase: Erase | None) -> None:
        """Lose what goes before ``image`` comes, with which the board runs nothing; ``erase`` None erases nothing."""
        with self.lock:
            self.halted = True
            if image.firmware is not None:
                self.modem_whole = False
                self._lose_credentials(Trait.MODEM_UPDATE_LOSES_CREDENTIALS)
                return
            self.image = None
            self._recovered = False
            if erase is Erase.ALL:
                self.counters.erased += 1
                self.flash.erase_all()
                self.flash.open()
                self._lose_credentials(Trait.ERASE_LOSES_CREDENTIALS)
                self._lose_stored(None)
            elif erase is Erase.TOUCHED:
                self._lose_stored(self.flash.erase_touched(image.segments))

    def program_part(self, image: Image, done: float) -> None:
        """Hold as much of ``image`` as has come so far; never all of it."""
        if image.firmware is None:
            with self.lock:
                whole = sum(len(content) for _, content in image.segments)
                self.flash.write(image.segments, count=int(max(0, whole - 1) * done))

    def end_program(self, image: Image, *, spoiled: bool = False) -> None:
        """Hold the whole of ``image``; the core stands still until the next reset. ``spoiled``: one byte is wrong."""
        with self.lock:
            self.counters.programmed += 1
            if image.firmware is None:
                self.flash.write(image.segments)
                if spoiled:
                    self.flash.spoil(image.segments)
                self.image = image
                self._flashed = True
                return
            self.counters.modem_updates += 1
            self.modem_whole, self.modem_spoiled, self.modem_sha256 = True, spoiled, image.sha256
            self.firmware = image.firmware
            self.firmware_uuid_bytes = _build_uuid(image.firmware)
            self.store.rules = self._rules()

    def holds(self, image: Image) -> bool:
        """Return whether ``image`` is in the board, byte by byte; a delivered modem firmware is known by its name."""
        with self.lock:
            if image.firmware is None:
                return self.flash.holds(image.segments)
            same = image.firmware.text == self.firmware.text and self.modem_sha256 in (None, image.sha256)
            return same and self.modem_whole and not self.modem_spoiled

    def begin_recover(self) -> None:
        """Lose the application and the UICR; the port opens only with :meth:`end_recover`."""
        with self.lock:
            self.halted = True
            self.image = None
            self.flash.erase_all()
            self._lose_credentials(Trait.RECOVER_LOSES_CREDENTIALS)
            self._lose_stored(None)

    def end_recover(self) -> None:
        """Be empty and open, also after the next reset."""
        with self.lock:
            self.counters.recovered += 1
            self.flash.open()
            self._recovered = True
            self._latch_protection()

    def lock_port(self, level: LockLevel) -> None:
        """Have the debug port locked from the next reset on."""
        with self.lock:
            self.counters.locked += 1
            if Trait.LOCK_IGNORED not in self.plan.traits:
                self.flash.lock(level)

    def protect_erase(self) -> None:
        """Refuse recoveries and whole erases from the next reset on."""
        with self.lock:
            self.flash.protect_erase()

    def _latch_protection(self) -> None:
        family = self.profile.family
        levels = {self.flash.locked(family)}
        if self.image is not None and not self.silent:
            levels.add(self.image.locks)
        hardened = family is not ChipFamily.NRF9160
        if hardened and self.image is None and not self._recovered and Trait.EMPTY_IS_LOCKED in self.plan.traits:
            levels.add(LockLevel.ALL)
        self._locked = next((level for level in (LockLevel.ALL, LockLevel.SECURE) if level in levels), None)
        self.erase_protected = self.flash.erase_protected

    def _lose_credentials(self, trait: Trait) -> None:
        if trait in self.plan.traits:
            self.store.clear()

    def _lose_stored(self, pages: frozenset[int] | None) -> None:
        """Lose credentials that an application kept in its own flash; ``pages`` None: all of it was erased."""
        if self._store_page is not None and (pages is None or self._store_page in pages):
            self.store.clear()

    def stored(self) -> list[Item]:
        """Return every credential as it truly lies there, the modem's own included."""
        with self.lock:
            return list(self.store.listed())

    def key(self, sec_tag: int) -> KeyPair | None:
        """Return the client key under ``sec_tag``."""
        with self.lock:
            item = self.store.find(sec_tag, CredentialType.CLIENT_KEY)
            return item.key if item else None

    def _rules(self) -> StoreRules:
        traits = self.plan.traits
        return StoreRules(
            true_sha=self.firmware.true_sha,
            validates=self.firmware.validates,
            refuses_crlf=Trait.REFUSES_CRLF in traits,
            refuses_overwrite=Trait.REFUSES_OVERWRITE in traits,
            power_warning=Trait.POWER_WARNING in traits,
            full=Trait.FULL_STORE in traits,
        )

    def _reserved(self) -> tuple[Item, ...]:
        # In the order of the genuine list (sdk-nrf tests/lib/modem_key_mgmt).
        digest = seeded("reserved", self.seed, self.serial)
        return tuple(
            Item(tag, kind, b"", digest.randbytes(32).hex().upper())
            for tag, kind in (
                (4294967293, CredentialType.NORDIC_IDENTITY_ROOT_CA),
                (4294967294, CredentialType.IDENTITY_PUBLIC_KEY),
                (4294967292, CredentialType.NORDIC_BASE_PUBLIC_KEY),
            )
        )


def hyphenated(uuid: bytes) -> str:
    """Return 16 bytes as 8-4-4-4-12 lower-case hexadecimal digits."""
    text = uuid.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _uuid(rng: random.Random, profile: Profile) -> bytes:
    # Lot letters, then version nibble 4, then variant byte 0x80, as on genuine parts (at-commands section 1).
    lot = rng.choice(profile.lots).encode("ascii")
    return lot + bytes((0x40 | rng.randrange(16), rng.randrange(256), 0x80)) + rng.randbytes(7)


def _build_uuid(firmware: Firmware) -> bytes:
    # The same for every board with this firmware (RFC 9562 version 4 in form).
    number = bytearray(seeded(firmware.text).randbytes(16))
    number[6] = 0x40 | (number[6] & 0x0F)
    number[8] = 0x80 | (number[8] & 0x3F)
    return bytes(number)


def _imei(rng: random.Random, profile: Profile) -> Imei:
    digits = profile.tac + "".join(str(rng.randrange(10)) for _ in range(14 - len(profile.tac)))
    # Luhn (3GPP TS 23.003 annex B): every second digit from the right doubled, its digits summed.
    total = sum(sum(divmod(int(d) * (2 if at % 2 else 1), 10)) for at, d in enumerate(digits))
    return Imei(digits + str(-total % 10))
