"""The line as a face shows it: folded from committed entries, so that nothing is drawn that is not in the journal."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime

from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    SlotAcknowledged,
    SlotLatched,
    StepFinished,
    StepIntended,
    UnitIdentified,
    UploadSettled,
)
from station.domain.ids import AttemptId, DeviceId, SlotNumber
from station.domain.line import CloudState, Outcome, SlotState
from station.journal.codec import Entry
from station.line.feed import Feed, Notice, Progress, SlotChanged, Told


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot's tile."""

    slot: SlotNumber
    state: SlotState = SlotState.STOPPED
    device_id: DeviceId | None = None
    step: str = ""
    steps_done: int = 0
    fraction: float = 0.0
    outcome: Outcome | None = None
    code: str = ""
    sentence: str = ""
    since: datetime | None = None
    seconds: float | None = None
    """How long the attempt took, once it has ended."""


@dataclass(frozen=True, slots=True)
class LineView:
    """The whole line at one moment. ``told`` holds the newest messages, oldest first."""

    slots: dict[SlotNumber, SlotView]
    outcomes: dict[Outcome, int]
    onboarded: int
    refused: int
    told: tuple[Told, ...]

    @property
    def running(self) -> int:
        """How many slots are at a board."""
        return sum(view.state is SlotState.RUNNING for view in self.slots.values())


class Watch:
    """Keeps a :class:`LineView` up to date from a feed. :meth:`view` may be called from any thread."""

    def __init__(self, slots: tuple[SlotNumber, ...], feed: Feed) -> None:
        self._view = LineView({slot: SlotView(slot) for slot in slots}, {}, 0, 0, ())
        self._attempts: dict[AttemptId, SlotNumber] = {}
        self._lock = threading.Lock()
        feed.listen(self._take)

    def view(self) -> LineView:
        """Return the line as it is now; an immutable value."""
        with self._lock:
            return replace(self._view, slots=dict(self._view.slots))

    def _take(self, notice: Notice) -> None:
        with self._lock:
            match notice:
                case Entry():
                    self._entry(notice)
                case Progress():
                    self._change(notice.slot, fraction=notice.fraction)
                case SlotChanged():
                    self._slot(notice)
                case Told():
                    self._view = replace(self._view, told=(*self._view.told, notice)[-5:])

    def _slot(self, notice: SlotChanged) -> None:
        if notice.slot not in self._view.slots:
            return
        if notice.state is SlotState.RUNNING:
            self._view.slots[notice.slot] = SlotView(notice.slot, SlotState.RUNNING)
        elif notice.state is SlotState.EMPTY and self._view.slots[notice.slot].outcome is not None:
            # The last result stays on the tile until the next board is there.
            self._change(notice.slot, state=SlotState.EMPTY, step="")
        else:
            self._change(notice.slot, state=notice.state)

    def _entry(self, entry: Entry) -> None:
        event = entry.event
        match event:
            case AttemptOpened():
                self._attempts[AttemptId(entry.seq)] = event.slot
                self._change(event.slot, since=entry.at)
            case UnitIdentified():
                self._change(self._attempts.get(event.attempt), device_id=event.device_id)
            case StepIntended():
                self._change(self._attempts.get(event.attempt), step=event.name, fraction=0.0, steps_done=event.index)
            case StepFinished():
                self._change(self._attempts.get(event.attempt), fraction=1.0, steps_done=event.index + 1)
            case AttemptClosed():
                self._closed(entry, event)
            case SlotLatched():
                self._change(event.slot, code=event.fault.code, sentence=event.fault.sentence)
            case SlotAcknowledged():
                self._change(event.slot, code="", sentence="")
            case UploadSettled():
                states = [row.state for row in event.rows]
                self._view = replace(
                    self._view,
                    onboarded=self._view.onboarded + states.count(CloudState.ONBOARDED),
                    refused=self._view.refused + states.count(CloudState.REFUSED),
                )
            case _:
                pass

    def _closed(self, entry: Entry, event: AttemptClosed) -> None:
        slot = self._attempts.pop(event.attempt, None)
        outcomes = {**self._view.outcomes, event.outcome: self._view.outcomes.get(event.outcome, 0) + 1}
        self._view = replace(self._view, outcomes=outcomes)
        if slot is None or slot not in self._view.slots:
            return
        since = self._view.slots[slot].since
        self._change(
            slot,
            outcome=event.outcome,
            code=event.fault.code if event.fault else "",
            sentence=event.fault.sentence if event.fault else "",
            seconds=(entry.at - since).total_seconds() if since else None,
        )

    def _change(self, slot: SlotNumber | None, **changes: object) -> None:
        if slot is not None and slot in self._view.slots:
            self._view.slots[slot] = replace(self._view.slots[slot], **changes)  # type: ignore[arg-type]  # names are this class's own
