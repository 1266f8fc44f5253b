"""Take nRF91 boards from blank to onboarded, with a record that holds.

Exit codes:
0 – done; of a run: every unit passed and is recorded
1 – units failed, or nothing was found
2 – a wrong command line
4 – something is to be mended; the sentence says what
130 – stopped by a person
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand
from typer.main import get_command

from station.host.redaction import Redactor
from station.loading import loading
from station.sentences import Commands, sentences
from station.software import version_text


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is, a function or a :class:`typer.Typer`, and what the list of commands says of it.

    It is loaded when it is run, or its own help is asked for: all of them together take a second.
    """

    load: Callable[[], Any]
    summary: str
    """The first paragraph of its own help."""
    hidden: bool = False


COMMANDS: Final[Mapping[str, Place]] = MappingProxyType(
    {
        "init": Place(
            lambda: import_module("station.people_commands").init,
            "Begin: the data folder, the first engineer, the station's own signing key, and the settings as they "
            "are now.",
        ),
        "release": Place(
            lambda: import_module("station.people_commands").release,
            "Stand for the settings as they are now: station file, fixture and recipes. An engineer's; journaled.",
        ),
        "verify": Place(
            lambda: import_module("station.verify_commands").verify,
            "Say what holds of an exported record or of a whole journal, and where it breaks first. Needs no station.",
        ),
        "checkpoint": Place(
            lambda: import_module("station.evidence_commands").checkpoint,
            "Sign the journal as it is now, and show the checkpoint: keep a copy away from this PC.",
        ),
        "close": Place(
            lambda: import_module("station.batch_commands").close,
            "Close a batch that is not complete, for good, and add its quantity up. A line lead's or an "
            "engineer's; journaled.",
        ),
        "outbox": Place(
            lambda: import_module("station.outbox_commands").outbox,
            "Show what is on its way to the cloud, its words for what it refused, reworks not begun, final "
            "checks amiss.",
        ),
        "decide": Place(
            lambda: import_module("station.outbox_commands").decide,
            "Decide about units that the cloud refused or is overdue with, or of which nobody knows. Journaled.",
        ),
        "rework": Place(
            lambda: import_module("station.outbox_commands").rework,
            "Allow one more attempt at a unit that passed or is in quarantine. A second person types a PIN too. "
            "Journaled.",
        ),
        "backup": Place(
            lambda: import_module("station.backup_commands").backup,
            "Write all that another PC needs to go on into one file, and show that it holds. Nothing is overwritten.",
        ),
        "restore": Place(
            lambda: import_module("station.backup_commands").restore,
            "Go on from a backup. An engineer's, and a second person types a PIN too; the record tells of it for ever.",
        ),
        "run": Place(
            lambda: import_module("station.line_commands").run,
            "Take a batch through the slots. Boards start when they are loaded; finished ones go to the cloud.",
        ),
        "upload": Place(
            lambda: import_module("station.line_commands").upload,
            "Send what waits in the outbox, and see it through until the cloud has confirmed or refused it.",
        ),
        "correct-clock": Place(
            lambda: import_module("station.line_commands").correct,
            "Declare that some entries carry a wrong time, so that they no longer hold back signing. Nothing is "
            "changed.",
        ),
        "units": Place(
            lambda: import_module("station.unit_commands").units,
            "Find units by any identifier; without one, show them all.",
        ),
        "engine": Place(
            lambda: import_module("station.starting_commands").engine,
            "Own the data folder for the desktop, until nobody needs that any more. Windows start this by themselves.",
            hidden=True,
        ),
        "desktop": Place(
            lambda: import_module("station.starting_commands").desktop,
            "Open the window. The line goes on when it is closed, and is there again when it is opened.",
        ),
        "updates": Place(
            lambda: import_module("station.update_commands").updates,
            "Say whether a newer package lies in the folder that the station file names for updates. Installs nothing.",
        ),
        "doctor": Place(
            lambda: import_module("station.starting_commands").doctor,
            "Check this PC, the fixture, the CA and the cloud; each trouble with its mend.",
        ),
        "demo": Place(
            lambda: import_module("station.starting_commands").demo,
            "Take simulated boards through a simulated fixture, from blank to onboarded, and show all of it.",
        ),
        "ca": Place(
            lambda: import_module("station.ca_commands").ca_commands,
            "The local certificate authority.",
        ),
        "people": Place(
            lambda: import_module("station.people_commands").people_commands,
            "Who works here. Names are kept here alone, never in a record.",
        ),
        "claim": Place(
            lambda: import_module("station.claim_commands").claim_commands,
            "Devices that are claimed by their attestation tokens (Provisioning API, team's key).",
        ),
        "export": Place(
            lambda: import_module("station.evidence_commands").export_commands,
            "A unit's or a batch's record for QA: a bundle, tables, reports. Nothing is overwritten.",
        ),
        "jwt": Place(
            lambda: import_module("station.jwt_commands").jwt_commands,
            "Tokens (JWT, ES256) as nRF Cloud takes them: made by a key file or a device; verified.",
        ),
        "token": Place(
            lambda: import_module("station.token_commands").token_commands,
            "What a modem says of itself, explained. Needs no station.",
        ),
        "credentials": Place(
            lambda: import_module("station.credential_commands").credential_commands,
            "What a connected device holds, by security tag and type.",
        ),
        "cloud": Place(
            lambda: import_module("station.cloud_commands").cloud_commands,
            "Ask nRF Cloud about one device, or delete it. Team API alone.",
        ),
    }
)


class _Listed(Commands):
    """The commands of :data:`COMMANDS`: named in the list of all, loaded one at a time."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        for name, place in COMMANDS.items():
            self.add_command(TyperCommand(name, help=place.summary, hidden=place.hidden))

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]  # as `invoke` of Commands
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _load(str(name)), rest


def _load(name: str) -> Any:
    place = COMMANDS[name]
    with loading():
        found = place.load()
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name, hidden=place.hidden)(found)
        found = alone
    command = get_command(found)
    command.name = name
    return command


cli = typer.Typer(
    name="station",
    cls=_Listed,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=__doc__,
)


def main() -> None:
    """Run the command line; every fault ends as a sentence, never as a traceback."""
    redactors: list[Redactor] = []
    with sentences(redactors):
        cli(obj=redactors)


def _version(show: bool) -> None:
    if show:
        typer.echo(version_text())
        raise typer.Exit


@cli.callback()
def _top(
    _show: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """Take nRF91 boards from blank to onboarded, with a record that holds."""
