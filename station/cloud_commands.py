"""Commands that ask nRF Cloud about one device: cloud device, assistance, certificate. Team API alone."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from station.app import Station
from station.cloud.devices import (
    MOST_ASSISTANCE,
    AbsentDevice,
    Assistance,
    DevelopmentCertificate,
    FoundDevice,
    create_certificate,
    fetch_assistance,
    fetch_device,
)
from station.cloud.protocol import CredentialRefused
from station.cloud_deleting import delete
from station.connected import Baud, Device, FixtureFile, Framing, connect_modem, place_of
from station.credentials.jws import is_compact
from station.domain.check_events import CheckState
from station.domain.events import DevelopmentKeyIntended, DevelopmentKeyMade
from station.domain.ids import DeviceId, Imei
from station.domain.secret import Secret
from station.given import STDIN, echo_facts, given_text
from station.host.core_files import forbid_core_files
from station.host.faults import FILE_EXISTS
from station.host.files import create_file, make_private_folder, read_private_text
from station.journal.database import FILE_NAME
from station.line.cloud_refusals import fault_of
from station.line.cloud_token import sign_for_cloud
from station.line.faults import (
    CLOUD_TOLD_NOTHING,
    DEVELOPMENT_ONLY,
    MADE_HERE,
    NO_CLOUD,
    TOKEN_UNUSABLE,
)
from station.line.final_by_hand import check_by_hand, unit_to_check
from station.opened import Opened
from station.options import (
    DEFAULT_FILE,
    NRF_CLOUD_TAG,
    AsJson,
    Reason,
    SignInFile,
    StationFile,
    open_quietly,
    read_device_id,
)
from station.people.rights import Right
from station.sentences import plain_console
from station.signing_in import ask_secret, at_terminal, enter

cloud_commands = typer.Typer(no_args_is_help=True, help="Ask nRF Cloud about one device, or delete it. Team API alone.")
cloud_commands.command("delete")(delete)

_NO = 1
_RANGE = re.compile(r"(\d{1,9})-(\d{1,9})")
_TYPES = frozenset({*range(1, 10), 11, 12, 13})
_WARNING = (
    "For development alone: the cloud makes the private key and sends it in the clear (inside TLS). Whoever sees the "
    "files can be this device. The vendor marks this way as deprecated."
)

FromSlot = Annotated[
    int | None,
    typer.Option("--jwt-from-slot", min=1, help="Ask with a token that the device in this slot signs now."),
]
FromPort = Annotated[
    str | None, typer.Option("--jwt-from-port", help="Ask with a token that the device at this port signs now.")
]
FromFile = Annotated[
    str | None, typer.Option("--jwt", help="Ask with the token in this private file, or - for standard input.")
]
SecTag = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the device: whose key signs.")]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the token comes from: at most one of them; ``file`` may be ``-``."""

    where: Device
    file: str | None
    sec_tag: int

    @property
    def count(self) -> int:
        """How many were named."""
        return sum(one is not None for one in (self.where.slot, self.where.port, self.file))

    @property
    def words(self) -> str:
        """Who signed the token."""
        return "the token given" if self.file is not None else f"the token that {place_of(self.where)} signed just now"


@cloud_commands.command("device")
def device(
    context: typer.Context,
    device_id: Annotated[str, typer.Argument(metavar="ID", help="The device's ID in the cloud.")],
    from_slot: FromSlot = None,
    from_port: FromPort = None,
    from_file: FromFile = None,
    sec_tag: SecTag = NRF_CLOUD_TAG,
    framing: Framing = "at_host",
    baud: Baud = 115200,
    fixture: FixtureFile = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write what comes of it into the journal, as the unit's final check.")
    ] = False,
    sign_in: SignInFile = None,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Fetch one device: with the API key, or with a token that the connected device signs for it just now.

    The latter proves all of it at once: the device holds the key, and the cloud knows that key for this ID. Ends with
    1 where the cloud does not have the device, or does not take the token. With --record, somebody who may upload
    signs in, and both questions are the final check of that unit of this station.
    """
    wanted = read_device_id(device_id)
    source = _Source(Device(from_port, from_slot, framing, baud, fixture), from_file, sec_tag)
    if source.count > 1:
        raise typer.BadParameter("name one of them", param_hint="--jwt, --jwt-from-slot, --jwt-from-port")
    opened = open_quietly(context, station)
    if record:
        if source.count != 1 or from_file is not None:
            raise typer.BadParameter("name the device that signs", param_hint="--jwt-from-slot, --jwt-from-port")
        raise typer.Exit(_record_check(opened, source, wanted, sign_in, as_json=as_json))
    token = None
    if source.count:
        opened.require_team_api()  # said before anything is signed
        token = _take_token(source, opened, wanted)
    answer = fetch_device(opened.team_asker(token), wanted)
    console = plain_console()
    match answer:
        case FoundDevice():
            if as_json:
                typer.echo(json.dumps(answer.value))
            else:
                echo_facts(_facts(answer.value))
                if token is not None:
                    console.print(f"The cloud accepts {source.words}: its key is this device's.", soft_wrap=True)
            raise typer.Exit(0)
        case AbsentDevice():
            console.print(f"The cloud does not have {wanted} in this account: {answer.reason}", soft_wrap=True)
            raise typer.Exit(_NO)
        case CredentialRefused() if token is not None:
            console.print(f"The cloud does not take {source.words} for {wanted}: {answer.reason}", soft_wrap=True)
            raise typer.Exit(_NO)
        case _:
            raise fault_of(answer)


def _record_check(opened: Opened, source: _Source, wanted: DeviceId, sign_in: Path | None, *, as_json: bool) -> int:
    opened.require_team_api()  # said before anybody signs in
    cloud, place = opened.cloud(), place_of(source.where)
    if cloud is None:
        raise NO_CLOUD.fault(path=opened.settings.path)
    with Station(opened, "cloud device") as line:
        actor = enter(line, sign_in)
        unit = unit_to_check(line.gate, line.records, actor, wanted)
        with connect_modem(source.where, opened, opened.clock, "cloud", owned=True) as modem:
            found = check_by_hand(line.gate, actor, cloud, modem, opened.clock, unit, place, source.sec_tag)
    if as_json:
        typer.echo(json.dumps({"known": found.known, "token": found.token, "words": found.words}))
    else:
        plain_console().print(f"Recorded of {wanted}: {found.sentence}.", soft_wrap=True)
    return 0 if found.state is CheckState.PASSED else _NO


@cloud_commands.command("assistance")
def assistance(
    context: typer.Context,
    from_slot: FromSlot = None,
    from_port: FromPort = None,
    from_file: FromFile = None,
    sub: Annotated[
        str | None, typer.Option("--sub", help="The device's ID; the journal's, or else its UUID, when left out.")
    ] = None,
    span: Annotated[
        str, typer.Option("--bytes", help=f"First and last byte, counted from 0; at most {MOST_ASSISTANCE} of them.")
    ] = "0-2199",
    types: Annotated[
        str,
        typer.Option(help="1 UTC, 2 ephemerides, 3 almanac, 4 ionosphere, 6 time of week, 7 clock, 9 integrity ..."),
    ] = "1,2,3,4,6,7,9",
    out: Annotated[Path | None, typer.Option(help="Write the data into this new file.")] = None,
    sec_tag: SecTag = NRF_CLOUD_TAG,
    framing: Framing = "at_host",
    baud: Baud = 115200,
    fixture: FixtureFile = None,
    as_json: AsJson = False,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Fetch a range of GNSS assistance data with a device's token (GetAssistanceData): it works as the device would.

    Ends with 1 where the cloud does not take the token.
    """
    source = _Source(Device(from_port, from_slot, framing, baud, fixture), from_file, sec_tag)
    if source.count != 1:
        raise typer.BadParameter("name one of them", param_hint="--jwt, --jwt-from-slot, --jwt-from-port")
    first, last = _read_span(span)
    kinds = _read_types(types)
    opened = open_quietly(context, station)
    opened.require_team_api()
    token = _take_token(source, opened, None if sub is None else read_device_id(sub))
    answer = fetch_assistance(opened.team_asker(token), first, last, kinds)
    if isinstance(answer, CredentialRefused):
        plain_console().print(f"The cloud does not take {source.words}: {answer.reason}", soft_wrap=True)
        raise typer.Exit(_NO)
    if not isinstance(answer, Assistance):
        raise fault_of(answer)
    if out is not None:
        create_file(out, answer.data, private=False)
    digest = sha256(answer.data).hexdigest()
    end = answer.first + len(answer.data) - 1
    if as_json:
        typer.echo(json.dumps({"first": answer.first, "last": end, "total": answer.total, "sha256": digest}))
    else:
        of = "" if answer.total is None else f" of {answer.total}"
        told = f"The cloud accepts {source.words}. Bytes {answer.first} to {end}{of} came whole, SHA-256 {digest}."
        plain_console().print(told, soft_wrap=True)


@cloud_commands.command("certificate")
def certificate(
    context: typer.Context,
    device_id: Annotated[str, typer.Argument(metavar="ID", help="The device's ID; none of this station's units.")],
    to: Annotated[Path, typer.Option("--to", help="The folder for the files; made where it is not there.")],
    reason: Reason,
    development: Annotated[bool, typer.Option("--development", help="Yes: for development alone.")] = False,
    code_file: Annotated[
        Path | None,
        typer.Option("--ownership-code-file", help="The device's ownership code, in a file that only you can read."),
    ] = None,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Have the cloud make a key and a certificate (CreateDeviceCertificate): for development alone. An engineer's.

    The private key leaves the cloud in the clear. It is written for you alone, and never shown. Journaled.
    """
    if not development:
        raise DEVELOPMENT_ONLY.fault()
    wanted = read_device_id(device_id)
    opened = open_quietly(context, station)
    asker = opened.team_asker()
    files = {name: to / f"{wanted}.{name}.pem" for name in ("certificate", "root", "key")}
    for path in files.values():
        if path.exists():  # nobody has a key made that can't be kept
            raise FILE_EXISTS.fault(path=path)
    with Station(opened, "cloud certificate") as line:
        actor = enter(line, sign_in)
        line.gate.require(actor, Right.DEVELOP, reason)
        if line.records.unit_by_device_id(wanted) is not None:
            raise MADE_HERE.fault(device_id=wanted)
        code = _ownership_code(code_file)
        opened.redactor.add(code)
        plain_console(stderr=True).print(_WARNING, soft_wrap=True)
        forbid_core_files()  # the key is in this process's memory until it is written
        intended = DevelopmentKeyIntended(device_id=wanted, operator=actor.id, reason=reason.strip())
        line.journal.commit(intended, by=actor.id)
        answer = create_certificate(asker, wanted, code)
        digest, why_not, written = "", "", list[Path]()
        if isinstance(answer, DevelopmentCertificate):
            digest = sha256(answer.certificate.encode()).hexdigest()
            written = _write_files(answer, files, to, opened)
        else:
            why_not = answer.reason
        came = DevelopmentKeyMade(device_id=wanted, certificate_sha256=digest, why_not=why_not)
        line.journal.commit(came, by=actor.id)
    if not written:
        raise CLOUD_TOLD_NOTHING.fault(why=why_not.rstrip("."))
    for path in written:
        plain_console().print(f"written: {path}", soft_wrap=True)


def _write_files(made: DevelopmentCertificate, files: dict[str, Path], to: Path, opened: Opened) -> list[Path]:
    """Write what the cloud made, for its owner alone; the key first, for nobody else has it."""
    make_private_folder(to)
    written = []
    if made.key is not None:
        opened.redactor.add(made.key)
        create_file(files["key"], made.key.reveal().encode("utf-8"))
        written.append(files["key"])
    for name, text in (("certificate", made.certificate), ("root", made.root)):
        create_file(files[name], text.encode("utf-8"))
        written.append(files[name])
    return written


def _ownership_code(file: Path | None) -> Secret:
    if file is not None:
        return Secret(read_private_text(file).strip())
    if not at_terminal():
        raise typer.BadParameter("nobody can be asked here: name a file", param_hint="--ownership-code-file")
    return ask_secret("Ownership code")


def _take_token(source: _Source, opened: Opened, wanted: DeviceId | None) -> Secret:
    """Return the token given, or one that the device signs now, for the ID ``wanted`` or its own."""
    if source.file is not None:
        text = given_text(STDIN) if source.file == STDIN else read_private_text(Path(source.file))
        token = Secret(text.strip())
        if not is_compact(token.reveal()):
            raise TOKEN_UNUSABLE.fault(source="Standard input" if source.file == STDIN else source.file)
        opened.redactor.add(token)
        return token
    with connect_modem(source.where, opened, opened.clock, "cloud") as modem:
        identity = modem.identify()
        named = wanted or _known_id(opened, identity.imei)
        token = sign_for_cloud(modem, opened.clock.now(), source.sec_tag, named, identity.uuid)
    opened.redactor.add(token)
    return token


def _known_id(opened: Opened, imei: Imei) -> DeviceId | None:
    if not (opened.value.data / FILE_NAME).exists():
        return None
    with opened.records() as records:
        unit = records.unit_by_imei(imei)
    return None if unit is None else unit.device_id


def _read_span(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text)
    if found is None or int(found[2]) < int(found[1]) or int(found[2]) - int(found[1]) >= MOST_ASSISTANCE:
        raise typer.BadParameter(f"{text!r}: such as 0-2199, at most {MOST_ASSISTANCE} bytes", param_hint="--bytes")
    return int(found[1]), int(found[2])


def _read_types(text: str) -> Sequence[int]:
    numbers = [int(part) if part.strip().isdecimal() and len(part) < 4 else -1 for part in text.split(",")]
    if not set(numbers) <= _TYPES:
        raise typer.BadParameter(f"{text!r}: numbers from 1 to 9 and 11 to 13, such as 1,2,8", param_hint="--types")
    return numbers


def _facts(value: dict[str, object]) -> dict[str, object]:
    """Return what people look for in a device, in the cloud's own words; the rest is in --json."""
    meta = value.get("$meta")
    made = meta.get("createdAt") if isinstance(meta, dict) else None
    names = {"id": "ID", "name": "name", "type": "type", "subType": "sub-type", "tags": "tags", "tenantId": "team"}
    facts: dict[str, object] = {
        title: _plain(value[name]) for name, title in names.items() if value.get(name) not in (None, "", [])
    }
    return facts | ({} if made is None else {"created": _plain(made)})


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(c if c.isprintable() else "?" for c in text[:300])
