"""What arming asks and says of products whose units are claimed."""

import json
from collections.abc import Iterator

import pytest
import stamina

from station.cloud.asking import Reach
from station.cloud.organisation import OrganisationCloud
from station.cloud.protocol import Cloud
from station.cloud.provisioning import ProvisioningApi
from station.cloud.provisioning_rows import RuleOrder
from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts
from station.credentials.pem import CertificatePem
from station.domain.faults import Fault as Raised
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.line.claim_arming import TAGS_UNPLACED, UNTAGGED, check_claims
from station.settings.recipe import Recipe
from station.simulator.cloud import LINE_KEY, SimulatedCloud
from station.simulator.cloud_faults import Do, Fault

pytestmark = pytest.mark.announces("stamina.retry_scheduled")

QUICK = Timeouts(connect=2.0, read=0.5, total=1.0)


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    with SimulatedCloud() as running:
        yield running


def recipe(*tags: str) -> Recipe:
    value: dict[str, object] = {
        "schema": 1,
        "product": "tracker",
        "way": "attestation",
        "device_id": {"scheme": "uuid"},
        "steps": [{"do": "identify"}, {"do": "attest"}],
        "cloud": {"protocols": ["coap"], "claim_tags": list(tags)},
    }
    return Recipe.model_validate_json(json.dumps(value))


def team(cloud: SimulatedCloud, key: str = LINE_KEY, url: str = "") -> Cloud:
    return TeamCloud(
        cloud.base_url,
        Secret(key),
        clock=SystemClock(),
        version="1",
        timeouts=QUICK,
        provisioning_url=url or cloud.provisioning_url,
    )


def asked(cloud: SimulatedCloud) -> int:
    return len(cloud.truth()["requests"])


def test_a_tag_with_an_active_rule_is_good(cloud: SimulatedCloud) -> None:
    api = ProvisioningApi(cloud.provisioning_url, Secret(LINE_KEY), Reach(SystemClock(), "1", QUICK))
    api.make_rule(RuleOrder("one", 1, CertificatePem("x")))
    assert check_claims(recipe("one"), team(cloud)) == []
    with pytest.raises(Raised) as raised:
        check_claims(recipe("one", "two", "three"), team(cloud))
    assert raised.value.code == "LINE-158"
    assert "two, three" in raised.value.sentence
    assert "station claim make-rule two" in raised.value.sentence


def test_a_product_without_a_tag_is_warned_of_and_nobody_is_asked(cloud: SimulatedCloud) -> None:
    assert check_claims(recipe(), team(cloud)) == [UNTAGGED]
    assert asked(cloud) == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [(Fault("*", Do.STATUS, status=503, times=0), "503"), (Fault("*", Do.NONSENSE, body="<html>", times=0), "read")],
)
def test_a_cloud_that_does_not_say_is_a_warning(cloud: SimulatedCloud, fault: Fault, said: str) -> None:
    cloud.fail(fault)
    (warning,) = check_claims(recipe("one"), team(cloud))
    assert "one" in warning
    assert said in warning


def test_no_network_is_a_warning(cloud: SimulatedCloud) -> None:
    (warning,) = check_claims(recipe("one"), team(cloud, url="http://127.0.0.1:1/v1"))
    assert "can't be asked" in warning


def test_a_refused_key_stops(cloud: SimulatedCloud) -> None:
    with pytest.raises(Raised) as raised:
        check_claims(recipe("one"), team(cloud, "a-key-of-nobody"))
    assert raised.value.code == "LINE-152"


def test_an_organisation_has_no_place_for_tags(cloud: SimulatedCloud) -> None:
    one = OrganisationCloud(
        cloud.base_url, Secret("oat_x"), organisation="o", project="p", clock=SystemClock(), version="1"
    )
    assert check_claims(recipe("one"), one) == [TAGS_UNPLACED]
    assert check_claims(recipe(), one) == []
    assert asked(cloud) == 0
