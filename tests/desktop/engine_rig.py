"""A real engine process over a simulator bench, for tests that look at it through a face's eyes.

``Rig`` is a station whose settings are released and whose people are hired (STAFF in tests/line/harness.py), with a
bench of simulated slots in this process and an engine in a process of its own. Boards are the test's business:
``rig.line.bench.insert(slot)``. :class:`Ear` keeps what a link tells, and waits for what a test wants to hear.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from unittest import mock

from station.domain.secret import Secret
from station.engine.client import EngineLink, attach
from station.engine.commands import Arm, Command, SignIn
from station.engine.pushes import AtLines, Beat, Changed, Happened, Header, Push, Tile, Welcome
from station.engine.results import Failed, Result
from station.engine.whereabouts import read_whereabouts
from station.opened import Opened
from tests.line.harness import ROOT, STAFF, Line
from tests.line.processes import Process, child_environment

PATIENCE = 60.0
"""Seconds until a test gives up; only a defect ever lets them pass."""

P = TypeVar("P")


class Ear:
    """One face without a window: its link, and everything that it was told, folded as a window folds it."""

    def __init__(self, link: EngineLink) -> None:
        self.link = link
        self.heard: list[Push] = []
        self.tiles: dict[int, Tile] = {}
        self.header = Header()
        self.why: Failed | None = None
        self._changed = threading.Condition()
        link.lost = self._lost
        link.listen(self._take)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.link.close()

    def ask(self, command: Command, seconds: float = PATIENCE) -> Result:
        """Return the command's result; raises CommandFailedError."""
        return self.link.ask(command).result(seconds)

    def sign_in(self, who: str = "edith") -> Result:
        """Sign in as one of STAFF."""
        return self.ask(SignIn(who=who, pin=Secret(STAFF[who][0])))

    def wait(self, reached: Callable[[], P], what: str, seconds: float = PATIENCE) -> P:
        """Return the first true value of ``reached``, which is looked at after everything heard."""
        with self._changed:
            self._changed.wait_for(reached, seconds)
            found = reached()
        assert found, f"waited in vain for {what}; {self.header}; {self.tiles}; lost: {self.why}"
        return found

    def wait_happened(self, about: str, **fields: object) -> Happened:
        """Return the first such event that was or will be heard."""

        def look() -> Happened | None:
            wanted = fields | {"about": about}
            for push in self.happened:
                if all(getattr(push, name) == value for name, value in wanted.items()):
                    return push
            return None

        found = self.wait(look, f"{about} {fields}")
        assert found is not None
        return found

    def wait_run(self, run: str) -> Header:
        """Wait until the header says so of the run."""
        self.wait(lambda: self.header.run == run, f"the run to be {run}")
        return self.header

    def wait_lost(self) -> Failed:
        """Return why the engine was lost."""
        found = self.wait(lambda: self.why, "the loss of the engine")
        assert found is not None
        return found

    @property
    def happened(self) -> list[Happened]:
        return [push for push in self.heard if isinstance(push, Happened)]

    @property
    def at_lines(self) -> list[tuple[str, str, str]]:
        return [line for push in self.heard if isinstance(push, AtLines) for line in push.lines]

    @property
    def beats(self) -> list[Beat]:
        return [push for push in self.heard if isinstance(push, Beat)]

    def _take(self, push: Push) -> None:
        with self._changed:
            self.heard.append(push)
            match push:
                case Welcome():
                    self.header = push.header
                    self.tiles = {tile.slot: tile for tile in push.tiles}
                case Changed():
                    self.tiles.update((tile.slot, tile) for tile in push.tiles)
                    self.header = push.header or self.header
                case _:
                    pass
            self._changed.notify_all()

    def _lost(self, why: Failed) -> None:
        with self._changed:
            self.why = why
            self._changed.notify_all()


@dataclass
class Rig:
    """A station ready for work, and its engine. ``line.bench`` takes the boards."""

    line: Line
    started: list[int] = field(default_factory=list)

    @property
    def opened(self) -> Opened:
        return self.line.open()

    @property
    def data(self) -> Path:
        return self.line.folder / "data"

    def link(self, *, start: bool = True) -> EngineLink:
        """Attach to the engine, which is started where none is there."""
        with mock.patch.dict(os.environ, child_environment({})):
            link = attach(self.opened, start=start, timeout=PATIENCE)
        self.started.append(link.welcome.process)
        return link

    def ear(self, *, start: bool = True) -> Ear:
        """The same, listened to."""
        return Ear(self.link(start=start))

    def arm(self, ear: Ear, quantity: int, **more: Any) -> Result:
        """Arm a batch; somebody is signed in at ``ear``."""
        return ear.ask(Arm(**({"batch": "WO-1", "product": "tracker", "quantity": quantity} | more)))

    def kill(self) -> int:
        """Have the engine end as in a power cut; return its process ID."""
        found = read_whereabouts(self.data)
        assert found is not None, "no engine runs"
        os.kill(found.process, signal.SIGKILL)
        return found.process

    def end(self) -> None:
        """End every engine that was started here, and wait until none is left."""
        for process in set(self.started):
            try:
                os.kill(process, signal.SIGTERM)
            except ProcessLookupError:
                continue
        for process in set(self.started):
            _wait_gone(process)

    def face_process(self, code: str) -> Process:
        """Start another program that attaches: Python with this rig's station file as its first argument."""
        return Process([sys.executable, "-c", code, self.line.station_file])


@contextmanager
def running(line: Line) -> Iterator[Rig]:
    """A rig on a line that is written, with released settings; its engines end with it."""
    line.release()
    rig = Rig(line)
    try:
        yield rig
    finally:
        rig.end()


def _wait_gone(process: int) -> None:
    """Return when a process, which may be a child of this one that another thread reaps, is gone."""
    gone, tick = threading.Event(), threading.Event()
    timer = threading.Timer(PATIENCE, gone.set)
    timer.start()
    try:
        while not gone.is_set():
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                return
            tick.wait(0.02)
        os.kill(process, signal.SIGKILL)
        raise AssertionError(f"engine {process} did not end")
    finally:
        timer.cancel()


__all__ = ["PATIENCE", "ROOT", "Ear", "Rig", "running"]
