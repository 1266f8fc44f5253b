"""What the outbox says to people: each unit's way to the cloud, and what may be decided about it. Pure."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QCoreApplication

from station.desktop.record_words import age_words
from station.domain.ids import UnitId
from station.domain.line import CloudState
from station.journal.upload_queue import QueuedUnit

translate = QCoreApplication.translate


class Decision(StrEnum):
    """What a person may decide; the words that :class:`station.engine.commands.Decide` takes."""

    SEND_AGAIN = "send-again"
    HOLD = "hold"
    ONBOARDED = "onboarded"


_OPEN: Final = frozenset({CloudState.REFUSED, CloudState.UNKNOWN, CloudState.HELD})


def decision_word(decision: Decision) -> str:
    """Return the decision as it stands on its button."""
    match decision:
        case Decision.SEND_AGAIN:
            return translate("UploadWords", "Send again")
        case Decision.HOLD:
            return translate("UploadWords", "Hold back")
        case Decision.ONBOARDED:
            return translate("UploadWords", "It is onboarded")


def decision_meaning(decision: Decision) -> str:
    """Return what the decision does."""
    match decision:
        case Decision.SEND_AGAIN:
            return translate("UploadWords", "The unit waits again and goes with the next upload.")
        case Decision.HOLD:
            return translate("UploadWords", "The unit is not sent until somebody decides otherwise.")
        case Decision.ONBOARDED:
            return translate(
                "UploadWords",
                "You have seen the unit in the portal. It is not sent again; the journal keeps your word.",
            )


def may(decision: Decision, row: QueuedUnit, overdue: Collection[UnitId]) -> bool:
    """Return whether this may be decided of the unit as it stands; the engine judges again."""
    if row.state is CloudState.WAITING:
        return decision is Decision.HOLD
    if row.state is CloudState.CLAIMED:
        return decision is Decision.ONBOARDED
    return row.state in _OPEN or (row.state is CloudState.SENDING and row.unit in overdue)


def way_words(row: QueuedUnit, now: datetime, overdue: Collection[UnitId], elsewhere: Collection[UnitId] = ()) -> str:
    """Return where the unit is on its way, in words; ``elsewhere`` are those in uploads for another account."""
    if row.state is CloudState.SENDING and row.unit in elsewhere:
        return translate("UploadWords", "Waits for another account's key; you may decide")
    if row.state is CloudState.SENDING and row.unit in overdue:
        return translate("UploadWords", "Overdue: the cloud has come to no end; you may decide")
    match row.state, row.upload_state:
        case CloudState.WAITING, _:
            return translate("UploadWords", "Waits for the next upload")
        case CloudState.SENDING, "prepared" if row.next_try is not None and row.next_try > now:
            return translate("UploadWords", "Tried again in {time}").format(time=age_words(row.next_try - now))
        case CloudState.SENDING, "prepared":
            return translate("UploadWords", "Is about to be sent")
        case CloudState.SENDING, "sending":
            return translate("UploadWords", "Is being sent")
        case CloudState.SENDING, "accepted":
            return translate("UploadWords", "The cloud works on it")
        case CloudState.SENDING, "unclear":
            return translate("UploadWords", "Is looked for in the cloud")
        case CloudState.REFUSED, _:
            return translate("UploadWords", "The cloud said no: decide")
        case CloudState.UNKNOWN, _:
            return translate("UploadWords", "Nobody knows: look in the portal, then decide")
        case CloudState.HELD, _:
            return translate("UploadWords", "Held back until somebody decides")
        case CloudState.ONBOARDED, _:
            return translate("UploadWords", "Done")
        case CloudState.CLAIMED, _:
            return translate("UploadWords", "Claimed; its cloud key was not seen yet")
        case _:
            return ""
