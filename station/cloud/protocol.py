"""What the station asks of a cloud, and every answer it can get.

Answers are values to ``match`` on; only a wrong station file or our own mistake raises. Whatever can't be read is
:class:`Unclear` or :class:`Unknown`, never a success. Nothing here belongs to one API: a request ID is opaque.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Literal, NewType, Protocol

from station.credentials.pem import CertificatePem
from station.domain.ids import DeviceId, Sha256
from station.domain.secret import Secret
from station.domain.ways import CredentialKind

COLUMNS: Final = ("sub-type", "tags", "firmware types")
"""What a row may say of a device besides its ID and its credential, in words."""

RequestId = NewType("RequestId", str)
"""The cloud's name for one body that it works on; only the back end that gave it can read it."""


# --- what it is handed -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Certificate:
    """The device's certificate, as PEM with one line feed after its END line."""

    kind: ClassVar[CredentialKind] = CredentialKind.CERTIFICATE
    pem: CertificatePem


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The device's public key alone (P-256), as PEM (SubjectPublicKeyInfo) with one line feed after its END line."""

    kind: ClassVar[CredentialKind] = CredentialKind.PUBLIC_KEY
    pem: str


@dataclass(frozen=True, slots=True)
class AttestationToken:
    """What ``AT%ATTESTTOKEN`` answered, between its quotes: whoever shows it first may claim the device."""

    kind: ClassVar[CredentialKind] = CredentialKind.ATTESTATION_TOKEN
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OnboardingToken:
    """What ``AT%REGJWT`` answered: a JWT for one team, which the device signed with its cloud access key."""

    kind: ClassVar[CredentialKind] = CredentialKind.ONBOARDING_TOKEN
    text: str = field(repr=False)
    expires: datetime
    """When it runs out, as it was read when it was made."""


Credential = Certificate | PublicKey | AttestationToken | OnboardingToken
"""What the cloud is handed of one unit. A body holds rows of one kind."""


@dataclass(frozen=True, slots=True)
class OnboardRow:
    """One finished unit for the cloud."""

    device_id: DeviceId
    credential: Credential
    subtype: str = ""
    tags: tuple[str, ...] = ()
    firmware_types: tuple[str, ...] = ()
    claim_tags: tuple[str, ...] = ()
    """Of an attestation token that the Provisioning API is handed: the tags whose rules shall be the device's."""
    replaces: bool = False
    """The cloud has the device, with an earlier certificate: only that is replaced, its other columns stay there."""

    @property
    def kind(self) -> CredentialKind:
        """What is handed over. Pure."""
        return self.credential.kind


# --- answers that any question can get ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the question reached the cloud (no network, no name, no trusted TLS): safe to ask again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Busy:
    """The cloud did not take the question, or its answer to a mere look got lost: safe to ask again, later.

    ``retry_after_s`` is what the cloud asked for, already held within bounds; None where it asked for nothing.
    """

    reason: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class CredentialRefused:
    """The key, or the account behind it, is refused: stop and tell a person; asking again can't help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """The answer is missing or can't be read. After :meth:`Cloud.send` the cloud may have the body: never resend it.

    ``retry_after_s`` is how long the cloud asked to be left alone, before it is even looked at.
    """

    reason: str
    retry_after_s: float | None = None


Trouble = NotSent | Busy | CredentialRefused | Unclear
"""Every answer that does not tell what was asked."""


# --- answers of their own ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoWay:
    """This API is not known to have a way to ask that; a person can look in the portal."""

    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the key belongs to. ``team_id`` decides; ``team_name`` is for people and may be empty."""

    team_id: str
    team_name: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What the station file says of whom the token belongs to. No cloud was asked: none is known to tell it.

    A person confirms it, when a batch is armed.
    """

    organisation: str
    project: str

    @property
    def id(self) -> str:
        """The account as the journal names it. Pure."""
        return f"{self.organisation}/{self.project}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The cloud has the whole body and will work on it."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class Invalid:
    """The cloud looked at the body and did nothing with it: no row of it is onboarded by it. A person decides."""

    reason: str


@dataclass(frozen=True, slots=True)
class Working:
    """The cloud has not finished with the body."""

    status: str


@dataclass(frozen=True, slots=True)
class Onboarded:
    """The cloud confirmed this row."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The cloud took the device's claim: it gets its cloud key over the air, and is onboarded when it has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The cloud refused this row, in its own words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The body is finished, but what became of this row can't be told."""

    reason: str


RowResult = Onboarded | Claimed | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Settled:
    """The cloud has finished with the body: one result a row, in the body's order."""

    rows: tuple[RowResult, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The cloud has exactly this body, under this request."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class NotFound:
    """The cloud was looked through and does not know it. One that was only just sent may still appear."""

    reason: str


@dataclass(frozen=True, slots=True)
class KnownDevices:
    """Which devices this team has. Every ID asked for is in exactly one of the three.

    ``unknown`` holds (device ID, reason): no answer that could be read, or a device that may be another team's.
    """

    present: frozenset[DeviceId]
    absent: frozenset[DeviceId]
    unknown: tuple[tuple[DeviceId, str], ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a dry run said: a row's reason why it would be refused, in the rows' order; "" where it would be taken."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JwtAccepted:
    """The cloud verified the device's token with the certificate it holds for that device."""


@dataclass(frozen=True, slots=True)
class JwtRefused:
    """The cloud does not take this token for this device."""

    reason: str


AccountAnswer = Account | Stated | Trouble
SendAnswer = Accepted | Settled | Invalid | Trouble
PollAnswer = Working | Settled | NotFound | Trouble
FindAnswer = Found | NotFound | NoWay | Trouble
KeyedAnswer = KnownDevices | NoWay | Trouble
TryAnswer = Tried | Trouble
RuleAnswer = tuple[str, ...] | Trouble
KnownAnswer = KnownDevices | Trouble
JwtAnswer = JwtAccepted | JwtRefused | NotSent | Busy | Unclear


class Cloud(Protocol):
    """One cloud account behind one API. Stateless; safe to call from any thread; every call ends in bounded time."""

    @property
    def api(self) -> Literal["team", "organisation"]:
        """Which API this is."""

    @property
    def place(self) -> str:
        """The address that the account's name belongs to, for the journal."""

    @property
    def takes(self) -> frozenset[CredentialKind]:
        """What it can be handed of a device."""

    @property
    def can_look(self) -> bool:
        """Whether devices and bodies can be looked for there; without, an unclear sending is a person's to settle."""

    def max_rows(self, kind: CredentialKind) -> int:
        """Return the most rows that one body of this kind may have. Pure."""

    def unplaced(self, kind: CredentialKind) -> tuple[str, ...]:
        """Return which of a row's columns have no place in a body of this kind, in words. Pure."""

    def repeatable(self, kind: CredentialKind) -> bool:
        """Return whether the very same body of this kind may be sent again without another effect. Pure."""

    def account(self) -> AccountAnswer:
        """Ask whom the key belongs to. Safe to repeat."""

    def render(self, rows: Sequence[OnboardRow]) -> bytes:
        """Return the body for ``rows``, the same bytes for the same rows. Pure; raises CLD-111 or CLD-112.

        All rows of a body are of one kind, and all of them replace certificates or none does: the body and its kind
        tell :meth:`send` what it is.
        """

    def try_out(self, rows: Sequence[OnboardRow]) -> TryAnswer:
        """Ask which of ``rows``, all of one kind, would be refused; nothing is done there. Safe to repeat.

        Only claims can be tried out; of other rows nothing is asked, and nothing is known against them.
        """

    def time(self) -> datetime | None:
        """Return the cloud's own time (aware), as an answer of it told; None where none did. Asks nothing."""

    def send(self, body: bytes, kind: CredentialKind, device_ids: Sequence[DeviceId]) -> SendAnswer:
        """Hand ``body`` to the cloud, once; ``device_ids`` are its rows' in their order.

        NOT safe to repeat after :class:`Unclear` or a crash while sending, unless it is :meth:`repeatable`.
        """

    def poll(self, request_id: RequestId, device_ids: Sequence[DeviceId], kind: CredentialKind) -> PollAnswer:
        """Ask how far a body is; ``device_ids`` are its rows' in their order. Safe to repeat."""

    def find_sent(self, body_sha256: Sha256, since: datetime | None, but_not: Collection[RequestId] = ()) -> FindAnswer:
        """Look for a body of that hash among those the cloud got ``since`` then, or among all. Safe to repeat.

        ``since`` is aware and by the cloud's own clock (see :meth:`time`), never by this PC's. ``but_not``
        names requests that are another sending's: the same rows make the same bytes again.
        """

    def known(self, device_ids: Sequence[DeviceId], kind: CredentialKind = CredentialKind.CERTIFICATE) -> KnownAnswer:
        """Ask which devices the team has. Present is no proof of *this* certificate. Safe to repeat.

        Of attestation tokens: which devices it has claimed.
        """

    def keyed(self, device_ids: Sequence[DeviceId]) -> KeyedAnswer:
        """Ask which claimed devices have made their cloud key since. Safe to repeat."""

    def unruled(self, tags: Sequence[str]) -> RuleAnswer:
        """Ask which of these claim tags no active provisioning rule has. Safe to repeat."""

    def accepts_jwt(self, device_id: DeviceId, token: Secret) -> JwtAnswer:
        """Ask for the device with its own token in the key's place: proof that both match. Safe to repeat.

        Only offered where :attr:`can_look`.
        """
