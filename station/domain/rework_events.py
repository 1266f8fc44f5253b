"""What the journal says of finished units that are to be built again, or were put in again.

The rules of :mod:`station.domain.events` hold here too.
"""

from dataclasses import dataclass
from typing import ClassVar

from station.domain.faults import FaultRecord
from station.domain.ids import AttemptId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOverwritten:
    """A finished unit was put in again and its probe changed it before it could say who it is: it is finished no more.

    It is in quarantine until a rework is declared, and what waited for the cloud is held.
    """

    kind: ClassVar[str] = "unit-overwritten"
    attempt: AttemptId
    unit: UnitId
    fault: FaultRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ReworkDeclared:
    """A person allows one more attempt at a unit that had passed or is quarantined."""

    kind: ClassVar[str] = "rework-declared"
    unit: UnitId
    operator: str
    reason: str
    second: str = ""
    """The second person, who agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReworkWithdrawn:
    """A declared rework will not be: no attempt of it has begun, and the unit is again what it was before.

    What the declaration took out of the outbox is in there again, with all that was learnt of it since.
    """

    kind: ClassVar[str] = "rework-withdrawn"
    unit: UnitId
    operator: str
    reason: str
    second: str = ""
    """The second person, who agreed."""
