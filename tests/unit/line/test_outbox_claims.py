"""Attested units: claimed at most once each, tried out first, and onboarded only when their cloud key is seen."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station.cloud.team import TeamCloud
from station.domain.line import CloudState
from station.line.claims import AT_ONCE
from station.line.decisions import decide_uploads
from station.simulator.cloud import LINE_KEY, OTHER_KEY
from station.simulator.cloud_faults import Do
from station.simulator.cloud_provisioning import CLAIMED_BY_OTHERS, CLAIMED_BY_TEAM, ClaimSwitches
from station.simulator.cloud_world import ServiceTimes
from tests.unit.line.claim_rig import CLAIMING, TAG, ClaimRig, open_claim_rig
from tests.unit.line.outbox_deaths import Died, DiesAfterSending, DiesBeforeSending
from tests.unit.line.outbox_rig import RULES

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

CLAIMED, ONBOARDED, REFUSED, UNKNOWN, WAITING = (
    CloudState.CLAIMED,
    CloudState.ONBOARDED,
    CloudState.REFUSED,
    CloudState.UNKNOWN,
    CloudState.WAITING,
)
EVERY = 600.0


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ClaimRig]:
    with open_claim_rig(tmp_path) as rig:
        yield rig
        assert rig.cloud.truth()["leaks"] == []
        assert rig.posts() == []  # the team API's own endpoints get no token


def test_units_are_claimed_with_their_tags_and_are_not_called_onboarded(rig: ClaimRig) -> None:
    units = rig.add_units(6)
    rig.drain()
    assert rig.states() == [CLAIMED] * 6
    assert rig.claimed() == {rig.device(unit) for unit in units}
    assert {one.tags for one in rig.cloud.provisioning.all_claimed()} == {(TAG,)}
    assert rig.onboarded() == []
    assert len(rig.attempts_to_claim()) == 2
    assert "not seen" in rig.queued(units[0]).reason


def test_the_other_form_of_answer_ends_the_same(rig: ClaimRig) -> None:
    units = rig.add_units(3)
    late = {rig.device(units[1]): "No room."}
    rig.cloud.provisioning.switches = ClaimSwitches(answer="operation", refused_late=late)
    rig.drain()
    assert rig.states() == [CLAIMED, REFUSED, CLAIMED]
    assert rig.queued(units[1]).reason == "No room."
    assert "accepted" in rig.kinds()


def test_what_the_dry_run_refuses_is_not_sent(rig: ClaimRig) -> None:
    units = rig.add_units(4)
    other = rig.cloud.world.team_of(OTHER_KEY)
    assert other is not None
    rig.cloud.provisioning.claim(other, rig.token(units[1]), [])
    rig.drain()
    assert rig.states() == [CLAIMED, REFUSED, CLAIMED, CLAIMED]
    assert rig.queued(units[1]).reason == CLAIMED_BY_OTHERS
    assert rig.times_claimed(units[1]) == 1
    bodies = [rig.records.body(event.body_sha256) for event in _prepared(rig)]
    sent = {one["body_sha256"] for one in rig.attempts_to_claim()}
    assert len(sent) == 1
    assert all(rig.token(units[1]).encode() not in body for body in bodies)


def _prepared(rig: ClaimRig) -> list[Any]:
    return [entry.event for entry in rig.records.entries_of_kind("upload-prepared")]


def test_what_only_the_claim_itself_refuses_is_refused_row_by_row(rig: ClaimRig) -> None:
    units = rig.add_units(3)
    rig.cloud.provisioning.switches = ClaimSwitches(refused_late={rig.device(units[0]): "No room."})
    rig.drain()
    assert rig.states() == [REFUSED, CLAIMED, CLAIMED]
    assert rig.queued(units[0]).reason == "No room."


@pytest.mark.parametrize("do", [Do.STATUS, Do.CLOSE_UNDONE, Do.SLOW])
def test_a_dry_run_without_an_answer_is_waited_for(rig: ClaimRig, do: Do) -> None:
    rig.fail(CLAIMING, do, status=503, times=2, seconds=0.0)
    rig.add_units(2)
    rig.drain()
    assert rig.states() == [CLAIMED] * 2
    assert len(rig.attempts_to_claim()) == 1


@pytest.mark.parametrize("make", [DiesBeforeSending, DiesAfterSending])
@pytest.mark.parametrize("answer", ["lists", "operation"])
def test_a_process_that_dies_at_the_claim_claims_each_device_once(
    rig: ClaimRig, make: Callable[..., TeamCloud], answer: Any
) -> None:
    rig.cloud.provisioning.switches = ClaimSwitches(answer=answer)
    units = rig.add_units(3)
    rig.restart(make=make)
    with pytest.raises(Died):
        rig.work()
    rig.restart()
    rig.drain()
    assert rig.states() == [CLAIMED] * 3
    assert [rig.times_claimed(unit) for unit in units] == [1, 1, 1]
    assert len(rig.attempts_to_claim()) == 1


@pytest.mark.parametrize(
    "do", [Do.CLOSE_UNREAD, Do.CLOSE_UNDONE, Do.CLOSE_DONE, Do.CLOSE_MID_ANSWER, Do.NONSENSE, Do.HUGE, Do.REDIRECT]
)
def test_an_unclear_claim_is_settled_by_its_devices(rig: ClaimRig, do: Do) -> None:
    units = rig.add_units(3)
    rig.fail(CLAIMING, do, skip=3, seconds=5.0)  # behind the dry runs
    rig.drain()
    assert rig.states() == [CLAIMED] * 3
    assert [rig.times_claimed(unit) for unit in units] == [1, 1, 1]
    assert "unclear" in rig.kinds()


def test_an_unclear_claim_of_which_the_cloud_says_nothing_is_never_called_claimed(rig: ClaimRig) -> None:
    rig.add_units(2)
    rig.fail(CLAIMING, Do.CLOSE_UNDONE, skip=2)
    rig.fail("GET /v1/claimed-devices/*", Do.STATUS, status=418, times=0)
    rig.drain()
    assert rig.states() == [UNKNOWN] * 2
    assert len(rig.attempts_to_claim()) == 1


def test_a_claim_that_the_cloud_shows_at_work_is_waited_for_and_not_sent_again(rig: ClaimRig) -> None:
    rig.cloud.provisioning.switches = ClaimSwitches(answer="operation")
    rig.cloud.world.service = ServiceTimes(500.0, 500.0, 500.0)
    units = rig.add_units(2)
    rig.fail(CLAIMING, Do.CLOSE_DONE, skip=2)
    rig.drain()
    assert len(rig.attempts_to_claim()) == 1
    assert rig.states() == [CLAIMED] * 2
    assert [rig.times_claimed(unit) for unit in units] == [1, 1]


def test_a_claim_that_is_worked_on_late_and_unseen_ends_claimed_however_often_it_was_sent(rig: ClaimRig) -> None:
    rig.cloud.provisioning.switches = ClaimSwitches(answer="operation")
    rig.cloud.switch(claims_listed=False)
    rig.cloud.world.service = ServiceTimes(500.0, 500.0, 500.0)
    units = rig.add_units(2)
    rig.fail(CLAIMING, Do.CLOSE_DONE, skip=2)
    rig.drain()
    assert len(rig.attempts_to_claim()) == 2  # the first was nowhere to be seen, long after it was sent
    assert rig.states() == [CLAIMED] * 2
    assert [rig.times_claimed(unit) for unit in units] == [1, 1]


def test_a_claim_that_is_done_before_it_is_sent_again_is_claimed_and_not_refused(rig: ClaimRig) -> None:
    rig.cloud.provisioning.switches = ClaimSwitches(answer="operation")
    rig.cloud.switch(stuck=True, claims_listed=False)
    units = rig.add_units(2)
    rig.fail(CLAIMING, Do.CLOSE_DONE, skip=2)
    while WAITING not in rig.states() or "unclear" not in rig.kinds():
        rig.step()
        rig.clock.advance(10.0)
    rig.cloud.switch(stuck=False)
    assert len(rig.claimed()) == 2  # the cloud does it now, before anybody asks again
    rig.drain()
    assert rig.states() == [CLAIMED] * 2
    assert [rig.times_claimed(unit) for unit in units] == [1, 1]
    assert len(rig.attempts_to_claim()) == 1


def test_an_older_claim_is_no_claim_by_a_rework_s_token(rig: ClaimRig) -> None:
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.rework(unit)
    rig.drain()
    assert rig.states() == [REFUSED]
    assert CLAIMED_BY_TEAM in rig.queued(unit).reason


# --- looks -------------------------------------------------------------------------------------------------------


def _let_time_pass(rig: ClaimRig, seconds: float = EVERY) -> None:
    rig.clock.advance(seconds)
    assert rig.step() is None or rig.step() is None


def test_a_claimed_unit_is_onboarded_when_its_key_is_seen(rig: ClaimRig) -> None:
    units = rig.add_units(3)
    rig.drain()
    rig.cloud.provisioning.connect(rig.device(units[1]))
    rig.work()
    assert rig.states() == [CLAIMED] * 3  # a look takes its time
    _let_time_pass(rig)
    assert rig.states() == [CLAIMED, ONBOARDED, CLAIMED]
    assert rig.onboarded() == [rig.device(units[1])]
    assert "cloud access key" in rig.queued(units[1]).reason


def test_a_look_survives_a_cloud_that_does_not_answer(rig: ClaimRig) -> None:
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.cloud.provisioning.connect(rig.device(unit))
    rig.fail("GET *", Do.STATUS, status=500, times=0)
    _let_time_pass(rig)
    assert rig.states() == [CLAIMED]
    rig.cloud.faults.clear()
    rig.restart()
    _let_time_pass(rig)
    assert rig.states() == [ONBOARDED]


@pytest.mark.parametrize("readable", [True, False])
def test_that_the_team_has_the_device_shows_no_key_of_it(rig: ClaimRig, *, readable: bool) -> None:
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.cloud.provisioning.connect(rig.device(unit))  # it is there now; another station's certificate looks the same
    body = '{"items":[{"id":"1","request":{"cloudAccessKeyGeneration":{}},"status":"PENDING"}]}'
    rig.fail("GET */provisioning", Do.NONSENSE, body=body if readable else '{"items":[{"status":"DONE"}]}', times=0)
    _let_time_pass(rig)
    assert rig.states() == [CLAIMED]
    assert rig.onboarded() == [rig.device(unit)]


def test_a_device_that_was_there_before_shows_no_new_key(rig: ClaimRig) -> None:
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.cloud.provisioning.connect(rig.device(unit))
    _let_time_pass(rig)
    assert rig.states() == [ONBOARDED]
    rig.rework(unit)
    rig.drain()
    assert rig.states() == [REFUSED]
    assert rig.queued(unit).reason == CLAIMED_BY_TEAM
    rig.cloud.provisioning.unclaim(rig.cloud.world.teams[0], rig.device(unit))
    decide_uploads(rig.gate, rig.records, [rig.device(unit)], WAITING, rig.lead, "unclaimed it")
    rig.drain()
    assert rig.states() == [CLAIMED]
    _let_time_pass(rig)
    assert rig.states() == [CLAIMED]  # the team has the device, with its old key
    rig.cloud.provisioning.connect(rig.device(unit))
    _let_time_pass(rig)
    assert rig.states() == [ONBOARDED]


def test_looks_go_round_a_few_units_at_a_time(rig: ClaimRig) -> None:
    rig.restart(replace(RULES, rows=100))
    units = rig.add_units(AT_ONCE + 3)
    rig.drain()
    for unit in units:
        rig.cloud.provisioning.connect(rig.device(unit))
    rig.clock.advance(EVERY)
    rig.work()
    assert rig.states().count(ONBOARDED) == AT_ONCE
    rig.clock.advance(EVERY)
    rig.work()
    assert rig.states().count(ONBOARDED) == AT_ONCE + 3


def test_all_can_be_looked_at_at_once(rig: ClaimRig) -> None:
    rig.restart(replace(RULES, rows=100))
    units = rig.add_units(AT_ONCE + 3)
    rig.drain()
    for unit in units[1:]:
        rig.cloud.provisioning.connect(rig.device(unit))
    rig.outbox.claims.look_at_all()
    rig.work()
    assert rig.states().count(ONBOARDED) == AT_ONCE + 2
    asked = len(rig.cloud.truth()["requests"])
    rig.work()
    assert len(rig.cloud.truth()["requests"]) == asked  # it came to its end


def test_all_are_looked_at_wherever_the_round_of_looks_is(rig: ClaimRig) -> None:
    """Found by the simulated factory: whoever asked for all of them got those that the round had not come to yet."""
    units = rig.add_units(3)
    rig.drain()
    _let_time_pass(rig)  # a look at each: the round is at its end
    for unit in units:
        rig.cloud.provisioning.connect(rig.device(unit))
    rig.outbox.claims.look_at_all()
    rig.work()
    assert rig.states() == [ONBOARDED] * 3


def test_nobody_waits_for_a_look_where_the_cloud_is_away_or_the_key_refused(rig: ClaimRig) -> None:
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.cloud.provisioning.connect(rig.device(unit))
    rig.key = "a-key-of-nobody"
    rig.restart(team=rig.cloud.team_id)
    rig.outbox.claims.look_at_all()
    assert rig.step() is None
    assert rig.states() == [CLAIMED]
    rig.key = LINE_KEY
    rig.restart(team=rig.cloud.team_id)
    rig.outbox.claims.look_at_all()
    rig.work()
    assert rig.states() == [ONBOARDED]


def test_nothing_claimed_is_nothing_to_ask(rig: ClaimRig) -> None:
    rig.outbox.claims.look_at_all()
    asked = len(rig.cloud.truth()["requests"])
    _let_time_pass(rig)
    assert len(rig.cloud.truth()["requests"]) == asked


def test_a_person_may_have_seen_it(rig: ClaimRig) -> None:
    (unit,) = rig.add_units(1)
    rig.drain()
    decide_uploads(rig.gate, rig.records, [rig.device(unit)], ONBOARDED, rig.lead, "seen in the portal")
    assert rig.states() == [ONBOARDED]
