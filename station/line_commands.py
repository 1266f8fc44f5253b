"""Commands of the line and around it: run, upload, units, correct-clock, the engine, the window, doctor and demo."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from station.app import Station, open_station
from station.domain.ids import BatchId, EventSeq, parse_batch_id
from station.host.clock import Stop
from station.line.decisions import correct_clock
from station.loading import loading
from station.options import (
    DEFAULT_FILE,
    AsJson,
    Fixture,
    Headless,
    Reason,
    SignInFile,
    StationFile,
    open_quietly,
    require_batch,
)
from station.people.rights import Right
from station.running import Face, rules_for, run_batch
from station.sentences import plain_console, table_console
from station.signing_in import ask_release, ask_secret, asker, at_terminal, enter

_MOST, _ALL = 1000, -1
"""How many units are shown to a person who named no batch; to everybody else."""


def run(
    context: typer.Context,
    batch: Annotated[str, typer.Option(help="The work order, such as WO-1042. The same name again continues it.")],
    product: Annotated[str, typer.Option(help="A product of the station's recipes, or a recipe file.")],
    quantity: Annotated[int, typer.Option(min=1, help="How many units it asks for.")],
    fixture: Fixture = None,
    serials: Annotated[
        str,
        typer.Option(
            help="The labels of its boards, FIRST..LAST, such as TRK-0001..TRK-0250; others are refused. "
            "May be left out when the batch goes on."
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option(help="An engineer's: why station file, fixture or recipe are not as released. Releases them.")
    ] = "",
    sign_in: SignInFile = None,
    headless: Headless = False,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Take a batch through the slots. Boards start when they are loaded; finished ones go to the cloud.

    Write while it runs:
    ack SLOT REASON – a latched slot may work again; a line lead's name and PIN are asked for
    SLOT or SLOT SERIAL – a board is in a slot that can't see it
    Ctrl-C – no new boards; the running steps end
    """
    try:
        order = parse_batch_id(batch)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--batch") from error
    if reason and headless:
        raise typer.BadParameter("nobody is there to release anything; see: station release", param_hint="--reason")
    opened = open_quietly(context, station)
    face = Face(plain_console(stderr=as_json), headless, as_json)
    recipe, jig = opened.recipe(product), opened.fixture(fixture)
    stop = Stop()
    with Station(opened, f"batch {order}") as line:
        actor = enter(line, sign_in, headless=headless)
        line.gate.require(actor, Right.RUN)  # before anything else is asked for
        if not (reason or headless) and actor.may(Right.CHANGE_SETTINGS) and at_terminal():
            reason = ask_release(line.unreleased(recipe, jig))
        line.releases.require(actor, [opened.settings, recipe, jig], reason)  # before any passphrase is typed
        authority = line.open_ca(asker(ask_secret))
        cloud = opened.cloud() if recipe.value.cloud is not None else None
        armed = line.arm(order, recipe, jig, quantity, cloud, serials=serials)
        engine = line.build_run(armed, authority, jig, recipe, cloud, stop, rules_for(line, face))
        code = run_batch(line, engine, armed, recipe, face, stop)
    raise typer.Exit(code)


def upload(
    context: typer.Context,
    patience: Annotated[
        float, typer.Option(min=0.0, max=86400.0, help="Seconds to wait for the cloud altogether.")
    ] = 600.0,
    look: Annotated[
        bool, typer.Option("--look", help="Look at every claimed unit too: has its device made its cloud key?")
    ] = False,
    sign_in: SignInFile = None,
    headless: Headless = False,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Send what waits in the outbox, and see it through until the cloud has confirmed or refused it."""
    from station.uploading import drain  # noqa: PLC0415 -- a start without it is quicker

    opened = open_quietly(context, station)
    with Station(opened, "upload") as line:
        enter(line, sign_in, headless=headless)
        face = Face(plain_console(stderr=as_json), headless=True, json=as_json)
        raise typer.Exit(drain(line, face, patience, look=look))


def correct(
    first: Annotated[int, typer.Argument(min=1, help="The first journal entry with a wrong time.")],
    last: Annotated[int, typer.Argument(min=1, help="The last one.")],
    reason: Reason,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Declare that some entries carry a wrong time, so that they no longer hold back signing. Nothing is changed."""
    with Station(open_station(station), "clock correction") as line:
        correct_clock(line.gate, line.records, EventSeq(first), EventSeq(last), enter(line, sign_in), reason)
    typer.echo(f"The times of entries {first} to {last} no longer count.")


def units(
    text: Annotated[
        str, typer.Argument(help="The start of a device ID, IMEI, UUID, serial or certificate serial.")
    ] = "",
    batch: Annotated[str, typer.Option(help="Only this work order.")] = "",
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Find units by any identifier; without one, show them all."""
    with open_station(station).records() as records:
        if batch:
            require_batch(records, batch)
        if batch:
            named = {unit.id for unit in records.find_units(text, limit=_ALL)} if text else None
            found = [unit for unit in records.units_of(BatchId(batch)) if named is None or unit.id in named]
        else:
            found = records.find_units(text, limit=_ALL if as_json else _MOST + 1)
        more = not batch and not as_json and len(found) > _MOST
        rows = []
        for unit in found[:_MOST] if more else found:
            certificate = records.active_certificate(unit.device_id)
            rows.append((unit, certificate.serial if certificate else ""))
    if as_json:
        for unit, serial in rows:
            fields = {name: getattr(unit, name) for name in unit.__slots__}
            typer.echo(json.dumps({**fields, "certificate": serial}, default=str))
    else:
        table = Table(box=None, padding=(0, 1, 0, 0))
        for title in ("device ID", "IMEI", "serial", "batch", "outcome", "fault", "cloud", "certificate"):
            table.add_column(title, overflow="fold", no_wrap=title in ("device ID", "IMEI"))
        for unit, serial in rows:
            outcome = unit.outcome or "in progress"
            table.add_row(
                unit.device_id, unit.imei, unit.serial or "", unit.batch, outcome, unit.fault or "", unit.cloud, serial
            )
        nothing = "No unit is known by that." if text else "There is no unit yet."
        table_console().print(table if rows else nothing)
    if more:
        typer.echo(f"Only the first {_MOST} are shown: write more of an identifier, or name a batch.", err=True)
    raise typer.Exit(0 if rows else 1)


def engine(
    context: typer.Context,
    stop: Annotated[
        bool, typer.Option("--stop", help="Ask the engine that runs to end; refused in mid-batch.")
    ] = False,
    linger: Annotated[float, typer.Option(min=0.0, help="Seconds to stay when nothing and nobody needs it.")] = 30.0,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Own the data folder for the desktop, until nobody needs that any more. Windows start this by themselves."""
    from station.engine.process import run_engine, stop_engine  # noqa: PLC0415 -- a start without it is quicker

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
    from station.desktop.faults import QT_MISSING  # noqa: PLC0415 -- no other command loads any of this

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
    from station.doctor import examine, print_findings  # noqa: PLC0415 -- a start without it is quicker

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
    from station.demo import run_demo  # noqa: PLC0415 -- a start without it is quicker

    face = Face(plain_console(stderr=as_json), headless, as_json)
    read = partial(open_quietly, context)
    raise typer.Exit(run_demo(folder, face, units=units_wanted, slots=slots, fast=fast, seed=seed, read=read))
