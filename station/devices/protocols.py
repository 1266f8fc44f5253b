"""What the line needs of the things on a slot, whoever makes them. Drivers are named after what they drive.

What a device on the port can do for its credentials is one small protocol per capability. Every driver is a
:class:`Conversation`; what else it can is asked with ``match`` (``case KeyMaker():``) or ``isinstance``:

| driver | identity | store | key maker | key taker | prover | enroller |
| --- | --- | --- | --- | --- | --- | --- |
| ``modem.Modem`` (nRF91, AT) | ModemIdentity | yes | its own step (%KEYGEN) | yes | its own step (%JWT) | |
| ``tls_shell.TlsShell`` (``cred``) | ShellIdentity | yes | | yes | | |
| ``cred_shell.CredShell`` (``cred``, ``nrf_cloud_cred``) | ShellIdentity | yes | yes | yes | yes | |
| ``nrf93.Nrf93m1`` (AT, V.250) | ModemIdentity | | | | yes | yes |

What holds for all of them: each call ends by its deadline; a fault says with
:func:`station.devices.faults.is_outcome_unknown` whether nobody knows what was done (then look before doing it again);
a private key or token that passes through is in no fault, transcript, log or child process, and is kept nowhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from station.credentials.csr import Csr
from station.credentials.registration import RegistrationToken
from station.domain.ids import Sha256
from station.domain.line import ChipFamily, Erase, LockLevel
from station.domain.modem import CredentialType, ModemIdentity, Numbers, StoredCredential
from station.domain.secret import Secret
from station.host.clock import Stop

Progress = Callable[[float], None]
"""Takes 0.0 to 1.0; called from the thread that programs, at most some ten times a second."""


class ImageKind(StrEnum):
    """What an image is for: probes program each in its own way."""

    APPLICATION = "application"
    MODEM = "modem-firmware"


@dataclass(frozen=True, slots=True)
class Image:
    """A firmware file as the recipe pins it."""

    path: Path
    sha256: Sha256
    kind: ImageKind = ImageKind.APPLICATION


@dataclass(frozen=True, slots=True)
class Target:
    """What a probe sees of the board; None is what this kind of probe can't tell."""

    powered: bool
    family: ChipFamily | None = None
    part: str | None = None
    """The chip as the probe names it; it can't tell an nRF9151 from an nRF9161."""
    protected: bool | None = None
    """Whether debug access is locked, wholly or in part: only a recovery, which erases everything, opens it again."""
    level: LockLevel | None = None
    """What is locked, where ``protected``: ALL also where nothing but that can be told because nobody gets in."""
    erase_protected: bool | None = None
    """Whether even a recovery is locked out, for good."""
    millivolts: int | None = None


@dataclass(frozen=True, slots=True)
class ProbePort:
    """A serial port of a probe: ``vcom`` is its index as the probe's maker counts, ``path`` what to open."""

    vcom: int
    path: str


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe that is plugged in. ``version`` names the software that drives it, for the record."""

    serial: str
    version: str
    ports: tuple[ProbePort, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """What every operation on a board takes: its hard end in seconds, who hears of its progress, and the hard stop.

    After ``stop`` (``Cancelled``), as after any fault, the board may be half done: look before anything else.
    """

    timeout: float
    progress: Progress
    stop: Stop


class Programmer(Protocol):
    """One slot's probe. One thread uses it. Every operation ends within its timeout, whatever the probe does.

    Nothing here recovers or erases but what is named so. Faults: DEV-301 to DEV-329; where
    :func:`station.devices.faults.is_outcome_unknown` says so, nobody knows what was done to the board: look first.
    """

    @property
    def can_program(self) -> bool:
        """False where the line flashes elsewhere; then everything but :meth:`find` raises DEV-301."""

    @property
    def name(self) -> str:
        """The back end and the probe, for people and the record: ``nrfutil 960012345``."""

    def find(self, timeout: float) -> Probe | None:
        """Return the probe when it is plugged in. Never attaches to the board; safe at any time, and to repeat."""

    def look(self, timeout: float) -> Target:
        """Return what is there, by attaching to the board's debug port. Neither recovers nor erases; safe to repeat.

        A board that is protected, or without supply, is a value here and no fault.
        """

    def recover(self, job: Job) -> None:
        """Erase everything, protection too, and leave the debug port open. Safe to repeat."""

    def program(self, image: Image, erase: Erase, job: Job) -> None:
        """Erase, program and verify ``image``; the board stands still until :meth:`reset`.

        Returning means: what is on the board was read back (modem firmware: its digest compared) and is the image.
        ``erase`` is for applications; modem firmware replaces itself. Safe to repeat from the start.
        """

    def verify(self, image: Image, job: Job) -> bool:
        """Return whether the board holds ``image``. The core may stand still afterwards; safe to repeat."""

    def reset(self, timeout: float) -> None:
        """Let the board start from the beginning. Safe to repeat."""

    def lock(self, level: LockLevel, timeout: float) -> None:
        """Close the debug port; in effect after the next :meth:`reset`. One way: only a recovery opens it again."""

    def protect_erase(self, timeout: float) -> None:
        """Lock out even recovery, for good (ERASEPROTECT). Never undone; DEV-321 where this back end can't."""


class Presence(Protocol):
    """How a slot knows of its board."""

    @property
    def is_known(self) -> bool:
        """Whether a board that comes or goes is seen; False where only a scan says so."""

    def is_loaded(self) -> bool:
        """Return whether a board seems to be there now; True where it can't be known."""

    def wait_loaded(self, stop: Stop) -> None:
        """Return once a board is there, at once where it can't be known; ``Cancelled`` soon after ``stop``."""

    def wait_gone(self, stop: Stop) -> None:
        """Return once the board is out, at once where it can't be known; ``Cancelled`` soon after ``stop``."""


class Power(Protocol):
    """One slot's supply. Have the modem switched off (+CFUN=0) before it is cut."""

    @property
    def can_switch(self) -> bool:
        """False where the station can't; then the rest raises DEV-202."""

    def switch_on(self) -> None:
        """Supply the board. Safe to repeat."""

    def switch_off(self) -> None:
        """Cut the supply. Safe to repeat."""

    def cycle(self) -> None:
        """Cut the supply, wait as long as the fixture says, and supply again. Safe to repeat."""


@runtime_checkable
class Conversation(Protocol):
    """One conversation on one open port; not thread-safe: one slot's thread owns it."""

    @property
    def restarts(self) -> int:
        """Grows whenever the board is seen to restart in this conversation: what it had not stored may be gone."""

    def connect(self, seconds: float, stop: Stop | None = None) -> None:
        """Return once the device answers in step, at most ``seconds`` from now; also after a reset. Raises AT-102."""

    def close(self) -> None:
        """Give the port back. Safe to repeat."""


@dataclass(frozen=True, slots=True)
class ShellIdentity:
    """Who answers on a Zephyr shell. The credentials shells themselves have no name and no number for a device.

    Where all is None nothing but a scanned label says which board this is.
    """

    modem: ModemIdentity | None
    """What the modem says, where the shell has the command ``at``."""
    hardware_id: str | None
    """The chip's own number (``hwinfo devid``), lower-case hexadecimal, where the shell has that command: it does not
    name the device to anybody, but tells whether the same board still answers."""
    system: str | None
    """The firmware's ``kernel version``, where the shell has that command."""


@runtime_checkable
class Identity(Protocol):
    """A device that says who it is. Nordic's nRF93M1 and a modem give a ``ModemIdentity``, a shell what it has."""

    def identify(self) -> ModemIdentity | ShellIdentity:
        """Return who this is. Looks only; safe to repeat."""

    def numbers(self, before: ModemIdentity) -> Numbers | None:
        """Return what tells whether this still is who was identified ``before``, asking no more than that takes.

        None where nothing on the board has such numbers. Looks only; safe to repeat.
        """


@runtime_checkable
class Storer(Protocol):
    """A device that must be switched off in good order before its power goes. A shell stores at once, and is none."""

    def power_off(self) -> None:
        """Return once everything is stored and the radio is off; only then cut the power. Safe to repeat."""


@runtime_checkable
class CredentialStore(Protocol):
    """A device that stores certificates under security tags."""

    def list_credentials(
        self, sec_tag: int | None = None, kind: CredentialType | None = None
    ) -> tuple[StoredCredential, ...]:
        """Return what is stored, complete or not at all; ``kind`` needs ``sec_tag``. Nothing there is empty. Pure."""

    def listed_hashes(self, content: str) -> frozenset[Sha256]:
        """Return the digests under which the device may list ``content`` (LF line ends) once it is stored. Pure."""

    def write_credential(self, sec_tag: int, kind: CredentialType, content: str) -> None:
        """Store ``content`` (ASCII, LF line ends) in place of what is there; list it before believing it.

        For what is no secret. Safe to repeat.
        """

    def delete_credential(self, sec_tag: int, kind: CredentialType) -> bool:
        """Return True once the item is deleted, False where none was there. Safe to repeat."""


@runtime_checkable
class KeyTaker(Protocol):
    """A device that takes a private key which the station has made. An explicit choice: the key leaves a hand."""

    def write_key(self, sec_tag: int, key: Secret) -> Sha256 | None:
        """Store ``key`` (PKCS #8 PEM, LF line ends) and return the digest under which the device lists it now.

        The digest was compared with the key's own: it is stored, byte for byte, and a later listing with the same
        digest shows that it still is. None: this device does not list such a digest, and a signature must show it.
        Nothing of the key is kept. Not safe to repeat: AT-219 where a key is (delete it first). Where the outcome is
        unknown the key may be there, whole: list, delete, start over with a new one.
        """


@runtime_checkable
class KeyMaker(Protocol):
    """A device that makes its private key itself and never gives it away; other than %KEYGEN, in two calls."""

    def make_key(self, sec_tag: int) -> None:
        """Have the device make a P-256 key under ``sec_tag``.

        Not safe to repeat: AT-219 where a key is. Where the outcome is unknown the key may be there: unlike after
        %KEYGEN it is not lost, for :meth:`request` asks for its CSR at any time.
        """

    def has_key(self, sec_tag: int) -> bool:
        """Return whether a key made here is under ``sec_tag``. Pure."""

    def request(self, sec_tag: int, common_name: str | None = None) -> Csr:
        """Return a CSR by the key under ``sec_tag``, its own signature verified. Pure; AT-213 where no key is.

        ``common_name`` None: the device names itself as it would to the cloud (``Csr.common_name`` is its client ID).
        """

    def delete_key(self, sec_tag: int) -> None:
        """Leave no key made here under ``sec_tag``. Safe to repeat: the device says the same where none was."""


@runtime_checkable
class Prover(Protocol):
    """A device that shows that it holds a private key, offline."""

    def prove_key(self, sec_tag: int, spki: bytes) -> str:
        """Return, in words for the record, how the device showed that it holds the private key of ``spki`` (DER).

        It signed something fresh just now, verified here with that public key. AT-240 where it holds another. Pure.
        """


@runtime_checkable
class Enroller(Protocol):
    """A device that has a cloud access key and signs its own registration (nRF93M1)."""

    def access_key(self) -> bytes:
        """Return the public half of the cloud access key (SubjectPublicKeyInfo, DER), a P-256 key.

        The device makes the key at the first call and then keeps it. Safe to repeat, also after a lost answer.
        """

    def registration_token(self, tenant: str, spki: bytes) -> RegistrationToken:
        """Return a fresh registration token for the account ``tenant``, verified: by the key ``spki``, for this device.

        Sets the device's clock first and reads it back, for the token lives an hour by it. Safe to repeat.
        """
