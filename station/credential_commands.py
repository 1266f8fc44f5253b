"""Commands about what a connected device holds: credentials list, delete."""

import json
from typing import Annotated

import typer
from rich.table import Table

from station.app import Station
from station.connected import Baud, Device, FixtureFile, Framing, Port, SlotOption, connect_modem, place_of
from station.devices.firmware import lists_true_hashes
from station.domain.modem import CredentialType, ModemIdentity, StoredCredential
from station.host.clock import SystemClock
from station.journal.database import FILE_NAME
from station.line.hand_deletion import (
    TYPE_NAMES,
    delete_by_hand,
    delete_recorded,
    is_reserved,
    name_of,
    require_user_tag,
)
from station.options import DEFAULT_FILE, AsJson, Reason, SignInFile, StationFile, open_quietly
from station.people.rights import Right
from station.sentences import plain_console, table_console
from station.signing_in import enter

credential_commands = typer.Typer(no_args_is_help=True, help="What a connected device holds, by security tag and type.")

_READABLE_SESSIONS = range(2147483648, 2147483668)
_NOTHING = 1
_TYPES = ", ".join(f"{int(kind)} {name}" for kind, name in TYPE_NAMES.items())


@credential_commands.command("list")
def list_held(
    context: typer.Context,
    port: Port = None,
    slot: SlotOption = None,
    sec_tag: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Only this security tag.")] = None,
    framing: Framing = "at_host",
    baud: Baud = 115200,
    fixture: FixtureFile = None,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """List what the device at a --port or in a --slot of the fixture holds. Changes nothing in it.

    Ends with 1 where it holds nothing.
    """
    where = Device(port, slot, framing, baud, fixture)
    where.require_one()
    opened = None if slot is None else open_quietly(context, station)
    with connect_modem(where, opened, SystemClock(), "credentials list") as modem:
        identity = modem.identify()
        rows = modem.list_credentials(sec_tag)
    if as_json:
        for row in rows:
            typer.echo(json.dumps(_as_json(row)))
    else:
        _show(identity, rows)
    raise typer.Exit(0 if rows else _NOTHING)


@credential_commands.command("delete")
def delete(
    context: typer.Context,
    sec_tag: Annotated[int, typer.Argument(min=0, max=2**32 - 1, help="The security tag, such as 16842753.")],
    kind: Annotated[int, typer.Argument(metavar="TYPE", min=0, max=65535, help=f"The type: {_TYPES}.")],
    reason: Reason,
    port: Port = None,
    slot: SlotOption = None,
    framing: Framing = "at_host",
    baud: Baud = 115200,
    fixture: FixtureFile = None,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Delete one credential of the device at a --port or in a --slot. A line lead's or engineer's; journaled.

    Refused for a finished unit of this station (declare a rework first), and for the modem's own security tags.
    A deleted key is gone for good. Ends with 1 where there was no such credential.
    """
    where = Device(port, slot, framing, baud, fixture)
    where.require_one()
    try:
        wanted = CredentialType(kind)
    except ValueError as error:
        raise typer.BadParameter(f"{kind}: one of {_TYPES}", param_hint="TYPE") from error
    require_user_tag(sec_tag)
    opened = open_quietly(context, station)
    if (opened.value.data / FILE_NAME).exists():
        with Station(opened, "credentials delete") as line:
            actor = enter(line, sign_in)
            line.gate.require(actor, Right.DELETE_CREDENTIALS, reason)  # before anything is opened
            with connect_modem(where, opened, opened.clock, "credentials delete", owned=True) as modem:
                identity, place = modem.identify(), place_of(where)
                found = delete_recorded(line.gate, line.records, actor, reason, modem, identity, place, sec_tag, wanted)
    else:
        plain_console(stderr=True).print(f"Not recorded: there is no journal in {opened.value.data}.", soft_wrap=True)
        with connect_modem(where, opened, opened.clock, "credentials delete") as modem:
            identity = modem.identify()
            found = delete_by_hand(modem, sec_tag, wanted)
    what = f"{name_of(kind)} under security tag {sec_tag}"
    told = f"Deleted: the {what}" if found else f"There was no {what}"
    plain_console().print(f"{told} (IMEI {identity.imei}).", soft_wrap=True)
    raise typer.Exit(0 if found else _NOTHING)


def _show(identity: ModemIdentity, rows: tuple[StoredCredential, ...]) -> None:
    whose = f"IMEI {identity.imei}, UUID {identity.uuid or 'unknown'}, {identity.firmware.text}"
    plain_console().print(whose, soft_wrap=True)
    table = Table(box=None, padding=(0, 1, 0, 0))
    for title in ("security tag", "type", "", "SHA-256", "remark"):
        table.add_column(title, overflow="fold", no_wrap=title != "remark")
    for row in rows:
        table.add_row(str(row.sec_tag), str(int(row.type)), name_of(row.type), row.sha256 or "", _remark(row))
    table_console().print(table if rows else "It holds nothing there.")
    if rows and not lists_true_hashes(identity.firmware):
        plain_console().print("This modem firmware lists no true digests: they say nothing.", soft_wrap=True)


def _remark(row: StoredCredential) -> str:
    if row.sec_tag in _READABLE_SESSIONS:
        return "TLS sessions that Nordic's tools can read: for tests only"
    return "the modem's own" if is_reserved(row.sec_tag) else ""


def _as_json(row: StoredCredential) -> dict[str, object]:
    return {
        "sec_tag": row.sec_tag,
        "type": int(row.type),
        "name": name_of(row.type),
        "sha256": row.sha256,
        "reserved": is_reserved(row.sec_tag),
        "remark": _remark(row),
    }
