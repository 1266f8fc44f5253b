"""The line's words in the reader's language. Codes, identifiers and what people typed are never translated.

``of(member)`` for the members of the line's enums; :func:`step`, :func:`run_state` and :func:`prompt` for what comes
from the engine as text. What has no word here is shown as it came: a newer engine may know more.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QCoreApplication

from station.desktop.theme import Mood
from station.domain.line import CloudState, Outcome, SlotState, StepKind
from station.line.steps import STEPS
from station.people.rights import Right, Role

_CONTEXT: Final = "words"


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:  # noqa: N802 -- by this name lupdate finds the text
    return text


# Members of different enums may be equal as text, so each enum has a table of its own.
_WORDS: Final[Mapping[type[StrEnum], Mapping[str, str]]] = MappingProxyType(
    {
        Mood: {
            Mood.EMPTY: QT_TRANSLATE_NOOP("words", "empty"),
            Mood.RUNNING: QT_TRANSLATE_NOOP("words", "running"),
            Mood.PASSED: QT_TRANSLATE_NOOP("words", "passed"),
            Mood.FAILED: QT_TRANSLATE_NOOP("words", "failed"),
            Mood.ERROR: QT_TRANSLATE_NOOP("words", "error"),
            Mood.QUARANTINED: QT_TRANSLATE_NOOP("words", "quarantined"),
            Mood.ABORTED: QT_TRANSLATE_NOOP("words", "aborted"),
            Mood.STOPPED: QT_TRANSLATE_NOOP("words", "off"),
        },
        SlotState: {
            SlotState.EMPTY: QT_TRANSLATE_NOOP("words", "empty"),
            SlotState.RUNNING: QT_TRANSLATE_NOOP("words", "running"),
            SlotState.DONE: QT_TRANSLATE_NOOP("words", "done"),
            SlotState.LATCHED: QT_TRANSLATE_NOOP("words", "latched"),
            SlotState.STOPPED: QT_TRANSLATE_NOOP("words", "off"),
        },
        Outcome: {
            Outcome.PASSED: QT_TRANSLATE_NOOP("words", "passed"),
            Outcome.FAILED: QT_TRANSLATE_NOOP("words", "failed"),
            Outcome.ERROR: QT_TRANSLATE_NOOP("words", "error"),
            Outcome.ABORTED: QT_TRANSLATE_NOOP("words", "aborted"),
            Outcome.QUARANTINED: QT_TRANSLATE_NOOP("words", "quarantined"),
        },
        CloudState: {
            CloudState.NONE: QT_TRANSLATE_NOOP("words", "not for the cloud"),
            CloudState.WAITING: QT_TRANSLATE_NOOP("words", "waiting"),
            CloudState.SENDING: QT_TRANSLATE_NOOP("words", "on its way"),
            CloudState.ONBOARDED: QT_TRANSLATE_NOOP("words", "onboarded"),
            CloudState.CLAIMED: QT_TRANSLATE_NOOP("words", "claimed"),
            CloudState.REFUSED: QT_TRANSLATE_NOOP("words", "refused"),
            CloudState.UNKNOWN: QT_TRANSLATE_NOOP("words", "unknown"),
            CloudState.HELD: QT_TRANSLATE_NOOP("words", "held back"),
        },
        StepKind: {
            StepKind.CHECK: QT_TRANSLATE_NOOP("words", "Check the board"),
            StepKind.RECOVER: QT_TRANSLATE_NOOP("words", "Recover the chip"),
            StepKind.MODEM_FIRMWARE: QT_TRANSLATE_NOOP("words", "Program the modem"),
            StepKind.FLASH: QT_TRANSLATE_NOOP("words", "Flash the application"),
            StepKind.IDENTIFY: QT_TRANSLATE_NOOP("words", "Identify the modem"),
            StepKind.ATTEST: QT_TRANSLATE_NOOP("words", "Have the modem attest itself"),
            StepKind.ENROL: QT_TRANSLATE_NOOP("words", "Enrol the modem"),
            StepKind.CLEAR: QT_TRANSLATE_NOOP("words", "Clear old credentials"),
            StepKind.GENERATE: QT_TRANSLATE_NOOP("words", "Make the key"),
            StepKind.SIGN: QT_TRANSLATE_NOOP("words", "Sign the certificate"),
            StepKind.WRITE: QT_TRANSLATE_NOOP("words", "Write the credentials"),
            StepKind.PROVE: QT_TRANSLATE_NOOP("words", "Prove the key"),
            StepKind.STORE: QT_TRANSLATE_NOOP("words", "Store the settings"),
            StepKind.READ_BACK: QT_TRANSLATE_NOOP("words", "Read back"),
            StepKind.POWER_CYCLE: QT_TRANSLATE_NOOP("words", "Power off and on"),
            StepKind.LOCK: QT_TRANSLATE_NOOP("words", "Lock the debugger out"),
            StepKind.COMMAND: QT_TRANSLATE_NOOP("words", "Run the product's own test"),
        },
        Role: {
            Role.OPERATOR: QT_TRANSLATE_NOOP("words", "operator"),
            Role.LINE_LEAD: QT_TRANSLATE_NOOP("words", "line lead"),
            Role.ENGINEER: QT_TRANSLATE_NOOP("words", "engineer"),
            Role.QA: QT_TRANSLATE_NOOP("words", "QA"),
            Role.CA_KEEPER: QT_TRANSLATE_NOOP("words", "CA keeper"),
            Role.SERVICE: QT_TRANSLATE_NOOP("words", "service"),
        },
        Right: {
            Right.RUN: QT_TRANSLATE_NOOP("words", "run a batch"),
            Right.UPLOAD: QT_TRANSLATE_NOOP("words", "upload finished units"),
            Right.ACKNOWLEDGE: QT_TRANSLATE_NOOP("words", "unlock a latched slot"),
            Right.REWORK: QT_TRANSLATE_NOOP("words", "declare a rework of a finished unit"),
            Right.WITHDRAW: QT_TRANSLATE_NOOP("words", "withdraw a declared rework"),
            Right.DECIDE: QT_TRANSLATE_NOOP("words", "decide about an upload"),
            Right.CORRECT_CLOCK: QT_TRANSLATE_NOOP("words", "correct the clock"),
            Right.CREATE_CA: QT_TRANSLATE_NOOP("words", "make the CA"),
            Right.CHANGE_SETTINGS: QT_TRANSLATE_NOOP("words", "change the settings"),
            Right.CLOSE_BATCH: QT_TRANSLATE_NOOP("words", "close a batch"),
            Right.DELETE_CREDENTIALS: QT_TRANSLATE_NOOP("words", "delete a credential of a connected device"),
            Right.DEVELOP: QT_TRANSLATE_NOOP("words", "have the cloud make a key for development"),
            Right.DELETE_FROM_CLOUD: QT_TRANSLATE_NOOP("words", "delete a device from the cloud"),
            Right.UNCLAIM: QT_TRANSLATE_NOOP("words", "give up a unit's claim at the cloud"),
            Right.MAKE_CLAIM_RULE: QT_TRANSLATE_NOOP("words", "make a provisioning rule at the cloud"),
            Right.MANAGE_PEOPLE: QT_TRANSLATE_NOOP("words", "manage people"),
            Right.DISABLE_PEOPLE: QT_TRANSLATE_NOOP("words", "disable people"),
            Right.MANAGE_SECONDS: QT_TRANSLATE_NOOP("words", "manage somebody who may be a second person"),
            Right.EXPORT: QT_TRANSLATE_NOOP("words", "export records"),
            Right.REPRINT: QT_TRANSLATE_NOOP("words", "print a record again"),
            Right.CHECKPOINT: QT_TRANSLATE_NOOP("words", "sign a checkpoint"),
            Right.BACKUP: QT_TRANSLATE_NOOP("words", "back the station up"),
            Right.RESTORE: QT_TRANSLATE_NOOP("words", "restore a backup"),
        },
    }
)

_STEPS: Final = MappingProxyType(
    {kind.value: kind for kind in StepKind} | {spec.title: kind for kind, spec in STEPS.items()}
)

_RUN: Final = MappingProxyType(
    {
        "idle": QT_TRANSLATE_NOOP("words", "No batch"),
        "arming": QT_TRANSLATE_NOOP("words", "Arming"),
        "running": QT_TRANSLATE_NOOP("words", "Running"),
        "paused": QT_TRANSLATE_NOOP("words", "Paused"),
        "stopping": QT_TRANSLATE_NOOP("words", "Stopping"),
        "closing": QT_TRANSLATE_NOOP("words", "Closing"),
    }
)

_PROMPTS: Final = frozenset(
    {
        QT_TRANSLATE_NOOP("words", "Put a board in"),
        QT_TRANSLATE_NOOP("words", "Put a board in, then confirm"),
        QT_TRANSLATE_NOOP("words", "Scan the board"),
        QT_TRANSLATE_NOOP("words", "Take the board out"),
        QT_TRANSLATE_NOOP("words", "Call a line lead"),
        QT_TRANSLATE_NOOP("words", "Call the engineer"),
        QT_TRANSLATE_NOOP("words", "Paused: no new boards"),
    }
)
"""What :mod:`station.engine.prompts` asks, word for word; a test holds that none is missing."""


def of(member: StrEnum) -> str:
    """Return the word for a member of one of the line's enums; its own text where there is none."""
    return _translated(_WORDS.get(type(member), {}).get(member, member.value))


def role_names(roles: tuple[str, ...]) -> str:
    """Return people's roles as the engine names them, in words."""
    known = {role.value for role in Role}
    return ", ".join(of(Role(role)) if role in known else role for role in roles)


def step(name: str) -> str:
    """Return the words for a step, by kind or by the journal's title; one that the recipe named itself keeps it."""
    kind = _STEPS.get(name)
    return of(kind) if kind is not None else name


def run_state(state: str) -> str:
    """Return the words for what the line does; see :attr:`station.engine.pushes.Header.run`."""
    return _translated(_RUN.get(state, state))


def prompt(text: str) -> str:
    """Return what the engine asks somebody to do at a slot."""
    return _translated(text) if text in _PROMPTS else text


def _translated(text: str) -> str:
    return QCoreApplication.translate(_CONTEXT, text) if text else ""
