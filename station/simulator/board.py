"""One simulated board: who it is, what is programmed, what it stores; and the truth about it for whoever asks."""

import random
import threading
from collections import deque
from dataclasses import dataclass

from station.domain.ids import DeviceUuid, Imei, parse_device_uuid
from station.domain.modem import CredentialType
from station.simulator.faults import NO_FAULTS, BoardFaults, FaultPlan, Trait, seeded
from station.simulator.image import Framing, Image, standard_image
from station.simulator.keys import KeyPair
from station.simulator.profile import PROFILES, Firmware, Profile
from station.simulator.store import CredentialStore, Item, StoreRules

_COMMANDS_KEPT = 2000


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
    keys_generated: int = 0
    bytes_lost: int = 0
    """Sent while the board could not listen."""


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
    ) -> None:
        """Make a board that keeps its identity for its ``serial`` and ``seed``; ``framing`` None: it is blank."""
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
        self.image: Image | None = standard_image(framing) if framing is not None else None
        self.programmed: dict[str, Image] = {}
        """By file name: what a probe has put in, for verifying."""
        self.spoiled: set[str] = set()
        self.halted = False
        """Programmed and not yet reset: the core stands still."""
        self.lock = threading.RLock()
        self.log: deque[LoggedCommand] = deque(maxlen=_COMMANDS_KEPT)
        self.counters = Counters()
        self._identity: KeyPair | None = None
        self.store = CredentialStore(self._rules(), self._reserved())

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
        return self.image is None or self.halted or Trait.DEAD in self.plan.traits

    def add_faults(self, faults: BoardFaults) -> None:
        """Make more go wrong from now on."""
        with self.lock:
            self.plan.add(faults)
            self.store.rules = self._rules()

    def boot(self) -> None:
        """Come out of a reset: what was not kept is gone, a halted core runs."""
        with self.lock:
            self.halted = False
            self.counters.boots += 1
            if Trait.UNFLUSHED_LOST in self.plan.traits:
                self.store.cut_power()

    def cut_power(self) -> None:
        """Lose the supply."""
        with self.lock:
            self.counters.power_cuts += 1
            self.halted = False
            if Trait.UNFLUSHED_LOST in self.plan.traits:
                self.store.cut_power()
            if Trait.IMAGE_LOST_ON_POWER_CUT in self.plan.traits and self.programmed:
                self.image = None
                self.programmed.clear()

    def erase(self) -> None:
        """Lose the application, as at the start of programming; and the credentials where the board is like that."""
        with self.lock:
            self.image = None
            self.programmed = {name: image for name, image in self.programmed.items() if image.firmware}
            if Trait.ERASE_LOSES_CREDENTIALS in self.plan.traits:
                self.store.clear()

    def program(self, image: Image, *, spoiled: bool = False) -> None:
        """Take ``image``; the core stands still until the next reset. ``spoiled``: verifying will find a difference."""
        with self.lock:
            self.programmed[image.name] = image
            self.spoiled.discard(image.name)
            if spoiled:
                self.spoiled.add(image.name)
            self.counters.programmed += 1
            self.halted = True
            if image.firmware is None:
                self.image = image
                return
            self.firmware = image.firmware
            self.firmware_uuid_bytes = _build_uuid(image.firmware)
            self.store.rules = self._rules()

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
