"""What the journal says of the way to the cloud.

The rules of :mod:`station.domain.events` hold here too.
"""

from dataclasses import dataclass
from typing import ClassVar

from station.domain.ids import Sha256, UnitId, UploadId
from station.domain.line import CloudState


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfirmed:
    """It is known whose account the secret belongs to: the cloud said so (a team), or a person did at arming."""

    kind: ClassVar[str] = "account-confirmed"
    team_id: str
    """The team's ID, or ``organisation/project``."""
    team_name: str
    base_url: str
    """The address at which that holds; an organisation's has its project in it."""
    how: str = "cloud"
    """``cloud``, or ``person``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPrepared:
    """A body of rows is stored, byte for byte as it will be sent. Its place is the upload's ID."""

    kind: ClassVar[str] = "upload-prepared"
    units: tuple[UnitId, ...]
    body_sha256: Sha256
    body_bytes: int
    credential: str = "certificate"
    """A :class:`station.domain.ways.CredentialKind`: what the cloud is handed of each of its units."""
    account: str = ""
    """Whose account it is for: a team's ID, or ``organisation/project``; "" where nobody had confirmed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSending:
    """The body is about to be sent; without an answer behind it, the cloud may have it.

    ``absent`` lists the units of which the cloud just said that it does not know them. ``cloud_time`` is the time
    by the cloud's own clock, "" where it never told it.
    """

    kind: ClassVar[str] = "upload-sending"
    upload: UploadId
    absent: tuple[UnitId, ...] = ()
    cloud_time: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPutOff:
    """The cloud did not take the body; nothing was done there. It is sent again later."""

    kind: ClassVar[str] = "upload-put-off"
    upload: UploadId
    until: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadAccepted:
    """The cloud has the body and works on it under this request ID."""

    kind: ClassVar[str] = "upload-accepted"
    upload: UploadId
    request_id: str
    found_by: str
    """``answer`` when the POST's own answer named it, ``body`` when it was found by its data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadUnclear:
    """Nobody knows whether the cloud has the body. It is looked for; it is not sent again."""

    kind: ClassVar[str] = "upload-unclear"
    upload: UploadId
    reason: str


@dataclass(frozen=True, slots=True)
class RowSettled:
    """What became of one unit of an upload. ``reason`` holds the cloud's own words, or how it was proven."""

    unit: UnitId
    state: CloudState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSettled:
    """What became of the upload's rows; those that are WAITING again will go with a later one.

    It ends the upload once none of its units is undecided. Said of single rows where only these are proven yet, and
    again when more is learnt of them later. It may come after a person has decided: what the cloud confirmed then
    counts, and nothing else it says undoes the decision, but both stay on record. A row whose unit has been built
    again or is in a later upload is on record here, and the later one counts.
    """

    kind: ClassVar[str] = "upload-settled"
    upload: UploadId
    rows: tuple[RowSettled, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDecided:
    """A person decided about a unit that the cloud refused, or is overdue with, or of which nobody knows."""

    kind: ClassVar[str] = "upload-decided"
    unit: UnitId
    state: CloudState
    operator: str
    reason: str
