"""Commands about a batch as a whole: to close one that will never be complete."""

from typing import Annotated

import typer
from rich.table import Table

from station.app import Station
from station.domain.ids import BatchId
from station.line.decisions import close_batch
from station.options import DEFAULT_FILE, Reason, SignInFile, StationFile, open_quietly
from station.sentences import plain_console, table_console
from station.signed_record import SignedRecord
from station.signing_in import enter


def close(
    context: typer.Context,
    batch: Annotated[str, typer.Argument(help="The work order, as it was named when it was begun.")],
    reason: Reason,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Close a batch that is not complete, for good, and add its quantity up. A line lead's or an engineer's; journaled.

    A complete batch is closed by its run. A closed one is never begun again.
    """
    order = BatchId(batch)
    with Station(open_quietly(context, station), f"closing batch {order}") as line:
        actor = enter(line, sign_in)
        counted = close_batch(line.gate, line.records, order, actor, reason)
        kept = SignedRecord(line).batch_ended(order)
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    table.add_column("what")
    table.add_column("boards", justify="right")
    for name, count in counted.lines():
        table.add_row(name, str(count))
    table.add_row("ordered", str(counted.ordered))
    typer.echo(f"Batch {order} is closed.")
    table_console().print(table)
    console = plain_console()
    for text in kept:
        console.print(text, soft_wrap=True)
