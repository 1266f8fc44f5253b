"""What the outbox does first: bodies that wait go out before anybody asks what became of the others, within bounds."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from station.credentials.pem import der_to_pem
from station.domain.faults import StationFault
from station.domain.ids import UnitId
from station.domain.line import CloudState
from station.journal.database import FILE_NAME
from station.journal.packing import unpack_leaf
from station.line.waits import ASKED_WITHIN
from tests.unit.line.outbox_rig import RULES, Rig, open_rig

TWO = replace(RULES, rows=2)
GOES = ["prepared", "sending", "accepted"]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as opened:
        opened.restart(TWO)
        yield opened


def change(rig: Rig, sql: str, *values: str | int | None) -> None:
    """Have somebody else write into the journal's file."""
    with closing(apsw.Connection(str(rig.folder / FILE_NAME))) as db:
        db.set_busy_timeout(5000)
        db.create_scalar_function("said", unpack_leaf, 1, deterministic=True)
        db.execute(sql, values)


def pem(rig: Rig, unit: UnitId) -> str:
    """Return the unit's certificate as it is now."""
    row = rig.records.active_certificate(rig.device(unit))
    assert row is not None
    return der_to_pem(rig.records.certificate_der(row))


def body_with(rig: Rig, unit: UnitId) -> str:
    """Return the body that holds the unit."""
    upload = rig.queued(unit).upload
    row = None if upload is None else rig.records.upload(upload)
    assert row is not None
    return rig.records.body(row.body_sha256).decode()


def test_all_that_waits_is_sent_before_the_first_answer_is_asked_for(rig: Rig) -> None:
    rig.add_units(6)
    rig.restart(TWO)
    for _ in range(3):
        rig.step()
        rig.step()
        rig.clock.advance(RULES.poll_first)
    assert rig.kinds() == GOES * 3
    rig.step()
    assert rig.kinds() == [*GOES * 3, "settled"]
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED] * 6


def test_an_answer_that_has_waited_long_enough_is_asked_for_first(rig: Rig) -> None:
    rig.add_units(4)
    rig.restart(TWO)
    rig.step()
    rig.step()
    rig.clock.advance(RULES.poll_first + ASKED_WITHIN)
    rig.step()
    assert rig.kinds() == [*GOES, "settled"]


def test_where_no_body_can_be_made_answers_are_asked_for_as_soon_as_they_are_due(rig: Rig) -> None:
    first, _, third, _ = rig.add_units(4)
    rig.restart(TWO)
    rig.step()
    rig.step()
    change(rig, "UPDATE unit SET serial = 'another' WHERE id = ?", third)
    rig.restart(TWO)  # what was made ahead is gone
    rig.step()  # asks once: another process sent it
    assert rig.kinds() == [*GOES, "settled"]
    with pytest.raises(StationFault) as caught:
        rig.step()
    assert caught.value.code == "JRN-110"
    assert rig.state(first) is CloudState.ONBOARDED


def test_a_body_that_cannot_be_made_holds_up_no_answer(rig: Rig) -> None:
    *_, last = rig.add_units(6)
    rig.restart(TWO)
    change(rig, "UPDATE unit SET serial = 'another' WHERE id = ?", last)
    for _ in range(4):
        rig.step()
    with pytest.raises(StationFault):
        rig.step()
    rig.clock.advance(RULES.poll_first)
    assert rig.step() == 0.0
    assert rig.step() == 0.0
    assert rig.kinds() == [*GOES * 2, *["settled"] * 2]


def test_a_unit_that_is_built_again_meanwhile_goes_with_its_new_certificate(rig: Rig) -> None:
    units = rig.add_units(4)
    rig.restart(TWO)
    rig.step()  # the rows of the other two are made ahead
    before = pem(rig, units[2])
    rig.rework(units[2])
    after = pem(rig, units[2])
    assert before != after
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED] * 4
    assert after in body_with(rig, units[2])
    assert before not in body_with(rig, units[2])


def test_what_is_changed_in_the_tables_after_a_body_was_begun_comes_into_none(rig: Rig) -> None:
    units = rig.add_units(6)
    rig.restart(TWO)
    rig.step()  # the rows of the second body are made ahead, or are not: not those of the third
    honest = {unit: pem(rig, unit) for unit in units}
    sql = "UPDATE certificate SET issued = (SELECT min(issued) FROM certificate) WHERE device_id = ?"
    for unit in (units[2], units[4]):
        change(rig, sql, rig.device(unit))
    with pytest.raises(StationFault) as caught:
        rig.work()
    assert caught.value.code == "JRN-110"
    assert rig.state(units[4]) is CloudState.WAITING
    for unit in units[:4]:
        if rig.state(unit) is not CloudState.WAITING:
            assert honest[unit] in body_with(rig, unit)


def test_an_entry_that_is_changed_between_two_bodies_is_found(rig: Rig) -> None:
    units = rig.add_units(6)
    rig.restart(TWO)
    rig.step()
    change(rig, "DROP TRIGGER event_stays")
    row = rig.records.active_certificate(rig.device(units[4]))
    assert row is not None
    sql = "UPDATE event SET leaf = CAST(replace(CAST(said(leaf) AS TEXT), ?, ?) AS BLOB) WHERE seq = ?"
    change(rig, sql, '"serial":"', '"serial":"f', row.issued)
    with pytest.raises(StationFault) as caught:
        rig.work()
    assert caught.value.code == "JRN-110"
    assert rig.state(units[4]) is CloudState.WAITING
