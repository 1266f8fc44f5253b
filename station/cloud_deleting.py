"""The command that deletes a device from the cloud: cloud delete."""

from typing import Annotated

import typer

from station.app import Station
from station.line.cloud_deletion import delete_from_cloud
from station.line.faults import DELETE_IN_PORTAL
from station.options import DEFAULT_FILE, Reason, SignInFile, StationFile, open_quietly, read_device_id
from station.sentences import plain_console
from station.signing_in import enter

_NO = 1


def delete(
    context: typer.Context,
    device_id: Annotated[str, typer.Argument(metavar="ID", help="The device's ID in the cloud.")],
    reason: Reason,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Delete a device and all its data from the cloud. A line lead's or an engineer's; journaled.

    Its claim stays: station claim undo gives that up. A unit of this station is held then, until somebody decides; a
    declared rework of it goes on. Ends with 1 where the cloud did not have it.
    """
    wanted = read_device_id(device_id)
    opened = open_quietly(context, station)
    if opened.value.cloud is not None and opened.value.cloud.kind != "team":
        raise DELETE_IN_PORTAL.fault(path=opened.settings.path)
    asker = opened.team_asker()
    with Station(opened, "cloud delete") as line:
        actor = enter(line, sign_in)
        was = delete_from_cloud(line.gate, line.records, asker, wanted, actor, reason, line.account_of_key)
    said = "is deleted, with all that the cloud had of it. Its claim, if it has one, stays: station claim undo"
    plain_console().print(f"{wanted} {said if was else 'was not in this account.'}", soft_wrap=True)
    raise typer.Exit(0 if was else _NO)
