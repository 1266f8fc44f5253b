"""The named points at which a run can be cut: every boundary of what it does to the journal, to files and to the world.

A :class:`Spy` lives in a child program. It wraps what the station's own code calls at these boundaries, writes down
what was acknowledged and what was shown, and ends the program at the one point that it is told. Production code has no
hook for it.
"""

import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest import mock

import urllib3.connection

from station.cloud import wire
from station.devices import channel, power, shell, simulated_probe, talk
from station.domain.events import (
    AttemptClosed,
    CheckpointMade,
    Context,
    Event,
    PersonChanged,
    StepFinished,
    StepIntended,
    UploadSettled,
)
from station.evidence import before_migration
from station.journal import database, going_back
from station.journal import journal as writing
from station.journal.codec import Entry
from station.journal.journal import Build, Journal
from station.line import feed, step_command
from tests.faults.seam import Done, Op, overhear

_BEHIND: Final = " | behind a kill at "
_THEN: Final = ", then at "
TABLE: Final = Path(__file__).with_name("points.txt")

_EFFECT: Final = re.compile(r"AT(%CMNG=[03]|%KEYGEN|%XFACTORYRESET|%CLOUDACCESSKEY|\+CFUN=)", re.IGNORECASE)
_SHELL_EFFECT: Final = re.compile(r"cred (?:add|del) |nrf_cloud_cred (?:keygen|delete)")
_LOOKS: Final = frozenset({"find", "look"})
_TEMPORARY: Final = re.compile(r"\.(.+)\.[^.]+\.(?:new|try)")


class Way(NamedTuple):
    """How a point is come to: in which scenario, and behind kills at which points, each in the run before."""

    scenario: str
    kills: tuple[str, ...] = ()


def read_table(path: Path = TABLE) -> dict[str, Way]:
    """Return the committed points, each with the way that leads to it."""
    table = dict[str, Way]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            scenario, _, rest = line.partition(" | ")
            point, _, kills = rest.partition(_BEHIND)
            table[point] = Way(scenario, tuple(kills.split(_THEN)) if kills else ())
    return table


def write_table(table: Mapping[str, Way], path: Path = TABLE) -> None:
    """Write the table anew, those that are come to without a kill first."""
    lines = ["# Every point at which a run can be cut, with the scenario that reaches it. Made anew by:"]
    lines.append("# python -m tests.campaigns.crash_points --write-table")
    for point, way in sorted(table.items(), key=lambda row: bool(row[1].kills)):
        behind = _BEHIND + _THEN.join(way.kills) if way.kills else ""
        lines.append(f"{way.scenario} | {point}{behind}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def label(event: Event, steps: Callable[[StepIntended | StepFinished], str]) -> str:
    """Return what an event is called in a point's name."""
    match event:
        case StepIntended() | StepFinished():
            told = "" if isinstance(event, StepIntended) or event.outcome == "passed" else f" {event.outcome}"
            return f"{event.kind} {steps(event)}{told}"
        case AttemptClosed():
            return f"{event.kind} {event.outcome}"
        case Context():
            return f"{event.kind} {event.about}"
        case PersonChanged():
            return f"{event.kind} {event.change}"
        case UploadSettled():
            return f"{event.kind} {'/'.join(sorted({row.state for row in event.rows}))}"
        case _:
            return event.kind


class Spy:
    """Names the points that a program reaches, and kills it at one of them."""

    def __init__(self, root: Path, log: Path, kill_at: str = "") -> None:
        """``log`` takes what happened, line by line: what a killed program has written stays."""
        self._root, self._kill_at = root, kill_at
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._reached = set[str]()
        self._lock = threading.Lock()
        self._here = threading.local()

    def reach(self, point: str) -> None:
        """Be at a point."""
        if point == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        with self._lock:
            new = point not in self._reached
            self._reached.add(point)
        if new:
            self.tell(point=point)

    def tell(self, **what: object) -> None:
        """Write down what is known from outside from here on."""
        os.write(self._log, (json.dumps(what, default=str) + "\n").encode())

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Be in the way of everything that has boundaries."""
        with ExitStack() as stack:

            def put(owner: object, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
                stack.enter_context(mock.patch.object(owner, name, wrap(getattr(owner, name))))

            put(Journal, "commit", self._commit)
            put(database, "_migrate", self._migrate)
            put(database, "take_step", self._take_step)
            put(before_migration, "copy_journal", self._in_migration("copy"))
            put(before_migration, "find_disagreement", self._in_migration("look at the copy"))
            put(writing, "step_back", self._named("going back"))
            put(going_back, "sync_folder", self._log_gone)
            put(feed.Feed, "publish", self._publish)
            put(feed.Feed, "publish_entries", self._publish_entries)
            put(channel.Channel, "command", self._command)
            put(shell.Shell, "run", self._run)
            put(talk.Talk, "send", self._send)
            put(simulated_probe.SimulatedProgrammer, "_ask", self._probe)
            put(simulated_probe.SimulatedProgrammer, "_lines", self._probe_lines)
            put(step_command, "run_program", self._program)
            put(power, "run_program", self._program)
            put(wire.Line, "exchange", self._exchange)
            put(urllib3.connection.HTTPConnection, "getresponse", self._response)
            stack.enter_context(overhear(self._file))
            yield

    # The journal

    def _commit(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def commit(journal: Journal, *events: Build, **named: Any) -> Any:
            if not events:
                return true(journal, *events, **named)
            name = "commit " + " + ".join(dict.fromkeys(self._label(event) for event in events))
            self.reach(f"{name}: before")
            places = true(journal, *events, **named)
            for place, event in zip(places, events, strict=True):
                if callable(event):
                    continue
                note = {"note": event.note} if isinstance(event, CheckpointMade) else {}
                if journal._path.parent == self._root / "data":  # a restored one is another
                    self.tell(committed=place, kind=event.kind, **note)
            self.reach(f"{name}: after")
            return places

        return commit

    def _label(self, event: Build) -> str:
        # One that is made from the places of those before it has no kind yet.
        return "what follows" if callable(event) else label(event, self._step)

    def _step(self, event: StepIntended | StepFinished) -> str:
        """Return the step's kind, numbered where the attempt has it more than once; and take it as where we are."""
        here = self._here
        if getattr(here, "attempt", None) != event.attempt:
            here.attempt, here.seen = event.attempt, dict[int, str]()
        if event.index not in here.seen:
            same = sum(known.partition(" ")[0] == event.step for known in here.seen.values())
            here.seen[event.index] = event.step + (f" {same + 1}" if same else "")
        name: str = here.seen[event.index]
        here.step = name
        return name

    @property
    def _where(self) -> str:
        return str(getattr(self._here, "step", "no step"))

    # The journal's format

    def _migrate(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def migrate(db: Any, *arguments: Any) -> Any:
            found = database.format_of(db)
            if found == len(database.MIGRATIONS):
                return true(db, *arguments)
            name = f"migration from {found} to {len(database.MIGRATIONS)}" if found else "new journal"
            self._here.migration = name
            return self._around(name, lambda: true(db, *arguments))

        return migrate

    def _take_step(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def take_step(db: Any, step: Any) -> Any:
            number = database.MIGRATIONS.index(step) + 1
            return self._around(f"{self._here.migration}, step {number}", lambda: true(db, step))

        return take_step

    def _in_migration(self, part: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(true: Callable[..., Any]) -> Callable[..., Any]:
            def act(*arguments: Any) -> Any:
                return self._around(f"{self._here.migration}, {part}", lambda: true(*arguments))

            return act

        return wrap

    def _named(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(true: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *arguments, **named: self._around(name, lambda: true(*arguments, **named))

        return wrap

    def _log_gone(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def sync_folder(folder: Path) -> Any:
            self._here.file = "data/journal.db-wal"  # SQLite took it away: nobody here has heard of it
            return self._around("going back, the newer log gone", lambda: true(folder))

        return sync_folder

    # What people see

    def _publish(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def publish(of: feed.Feed, notice: Any) -> Any:
            self._drawn(notice)
            return true(of, notice)

        return publish

    def _publish_entries(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def publish(of: feed.Feed, entries: Any) -> Any:
            for entry in entries:
                self._drawn(entry)
            return true(of, entries)

        return publish

    def _drawn(self, notice: Any) -> None:
        if isinstance(notice, Entry) and isinstance(notice.event, AttemptClosed):
            self.tell(drawn=notice.event.attempt, outcome=notice.event.outcome)
            self.reach(f"drawn attempt-closed {notice.event.outcome}")

    # Files

    def _file(self, done: Done) -> None:
        # What came of a rename is known by its new name.
        path = done.other if done.op is Op.RENAME and done.other is not None else done.path
        if done.op is Op.SYNC_FOLDER:
            self.reach(f"file {getattr(self._here, 'file', '')}: {done.op}")
            return
        self._here.file = self._purpose(path)
        self.reach(f"file {self._here.file}: {done.op}")

    def _purpose(self, path: Path) -> str:
        parts = path.relative_to(self._root).parts if path.is_relative_to(self._root) else path.parts[-1:]
        if path.suffix == ".txt" or ".txt." in path.name:  # a checkpoint's name has its log's in it, which is random
            parts = (*parts[:-1], "a checkpoint")
        plain = [found[1] if (found := _TEMPORARY.fullmatch(part)) else part for part in parts[-2:]]
        plain = [found[1] for part in parts[:-2] if (found := _TEMPORARY.fullmatch(part))] + plain
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|\d+(\.\d+)*", "#", "/".join(plain)) or "."

    # The world

    def _command(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def command(of: channel.Channel, text: str, **named: Any) -> Any:
            if not _EFFECT.match(text):
                return true(of, text, **named)
            shown = re.sub(r"(%CMNG=\d|%KEYGEN)=?,?\d+", r"\1", text.partition('"')[0]).rstrip(",")
            name = self._here.at = f"at {shown} in {self._where}"
            try:
                return self._around(name, lambda: true(of, text, **named))
            finally:
                self._here.at = ""

        return command

    def _run(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def run(of: shell.Shell, text: str, *given: Any, **named: Any) -> Any:
            if not _SHELL_EFFECT.match(text):
                return true(of, text, *given, **named)
            name = self._here.at = f"shell {re.sub(r' [0-9]+', '', text)} in {self._where}"
            try:
                return self._around(name, lambda: true(of, text, *given, **named))
            finally:
                self._here.at = ""

        return run

    def _send(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def send(*arguments: Any, **named: Any) -> Any:
            true(*arguments, **named)
            if at := getattr(self._here, "at", ""):
                self.reach(f"{at}: sent")

        return send

    def _probe(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def ask(of: Any, request: Any, *arguments: Any) -> Any:
            if request["op"] in _LOOKS:
                return true(of, request, *arguments)
            name = self._here.probe = f"probe {request['op']} in {self._where}"
            try:
                return self._around(name, lambda: true(of, request, *arguments))
            finally:
                self._here.probe = ""

        return ask

    def _probe_lines(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def lines(*arguments: Any) -> Any:
            # Whoever reads the answer has sent the request.
            if probe := getattr(self._here, "probe", ""):
                self.reach(f"{probe}: sent")
            return true(*arguments)

        return lines

    def _program(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            return self._around(f"program in {self._where}", lambda: true(*arguments, **named))

        return run

    def _exchange(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def exchange(of: Any, method: str, url: str, *arguments: Any, **named: Any) -> Any:
            if method == "GET":
                return true(of, method, url, *arguments, **named)
            self._here.request = f"http {method} {url.partition('/v1/')[2]}"
            try:
                return self._around(self._here.request, lambda: true(of, method, url, *arguments, **named))
            finally:
                self._here.request = ""

        return exchange

    def _response(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def getresponse(of: Any) -> Any:
            if request := getattr(self._here, "request", ""):
                self.reach(f"{request}: sent")
            return true(of)

        return getresponse

    def _around(self, name: str, act: Callable[[], Any]) -> Any:
        self.reach(f"{name}: before")
        try:
            return act()
        finally:
            self.reach(f"{name}: after")
