"""How a command comes to know who gives it: a prompt, a file that only its owner can read, or the named service.

No PIN is ever an argument, an environment variable or an echo.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from station.app import Station
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.files import read_private_text
from station.line.releases import Unreleased
from station.people.faults import NO_SERVICE_NAMED, NOBODY_TO_ASK, NOT_SIGNED_IN, SECOND_MISSING, SIGN_IN_FILE
from station.people.rights import RULES, SECONDS, Actor, Method, Right, words

_TRIES = 3
"""How often a person at a terminal is asked again."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody gave to sign in."""

    who: str
    pin: Secret


def enter(station: Station, file: Path | None = None, *, headless: bool = False) -> Actor:
    """Have the station work for whoever gives this command, and return who that is.

    By ``file`` where one is named; ``headless`` as the service that the station file names; else by asking. Raises
    PPL-101 to PPL-103, PPL-125, PPL-127, PPL-133 to PPL-136, HOST-101, HOST-104.
    """
    if file is not None:
        typed = read_sign_in(file)
        return station.enter(station.sign_in(typed.who, typed.pin, Method.FILE))
    if headless:
        service = station.opened.value.people.service
        if service is None:
            raise NO_SERVICE_NAMED.fault(path=station.opened.settings.path)
        return station.enter(station.desk.sign_in_service(service))
    return station.enter(_ask_until_right(station, "Name or badge"))


def ask_second(station: Station, right: Right) -> Actor:
    """Return a second person, who types a name or badge and a PIN now. Raises PPL-113 where nobody can be asked."""
    if not at_terminal():
        raise SECOND_MISSING.fault("nobody can be asked here", action=right, allowed=words(SECONDS))
    typer.echo(f"A second person must agree to {right}.", err=True)
    return _ask_until_right(station, "Second person: name or badge")


@dataclass(frozen=True, slots=True)
class Agreement:
    """What goes with a change: why, and who agreed."""

    reason: str
    second: Actor | None = None


def ask_agreement(station: Station, actor: Actor, right: Right, reason: str, *, alone: bool = False) -> Agreement:
    """Return what the ``right`` takes, asked for where it was not given and somebody can answer.

    ``alone``: nobody is there who could be the second person. Nothing is asked of who may not; the gate then says so.
    """
    rule = RULES[right]
    if not actor.may(right) or not at_terminal():
        return Agreement(reason)
    if rule.reason and not reason.strip():
        reason = ask_text("Reason")
    return Agreement(reason, ask_second(station, right) if rule.second and not alone else None)


def ask_release(missing: Sequence[Unreleased]) -> str:
    """Return why an engineer stands for settings that are not as they were released; "" where nothing is missing."""
    if not missing:
        return ""
    for one in missing:
        typer.echo(f"{'changed since it was released' if one.last else 'never released here'}: {one}", err=True)
    return ask_text("Looked at; why")


def read_sign_in(path: Path) -> Typed:
    """Return what a sign-in file says. Raises PPL-134; HOST-104 where others can read it, HOST-101."""
    lines = read_private_text(path).splitlines()
    if len(lines) != 2 or not all(line.strip() for line in lines):
        raise SIGN_IN_FILE.fault(path=path)
    return Typed(lines[0].strip(), Secret(lines[1].strip()))


def ask_new_pin(whose: str) -> Secret:
    """Return a new PIN that somebody typed twice. Raises PPL-135 where nobody can be asked."""
    _require_terminal()
    return ask_secret_twice(f"New PIN for {whose}")


def ask_text(what: str) -> str:
    """Return what somebody typed. Raises PPL-135 where nobody can be asked."""
    _require_terminal()
    return str(typer.prompt(what, err=True))


def at_terminal() -> bool:
    """Return whether somebody sits at a terminal, who can answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def asker(ask: Callable[[str], Secret]) -> Callable[[str], Secret] | None:
    """Return ``ask`` where somebody can answer."""
    return ask if at_terminal() else None


def ask_secret(what: str) -> Secret:
    """Return what somebody typed without seeing it."""
    return Secret(typer.prompt(what, hide_input=True, err=True))


def ask_secret_twice(what: str) -> Secret:
    """Return what somebody typed twice without seeing it."""
    return Secret(typer.prompt(what, hide_input=True, confirmation_prompt=True, err=True))


def _require_terminal() -> None:
    if not at_terminal():
        raise NOBODY_TO_ASK.fault()


def _ask_until_right(station: Station, who: str) -> Actor:
    _require_terminal()
    for left in reversed(range(_TRIES)):
        typed = Typed(ask_text(who), ask_secret("PIN"))
        try:
            return station.sign_in(typed.who, typed.pin)
        except Fault as fault:
            if fault.code != NOT_SIGNED_IN.code or not left:
                raise
            typer.echo(fault.sentence, err=True)
    raise AssertionError("the last try returns or raises")
