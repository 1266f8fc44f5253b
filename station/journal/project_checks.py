"""Final checks as the events make them: wanted when a unit passes, due when it is onboarded, then what was found."""

import apsw

from station.domain import events as e
from station.domain.check_events import CheckState
from station.domain.ids import UnitId
from station.domain.line import CloudState, Outcome


def want_check(db: apsw.Connection, event: e.AttemptClosed, unit: UnitId, now_us: int) -> None:
    """Have a unit that passed be checked, or forget what was found of it before: it has another key now."""
    if event.outcome is not Outcome.PASSED:
        return
    db.execute("DELETE FROM final_check WHERE unit = ?", (unit,))
    if event.final_check:
        db.execute(
            "INSERT INTO final_check(unit, asks, state, at_us) VALUES(?,?,?,?)",
            (unit, event.final_check, CheckState.WANTED, now_us),
        )


def bring_due(db: apsw.Connection, unit: int, now_us: int) -> None:
    """Have a check that is wanted be due: the unit is onboarded."""
    db.execute(
        "UPDATE final_check SET state = ?, at_us = ? WHERE unit = ? AND state = ?",
        (CheckState.DUE, now_us, unit, CheckState.WANTED),
    )


def want_again(db: apsw.Connection, unit: int, now_us: int) -> None:
    """Have a unit be checked anew once it is onboarded: what was found is of a device that the cloud had then."""
    anew = "UPDATE final_check SET state = ?, words = '', at_us = ? WHERE unit = ?"
    db.execute(anew, (CheckState.WANTED, now_us, unit))


def check(db: apsw.Connection, event: e.FinalChecked, now_us: int) -> None:
    """Take what was found, where it still counts: of an onboarded unit; one that is built again is checked again."""
    cloud = db.execute("SELECT cloud FROM unit WHERE id = ?", (event.unit,)).get
    if cloud != CloudState.ONBOARDED:
        return
    db.execute(
        "REPLACE INTO final_check(unit, asks, state, words, at_us) VALUES(?,?,?,?,?)",
        (event.unit, event.asks, event.state, event.sentence, now_us),
    )
