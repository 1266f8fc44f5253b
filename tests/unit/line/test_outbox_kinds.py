"""The outbox with public keys and onboarding tokens for a team, and with more than one account in its journal."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from station.cloud.asking import Asker, Reach
from station.cloud.organisation import OrganisationCloud
from station.cloud.protocol import Certificate, OnboardingToken, PublicKey
from station.domain.events import RowSettled, UploadPrepared, UploadSettled
from station.domain.ids import DeviceId
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.journal.agreement import find_disagreement
from station.line.cloud_deletion import delete_from_cloud
from station.line.decisions import decide_uploads
from station.line.onboarding import OnboardRows
from station.line.prepared import PreparedUploads
from station.line.team import TeamGate
from station.simulator.cloud import LINE_KEY, LINE_TOKEN, OTHER_KEY
from station.simulator.cloud_faults import Do
from tests.unit.line.outbox_deaths import Died, DiesAfterSending
from tests.unit.line.outbox_rig import Rig, RowsOf, open_rig
from tests.unit.line.outbox_tokens import FAR, enrol, handing, new_key_pem

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

KEYS = "POST /v1/devices/public-keys"
SINGLE = "POST /v1/devices/unit-*"
ONBOARDED, WAITING, UNKNOWN = CloudState.ONBOARDED, CloudState.WAITING, CloudState.UNKNOWN
HELD, SENDING, REFUSED = CloudState.HELD, CloudState.SENDING, CloudState.REFUSED

organisation = partial(OrganisationCloud, organisation="simulated-works", project="trackers")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        yield rig
        assert rig.cloud.truth()["leaks"] == []
        rig.close()
        assert find_disagreement(rig.folder) is None


def keys(rig: Rig) -> dict[str, int]:
    """How often the cloud registered a key for each device."""
    truth: Any = rig.cloud.truth()["public_keys"]
    return {one["device_id"]: one["times"] for one in truth}


def by_key(rig: Rig) -> RowsOf:
    return handing(rig, lambda _: PublicKey(new_key_pem()))


def by_token(rig: Rig) -> RowsOf:
    return handing(rig, lambda device: OnboardingToken(enrol(device, rig.cloud.team_id), FAR))


# --- public keys ---------------------------------------------------------------------------------------------------


def test_public_keys_are_registered_and_nothing_is_onboarded(rig: Rig) -> None:
    rig.restart(rows_of=by_key(rig))
    units = rig.add_units(3)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    assert keys(rig) == {rig.device(unit): 1 for unit in units}
    assert rig.onboarded() == []


@pytest.mark.parametrize("do", [Do.CLOSE_UNREAD, Do.CLOSE_UNDONE, Do.CLOSE_DONE, Do.STATUS])
def test_an_unclear_registration_is_sent_again_for_it_changes_nothing(rig: Rig, do: Do) -> None:
    rig.restart(rows_of=by_key(rig))
    rig.add_units(2)
    rig.fail(KEYS, do)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 2
    first, second = rig.posts()
    assert second["body_sha256"] == first["body_sha256"] or do is Do.CLOSE_UNREAD
    assert set(keys(rig).values()) == {2 if do is Do.CLOSE_DONE else 1}
    assert rig.kinds() == ["prepared", "sending", "unclear", "sending", "accepted", "settled"]


@pytest.mark.parametrize("units", [1, 3])
def test_what_is_refused_after_an_unclear_registration_may_be_there(rig: Rig, units: int) -> None:
    """Found by the simulated factory: "refused", and the cloud had it from the first sending."""
    rig.restart(rows_of=by_key(rig))
    rig.add_units(units)
    rig.fail(KEYS, Do.CLOSE_DONE)
    assert rig.step() is not None
    while not rig.posts():
        rig.step()
    rig.fail(KEYS, Do.STATUS, status=422, times=0)
    rig.drain()
    assert rig.states() == [UNKNOWN] * units
    assert set(keys(rig).values()) == {1}
    decide_uploads(
        rig.gate, rig.records, [rig.device(rig.records.outbox(UNKNOWN)[0].unit)], WAITING, rig.lead, "not there"
    )
    rig.drain()
    assert sorted(rig.states()) == sorted([REFUSED] + [UNKNOWN] * (units - 1))  # a person has looked


def test_a_process_that_died_while_registering_is_followed_by_the_same_body(rig: Rig) -> None:
    rows_of = by_key(rig)
    rig.restart(make=DiesAfterSending, rows_of=rows_of)
    rig.add_units(2)
    with pytest.raises(Died):
        rig.drain()
    rig.restart(rows_of=rows_of)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 2
    assert len({post["body_sha256"] for post in rig.posts()}) == 1
    assert set(keys(rig).values()) == {2}


def test_kinds_go_in_bodies_of_their_own(rig: Rig) -> None:
    def either(device: DeviceId) -> Any:
        if device in ("unit-001", "unit-003"):
            return PublicKey(new_key_pem())
        unit = rig.records.unit_by_device_id(device)
        assert unit is not None
        (row,) = OnboardRows(rig.records).rows_of([unit.id])
        assert isinstance(row.credential, Certificate)
        return row.credential

    rig.restart(rows_of=handing(rig, either))
    rig.add_units(4)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 4
    assert sorted(keys(rig)) == ["unit-001", "unit-003"]
    assert rig.onboarded() == ["unit-002", "unit-004"]
    assert len(rig.posts()) == 2


@pytest.mark.parametrize("first", ["certificate", "public key"])
def test_what_a_rework_by_another_way_would_leave_in_the_cloud_is_said_and_held(rig: Rig, first: str) -> None:
    # None: as the journal has it, certificates.
    before, behind = (None, by_key(rig)) if first == "certificate" else (by_key(rig), None)
    rig.restart(rows_of=before)
    (unit,) = rig.add_units(1)
    rig.drain()
    assert rig.states() == [ONBOARDED]
    rig.rework(unit)
    rig.restart(rows_of=behind)
    rig.drain()
    assert rig.states() == [HELD]
    assert f"the cloud took its {first} before its rework" in rig.queued(unit).reason
    assert len(rig.posts()) == 1
    decide_uploads(
        rig.gate, rig.records, [rig.device(unit)], WAITING, rig.lead, "it is deleted there"
    )  # whoever says so has looked there
    rig.drain()
    assert rig.states() == [ONBOARDED]
    assert len(rig.posts()) == 2


def test_a_device_that_was_deleted_there_does_not_hold_its_rework_by_another_way(rig: Rig) -> None:
    (unit,) = rig.add_units(1)
    rig.drain()
    asker = Asker(rig.cloud.base_url, Secret(LINE_KEY), Reach(rig.clock, "1.2.3"))
    assert delete_from_cloud(rig.gate, rig.records, asker, rig.device(unit), rig.lead, "goes another way")
    assert (rig.states(), rig.onboarded()) == ([HELD], [])
    rig.rework(unit)
    rig.restart(rows_of=by_key(rig))
    rig.drain()
    assert rig.states() == [ONBOARDED]
    assert keys(rig) == {rig.device(unit): 1}


def test_a_rework_by_the_same_way_replaces_its_key_and_is_not_held(rig: Rig) -> None:
    rig.restart(rows_of=by_key(rig))
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.rework(unit)
    rig.restart(rows_of=by_key(rig))
    rig.drain()
    assert rig.states() == [ONBOARDED]
    assert set(keys(rig).values()) == {2}


# --- onboarding tokens ---------------------------------------------------------------------------------------------


def test_onboarding_tokens_go_one_by_one_and_are_settled_at_once(rig: Rig) -> None:
    rig.restart(rows_of=by_token(rig))
    rig.add_units(3)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    assert [post["target"] for post in rig.posts()] == [f"/v1/devices/unit-00{number}" for number in (1, 2, 3)]
    assert rig.kinds() == ["prepared", "sending", "settled"] * 3


def test_a_token_the_cloud_refuses_is_told_in_its_words(rig: Rig) -> None:
    rig.restart(rows_of=handing(rig, lambda device: OnboardingToken(enrol(device, "another team"), FAR)))
    (unit,) = rig.add_units(1)
    rig.drain()
    assert rig.states() == [REFUSED]
    assert "made for another account" in rig.queued(unit).reason


@pytest.mark.parametrize(("do", "posts"), [(Do.CLOSE_DONE, 1), (Do.CLOSE_UNDONE, 2), (Do.STATUS, 2)])
def test_an_unclear_token_is_settled_by_whether_its_device_is_there_now(rig: Rig, do: Do, posts: int) -> None:
    rig.restart(rows_of=by_token(rig))
    rig.add_units(1)
    rig.fail(SINGLE, do)
    rig.drain()
    assert rig.states() == [ONBOARDED]
    assert len(rig.posts()) == posts
    assert rig.onboarded() == ["unit-001"]


def test_the_very_token_that_the_cloud_took_before_a_rework_does_not_go_again(rig: Rig) -> None:
    rig.restart(rows_of=by_token(rig))
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.rework(unit)
    assert rig.state(unit) is WAITING
    rig.drain()
    assert rig.state(unit) is ONBOARDED
    assert len(rig.posts()) == 1
    assert "took this very onboarding token" in rig.queued(unit).reason


def test_that_a_person_held_it_in_between_does_not_make_it_another_token(rig: Rig) -> None:
    rig.restart(rows_of=by_token(rig))
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.rework(unit)
    decide_uploads(rig.gate, rig.records, [rig.device(unit)], HELD, rig.lead, "not yet")
    rig.rework(unit)
    rig.drain()
    assert rig.state(unit) is ONBOARDED
    assert len(rig.posts()) == 1


def test_it_goes_again_once_the_device_is_no_longer_there(rig: Rig) -> None:
    rig.restart(rows_of=by_token(rig))
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.cloud.world.delete(rig.cloud.world.teams[0], rig.device(unit))
    rig.rework(unit)
    rig.drain()
    assert rig.state(unit) is ONBOARDED
    assert len(rig.posts()) == 2
    assert rig.onboarded() == ["unit-001"]


def test_another_token_after_a_rework_goes(rig: Rig) -> None:
    rig.restart(rows_of=by_token(rig))
    (unit,) = rig.add_units(1)
    rig.drain()
    rig.restart(rows_of=by_token(rig))
    rig.rework(unit)
    rig.drain()
    assert len(rig.posts()) == 2


# --- whose account -------------------------------------------------------------------------------------------------


def _accepted_for_the_team(rig: Rig) -> None:
    """An upload of two units that the team's cloud has begun to work on, and no more."""
    rig.restart(team=rig.cloud.team_id)
    rig.add_units(2)
    rig.cloud.switch(stuck=True)
    rig.work()
    assert rig.upload().state == "accepted"
    assert PreparedUploads(rig.records).account(rig.upload()) == rig.cloud.team_id


def _take_project(rig: Rig) -> None:
    rig.key = LINE_TOKEN
    rig.restart(make=organisation, gated=True)
    cloud = rig.outbox._key.cloud
    TeamGate(rig.journal, rig.records, cloud, cloud.place, None).ask(by_person=True)


def _take_other_team(rig: Rig) -> None:
    rig.key = OTHER_KEY
    rig.restart(team=rig.cloud.world.teams[1].team_id)


@pytest.mark.parametrize("change", [_take_project, _take_other_team])
def test_an_upload_is_asked_about_with_its_own_accounts_key_alone(rig: Rig, change: Any) -> None:
    _accepted_for_the_team(rig)
    rig.cloud.switch(stuck=False)
    before = len(rig.posts())
    requests: Any = rig.cloud.truth()["requests"]
    change(rig)
    for _ in range(5):
        wait = rig.step()
        assert wait is None or wait > 0
        rig.clock.advance(3600)
    assert rig.states() == [SENDING] * 2
    assert "another account" in rig.outbox.stuck
    assert [one.code for one in rig.told].count("CLD-ELSEWHERE") == 1
    now: Any = rig.cloud.truth()["requests"]
    assert {one["target"] for one in now[len(requests) :]} <= {"/v1/account"}
    # New units go to the new account meanwhile.
    rig.add_units(1)
    rig.work()
    rig.clock.advance(60)
    rig.work()
    assert rig.states() == [SENDING, SENDING, ONBOARDED]
    assert len(rig.posts()) == before + 1
    # The old account's key comes back, and the upload ends.
    rig.key = LINE_KEY
    rig.restart(team=rig.cloud.team_id)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    assert len(rig.posts()) == before + 1


def test_a_body_that_was_never_sent_goes_to_no_other_account_and_a_person_may_free_its_units(rig: Rig) -> None:
    rig.restart(team=rig.cloud.team_id)
    one, other, third = rig.add_units(3)
    rig.fail("POST /v1/devices", Do.STATUS, status=503, headers={"Retry-After": "60"})
    rig.work()
    assert rig.upload().state == "prepared"
    _take_other_team(rig)
    rig.clock.advance(3600)
    rig.work()
    assert len(rig.posts()) == 1
    devices = [rig.device(unit) for unit in (one, other)]
    decide_uploads(rig.gate, rig.records, devices, WAITING, rig.lead, "goes to the other team now", {one, other, third})
    rig.work()
    rig.clock.advance(60)
    rig.work()
    truth: Any = rig.cloud.truth()["devices"]
    assert {(told["device_id"], told["team_id"]) for told in truth} == {
        (device, rig.cloud.world.teams[1].team_id) for device in devices
    }
    # Back on the first account: the body that holds them all is never sent; only the third goes there.
    rig.key = LINE_KEY
    rig.restart(team=rig.cloud.team_id)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    assert [post["answered"] for post in rig.posts()] == [503, 202, 202]
    owners = {told["device_id"]: told["team_id"] for told in rig.cloud.truth()["devices"]}  # type: ignore[attr-defined]
    assert owners[rig.device(third)] == rig.cloud.team_id
    assert sorted(len(one.rows) for one in rig.cloud.world.operations()) == [1, 2]


def test_an_upload_of_another_account_whose_units_were_decided_holds_nobody_up(rig: Rig) -> None:
    _accepted_for_the_team(rig)
    units = [row.unit for row in rig.records.outbox()]
    _take_other_team(rig)
    devices = [rig.device(unit) for unit in units]
    decide_uploads(rig.gate, rig.records, devices, ONBOARDED, rig.lead, "seen in the old team", set(units))
    rig.work()
    assert rig.step() is None
    assert rig.outbox.stuck == ""


def test_an_upload_whose_entry_names_no_account_is_the_ones_that_was_confirmed_then(rig: Rig) -> None:
    """As entries were written before they named one, and as a restore writes them."""
    rig.restart(team=rig.cloud.team_id)
    units = rig.add_units(2)
    assert rig.step() == 0.0  # the account is confirmed, and a body prepared
    upload = rig.upload()
    again = RowSettled(units[0], WAITING, "a test"), RowSettled(units[1], WAITING, "a test")
    old = UploadPrepared(units=upload.units, body_sha256=upload.body_sha256, body_bytes=1)
    rig.journal.commit(UploadSettled(upload=upload.id, rows=again), old)
    _take_other_team(rig)
    rig.clock.advance(3600)
    rig.work()
    assert rig.posts() == []
    assert rig.states() == [SENDING] * 2
    rig.key = LINE_KEY
    rig.restart(team=rig.cloud.team_id)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 2
