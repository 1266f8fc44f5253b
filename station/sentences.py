"""How every command ends: with a sentence and an exit code, never with a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer
from typer.core import TyperGroup

from station.domain.faults import Fault
from station.exit_codes import STATION_FAULT, STOPPED
from station.host.redaction import Redactor
from station.line.faults import MISTAKE

if TYPE_CHECKING:  # loaded when there is something to say
    from rich.console import Console


class Commands(TyperGroup):
    """A person who stops a command, or leaves its question without an answer, gets a sentence and exit code 130."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # the base names a class of typer's own
        try:
            return super().invoke(ctx)
        except (typer.Abort, EOFError):
            told = "Stopped: the question was not answered, so nothing was done."
        except KeyboardInterrupt:
            told = "Stopped. What was finished before is recorded; nothing more was begun."
        # The cursor is still behind the question, or behind a ^C.
        plain_console(stderr=True).print(f"\n{told}" if sys.stderr.isatty() else told, soft_wrap=True)
        raise typer.Exit(STOPPED)


@contextmanager
def sentences(redactors: list[Redactor]) -> Iterator[None]:
    """Run a command line; what leaves it as an exception ends the program. ``redactors`` know the secrets by then."""
    try:
        yield
    except Fault as fault:
        _fail(fault)
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(STOPPED)
    except Exception as error:  # noqa: BLE001 -- a mistake of ours is a sentence too; the trace goes to the engineer
        from station.host.mistakes import write_mistake  # noqa: PLC0415 -- what is rarely needed, at each start

        try:
            path = str(write_mistake(error, redactors))
        except OSError as why:
            path = f"this message, for nothing could be written ({why}),"
        _fail(MISTAKE.fault(f"{type(error).__name__}", path=path))


def _fail(fault: Fault) -> NoReturn:
    from rich.text import Text  # noqa: PLC0415 -- see above

    console = plain_console(stderr=True)
    console.print(Text.assemble((fault.code, "bold"), f" {fault.sentence}"), soft_wrap=True)
    if fault.detail:
        console.print(Text(fault.detail, "dim"), soft_wrap=True)
    sys.exit(STATION_FAULT)


def plain_console(*, stderr: bool = False, width: int | None = None) -> "Console":
    """Return a console that shows text as it is: paths, labels and the cloud's words may look like rich's markup."""
    from rich.console import Console  # noqa: PLC0415 -- see above

    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def table_console() -> "Console":
    """Return a console for tables. A pipe has no width of its own: then nothing is folded or cut."""
    return plain_console(width=None if sys.stdout.isatty() else 240)
