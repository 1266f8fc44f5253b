"""The line as faces draw it: folded from what the feed tells, handed to every face that is there.

Quick, because the feed calls it: what takes a question to the journal is asked by :mod:`station.engine.counting`.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    BatchArmed,
    CheckpointMade,
    FaultRecord,
    PersonChanged,
    SlotAcknowledged,
    SlotLatched,
    StepFinished,
    StepIntended,
    UnitIdentified,
    UnitOverwritten,
    UploadAccepted,
    UploadSettled,
)
from station.domain.ids import AttemptId, BatchId, DeviceId, SlotNumber, UnitId
from station.domain.line import SlotState
from station.engine.face import Face
from station.engine.happenings import board_is, happening
from station.engine.prompts import prompt_for
from station.engine.pushes import Happened, Header, Tile, Welcome
from station.host.clock import Clock
from station.journal.codec import Entry, iso
from station.line.feed import Notice, Progress, SlotChanged, Told

_MOST_NOTICES: Final = 5
_PASSING: Final = ("LINE-ARM",)
"""Messages that nobody mends: they are told, and don't stay."""


@dataclass(frozen=True, slots=True)
class OnLine:
    """What the tiles of a run need to know of its product. ``sees``: slots that see boards come and go."""

    batch: BatchId
    steps: int
    scans: bool
    sees: frozenset[SlotNumber]
    expected_seconds: float | None


class Picture:
    """All tiles and the header, and the faces that look at them. For all threads."""

    def __init__(
        self,
        clock: Clock,
        header: Header,
        slots: Sequence[SlotNumber],
        latched: Mapping[SlotNumber, FaultRecord],
        unit_of: Callable[[DeviceId], UnitId | None],
        welcome: Callable[[Header, tuple[Tile, ...]], Welcome],
    ) -> None:
        """``unit_of`` says which unit has a device ID; quick, and called by one thread at a time.

        ``welcome`` makes what faces are told first, and again where there are other slots than before.
        """
        self._clock, self._unit_of, self._welcome = clock, unit_of, welcome
        self._lock = threading.RLock()
        self._header = header
        self._tiles: dict[SlotNumber, Tile] = {}
        self._faces: list[Face] = []
        self._line: OnLine | None = None
        self._slots: dict[AttemptId, SlotNumber] = {}
        self._units: dict[AttemptId, UnitId] = {}
        self._overwritten: set[AttemptId] = set()
        self._since: dict[SlotNumber, datetime] = {}
        self._notices: dict[str, str] = {}
        self.set_slots(slots, latched)

    @property
    def header(self) -> Header:
        """The header as it is now."""
        return self._header

    @property
    def slots(self) -> tuple[SlotNumber, ...]:
        """The slots that there are."""
        return tuple(self._tiles)

    @property
    def faces(self) -> list[Face]:
        """The faces that look."""
        with self._lock:
            return list(self._faces)

    def join(self, face: Face) -> None:
        """Have ``face`` told of all as it is now, and of everything from this moment on."""
        with self._lock:
            face.tell(self._welcome(self._header, tuple(self._tiles.values())))
            self._faces.append(face)

    def leave(self, face: Face) -> None:
        """Tell it nothing more. Safe to repeat."""
        with self._lock:
            if face in self._faces:
                self._faces.remove(face)

    def set_slots(self, slots: Sequence[SlotNumber], latched: Mapping[SlotNumber, FaultRecord]) -> None:
        """Show these slots; ``latched`` ones with what latched them."""
        with self._lock:
            others = list(self._tiles) != list(slots)
            self._tiles = {slot: self._tiles.get(slot, Tile(slot=slot)) for slot in slots}
            if others:
                for face in self._faces:
                    face.tell(self._welcome(self._header, tuple(self._tiles.values())))
            for slot, fault in latched.items():
                self._change(slot, state=SlotState.LATCHED, code=fault.code, sentence=fault.sentence)

    def begin(self, line: OnLine, **header: Any) -> None:
        """Show a batch that is on the line from now on."""
        with self._lock:
            self._line = line
            for code in [code for code in self._notices if code.startswith("LINE-")]:
                del self._notices[code]
            for slot in self._tiles:
                self._change(slot, steps=line.steps, expected_seconds=line.expected_seconds)
            self.show(notices=tuple(self._notices.values()), **header)

    def end(self, latched: Mapping[SlotNumber, FaultRecord]) -> None:
        """Show that no batch is on the line any more; what is ``latched`` stays so."""
        with self._lock:
            self._line = None
            for slot in self._tiles:
                self._change(slot)
            self.set_slots(self.slots, latched)

    def show(self, **header: Any) -> None:
        """Change the header, and the prompts with it."""
        with self._lock:
            changed = replace(self._header, **header)
            if changed == self._header:
                return
            prompts = changed.run != self._header.run
            self._header = changed
            for face in self._faces:
                face.changed((), changed)
            if prompts:
                for slot in self._tiles:
                    self._change(slot)

    def count(self, batch: BatchId, seconds: float | None, figures: Mapping[str, Any]) -> None:
        """Show a batch's figures and how long an attempt takes now, unless another batch is on the line by now."""
        with self._lock:
            if self._header.batch != batch:
                return
            self.show(**figures)
            for slot in self._tiles:
                self._change(slot, expected_seconds=seconds)

    def tell(self, happened: Happened) -> None:
        """Tell every face of an event."""
        with self._lock:
            for face in self._faces:
                face.happened(happened)

    def take(self, notice: Notice) -> None:
        """Take what the feed tells."""
        with self._lock:
            batch = self._line.batch if self._line else None
            told = happening(notice, iso(self._clock.now()), batch, self._slots, self._units, self._overwritten)
            match notice:
                case Entry():
                    self._entry(notice)
                case Progress():
                    self._change(notice.slot, fraction=notice.fraction)
                case SlotChanged():
                    self._slot(notice)
                case Told() if notice.code not in _PASSING:
                    self._notice(notice.code, f"{notice.code} {notice.sentence}")
                case _:
                    pass
            if told is not None:
                self.tell(told)

    def _slot(self, notice: SlotChanged) -> None:
        tile = self._tiles.get(notice.slot)
        if tile is None:
            return
        match notice.state:
            case SlotState.RUNNING:
                fresh = Tile(slot=tile.slot, steps=tile.steps, expected_seconds=tile.expected_seconds)
                self._tiles[notice.slot] = fresh
                self._change(notice.slot, state=SlotState.RUNNING)
            case SlotState.EMPTY:
                # The last result stays on the tile until the next board is there.
                self._change(notice.slot, state=SlotState.EMPTY, step="", fraction=0.0)
            case SlotState.LATCHED:
                self._change(notice.slot, state=SlotState.LATCHED, sentence=notice.sentence or tile.sentence)
            case _:
                self._change(notice.slot, state=notice.state)

    def _entry(self, entry: Entry) -> None:
        match entry.event:
            case AttemptOpened() as event:
                attempt = AttemptId(entry.seq)
                self._slots[attempt] = event.slot
                self._since[event.slot] = entry.at
                self._change(event.slot, attempt=attempt, since=iso(entry.at), label=event.serial or "")
            case UnitIdentified() as event:
                unit = self._unit_of(event.device_id)
                if unit is not None:
                    self._units[event.attempt] = unit
                label = {"label": event.serial} if event.serial else {}
                self._change(self._slot_of(event.attempt), device_id=event.device_id, **label)
            case StepIntended() as event:
                self._change(self._slot_of(event.attempt), step=event.name, fraction=0.0, step_index=event.index)
            case StepFinished() as event:
                self._change(self._slot_of(event.attempt), fraction=1.0, step_index=event.index + 1)
            case AttemptClosed() as event:
                self._closed(entry, event)
            case UnitOverwritten() as event:
                self._overwritten.add(event.attempt)
            case SlotLatched() as event:
                self._change(event.slot, code=event.fault.code, sentence=event.fault.sentence)
            case SlotAcknowledged() as event:
                tile = self._tiles.get(event.slot)
                rests = tile is not None and tile.state is SlotState.LATCHED and self._line is None
                state = {"state": SlotState.STOPPED} if rests else {}
                self._change(event.slot, code="", sentence="", **state)
            case UploadAccepted() | UploadSettled():
                self._mended("CLD-", "LINE-15", "LINE-146")
            case CheckpointMade():
                self._mended("EVD-")
            case BatchArmed():
                self._mended("LINE-14", "ENG-14")
            case PersonChanged():
                self.show(people=True)
            case _:
                pass

    def _slot_of(self, attempt: AttemptId) -> SlotNumber | None:
        """Return the slot whose tile shows this attempt: what comes late must not be drawn on the next board's."""
        slot = self._slots.get(attempt)
        tile = self._tiles.get(slot) if slot is not None else None
        return slot if tile is not None and tile.attempt == attempt else None

    def _closed(self, entry: Entry, event: AttemptClosed) -> None:
        slot = self._slot_of(event.attempt)
        self._slots.pop(event.attempt, None)
        self._units.pop(event.attempt, None)
        since = self._since.get(slot) if slot is not None else None
        self._change(
            slot,
            outcome=board_is(event, self._overwritten),
            code=event.fault.code if event.fault else "",
            sentence=event.fault.sentence if event.fault else "",
            seconds=(entry.at - since).total_seconds() if since else None,
        )
        self._overwritten.discard(event.attempt)

    def _notice(self, code: str, text: str) -> None:
        self._notices.pop(code, None)
        self._notices[code] = text
        while len(self._notices) > _MOST_NOTICES:
            del self._notices[next(iter(self._notices))]
        self.show(notices=tuple(self._notices.values()))

    def _mended(self, *beginnings: str) -> None:
        self._notices = {code: text for code, text in self._notices.items() if not code.startswith(beginnings)}
        self.show(notices=tuple(self._notices.values()))

    def _change(self, slot: SlotNumber | None, **changes: Any) -> None:
        tile = self._tiles.get(slot) if slot is not None else None
        if tile is None:
            return
        changed = replace(tile, **changes)
        line = self._line
        changed = replace(
            changed,
            prompt=prompt_for(
                changed,
                scans=line is not None and line.scans,
                sees=line is not None and tile.slot in line.sees,
                paused=self._header.run == "paused",
                runs=line is not None,
            ),
        )
        if changed == tile:
            return
        self._tiles[tile.slot] = changed
        for face in self._faces:
            face.changed((changed,))
