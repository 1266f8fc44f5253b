"""The outbox towards the organisation API, where nobody can look: judged by what the simulated project has then."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from station.cloud.organisation import OrganisationCloud
from station.cloud.protocol import AttestationToken, OnboardingToken, PublicKey, SendAnswer
from station.domain.events import AccountConfirmed, UploadDecided, UploadPrepared
from station.domain.faults import StationFault
from station.domain.ids import UnitId
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.journal.agreement import find_disagreement
from station.line.decisions import decide_uploads
from station.line.team import Confirmed, TeamGate
from station.simulator.cloud import LINE_TOKEN
from station.simulator.cloud_faults import Do
from tests.unit.line.outbox_deaths import Died
from tests.unit.line.outbox_rig import Rig, open_rig
from tests.unit.line.outbox_tokens import attest, enrol, handing, new_key_pem

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

POST = "POST /v1/organizations/*"
POLL = "GET /v1/organizations/*"
ACCOUNT = "simulated-works/trackers"
ONBOARDED, WAITING, UNKNOWN = CloudState.ONBOARDED, CloudState.WAITING, CloudState.UNKNOWN
REFUSED, HELD, CLAIMED = CloudState.REFUSED, CloudState.HELD, CloudState.CLAIMED

organisation = partial(OrganisationCloud, organisation="simulated-works", project="trackers")


class DiesAfterSending(OrganisationCloud):
    """Its process ends when the cloud has the body and the answer is not committed."""

    def send(self, *handed: Any) -> SendAnswer:
        super().send(*handed)
        raise Died


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        rig.key = LINE_TOKEN
        rig.restart(make=organisation)
        yield rig
        assert rig.cloud.truth()["leaks"] == []
        rig.close()
        assert find_disagreement(rig.folder) is None


def decide(rig: Rig, units: Sequence[UnitId], state: CloudState) -> None:
    devices = [rig.device(unit) for unit in units]
    decide_uploads(rig.gate, rig.records, devices, state, rig.lead, "looked in the portal")


def bodies(rig: Rig) -> list[str]:
    return [post["body_sha256"] for post in rig.posts()]


def test_units_are_onboarded(rig: Rig) -> None:
    rig.add_units(3)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    assert len(rig.onboarded()) == 3
    assert rig.kinds() == ["prepared", "sending", "accepted", "settled"]
    assert {post["target"].split("/")[2] for post in rig.posts()} == {"organizations"}


def test_one_refused_row_is_told_in_the_clouds_words(rig: Rig) -> None:
    units = rig.add_units(3)
    rig.cloud.switch(row_errors={rig.device(units[1]): "no room"})
    rig.drain()
    assert rig.states() == [ONBOARDED, REFUSED, ONBOARDED]
    assert rig.queued(units[1]).reason == "no room"


@pytest.mark.parametrize(("do", "acted"), [(Do.CLOSE_UNDONE, False), (Do.CLOSE_DONE, True), (Do.STATUS, False)])
def test_an_unclear_sending_is_left_to_a_person_and_never_repeated(rig: Rig, do: Do, acted: bool) -> None:
    units = rig.add_units(3)
    rig.fail(POST, do)
    rig.drain()
    assert rig.states() == [UNKNOWN] * 3
    assert len(rig.posts()) == 1
    reason = rig.queued(units[0]).reason
    assert "look in the portal, then: station decide ID seen, or again" in reason
    rig.clock.advance(7 * 86400)
    rig.restart(make=organisation)
    rig.drain()
    assert len(rig.posts()) == 1
    assert rig.onboarded() == ([rig.device(unit) for unit in units] if acted else [])


def test_seen_sends_nothing_and_again_sends_a_new_body(rig: Rig) -> None:
    units = rig.add_units(3)
    rig.fail(POST, Do.CLOSE_UNDONE)
    rig.drain()
    decide(rig, units[:1], ONBOARDED)
    decide(rig, units[1:], WAITING)
    rig.drain()
    assert rig.states() == [ONBOARDED] * 3
    first, second = bodies(rig)
    assert first != second
    assert rig.onboarded() == [rig.device(unit) for unit in units[1:]]
    decisions = [entry.event for entry in rig.records.entries_of_kind(UploadDecided.kind)]
    assert [(one.unit, one.state, one.operator) for one in decisions if isinstance(one, UploadDecided)] == [
        (units[0], ONBOARDED, "p2"),
        (units[1], WAITING, "p2"),
        (units[2], WAITING, "p2"),
    ]


def test_a_process_that_died_while_sending_leaves_it_to_a_person(rig: Rig) -> None:
    rig.add_units(2)
    rig.restart(make=partial(DiesAfterSending, organisation="simulated-works", project="trackers"))
    with pytest.raises(Died):
        rig.drain()
    rig.restart(make=organisation)
    rig.drain()
    assert rig.states() == [UNKNOWN] * 2
    assert len(rig.posts()) == 1
    assert "the station stopped while it was sending" in rig.records.outbox()[0].reason


def test_a_body_that_was_taken_is_asked_about_by_the_next_process(rig: Rig) -> None:
    rig.add_units(2)
    rig.step()
    rig.step()
    assert rig.upload().state == "accepted"
    rig.restart(make=organisation)
    rig.fail(POLL, Do.STATUS, status=503, headers={"Retry-After": "30"})
    rig.drain()
    assert rig.states() == [ONBOARDED] * 2
    assert len(rig.posts()) == 1


@pytest.mark.parametrize("where", ["elsewhere", "nowhere"])
def test_a_body_whose_progress_is_told_elsewhere_is_left_to_a_person(rig: Rig, where: str) -> None:
    rig.add_units(2)
    rig.cloud.switch(status_at=where)
    rig.drain()
    assert rig.states() == [UNKNOWN] * 2
    assert len(rig.posts()) == 1


def test_a_status_that_is_gone_is_left_to_a_person(rig: Rig) -> None:
    rig.add_units(1)
    rig.fail(POLL, Do.STATUS, status=404, body='{"message":"Not found","cause":["It is gone."]}', times=0)
    rig.drain()
    assert rig.states() == [UNKNOWN]
    assert len(rig.posts()) == 1


def test_a_busy_cloud_is_left_alone_as_long_as_it_asks(rig: Rig) -> None:
    rig.add_units(1)
    rig.fail(POST, Do.STATUS, status=429, headers={"Retry-After": "600"})
    assert rig.drain() >= 600
    assert rig.states() == [ONBOARDED]
    assert [post["acted"] for post in rig.posts()] == [False, True]


def test_a_body_that_is_refused_whole_is_halved_until_the_bad_row_stands_alone(rig: Rig) -> None:
    units = rig.add_units(4)
    rig.fail(POST, Do.STATUS, status=400, body='{"message":"Invalid CSV"}', times=2)
    rig.drain()
    assert {rig.state(unit) for unit in units} == {ONBOARDED}
    assert len(rig.onboarded()) == 4


def test_a_refused_token_stops_everything_until_it_is_mended(rig: Rig) -> None:
    rig.add_units(1)
    rig.key = "oat_of-nobody"
    rig.restart(make=organisation)
    rig.work()
    assert "401" in rig.outbox.blocked
    assert [one.code for one in rig.told if one.code.startswith("LINE")] == ["LINE-156"]
    assert "organisation token" in rig.told[-1].sentence
    rig.key = LINE_TOKEN
    rig.drain()
    assert rig.states() == [ONBOARDED]
    assert rig.told[-1].sentence == "The cloud takes the organisation token: uploads go on."


# --- whose account -------------------------------------------------------------------------------------------------


def test_nothing_goes_before_a_person_has_confirmed_the_project(rig: Rig) -> None:
    rig.add_units(1)
    rig.restart(make=organisation, gated=True)
    rig.work()
    assert rig.posts() == []
    assert "organisation simulated-works, project trackers" in rig.outbox.blocked
    cloud = organisation(rig.cloud.base_url, Secret(rig.key), clock=rig.clock, version="1")
    gate = TeamGate(rig.journal, rig.records, cloud, cloud.place, None)
    with pytest.raises(StationFault, match="LINE-157"):
        gate.ask()
    assert gate.ask(by_person=True) == Confirmed(ACCOUNT, "organisation simulated-works, project trackers")
    (confirmed,) = [entry.event for entry in rig.records.entries_of_kind(AccountConfirmed.kind)]
    assert isinstance(confirmed, AccountConfirmed)
    assert (confirmed.how, confirmed.team_id, confirmed.base_url) == ("person", ACCOUNT, cloud.place)
    rig.clock.advance(600)
    rig.drain()
    assert rig.states() == [ONBOARDED]
    prepared = [entry.event for entry in rig.records.entries_of_kind(UploadPrepared.kind)]
    assert [(one.account, one.credential) for one in prepared if isinstance(one, UploadPrepared)] == [
        (ACCOUNT, "certificate")
    ]


# --- what can't go -------------------------------------------------------------------------------------------------


def test_what_the_api_takes_no_body_for_is_held_and_nothing_leaves(rig: Rig) -> None:
    units = rig.add_units(2)
    rig.restart(make=organisation, rows_of=handing(rig, lambda _: PublicKey(new_key_pem())))
    rig.drain()
    assert rig.states() == [HELD] * 2
    assert "takes no public keys" in rig.queued(units[0]).reason
    assert rig.posts() == []
    assert rig.kinds() == ["prepared", "settled"]
    decide(rig, units, WAITING)  # "again", with nothing mended, is held again
    rig.drain()
    assert rig.states() == [HELD] * 2


def test_a_reworked_unit_is_held_until_a_person_says_that_its_way_is_free(rig: Rig) -> None:
    unit, other = rig.add_units(2)
    rig.drain()
    rig.rework(unit)
    rig.drain()
    assert rig.state(unit) is HELD
    assert "delete the device in the portal" in rig.queued(unit).reason
    assert len(rig.posts()) == 1
    decide(rig, [unit], WAITING)
    rig.drain()
    assert len(rig.posts()) == 2
    assert rig.state(unit) is REFUSED  # it was not deleted there
    assert rig.state(other) is ONBOARDED


def test_attested_units_are_claimed_and_become_onboarded_when_they_are_seen(rig: Rig) -> None:
    units = rig.add_units(2)
    rows_of = handing(rig, lambda device: AttestationToken(attest(device)))
    rig.restart(make=organisation, rows_of=rows_of)
    rig.drain()
    assert rig.states() == [CLAIMED] * 2
    truth: Any = rig.cloud.truth()["devices"]
    assert {one["credential"] for one in truth} == {"attestation-token"}
    decide(rig, units[:1], ONBOARDED)
    assert rig.states() == [ONBOARDED, CLAIMED]
    for state in (WAITING, HELD):
        with pytest.raises(Exception, match="LINE-161"):
            decide(rig, units[1:], state)
    rig.restart(make=organisation, rows_of=rows_of)
    assert rig.step() is None
    assert len(rig.posts()) == 1


def test_a_token_that_ran_out_is_a_sentence_and_no_upload(rig: Rig) -> None:
    fresh, stale = rig.add_units(2)
    expiry = {rig.device(fresh): 3600, rig.device(stale): 30}
    begun = rig.clock.now()
    rows_of = handing(
        rig, lambda device: OnboardingToken(enrol(device, ACCOUNT), begun + timedelta(seconds=expiry[device]))
    )
    rig.restart(make=organisation, rows_of=rows_of)
    rig.clock.advance(60)
    rig.drain()
    assert (rig.state(fresh), rig.state(stale)) == (ONBOARDED, HELD)
    assert "ran out" in rig.queued(stale).reason


def test_the_very_token_of_an_unclear_sending_goes_again_only_by_a_persons_word(rig: Rig) -> None:
    rows_of = handing(rig, lambda device: OnboardingToken(enrol(device, ACCOUNT), rig.clock.now() + timedelta(days=1)))
    rig.restart(make=organisation, rows_of=rows_of)
    (unit,) = rig.add_units(1)
    rig.fail(POST, Do.CLOSE_DONE)
    rig.drain()
    assert rig.state(unit) is UNKNOWN
    rig.rework(unit)
    rig.drain()
    assert rig.state(unit) is UNKNOWN
    assert "went before the unit was built again" in rig.queued(unit).reason
    assert len(rig.posts()) == 1

    rig.cloud.world.delete(rig.cloud.world.projects[0], rig.device(unit))
    decide(rig, [unit], WAITING)
    rig.drain()
    assert rig.state(unit) is ONBOARDED
    assert len(rig.posts()) == 2
