"""An answer that got lost is looked for, and nothing that the cloud may have is sent again blindly."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from station.cloud.protocol import Accepted, Certificate, OnboardRow
from station.cloud.team import TeamCloud
from station.credentials.pem import to_pem
from station.domain.ids import UnitId
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.host.files import sha256_of
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.line.decisions import decide_uploads
from station.simulator.cloud import LINE_KEY
from station.simulator.cloud_faults import Do
from tests.unit.line.outbox_rig import RULES, SENDING, Rig, open_rig

ONBOARDED, WAITING, REFUSED, UNKNOWN = (
    CloudState.ONBOARDED,
    CloudState.WAITING,
    CloudState.REFUSED,
    CloudState.UNKNOWN,
)
LIST = "GET /v1/bulk-ops-requests"
DEVICE = "GET /v1/devices/*"
NOTHING_THERE = json.dumps({"items": [], "total": 0})

# Answers after which the cloud has the body, and the station can't tell.
LOST = {
    "closed after acting": {"do": Do.CLOSE_DONE},
    "cut in the middle": {"do": Do.CLOSE_MID_ANSWER},
    "no JSON": {"do": Do.NONSENSE, "body": "<html>It works!</html>"},
    "nothing in it": {"do": Do.NONSENSE, "body": "{}"},
    "an ID that is none": {"do": Do.NONSENSE, "body": '{"bulkOpsRequestId": "../account"}'},
    "two IDs": {
        "do": Do.NONSENSE,
        "body": '{"bulkOpsRequestId": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "bulkOpsRequestId": "01ARZ3NDEKTSV4RRFFQ69G5FAW"}',
    },
    "far too long": {"do": Do.HUGE, "seconds": 5.0},
}
# Answers after which it hasn't, and the station can't tell either.
UNDONE = {
    "500": {"do": Do.STATUS, "status": 500},
    "502 with a page": {"do": Do.STATUS, "status": 502, "body": "<html>Bad Gateway</html>"},
    "503 without a time": {"do": Do.STATUS, "status": 503},
    "409": {"do": Do.STATUS, "status": 409},
    "a redirect": {"do": Do.REDIRECT},
    "200 where 202 belongs": {"do": Do.STATUS, "status": 200, "body": "{}"},
    "closed before reading": {"do": Do.CLOSE_UNREAD},
    "closed before acting": {"do": Do.CLOSE_UNDONE},
}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        yield rig


def gap(rig: Rig, earlier: int, later: int) -> float:
    """Seconds between two bodies on their way to the cloud."""
    posts = rig.posts()
    times = [datetime.fromisoformat(posts[number]["at"]) for number in (earlier, later)]
    return (times[1] - times[0]).total_seconds()


def hide_body(rig: Rig, *, times: int = 0) -> None:
    """Have the list of bulk operations come back empty."""
    rig.fail(LIST, Do.STATUS, status=200, body=NOTHING_THERE, times=times)


@pytest.mark.parametrize("how", LOST.values(), ids=LOST)
def test_a_body_whose_answer_was_lost_is_found_and_not_sent_again(rig: Rig, how: dict[str, Any]) -> None:
    rig.fail(SENDING, **how)
    rig.add_units(3)
    rig.drain()
    (post,) = rig.posts()
    (operation,) = rig.cloud.world.operations()
    assert post["body_sha256"] == sha256_of(operation.body)
    assert rig.states() == [ONBOARDED] * 3
    assert rig.kinds() == ["prepared", "sending", "unclear", "accepted", "settled"]
    assert rig.cloud.truth()["leaks"] == []


@pytest.mark.parametrize("how", UNDONE.values(), ids=UNDONE)
def test_what_the_cloud_provably_lacks_goes_again_after_a_wait(rig: Rig, how: dict[str, Any]) -> None:
    rig.fail(SENDING, **how)
    rig.add_units(3)
    rig.drain()
    assert [post["acted"] for post in rig.posts()] == [False, True]
    assert gap(rig, 0, 1) >= RULES.settle
    assert rig.states() == [ONBOARDED] * 3
    assert rig.cloud.truth()["leaks"] == []


def test_partial_failures_are_told_also_for_a_body_that_was_found(rig: Rig) -> None:
    units = rig.add_units(2)
    rig.cloud.switch(row_errors={rig.device(units[0]): "bad"})
    rig.fail(SENDING, Do.CLOSE_DONE)
    rig.drain()
    assert rig.states() == [REFUSED, ONBOARDED]


def test_a_body_that_shows_late_is_found_and_not_sent_again(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_DONE)
    hide_body(rig, times=1)
    rig.add_units(2)
    rig.drain()
    assert len(rig.posts()) == 1
    assert rig.states() == [ONBOARDED, ONBOARDED]


@pytest.mark.parametrize(
    "how",
    [
        {"do": Do.STATUS, "status": 500},
        {"do": Do.STATUS, "status": 429, "headers": {"Retry-After": "30"}},
        {"do": Do.STATUS, "status": 404, "body": "<html>not here</html>"},
        {"do": Do.CLOSE_UNDONE},
        {"do": Do.NONSENSE, "body": '{"items": [{}]}'},
    ],
    ids=lambda how: str(how.get("status", how["do"])),
)
@pytest.mark.parametrize("on", [LIST, "GET /*.csv"], ids=["list", "file"])
@pytest.mark.announces("stamina.retry_scheduled")
def test_while_the_cloud_cannot_be_looked_through_nothing_is_sent_again(rig: Rig, on: str, how: dict[str, Any]) -> None:
    rig.fail(SENDING, Do.CLOSE_DONE)
    rig.fail(on, times=0, **how)
    rig.add_units(2)
    for _ in range(30):
        rig.work()
        rig.clock.advance(300)
    if how["do"] is not Do.NONSENSE or on == LIST:
        assert rig.upload().state == "unclear"
        assert rig.states() == [CloudState.SENDING] * 2
    assert len(rig.posts()) == 1
    rig.cloud.heal()
    rig.drain()
    assert len(rig.posts()) == 1


def test_where_nothing_shows_the_certificate_a_person_decides(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_DONE)
    hide_body(rig)
    seen, gone = rig.add_units(2)
    rig.drain()
    assert rig.states() == [UNKNOWN, UNKNOWN]
    assert len(rig.posts()) == 1
    decide_uploads(rig.gate, rig.records, [rig.device(seen)], ONBOARDED, rig.lead, "seen in the portal")
    decide_uploads(rig.gate, rig.records, [rig.device(gone)], WAITING, rig.lead, "deleted it there")
    assert (rig.state(seen), rig.state(gone)) == (ONBOARDED, WAITING)
    rig.cloud.heal()
    rig.drain()
    assert rig.states() == [ONBOARDED, ONBOARDED]
    assert [post["acted"] for post in rig.posts()] == [True, True]
    operations = rig.cloud.world.operations()
    assert [[row.device_id for row in one.rows] for one in operations] == [
        [rig.device(gone)],
        [rig.device(seen), rig.device(gone)],
    ]


def put_there_by_another_station(rig: Rig, unit: UnitId) -> None:
    """Have the unit's device onboarded in the same team, with a certificate that is none of this station's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, rig.device(unit))])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 77, start, start + timedelta(days=1000))
    other = TeamCloud(rig.cloud.base_url, Secret(LINE_KEY), clock=rig.clock, version="another")
    row = OnboardRow(rig.device(unit), Certificate(to_pem(built.sign(key, hashes.SHA256()))))
    assert isinstance(other.send(other.render([row]), CredentialKind.CERTIFICATE, ()), Accepted)


@pytest.mark.parametrize("token", [False, True], ids=["no token", "token"])
def test_a_device_that_another_station_put_there_meanwhile_is_not_called_onboarded(rig: Rig, *, token: bool) -> None:
    rig.fail(SENDING, Do.CLOSE_UNDONE)
    (unit,) = rig.add_units(1)
    if token:
        rig.leave_tokens(unit)
    rig.work()
    put_there_by_another_station(rig, unit)
    assert rig.drain() >= (5 * RULES.settle if token else RULES.settle)  # a "no" to a token may be a "not yet"
    assert rig.states() == [UNKNOWN]
    assert ("does not take the token" in rig.queued(unit).reason) is token
    assert len(rig.posts()) == 2


def test_a_lost_answer_is_settled_by_the_tokens_that_the_cloud_takes(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_DONE)
    hide_body(rig)
    units = rig.add_units(3)
    rig.leave_tokens(*units[:2])
    rig.drain()
    assert rig.states() == [ONBOARDED, ONBOARDED, UNKNOWN]
    assert "own token" in rig.queued(units[0]).reason
    assert len(rig.posts()) == 1


@pytest.mark.announces("stamina.retry_scheduled")
def test_a_token_that_cannot_be_asked_with_now_is_asked_with_later(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_DONE)
    hide_body(rig)
    (unit,) = rig.add_units(1)
    rig.leave_tokens(unit)
    rig.fail(DEVICE, Do.STATUS, status=503, skip=1, times=9)  # behind the question whether it is there
    rig.drain()
    assert rig.states() == [ONBOARDED]
    assert len(rig.posts()) == 1


NO_FILES: dict[str, dict[str, Any]] = {
    "403": {"do": Do.STATUS, "status": 403},
    "busy": {"do": Do.STATUS, "status": 429, "headers": {"Retry-After": "5"}},
    "silent": {"do": Do.CLOSE_UNDONE},
}


def list_only(rig: Rig, **more: str) -> None:
    """Have the cloud list one operation that is none of ours, with ``more`` than that it is there."""
    other = {"bulkOpsRequestId": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "status": "SUCCEEDED", **more}
    rig.fail(LIST, Do.STATUS, status=200, body=json.dumps({"items": [other], "total": 1}), times=0)


@pytest.mark.parametrize("how", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.announces("stamina.retry_scheduled")
def test_where_no_file_can_be_read_a_token_that_the_cloud_takes_is_proof(rig: Rig, how: dict[str, Any]) -> None:
    rig.fail("GET /*.csv", times=0, **how)
    rig.fail(SENDING, Do.CLOSE_DONE)
    rig.leave_tokens(*rig.add_units(2))
    assert rig.drain() >= RULES.settle
    assert rig.states() == [ONBOARDED, ONBOARDED]
    assert len(rig.posts()) == 1


def test_where_the_cloud_names_no_file_a_token_that_the_cloud_takes_is_proof(rig: Rig) -> None:
    list_only(rig)
    rig.fail(SENDING, Do.CLOSE_DONE)
    rig.leave_tokens(*rig.add_units(2))
    rig.drain()
    assert rig.states() == [ONBOARDED, ONBOARDED]
    assert len(rig.posts()) == 1


def test_a_files_host_that_does_not_exist_is_no_cloud_that_cannot_be_reached(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/body.csv"
    list_only(rig, uploadedDataUrl=nowhere)
    rig.fail(SENDING, Do.CLOSE_DONE)
    rig.leave_tokens(*rig.add_units(2))
    rig.work()
    assert rig.outbox.stuck == ""
    rig.drain()
    assert rig.states() == [ONBOARDED, ONBOARDED]


def wait_long(rig: Rig) -> None:
    """Let far more than the settling time pass."""
    for _ in range(30):
        rig.work()
        rig.clock.advance(300)


def test_without_a_file_only_the_proven_are_settled_and_nothing_goes_again(rig: Rig) -> None:
    rig.fail("GET /*.csv", times=0, **NO_FILES["403"])
    units = rig.add_units(3)
    rig.leave_tokens(*units)
    rig.cloud.switch(row_errors={rig.device(units[1]): "bad"})
    rig.fail(SENDING, Do.CLOSE_DONE)
    wait_long(rig)
    assert rig.states() == [ONBOARDED, CloudState.SENDING, ONBOARDED]
    assert rig.upload().state == "unclear"
    assert find_disagreement(rig.records.folder) is None
    assert [find_disagreement_about(rig.records.folder, [unit]) for unit in units] == [None] * len(units)
    rig.restart()
    wait_long(rig)
    assert rig.kinds().count("settled") == 1
    rig.cloud.heal()
    rig.drain()
    # What was proven is not told once more, least of all as a late answer to a person's decision.
    assert rig.states() == [ONBOARDED, REFUSED, ONBOARDED]
    assert len(rig.posts()) == 1
    assert "CLD-LATE" not in [told.code for told in rig.told]


def test_without_a_file_a_token_of_an_earlier_key_and_what_is_not_there_prove_nothing(rig: Rig) -> None:
    units = rig.add_units(2)
    rig.leave_tokens(*units)
    rig.cloud.switch(row_errors={rig.device(units[0]): "bad"})
    rig.drain()
    rig.cloud.switch(row_errors={})
    list_only(rig)
    rig.rework(units[1])  # the cloud has it, and takes the token of the key from before
    decide_uploads(rig.gate, rig.records, [rig.device(units[0])], WAITING, rig.lead, "there is room now")
    rig.fail(SENDING, Do.CLOSE_UNDONE, times=0)
    rig.fail("POST /v1/devices/certificates", Do.CLOSE_UNDONE, times=0)
    wait_long(rig)
    assert rig.states() == [CloudState.SENDING, CloudState.SENDING]
    assert {post["acted"] for post in rig.posts()[1:]} == {False}
    assert len(rig.posts()) == 3


def test_some_there_and_some_not_is_waited_out_and_then_told_apart(rig: Rig) -> None:
    units = rig.add_units(3)
    rig.cloud.switch(row_errors={rig.device(units[1]): "bad"})
    rig.fail(SENDING, Do.CLOSE_DONE)
    hide_body(rig)
    rig.work()
    rig.clock.advance(2 * RULES.settle)
    rig.work()
    assert rig.upload().state == "unclear"  # the cloud may be at the second row just now
    rig.cloud.switch(row_errors={})
    took = rig.drain()
    assert took >= 2 * RULES.settle
    assert rig.states() == [UNKNOWN, ONBOARDED, UNKNOWN]
    assert [row.device_id for row in rig.cloud.world.operations()[0].rows] == [rig.device(units[1])]


@pytest.mark.announces("stamina.retry_scheduled")
def test_a_cloud_that_falls_silent_half_way_is_asked_again(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_UNDONE)
    rig.fail(DEVICE, Do.STATUS, status=500, skip=1, times=6)
    rig.add_units(3)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    assert [post["acted"] for post in rig.posts()] == [False, True]


def test_the_same_rows_in_the_same_bytes_are_not_taken_for_the_earlier_sending(rig: Rig) -> None:
    (unit,) = rig.add_units(1)
    rig.cloud.switch(row_errors={rig.device(unit): "no room left"})
    rig.drain()
    assert rig.state(unit) is REFUSED
    rig.cloud.switch(row_errors={})
    decide_uploads(rig.gate, rig.records, [rig.device(unit)], WAITING, rig.lead, "there is room now")
    rig.fail(SENDING, Do.CLOSE_UNDONE)
    rig.drain()
    posts = rig.posts()
    assert len({post["body_sha256"] for post in posts}) == 1
    assert [post["acted"] for post in posts] == [True, False, True]
    assert rig.state(unit) is ONBOARDED


def test_of_two_equal_bodies_the_second_sending_adopts_its_own(rig: Rig) -> None:
    (unit,) = rig.add_units(1)
    rig.cloud.switch(row_errors={rig.device(unit): "no room left"})
    rig.drain()
    rig.cloud.switch(row_errors={})
    decide_uploads(rig.gate, rig.records, [rig.device(unit)], WAITING, rig.lead, "there is room now")
    rig.fail(SENDING, Do.CLOSE_DONE)
    # The clock was set back in between, so the cloud lists the first sending in front of the second.
    rig.clock.set_by(minutes=-4)
    rig.drain()
    assert rig.state(unit) is ONBOARDED
    assert [post["acted"] for post in rig.posts()] == [True, True]
    assert len({post["body_sha256"] for post in rig.posts()}) == 1


def test_an_operation_that_the_cloud_has_forgotten_is_reconciled_by_its_devices(rig: Rig) -> None:
    rig.add_units(2)
    rig.cloud.switch(stuck=True)
    rig.work()
    (forgotten,) = rig.cloud.world.operations()
    gone = '{"code":40410,"message":"Entity not found."}'
    rig.fail(f"GET /v1/bulk-ops-requests/{forgotten.request_id}", Do.STATUS, status=404, body=gone, times=0)
    hide_body(rig, times=2)
    for _ in range(10):
        rig.step()
        rig.clock.advance(10)
    assert "unclear" in rig.kinds()
    rig.cloud.switch(stuck=False)
    rig.drain()
    # Forgotten and without effect: it may go again, and does, once.
    assert [post["acted"] for post in rig.posts()] == [True, True]
    assert rig.states() == [ONBOARDED, ONBOARDED]


def test_a_cloud_that_asks_to_be_left_alone_is_not_even_looked_at(rig: Rig) -> None:
    rig.fail(SENDING, Do.STATUS, status=500, headers={"Retry-After": "120"})
    rig.add_units(1)
    rig.work()
    rig.clock.advance(119)
    rig.work()
    requests: Any = rig.cloud.truth()["requests"]
    assert [one["method"] for one in requests] == ["GET", "POST"]  # first, what time the cloud has
    rig.drain()
    assert rig.states() == [ONBOARDED]


def test_a_later_sending_has_its_own_time_to_appear(rig: Rig) -> None:
    rig.fail(SENDING, Do.STATUS, status=503, headers={"Retry-After": "600"})
    rig.fail(SENDING, Do.CLOSE_UNDONE)
    rig.add_units(1)
    rig.drain()
    assert [post["acted"] for post in rig.posts()] == [False, False, True]
    assert gap(rig, 1, 2) >= RULES.settle


def test_other_units_go_while_a_body_is_looked_for(rig: Rig) -> None:
    rig.fail(SENDING, Do.CLOSE_UNDONE)
    rig.add_units(2)
    rig.work()
    rig.add_units(2)
    rig.work()
    rig.clock.advance(1)
    rig.work()
    assert rig.states() == [CloudState.SENDING, CloudState.SENDING, ONBOARDED, ONBOARDED]
    rig.drain()
    assert rig.states() == [ONBOARDED] * 4
