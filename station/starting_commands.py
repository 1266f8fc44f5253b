"""Commands that start something of its own: the engine, the window, the doctor and the demo.

Each loads what it starts, and none what another one does: a window is not to wait for the line, which its engine loads.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from station.loading import loading
from station.options import DEFAULT_FILE, AsJson, Fixture, Headless, StationFile, open_quietly
from station.sentences import plain_console


def engine(
    context: typer.Context,
    stop: Annotated[
        bool, typer.Option("--stop", help="Ask the engine that runs to end; refused in mid-batch.")
    ] = False,
    linger: Annotated[float, typer.Option(min=0.0, help="Seconds to stay when nothing and nobody needs it.")] = 30.0,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Own the data folder for the desktop, until nobody needs that any more. Windows start this by themselves."""
    from station.engine.process import run_engine, stop_engine  # noqa: PLC0415 -- see above

    if stop:
        typer.echo(stop_engine(open_quietly(context, station)))
    else:
        run_engine(station, partial(open_quietly, context), linger=linger)


def desktop(
    demo: Annotated[bool, typer.Option("--demo", help="On simulated boards, in the folder demo.")] = False,
    hands: Annotated[bool, typer.Option(help="Of the demo: somebody puts the boards in and takes them out.")] = True,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Open the window. The line goes on when it is closed, and is there again when it is opened."""
    from station.desktop.faults import QT_MISSING  # noqa: PLC0415 -- see above

    try:
        with loading():
            from station.desktop.main import Demo, run_desktop  # noqa: PLC0415 -- Qt is loaded here alone
    except ImportError as error:
        raise QT_MISSING.fault(why=error) from error
    raise typer.Exit(run_desktop(station, demo=Demo(Path("demo").absolute(), hands=hands) if demo else None))


def doctor(
    fixture: Fixture = None,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Check this PC, the fixture, the CA and the cloud; each trouble with its mend."""
    from station.doctor.examination import examine, print_findings  # noqa: PLC0415 -- see above

    raise typer.Exit(print_findings(examine(station, fixture), as_json=as_json))


def demo(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Shorten the simulated devices' times.")] = False,
    units_wanted: Annotated[int, typer.Option("--units", min=1, help="How many boards.")] = 24,
    slots: Annotated[int, typer.Option(min=1, max=32, help="How many slots.")] = 8,
    headless: Headless = False,
    as_json: AsJson = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Which boards, and what befalls them.")] = 1,
) -> None:
    """Take simulated boards through a simulated fixture, from blank to onboarded, and show all of it."""
    from station.demo import run_demo  # noqa: PLC0415 -- see above
    from station.running import Face  # noqa: PLC0415

    face = Face(plain_console(stderr=as_json), headless, as_json)
    read = partial(open_quietly, context)
    raise typer.Exit(run_demo(folder, face, units=units_wanted, slots=slots, fast=fast, seed=seed, read=read))
