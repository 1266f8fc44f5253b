"""Take nRF91 boards from blank to onboarded, with a record that holds.

Exit codes: 0 done (a run: every unit passed and is recorded), 1 units failed or nothing was found, 2 wrong command
line, 4 something is to be mended (the sentence says what), 130 stopped by a person.
"""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from station.app import Station, open_station
from station.domain.faults import Fault
from station.domain.ids import BatchId, EventSeq, parse_batch_id
from station.domain.line import CloudState, Outcome
from station.domain.secret import Secret
from station.host.clock import Stop
from station.line.decisions import correct_clock, decide_upload, declare_rework
from station.line.faults import MISTAKE
from station.line.onboarding import OnboardRows
from station.running import STATION_FAULT, STOPPED, Face, rules_for, run_batch
from station.software import software_version

USAGE = 2

cli = typer.Typer(
    name="station", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
ca_commands = typer.Typer(no_args_is_help=True, help="The local certificate authority.")
cli.add_typer(ca_commands, name="ca")

StationFile = Annotated[
    Path, typer.Option("--station", envvar="STATION_FILE", help="The station file.", show_default=True)
]
Operator = Annotated[str | None, typer.Option(help="Who is responsible; the login name when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded.", prompt=True)]
DEFAULT_FILE = Path("config/station.toml")


def main() -> None:
    """Run the command line; every fault ends as a sentence, never as a traceback."""
    with _sentences():
        cli()


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except Fault as fault:
        _fail(fault)
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(STOPPED)
    except Exception as error:  # noqa: BLE001 -- a mistake of ours is a sentence too; the trace goes to the engineer
        handle, path = tempfile.mkstemp(prefix="station-mistake-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
        _fail(MISTAKE.fault(f"{type(error).__name__}", path=path))


def _fail(fault: Fault) -> NoReturn:
    console = _console(stderr=True)
    console.print(Text.assemble((fault.code, "bold"), f" {fault.sentence}"), soft_wrap=True)
    if fault.detail:
        console.print(Text(fault.detail, "dim"), soft_wrap=True)
    sys.exit(STATION_FAULT)


def _console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return a console that shows text as it is: paths, labels and the cloud's words may look like rich's markup."""
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def _table_console() -> Console:
    """Return a console for tables. A pipe has no width of its own: then nothing is folded or cut."""
    return _console(width=None if sys.stdout.isatty() else 240)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"nrf91-station {software_version()}")
        raise typer.Exit


@cli.callback()
def _top(
    _show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """Take nRF91 boards from blank to onboarded, with a record that holds."""


@cli.command()
def run(
    batch: Annotated[str, typer.Option(help="The work order.")],
    product: Annotated[str, typer.Option(help="A product of the station's recipes, or a recipe file.")],
    quantity: Annotated[int, typer.Option(min=1, help="How many units it asks for.")],
    fixture: Annotated[Path | None, typer.Option(help="Another fixture than the station file's.")] = None,
    operator: Operator = None,
    headless: Annotated[bool, typer.Option(help="Plain lines instead of a live picture; nobody acknowledges.")] = False,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Take a batch through the slots. Boards start when they are loaded; finished ones go to the cloud."""
    try:
        order = parse_batch_id(batch)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--batch") from error
    opened = open_station(station)
    face = Face(_console(stderr=as_json), headless, as_json)
    recipe, jig = opened.recipe(product), opened.fixture(fixture)
    stop = Stop()
    with Station(opened, f"batch {order}", operator) as line:
        authority = line.open_ca(_asker(_ask))
        cloud = opened.cloud() if recipe.value.cloud is not None else None
        armed = line.arm(order, recipe, jig, quantity, cloud)
        engine = line.build_engine(armed, authority, jig, recipe, cloud, stop, rules_for(line, face))
        code = run_batch(line, engine, armed, recipe, face, stop)
    raise typer.Exit(code)


@cli.command()
def upload(
    patience: Annotated[
        float, typer.Option(min=0.0, max=86400.0, help="Seconds to wait for the cloud altogether.")
    ] = 600.0,
    operator: Operator = None,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Send what waits in the outbox, and see it through until the cloud has confirmed or refused it."""
    from station.uploading import drain  # noqa: PLC0415 -- a start without it is quicker

    opened = open_station(station)
    with Station(opened, "upload", operator) as line:
        raise typer.Exit(drain(line, Face(_console(stderr=as_json), headless=True, json=as_json), patience))


@cli.command()
def outbox(as_json: AsJson = False, station: StationFile = DEFAULT_FILE) -> None:
    """Show what is on its way to the cloud, and the cloud's own words for what it refused."""
    with open_station(station).records() as records:
        rows = [row for row in records.outbox() if row.state is not CloudState.ONBOARDED]
        counts = records.outbox_counts()
    if as_json:
        for row in rows:
            typer.echo(json.dumps({"device_id": row.device_id, "state": row.state, "reason": row.reason}))
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for title in ("unit", "state", "since", "the cloud's words"):
        table.add_column(title, overflow="fold", no_wrap=title != "the cloud's words")
    for row in rows:
        table.add_row(row.device_id, row.state, f"{row.since.astimezone():%Y-%m-%d %H:%M}", row.reason)
    console = _table_console()
    console.print(table if rows else "Nothing waits for the cloud.")
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()) or "No unit was ever queued.")


@cli.command()
def decide(
    unit: Annotated[str, typer.Argument(help="Any identifier of the unit.")],
    decision: Annotated[str, typer.Argument(help="onboarded (seen in the portal), send-again, or hold.")],
    reason: Reason,
    operator: Operator = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Decide about a unit that the cloud refused, or of which nobody knows. Journaled."""
    states = {"onboarded": CloudState.ONBOARDED, "send-again": CloudState.WAITING, "hold": CloudState.HELD}
    if decision not in states:
        raise typer.BadParameter(f"{decision!r}: one of {', '.join(states)}", param_hint="DECISION")
    with Station(open_station(station), "decision", operator) as line:
        device = decide_upload(line.journal, line.records, unit, states[decision], line.operator, reason)
    typer.echo(f"{device}: {decision}")


@cli.command()
def rework(
    unit: Annotated[str, typer.Argument(help="Any identifier of the unit.")],
    reason: Reason,
    operator: Operator = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Allow one more attempt at a unit that passed or is in quarantine. Journaled."""
    with Station(open_station(station), "rework", operator) as line:
        device = declare_rework(line.journal, line.records, unit, line.operator, reason)
    typer.echo(f"{device} may be built once more.")


@cli.command("correct-clock")
def correct(
    first: Annotated[int, typer.Argument(min=1, help="The first journal entry with a wrong time.")],
    last: Annotated[int, typer.Argument(min=1, help="The last one.")],
    reason: Reason,
    operator: Operator = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Declare that some entries carry a wrong time, so that they no longer hold back signing. Nothing is changed."""
    with Station(open_station(station), "clock correction", operator) as line:
        correct_clock(line.journal, line.records, EventSeq(first), EventSeq(last), line.operator, reason)
    typer.echo(f"The times of entries {first} to {last} no longer count.")


@cli.command()
def units(
    text: Annotated[str, typer.Argument(help="The start of a device ID, IMEI, serial or certificate serial.")] = "",
    batch: Annotated[str, typer.Option(help="Only this work order.")] = "",
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Find units by any identifier."""
    with open_station(station).records() as records:
        found = records.find_units(text) if text or not batch else records.units_of(BatchId(batch))
        rows = []
        for unit in found:
            if batch and unit.batch != batch:
                continue
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
        _table_console().print(table if rows else "No unit is known by that.")
    raise typer.Exit(0 if rows else 1)


@cli.command("onboard-csv")
def onboard_csv(
    batch: Annotated[str, typer.Option(help="The work order.")],
    folder: Annotated[Path, typer.Option(help="Where the file goes.")] = Path(),
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Write a batch's passed units as the onboard.csv that nRF Cloud's own tools take."""
    from station.evidence.onboard_csv import write_onboard_csv  # noqa: PLC0415 -- only here

    with open_station(station).records() as records:
        rows = OnboardRows(records)
        passed = [rows.row_of(unit.id) for unit in records.units_of(BatchId(batch)) if unit.outcome is Outcome.PASSED]
    written = write_onboard_csv(passed, BatchId(batch), folder)
    for path in written:
        typer.echo(str(path))
    if not written:
        typer.echo(f"No unit of batch {batch} has passed.", err=True)
        raise typer.Exit(1)


@ca_commands.command("init")
def ca_init(station: StationFile = DEFAULT_FILE) -> None:
    """Make the root and the line CA, with their keys under the passphrase. Refuses where one is."""
    opened = open_station(station)
    made = opened.create_ca(opened.ca_passphrase(_asker(_ask_twice)))
    console = _console()
    console.print(f"Made {made.name} in {made.folder}.", soft_wrap=True)
    _show_fingerprints(console, made.root_sha256, made.line_sha256)
    next_thing = "Next: copy the folder to two safe places, then take root.key away from this PC and lock it up."
    console.print(next_thing, soft_wrap=True)


@ca_commands.command("show")
def ca_show(station: StationFile = DEFAULT_FILE) -> None:
    """Show the CA's certificates and fingerprints. Needs no passphrase."""
    from station.ca.folder import read_files  # noqa: PLC0415 -- only here

    files = read_files(open_station(station).require_ca())
    console = _console()
    console.print(f"{files.description.name}")
    for name, certificate in (("root", files.root), ("line", files.line)):
        until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
        console.print(f"{name}: {certificate.subject.rfc4514_string()}, valid until {until}", soft_wrap=True)
    _show_fingerprints(console, files.root_sha256, files.line_sha256)


def _show_fingerprints(console: Console, root: str, line: str) -> None:
    for name, fingerprint in (("root", root), ("line", line)):
        groups = " ".join(fingerprint[at : at + 4] for at in range(0, 64, 4))
        console.print(f"{name} SHA-256: {groups}", soft_wrap=True)


@cli.command()
def doctor(
    fixture: Annotated[Path | None, typer.Option(help="Another fixture than the station file's.")] = None,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Check this PC, the fixture, the CA and the cloud; each trouble with its mend."""
    from station.doctor import examine, print_findings  # noqa: PLC0415 -- a start without it is quicker

    raise typer.Exit(print_findings(examine(station, fixture), as_json=as_json))


@cli.command()
def demo(
    fast: Annotated[bool, typer.Option(help="Shorten the simulated devices' times.")] = False,
    units_wanted: Annotated[int, typer.Option("--units", min=1, help="How many boards.")] = 24,
    slots: Annotated[int, typer.Option(min=1, max=32, help="How many slots.")] = 8,
    headless: Annotated[bool, typer.Option(help="Plain lines instead of a live picture.")] = False,
    as_json: AsJson = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Which boards, and what befalls them.")] = 1,
) -> None:
    """Take simulated boards through a simulated fixture, from blank to onboarded, and show all of it."""
    from station.demo import run_demo  # noqa: PLC0415 -- a start without it is quicker

    face = Face(_console(stderr=as_json), headless, as_json)
    raise typer.Exit(run_demo(folder, face, units=units_wanted, slots=slots, fast=fast, seed=seed))


def _asker(ask: Callable[[str], Secret]) -> Callable[[str], Secret] | None:
    """Return ``ask`` where somebody sits at a terminal, who can answer."""
    return ask if sys.stdin is not None and sys.stdin.isatty() else None


def _ask(what: str) -> Secret:
    return Secret(typer.prompt(what, hide_input=True, err=True))


def _ask_twice(what: str) -> Secret:
    return Secret(typer.prompt(what, hide_input=True, confirmation_prompt=True, err=True))
