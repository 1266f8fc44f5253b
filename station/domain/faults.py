"""What can go wrong, told to the person who can mend it.

Each room declares its faults as :class:`FaultSpec` constants in a module ``faults.py`` of its own and raises
``SPEC.fault(...)``. A test holds that codes are unique and that every sentence can be filled in.
"""

from dataclasses import dataclass
from enum import StrEnum


class Retry(StrEnum):
    """Whether doing the same thing again can help."""

    NEVER = "never"
    SAME_UNIT = "same-unit"
    """The same unit may be tried again at once."""
    AFTER_OPERATOR = "after-operator"
    """Somebody has to mend something first."""


class Fault(Exception):  # noqa: N818 -- 'fault' is the line's word, and what bases and codes are named after
    """A failure with a stable code, a sentence for the technician, and detail for the engineer.

    Neither text ever holds a secret: whoever raises it sees to that.
    """

    def __init__(self, code: str, sentence: str, detail: str, retry: Retry) -> None:
        super().__init__(f"{code}: {sentence}" + (f" [{detail}]" if detail else ""))
        self.code = code
        self.sentence = sentence
        self.detail = detail
        self.retry = retry


class UnitFault(Fault):
    """The board is bad: it leaves as FAILED and counts against the yield."""


class StationFault(Fault):
    """The station, its fixture, CA or cloud is at fault: ERROR; never counted against the unit."""


class Refusal(Fault):
    """The station declines to touch this board: neither is it bad nor the station; the attempt ends ABORTED.

    A finished unit put back, a board that another slot is working on, a quarantined one.
    """


class Bug(Fault):
    """Our own mistake: the slot stops and the detail goes to an engineer."""


class Cancelled(Exception):  # noqa: N818 -- it is no error: a person asked for it
    """A person asked to stop; nothing is wrong with unit or station."""


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """One kind of fault: declared once, raised from anywhere in its room.

    ``sentence`` says what happened and what to do now; ``{name}`` fields are filled by :meth:`fault`.
    """

    code: str
    blame: type[Fault]
    sentence: str
    retry: Retry = Retry.AFTER_OPERATOR

    def fault(self, detail: str = "", **fields: object) -> Fault:
        """Return the fault to raise. ``detail`` is for the engineer: quoted device output perhaps, never secrets."""
        return self.blame(self.code, self.sentence.format(**fields), detail, self.retry)


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """A fault as the journal keeps it."""

    code: str
    sentence: str
    detail: str
