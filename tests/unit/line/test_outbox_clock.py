"""A body is looked for by the cloud's clock: this PC's may have been wrong when it was sent, or be wrong now."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import stamina

from station.domain.events import UploadSending
from station.domain.ids import EventSeq
from station.domain.line import CloudState
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_faults import Do
from station.simulator.cloud_world import FAST
from tests.unit.line.outbox_rig import RULES, SENDING, DrivenClock, Rig

DAY = 24 * 3600


class TwoClocks(DrivenClock):
    """The PC's clock; the cloud's own, which nobody sets, goes along with it."""

    def __init__(self) -> None:
        super().__init__()
        self.cloud = DrivenClock()

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self.cloud.advance(seconds)


@pytest.fixture
def clock() -> TwoClocks:
    return TwoClocks()


@pytest.fixture
def rig(tmp_path: Path, clock: TwoClocks) -> Iterator[Rig]:
    with stamina.set_testing(True, attempts=3, cap=True), SimulatedCloud(clock=clock.cloud, service=FAST) as cloud:
        rig = Rig(tmp_path / "data", cloud, clock)
        try:
            yield rig
        finally:
            rig.close()


@pytest.mark.parametrize("wrong", [-40 * DAY, -3600, 3600, 40 * DAY])
@pytest.mark.parametrize("mended", [True, False], ids=["mended", "still wrong"])
@pytest.mark.parametrize("how", [Do.CLOSE_DONE, Do.CLOSE_UNDONE], ids=["done", "undone"])
def test_a_body_that_was_sent_under_a_wrong_clock_is_found(
    rig: Rig, clock: TwoClocks, wrong: float, mended: bool, how: Do
) -> None:
    clock.set_by(seconds=wrong)
    rig.fail(SENDING, how)
    rig.add_units(2)
    for _ in range(3):
        rig.step()
        if rig.upload().state == "unclear":
            break
    if mended:
        clock.set_by(seconds=-wrong)
    rig.restart()
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED] * 2
    assert [post["acted"] for post in rig.posts()] == ([True] if how is Do.CLOSE_DONE else [False, True])


def test_the_cloud_s_time_is_journaled_with_the_intent(rig: Rig, clock: TwoClocks) -> None:
    clock.set_by(days=-2)
    rig.add_units(1)
    rig.drain()
    (sending,) = [e.event for e in rig.records.entries_from(EventSeq(1)) if isinstance(e.event, UploadSending)]
    assert sending.cloud_time.startswith(f"{clock.cloud.now():%Y-%m-%dT%H:%M}")


def test_a_time_that_was_told_before_the_pc_slept_does_not_count(rig: Rig, clock: TwoClocks) -> None:
    rig.add_units(1)
    rig.drain()
    # The monotonic clock stands still in a sleeping PC, and the world goes on.
    clock.set_by(hours=8)
    clock.cloud.set_by(hours=8)
    rig.fail(SENDING, Do.CLOSE_DONE)
    rig.add_units(1)
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED] * 2
    sent = [e.event.cloud_time for e in rig.records.entries_from(EventSeq(1)) if isinstance(e.event, UploadSending)]
    assert sent[1].startswith(f"{clock.cloud.now() - timedelta(0):%Y-%m-%dT%H}")


def test_a_cloud_that_tells_no_time_is_looked_through_from_the_start(rig: Rig, clock: TwoClocks) -> None:
    clock.set_by(days=30)
    rig.fail(SENDING, Do.CLOSE_DONE)
    for _ in range(2):
        rig.fail("GET /v1/account", Do.STATUS, status=200, body="{}", headers={"Date": "no date at all"})
    rig.add_units(1)
    rig.drain()
    lists = [one["target"] for one in rig.cloud.truth()["requests"] if "bulk-ops-requests" in one["target"]]  # type: ignore[attr-defined]  # JSON
    assert lists[0] == "/v1/bulk-ops-requests"
    assert rig.states() == [CloudState.ONBOARDED]
    assert len(rig.posts()) == 1


def test_a_clock_that_jumps_ahead_makes_no_upload_overdue(rig: Rig, clock: TwoClocks) -> None:
    rig.cloud.switch(stuck=True)
    rig.add_units(1)
    rig.work()
    clock.set_by(hours=2)
    for _ in range(3):
        clock.advance(100)
        rig.work()
        assert rig.outbox.stuck == ""
    assert "CLD-OVERDUE" not in [told.code for told in rig.told]
    # Nor to the next process, once the cloud has told it the time.
    rig.restart()
    rig.work()
    assert rig.outbox.stuck == ""
    assert "CLD-OVERDUE" not in [told.code for told in rig.told]
    clock.advance(RULES.overdue)
    rig.work()
    assert rig.outbox.stuck


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_is_set_back_does_not_keep_an_upload_from_being_overdue(
    rig: Rig, clock: TwoClocks, *, restarted: bool
) -> None:
    rig.cloud.switch(stuck=True)
    rig.add_units(1)
    rig.work()
    clock.set_by(hours=-5)
    if restarted:
        rig.restart()
    clock.advance(RULES.overdue + 100)
    rig.work()
    assert rig.outbox.stuck


def test_an_upload_is_overdue_after_the_pc_slept_long_enough(rig: Rig, clock: TwoClocks) -> None:
    rig.cloud.switch(stuck=True)
    rig.add_units(1)
    rig.work()
    clock.set_by(hours=8)
    clock.cloud.set_by(hours=8)
    clock.advance(60)
    rig.work()
    assert rig.outbox.stuck
