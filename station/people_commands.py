"""Commands about who works here and what an engineer stands for: init, people, release."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from station.app import Station
from station.domain.faults import Fault
from station.journal.database import FILE_NAME
from station.journal.notes import VerifierKey
from station.line.releases import Settings, Unreleased
from station.line.standing import Standings
from station.opened import Opened, open_station
from station.options import DEFAULT_FILE, AsJson, Fixture, Reason, Roles, SignInFile, StationFile, open_quietly
from station.own_key import ensure_own_key
from station.people.faults import OUTSIDE
from station.people.rights import Right, Role
from station.people.roll import People, Person
from station.sentences import plain_console, table_console
from station.settings.loading import load_recipe
from station.signing_in import Agreement, ask_agreement, ask_new_pin, ask_secret, ask_text, enter, read_sign_in

people_commands = typer.Typer(
    no_args_is_help=True, help="Who works here. Names are kept here alone, never in a record."
)
_Who = Annotated[str, typer.Argument(help="An ID such as p3 (people list says whose), or a name.")]
_Reason = Annotated[
    str, typer.Option("--reason", help="Why; it is recorded. Asked for where it takes one and it is left out.")
]


def init(
    context: typer.Context,
    also: Annotated[
        list[Role] | None, typer.Option("--role", help="What the first engineer is beside that, such as ca-keeper.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="The people's file is lost and has no backup. It is recorded.")
    ] = False,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Begin: the data folder, the first engineer, the station's own signing key, and the settings as they are now."""
    opened = open_quietly(context, station)
    console = plain_console()
    with Station(opened, "init") as line:
        line.people.require_nobody(anew=anew)  # nobody types a PIN for nothing
        if sign_in is not None:
            typed = read_sign_in(sign_in)
            name, pin = typed.who, typed.pin
        else:
            name = ask_text("Name of the first engineer")
            pin = ask_new_pin(name)
        key = ensure_own_key(opened)  # first: a beginning that was cut off is begun once more
        person = line.found(name, pin, frozenset(also or ()), anew=anew)
        console.print(f"{person.id} is {name}: {_roles(person)}. Records know people by such IDs alone.")
        settings, broken = _all_settings(opened, None, [])
        released = line.release("the station's beginning", *settings)
    _tell_released(released, broken)
    _tell_key(key)


def release(
    context: typer.Context,
    reason: Reason,
    product: Annotated[
        list[str] | None, typer.Option(help="A product, or a recipe file; all of the station's when left out.")
    ] = None,
    fixture: Fixture = None,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Stand for the settings as they are now: station file, fixture and recipes. An engineer's; journaled."""
    opened = open_quietly(context, station)
    settings, broken = _all_settings(opened, fixture, product or [])
    with Station(opened, "release") as line:
        enter(line, sign_in)
        released = line.release(reason, *settings)
    _tell_released(released, broken)
    raise typer.Exit(4 if broken else 0)


@people_commands.command("add")
def add(
    context: typer.Context,
    roles: Roles,
    name: Annotated[
        str | None,
        typer.Argument(help="The name to sign in with. Asked for when left out: what is typed here, others can see."),
    ] = None,
    badge: Annotated[bool, typer.Option("--badge", help="Ask for a badge too: scan it.")] = False,
    pin_from: Annotated[
        Path | None, typer.Option("--pin-from", help="A sign-in file of the new person, instead of asking.")
    ] = None,
    reason: _Reason = "",
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Add a person; the PIN is typed twice. A service needs none.

    Somebody who may be a second person takes a reason, and a second person, wherever there is one.
    """
    with Station(open_quietly(context, station), "people") as line:
        actor, wanted, pin = enter(line, sign_in), frozenset(roles), None
        line.gate.require(actor, Right.MANAGE_PEOPLE)  # nobody types a PIN for nothing
        if pin_from is not None:
            typed = read_sign_in(pin_from)
            name, pin = name or typed.who, typed.pin
        name = name or ask_text("Name")
        if pin is None and roles != [Role.SERVICE]:
            pin = ask_new_pin(name)
        scanned, right = _scan(badge), line.desk.right_to(None, wanted)
        # Last of all: the second person's PIN is worth something for a minute.
        agreed = ask_agreement(line, actor, right, reason, alone=line.desk.is_alone(actor, None))
        person = line.desk.add(actor, name, pin, wanted, scanned, reason=agreed.reason, second=agreed.second)
    typer.echo(f"{person.id} is {name}: {_roles(person)}.")
    _tell_alone(line, person, agreed)


@people_commands.command("disable")
def disable(
    context: typer.Context,
    who: _Who,
    reason: _Reason = "",
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Let a person sign in no more, for a reason. The records keep the ID; the name stays until it is forgotten."""
    with Station(open_quietly(context, station), "people") as line:
        actor = enter(line, sign_in)
        agreed = ask_agreement(line, actor, Right.DISABLE_PEOPLE, reason)
        person = line.desk.disable(actor, who, reason=agreed.reason)
    typer.echo(f"{person.id} can sign in no more.")


@people_commands.command("reset")
def reset(
    context: typer.Context,
    who: _Who,
    badge: Annotated[bool, typer.Option("--badge", help="Give a new badge too: scan it.")] = False,
    pin_from: Annotated[
        Path | None, typer.Option("--pin-from", help="A sign-in file of that person, instead of asking.")
    ] = None,
    reason: _Reason = "",
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Give a person a new PIN; a lock by wrong PINs ends.

    Of somebody who may be a second person it takes a reason, and a second person, wherever there is another one.
    """
    with Station(open_quietly(context, station), "people") as line:
        actor = enter(line, sign_in)
        line.gate.require(actor, Right.MANAGE_PEOPLE)  # nobody types a PIN for nothing
        right = line.desk.right_to(who, None)
        pin = read_sign_in(pin_from).pin if pin_from is not None else ask_new_pin(who)
        scanned = _scan(badge)
        agreed = ask_agreement(line, actor, right, reason, alone=line.desk.is_alone(actor, who))
        person = line.desk.reset(actor, who, pin, scanned, reason=agreed.reason, second=agreed.second)
    typer.echo(f"{person.id} has a new PIN.")
    _tell_alone(line, person, agreed)


@people_commands.command("roles")
def roles(
    context: typer.Context,
    who: _Who,
    roles: Roles,
    reason: _Reason = "",
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Make a person something else on the line: these roles, and no others.

    Roles of which a second person may be take a reason, and a second person, wherever there is another one; to take
    them away takes a reason.
    """
    with Station(open_quietly(context, station), "people") as line:
        actor, wanted = enter(line, sign_in), frozenset(roles)
        line.gate.require(actor, Right.MANAGE_PEOPLE)
        right = line.desk.right_to(who, wanted)
        agreed = ask_agreement(line, actor, right, reason, alone=line.desk.is_alone(actor, who))
        person = line.desk.set_roles(actor, who, wanted, reason=agreed.reason, second=agreed.second)
    typer.echo(f"{person.id}: {_roles(person)}.")
    _tell_alone(line, person, agreed)


@people_commands.command("forget")
def forget(
    context: typer.Context,
    who: _Who,
    reason: _Reason = "",
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Take a person's name, PIN and badge out of this station for good. Records keep the ID, which nobody else gets."""
    with Station(open_quietly(context, station), "people") as line:
        actor = enter(line, sign_in)
        agreed = ask_agreement(line, actor, Right.DISABLE_PEOPLE, reason)
        person = line.desk.forget(actor, who, reason=agreed.reason)
    typer.echo(f"{person.id} has no name here any more.")


@people_commands.command("list")
def list_people(as_json: AsJson = False, station: StationFile = DEFAULT_FILE) -> None:
    """Show who works here. Needs nobody to sign in."""
    opened = open_station(station)
    everybody = People(opened.value.data, opened.clock).all
    now, standings = opened.clock.now(), _standings(opened)
    table = Table(box=None, padding=(0, 1, 0, 0))
    for title in ("ID", "name", "roles", "state", ""):
        table.add_column(title, overflow="fold")
    for person in everybody:
        locked = person.locked_until is not None and person.locked_until > now
        state = "disabled" if person.disabled else "locked" if locked else ""
        alone, outside = person.id in standings.alone, standings.difference(person)
        if as_json:
            value = {
                "id": person.id,
                "name": person.name,
                "roles": sorted(person.roles),
                "state": state or "active",
                "made_alone": alone,
                "changed_outside": outside,
            }
            typer.echo(json.dumps(value, ensure_ascii=False))
        notes = ["made without a second person, or with one who was"] if alone else []
        if outside:
            notes.append(f"{OUTSIDE.code}, changed outside of the station: {outside}")
        table.add_row(person.id, person.name or "(forgotten)", _roles(person), state, "; ".join(notes))
    if not as_json:
        table_console().print(table if everybody else "Nobody yet. Begin with: station init")


def _roles(person: Person) -> str:
    return ", ".join(sorted(person.roles))


def _standings(opened: Opened) -> Standings:
    if not (opened.value.data / FILE_NAME).exists():
        return Standings()
    with opened.records() as records:
        return Standings.read(records)


def _tell_alone(line: Station, person: Person, agreed: Agreement) -> None:
    if line.desk.was_alone(person):
        said = (
            "The second person was made without one"
            if agreed.second
            else "Nobody was there who could be the second person"
        )
        typer.echo(f"{said}: that is recorded, and people list shows it.")


def _scan(badge: bool) -> str:
    return ask_secret("Badge").reveal() if badge else ""


def _all_settings(opened: Opened, fixture: Path | None, products: list[str]) -> tuple[list[Settings], list[str]]:
    """Return fixture and recipes that can be read, and what is wrong with the recipes that can't."""
    settings: list[Settings] = [opened.fixture(fixture)]
    if products:
        return settings + [opened.recipe(product) for product in products], []
    broken = []
    for path in sorted(opened.value.recipes.glob("*.toml")):
        try:
            settings.append(load_recipe(path))
        except Fault as fault:
            broken.append(f"{fault.code} {fault.sentence}")
    return settings, broken


def _tell_released(released: list[Unreleased], broken: list[str]) -> None:
    console = plain_console()
    for one in released:
        console.print(f"released: {one}, SHA-256 {one.settings.sha256[:16]}…", soft_wrap=True)
    if not released and not broken:
        console.print("Nothing has changed since the last release.")
    for sentence in broken:
        plain_console(stderr=True).print(f"not released: {sentence}", soft_wrap=True)


def _tell_key(key: VerifierKey) -> None:
    console = plain_console()
    console.print(
        f"The station signs its records with a key of its own, fingerprint {key.fingerprint}.", soft_wrap=True
    )
    console.print("Keep this line away from this PC, for whoever verifies:", soft_wrap=True)
    console.print(key.text(), soft_wrap=True)
