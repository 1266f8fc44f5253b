"""Commands about JSON Web Tokens: jwt create, verify, service-token."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from station.connected import Baud, Device, FixtureFile, Framing, Port, SlotOption, connect_modem
from station.credentials.jwt_making import Claims, make_jwt
from station.credentials.jwt_reading import Expected, Judgement, judge_jwt
from station.domain.secret import Secret
from station.given import (
    Out,
    PassphraseEnv,
    PassphraseFile,
    PassphrasePlace,
    given_text,
    hand_out,
    new_redactor,
    signing_key,
    verifying_key,
)
from station.host.clock import Clock, SystemClock
from station.line.decisions import find_unit
from station.line.faults import NO_KEY_OF_UNIT
from station.line.unit_keys import key_of_unit
from station.options import DEFAULT_FILE, NRF_CLOUD_TAG, AsJson, StationFile, open_quietly
from station.sentences import plain_console

jwt_commands = typer.Typer(
    no_args_is_help=True, help="Tokens (JWT, ES256) as nRF Cloud takes them: made by a key file or a device; verified."
)

_DEFAULT_LIFE = 600
_LONGEST_LIFE = 7 * 24 * 3600
"""The vendor's own library asks a modem for no longer life (nrf-cloud-api reference section 4)."""
_DOES_NOT_HOLD = 1
_DEPRECATED = (
    "The vendor marks service keys and these tokens as deprecated: they may be removed at any time since 2026-07-01. "
    "Use an Organization Auth Token where you can."
)

_Key = Annotated[Path | None, typer.Option(help="A private key (EC P-256, PEM) in a file that only you can read.")]
_ServiceKey = Annotated[Path, typer.Option(help="The team's service key (EC P-256, PEM), in a private file.")]
_Subject = Annotated[str | None, typer.Option("--sub", help="The subject: the device's ID.")]
_Audience = Annotated[str | None, typer.Option("--aud", help="The audience.")]


@jwt_commands.command("create")
def create(
    context: typer.Context,
    key: _Key = None,
    port: Port = None,
    slot: SlotOption = None,
    sub: _Subject = None,
    iss: Annotated[
        str | None, typer.Option("--iss", help="The issuer, <hardware>.<UUID>; a device writes its own.")
    ] = None,
    aud: _Audience = None,
    expires_in: Annotated[
        int, typer.Option(min=0, help="Seconds until it expires; 0: never, and without the time it was made.")
    ] = _DEFAULT_LIFE,
    sec_tag: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of a device: whose key signs.")] = NRF_CLOUD_TAG,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    out: Out = None,
    framing: Framing = "at_host",
    baud: Baud = 115200,
    fixture: FixtureFile = None,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Make a token: signed by a key file (--key), or by the device at a --port or in a --slot of the fixture.

    nRF Cloud takes sub for the device's ID, or else the UUID behind the dot of iss. A device always writes its own iss;
    for one that expires it is given this PC's time.
    """
    if sum(one is not None for one in (key, port, slot)) != 1:
        raise typer.BadParameter("name one of them", param_hint="--key, --port, --slot")
    if key is not None:
        if sub is None and iss is None:
            raise typer.BadParameter("without one of them it speaks for no device", param_hint="--sub, --iss")
        place = PassphrasePlace(passphrase_file, passphrase_env)
        claims = _claims(SystemClock(), expires_in, sub, iss, aud)
        token = Secret(make_jwt(signing_key(key, place, new_redactor(context)), claims))
    else:
        if iss is not None:
            raise typer.BadParameter("a device writes its own", param_hint="--iss")
        if expires_in > _LONGEST_LIFE:
            raise typer.BadParameter("a device signs for 7 days at most", param_hint="--expires-in")
        clock = SystemClock()
        _claims(clock, expires_in, sub, None, aud)  # judged before anything is opened
        where = Device(port, slot, framing, baud, fixture)
        opened = None if slot is None else open_quietly(context, station)
        with connect_modem(where, opened, clock, "jwt create") as modem:
            if expires_in:
                modem.set_clock(clock.now())
            token = Secret(modem.sign_jwt(sec_tag, audience=aud or "", subject=sub, seconds=expires_in))
    hand_out(token, out, as_json=as_json)


@jwt_commands.command("verify")
def verify(
    context: typer.Context,
    token: Annotated[str, typer.Argument(help="The token, or - for standard input.")],
    certificate: Annotated[Path | None, typer.Option(help="By the key in this certificate (PEM).")] = None,
    public_key: Annotated[Path | None, typer.Option(help="By this public key (PEM).")] = None,
    unit: Annotated[
        str | None, typer.Option(help="By the key that the journal has for this unit, and for this unit.")
    ] = None,
    sub: _Subject = None,
    aud: _Audience = None,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Say whether a token holds, by a certificate, a public key or the journal's unit; if not, every reason why not.

    Others on this PC see what is typed behind a command: give a token that still counts on standard input (-). Ends
    with 1 where it does not hold.
    """
    named = [one for one in (certificate, public_key) if one is not None]
    if len(named) + (unit is not None) != 1:
        raise typer.BadParameter("name one of them", param_hint="--certificate, --public-key, --unit")
    devices: frozenset[str] = frozenset()
    clock: Clock = SystemClock()
    if unit is not None:
        opened = open_quietly(context, station)
        clock = opened.clock
        with opened.records() as records:
            row = find_unit(records, unit)
            known = key_of_unit(records, row)
        if known is None:
            raise NO_KEY_OF_UNIT.fault(device_id=row.device_id)
        key = known
        devices = frozenset({str(row.device_id)})
    else:
        key = verifying_key(named[0])
    found = judge_jwt(given_text(token).strip(), key, now=clock.now(), expected=Expected(aud, sub, devices))
    _tell(found, as_json=as_json)
    raise typer.Exit(0 if found.holds else _DOES_NOT_HOLD)


@jwt_commands.command("service-token")
def service_token(
    context: typer.Context,
    key: _ServiceKey,
    team: Annotated[str, typer.Option(help="The team's (tenant's) ID: the audience.")],
    device: Annotated[str | None, typer.Option(help="The device's ID, where all requests are for one device.")] = None,
    days: Annotated[int, typer.Option(min=0, max=3650, help="Days until it expires; 0: never.")] = 30,
    passphrase_file: PassphraseFile = None,
    passphrase_env: PassphraseEnv = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Make a token for a proxy server between devices and nRF Cloud's Location Services. Deprecated by the vendor."""
    plain_console(stderr=True).print(_DEPRECATED, soft_wrap=True)
    clock = SystemClock()
    try:
        # Only what the vendor's own client claims: its server may refuse more.
        expires = clock.now() + timedelta(days=days) if days else None
        claims = Claims(subject=device, audience=team, expires=expires)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    place = PassphrasePlace(passphrase_file, passphrase_env)
    token = make_jwt(signing_key(key, place, new_redactor(context)), claims)
    hand_out(Secret(token), out, as_json=as_json)


def _claims(clock: Clock, life: int, sub: str | None, iss: str | None, aud: str | None) -> Claims:
    issued: datetime | None = clock.now() if life else None
    try:
        expires = None if issued is None else issued + timedelta(seconds=life)
        return Claims(sub, iss, aud, issued, expires)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error)) from error


def _tell(found: Judgement, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**asdict(found), "holds": found.holds}, default=str))
        return
    console = plain_console()
    if found.holds:
        whose = "no device in particular" if found.device is None else f"device {json.dumps(found.device)}"
        until = "" if found.expires is None else f", until {found.expires:%Y-%m-%d %H:%M:%S} UTC"
        console.print(f"It holds: signed by this key, for {whose}{until}.", soft_wrap=True)
    else:
        console.print("It does NOT hold.", soft_wrap=True)
    for why in found.wrong:
        console.print(f"- {why}", soft_wrap=True)
    for note in found.notes:
        console.print(f"  note: {note}", soft_wrap=True)
    if found.claims:
        console.print(f"header {json.dumps(found.header)}", soft_wrap=True)
        console.print(f"claims {json.dumps(found.claims)}", soft_wrap=True)
