"""What the engine tells every face by itself. Times are ISO 8601 in UTC."""

from dataclasses import dataclass, field
from typing import ClassVar

from station.domain.ids import BatchId, DeviceId, SlotNumber, UnitId
from station.domain.line import CloudState, Outcome, SlotState


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One slot as it is drawn. ``prompt``: what somebody is asked to do here, "" for nothing."""

    slot: SlotNumber
    state: SlotState = SlotState.STOPPED
    step: str = ""
    step_index: int = 0
    """How many of the attempt's steps have ended."""
    steps: int = 0
    fraction: float = 0.0
    """How far the running step is, 0 to 1."""
    attempt: int | None = None
    device_id: DeviceId | None = None
    label: str = ""
    outcome: Outcome | None = None
    code: str = ""
    sentence: str = ""
    prompt: str = ""
    since: str | None = None
    """When the attempt began."""
    seconds: float | None = None
    """How long it took, once it has ended."""
    expected_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The line in one row. ``run``: idle, arming, running, paused, stopping, or closing."""

    station: str = ""
    line: str = ""
    run: str = "idle"
    batch: BatchId | None = None
    product: str = ""
    recipe: str = ""
    quantity: int = 0
    serials: str = ""
    done: int = 0
    """Places of the work order that are taken: passed, failed and quarantined."""
    outcomes: dict[str, int] = field(default_factory=dict)
    first_passed: int = 0
    first_total: int = 0
    uploads: dict[CloudState, int] = field(default_factory=dict)
    oldest_waiting: str | None = None
    operator: str = ""
    """Who armed the batch: a name, or an ID where there is none."""
    people: bool = True
    """Whether anybody can sign in here; False: the station has no people yet."""
    scans_labels: bool = False
    notices: tuple[str, ...] = ()
    """Messages that stay until they are mended, each ``CODE sentence``; newest last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """The first thing a face hears: everything as it is now. ``process`` is the engine's process ID."""

    kind: ClassVar[str] = "welcome"
    protocol: int
    version: str
    process: int
    station_file: str
    data: str
    header: Header
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What has changed since the last push: tiles by slot, and the header where it did. At most 20 a second."""

    kind: ClassVar[str] = "changed"
    tiles: tuple[Tile, ...] = ()
    header: Header | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One of a lossless list, ``number`` 1, 2, 3, …: what a person hears of, or another page must read again.

    ``about``: passed, failed, error, aborted, quarantined (an attempt ended in ``slot``), latched, acknowledged, told,
    uploads (the outbox changed), armed, closed, stopped, people, signed-out (by the engine: idle).
    """

    kind: ClassVar[str] = "happened"
    number: int
    at: str
    about: str
    slot: SlotNumber | None = None
    unit: UnitId | None = None
    batch: BatchId | None = None
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLines:
    """Lines between station and modem in the watched slot, secrets masked: ``(time, way, text)``, way > or <."""

    kind: ClassVar[str] = "at-lines"
    slot: SlotNumber
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The engine lives; once a second. ``idle_seconds``: until it signs this face out, None where nobody is in."""

    kind: ClassVar[str] = "beat"
    at: str
    idle_seconds: float | None = None


Push = Welcome | Changed | Happened | AtLines | Beat
