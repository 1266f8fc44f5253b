"""Units as the journal has them, for whoever asks at the command line; nothing of the line is loaded for it."""

import json
from typing import Annotated

import typer
from rich.table import Table

from station.domain.ids import BatchId
from station.opened import open_station
from station.options import DEFAULT_FILE, AsJson, StationFile, require_batch
from station.sentences import table_console

_MOST, _ALL = 1000, -1
"""How many units are shown to a person who named no batch; to everybody else."""


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
