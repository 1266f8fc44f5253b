"""The command that verifies; it loads no station, as it needs none."""

from pathlib import Path
from typing import Annotated

import typer

from station.evidence import verifier
from station.evidence.agreeing import agreement_findings
from station.evidence.forms import Broken

_UNREADABLE = 2


def verify(
    path: Annotated[Path, typer.Argument(help="A bundle (.zip), a data folder, or its journal.db.")],
    checkpoint: Annotated[list[Path] | None, typer.Option(help="A checkpoint that you kept; may be repeated.")] = None,
    key: Annotated[
        str, typer.Option(help="The station's verifier key, its fingerprint, or a file with either, as you kept it.")
    ] = "",
    ca: Annotated[
        list[str] | None,
        typer.Option(
            help="The fingerprint (SHA-256) of a CA's root or line certificate, or a file with it; may be repeated: "
            "every certificate is of one of these."
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Of a journal: entries, checkpoints and their signatures, not what entries say."),
    ] = False,
) -> None:
    """Say what holds of an exported record or of a whole journal, and where it breaks first. Needs no station.

    0 – everything (with --quick: what was looked at) holds, and what you gave vouches for the key
    1 – something does not hold
    2 – it can't be read, a newer station wrote it, or a key or CA that you gave is neither that nor a file
    3 – what is there holds, but nothing vouches for the key, or for what is told of units behind the last checkpoint,
        or no public key is there to check signatures with
    """
    try:
        verdict = verifier.verify(path, key=key, checkpoints=checkpoint or [], ca=ca or [], quick=quick)
        beyond = ["tables: not looked at"] if quick else agreement_findings(path)
    except Broken as broken:
        typer.echo(f"BROKEN: {broken}")
        raise typer.Exit(1) from None
    except OSError as error:
        said = str(error)  # a whole sentence says itself what to do
        advice = "" if said.endswith(".") else ". Check the path and your rights."
        typer.echo(f"It can't be read: {said}{advice}", err=True)
        raise typer.Exit(_UNREADABLE) from None
    for finding in [*verdict.findings, *beyond]:
        typer.echo(finding)
    typer.echo(verdict.sentence)
    if verdict.pace:
        typer.echo(verdict.pace, err=True)
    raise typer.Exit(verdict.exit_code)
