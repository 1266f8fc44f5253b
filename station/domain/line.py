"""The words of the line: outcomes, steps, and how a step may be repeated."""

from enum import StrEnum


class Outcome(StrEnum):
    """How an attempt, a step or a unit ended."""

    PASSED = "passed"
    FAILED = "failed"
    """The unit is bad."""
    ERROR = "error"
    """The station or the fixture is at fault; never counted against the unit."""
    ABORTED = "aborted"
    """A person or a power cut ended it; nothing is known to be wrong."""
    QUARANTINED = "quarantined"
    """What happened is unknown and must not be repeated."""


class RepeatClass(StrEnum):
    """What may be done with a step whose intent is journaled and whose result is not."""

    PURE = "pure"
    """Only looks: run again."""
    IDEMPOTENT = "idempotent"
    """Leaves the same state however often it runs: run again from its start."""
    PROBE_FIRST = "probe-first"
    """Look first; adopt what matches the journal, else redo."""
    ONE_WAY = "one-way"
    """Never repeat; probe; not provable means quarantine."""
    HUMAN = "human"
    """Ask the person again."""


class StepKind(StrEnum):
    """Everything a recipe can have done to a unit."""

    CHECK = "check-target"
    RECOVER = "recover"
    MODEM_FIRMWARE = "modem-firmware"
    FLASH = "flash"
    IDENTIFY = "identify"
    ATTEST = "attest"
    ENROL = "enrol"
    CLEAR = "clear-credentials"
    GENERATE = "generate-key"
    SIGN = "sign"
    WRITE = "write-credentials"
    PROVE = "prove"
    STORE = "store"
    READ_BACK = "read-back"
    POWER_CYCLE = "power-cycle"
    LOCK = "lock"
    COMMAND = "command"


class ChipFamily(StrEnum):
    """What a probe can tell of the chip: it can't tell an nRF9151 from an nRF9161, which share a die."""

    NRF9160 = "nrf9160"
    NRF91X1 = "nrf91x1"


class Erase(StrEnum):
    """What goes before an image is programmed."""

    ALL = "all"
    """The whole application flash and the UICR; what that does to the modem's credentials, a recipe must say."""
    TOUCHED = "touched"
    """The pages that the image covers."""


class LockLevel(StrEnum):
    """What a locked board keeps from a debugger."""

    ALL = "all"
    SECURE = "secure"


class SlotState(StrEnum):
    """What a slot is doing, as its tile shows it."""

    EMPTY = "empty"
    """Waiting for a unit."""
    RUNNING = "running"
    DONE = "done"
    """The result stays until the unit is taken out or the next is scanned."""
    LATCHED = "latched"
    """A station fault: nothing starts here until somebody has acknowledged it."""
    STOPPED = "stopped"
    """The line is not armed, or is stopping."""


class CloudState(StrEnum):
    """Where a passed unit stands with the cloud."""

    NONE = "none"
    """Not meant for the cloud, or not passed."""
    WAITING = "waiting"
    SENDING = "sending"
    """In a body that is being sent or that the cloud is working on."""
    ONBOARDED = "onboarded"
    """The cloud confirmed it."""
    CLAIMED = "claimed"
    """The cloud has the claim; that the device has its cloud key was not seen yet. Nothing of it is sent again."""
    REFUSED = "refused"
    """The cloud said no, in its own words; a person decides."""
    UNKNOWN = "unknown"
    """Nobody can tell; never sent again blindly; a person decides."""
    HELD = "held"
    """A person holds it back."""
