"""Each refusal that the APIs document: the unit's place in the outbox, and the cloud's own words for the technician.

The codes are those of nrf-cloud-api reference section 1.6; the first three digits are HTTP's, as that section says.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from station.cloud.organisation import OrganisationCloud
from station.cloud.protocol import PublicKey
from station.domain.line import CloudState
from station.simulator.cloud import LINE_TOKEN
from station.simulator.cloud_faults import Do
from tests.unit.line.outbox_rig import Rig, open_rig
from tests.unit.line.outbox_tokens import handing, new_key_pem

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

CERTIFICATES = "POST /v1/devices"
KEYS = "POST /v1/devices/public-keys"
ORGANISATION = "POST /v1/organizations/*"

Begin = Callable[[Rig], None]

REFUSED = [40000, 40001, 40002, 40101, 42200]
"""The body was looked at: the unit is refused, once it stands alone."""
OF_THE_KEY = [40005, 40100, 40102, 40103]
"""The key or its account: nothing is wrong with any unit, and nothing goes before a person has acted."""
ELSEWHERE = [40410, 40411, 40412, 40413, 40414, 40420, 40499, 41600]
"""It never came to the body: what is said of an address. The units wait, and why is said."""
WORDS = "Something is amiss here"


organisation = partial(OrganisationCloud, organisation="simulated-works", project="trackers")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with open_rig(tmp_path) as rig:
        yield rig


def told(code: int) -> str:
    return f'{{"code":{code},"message":"{WORDS}"}}'


def hand_over_keys(rig: Rig) -> None:
    rig.restart(rows_of=handing(rig, lambda _: PublicKey(new_key_pem())))


def hand_over_certificates(rig: Rig) -> None:
    rig.restart()


KINDS = pytest.mark.parametrize(
    ("begin", "on"), [(hand_over_certificates, CERTIFICATES), (hand_over_keys, KEYS)], ids=["certificates", "keys"]
)


@KINDS
@pytest.mark.parametrize("code", REFUSED)
def test_a_refused_body_refuses_each_unit_in_the_clouds_words(rig: Rig, begin: Begin, on: str, code: int) -> None:
    begin(rig)
    units = rig.add_units(2)
    rig.fail(on, Do.STATUS, status=code // 100, body=told(code), times=3)
    rig.drain()
    assert rig.states() == [CloudState.REFUSED] * 2
    for unit in units:
        assert f"nRF code {code}" in rig.queued(unit).reason
        assert WORDS in rig.queued(unit).reason
    assert rig.onboarded() == []


@KINDS
@pytest.mark.parametrize("code", OF_THE_KEY)
def test_what_is_said_of_the_key_stops_everything_until_a_person_acts(
    rig: Rig, begin: Begin, on: str, code: int
) -> None:
    begin(rig)
    rig.add_units(1)
    rig.fail(on, Do.STATUS, status=code // 100, body=told(code))
    rig.work()
    assert rig.states() == [CloudState.SENDING]
    assert f"nRF code {code}" in rig.outbox.blocked
    assert WORDS in rig.outbox.blocked
    assert WORDS in rig.outbox.left_over()
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED]


@KINDS
@pytest.mark.parametrize("code", ELSEWHERE)
def test_what_is_said_of_the_address_keeps_the_units_waiting(rig: Rig, begin: Begin, on: str, code: int) -> None:
    begin(rig)
    rig.add_units(1)
    rig.fail(on, Do.STATUS, status=code // 100, body=told(code))
    rig.work()
    assert rig.states() == [CloudState.SENDING]
    (said,) = [one.sentence for one in rig.told if one.code == "CLD-WAIT"]
    assert f"nRF code {code}" in said
    assert WORDS in said
    rig.drain()
    assert rig.states() == [CloudState.ONBOARDED]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_the_organisation_apis_causes_are_shown_too(rig: Rig, status: int) -> None:
    """Its errors have no codes: a message, and causes (reference section 3)."""
    rig.key = LINE_TOKEN
    rig.restart(make=organisation)
    (unit,) = rig.add_units(1)
    rig.fail(ORGANISATION, Do.STATUS, status=status, body=f'{{"message":"{WORDS}","cause":["a comma"]}}')
    rig.work()
    words = f"HTTP {status}: {WORDS} (a comma)"
    if status in (400, 413, 422):
        assert rig.state(unit) is CloudState.REFUSED
        assert words in rig.queued(unit).reason
        return
    assert words in rig.outbox.blocked  # 404: the organisation or the project may be wrong
    assert rig.state(unit) is CloudState.SENDING
    rig.drain()
    assert rig.state(unit) is CloudState.ONBOARDED
