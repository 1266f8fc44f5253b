"""Commands about what is on its way to the cloud, and what people decide about it."""

import json
from typing import Annotated, Final

import typer
from rich.table import Table

from station.app import Station
from station.domain.check_events import CheckState
from station.domain.ids import UnitId
from station.domain.line import CloudState
from station.journal.records import Records
from station.journal.upload_queue import DeclaredRework, UploadQueue
from station.line.decisions import decide_uploads, declare_rework, find_unit, withdraw_rework
from station.line.overdue import Overdue, units_to_decide
from station.opened import Opened, open_station
from station.options import DEFAULT_FILE, AsJson, Reason, SignInFile, StationFile
from station.people.rights import Right
from station.sentences import table_console
from station.signing_in import ask_second, at_terminal, enter

_DECISIONS: Final = {
    "seen": CloudState.ONBOARDED,
    "again": CloudState.WAITING,
    "hold": CloudState.HELD,
    "onboarded": CloudState.ONBOARDED,
    "send-again": CloudState.WAITING,
}


def outbox(as_json: AsJson = False, station: StationFile = DEFAULT_FILE) -> None:
    """Show what is on its way to the cloud, its words for what it refused, reworks not begun, final checks amiss."""
    opened = open_station(station)
    with opened.records() as records, UploadQueue(opened.value.data) as queue:
        rows = records.outbox(*(state for state in CloudState if state is not CloudState.ONBOARDED))
        counts = records.outbox_counts()
        overdue = _overdue(opened, records)
        reworks = queue.declared_reworks()
        checks = records.final_checks(CheckState.REFUSED, CheckState.UNSURE)
    if as_json:
        for row in rows:
            value: dict[str, object] = {"device_id": row.device_id, "state": row.state, "reason": row.reason}
            if row.state is CloudState.SENDING and row.unit in overdue:
                value["overdue"] = True
                if account := overdue[row.unit].account:
                    value["account"] = account
            typer.echo(json.dumps(value))
        for one in reworks:
            value = {"device_id": one.device_id, "state": "rework-declared", "reason": _not_begun(one)}
            typer.echo(json.dumps(value))
        for check in checks:
            value = {"device_id": check.device_id, "state": check.cloud, "reason": check.words}
            typer.echo(json.dumps(value | {"final_check": check.state}))
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for title in ("unit", "state", "since", "the cloud's words"):
        table.add_column(title, overflow="fold", no_wrap=title != "the cloud's words")
    for row in rows:
        if row.state is CloudState.SENDING and row.unit in overdue:
            sent = f"{overdue[row.unit].since.astimezone():%Y-%m-%d %H:%M}"
            words = "the cloud has come to no end with it; look there, then: station decide"
            if account := overdue[row.unit].account:
                words = f"for {account}, which is not the station file's account now; put that back, or: station decide"
            table.add_row(row.device_id, "elsewhere" if account else "overdue", sent, words)
            continue
        table.add_row(row.device_id, row.state, f"{row.since.astimezone():%Y-%m-%d %H:%M}", row.reason)
    for one in reworks:
        table.add_row(one.device_id, "rework", f"{one.declared.astimezone():%Y-%m-%d %H:%M}", _not_begun(one))
    for check in checks:
        told = "check refused" if check.state is CheckState.REFUSED else "check open"
        table.add_row(check.device_id, told, f"{check.at.astimezone():%Y-%m-%d %H:%M}", f"{check.cloud}; {check.words}")
    console = table_console()
    console.print(table if rows or reworks or checks else "Nothing waits for the cloud.")
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()) or "No unit was ever queued.")


def _not_begun(rework: DeclaredRework) -> str:
    on = f"{rework.declared.astimezone():%Y-%m-%d}"
    return f"rework declared on {on}, not begun: build it again, or: station rework --withdraw"


def _overdue(opened: Opened, records: Records) -> dict[UnitId, Overdue]:
    return units_to_decide(records, opened.clock.now(), opened.value.cloud)


def decide(
    words: Annotated[
        list[str],
        typer.Argument(
            help="Any identifiers of units, then the decision: seen (in the portal), again (send it), or hold.",
            metavar="UNIT... DECISION",
            show_default=False,
        ),
    ],
    reason: Reason,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Decide about units that the cloud refused or is overdue with, or of which nobody knows. Journaled.

    All of them, or none. A line lead looks in the cloud's portal first: "seen" says that it has the unit, "again" that
    it has not. ("onboarded" and "send-again" are the same words, written out.)
    """
    *units, decision = words
    if decision not in _DECISIONS or not units:
        known = ", ".join(_DECISIONS)
        raise typer.BadParameter(f"{decision!r}: name units, then one of {known}", param_hint="UNIT... DECISION")
    with Station(open_station(station), "decision") as line:
        actor = enter(line, sign_in)
        overdue = _overdue(line.opened, line.records)
        devices = decide_uploads(line.gate, line.records, units, _DECISIONS[decision], actor, reason, overdue)
    typer.echo("\n".join(f"{device}: {decision}" for device in devices))


def rework(
    unit: Annotated[str, typer.Argument(help="Any identifier of the unit.")],
    reason: Reason,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take a declared rework back that has not begun.")
    ] = False,
    sign_in: SignInFile = None,
    station: StationFile = DEFAULT_FILE,
) -> None:
    """Allow one more attempt at a unit that passed or is in quarantine. A second person types a PIN too. Journaled.

    With --withdraw: the other way. The unit is again what it was, and waits for the cloud again if it did.
    """
    right, act = (Right.WITHDRAW, withdraw_rework) if withdraw else (Right.REWORK, declare_rework)
    with Station(open_station(station), "rework") as line:
        actor = enter(line, sign_in)
        find_unit(line.records, unit)  # nobody types a PIN for nothing
        second = ask_second(line, right) if actor.may(right) and at_terminal() else None
        device = act(line.gate, line.records, unit, actor, reason, second)
    typer.echo(f"{device}: its rework is withdrawn." if withdraw else f"{device} may be built once more.")
