"""Commands about claims in nRF Cloud's Provisioning API: claim check, show, undo, rules, make-rule."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from station.app import Station
from station.cloud.protocol import AttestationToken
from station.cloud.provisioning import Claimable, NotClaimable, NotClaimed
from station.cloud.provisioning_answers import CLOUD_KEY, ClaimedDevice
from station.cloud.provisioning_rows import Claim, RuleOrder, claim_of
from station.credentials.pem import CertificatePem, read_certificates, to_pem
from station.domain.ids import DeviceUuid
from station.host.files import read_bytes
from station.journal.records import Records
from station.line.claim_decisions import make_claim_rule, unclaim_unit
from station.line.cloud_refusals import fault_of
from station.line.decisions import find_unit
from station.line.faults import NOT_ATTESTED, UNIT_WITHOUT_UUID
from station.line.onboarding import OnboardRows
from station.opened import Opened
from station.options import DEFAULT_FILE, NRF_CLOUD_TAG, AsJson, Reason, SignInFile, StationFile, open_quietly
from station.people.rights import Right
from station.sentences import plain_console, table_console
from station.signing_in import enter

claim_commands = typer.Typer(
    no_args_is_help=True, help="Devices that are claimed by their attestation tokens (Provisioning API, team's key)."
)

_NO = 1
_LIMIT = 65536

_Unit = Annotated[str, typer.Argument(help="Any identifier of the unit.")]


@claim_commands.command("check")
def check(
    context: typer.Context,
    unit: _Unit,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Try a unit's claim out (a dry run): nothing is done there. Ends with 1 where it would be refused."""
    opened = open_quietly(context, station)
    claim = _claim_of_unit(opened, unit)
    (answer,) = opened.provisioning().can_claim([claim])
    if not isinstance(answer, Claimable | NotClaimable):
        raise fault_of(answer)
    reason = answer.reason if isinstance(answer, NotClaimable) else ""
    if as_json:
        typer.echo(json.dumps({"uuid": claim.uuid, "claimable": not reason, "reason": reason}))
    else:
        told = f"can't be claimed: {reason}" if reason else "can be claimed"
        plain_console().print(f"{claim.uuid} {told}", soft_wrap=True)
    raise typer.Exit(_NO if reason else 0)


@claim_commands.command("show")
def show(
    context: typer.Context,
    unit: _Unit,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Show a unit's claim, and what its device was told to do and has done. Ends with 1 where it is not claimed."""
    opened = open_quietly(context, station)
    uuid = _uuid_of(opened, unit)
    api = opened.provisioning()
    device = api.device(uuid)
    if isinstance(device, NotClaimed):
        plain_console().print(f"{uuid}: {device.reason}", soft_wrap=True)
        raise typer.Exit(_NO)
    if not isinstance(device, ClaimedDevice):
        raise fault_of(device)
    found = api.commands(uuid)
    if isinstance(found, NotClaimed):
        plain_console().print(f"{uuid}: {found.reason}", soft_wrap=True)
        raise typer.Exit(_NO)
    if not isinstance(found, tuple):
        raise fault_of(found)
    key = any(one.kind == CLOUD_KEY and one.done for one in found)
    if as_json:
        told = {"uuid": uuid, "tags": device.tags, "type": device.device_type, "claimed_at": device.claimed_at}
        commands = [{"id": one.id, "kind": one.kind, "status": one.status} for one in found]
        typer.echo(json.dumps({**told, "cloud_key": key, "commands": commands}))
        return
    console = plain_console()
    console.print(f"{uuid}: claimed {device.claimed_at}, {device.device_type}", soft_wrap=True)
    console.print(f"tags: {', '.join(device.tags) or 'none'}", soft_wrap=True)
    console.print("cloud access key: " + ("made" if key else "not seen"))
    table = Table(box=None, padding=(0, 1, 0, 0))
    for title in ("command", "status"):
        table.add_column(title, overflow="fold")
    for one in found:
        table.add_row(one.kind, one.status)
    table_console().print(table if found else "It has been told nothing: no rule has one of its tags.")


@claim_commands.command("undo")
def undo(
    context: typer.Context,
    unit: _Unit,
    reason: Reason,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Give a unit's claim up: whoever has its token may claim it then. A line lead's or an engineer's; journaled.

    Before its rework, for one: a device is claimed anew with its new token, and gets a new cloud key, only then. What
    the team holds of the device otherwise stays. Ends with 1 where it was not claimed.
    """
    opened = open_quietly(context, station)
    api = opened.provisioning()
    with Station(opened, "claim undo") as line:
        actor = enter(line, sign_in)
        device, was = unclaim_unit(line.gate, line.records, api, unit, actor, reason, line.account_of_key)
    said = "its claim is given up. To have it claimed again: station decide" if was else "this team had not claimed it."
    plain_console().print(f"{device}: {said}", soft_wrap=True)
    raise typer.Exit(0 if was else _NO)


@claim_commands.command("rules")
def rules(context: typer.Context, as_json: AsJson = False, station: StationFile = DEFAULT_FILE) -> None:
    """Show the team's provisioning rules: what devices do that are claimed with their tags. Ends with 1 for none."""
    found = open_quietly(context, station).provisioning().rules()
    if not isinstance(found, tuple):
        raise fault_of(found)
    table = Table(box=None, padding=(0, 1, 0, 0))
    for title in ("rule", "tags", "active", "devices are told"):
        table.add_column(title, overflow="fold")
    for rule in found:
        if as_json:
            value = {"name": rule.name, "tags": rule.tags, "active": rule.active, "commands": rule.kinds}
            typer.echo(json.dumps(value))
        table.add_row(rule.name, ", ".join(rule.tags), "yes" if rule.active else "no", ", ".join(rule.kinds))
    if not as_json:
        table_console().print(table if found else "The team has no provisioning rule.")
    raise typer.Exit(0 if found else _NO)


@claim_commands.command("make-rule")
def make_rule(
    context: typer.Context,
    tag: Annotated[str, typer.Argument(help="The claim tag, such as nrf-cloud-onboarding.")],
    root: Annotated[
        list[Path], typer.Option(help="A PEM file with a root certificate of the cloud's servers; may be repeated.")
    ],
    reason: Reason,
    sec_tag: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="Under which devices keep what they get.")
    ] = NRF_CLOUD_TAG,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Make a provisioning rule for a claim tag, unless an active one is there. An engineer's; journaled.

    Devices that are claimed with the tag are told to make a key and a cloud access key, and get the roots.
    """
    opened = open_quietly(context, station)
    order = RuleOrder(tag, sec_tag, CertificatePem("".join(_root(path) for path in root)))
    api = opened.provisioning()
    with Station(opened, "claim make-rule") as line:
        actor = enter(line, sign_in)
        line.gate.require(actor, Right.MAKE_CLAIM_RULE, reason)
        made = make_claim_rule(line.gate, api, order, actor, reason)
    told = "made" if made else "there already, and left as it is"
    plain_console().print(f"The provisioning rule for {tag} is {told}.", soft_wrap=True)


def _root(path: Path) -> CertificatePem:
    text = read_bytes(path, _LIMIT).decode("utf-8", "replace")
    return to_pem(*read_certificates(text, source=path))


def _uuid_of(opened: Opened, text: str) -> DeviceUuid:
    with opened.records() as records:
        unit = find_unit(records, text)
    if unit.uuid is None:
        raise UNIT_WITHOUT_UUID.fault(device_id=unit.device_id)
    return unit.uuid


def _claim_of_unit(opened: Opened, text: str) -> Claim:
    with opened.records() as records:
        return _claim(records, text)


def _claim(records: Records, text: str) -> Claim:
    unit = find_unit(records, text)
    (row,) = OnboardRows(records).rows_of([unit.id])
    if not isinstance(row.credential, AttestationToken):
        raise NOT_ATTESTED.fault(device_id=unit.device_id)
    return claim_of(row.credential.text, row.claim_tags)
