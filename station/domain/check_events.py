"""What the journal says of the final check: whether the cloud knows an onboarded unit, and takes its own token.

The rules of :mod:`station.domain.events` hold here too. The token itself is in no event.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from station.domain.ids import UnitId


class Known(StrEnum):
    """What the cloud said to the account's key."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Token(StrEnum):
    """What the cloud said to the device's own token."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_ASKED = "not asked"
    UNKNOWN = "unknown"


class Asks(StrEnum):
    """What a unit's final check asks: both questions, or the first one alone, where its way has no token to show."""

    TOKEN = "token"  # noqa: S105 -- a word
    KNOWN = "known"


class CheckState(StrEnum):
    """How it stands with a unit's final check."""

    WANTED = "wanted"
    """Its recipe asks for one; it is not onboarded yet."""
    DUE = "due"
    PASSED = "passed"
    REFUSED = "refused"
    """The cloud does not know it, or does not take its token."""
    UNSURE = "unsure"
    """Not all could be asked, or be told from the answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalChecked:
    """What a unit's final check found. It changes nothing of how the unit stands with the cloud.

    ``words`` hold the cloud's own, or why the token was not asked. ``place`` says where a person had the device when
    it signed; "" for a check of the station's own. It counts only for a unit that is onboarded.
    """

    kind: ClassVar[str] = "final-check"
    unit: UnitId
    known: Known
    token: Token
    words: str = ""
    place: str = ""
    asks: Asks = Asks.TOKEN

    @property
    def state(self) -> CheckState:
        """What follows for the unit. Pure."""
        if self.known is Known.NO or self.token is Token.REFUSED:
            return CheckState.REFUSED
        whole = self.token is Token.ACCEPTED or self.asks is Asks.KNOWN
        return CheckState.PASSED if self.known is Known.YES and whole else CheckState.UNSURE

    @property
    def sentence(self) -> str:
        """All of it in plain words. Pure."""
        knows = {
            Known.YES: "the cloud knows the device",
            Known.NO: "the cloud does not know the device",
            Known.UNKNOWN: "whether the cloud knows the device could not be told",
        }[self.known]
        takes = {
            Token.ACCEPTED: "accepts its own token",
            Token.REFUSED: "refused its own token",
            Token.NOT_ASKED: "was not asked with its own token",
            Token.UNKNOWN: "did not say whether it accepts its own token",
        }[self.token]
        said = knows if self.asks is Asks.KNOWN and self.token is Token.NOT_ASKED else f"{knows}, and {takes}"
        return f"{said}: {self.words}" if self.words else said
