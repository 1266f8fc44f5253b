"""Nothing is sent before the cloud has said whose key it is; and who listens to the line can't hold it up."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from station.domain.events import AccountConfirmed
from station.domain.ids import EventSeq
from station.domain.line import CloudState
from station.host.clock import SystemClock
from station.journal.codec import Entry
from station.journal.journal import Journal
from station.line.feed import Feed, Notice, Told
from station.line.uploader import Uploader
from station.simulator.cloud_faults import Do
from tests.unit.line.outbox_rig import Rig, open_rig

ACCOUNT = "GET /v1/account"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        rig.add_units(2)
        yield rig


def ours(rig: Rig) -> str:
    return rig.cloud.world.teams[0].team_id


def asked(rig: Rig) -> int:
    requests: Any = rig.cloud.truth()["requests"]
    return sum(one["target"] == "/v1/account" for one in requests)


def test_the_team_is_asked_once_and_journaled_before_the_first_body(rig: Rig) -> None:
    rig.restart(team=ours(rig))
    rig.drain()
    requests: Any = rig.cloud.truth()["requests"]
    assert [one["method"] for one in requests[:2]] == ["GET", "POST"]
    assert asked(rig) == 1
    events = [entry.event for entry in rig.records.entries_from(EventSeq(1))]
    (confirmed,) = [event for event in events if isinstance(event, AccountConfirmed)]
    assert confirmed.team_id == ours(rig)


def test_another_teams_key_sends_nothing_until_it_is_ours_again(rig: Rig) -> None:
    rig.restart(team=ours(rig))
    rig.cloud.switch(account_of="Another team")
    for _ in range(5):
        rig.work()
        rig.clock.advance(600)
    assert rig.posts() == []
    assert [told.code for told in rig.told] == ["LINE-151"]
    rig.cloud.switch(account_of="")
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED] * 2


@pytest.mark.announces("stamina.retry_scheduled")
def test_while_nobody_says_whose_key_it_is_the_cloud_is_asked_now_and_then(rig: Rig) -> None:
    rig.restart(team=ours(rig))
    rig.fail(ACCOUNT, Do.STATUS, status=503, headers={"Retry-After": "5"}, times=0)
    for _ in range(60):
        rig.work()  # whatever else wakes the uploader
        rig.clock.advance(1)
    assert rig.posts() == []
    assert asked(rig) == 2
    rig.cloud.heal()
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED] * 2


def test_an_uploader_that_is_asked_while_it_looks_looks_again(rig: Rig) -> None:
    """What it found before it was asked is no answer: a unit may have passed in between."""
    rig.drain()
    advance, looked, go_on = rig.outbox.advance, threading.Event(), threading.Event()

    def slow(*, flush: bool = False) -> float | None:
        found = advance(flush=flush)
        looked.set()
        assert go_on.wait(10)
        return found

    rig.outbox.advance = slow  # type: ignore[method-assign]  # the same, only slower to return
    uploader = Uploader(rig.outbox, SystemClock(), Feed())
    uploader.start()
    try:
        assert looked.wait(10)
        rig.outbox.advance = advance  # type: ignore[method-assign]  # back again
        rig.add_units(1)
        uploader.nudge(flush=True)
        go_on.set()
        while rig.states()[-1] is not CloudState.ONBOARDED:
            assert not uploader.wait_idle(0.05) or rig.states()[-1] is CloudState.ONBOARDED
            rig.clock.advance(1)
    finally:
        go_on.set()
        uploader.end()


def test_who_listens_is_told_of_every_commit_before_catching_up_returns(tmp_path: Path) -> None:
    told: list[Entry] = []
    may_listen = threading.Event()

    def listen(entries: Sequence[Entry]) -> None:
        assert may_listen.wait(10)
        told.extend(entries)

    with Journal(tmp_path / "data", SystemClock(), committed=listen) as journal:
        caught_up = threading.Event()
        journal.commit(AccountConfirmed(team_id="t", team_name="", base_url="b"))

        def catch_up() -> None:
            journal.catch_up()
            caught_up.set()

        waiting = threading.Thread(target=catch_up)
        waiting.start()
        assert not caught_up.wait(0.1)
        assert told == []
        may_listen.set()
        assert caught_up.wait(10)
        assert [entry.event.kind for entry in told] == ["account-confirmed"]
        waiting.join()


@pytest.mark.announces("a listener of the feed failed")
def test_a_listener_that_raises_stops_neither_the_others_nor_the_journal(tmp_path: Path) -> None:
    feed, heard = Feed(), list[Notice]()

    def broken(_notice: Notice) -> None:
        raise ValueError("a face's own mistake")

    feed.listen(broken)
    feed.listen(heard.append)
    feed.publish(Told("X-1", "Hello."))
    with Journal(tmp_path / "data", SystemClock(), committed=feed.publish_entries) as journal:
        for number in range(3):
            journal.commit(AccountConfirmed(team_id=f"t{number}", team_name="", base_url="b"))
        journal.catch_up()
    assert len(heard) == 4
