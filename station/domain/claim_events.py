"""What the journal says of what people change at the cloud outside of uploads: claims given up, rules made.

The rules of :mod:`station.domain.events` hold here too.
"""

from dataclasses import dataclass
from typing import ClassVar

from station.domain.ids import DeviceUuid, EventSeq, Sha256, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclaimIntended:
    """A person is about to give a unit's claim at the cloud up: whoever has its token may claim it then.

    It may be given up without an ``Unclaimed`` behind it. ``place`` is the address that is asked.
    """

    kind: ClassVar[str] = "unclaim-intended"
    unit: UnitId
    uuid: DeviceUuid
    place: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """What came of an ``UnclaimIntended``: the team's claim is gone (``gone``), or nobody knows that it is.

    Where it is gone and the unit was claimed and no more, the unit is held: it is onboarded by nothing now.
    """

    kind: ClassVar[str] = "unclaimed"
    intent: EventSeq
    unit: UnitId
    gone: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRuleIntended:
    """A person is about to make a provisioning rule for a claim tag: what devices do that are claimed with it."""

    kind: ClassVar[str] = "claim-rule-intended"
    tag: str
    sec_tag: int
    roots: Sha256
    place: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRuleMade:
    """What came of a ``ClaimRuleIntended``: an active rule is there (``there``), or nobody knows that it is."""

    kind: ClassVar[str] = "claim-rule-made"
    intent: EventSeq
    there: bool
    words: str
