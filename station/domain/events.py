"""Everything the journal can say. An event is a fact that was true when it was written; nothing changes it later.

Bodies hold only JSON values: text, whole numbers up to 2**53, booleans, lists, and objects. Times are UTC in
ISO 8601 with microseconds. A new field needs a default, so that every event ever written still reads; a changed
meaning needs a new kind. No event ever holds a private key, a passphrase, a PIN, an API key or a raw token, but for
what the cloud is handed of a unit: its attestation token, or an onboarding token for one account and one hour, is a
claim on that unit, which the outbox must not lose.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from station.domain.check_events import FinalChecked
from station.domain.claim_events import ClaimRuleIntended, ClaimRuleMade, Unclaimed, UnclaimIntended
from station.domain.cloud_deletion_events import CloudDeleted, CloudDeletion, CloudDeletionIntended
from station.domain.deletion_events import CredentialDeleted, CredentialDeletionIntended
from station.domain.faults import FaultRecord
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
)
from station.domain.line import Outcome, RepeatClass, StepKind
from station.domain.modem import UuidSource
from station.domain.people_events import ActionRefused, PersonChanged, SignedIn, SignedOut, SignInRefused
from station.domain.rework_events import ReworkDeclared, ReworkWithdrawn, UnitOverwritten
from station.domain.station_events import (
    AuthorityCreated,
    AuthorityIntended,
    DevelopmentKeyIntended,
    DevelopmentKeyMade,
    Exported,
    ExportIntended,
    Restored,
    SettingsReleased,
    SettingsSaved,
)
from station.domain.upload_events import (
    AccountConfirmed,
    RowSettled,
    UploadAccepted,
    UploadDecided,
    UploadPrepared,
    UploadPutOff,
    UploadSending,
    UploadSettled,
    UploadUnclear,
)

__all__ = [
    "AccountConfirmed",
    "ActionRefused",
    "AttemptClosed",
    "AttemptOpened",
    "AuthorityCreated",
    "AuthorityIntended",
    "BatchArmed",
    "BatchClosed",
    "CertificateIntended",
    "CertificateIssued",
    "CertificateSuperseded",
    "CheckpointMade",
    "ClaimRuleIntended",
    "ClaimRuleMade",
    "ClockCorrected",
    "CloudDeleted",
    "CloudDeletionIntended",
    "Context",
    "CredentialDeleted",
    "CredentialDeletionIntended",
    "DevelopmentKeyIntended",
    "DevelopmentKeyMade",
    "Event",
    "ExportIntended",
    "Exported",
    "FaultRecord",
    "FinalChecked",
    "KeyLost",
    "PersonChanged",
    "Restored",
    "ReworkDeclared",
    "ReworkWithdrawn",
    "RowSettled",
    "SessionClosed",
    "SessionOpened",
    "SettingsReleased",
    "SettingsSaved",
    "SignInRefused",
    "SignedIn",
    "SignedOut",
    "SlotAcknowledged",
    "SlotLatched",
    "StepFinished",
    "StepIntended",
    "UnclaimIntended",
    "Unclaimed",
    "UnitIdentified",
    "UnitOverwritten",
    "UploadAccepted",
    "UploadDecided",
    "UploadPrepared",
    "UploadPutOff",
    "UploadSending",
    "UploadSettled",
    "UploadUnclear",
    "UuidLearnt",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A value that many events share, kept once; they name it by its SHA-256."""

    kind: ClassVar[str] = "context"
    about: str
    sha256: Sha256
    value: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """The engine took the data folder. ``context`` says which station and which software."""

    kind: ClassVar[str] = "session-opened"
    context: Sha256
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed:
    """The engine gave the folder back in good order; its absence is a crash."""

    kind: ClassVar[str] = "session-closed"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCorrected:
    """A person declares that the times from event ``first`` to ``last`` are wrong; they no longer hold back signing."""

    kind: ClassVar[str] = "clock-corrected"
    first: EventSeq
    last: EventSeq
    operator: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointMade:
    """The first ``size`` entries were signed for: ``note`` is a C2SP checkpoint, kept outside of this folder too."""

    kind: ClassVar[str] = "checkpoint-made"
    size: int
    root: Sha256
    note: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchArmed:
    """A work order may run: this product, on this fixture, for this many units. Arming again continues it."""

    kind: ClassVar[str] = "batch-armed"
    batch: BatchId
    product: str
    recipe: Sha256
    fixture: Sha256
    quantity: int
    operator: str
    team_id: str
    cloud_confirmed: bool
    warnings: tuple[str, ...] = ()
    serials: str = ""
    """The labels that its boards have, ``FIRST..LAST``; "" where it is held to none."""
    way: str = "certificate"
    security: str = ""
    """How its units get their credentials, and how secure the vendor says that is; "" in old journals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchClosed:
    """The work order is done or given up; ``tally`` counts its units by outcome."""

    kind: ClassVar[str] = "batch-closed"
    batch: BatchId
    operator: str
    reason: str
    tally: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOpened:
    """A board is in a slot and is about to be touched. Its place is the attempt's ID."""

    kind: ClassVar[str] = "attempt-opened"
    batch: BatchId
    slot: SlotNumber
    recipe: Sha256
    serial: BoardSerial | None
    context: Sha256 | None = None
    """What is the same for all attempts of this run in this slot: fixture, port, programmer. None in old journals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitIdentified:
    """The board in this attempt said who it is. ``adopts`` names the aborted attempt whose work goes on here."""

    kind: ClassVar[str] = "unit-identified"
    attempt: AttemptId
    device_id: DeviceId
    imei: Imei
    uuid: DeviceUuid | None
    uuid_source: UuidSource | None
    serial: BoardSerial | None
    model: str
    hardware: str | None
    modem_firmware: str
    adopts: AttemptId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UuidLearnt:
    """The board's UUID, read from its %KEYGEN answer because nothing gave it earlier."""

    kind: ClassVar[str] = "uuid-learnt"
    attempt: AttemptId
    uuid: DeviceUuid


@dataclass(frozen=True, slots=True, kw_only=True)
class StepIntended:
    """The step is about to be done; without a result behind it, it may have been. ``repeat`` then says what to do."""

    kind: ClassVar[str] = "step-intended"
    attempt: AttemptId
    index: int
    step: StepKind
    name: str
    repeat: RepeatClass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """The step ended and this was observed. ``milliseconds`` is monotonic time; ``tries`` counts its repetitions."""

    kind: ClassVar[str] = "step-finished"
    attempt: AttemptId
    index: int
    step: StepKind
    outcome: Outcome
    milliseconds: int
    tries: int = 1
    fault: FaultRecord | None = None
    results: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLost:
    """A modem was asked for a key and its answer never came.

    ``found``: a key was listed, and deleted. Otherwise none was there: never made, or gone again with a restart.
    """

    kind: ClassVar[str] = "key-lost"
    attempt: AttemptId
    sec_tag: int
    reason: str
    found: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptClosed:
    """The attempt ended. A unit is PASSED by this event's commit and by nothing else."""

    kind: ClassVar[str] = "attempt-closed"
    attempt: AttemptId
    outcome: Outcome
    fault: FaultRecord | None = None
    orphan: StepKind | None = None
    """The step whose intent stands without a result, when the station was stopped in it."""
    for_cloud: bool = False
    final_check: str = ""
    """What its unit is asked for at the cloud once it is onboarded (:class:`Asks`); "" for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIntended:
    """A certificate with this serial number may be signed for this device and key."""

    kind: ClassVar[str] = "certificate-intended"
    device_id: DeviceId
    spki_sha256: Sha256
    serial: CertSerial
    issuer: Sha256
    profile: str
    not_before: str
    not_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued:
    """The certificate was signed; ``der`` is base64."""

    kind: ClassVar[str] = "certificate-issued"
    serial: CertSerial
    sha256: Sha256
    der: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSuperseded:
    """The certificate stands for nothing any more: another key took its place, or its attempt ended badly."""

    kind: ClassVar[str] = "certificate-superseded"
    serial: CertSerial
    attempt: AttemptId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLatched:
    """A station fault: nothing starts in this slot until somebody has acknowledged it."""

    kind: ClassVar[str] = "slot-latched"
    slot: SlotNumber
    attempt: AttemptId | None
    fault: FaultRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotAcknowledged:
    """Somebody looked at the slot and lets it work again."""

    kind: ClassVar[str] = "slot-acknowledged"
    slot: SlotNumber
    operator: str
    reason: str


Event = (
    Context
    | SessionOpened
    | SessionClosed
    | ClockCorrected
    | SignedIn
    | SignInRefused
    | SignedOut
    | PersonChanged
    | ActionRefused
    | SettingsReleased
    | SettingsSaved
    | AuthorityCreated
    | AuthorityIntended
    | CheckpointMade
    | ExportIntended
    | Exported
    | DevelopmentKeyIntended
    | DevelopmentKeyMade
    | Restored
    | AccountConfirmed
    | BatchArmed
    | BatchClosed
    | AttemptOpened
    | UnitIdentified
    | UuidLearnt
    | StepIntended
    | StepFinished
    | KeyLost
    | AttemptClosed
    | CertificateIntended
    | CertificateIssued
    | CertificateSuperseded
    | UnitOverwritten
    | ReworkDeclared
    | ReworkWithdrawn
    | CredentialDeletionIntended
    | CredentialDeleted
    | UnclaimIntended
    | Unclaimed
    | FinalChecked
    | CloudDeletion
    | ClaimRuleIntended
    | ClaimRuleMade
    | SlotLatched
    | SlotAcknowledged
    | UploadPrepared
    | UploadSending
    | UploadPutOff
    | UploadAccepted
    | UploadUnclear
    | UploadSettled
    | UploadDecided
)
