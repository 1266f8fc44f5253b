"""The engine as pages see it: commands go out, answers come back in the window's own thread."""

from collections.abc import Callable
from typing import Protocol

from station.engine.commands import Command
from station.engine.pushes import AtLines, Changed, Happened, Welcome
from station.engine.results import Failed, Result


class Link(Protocol):
    """Towards the engine. For the window's thread alone; nothing here waits."""

    def ask(self, command: Command, done: Callable[[Result], None], failed: Callable[[Failed], None]) -> None:
        """Send a command; exactly one of the two is called later, in this thread."""
        ...


class Page(Protocol):
    """One page of the window, told of everything in the window's thread. It does no I/O of its own."""

    def welcome(self, welcome: Welcome) -> None:
        """Take everything as it is now: at the start, and again after the engine was lost."""
        ...

    def changed(self, changed: Changed) -> None:
        """Take what has changed."""
        ...

    def happened(self, happened: Happened) -> None:
        """Take one event."""
        ...

    def at_lines(self, lines: AtLines) -> None:
        """Take a watched slot's AT lines."""
        ...

    def lost(self) -> None:
        """The engine is gone: what is shown may be old, and says so."""
        ...
