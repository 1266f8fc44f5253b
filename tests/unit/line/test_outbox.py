"""The outbox sends each row once, waits as long as it is asked to, and takes nothing for a success that is none."""

import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import load_pem_x509_certificate

from station.cloud.protocol import OnboardRow
from station.cloud.team import TeamCloud
from station.domain.events import ReworkDeclared, ReworkWithdrawn
from station.domain.faults import Refusal, StationFault
from station.domain.line import CloudState
from station.host.files import sha256_of
from station.line.decisions import decide_uploads
from station.line.waits import ASKED_WITHIN
from station.simulator.cloud import LINE_KEY
from station.simulator.cloud_faults import Do
from station.simulator.cloud_rows import read_rows
from station.simulator.cloud_world import ServiceTimes
from tests.unit.line.outbox_rig import RULES, SENDING, Rig, open_rig

ONBOARDED, WAITING, REFUSED, UNKNOWN = (
    CloudState.ONBOARDED,
    CloudState.WAITING,
    CloudState.REFUSED,
    CloudState.UNKNOWN,
)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        yield rig


def seconds_between(posts: Sequence[dict[str, Any]]) -> list[float]:
    times = [datetime.fromisoformat(post["at"]) for post in posts]
    return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


def test_the_end_of_every_body_is_seen_soon_though_only_one_is_asked_about_often(rig: Rig) -> None:
    rig.cloud.world.service = ServiceTimes(pending=0.5, least=3.5, most=3.5)
    rig.add_units(32)  # eight bodies
    seconds = rig.drain()
    assert rig.states() == [ONBOARDED] * 32
    assert 3.5 <= seconds <= 3.5 * 1.06
    requests: Any = rig.cloud.truth()["requests"]
    polls = Counter(one["target"] for one in requests if "/bulk-ops-requests/" in one["target"])
    assert len(polls) == 8
    assert polls.total() <= 8 * 3 + 3.5 / RULES.poll_first * 10, "one is asked about often, not eight"


def test_the_end_of_the_others_is_seen_soon_while_the_cloud_says_nothing_of_the_first(rig: Rig) -> None:
    rig.cloud.world.service = ServiceTimes(pending=0.5, least=3.5, most=3.5)
    units = rig.add_units(12)
    rig.work()
    first = rig.records.open_uploads()[0]
    rig.fail(f"GET /v1/bulk-ops-requests/{first.request_id}", Do.STATUS, status=429, headers={"Retry-After": "60"})
    began = rig.clock.monotonic()
    while rig.state(units[-1]) is not ONBOARDED or rig.state(units[4]) is not ONBOARDED:
        wait = rig.step()
        assert wait is not None
        rig.clock.advance(wait)
    assert rig.clock.monotonic() - began <= 3.5 * 1.06
    assert rig.state(units[0]) is CloudState.SENDING


def test_bodies_of_the_configured_size_go_and_the_rest_waits_its_time(rig: Rig) -> None:
    units = rig.add_units(9)
    rig.work(flush=False)
    assert len(rig.posts()) == 2
    assert [rig.state(unit) for unit in units].count(WAITING) == 1
    began = rig.clock.monotonic()
    rig.drain(flush=False)
    assert 50 <= rig.clock.monotonic() - began <= 70  # the ninth had waited since it passed
    posts = rig.posts()
    bodies = [rig.cloud.world.operations()[-1 - number].body for number in range(3)]
    assert [len(read_rows(body, "text/csv")) for body in bodies] == [4, 4, 1]
    assert [post["body_sha256"] for post in posts] == [sha256_of(body) for body in bodies]
    assert rig.states() == [ONBOARDED] * 9


def test_the_cloud_has_each_unit_with_its_active_certificate(rig: Rig) -> None:
    rig.add_units(5)
    rig.drain()
    rows = [row for one in rig.cloud.world.operations() for row in read_rows(one.body, "text/csv")]
    assert len({row.device_id for row in rows}) == len(rows) == 5
    for row in rows:
        active = rig.records.active_certificate(row.device_id)  # type: ignore[arg-type]  # it is one
        assert active is not None
        assert load_pem_x509_certificate(row.pem.encode()).serial_number == int(active.serial, 16)
        assert (row.subtype, row.tags) == ("tracker", ("line1",))
    assert rig.onboarded() == sorted(row.device_id for row in rows)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_cloud_is_left_alone_as_long_as_it_asks(rig: Rig, status: int) -> None:
    rig.fail(SENDING, Do.STATUS, status=status, headers={"Retry-After": "240"}, times=2)
    rig.add_units(2)
    rig.drain()
    posts = rig.posts()
    assert seconds_between(posts) == [240.0, 240.0]
    assert [post["acted"] for post in posts] == [False, False, True]
    assert len({post["body_sha256"] for post in posts}) == 1
    assert rig.states() == [ONBOARDED, ONBOARDED]
    assert rig.kinds() == ["prepared", *["sending", "put-off"] * 2, "sending", "accepted", "settled"]


def test_a_cloud_that_names_no_time_is_asked_less_and_less_often(rig: Rig) -> None:
    rig.fail(SENDING, Do.STATUS, status=429, times=10)
    rig.add_units(1)
    rig.drain()
    waits = seconds_between(rig.posts())
    assert waits[0] == RULES.retry_first
    assert waits == sorted(waits)
    assert waits[-1] == RULES.retry_most


def test_a_cloud_that_asks_for_no_wait_is_not_hammered(rig: Rig) -> None:
    rig.fail(SENDING, Do.STATUS, status=429, headers={"Retry-After": "0"}, times=20)
    rig.add_units(1)
    rig.drain()
    assert min(seconds_between(rig.posts())) >= 1.0


def test_where_nothing_listens_nothing_is_lost(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    rig.restart(base_url=nobody)
    rig.add_units(3)
    for _ in range(20):
        rig.work()
        rig.clock.advance(60)
    assert "unclear" not in rig.kinds()
    assert rig.posts() == []
    rig.restart()
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    assert len(rig.posts()) == 1


@pytest.mark.parametrize("form", ["new", "old"])
def test_a_body_that_partly_failed_is_told_apart_row_by_row(rig: Rig, form: str) -> None:
    units = rig.add_units(4)
    bad = {rig.device(units[1]): "The device certificate is bad, [3]: or not", rig.device(units[3]): "No room."}
    rig.cloud.switch(row_errors=bad, error_format=form)
    rig.drain()
    assert rig.states() == [ONBOARDED, REFUSED, ONBOARDED, REFUSED]
    assert rig.queued(units[1]).reason == bad[rig.device(units[1])]
    assert rig.queued(units[3]).reason == bad[rig.device(units[3])]
    assert rig.onboarded() == [rig.device(units[0]), rig.device(units[2])]
    assert len(rig.posts()) == 1


@pytest.mark.parametrize(
    "text", ["", "<html>", '{"errors": []}', '{"errors": ["[9]: no such row"]}', '{"errors": ["row 1: bad"]}']
)
def test_an_error_list_that_cannot_be_read_makes_no_row_a_success(rig: Rig, text: str) -> None:
    units = rig.add_units(2)
    rig.cloud.switch(row_errors={rig.device(units[0]): "bad"}, error_text=text)
    rig.drain()
    assert rig.states() == [UNKNOWN, UNKNOWN]
    assert len(rig.posts()) == 1


def test_an_error_list_that_comes_late_is_waited_for(rig: Rig) -> None:
    units = rig.add_units(2)
    rig.cloud.switch(row_errors={rig.device(units[0]): "bad"})
    rig.fail("GET /*/provision_devices/*.json", Do.STATUS, status=403, times=4)
    rig.drain()
    assert rig.states() == [REFUSED, ONBOARDED]


class OneBadRow(TeamCloud):
    """A station whose renderer lets one row through that this cloud answers with a 422 for the whole body."""

    bad = b"unit-006,"

    def render(self, rows: Sequence[OnboardRow]) -> bytes:
        return super().render(rows).replace(self.bad, b"unit 006,")


def test_one_row_that_spoils_its_body_is_found_and_the_others_go(rig: Rig) -> None:
    rig.restart(replace(RULES, rows=8), make=OneBadRow)
    units = rig.add_units(11)
    rig.drain(flush=False)
    assert [unit for unit in units if rig.state(unit) is not ONBOARDED] == [units[5]]
    assert rig.state(units[5]) is REFUSED
    assert "deviceId is not valid" in rig.queued(units[5]).reason
    assert len(rig.onboarded()) == 10
    taken = Counter(row.device_id for one in rig.cloud.world.operations() for row in read_rows(one.body, "text/csv"))
    assert set(taken.values()) == {1}


def asked_account(rig: Rig) -> int:
    requests: Any = rig.cloud.truth()["requests"]
    return sum(one["target"] == "/v1/account" for one in requests)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_stays_refused_is_hardly_shown_and_told_once(rig: Rig, status: int) -> None:
    rig.fail("*", Do.STATUS, status=status, times=0)
    rig.add_units(2)
    rig.work()
    assert str(status) in rig.outbox.blocked
    rig.add_units(6)
    posts, began = len(rig.posts()), asked_account(rig)
    for _ in range(600):
        rig.work()
        rig.clock.advance(6)
    # 30, 60, 120, 240 seconds, then every five minutes: an hour takes 14 of them.
    assert 5 <= asked_account(rig) - began <= 15
    assert len(rig.posts()) == posts == 1
    assert [told.code for told in rig.told].count("LINE-152") == 1
    assert rig.records.outbox(ONBOARDED) == []


def test_a_key_refused_by_the_upload_alone_backs_off_too(rig: Rig) -> None:
    """The account is confirmed each time, but that is no leave to send the body again and again."""
    rig.fail(SENDING, Do.STATUS, status=403, times=0)
    rig.add_units(2)
    for _ in range(600):
        rig.work()
        rig.clock.advance(6)
    assert 5 <= len(rig.posts()) <= 16
    assert [told.code for told in rig.told].count("LINE-152") == 1


def test_a_mended_key_is_taken_by_the_same_process(rig: Rig) -> None:
    rig.key = "a-key-that-nobody-knows"
    outbox = rig.restart(team=rig.cloud.world.teams[0].team_id)
    rig.add_units(2)
    for _ in range(20):
        rig.work()
        rig.clock.advance(30)
    assert outbox.blocked
    assert rig.posts() == []
    rig.key = LINE_KEY
    for _ in range(20):
        rig.work()
        rig.clock.advance(30)
    assert rig.outbox is outbox
    assert (outbox.blocked, rig.states()) == ("", [ONBOARDED] * 2)
    assert [told.code for told in rig.told] == ["LINE-152", "CLD-KEY"]


@pytest.mark.parametrize(
    "on", ["GET /v1/bulk-ops-requests/*", "GET /v1/bulk-ops-requests", "GET /v1/devices/*"], ids=["poll", "find", "ask"]
)
def test_a_key_refused_in_the_middle_loses_nothing(rig: Rig, on: str) -> None:
    if "/devices/" in on:
        rig.fail("GET /v1/bulk-ops-requests", Do.STATUS, status=200, body='{"items": [], "total": 0}', times=2)
        rig.fail("GET /v1/account", Do.STATUS, status=401, skip=1)  # the first asks for the time
    if on != "GET /v1/bulk-ops-requests/*":
        rig.fail(SENDING, Do.CLOSE_UNDONE)
    rig.fail(on, Do.STATUS, status=401)
    rig.add_units(2)
    while not rig.outbox.blocked:
        rig.step()
        rig.clock.advance(10)
    asked: Any = rig.cloud.truth()["requests"]
    rig.clock.advance(5)
    rig.work()
    again: Any = rig.cloud.truth()["requests"]
    assert len(again) == len(asked)
    assert [told.code for told in rig.told].count("LINE-152") == 1
    rig.drain()
    assert rig.states() == [ONBOARDED, ONBOARDED]
    assert sum(post["acted"] for post in rig.posts()) == 1


def test_a_unit_in_a_body_is_not_reworked_until_the_body_is_settled(rig: Rig) -> None:
    (unit,) = rig.add_units(1)
    rig.cloud.switch(stuck=True)
    for expected in ("prepared", "accepted"):
        rig.step()
        assert rig.upload().state == expected
        with pytest.raises(Refusal) as caught:
            rig.rework(unit)
        assert caught.value.code == "JRN-206"
    rig.cloud.switch(stuck=False)
    rig.drain()
    rig.rework(unit)
    rig.drain()
    # The cloud has this ID with the first certificate, which this station gave it: it is replaced, not onboarded anew.
    assert rig.state(unit) is ONBOARDED
    assert [post["target"] for post in rig.posts()] == ["/v1/devices", "/v1/devices/certificates"]


def test_a_rework_takes_a_waiting_unit_back_and_its_new_certificate_goes(rig: Rig) -> None:
    first, second = rig.add_units(2)
    old = rig.records.active_certificate(rig.device(first))
    rig.rework(first)
    rig.drain()
    assert rig.states() == [ONBOARDED, ONBOARDED]
    rows = [row for one in rig.cloud.world.operations() for row in read_rows(one.body, "text/csv")]
    serials = {row.device_id: load_pem_x509_certificate(row.pem.encode()).serial_number for row in rows}
    assert old is not None
    assert len(rows) == 2
    assert serials[rig.device(first)] != int(old.serial, 16)
    assert serials[rig.device(second)] == 2


def test_a_withdrawn_rework_has_its_unit_go_after_all_and_what_is_onboarded_is_not_sent_again(rig: Rig) -> None:
    (before,) = rig.add_units(1)
    rig.drain()
    (unit,) = rig.add_units(1)
    for one in (before, unit):
        rig.journal.commit(ReworkDeclared(unit=one, operator="tester", reason="a scratch"))
    assert rig.outbox.advance(flush=True) is None
    for one in (before, unit):
        rig.journal.commit(ReworkWithdrawn(unit=one, operator="tester", reason="sold as it is"))
    rig.drain()
    assert rig.states() == [ONBOARDED, ONBOARDED]
    assert len(rig.posts()) == 2


def test_a_unit_taken_out_for_rework_neither_waits_nor_holds_up_the_others(rig: Rig) -> None:
    refused, waiting, other = rig.add_units(3)
    rig.cloud.switch(row_errors={rig.device(refused): "bad"})
    rig.restart(replace(RULES, rows=1))
    for _ in range(2):
        rig.step()
    rig.clock.advance(RULES.poll_first + ASKED_WITHIN)
    rig.step()
    assert rig.state(refused) is REFUSED
    for unit in (refused, waiting):
        rig.journal.commit(ReworkDeclared(unit=unit, operator="tester", reason="a scratch"))
        row = rig.records.unit(unit)
        assert row is not None
        assert row.cloud is CloudState.NONE
    with pytest.raises(StationFault) as caught:
        decide_uploads(rig.gate, rig.records, [rig.device(refused)], WAITING, rig.lead, "send it all the same")
    assert caught.value.code == "LINE-161"
    rig.drain()
    assert rig.states() == [ONBOARDED]
    assert rig.onboarded() == [rig.device(other)]
