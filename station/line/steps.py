"""The step table: everything a recipe can name, what it does to a unit, and what a crash in it means."""

from dataclasses import dataclass
from typing import Final

from station.domain.line import RepeatClass, StepKind


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One row of the table. ``changes`` says what is different in the world after it; empty for one that only looks."""

    repeat: RepeatClass
    title: str
    changes: str
    needs_identity: bool
    after_crash: str


STEPS: Final[dict[StepKind, StepSpec]] = {
    StepKind.CHECK: StepSpec(RepeatClass.PURE, "Check target", "", False, "look again"),
    StepKind.RECOVER: StepSpec(
        RepeatClass.IDEMPOTENT,
        "Recover",
        "everything in the board's flash, and its protection",
        False,
        "look, then recover again",
    ),
    StepKind.MODEM_FIRMWARE: StepSpec(
        RepeatClass.IDEMPOTENT,
        "Modem firmware",
        "the modem's firmware",
        False,
        "look, then verify and program what differs",
    ),
    StepKind.FLASH: StepSpec(
        RepeatClass.IDEMPOTENT, "Flash", "the board's firmware", False, "look, then flash again from the start"
    ),
    StepKind.IDENTIFY: StepSpec(RepeatClass.PURE, "Identify", "", False, "ask again"),
    StepKind.ATTEST: StepSpec(RepeatClass.PURE, "Attest", "", True, "ask for a new token"),
    StepKind.ENROL: StepSpec(
        RepeatClass.IDEMPOTENT,
        "Enrol",
        "a cloud access key in the modem, where it has none yet",
        True,
        "ask for the same key and a new token",
    ),
    StepKind.CLEAR: StepSpec(
        RepeatClass.IDEMPOTENT, "Clear old credentials", "the modem's credential store", True, "delete again"
    ),
    StepKind.GENERATE: StepSpec(
        RepeatClass.PROBE_FIRST,
        "Generate key",
        "a private key in the modem",
        True,
        "list the key: answer journaled, key there → adopt; answer lost → delete it, record the loss, make a new one; "
        "a key made on the station is gone with it: delete what is there, make a new one",
    ),
    StepKind.SIGN: StepSpec(
        RepeatClass.PROBE_FIRST,
        "Sign certificate",
        "a certificate in the journal",
        True,
        "look in the journal: signed → adopt; intended → sign under the same serial number",
    ),
    StepKind.WRITE: StepSpec(
        RepeatClass.IDEMPOTENT, "Write credentials", "the modem's credential store", True, "write and read back again"
    ),
    StepKind.PROVE: StepSpec(RepeatClass.PURE, "Prove key", "", True, "ask for a new proof"),
    StepKind.STORE: StepSpec(
        RepeatClass.IDEMPOTENT, "Store and switch off", "the modem's storage", True, "store again"
    ),
    StepKind.READ_BACK: StepSpec(
        RepeatClass.IDEMPOTENT,
        "Read back",
        "the board's firmware, for a moment",
        True,
        "look, then read back again from the start",
    ),
    StepKind.POWER_CYCLE: StepSpec(
        RepeatClass.IDEMPOTENT, "Power cycle", "nothing that stays", False, "cut the power and verify again"
    ),
    StepKind.LOCK: StepSpec(
        RepeatClass.ONE_WAY,
        "Lock debug access",
        "whether a debugger gets in",
        True,
        "never again by itself; the unit is quarantined until an engineer decides",
    ),
    StepKind.COMMAND: StepSpec(
        RepeatClass.IDEMPOTENT, "Factory test", "what its program does", False, "as the recipe says of this program"
    ),
}
