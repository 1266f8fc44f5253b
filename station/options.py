"""What several commands take from the command line, and how they open the station."""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from station.domain.ids import BatchId, DeviceId, parse_device_id
from station.host.program import is_packaged, own_folder
from station.opened import Opened, open_station
from station.people.rights import Role

if TYPE_CHECKING:  # loaded by whoever has a journal to read
    from station.journal.records import Records

DEFAULT_FILE = own_folder() / "station" / "station.toml" if is_packaged() else Path("config/station.toml")
NRF_CLOUD_TAG = 16842753
"""The security tag under which the vendor's own firmware keeps what is for nRF Cloud."""

StationFile = Annotated[
    Path, typer.Option("--station", envvar="STATION_FILE", help="The station file.", show_default=True)
]
Headless = Annotated[
    bool, typer.Option("--headless", help="Nobody is there: plain lines, as the service that the station file names.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded. Asked for when left out.", prompt=True)]
Fixture = Annotated[Path | None, typer.Option(help="A fixture file, or its folder; the station file's when left out.")]
SignInFile = Annotated[
    Path | None,
    typer.Option(
        "--sign-in", help="A file that only you can read: your name on the first line, your PIN on the second."
    ),
]
Roles = Annotated[list[Role], typer.Option("--role", help="What the person is on the line; may be repeated.")]


def open_quietly(context: typer.Context, station: Path) -> Opened:
    """Return the station, with its secrets kept out of whatever becomes of a mistake."""
    opened = open_station(station)
    context.ensure_object(list).append(opened.redactor)
    return opened


def read_device_id(text: str) -> DeviceId:
    """Return a device ID that somebody typed; BadParameter where it is none."""
    try:
        return parse_device_id(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def require_batch(records: "Records", batch: str) -> None:
    """Refuse the name of a batch that never was, with those most like it: most likely it was mistyped."""
    if records.batch(BatchId(batch)) is not None:
        return
    names = records.batch_names()
    like = get_close_matches(batch.casefold(), {name.casefold() for name in names}, n=3, cutoff=0.5)
    near = [name for name in names if name.casefold() in like] or names[-3:]
    known = ", ".join(near[:5]) if near else ""
    what = ("Near to it: " if like else "The newest: ") + known if near else "The journal has no batch yet"
    raise typer.BadParameter(f"There is no batch {batch!r}. {what}.", param_hint="the batch")
