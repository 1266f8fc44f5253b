"""What the engine answers to a command: a result, or the fault that it ended with."""

from dataclasses import dataclass
from typing import ClassVar

from station.domain.ids import BatchId, Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done, and there is nothing else to say."""

    kind: ClassVar[str] = "done"
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody: ``rights`` are the names of :class:`station.people.rights.Right` members."""

    kind: ClassVar[str] = "person"
    id: str
    name: str
    roles: tuple[str, ...]
    rights: tuple[str, ...] = ()
    disabled: bool = False
    alone: bool = False
    """Whether the last change that needs a second person was made without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """Everybody, first to last."""

    kind: ClassVar[str] = "roll"
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image that a recipe pins."""

    name: str
    file: str
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A recipe as it would be built now. ``unreleased``: what of the settings no engineer has released as it is."""

    kind: ClassVar[str] = "product"
    product: str
    file: str
    sha256: Sha256
    images: tuple[Image, ...]
    steps: tuple[str, ...]
    scans_labels: bool
    for_cloud: bool
    unreleased: tuple[str, ...] = ()
    passphrase_asked: bool = False
    """Whether arming takes the CA's passphrase from a person."""
    expected_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """The batch runs. ``cloud``: whose account its units go to, in words."""

    kind: ClassVar[str] = "armed"
    batch: BatchId
    warnings: tuple[str, ...]
    cloud: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """A batch added up: ``quantity`` = sum of ``outcomes`` + ``not_started`` - ``beyond``."""

    kind: ClassVar[str] = "reconciliation"
    batch: BatchId
    quantity: int
    outcomes: dict[str, int]
    not_started: int
    beyond: int = 0
    """Boards beyond the order: one that was aborted, or that the station failed, was replaced by another."""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Files that were written."""

    kind: ClassVar[str] = "written"
    paths: tuple[str, ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A settings file that was saved; nothing is built with these bytes before an engineer has released them."""

    kind: ClassVar[str] = "saved"
    file: str
    path: str
    sha256: Sha256
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreleasedFile:
    """A settings file that nobody has released as it is now. ``file`` is its name to the engine."""

    file: str
    path: str
    sha256: Sha256
    changed: bool
    """Whether it was released as it was before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreleased:
    """What would be released by releasing everything. ``broken``: in words, what can't be read and so can't be."""

    kind: ClassVar[str] = "unreleased"
    files: tuple[UnreleasedFile, ...]
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCa:
    """The CA: its folder, and the SHA-256 of its certificates."""

    kind: ClassVar[str] = "made-ca"
    folder: str
    name: str
    root_sha256: Sha256
    line_sha256: Sha256


Result = Done | Person | Roll | Product | Armed | Reconciliation | Written | Saved | Unreleased | MadeCa


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The fault that the command ended with; ``bug``: our own mistake."""

    kind: ClassVar[str] = "failed"
    code: str
    sentence: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one request ended."""

    kind: ClassVar[str] = "answer"
    number: int
    result: Result | Failed
