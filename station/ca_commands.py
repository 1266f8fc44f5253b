"""Commands about the local certificate authority: ca init, ca show."""

import typer
from rich.console import Console

from station.app import Station
from station.ca.creation import require_room
from station.ca.folder import read_files
from station.opened import open_station
from station.options import DEFAULT_FILE, SignInFile, StationFile, open_quietly
from station.people.rights import Right
from station.sentences import plain_console
from station.signing_in import ask_secret_twice, asker, enter

ca_commands = typer.Typer(no_args_is_help=True, help="The local certificate authority.")


@ca_commands.command("init")
def ca_init(context: typer.Context, sign_in: SignInFile = None, station: StationFile = DEFAULT_FILE) -> None:
    """Make the root and the line CA, with their keys under the passphrase. A CA keeper's. Refuses where one is."""
    opened = open_quietly(context, station)
    require_room(opened.value.ca_folder)  # nobody types a passphrase for nothing
    with Station(opened, "making the CA") as line:
        actor = enter(line, sign_in)
        line.gate.require(actor, Right.CREATE_CA)
        made = line.create_ca(opened.ca_passphrase(asker(ask_secret_twice)))
    console = plain_console()
    console.print(f"Made {made.name} in {made.folder}.", soft_wrap=True)
    _show_fingerprints(console, made.root_sha256, made.line_sha256)
    next_thing = "Next: copy the folder to two safe places, then take root.key away from this PC and lock it up."
    console.print(next_thing, soft_wrap=True)


@ca_commands.command("show")
def ca_show(station: StationFile = DEFAULT_FILE) -> None:
    """Show the CA's certificates and fingerprints. Needs no passphrase."""
    files = read_files(open_station(station).require_ca())
    console = plain_console()
    console.print(f"{files.description.name}")
    for name, certificate in (("root", files.root), ("line", files.line)):
        until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
        console.print(f"{name}: {certificate.subject.rfc4514_string()}, valid until {until}", soft_wrap=True)
    _show_fingerprints(console, files.root_sha256, files.line_sha256)


def _show_fingerprints(console: Console, root: str, line: str) -> None:
    for name, fingerprint in (("root", root), ("line", line)):
        groups = " ".join(fingerprint[at : at + 4] for at in range(0, 64, 4))
        console.print(f"{name} SHA-256: {groups}", soft_wrap=True)
