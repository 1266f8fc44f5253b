"""A cloud that comes to no end: a person may decide, the station goes on asking, and a late answer is never lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.events import UploadDecided, UploadSettled
from station.domain.faults import StationFault
from station.domain.ids import EventSeq, UnitId
from station.domain.line import CloudState
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.line.decisions import decide_uploads
from station.line.outbox_rules import OutboxRules
from station.line.overdue import overdue_units
from station.simulator.cloud_faults import Do
from tests.unit.line.outbox_rig import RULES, SENDING, Rig, open_rig

ONBOARDED, WAITING, REFUSED, UNKNOWN, HELD, IN_A_BODY = (
    CloudState.ONBOARDED,
    CloudState.WAITING,
    CloudState.REFUSED,
    CloudState.UNKNOWN,
    CloudState.HELD,
    CloudState.SENDING,
)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        yield rig


def wait(rig: Rig, seconds: float) -> None:
    """Let the time pass in which the outbox does what it wants to."""
    end = rig.clock.monotonic() + seconds
    while (left := end - rig.clock.monotonic()) > 0:
        asked = rig.step()
        rig.clock.advance(min(left, left if asked is None else asked))


def overdue(rig: Rig) -> set[UnitId]:
    return set(overdue_units(rig.records, rig.clock.now(), RULES.overdue))


def decide(rig: Rig, unit: UnitId, state: CloudState) -> None:
    decide_uploads(rig.gate, rig.records, [rig.device(unit)], state, rig.lead, "a test", overdue(rig))


def polls(rig: Rig) -> int:
    requests = rig.cloud.truth()["requests"]
    assert isinstance(requests, list)
    return sum("/bulk-ops-requests/" in one["target"] for one in requests)


def stick(rig: Rig, count: int) -> list[UnitId]:
    """Have the cloud take units and come to no end with them until they are overdue."""
    rig.cloud.switch(stuck=True)
    units = rig.add_units(count)
    wait(rig, RULES.overdue + 60)
    assert overdue(rig) == set(units)
    return units


def test_nobody_decides_before_it_is_overdue(rig: Rig) -> None:
    rig.cloud.switch(stuck=True)
    (unit,) = rig.add_units(1)
    wait(rig, RULES.overdue - 60)
    assert overdue(rig) == set()
    with pytest.raises(StationFault) as caught:
        decide(rig, unit, HELD)
    assert caught.value.code == "LINE-161"
    wait(rig, 120)
    decide(rig, unit, HELD)
    assert rig.state(unit) is HELD
    (decided,) = [e.event for e in rig.records.entries_from(EventSeq(1)) if isinstance(e.event, UploadDecided)]
    assert (decided.operator, decided.reason) == ("p2", "a test")


def test_an_overdue_upload_is_told_once_and_asked_about_ever_more_seldom(rig: Rig) -> None:
    stick(rig, 2)
    before = polls(rig)
    wait(rig, 4 * 3600)
    assert 10 <= polls(rig) - before <= 30
    assert [told.code for told in rig.told] == ["CLD-OVERDUE"]
    assert rig.outbox.stuck
    rig.cloud.switch(stuck=False)
    wait(rig, 1000)
    assert rig.states() == [ONBOARDED, ONBOARDED]
    assert rig.outbox.stuck == ""


def test_a_put_off_body_is_never_overdue(rig: Rig) -> None:
    rig.fail(SENDING, Do.STATUS, status=429, times=0)
    (unit,) = rig.add_units(1)
    wait(rig, 2 * RULES.overdue)
    assert overdue(rig) == set()
    with pytest.raises(StationFault):
        decide(rig, unit, HELD)


@pytest.mark.parametrize(
    ("decision", "row_error", "stands"),
    [
        (ONBOARDED, "", ONBOARDED),
        (HELD, "", ONBOARDED),
        (ONBOARDED, "bad", UNKNOWN),  # one of the two is wrong: a person looks again
        (HELD, "bad", HELD),
    ],
)
def test_a_late_answer_stands_beside_the_decision(
    rig: Rig, decision: CloudState, row_error: str, stands: CloudState
) -> None:
    decided, other = stick(rig, 2)
    decide(rig, decided, decision)
    if row_error:
        rig.cloud.switch(row_errors={rig.device(decided): row_error})
    rig.cloud.switch(stuck=False)
    rig.drain()
    assert (rig.state(decided), rig.state(other)) == (stands, ONBOARDED)
    (settled,) = [e.event for e in rig.records.entries_from(EventSeq(1)) if isinstance(e.event, UploadSettled)]
    assert [row.state for row in settled.rows] == [REFUSED if row_error else ONBOARDED, ONBOARDED]
    if row_error:
        assert row_error in rig.queued(decided).reason
        assert "a test" in rig.queued(decided).reason
    assert [told.code for told in rig.told].count("CLD-LATE") == 1
    assert len(rig.posts()) == 1


def test_send_again_meets_the_late_answer_before_it_goes(rig: Rig) -> None:
    (unit,) = stick(rig, 1)
    rig.restart(OutboxRules(rows=4, longest_wait=3600))
    decide(rig, unit, WAITING)
    rig.cloud.switch(stuck=False)
    for _ in range(100):
        rig.step(flush=False)
        rig.clock.advance(1)
    assert rig.state(unit) is ONBOARDED
    rig.drain()
    assert len(rig.posts()) == 1


def test_send_again_in_a_body_of_its_own_is_settled_by_that_one(rig: Rig) -> None:
    (unit,) = stick(rig, 1)
    decide(rig, unit, WAITING)
    rig.step()
    rig.step()
    assert len(rig.posts()) == 2
    assert rig.state(unit) is IN_A_BODY
    rig.cloud.switch(stuck=False)
    rig.drain()
    assert rig.state(unit) is ONBOARDED
    assert len(rig.onboarded()) == 1
    assert len(rig.posts()) == 2


def test_a_late_answer_for_the_old_certificate_says_nothing_of_the_reworked_unit(rig: Rig) -> None:
    unit, other = stick(rig, 2)
    decide(rig, unit, HELD)
    rig.restart(OutboxRules(rows=4, longest_wait=1e5))
    rig.rework(unit)
    rig.cloud.switch(stuck=False, row_errors={rig.device(unit): "too late"})
    for _ in range(100):
        rig.step(flush=False)
        rig.clock.advance(10)
    assert (rig.state(unit), rig.state(other)) == (WAITING, ONBOARDED)
    assert "too late" not in rig.queued(unit).reason


def test_an_upload_nobody_can_find_ends_once_all_its_units_are_decided(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_UNDONE)
    rig.fail("GET /v1/bulk-ops-requests", Do.STATUS, status=200, body="{}", times=0)
    units = rig.add_units(2)
    wait(rig, RULES.overdue + 60)
    for unit in units:
        decide(rig, unit, HELD)
    rig.cloud.heal()
    rig.drain()
    assert rig.states() == [HELD, HELD]
    assert rig.records.open_uploads() == []


def test_the_projection_is_the_same_when_it_is_made_anew(rig: Rig) -> None:
    units = stick(rig, 3)
    for unit, state in zip(units, (ONBOARDED, HELD, WAITING), strict=True):
        decide(rig, unit, state)
    rig.cloud.switch(stuck=False, row_errors={rig.device(units[0]): "bad"})
    rig.drain()
    assert rig.states() == [UNKNOWN, ONBOARDED, ONBOARDED]
    assert find_disagreement(rig.records.folder) is None
    assert [find_disagreement_about(rig.records.folder, [unit]) for unit in units] == [None] * len(units)
