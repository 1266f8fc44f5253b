"""A process may end anywhere in an upload, and a clock may be set: the next one goes on, and sends nothing twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from station.domain.line import CloudState
from station.line.decisions import decide_uploads
from station.simulator.cloud_faults import Do
from tests.unit.line.outbox_deaths import Died, DiesAfterSending, DiesBeforeSending
from tests.unit.line.outbox_rig import RULES, SENDING, Rig, open_rig

ONBOARDED, WAITING = CloudState.ONBOARDED, CloudState.WAITING


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        rig.add_units(3)
        yield rig


def die_prepared(rig: Rig) -> None:
    rig.step()


def die_before_sending(rig: Rig) -> None:
    rig.restart(make=DiesBeforeSending)
    with pytest.raises(Died):
        rig.work()


def die_after_sending(rig: Rig) -> None:
    rig.restart(make=DiesAfterSending)
    with pytest.raises(Died):
        rig.work()


def die_put_off(rig: Rig) -> None:
    rig.fail(SENDING, Do.STATUS, status=429, headers={"Retry-After": "300"})
    rig.work()


def die_unclear_and_done(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_DONE)
    rig.step()
    rig.step()


def die_unclear_and_undone(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_UNDONE)
    rig.work()


def die_accepted(rig: Rig) -> None:
    rig.cloud.switch(stuck=True)
    rig.work()
    rig.cloud.switch(stuck=False)


@pytest.mark.parametrize(
    ("die", "state", "posts"),
    [
        (die_prepared, "prepared", [True]),
        (die_before_sending, "sending", [True]),
        (die_after_sending, "sending", [True]),
        (die_put_off, "prepared", [False, True]),
        (die_unclear_and_done, "unclear", [True]),
        (die_unclear_and_undone, "unclear", [False, True]),
        (die_accepted, "accepted", [True]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_next_process_goes_on_from_every_state(
    rig: Rig, die: Callable[[Rig], None], state: str, posts: list[bool]
) -> None:
    die(rig)
    assert rig.upload().state == state
    rig.restart()
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    assert [post["acted"] for post in rig.posts()] == posts
    assert len({post["body_sha256"] for post in rig.posts()}) == 1


def test_a_process_that_finds_an_unclear_body_gives_the_cloud_its_time(rig: Rig) -> None:
    die_before_sending(rig)
    rig.restart()
    assert rig.drain() >= RULES.settle


def test_a_wait_that_the_cloud_asked_for_outlives_the_process(rig: Rig) -> None:
    die_put_off(rig)
    rig.clock.advance(100)
    rig.restart()
    rig.work()
    assert len(rig.posts()) == 1
    assert 200 <= rig.drain() <= 210


def test_a_refused_key_is_tried_again_by_the_next_process(rig: Rig) -> None:
    rig.key = "no-key-of-this-cloud"
    rig.restart()
    rig.work()
    assert rig.outbox.blocked
    assert [post["answered"] for post in rig.posts()] == [401]
    rig.key = "simulated-key-of-the-line"
    rig.restart()
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3


@pytest.mark.parametrize("jump", [-86400, -3600, -120, 120, 3600, 86400])
def test_a_lost_answer_is_reconciled_whatever_the_clock_is_set_to(rig: Rig, jump: float) -> None:
    rig.fail(SENDING, Do.CLOSE_DONE)
    rig.step()
    rig.step()
    rig.clock.set_by(seconds=jump)
    rig.drain()
    assert len(rig.posts()) == 1
    assert rig.states() == [ONBOARDED] * 3


@pytest.mark.parametrize("jump", [-86400, -30, 30, 86400])
def test_no_jump_of_the_clock_shortens_the_time_a_body_has_to_appear(rig: Rig, jump: float) -> None:
    rig.fail(SENDING, Do.CLOSE_UNDONE)
    rig.step()
    rig.step()
    sent = rig.clock.monotonic()
    rig.clock.set_by(seconds=jump)
    while len(rig.posts()) == 1:
        wait = rig.step()
        assert wait is not None
        rig.clock.advance(wait)
    assert RULES.settle <= rig.clock.monotonic() - sent <= 3 * RULES.settle


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "next process"])
def test_a_clock_that_is_set_back_does_not_keep_a_body_here(rig: Rig, *, restarted: bool) -> None:
    die_put_off(rig)
    rig.clock.set_by(days=-30)
    if restarted:
        rig.restart()
    assert rig.drain() <= RULES.retry_most + 60
    assert rig.states() == [ONBOARDED] * 3


def test_a_clock_that_is_set_back_does_not_keep_a_waiting_unit_here(rig: Rig) -> None:
    rig.clock.set_by(days=-30)
    assert rig.drain(flush=False) <= 60
    assert rig.states() == [ONBOARDED] * 3


def test_a_decision_is_taken_up_by_the_next_process(rig: Rig) -> None:
    (first, *_) = rig.records.outbox()
    rig.cloud.switch(row_errors={first.device_id: "bad"})
    rig.drain()
    rig.cloud.switch(row_errors={})
    decide_uploads(rig.gate, rig.records, [first.device_id], CloudState.HELD, rig.lead, "we look at it first")
    rig.restart()
    rig.drain()
    assert rig.state(first.unit) is CloudState.HELD
    assert len(rig.posts()) == 1
    decide_uploads(rig.gate, rig.records, [first.device_id], WAITING, rig.lead, "it is fine")
    rig.restart()
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
