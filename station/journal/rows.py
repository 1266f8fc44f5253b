"""What a reader gets from the journal: rows as frozen values."""

from dataclasses import dataclass
from datetime import datetime

from station.domain.check_events import Asks, CheckState
from station.domain.ids import (
    AttemptId,
    BatchId,
    BoardSerial,
    CertSerial,
    DeviceId,
    DeviceUuid,
    EventSeq,
    Imei,
    Sha256,
    SlotNumber,
    UnitId,
    UploadId,
)
from station.domain.line import CloudState, Outcome, StepKind


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A board as the journal knows it now. ``outcome`` is None while an attempt runs."""

    id: UnitId
    batch: BatchId
    device_id: DeviceId
    imei: Imei
    uuid: DeviceUuid | None
    serial: BoardSerial | None
    outcome: Outcome | None
    first_outcome: Outcome | None
    fault: str | None
    attempts: int
    last_attempt: AttemptId
    rework: bool
    cloud: CloudState


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try. ``unit`` is None when the board never said who it is."""

    id: AttemptId
    batch: BatchId
    slot: SlotNumber
    recipe: Sha256
    serial: BoardSerial | None
    unit: UnitId | None
    number: int | None
    adopts: AttemptId | None
    outcome: Outcome | None
    fault: str | None
    orphan: StepKind | None
    opened: datetime
    closed: datetime | None


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate; ``issued`` is the place of the event that holds its DER, None before it was signed."""

    serial: CertSerial
    device_id: DeviceId
    spki_sha256: Sha256
    issuer: Sha256
    profile: str
    state: str
    intended: EventSeq
    issued: EventSeq | None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A work order."""

    id: BatchId
    product: str
    recipe: Sha256
    fixture: Sha256
    quantity: int
    closed: bool


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A passed unit on its way to the cloud."""

    unit: UnitId
    device_id: DeviceId
    state: CloudState
    upload: UploadId | None
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A unit whose final check is due, or what it found; ``cloud`` and ``upload`` are the outbox's."""

    unit: UnitId
    device_id: DeviceId
    asks: Asks
    state: CheckState
    words: str
    at: datetime
    cloud: CloudState
    upload: UploadId | None


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A body of rows: ``prepared``, ``sending``, ``accepted``, ``unclear`` or ``settled``."""

    id: UploadId
    state: str
    body_sha256: Sha256
    units: tuple[UnitId, ...]
    absent: frozenset[UnitId]
    request_id: str | None
    tries: int
    first_sent: datetime | None
    not_before: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Tally:
    """A batch counted by the attempts made in it. ``outcomes`` counts its units by their last one's outcome.

    ``nameless`` counts boards that never said who they are, by the rule of
    :func:`station.journal.reconciliation.nameless_boards`; ``silent`` those of them that failed and have no label:
    they may come again as somebody. ``unidentified`` counts all attempts at boards that didn't say it, by outcome.
    ``first_passed`` of ``first_total`` units passed at their first attempt here that had a result of its own.
    """

    outcomes: dict[str, int]
    unidentified: dict[str, int]
    nameless: dict[str, int]
    silent: int
    cloud: dict[str, int]
    first_passed: int
    first_total: int

    def count(self, outcome: Outcome) -> int:
        """Return how many boards ended so, nameless ones too."""
        return self.outcomes.get(outcome, 0) + self.nameless.get(outcome, 0)

    @property
    def ended(self) -> int:
        """How many places of the work order are taken by units that have ended."""
        return sum(self.count(outcome) for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.QUARANTINED))
