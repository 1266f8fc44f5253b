"""What a tool is given: a text, a key's file, the place of a passphrase. No key and no passphrase is an argument."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.jwt_reading import take_apart
from station.credentials.key_files import is_encrypted, read_private_key, read_verifying_key
from station.domain.secret import Secret
from station.host.core_files import forbid_core_files
from station.host.files import create_file, read_bytes, read_private_text
from station.host.redaction import Redactor
from station.host.secrets import EnvironmentSecret, FileSecret, SecretSource, resolve_secret
from station.line.faults import TEXT_UNREADABLE
from station.sentences import plain_console
from station.signing_in import ask_secret, at_terminal

_LIMIT = 64 * 1024

STDIN = "-"
"""In place of a text: what comes on standard input."""

Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write it into this new file, that only you can read."),
]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file that only you can read, with the key's passphrase.")
]
PassphraseEnv = Annotated[
    str | None, typer.Option("--passphrase-env", help="The environment variable with the key's passphrase.")
]


@dataclass(frozen=True, slots=True)
class PassphrasePlace:
    """Where a key's passphrase is kept; nowhere: a person is asked."""

    file: Path | None
    variable: str | None

    def source(self) -> SecretSource | None:
        """Return the one place that was named; BadParameter for two."""
        if self.file is not None and self.variable is not None:
            raise typer.BadParameter("one place is enough", param_hint="--passphrase-file, --passphrase-env")
        if self.file is not None:
            return FileSecret(self.file)
        return EnvironmentSecret(self.variable) if self.variable is not None else None


def new_redactor(context: typer.Context) -> Redactor:
    """Return a redactor that also keeps its secrets out of whatever becomes of a mistake."""
    redactor = Redactor()
    context.ensure_object(list).append(redactor)
    return redactor


def given_text(text: str) -> str:
    """Return ``text``, or all of standard input for ``-``. Raises LINE-201 for what is too long or no UTF-8."""
    if text != STDIN:
        return text
    data = sys.stdin.buffer.read(_LIMIT + 1)
    try:
        read = data.decode("utf-8")
    except UnicodeDecodeError:
        raise TEXT_UNREADABLE.fault(reason="it is no UTF-8 text") from None  # without its cause: that quotes the text
    if len(data) > _LIMIT:
        raise TEXT_UNREADABLE.fault(reason=f"it is longer than {_LIMIT} bytes")
    return read


def signing_key(path: Path, place: PassphrasePlace, redactor: Redactor) -> ec.EllipticCurvePrivateKey:
    """Return the private key in a file that only its owner can read; its passphrase is asked for where none is kept.

    Raises HOST-101, HOST-104, HOST-106, CRED-152 and CRED-153.
    """
    source = place.source()
    forbid_core_files()
    pem = Secret(read_private_text(path))
    passphrase = None
    if source is not None:
        passphrase = resolve_secret(source, "key's passphrase", redactor=redactor)
    elif is_encrypted(pem) and at_terminal():
        passphrase = ask_secret(f"Passphrase of {path}")
        redactor.add(passphrase)
    return read_private_key(pem, passphrase, path)


def verifying_key(path: Path) -> ec.EllipticCurvePublicKey:
    """Return the key of a public key's or a certificate's file. Raises HOST-101 and CRED-154."""
    return read_verifying_key(read_bytes(path, _LIMIT).decode("utf-8", "replace"), path)


def hand_out(token: Secret, out: Path | None, *, as_json: bool, **more: object) -> None:
    """Show a token with what it claims, or write it into ``out``, a new file for its owner alone (HOST-110)."""
    if out is not None:
        create_file(out, f"{token.reveal()}\n".encode("ascii"))
    header, claims = take_apart(token.reveal())
    if as_json:
        shown = {} if out is not None else {"token": token.reveal()}
        typer.echo(json.dumps({**shown, "header": header, "claims": claims, **more}))
        return
    if out is None:
        typer.echo(token.reveal())
    console = plain_console(stderr=True)
    console.print(f"claims {json.dumps(claims)}", soft_wrap=True)
    if out is not None:
        console.print(f"Written to {out}. Whoever has it can use it until it expires.", soft_wrap=True)


def echo_facts(facts: Mapping[str, object]) -> None:
    """Show named values, one a line (a text of several lines below its name); what is None is left out."""
    console = plain_console()
    width = max((len(name) for name, value in facts.items() if value is not None), default=0)
    for name, value in facts.items():
        if value is None:
            continue
        lines = str(value).rstrip("\n").split("\n")
        if len(lines) == 1:
            console.print(f"{name:<{width}}  {lines[0]}", soft_wrap=True)
        else:
            console.print("\n".join([name, *(f"  {line}" for line in lines)]), soft_wrap=True)
