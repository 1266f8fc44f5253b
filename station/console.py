"""The line in a terminal: a live picture of the slots, and the summary at the end of a run."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from station.domain.line import CloudState, Outcome, SlotState
from station.host.clock import Clock
from station.host.keyboard import Keyboard
from station.line.summary import Summary
from station.line.view import LineView, SlotView

# Never colour alone: every state has a word and a mark of its own.
_MARKS = {
    Outcome.PASSED: ("✔", "green"),
    Outcome.FAILED: ("✘", "red"),
    Outcome.ERROR: ("!", "yellow"),
    Outcome.ABORTED: ("◌", "yellow"),
    Outcome.QUARANTINED: ("■", "magenta"),
}
_WIDE = 110
"""Columns from which whole device IDs and progress bars have room."""

_SAID = 3
"""How many of the newest words to a person stand below the picture."""

_STATES = {
    SlotState.EMPTY: ("○ waits", "dim"),
    SlotState.RUNNING: ("▶ running", "cyan"),
    SlotState.DONE: ("● done", "bold"),
    SlotState.LATCHED: ("! latched", "bold yellow"),
    SlotState.STOPPED: ("– stopped", "dim"),
}


class LiveLine:
    """Draws the line five times a second while the context is open; the drawing never holds up the line.

    The picture is always whole: what is typed meanwhile, and what is said, stands below it. What was said stays on
    the terminal when the picture goes.
    """

    def __init__(
        self,
        console: Console,
        view: Callable[[], LineView],
        clock: Clock,
        heading: str,
        quantity: int,
        steps: int,
        keyboard: Keyboard | None = None,
    ) -> None:
        self._console, self._clock, self._begun = console, clock, clock.now()
        self._keyboard, self._said, self._lock, self._open = keyboard, list[str](), threading.Lock(), False
        self._view, self._heading, self._quantity, self._steps = view, heading, quantity, steps
        self._live = Live(
            self._draw(), console=console, refresh_per_second=5, transient=True, get_renderable=self._draw
        )

    def say(self, text: str) -> None:
        """Tell a person something: below the picture while there is one. May be called from any thread."""
        with self._lock:
            if self._open:
                self._said.append(text)
                return
        self._print(text)

    def abandon(self) -> None:
        """Give the terminal back at once, the last picture on it: for a program that is about to end on the spot."""
        if self._open and self._keyboard is not None:
            self._keyboard.restore()
        if self._open and self._console.is_terminal:
            os.write(self._console.file.fileno(), b"\r\n\x1b[?25h")  # the cursor is shown again

    def __enter__(self) -> Self:
        if self._keyboard is not None and self._console.is_terminal:
            self._keyboard.__enter__()
        self._live.__enter__()
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._live.__exit__(kind, error, trace)
        finally:
            if self._keyboard is not None:
                self._keyboard.restore()
        with self._lock:
            self._open = False
        for text in self._said:
            self._print(text)

    def _print(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)

    def _draw(self) -> RenderableType:
        now, width = self._clock.now(), self._console.width
        hint = f"{_time(now - self._begun)}   Ctrl-C stops safely   ack SLOT REASON frees a latched slot"
        picture = draw_line(self._view(), self._heading, self._quantity, self._steps, now, width, hint)
        with self._lock:
            below = [Text(text) for text in self._said[-_SAID:]]
        if self._keyboard is not None and self._keyboard.shows:
            below.append(Text(f"> {self._keyboard.typed[-(width - 4) :]}"))
        return Whole(picture, below)


@dataclass(frozen=True, slots=True)
class Whole:
    """A picture with lines below it, all of which fit the window: slots are left out for that, with a word."""

    picture: RenderableType
    below: list[Text]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        low = [line for text in self.below for line in console.render_lines(text, options, pad=False)]
        lines = console.render_lines(self.picture, options, pad=False)
        room = max(3, console.size.height - len(low))
        if len(lines) > room:
            word = Text("  … the window is too small for all of it", "dim", no_wrap=True)
            lines = [*lines[: room - 2], *console.render_lines(word, options, pad=False), lines[-1]]
        for number, line in enumerate([*lines, *low]):
            if number:
                yield Segment.line()
            yield from line


def draw_line(
    view: LineView, heading: str, quantity: int, steps: int, now: datetime, width: int, hint: str = ""
) -> RenderableType:
    """Return the picture of the line at ``now``, ``width`` columns wide: counts, a row a slot, newest messages."""
    passed = view.outcomes.get(Outcome.PASSED, 0)
    others = [(outcome, count) for outcome, count in view.outcomes.items() if outcome is not Outcome.PASSED and count]
    head = Text.assemble(
        (f"{passed}", "bold green"),
        f" of {quantity} passed",
        *[Text(f"   {_MARKS[outcome][0]} {count} {outcome}", _MARKS[outcome][1]) for outcome, count in others],
        f"   {view.running} running   {view.onboarded} onboarded",
        (f"   {view.refused} refused by the cloud" if view.refused else ""),
    )
    wide = width >= _WIDE
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim")
    table.add_column("slot", justify="right", width=4)
    table.add_column("state", width=9, no_wrap=True)
    # A device ID's end tells boards apart; its start is much the same for a whole lot.
    table.add_column("unit", width=36 if wide else 13, no_wrap=True)
    table.add_column("time", justify="right", width=7, no_wrap=True)
    if wide:
        table.add_column("", width=14)
    table.add_column("step or result", ratio=1)
    for slot in view.slots.values():
        table.add_row(*_row(slot, steps, now, wide=wide))
    told = [Text(f"{one.code}  {one.sentence}", "yellow") for one in view.told[-3:]]
    below = [Text(), *told] if told else []
    return Panel(
        Group(head, Text(), table, *below),
        # Never a string: names and paths with [brackets] would be taken for markup.
        title=Text(heading, "bold"),
        subtitle=Text(hint, "dim") if hint else None,
        border_style="blue",
    )


def _row(slot: SlotView, steps: int, now: datetime, *, wide: bool) -> list[RenderableType]:
    word, style = _STATES[slot.state]
    running = slot.state is SlotState.RUNNING
    seconds = slot.seconds if not running else ((now - slot.since).total_seconds() if slot.since else None)
    what = Text(slot.step if running else "")
    if slot.outcome is not None and not running:
        mark, colour = _MARKS[slot.outcome]
        what = Text(f"{mark} {slot.outcome}" + (f"  {slot.code} {slot.sentence}" if slot.code else ""), colour)
    unit = slot.device_id or ""
    row: list[RenderableType] = [
        str(slot.slot),
        Text(word, style),
        Text(unit if wide or len(unit) <= 13 else "…" + unit[-12:]),
        "" if seconds is None else f"{max(0.0, seconds):.1f} s",
    ]
    if wide:
        done = min(1.0, (slot.steps_done + (slot.fraction if slot.fraction < 1 else 0)) / max(1, steps))
        bar = ProgressBar(total=1.0, completed=done, width=14, complete_style="cyan", finished_style="cyan")
        row.append(bar if running else "")
    return [*row, what]


def _time(elapsed: timedelta) -> str:
    minutes, seconds = divmod(max(0, int(elapsed.total_seconds())), 60)
    return f"{minutes}:{seconds:02d}"


def draw_summary(summary: Summary) -> RenderableType:
    """Return the end of a run: every unit, what is to be done, the yield, cycle times, and where the evidence lies."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("unit", no_wrap=True)
    for title in ("slot", "try", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("cloud", no_wrap=True)
    todo = []
    for unit in summary.units:
        mark, colour = _MARKS[unit.outcome] if unit.outcome else ("…", "cyan")
        table.add_row(
            Text(unit.name),
            str(unit.slot),
            str(unit.tries),
            "" if unit.seconds is None else f"{unit.seconds:.1f} s",
            Text(f"{mark} {unit.outcome or 'in progress'}", colour),
            "" if unit.cloud is CloudState.NONE else unit.cloud.value,
        )
        if unit.code:
            todo.append(Text.assemble((f"{mark} {unit.name}: ", colour), f"{unit.code} {unit.sentence}"))
    facts = Table.grid(padding=(0, 2, 0, 0))
    for name, value in summary.facts():
        facts.add_row(Text(name, "dim"), Text(value, overflow="fold"))
    parts: list[RenderableType] = [table, Text(), *todo, *([Text()] if todo else []), facts]
    return Panel(Group(*parts), title=Text(f"Batch {summary.batch}", "bold"), border_style="blue")
