"""What a face asks of the engine: one JSON object a message, every one an immutable value.

A face sends :class:`Request`; the engine answers each with one :class:`station.engine.results.Answer`, and what is
beyond :mod:`station.engine.limits` with ENG-133. A new field needs a default; a changed meaning needs another
:data:`PROTOCOL`.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from pydantic import Field

from station.engine.limits import (
    Batch,
    FileName,
    FileText,
    Label,
    Name,
    Names,
    PathText,
    Quantity,
    Reason,
    Slot,
    Typed,
    UnitNames,
    Units,
)

PROTOCOL: Final = 1
"""Both sides must speak the same one: the welcome says which the engine speaks."""

# ---- commands: who, and the line


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Work for this person from now on, as far as this face is concerned. Result: :class:`Person`."""

    kind: ClassVar[str] = "sign-in"
    who: Name
    pin: Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """Nobody stands at this face any more; a run goes on."""

    kind: ClassVar[str] = "sign-out"
    reason: Reason = "signed out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Make the first engineer of a station that has nobody; who then is signed in. Result: :class:`Person`."""

    kind: ClassVar[str] = "found"
    name: Name
    pin: Typed
    roles: Names = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowProduct:
    """Say what arming this product would build. Result: :class:`Product`."""

    kind: ClassVar[str] = "show-product"
    product: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """Arm a batch and let the slots work. Result: :class:`Armed`.

    ``passphrase``: the CA's, where the station file names no place for it. ``reason``: an engineer's, who releases
    what is not as released. ``serials``: ``FIRST..LAST``, or "".
    """

    kind: ClassVar[str] = "arm"
    batch: Batch
    product: Name
    quantity: Quantity
    serials: Label = ""
    reason: Reason = ""
    passphrase: Typed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Begin no further boards; those in work are finished; the batch stays armed. Safe to repeat."""

    kind: ClassVar[str] = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Take boards again. Safe to repeat."""

    kind: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End the run: no new boards, running steps end, then the slots rest. The batch stays open. Safe to repeat."""

    kind: ClassVar[str] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseBatch:
    """Close a batch that is not complete, when no run has it. Result: :class:`Reconciliation`."""

    kind: ClassVar[str] = "close-batch"
    batch: Batch
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A board is in this slot, with its scanned label where one was scanned."""

    kind: ClassVar[str] = "scan"
    slot: Slot
    label: Label | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Let a latched slot work again, by somebody who types a PIN for it now (``who`` empty: whoever is signed in)."""

    kind: ClassVar[str] = "acknowledge"
    slot: Slot
    reason: Reason
    who: Name = ""
    pin: Typed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSlot:
    """Push this slot's AT lines from now on, the last 500 first; None: no slot's."""

    kind: ClassVar[str] = "watch-slot"
    slot: Slot | None


# ---- commands: uploads, records, people, settings


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadNow:
    """Send what waits without waiting for more. Needs somebody who may upload."""

    kind: ClassVar[str] = "upload-now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """Decide about uploads: ``onboarded`` (seen in the portal), ``send-again`` or ``hold``. Result: device IDs."""

    kind: ClassVar[str] = "decide"
    units: UnitNames
    decision: Name
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Rework:
    """Allow one more attempt at a finished unit; a second person types a PIN too. Result: the device ID."""

    kind: ClassVar[str] = "rework"
    unit: Name
    reason: Reason
    second: Name
    second_pin: Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRework:
    """Take back a declared rework that has not begun; a second person types a PIN too. Result: the device ID."""

    kind: ClassVar[str] = "withdraw-rework"
    unit: Name
    reason: Reason
    second: Name
    second_pin: Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Export units, or a batch. ``forms``: bundle, tables, onboard-csv. Result: :class:`Written`."""

    kind: ClassVar[str] = "export"
    folder: PathText
    units: Units = ()
    batch: Batch | None = None
    forms: Names = ("bundle", "tables")
    reason: Reason = ""
    since: PathText | None = None
    """The path of a checkpoint that a bundle is to continue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Sign the journal as it is now. Result: :class:`Written`, the checkpoint's file."""

    kind: ClassVar[str] = "checkpoint"
    reason: Reason = "on demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPeople:
    """Result: :class:`Roll`. For whoever may manage people."""

    kind: ClassVar[str] = "list-people"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePerson:
    """``change``: add, disable, reset, roles or forget. ``person``: an ID or name (add: the new name).

    Result: :class:`Person`. ``second`` and ``second_pin``: whoever agrees, where it takes a second person.
    """

    kind: ClassVar[str] = "change-person"
    change: Name
    person: Name
    pin: Typed | None = None
    roles: Names = ()
    badge: Label = ""
    reason: Reason = ""
    second: Name = ""
    second_pin: Typed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUnreleased:
    """Say what of station file, fixture and all recipes no engineer has released as it is. Result: :class:`Unreleased`.

    Whoever means to release everything asks this first, and then names what it says.
    """

    kind: ClassVar[str] = "list-unreleased"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A settings file (station, fixture, or recipe:NAME) as somebody looked at it: the SHA-256 of its bytes."""

    file: FileName
    sha256: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An engineer stands for these files as they were looked at, and for no others. Result: what was released.

    All or none: refused where one of them is not so any more.
    """

    kind: ClassVar[str] = "release"
    reason: Reason
    files: Annotated[tuple[SettingsFile, ...], Field(max_length=1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSettings:
    """Replace a settings file by ``text``, if it is sound. ``file``: station, fixture, or recipe:NAME.

    ``before``: the SHA-256 of the bytes that whoever wrote it began from; refused where the file has others now. All
    problems come back in one fault, and nothing is changed then. Result: :class:`Saved`.
    """

    kind: ClassVar[str] = "save-settings"
    file: FileName
    text: FileText
    before: Name
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCa:
    """Make the CA under this passphrase. Result: :class:`MadeCa`."""

    kind: ClassVar[str] = "create-ca"
    passphrase: Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """End the engine; refused while a run lasts. By whoever is signed in at that face, whose leaving says so.

    ``command_line``: from a command line on the same PC, where nobody is signed in. That is no weaker: only programs
    of the system's user who runs the engine reach it, and they could end its process as well.
    """

    kind: ClassVar[str] = "shutdown"
    command_line: bool = False


Command = (
    SignIn
    | SignOut
    | Found
    | ShowProduct
    | Arm
    | Pause
    | Resume
    | Stop
    | CloseBatch
    | Scan
    | Acknowledge
    | WatchSlot
    | UploadNow
    | Decide
    | Rework
    | WithdrawRework
    | Export
    | Checkpoint
    | ListPeople
    | ChangePerson
    | ListUnreleased
    | Release
    | SaveSettings
    | CreateCa
    | Shutdown
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command; ``number`` comes back in its answer."""

    number: int
    command: Command
