"""Nordic's own claiming client (nrfcloud-utils 3.3.1) claims the station's tokens in the simulated Provisioning API.

Its files are untouched: only the address it would talk to is replaced, in its process, before it starts. What it does
wrong is shown beside what the station does: it sends its CSV without a Content-Type (the header it sets is called
``contentType``), ends with 0 whatever was refused, and its single claim makes one tag of several.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from station.cloud.asking import Reach
from station.cloud.protocol import AttestationToken, Claimed, OnboardRow, Refused, Settled
from station.cloud.provisioning import Claimable, NotClaimable, ProvisioningApi, Unclaimed
from station.cloud.provisioning_rows import RuleOrder, claim_of, render_claims, write_claims
from station.credentials.attestation import read_attestation
from station.credentials.pem import CertificatePem
from station.domain.ids import DeviceId, Imei
from station.domain.secret import Secret
from station.evidence.attestation_csv import GatheredToken, render_gathered
from station.host.clock import SystemClock
from station.host.files import sha256_of
from station.simulator.board import Board
from station.simulator.cloud import LINE_KEY, SimulatedCloud
from station.simulator.cloud_provisioning import CLAIMED_BY_TEAM, ClaimSwitches
from station.simulator.cloud_world import FAST
from station.simulator.modem import Modem
from station.simulator.timings import Timings

pytestmark = [pytest.mark.vendor, pytest.mark.timeout(1200)]  # the first one installs the clients

TAG = "nrf-cloud-onboarding"
TAGS = (TAG, "location=Oslo")
_CLAIM = """
import sys
from nrfcloud_utils import claim_devices, nrf_cloud_diap
url = sys.argv.pop(1)
def set_dev_stage(stage=""):
    nrf_cloud_diap.api_url = url
    return url
nrf_cloud_diap.set_dev_stage = set_dev_stage
claim_devices.run()
"""
_ASK = """
import json, sys
from nrfcloud_utils import nrf_cloud_diap
nrf_cloud_diap.api_url = sys.argv[1]
answer = getattr(nrf_cloud_diap, sys.argv[2])(*json.loads(sys.argv[3]))
print(json.dumps(answer if isinstance(answer, (tuple, type(None))) else answer.status_code))
"""


_READ = """
import sys
from nrfcloud_utils.modem_credentials_parser import get_device_uuid
print(get_device_uuid(sys.argv[1]))
"""


@dataclass(frozen=True)
class Attested:
    board: Board
    token: str

    @property
    def row(self) -> OnboardRow:
        return OnboardRow(DeviceId(self.board.uuid), AttestationToken(self.token), claim_tags=TAGS)

    @property
    def gathered(self) -> GatheredToken:
        return GatheredToken(Imei(self.board.imei), self.board.uuid, self.token, "2026-11-22T08:00:00+00:00")


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    with SimulatedCloud(service=FAST) as running:
        yield running
        assert running.truth()["leaks"] == []


@pytest.fixture
def api(cloud: SimulatedCloud) -> ProvisioningApi:
    return ProvisioningApi(cloud.provisioning_url, Secret(LINE_KEY), Reach(SystemClock(), "1"))


@pytest.fixture(scope="module")
def units() -> list[Attested]:
    boards = [Board(f"vendor-{number}") for number in range(3)]
    asked = (Modem(board, Timings.none(), SystemClock()).execute("AT%ATTESTTOKEN").text for board in boards)
    return [Attested(board, text.split('"')[1]) for board, text in zip(boards, asked, strict=True)]


def _claim(vendor_python: Path, cloud: SimulatedCloud, units: list[Attested], folder: Path) -> str:
    """Run the vendor's client on the station's CSV of these units; return what it said."""
    (folder / "tokens.csv").write_bytes(render_gathered([unit.gathered for unit in units]))
    options = ("--plain", "--csv", folder / "tokens.csv", "--provisioning-tags", ",".join(TAGS), "--api-key", LINE_KEY)
    done = subprocess.run(
        [vendor_python, "-c", _CLAIM, f"{cloud.provisioning_url}/", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr  # whatever became of the rows
    return done.stdout + done.stderr


def _ask(vendor_python: Path, cloud: SimulatedCloud, function: str, *arguments: object) -> object:
    done = subprocess.run(
        [vendor_python, "-c", _ASK, f"{cloud.provisioning_url}/", function, json.dumps([LINE_KEY, *arguments])],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_vendors_client_sends_the_bytes_that_the_station_sends(
    vendor_python: Path, cloud: SimulatedCloud, units: list[Attested], tmp_path: Path
) -> None:
    said = _claim(vendor_python, cloud, units, tmp_path)
    assert "3 of 3 devices claimed" in said
    (post,) = [one for one in cloud.truth()["requests"] if one["method"] == "POST"]
    assert post["body_sha256"] == sha256_of(render_claims([unit.row for unit in units]))
    assert post["content_type"] == ""  # "contentType: text/csv" is no Content-Type
    assert [(one["uuid"], tuple(one["tags"])) for one in cloud.truth()["claims"]] == sorted(
        (unit.board.uuid, TAGS) for unit in units
    )


def test_the_station_and_the_vendors_client_claim_the_same(
    vendor_python: Path, cloud: SimulatedCloud, api: ProvisioningApi, units: list[Attested], tmp_path: Path
) -> None:
    _claim(vendor_python, cloud, units, tmp_path)
    theirs = cloud.truth()["claims"]
    for unit in units:
        assert api.unclaim(unit.board.uuid) == Unclaimed()
    assert cloud.truth()["claims"] == []
    assert api.claim(render_claims([unit.row for unit in units])) == Settled((Claimed(),) * 3)
    assert cloud.truth()["claims"] == theirs


def test_the_vendors_client_calls_a_refused_row_no_failure_and_the_station_does(
    vendor_python: Path, cloud: SimulatedCloud, api: ProvisioningApi, units: list[Attested], tmp_path: Path
) -> None:
    cloud.provisioning.switches = ClaimSwitches(refused={units[1].board.uuid: "no room"})
    said = _claim(vendor_python, cloud, units, tmp_path)
    assert "2 of 3 devices claimed" in said
    assert api.claim(render_claims([units[1].row])) == Settled((Refused("no room"),))


def test_a_dry_run_says_the_same_to_both(
    vendor_python: Path, cloud: SimulatedCloud, api: ProvisioningApi, units: list[Attested]
) -> None:
    api.claim(render_claims([units[0].row]))
    assert _ask(vendor_python, cloud, "can_device_be_claimed", units[0].token) == [False, CLAIMED_BY_TEAM]
    assert _ask(vendor_python, cloud, "can_device_be_claimed", units[1].token) == [True, None]
    found = api.can_claim([claim_of(units[0].token), claim_of(units[1].token)])
    assert found == (NotClaimable(CLAIMED_BY_TEAM), Claimable())


def test_the_vendors_single_claim_makes_one_tag_of_two(
    vendor_python: Path, cloud: SimulatedCloud, api: ProvisioningApi, units: list[Attested]
) -> None:
    assert _ask(vendor_python, cloud, "claim_device", units[0].token, ",".join(TAGS)) == 201
    assert api.claim(write_claims([claim_of(units[1].token, TAGS)])) == Settled((Claimed(),))
    tags = {one["uuid"]: one["tags"] for one in cloud.truth()["claims"]}
    assert tags == {units[0].board.uuid: [",".join(TAGS)], units[1].board.uuid: list(TAGS)}


def test_the_vendors_rule_and_the_stations_have_devices_do_the_same(
    vendor_python: Path, cloud: SimulatedCloud, api: ProvisioningApi
) -> None:
    assert _ask(vendor_python, cloud, "ensure_nrfcloud_provisioning_rule", 16842753) is None
    (theirs,) = cloud.provisioning.rules(cloud.world.teams[0])
    assert api.unruled([TAG, "another"]) == ("another",)
    roots = CertificatePem(theirs.requests[2]["serverCertificate"]["content"])  # type: ignore[index]  # theirs has it
    api.make_rule(RuleOrder("another", 16842753, roots))
    ours = cloud.provisioning.rules(cloud.world.teams[0])[1]
    assert ours.requests == theirs.requests


def test_unclaiming_by_either_is_unclaiming(
    vendor_python: Path, cloud: SimulatedCloud, api: ProvisioningApi, units: list[Attested]
) -> None:
    api.claim(render_claims([unit.row for unit in units]))
    assert _ask(vendor_python, cloud, "unclaim_device", units[0].board.uuid) == 204
    assert {one["uuid"] for one in cloud.truth()["claims"]} == {unit.board.uuid for unit in units[1:]}


def test_the_vendors_parser_reads_the_uuid_that_the_station_reads(vendor_python: Path, units: list[Attested]) -> None:
    for unit in units:
        said = subprocess.run(
            [vendor_python, "-c", _READ, unit.token], capture_output=True, text=True, timeout=60, check=True
        )
        assert said.stdout.strip() == read_attestation(unit.token).uuid == unit.board.uuid
