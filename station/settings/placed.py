"""A step as far as its place among the others matters, whether it is a whole one or only what a file says."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from station.domain.line import ChipFamily, Erase, RepeatClass, StepKind

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Placed:
    """One step of a recipe. Each field has the value that a recipe may leave out."""

    kind: StepKind
    erase: Erase = Erase.ALL
    answers_at: bool = True
    survives_on: ChipFamily | None = None
    skip_by: str = "probe"
    repeat: RepeatClass = RepeatClass.PURE

    @property
    def wipes(self) -> bool:
        """Whether it erases more than the pages that an image covers, which may cost the modem's credentials."""
        match self.kind:
            case StepKind.RECOVER | StepKind.MODEM_FIRMWARE:
                return True
            case StepKind.FLASH | StepKind.READ_BACK:
                return self.erase is Erase.ALL
        return False


def place_step(written: Mapping[str, object]) -> Placed | None:
    """Return a step from its keys as a recipe writes them; None for one that there is not. Pure.

    A key with a value that is refused elsewhere counts as left out.
    """
    kind = _word(StepKind, written.get("do"))
    if kind is None:
        return None
    return Placed(
        kind,
        _word(Erase, written.get("erase")) or Erase.ALL,
        written.get("answers_at") is not False,
        _word(ChipFamily, written.get("credentials_survive_on")),
        "modem" if written.get("skip_by") == "modem" else "probe",
        _word(RepeatClass, written.get("repeat")) or RepeatClass.PURE,
    )


def _word(words: type[_Word], value: object) -> _Word | None:
    return next((word for word in words if word == value), None)
