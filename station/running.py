"""A run as a person or a program sees it: signals, commands from standard input, the live picture or JSON lines."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from station.app import Station
from station.console import LiveLine, draw_summary
from station.domain.events import AttemptClosed, AttemptOpened, UnitIdentified, UploadSettled
from station.domain.line import Outcome
from station.exit_codes import ALL_PASSED, STATION_FAULT, STOPPED, UNITS_FAILED
from station.host.clock import Stop
from station.host.keyboard import Keyboard
from station.interrupts import Interrupts
from station.journal.codec import Entry, as_json
from station.line.arming import Armed
from station.line.batch_run import BatchRun, LineRules
from station.line.feed import Notice, Progress, SlotChanged, Told
from station.line.summary import Summary, summarize
from station.line.view import Watch
from station.outlet import Outlet
from station.settings.reading import Loaded
from station.settings.recipe import Recipe
from station.signed_record import SignedRecord
from station.typed_commands import TypedCommands

_STOPPING: Final = "Stopping: no new boards; running steps end safely. Ctrl-C again tells what leaving now means."


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


def run_batch(station: Station, engine: BatchRun, armed: Armed, recipe: Loaded[Recipe], face: Face, stop: Stop) -> int:
    """Run the engine to its end under ``face`` and return the exit code. The summary is the last thing shown."""
    pictured = not (face.headless or face.json)
    with Outlet() as outlet:
        if face.json:
            station.feed.listen(lambda notice: pass_on(outlet, face, notice, emit_notice))
        elif face.headless:
            lines = HeadlessLines(face)
            station.feed.listen(lambda notice: pass_on(outlet, face, notice, lines.show))
            where = f"data in {station.opened.value.data}"
            face.say(f"Batch {armed.batch}: {armed.quantity} of {armed.product}; waiting for boards; {where}")
        for warning in armed.said:
            station.feed.publish(Told("LINE-ARM", warning))
            if pictured:
                face.say(warning)  # above the picture, where it stays
        watch, record = Watch(engine.slots, station.feed), SignedRecord(station)
        record.catch_up()
        keyboard = _find_keyboard()
        live = None
        if pictured:
            heading = f"{armed.product} · batch {armed.batch} · {station.opened.value.station_id}"
            clock, steps = station.opened.clock, len(recipe.value.steps)
            live = LiveLine(face.console, watch.view, clock, heading, armed.quantity, steps, keyboard)
        say = live.say if live else face.say
        give_back = keyboard.restore if keyboard else lambda: None
        interrupts = Interrupts(
            stop,
            outlet,
            say,
            stopping=_STOPPING,
            what_stays=lambda: _what_stays(watch),
            abandon=live.abandon if live else give_back,
        )
        with interrupts, live or nullcontext():
            TypedCommands(engine, recipe.value, station.sign_in, say, keyboard).start()
            try:
                with record.daily():
                    engine.run(station.actor)
            finally:
                give_back()  # somebody may just be typing a PIN
        kept = record.batch_ended(armed.batch)
        summary = summarize(station.records, armed.batch, station.opened.value.data)
        if face.json:
            outlet.put(lambda: face.emit({"event": "summary", **summary.as_json()}))
        else:
            outlet.put(lambda: face.console.print(draw_summary(summary)))
            outlet.put(lambda: face.say("\n".join(kept)))
    return exit_code(summary, engine, stop)


def pass_on(outlet: Outlet, face: Face, notice: Notice, show: Callable[[Face, Notice], None]) -> None:
    """Have the notice shown, in its turn."""
    if not isinstance(notice, Progress):  # many a second, and nothing that a program or a log waits for
        outlet.put(lambda: show(face, notice))


def exit_code(summary: Summary, engine: BatchRun, stop: Stop) -> int:
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


def emit_notice(face: Face, notice: Notice) -> None:
    """Print the notice as a JSON line."""
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


def _what_stays(watch: Watch) -> str:
    running = [
        f"slot {view.slot}: {view.step or 'starting'}"
        for view in watch.view().slots.values()
        if view.state == "running"
    ]
    if not running:
        return "Nothing is running in the slots; the upload under way ends in a moment."
    return (
        "Still running: " + ", ".join(running) + ". Leaving now (Ctrl-C once more) cuts these steps; their boards "
        "are closed as aborted at the next start, and go on from the journal when they are put in again."
    )


def _find_keyboard() -> Keyboard | None:
    try:
        return Keyboard(sys.stdin.fileno())
    except (AttributeError, ValueError, OSError):
        return None  # there is no standard input at all
