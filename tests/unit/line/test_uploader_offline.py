"""At the end of a run nobody waits for a cloud that can't be reached, and what waits is told."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.line import CloudState
from station.host.clock import Clock, SystemClock
from station.line.feed import Feed, Notice, Told
from station.line.uploader import Uploader
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_faults import Do
from station.simulator.cloud_world import FAST
from tests.unit.line.outbox_rig import SENDING, Rig, open_rig

NOBODY = "http://127.0.0.1:9/v1"  # discard: nothing listens there


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        rig.add_units(3)
        yield rig


def end_run(rig: Rig, patience: float) -> tuple[bool, float, list[Told]]:
    """End a run as the engine does; return whether all went, the seconds it took, and what was told."""
    clock: Clock = SystemClock()
    feed, told = Feed(), list[Told]()

    def hear(notice: Notice) -> None:
        if isinstance(notice, Told):
            told.append(notice)

    feed.listen(hear)
    uploader = Uploader(rig.outbox, clock, feed)
    uploader.start()
    began = clock.monotonic()
    try:
        uploader.nudge(flush=True)
        done = uploader.wait_idle(patience)
    finally:
        uploader.end()
    return done, clock.monotonic() - began, told


@pytest.mark.parametrize("gated", [True, False], ids=["before the team is known", "with the team known"])
def test_a_run_ends_soon_where_nothing_can_be_reached(rig: Rig, gated: bool) -> None:
    rig.restart(base_url=NOBODY, team=rig.cloud.world.teams[0].team_id if gated else None)
    done, took, told = end_run(rig, 100.0)
    assert not done
    assert took < 20
    assert [one.code for one in told] == ["LINE-146"]
    assert told[0].sentence.startswith("3 units wait for the cloud (the cloud can't be reached")
    assert told[0].sentence.endswith("station upload")
    rig.restart()
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED] * 3


def test_a_cloud_that_is_back_at_the_second_look_is_waited_for(rig: Rig) -> None:
    with SimulatedCloud(clock=rig.clock) as gone:
        port = int(gone.base_url.removesuffix("/v1").rpartition(":")[2])
    rig.restart(base_url=gone.base_url)
    for _ in range(5):
        rig.step()
    assert "can't be reached" in rig.outbox.stuck
    answer: list[tuple[bool, float, list[Told]]] = []
    run = threading.Thread(target=lambda: answer.append(end_run(rig, 60.0)))
    with SimulatedCloud(port, clock=rig.clock, service=FAST) as back:
        run.start()
        while run.is_alive():
            if back.truth()["posts"]:  # no back-off runs out before: the body goes because somebody waits
                rig.clock.advance(1.0)
            run.join(0.05)
    done, took, told = answer[0]
    assert (done, told) == (True, [])
    assert took < 20
    assert rig.states() == [CloudState.ONBOARDED] * 3


def test_a_refused_key_is_not_waited_for(rig: Rig) -> None:
    rig.fail(SENDING, Do.STATUS, status=403, times=0)
    done, took, told = end_run(rig, 60.0)
    assert not done
    assert took < 20
    assert [one.code for one in told] == ["LINE-146"]


def test_nothing_is_told_where_nothing_waits(rig: Rig) -> None:
    rig.drain()
    assert end_run(rig, 60.0)[::2] == (True, [])
