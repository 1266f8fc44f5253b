"""Boards tried one by one: the test is the technician, and afterwards bench and cloud are asked what is true.

A :class:`Trial` runs the engine on real ports. When it ends well, what the journal says is held against what the
boards hold and what the cloud knows: a test that only looks at outcomes could believe a lie.
"""

import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from station.app import Station
from station.domain.events import AttemptClosed, StepFinished, StepIntended
from station.domain.ids import AttemptId, BatchId, SlotNumber
from station.domain.line import Outcome, SlotState, StepKind
from station.host.clock import Stop
from station.journal.codec import Entry
from station.journal.records import Records
from station.line.batch_run import LineRules
from station.line.feed import Notice, SlotChanged
from tests.line.harness import Line
from tests.line.truth import require_truth

PATIENCE = 40.0
"""Seconds until a test gives up waiting for the line; only a defect ever lets them pass."""

QUICK = "[timeouts]\nat_s = 1.0\npower_off_s = 1.0\nkeygen_s = 1.0\nwrite_s = 1.0\nboot_s = 1.5\n"
"""Boards here answer at once; what never answers need not be waited for as on a real line."""

_ENDS = (SlotState.DONE, SlotState.LATCHED)
_ORDERS = re.compile(
    r"(?i:(?:^|[.;:] |, then )(?:call|check|close|copy|correct|free|give|have|keep|let|make|mend|program|put|restore|"
    r"scan|seat|set|start|stop|take|try|type|use|write)\b)"
)
_CHANGES = re.compile(r"%CMNG=[03]|%KEYGEN|%XFACTORYRESET")


@dataclass(frozen=True)
class End:
    """How a try ended, as the journal has it; ``outcome`` None where that could not be written."""

    attempt: AttemptId | None
    outcome: Outcome | None
    code: str
    sentence: str
    detail: str
    latched: bool
    entries: list[Entry] = field(repr=False)

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED

    def events(self, kind: type) -> list[Any]:
        """Return the attempt's events of one kind."""
        return [entry.event for entry in self.entries if isinstance(entry.event, kind)]

    def step(self, kind: StepKind) -> StepFinished:
        """Return the result of the one step of this kind."""
        (finished,) = [event for event in self.events(StepFinished) if event.step is kind]
        result: StepFinished = finished
        return result

    @property
    def failed_in(self) -> StepKind | None:
        """The step that ended it badly."""
        return next((event.step for event in self.events(StepFinished) if event.outcome is not Outcome.PASSED), None)


class Trial:
    """An armed batch at work, with the technician's hands and eyes. No uploader runs: the cloud's turn is at the end,
    so that nothing but a finished unit can have brought anything there."""

    def __init__(self, line: Line, *, batch: str = "WO-1", product: str = "tracker", serials: str = "") -> None:
        self.line = line
        self._stop = Stop()
        self._changed = threading.Condition()
        self._seen: list[Notice] = []
        self._marks: dict[int, tuple[int, int]] = {}
        self._state: dict[int, SlotState] = {}
        opened = line.open()
        self.station = Station(opened, "a test")
        self.station.enter(line.actor())
        try:
            recipe, fixture = opened.recipe(product), opened.fixture()
            self.cloud = opened.cloud() if recipe.value.cloud is not None else None
            armed = self.station.arm(BatchId(batch), recipe, fixture, 1000, self.cloud, "a test", serials=serials)
            self.recipe, self.batch, self.armed = recipe.value, armed.batch, armed
            self.authority = self.station.open_ca()
            self.engine = self.station.build_run(
                armed, self.authority, fixture, recipe, None, self._stop, LineRules(attended=True)
            )
        except BaseException:
            self.station.close()
            raise
        self._told = {slot.number for slot in fixture.value.slots if slot.presence == "scan"}
        self.station.feed.listen(self._take)
        self._thread = threading.Thread(target=self.engine.run, args=(self.station.actor,), name="engine", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._rest()
            if kind is None:
                self._upload()
                self.require_truth()
        finally:
            self.station.close()

    def close(self) -> None:
        """Have the line come to rest, and ask nothing more."""
        try:
            self._rest()
        finally:
            self.station.close()

    def upload(self) -> None:
        """Have the line come to rest, and what waits for the cloud sent."""
        self._rest()
        self._upload()

    # What the technician does

    def put(self, description: dict[str, Any], *, slot: int = 1, label: str | None = None) -> End:
        """Put a board in, say so, and wait for the end of the try."""
        self.load(description, slot=slot, label=label)
        return self.end(slot)

    def load(self, description: dict[str, Any], *, slot: int = 1, label: str | None = None) -> None:
        """Put a board in and say so."""
        self.wait_empty(slot)
        self._mark(slot)
        self.line.bench.insert_described(slot, description)
        self._say(slot, label)

    def scan(self, slot: int = 1, label: str | None = None) -> None:
        """Scan the board's label, or say that a board is in where nothing else tells."""
        self._mark(slot)
        self._say(slot, label)

    def _mark(self, slot: int) -> None:
        self._marks[slot] = len(self._seen), self.records.last_seq()

    def _say(self, slot: int, label: str | None) -> None:
        if slot in self._told or self.recipe.scans_labels:
            self.engine.scan(SlotNumber(slot), None if label is None else self.recipe.device_id.read_label(label))

    def end(self, slot: int = 1) -> End:
        """Wait for the end of the try in ``slot``."""

        def ended() -> SlotChanged | None:
            for notice in self._seen[self._marks[slot][0] :]:
                if isinstance(notice, SlotChanged) and notice.slot == slot and notice.state in _ENDS:
                    return notice
            return None

        return self._end(slot, self.wait(ended, f"the end in slot {slot}"))

    def take_out(self, slot: int = 1) -> None:
        """Take the board out, and let a latched slot work again."""
        self.line.bench.remove(slot)
        self.acknowledge(slot)

    def acknowledge(self, slot: int = 1) -> None:
        """Let a latched slot work again, and wait until it wants a board."""
        self.engine.acknowledge(SlotNumber(slot), self.line.actor(), "looked at it")
        self.wait_empty(slot)

    def wait_empty(self, slot: int = 1) -> None:
        """Wait until the slot wants a board."""
        self.wait(lambda: self._state.get(slot) is SlotState.EMPTY, f"slot {slot} to want a board")

    def swap(self, description: dict[str, Any], slot: int = 1) -> None:
        """Put another board in, without a word to the line."""
        self.line.bench.remove(slot)
        self.line.bench.insert_described(slot, description)

    def stop(self) -> None:
        """Ask the line to stop, as the first Ctrl-C does."""
        self._stop.request()

    # What the technician sees

    def wait(self, reached: Callable[[], Any], what: str) -> Any:
        """Return the first true value of ``reached``, looked at after every notice."""
        with self._changed:
            self._changed.wait_for(reached, PATIENCE)
            found = reached()
        assert found, f"waited in vain for {what}"
        return found

    def wait_step(self, kind: StepKind, slot: int = 1) -> Entry:
        """Return the intent of such a step, as soon as one is journaled in ``slot`` after its last loading."""

        def look() -> Entry | None:
            attempt = self._attempt(slot)
            entries = [] if attempt is None else self.records.entries_of(attempt)
            return next((one for one in entries if _intends(one, kind)), None)

        entry: Entry = self.wait(look, f"{kind} in slot {slot}")
        return entry

    def at_step(self, kind: StepKind, act: Callable[[], None]) -> None:
        """Have ``act`` done right behind the commit of every such step's intent, before the step begins."""

        def take(notice: Notice) -> None:
            if isinstance(notice, Entry) and _intends(notice, kind):
                act()

        self.station.feed.listen(take)

    # What can be asked

    @property
    def records(self) -> Records:
        return self.station.records

    def log_of(self, serial: str) -> list[str]:
        """Return every command the board got."""
        return [str(entry["command"]) for entry in self.line.bench.describe_log(serial)]

    def changes_to(self, serial: str) -> list[str]:
        """Return the commands that change what the board stores."""
        return [command for command in self.log_of(serial) if _CHANGES.search(command)]

    def require_truth(self) -> None:
        """Hold the journal against the boards and the cloud, as they are now."""
        require_truth(self.line, self.records, self.recipe, self.authority)

    def _attempt(self, slot: int) -> AttemptId | None:
        """Return the attempt at the board that was last loaded, as soon as the journal has it."""
        rows = self.records.attempts_of_batch(self.batch)
        return next((row.id for row in rows if row.slot == slot and row.id > self._marks[slot][1]), None)

    def _take(self, notice: Notice) -> None:
        with self._changed:
            self._seen.append(notice)
            if isinstance(notice, SlotChanged):
                self._state[notice.slot] = notice.state
            self._changed.notify_all()

    def _end(self, slot: int, last: SlotChanged) -> End:
        # The journal is asked: what it holds by now may still be on its way to those who listen.
        attempt = self._attempt(slot)
        entries = [] if attempt is None else self.records.entries_of(attempt)
        closed = next((one.event for one in entries if isinstance(one.event, AttemptClosed)), None)
        latched = last.state is SlotState.LATCHED
        outcome = closed.outcome if closed else None
        if closed is None or closed.fault is None:
            return End(attempt, outcome, "", last.sentence, "", latched, entries)
        fault = closed.fault
        return End(attempt, outcome, fault.code, fault.sentence, fault.detail, latched, entries)

    def _rest(self) -> None:
        self._stop.request()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the line did not come to rest"

    def _upload(self) -> None:
        if self.cloud is None:
            return
        outbox = self.station.outbox(self.cloud)
        while (seconds := outbox.advance(flush=True)) is not None:
            assert not outbox.blocked, outbox.blocked
            self.line.clock.wait(threading.Event(), seconds)


def prepare(
    line: Line, *, presence: str = "scan", slots: int = 1, timeouts: str = QUICK, cloud: bool = True, **recipe: Any
) -> None:
    """Write the station's files for a trial. With "scan" slots are told of boards, they don't look for them."""
    line.write(slots=slots, station=timeouts, slot=f'presence = "{presence}"')
    line.recipe(**recipe, **({} if cloud else {"cloud": ""}))


def command(name: str, code: str, *arguments: str, repeat: str = "pure", more: str = "timeout_s = 20\n") -> str:
    """Return a ``[[steps]]`` table for a program of the factory's own, in Python; ``more`` are lines of that table."""
    given = ", ".join(json.dumps(text) for text in ("-I", "-S", "-c", code, *arguments))
    head = f'[[steps]]\ndo = "command"\nname = "{name}"\nprogram = "{{python}}"\narguments = [{given}]\n'
    return f'{head}repeat = "{repeat}"\n{more}'


class Pause:
    """A step in which a board waits until the test lets it go on; from then on it does not wait any more."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "pause"
        os.mkfifo(self._path)
        code = 'import sys; open(sys.argv[1]).read(); print(\'{"outcome": "passed"}\')'
        self.table = command("pause", code, str(self._path))

    def end(self) -> None:
        """Let go on whoever waits, or will."""
        waiting = self._path.open("w")  # returns once the program waits there
        self._path.unlink()
        self._path.touch()
        waiting.close()


def advises(sentence: str) -> bool:
    """Return whether the sentence tells its reader to do something, and nothing in it was left unfilled."""
    return _ORDERS.search(sentence) is not None and not re.search(r"{[a-z_]+}", sentence)


def _intends(entry: Entry, kind: StepKind) -> bool:
    return isinstance(entry.event, StepIntended) and entry.event.step is kind
