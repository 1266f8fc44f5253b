"""Commands of QA: export, checkpoint."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from station.app import Station
from station.domain.ids import BatchId
from station.exporting import ExportDesk, Form
from station.line.decisions import find_unit
from station.options import DEFAULT_FILE, Headless, SignInFile, StationFile, open_quietly, require_batch
from station.sentences import plain_console
from station.signed_record import SignedRecord
from station.signing_in import enter

export_commands = typer.Typer(
    no_args_is_help=True, help="A unit's or a batch's record for QA: a bundle, tables, reports. Nothing is overwritten."
)

Folder = Annotated[Path, typer.Option("--to", help="The folder for the files; made where it is not there.")]
Forms = Annotated[
    list[Form] | None, typer.Option("--form", help="bundle, tables (CSV and PDF), onboard-csv; the first two if none.")
]
Earlier = Annotated[
    Path | None, typer.Option("--since", help="A checkpoint that you kept: the bundle shows that it still holds.")
]
Why = Annotated[str, typer.Option("--reason", help="Why; needed to print a record again.")]


@export_commands.command("unit")
def export_units(
    context: typer.Context,
    unit: Annotated[list[str], typer.Argument(help="Any identifier of a unit; several for a selection.")],
    to: Folder = Path(),
    form: Forms = None,
    since: Earlier = None,
    reason: Why = "",
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Export one unit's record, or several units'."""
    opened = open_quietly(context, station)
    forms = _chosen(form)
    if Form.ONBOARD in forms:
        raise typer.BadParameter("an onboard.csv is made of a batch: station export batch", param_hint="--form")
    with Station(opened, "export") as line:
        actor = enter(line, sign_in)
        units = [row for text in unit if (row := line.records.unit(find_unit(line.records, text).id)) is not None]
        written = ExportDesk(line, actor, to, reason).units(units, forms, since)
    _tell(written)


@export_commands.command("batch")
def export_batch_records(
    context: typer.Context,
    batch: Annotated[str, typer.Argument(help="The work order.")],
    to: Folder = Path(),
    form: Forms = None,
    since: Earlier = None,
    reason: Why = "",
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Export everything of one batch."""
    opened = open_quietly(context, station)
    forms = _chosen(form)
    with Station(opened, "export") as line:
        actor = enter(line, sign_in)
        require_batch(line.records, batch)
        written = ExportDesk(line, actor, to, reason).batch(BatchId(batch), forms, since)
    _tell(written)
    if Form.ONBOARD in forms and not written:
        typer.echo(f"No unit of batch {batch} has passed.", err=True)
        raise typer.Exit(1)


def checkpoint(
    context: typer.Context,
    reason: Why = "on demand",
    sign_in: SignInFile = None,
    headless: Headless = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Sign the journal as it is now, and show the checkpoint: keep a copy away from this PC."""
    opened = open_quietly(context, station)
    with Station(opened, "checkpoint") as line:
        actor = enter(line, sign_in, headless=headless)
        kept = SignedRecord(line).checkpoint(actor, reason)
    typer.echo(kept.note, nl=False)
    typer.echo(f"Kept as {kept.path}.", err=True)
    for text in kept.waiting:
        typer.echo(text, err=True)


def _chosen(form: list[Form] | None) -> list[Form]:
    return form or [Form.BUNDLE, Form.TABLES]


def _tell(written: Sequence[Path]) -> None:
    for path in written:
        plain_console().print(str(path), soft_wrap=True)
