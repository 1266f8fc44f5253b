"""Commands against the day on which the PC dies: backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from station.app import Station
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.opened import Opened, open_station
from station.options import DEFAULT_FILE, Headless, Reason, SignInFile, StationFile, open_quietly
from station.people.rights import Actor, Right
from station.sentences import plain_console
from station.signing_in import ask_second, ask_secret_twice, at_terminal, enter


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to: a folder on another disk. Made where it is not there.")],
    reason: Annotated[str, typer.Option(help="Why, where there is something to say; it is recorded.")] = "",
    sign_in: SignInFile = None,
    headless: Headless = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Write all that another PC needs to go on into one file, and show that it holds. Nothing is overwritten.

    The journal as it is now, checkpoints, people, the CA with its keys under their passphrase, the station file,
    fixture, recipes and what they pin. Not in it: the station's signing key, API key and passphrases.
    """
    from station.backing_up import BackupDesk  # noqa: PLC0415 -- a start without it is quicker

    opened = open_quietly(context, station)
    with Station(opened, "a backup") as line:
        actor = enter(line, sign_in, headless=headless)
        written = BackupDesk(line, actor, folder, reason).write()
    console = plain_console()
    console.print(str(written.path), soft_wrap=True)
    console.print(f"Read back, and it holds: {written.size} entries. SHA-256 {written.sha256}", soft_wrap=True)
    for place in written.elsewhere:
        console.print(f"Lies outside of the station's folders, and is in it apart: {place}", soft_wrap=True)
    for text in written.left_out:
        console.print(f"Not in it: {text}.", soft_wrap=True)
    for text in written.waiting:
        typer.echo(text, err=True)
    console.print("Keep it away from this PC. Whoever has it, and the CA's passphrase, has the CA.", soft_wrap=True)


def restore(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The backup.", metavar="BACKUP")],
    into: Annotated[Path, typer.Option(help="The folder that the station will lie in: not there yet, or empty.")],
    reason: Reason,
    key: Annotated[
        str, typer.Option(help="The verifier key of the station then, its fingerprint, or a file, as you kept it.")
    ] = "",
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that you kept, from before the backup; may be repeated.")
    ] = None,
    sign_in: SignInFile = None,
) -> None:
    """Go on from a backup. An engineer's, and a second person types a PIN too; the record tells of it for ever.

    Everything in the backup is verified before anything is made. The record goes on under a name and a signing key of
    its own. Only when the PC before never works again: what it did since the backup, nobody here knows.
    """
    from station.restoring import Chosen, Faces, require_room, restore_backup  # noqa: PLC0415 -- as above

    require_room(into.absolute())  # nobody types a PIN for nothing

    def opening(file: Path) -> Opened:
        opened = open_station(file)
        context.ensure_object(list).append(opened.redactor)
        return opened

    def agree(line: Station, actor: Actor) -> Actor | None:
        return ask_second(line, Right.RESTORE) if actor.may(Right.RESTORE) and at_terminal() else None

    def passphrase(fault: Fault) -> Secret:
        if not at_terminal():
            raise fault
        typer.echo(f"{fault.sentence} Type the passphrase that will be kept there.", err=True)
        return ask_secret_twice("Passphrase of the station's new signing key")

    faces = Faces(lambda line: enter(line, sign_in), agree, passphrase)
    done = restore_backup(Chosen(path, into, reason, key, tuple(checkpoint or ())), faces, opening)
    event, console = done.event, plain_console()
    for text in (
        f"Restored: {done.station_file}, with {event.size} entries of {event.before}.",
        f"The record goes on as {event.origin}, signed with a new key, fingerprint {done.key.fingerprint}.",
        "Keep this line away from this PC, beside the one from before, for whoever verifies:",
        done.key.text(),
        *done.told,
        "No certificate's serial number is given twice: each is a random number of 159 bits.",
        "Put API key, passphrases and sign-in files where the station file says. Never start the PC before again.",
    ):
        console.print(text, soft_wrap=True)
