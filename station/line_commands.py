"""Commands of the line: run, upload, correct-clock."""

from typing import Annotated

import typer

from station.app import Station
from station.domain.ids import EventSeq, parse_batch_id
from station.host.clock import Stop
from station.line.decisions import correct_clock
from station.opened import open_station
from station.options import (
    DEFAULT_FILE,
    AsJson,
    Fixture,
    Headless,
    Reason,
    SignInFile,
    StationFile,
    open_quietly,
)
from station.people.rights import Right
from station.running import Face, rules_for, run_batch
from station.sentences import plain_console
from station.signing_in import ask_release, ask_secret, asker, at_terminal, enter


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
