"""A run as a person or a program sees it: signals, commands from standard input, the live picture or JSON lines."""

import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from rich.console import Console

from station.app import Station
from station.console import LiveLine, draw_summary
from station.domain.events import AttemptClosed, AttemptOpened, UnitIdentified, UploadSettled
from station.domain.faults import Fault
from station.domain.ids import SlotNumber
from station.domain.line import Outcome
from station.host.clock import Stop
from station.journal.codec import Entry, as_json
from station.line.arming import Armed
from station.line.engine import Engine, LineRules
from station.line.feed import Notice, Progress, SlotChanged, Told
from station.line.summary import Summary, summarize
from station.line.view import Watch
from station.outlet import Outlet
from station.settings.loading import Loaded
from station.settings.recipe import Recipe

ALL_PASSED, UNITS_FAILED, STATION_FAULT, STOPPED = 0, 1, 4, 130
"""Exit codes of a run; 2 is a wrong command line, 3 is start.py's missing package."""


@dataclass(frozen=True, slots=True)
class Face:
    """How a run is shown. ``json``: one object a line on standard output; else people read ``console``."""

    console: Console
    headless: bool
    json: bool

    def say(self, text: str) -> None:
        """Tell a person something; never on standard output when that carries JSON."""
        # Words in brackets, such as [cloud], are no markup.
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def emit(self, value: dict[str, object]) -> None:
        """Print one JSON object on a line of its own, at once."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()


def run_batch(station: Station, engine: Engine, armed: Armed, recipe: Loaded[Recipe], face: Face, stop: Stop) -> int:
    """Run the engine to its end under ``face`` and return the exit code. The summary is the last thing shown."""
    watch = Watch(engine.slots, station.feed)
    with Outlet() as outlet:
        if face.json:
            station.feed.listen(lambda notice: _pass_on(outlet, face, notice, _emit))
        elif face.headless:
            lines = HeadlessLines(face)
            station.feed.listen(lambda notice: _pass_on(outlet, face, notice, lines.show))
            where = f"data in {station.opened.value.data}"
            face.say(f"Batch {armed.batch}: {armed.quantity} of {armed.product}; waiting for boards; {where}")
        for warning in armed.warnings:
            station.feed.publish(Told("LINE-ARM", warning))
        with _signals(stop, watch, face, outlet):
            _read_commands(engine, recipe.value, face, station.operator)
            if face.headless or face.json:
                engine.run(station.operator)
            else:
                heading = f"{armed.product} · batch {armed.batch} · {station.opened.value.station_id}"
                with LiveLine(
                    face.console, watch.view, station.opened.clock, heading, armed.quantity, len(recipe.value.steps)
                ):
                    engine.run(station.operator)
        summary = summarize(station.records, armed.batch, station.opened.value.data)
        if face.json:
            outlet.put(lambda: face.emit({"event": "summary", **summary.as_json()}))
        else:
            outlet.put(lambda: face.console.print(draw_summary(summary)))
    return exit_code(summary, engine, stop)


def _pass_on(outlet: Outlet, face: Face, notice: Notice, show: Callable[[Face, Notice], None]) -> None:
    if not isinstance(notice, Progress):  # many a second, and nothing that a program or a log waits for
        outlet.put(lambda: show(face, notice))


def exit_code(summary: Summary, engine: Engine, stop: Stop) -> int:
    """Return 0 only when the work order is complete and every unit passed and is recorded."""
    if summary.all_passed:
        return ALL_PASSED
    if stop.requested:
        return STOPPED
    failed = summary.tally.count(Outcome.FAILED) + summary.tally.count(Outcome.QUARANTINED)
    complete = failed + summary.tally.count(Outcome.PASSED) >= summary.quantity
    return UNITS_FAILED if complete and not engine.stopped_by_rule else STATION_FAULT


def rules_for(station: Station, face: Face) -> LineRules:
    """Return the line's rules: somebody is at a terminal, or a program speaks JSON while standard input stays open."""
    attended = face.json or not face.headless or sys.stdin.isatty()
    return LineRules(same_failure_in_a_row=station.opened.value.stop_after, attended=attended)


def _emit(face: Face, notice: Notice) -> None:
    match notice:
        case Entry():
            face.emit({"event": notice.event.kind, "seq": notice.seq, "at": notice.at.isoformat(), **as_json(notice)})
        case SlotChanged():
            face.emit({"event": "slot", "slot": notice.slot, "state": notice.state, "sentence": notice.sentence})
        case Told():
            face.emit({"event": "told", "code": notice.code, "sentence": notice.sentence})
        case Progress():
            pass


class HeadlessLines:
    """A line for everything that a person at a plain terminal wants to see."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._slots: dict[int, int] = {}

    def show(self, _face: Face, notice: Notice) -> None:
        """Print the notice, if it is worth a line."""
        match notice:
            case Entry(event=AttemptOpened() as opened):
                self._slots[notice.seq] = opened.slot
            case Entry(event=UnitIdentified() as unit):
                self._say(notice, f"slot {self._slots.get(unit.attempt, '?')}: {unit.device_id}")
            case Entry(event=AttemptClosed() as closed):
                fault = f" {closed.fault.code} {closed.fault.sentence}" if closed.fault else ""
                self._say(notice, f"slot {self._slots.pop(closed.attempt, '?')}: {closed.outcome}{fault}")
            case Entry(event=UploadSettled() as settled):
                states = Counter(row.state for row in settled.rows)
                self._say(notice, "cloud: " + ", ".join(f"{count} {state}" for state, count in states.items()))
            case Told():
                self._face.say(f"         {notice.code} {notice.sentence}")
            case _:
                pass

    def _say(self, entry: Entry, text: str) -> None:
        self._face.say(f"{entry.at.astimezone():%H:%M:%S} {text}")


class _signals:  # noqa: N801 -- used like a function
    """First Ctrl-C: no new work, running steps end safely. Second: says what leaving now would leave. Third: leaves."""

    def __init__(self, stop: Stop, watch: Watch, face: Face, outlet: Outlet) -> None:
        self._stop, self._watch, self._face, self._outlet, self._count = stop, watch, face, outlet, 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._take)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() itself returned

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            # From a thread of its own: the interrupted code may hold a lock that the listeners want.
            threading.Thread(target=self._stop.request, daemon=True).start()
            told = "Stopping: no new boards; running steps end safely. Ctrl-C again tells what leaving now means."
            self._outlet.put(lambda: self._face.say(told))
        elif self._count == 2:
            self._outlet.put(lambda: self._face.say(self._what_stays()))
        else:
            os._exit(STOPPED)

    def _what_stays(self) -> str:
        running = [
            f"slot {view.slot}: {view.step or 'starting'}"
            for view in self._watch.view().slots.values()
            if view.state == "running"
        ]
        if not running:
            return "Nothing is running in the slots; the upload under way ends in a moment."
        return (
            "Still running: " + ", ".join(running) + ". Leaving now (Ctrl-C once more) cuts these steps; their boards "
            "are closed as aborted at the next start, and go on from the journal when they are put in again."
        )


def _read_commands(engine: Engine, recipe: Recipe, face: Face, operator: str) -> None:
    """Take lines from standard input: ``SLOT [SERIAL]`` loads a board, ``ack SLOT REASON…`` lets a slot work again."""

    def read(handle: int) -> None:
        for line in _lines(handle):
            try:
                take_command(line, engine, recipe, operator)
            except (Fault, ValueError, KeyError) as error:
                sentence = error.sentence if isinstance(error, Fault) else f"Not understood: {line.strip()!r}."
                face.say(f"{sentence} Write SLOT [SERIAL], or: ack SLOT REASON")

        engine.leave_alone()

    try:
        handle = sys.stdin.fileno()
    except (AttributeError, ValueError, OSError):
        engine.leave_alone()  # there is no standard input at all
    else:
        threading.Thread(target=read, args=(handle,), name="commands", daemon=True).start()


def _lines(handle: int) -> Iterator[str]:
    # Past Python's own buffer, whose lock a thread that still reads would hold when the interpreter ends.
    rest = b""
    while chunk := os.read(handle, 4096):
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[-4096:]
        for line in lines:
            yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")


def take_command(line: str, engine: Engine, recipe: Recipe, operator: str) -> None:
    """Carry out one line. Raises ``ValueError`` or ``KeyError`` for what can't be understood, SET-104 for a label."""
    words = line.split()
    match words:
        case []:
            return
        case ["ack", slot, *reason] if reason:
            engine.acknowledge(SlotNumber(int(slot)), operator, " ".join(reason))
        case [slot]:
            if recipe.scans_labels:
                raise ValueError("this product is scanned")
            engine.scan(SlotNumber(int(slot)), None)
        case [slot, label]:
            engine.scan(SlotNumber(int(slot)), recipe.device_id.read_label(label))
        case _:
            raise ValueError(line)
