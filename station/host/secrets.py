"""Where a secret comes from: the keyring, an environment variable or a private file; no TOML, no command line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.faults import KEYRING_MISSING, SECRET_MISSING
from station.host.files import read_private_text
from station.host.redaction import Redactor

if TYPE_CHECKING:  # loaded where a secret lies in one: it is a tenth of every command's start
    from keyring.backend import KeyringBackend

SHORTEST: Final = 8
"""A shorter secret would be guessed, and hiding it would tear holes into ordinary log text."""
LONGEST: Final = 4096
"""A longer one is some other file: whatever is hidden is looked for in every line of the logs."""

# No keyring at all, the switched-off one, and the alternatives that keep plain text in a file.
UNUSABLE_KEYRINGS: Final = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


@dataclass(frozen=True, slots=True)
class EnvironmentSecret:
    """The value of an environment variable of this process."""

    variable: str


@dataclass(frozen=True, slots=True)
class KeyringSecret:
    """An entry of the operating system's keyring, for the user this process runs as."""

    service: str
    name: str


@dataclass(frozen=True, slots=True)
class FileSecret:
    """The text of a file that only its owner can read."""

    path: Path


SecretSource = EnvironmentSecret | KeyringSecret | FileSecret


def resolve_secret(
    source: SecretSource,
    what: str,
    *,
    redactor: Redactor,
    environment: Mapping[str, str] | None = None,
    backend: "KeyringBackend | None" = None,
) -> Secret:
    """Return the secret, already known to ``redactor``; ``what`` names it in sentences ("API key").

    One newline at its end is not part of it. Raises HOST-106 (not there, empty, too short, more than one line),
    HOST-107 (no keyring), HOST-104 (a file others can read) or HOST-101. Nothing raised holds a part of it.
    Safe to repeat. ``environment`` and ``backend`` are this process's own where they are not given.
    """
    match source:
        case EnvironmentSecret(variable):
            where = f"the environment variable {variable}"
            mend = f"Set {variable} for the user who runs the station."
            text = (os.environ if environment is None else environment).get(variable)
        case KeyringSecret(service, name):
            where = f"the keyring entry {service}/{name}"
            mend = f'Store it as this user: keyring set "{service}" "{name}"'
            text = _from_keyring(service, name, what, backend)
        case FileSecret(path):
            where = f"the file {path}"
            mend = "Write it into that file, on one line."
            text = read_private_text(path)
        case _:
            assert_never(source)
    if text is None:
        raise SECRET_MISSING.fault(what=what, where=f"{where} does not exist", mend=mend)
    line = _one_line(text)
    if line is None or not SHORTEST <= len(line.strip()) <= len(line) <= LONGEST:
        raise _unusable(what, where, mend, line)
    secret = Secret(line)
    redactor.add(secret)
    return secret


def _from_keyring(service: str, name: str, what: str, backend: "KeyringBackend | None") -> str | None:
    import keyring  # noqa: PLC0415 -- see above
    from keyring.errors import KeyringError  # noqa: PLC0415

    chosen = backend or keyring.get_keyring()
    if type(chosen).__module__.startswith(UNUSABLE_KEYRINGS):
        raise KEYRING_MISSING.fault(f"keyring backend {type(chosen).__module__}", what=what)
    try:
        return chosen.get_password(service, name)
    except KeyringError as error:
        # Its text stays out: a backend is foreign code and may quote what it read.
        where = f"the keyring refused to give {service}/{name}"
        mend = "Unlock the keyring of the user who runs the station, then try again."
        raise SECRET_MISSING.fault(type(error).__name__, what=what, where=where, mend=mend) from None


def _one_line(text: str) -> str | None:
    """Return ``text`` without one newline at its end, or None where anything but one line of text is left."""
    line = text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")
    return None if any(ord(character) < 0x20 or character == "\x7f" for character in line) else line


def _unusable(what: str, where: str, mend: str, line: str | None) -> Fault:
    if line is None:
        reason = f"{where} holds more than one line of text"
    elif not line.strip():
        reason = f"{where} is empty"
    elif len(line) > LONGEST:
        reason = f"{where} holds more than {LONGEST} characters"
    else:
        reason = f"{where} holds fewer than {SHORTEST} characters"
    return SECRET_MISSING.fault(what=what, where=reason, mend=mend)
