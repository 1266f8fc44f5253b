"""The command that looks for a newer package: updates. It installs nothing."""

import json
from typing import Final

import typer

from station.domain.ids import BatchId
from station.journal.database import FILE_NAME
from station.opened import open_station
from station.options import DEFAULT_FILE, AsJson, StationFile
from station.sentences import plain_console
from station.software import software_version
from station.updates.looking import look_for_update, own_kind

_NONE: Final = 1


def updates(as_json: AsJson = False, station: StationFile = DEFAULT_FILE) -> None:
    """Say whether a newer package lies in the folder that the station file names for updates. Installs nothing.

    The list is signed with IT's key, and the package's SHA-256 is looked at. Exit code 1: there is none.
    """
    opened, console, running = open_station(station), plain_console(), software_version()
    asked = opened.value.updates
    if asked is None:
        console.print("The station file names no folder for updates: [updates] folder and key.", soft_wrap=True)
        raise typer.Exit(_NONE)
    newer = look_for_update(asked, running, own_kind())
    if newer is None:
        console.print(f"No package newer than {running} is in {asked.folder}.", soft_wrap=True)
        raise typer.Exit(_NONE)
    waits: list[BatchId] = []
    if (opened.value.data / FILE_NAME).exists():
        with opened.records() as records:
            waits = [name for name in records.batch_names() if (row := records.batch(name)) and not row.closed]
    package = newer.package
    if as_json:
        told = {"version": package.version, "file": str(newer.path), "sha256": package.sha256, "notes": package.notes}
        typer.echo(json.dumps({**told, "running": running, "open_batches": waits}))
        return
    console.print(f"Version {package.version} is there; this is {running}. {package.notes}".strip(), soft_wrap=True)
    console.print(f"{newer.path}: whole, SHA-256 {package.sha256}", soft_wrap=True)
    when = f"after the batch ({', '.join(waits)} is open)" if waits else "now: no batch is open"
    console.print(f"IT installs it, {when}.", soft_wrap=True)
