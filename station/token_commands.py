"""Commands about what a modem says of itself: token parse."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from station.credentials.explain import Explanation, explain_token
from station.given import echo_facts, given_text, verifying_key
from station.options import AsJson
from station.sentences import plain_console

token_commands = typer.Typer(no_args_is_help=True, help="What a modem says of itself, explained. Needs no station.")

_NOT_BELIEVED = 1


@token_commands.callback()
def _top() -> None:
    """What a modem says of itself, explained. Needs no station."""


@token_commands.command("parse")
def parse(
    text: Annotated[
        str, typer.Argument(help="What stands between the quotes of %KEYGEN or %ATTESTTOKEN, or - for standard input.")
    ],
    identity_key: Annotated[
        Path | None,
        typer.Option(help="The device's identity public key (PEM): then the COSE signature is verified too."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain a text of %KEYGEN or %ATTESTTOKEN: what is in it, and how far it is proven.

    Whoever has an attestation token can claim the device: others on this PC see what is typed behind a command, so
    give it on standard input (-). Ends with 1 where something shows that it must not be believed.
    """
    key = None if identity_key is None else verifying_key(identity_key)
    found = explain_token(given_text(text), key)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        echo_facts(_facts(found))
        for why in found.wrong:
            plain_console(stderr=True).print(f"Not to be believed: {why}.", soft_wrap=True)
    raise typer.Exit(_NOT_BELIEVED if found.wrong else 0)


def _facts(found: Explanation) -> dict[str, object]:
    digest = {True: "as the COSE payload says", False: "NOT as the COSE payload says", None: None}
    matches = digest[found.digest_matches]
    facts: dict[str, object] = {
        "kind": found.kind,
        "device UUID": found.uuid,
        "device type": None if found.device is None else f"{found.device_type} ({found.device})",
        "firmware UUID": found.firmware_uuid,
        "security tag": found.sec_tag,
        "nonce": found.nonce,
        "signer named": f"the {found.signer}",
        "COSE signature": found.signature,
        "SHA-256": found.body_sha256 if matches is None else f"{found.body_sha256}, {matches}",
    }
    request = found.request
    if request is not None:
        usage = None if request.key_usage is None else ", ".join(request.key_usage).replace("_", " ")
        facts |= {
            "subject": request.subject,
            "key usage": usage or "none asked for",
            "its own signature": {True: "holds: the modem has the key", False: "does not hold", None: None}[
                request.own_signature
            ],
            "form": "read without the NULL that modems put into it against RFC 5758" if request.null_left_out else None,
            "request": request.pem,
        }
    return {**facts, "public key": found.public_key}
