"""Fault scripts: what goes wrong on which board at which command, written down beforehand and seeded."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from station.domain.faults import FaultSpec, StationFault
from station.host.files import read_bytes

SCRIPT_UNREADABLE = FaultSpec(
    "SIM-101", StationFault, "The fault script {path} can't be read. Correct it at the place named in the detail."
)
SLOT_UNKNOWN = FaultSpec("SIM-102", StationFault, "The simulated bench has no slot {slot}. It has 1 to {slots}.")
SLOT_TAKEN = FaultSpec("SIM-103", StationFault, "Slot {slot} holds {serial}. Take that board out first.")
BOARD_ELSEWHERE = FaultSpec("SIM-104", StationFault, "Board {serial} is in slot {slot}. Take it out there first.")
TRANSPORT_MISSING = FaultSpec(
    "SIM-105", StationFault, "This PC has no pseudo-terminals. Start it with --transport rfc2217."
)

_STRICT = ConfigDict(extra="forbid")


class Trait(StrEnum):
    """What one board is like as long as it exists."""

    NO_IMEI = "no-imei"
    """No IMEI was ever programmed: +CGSN gives ERROR."""
    POWER_WARNING = "power-warning"
    """The supply is weak: every write to the modem's memory gives 528."""
    FULL_STORE = "full-store"
    """No write fits any more: 515."""
    REFUSES_OVERWRITE = "refuses-overwrite"
    """Writing over an existing credential gives 519 (at-commands section 2 knows of both)."""
    REFUSES_CRLF = "refuses-crlf"
    """Certificates with CR LF line ends give 527, as one user saw on mfw 2.0.2."""
    UNFLUSHED_LOST = "unflushed-lost"
    """What was stored since the last CFUN=0 is gone after a reset or a power cut."""
    ERASE_LOSES_CREDENTIALS = "erase-loses-credentials"
    """Programming an image with a full erase empties the credential store."""
    RECOVER_LOSES_CREDENTIALS = "recover-loses-credentials"
    """So does recovering."""
    MODEM_UPDATE_LOSES_CREDENTIALS = "modem-update-loses-credentials"
    """So does programming a modem firmware."""
    EMPTY_IS_LOCKED = "empty-is-locked"
    """An nRF91x1 without a whole application comes locked out of a reset (flashing section 3.3): half programmed and
    switched off, only recovering gets in. Means nothing on an nRF9160."""
    SLEEP_LOCKS = "sleep-locks"
    """The debug port is locked as long as an application runs (nRF9151 anomaly 36)."""
    LOCK_REFUSED = "lock-refused"
    """The tool can't lock this board, and says so."""
    LOCK_IGNORED = "lock-ignored"
    """The tool says that it locked the board, which stays open."""
    LOW_VOLTAGE = "low-voltage"
    """A probe measures too little at this board and does nothing with it; the board itself runs."""
    SWD_SILENT = "swd-silent"
    """The debug port answers no probe; the board itself runs."""
    OTHER_CHIP = "other-chip"
    """A probe finds an nRF5340 at its end (flashing section 3.4: a switch in the wrong position)."""
    REENUMERATES = "reenumerates"
    """A reset by a probe takes the serial port away for a moment."""
    IMAGE_LOST_ON_POWER_CUT = "image-lost-on-power-cut"
    """Verified flashing is undone by the next power cut (devzone 127690)."""
    CLEAN_CSR = "clean-csr"
    """The CSR's algorithm comes without the wrong NULL."""
    BODY_AAD = "body-aad"
    """COSE signatures have the body as external_aad, whatever the firmware."""
    EMPTY_AAD = "empty-aad"
    ACTIVE_AT_BOOT = "active-at-boot"
    """The application starts the modem: +CFUN is 1 after every boot."""
    CHATTY = "chatty"
    """Unsolicited results and log lines come before every final code."""
    TOKEN_ON_NEXT_LINE = "token-on-next-line"  # noqa: S105 -- a trait's name, no token
    """An nRF93M1's registration token comes on a line of its own, behind a bare ``%REGJWT:``."""
    DATED_REGISTRATION = "dated-registration"
    """It names when it was made and when it ends; the genuine ones seen have neither."""
    CLOCK_STAYS = "clock-stays"
    """+CCLK says OK and sets nothing."""
    DEAD = "dead"
    """Never says anything, whatever is programmed."""


class Do(StrEnum):
    """What happens at a command."""

    # On the way back
    GARBAGE = "garbage"
    """Random bytes before the answer."""
    INTERLEAVE = "interleave"
    """Unsolicited results and log lines between information and final code."""
    LATE = "late"
    """The answer comes ``seconds`` later."""
    PIECES = "pieces"
    """The answer comes in pieces, ``seconds`` apart."""
    LOSE_ANSWER = "lose-answer"
    """The work is done, the answer never comes."""
    ENDLESS_LINE = "endless-line"
    """``size`` bytes without a line end, then nothing."""
    FLOOD = "flood"
    """``size`` bytes of unsolicited results before the answer."""
    OTHER_INFORMATION = "other-information"
    """The work is done; the lines of ``text`` come instead of its information (a recorded answer, say)."""
    BARE_LF = "bare-lf"
    """Every line of the answer ends with LF alone; what stands in quotes stays."""
    BARE_CR = "bare-cr"
    """Every line of the answer ends with CR alone; what stands in quotes stays."""
    ECHO_COMMAND = "echo-command"
    """The command comes back instead of an answer (at_host's buffer after an internal failure)."""
    # Instead of the work
    HANG = "hang"
    """Nothing is done, nothing is said, until a reset or power cycle."""
    CME = "cme"
    """``+CME ERROR: code`` (or ERROR while +CMEE is 0) and no work."""
    ERROR = "error"
    """A bare ERROR and no work."""
    RESET_BEFORE = "reset-before"
    """The board resets before the work: its boot banner comes instead of the answer."""
    # Around the work
    RESET_AFTER = "reset-after"
    """The work is done, then the board resets before it answers."""
    RESET_MIDWAY = "reset-midway"
    """The board resets within the answer."""
    VANISH = "vanish"
    """The port disappears before the work, for ``seconds`` (0: until the board is taken out)."""
    VANISH_AFTER = "vanish-after"
    """The work is done, then the port disappears before the answer."""
    # Other work than asked for
    IGNORE_WRITE = "ignore-write"
    """%CMNG says OK and stores nothing."""
    IGNORE_DELETE = "ignore-delete"
    """%CMNG says OK and deletes nothing."""
    CORRUPT_WRITE = "corrupt-write"
    """%CMNG says OK and stores one character wrong."""
    OTHER_DEVICE_CSR = "other-device-csr"
    """%KEYGEN answers what another device would."""
    OTHER_CN = "other-cn"
    """The CSR names ``text`` (or another ID) instead of what was asked."""
    OTHER_KEY = "other-key"
    """The CSR is sound but its key is not the one that was stored."""
    OTHER_TAG = "other-tag"
    """The token names another security tag."""
    RSA_KEY = "rsa-key"
    P384_KEY = "p384-key"
    WRONG_DIGEST = "wrong-digest"
    """The token's digest is not the body's."""
    BROKEN_CSR = "broken-csr"
    """The CSR's own signature is wrong."""
    BROKEN_COSE = "broken-cose"
    """The identity key's signature is wrong."""
    TRUNCATED = "truncated"
    """The quoted text is cut in the middle of both halves."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class CommandFault:
    """One disturbance: from the ``nth`` command on that matches ``match``, ``times`` in a row (0: from then on).

    ``match`` is a regular expression searched in the command without regard to case; ``chance`` below 1 leaves it
    to the seed. Which of ``seconds``, ``code``, ``size`` and ``text`` count is said at :class:`Do`.
    """

    do: Do
    match: Annotated[str, AfterValidator(_pattern)] = ""
    nth: int = 1
    times: int = 1
    chance: float = 1.0
    seconds: float = 0.0
    code: int = 0
    size: int = 16384
    text: str = ""


class ProbeDo(StrEnum):
    """What happens at a probe."""

    FAIL = "fail"
    """``{"error": code, "text": text}``"""
    HANG = "hang"
    """No further line, until the driver gives up."""
    DROP = "drop"
    """The connection ends without a word."""
    SLOW = "slow"
    """``seconds`` longer (0: five)."""
    WRONG_CONTENT = "wrong-content"
    """Programming says done, and verifying finds a difference."""
    POWER_OFF = "power-off"
    """The board's supply fails: for ``seconds`` (0: until somebody switches it on)."""
    UNPLUG = "unplug"
    """The probe is pulled out of the PC: for ``seconds`` (0: until somebody plugs it in)."""
    LOSE_ANSWER = "lose-answer"
    """The work is done, then the connection ends without a word."""


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ProbeFault:
    """One disturbance of a probe operation, ``at`` a progress of 0.0 to 1.0 (a board is then partly programmed).

    ``op`` is an operation of ``simulator.probe``, or "any" for each that attaches to the board; ``image`` is searched
    in the name of the image without regard to case. At 0.0 the operation has not begun; at 1.0 it lacks its last byte.
    """

    do: ProbeDo
    op: str = "program"
    image: Annotated[str, AfterValidator(_pattern)] = ""
    nth: int = 1
    times: int = 1
    chance: float = 1.0
    at: float = 0.5
    seconds: float = 0.0
    code: str = "PROBE"
    text: str = "the simulated probe failed as its script says"


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class BoardFaults:
    """Everything that is wrong with one board and its probe."""

    traits: frozenset[Trait] = frozenset()
    commands: tuple[CommandFault, ...] = ()
    probe: tuple[ProbeFault, ...] = ()

    def joined(self, other: "BoardFaults") -> "BoardFaults":
        """Return these faults and ``other``'s."""
        return BoardFaults(
            traits=self.traits | other.traits,
            commands=self.commands + other.commands,
            probe=self.probe + other.probe,
        )


NO_FAULTS = BoardFaults()


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class FaultScript:
    """What goes wrong on a bench: on every board, on boards in certain slots, and on certain boards."""

    every: BoardFaults = NO_FAULTS
    slots: Mapping[int, BoardFaults] = field(default_factory=dict)
    boards: Mapping[str, BoardFaults] = field(default_factory=dict)

    def for_board(self, serial: str, slot: int) -> BoardFaults:
        """Return what goes wrong with board ``serial`` in ``slot``."""
        here = self.every.joined(self.slots.get(slot, NO_FAULTS))
        return here.joined(self.boards.get(serial, NO_FAULTS))


_SCRIPT: TypeAdapter[FaultScript] = TypeAdapter(FaultScript)
_BOARD: TypeAdapter[BoardFaults] = TypeAdapter(BoardFaults)


def load_script(path: Path) -> FaultScript:
    """Return the fault script in the JSON file at ``path``; SIM-101 names what is wrong with it. Safe to repeat."""
    try:
        return _SCRIPT.validate_json(read_bytes(path, 1024 * 1024))
    except ValidationError as error:
        raise SCRIPT_UNREADABLE.fault(str(error), path=path) from error


def read_board_faults(value: object) -> BoardFaults:
    """Return board faults from JSON values; ValueError says what is wrong with them."""
    return _BOARD.validate_python(value, strict=False)


def seeded(*parts: object) -> random.Random:
    """Return a generator that always gives the same numbers for the same ``parts``."""
    return random.Random("/".join(str(part) for part in parts))  # noqa: S311 -- repeatable on purpose; keys don't use it


_F = TypeVar("_F", CommandFault, ProbeFault)


@plain_dataclass(slots=True)
class _Counted(Generic[_F]):
    fault: _F
    seen: int = 0

    def strikes(self, rng: random.Random) -> bool:
        """Count one occasion and return whether the fault happens at it."""
        self.seen += 1
        last = self.fault.nth + self.fault.times - 1
        if self.seen < self.fault.nth or (self.fault.times and self.seen > last):
            return False
        return self.fault.chance >= 1.0 or rng.random() < self.fault.chance


class FaultPlan:
    """The faults of one board with their counters. Used by its slot's thread and its probe's; each its own list."""

    def __init__(self, faults: BoardFaults, rng: random.Random) -> None:
        self.traits = faults.traits
        self._rng = rng
        self._commands = [(_Counted(fault), re.compile(fault.match, re.IGNORECASE)) for fault in faults.commands]
        self._probe = [_Counted(fault) for fault in faults.probe]

    def add(self, faults: BoardFaults) -> None:
        """Add ``faults`` from now on; their counting starts here."""
        self.traits = self.traits | faults.traits
        self._commands += [(_Counted(fault), re.compile(fault.match, re.IGNORECASE)) for fault in faults.commands]
        self._probe += [_Counted(fault) for fault in faults.probe]

    def clear(self) -> None:
        """Let nothing go wrong from now on."""
        self.traits = frozenset()
        self._commands = []
        self._probe = []

    def at_command(self, command: str) -> CommandFault | None:
        """Return the fault that strikes at ``command``, the first in the script's order; every match is counted."""
        struck = None
        for counted, pattern in self._commands:
            if pattern.search(command) and counted.strikes(self._rng) and struck is None:
                struck = counted.fault
        return struck

    def at_probe(self, op: str, image: str = "") -> ProbeFault | None:
        """Return the fault that strikes at this probe operation, the first in the script's order.

        ``image`` is the name of the image it is about, "" where it is about none.
        """
        struck = None
        for counted in self._probe:
            fault = counted.fault
            if fault.op != op and (fault.op != "any" or op == "find"):
                continue
            if re.search(fault.image, image, re.IGNORECASE) and counted.strikes(self._rng) and struck is None:
                struck = fault
        return struck
