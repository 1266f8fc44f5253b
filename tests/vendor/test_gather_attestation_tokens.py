"""Nordic's own gathering client (nrfcloud-utils 3.3.1) reads a simulated modem's token; the station's CSV is the same.

It is run as it is shipped. One thing is put in its way from outside, in its process alone: the list of serial ports,
since no list of ports knows pseudo-terminals.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from station.cloud.asking import Reach
from station.cloud.protocol import Claimed, Settled
from station.cloud.provisioning import ProvisioningApi
from station.cloud.provisioning_rows import claim_of, write_claims
from station.credentials.attestation import read_attestation, verify_attestation
from station.domain.ids import parse_imei
from station.domain.secret import Secret
from station.evidence.attestation_csv import GatheredToken, render_gathered
from station.host.clock import SystemClock
from station.simulator.bench import Bench
from station.simulator.board import Board
from station.simulator.cloud import LINE_KEY, SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.timings import Timings

pytestmark = [
    pytest.mark.vendor,
    pytest.mark.timeout(1200),  # the first one installs the clients
    pytest.mark.skipif(sys.platform == "win32", reason="the client takes no address of an RFC 2217 port"),
]

_GATHER = """
import sys
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

_, device, *arguments = sys.argv
port = ListPortInfo(device)
port.hwid = "USB VID:PID=1366:1059 SER=001051216197 LOCATION=1-1:1.0"
list_ports.comports = lambda include_links=False: [port]
from nrfcloud_utils import gather_attestation_tokens
gather_attestation_tokens.main(arguments)
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "bench", 1, Timings.fast()) as started:
        yield started


def gather(
    vendor_python: Path, bench: Bench, description: Mapping[str, object], command_type: str
) -> tuple[int, str, Board, Path]:
    """Run the client on a board in slot 1; return its status, what it said, the board and the CSV it writes."""
    board = bench.insert(1, bench.new_board(description))
    path = bench.folder.parent / "tokens.csv"
    device = str(Path(bench.port_address(1)).resolve())
    options = ("--port", device, "--cmd-type", command_type, "--plain", "--csv", path)
    done = subprocess.run(
        [vendor_python, "-c", _GATHER, device, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=path.parent,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, board, path


@pytest.mark.parametrize(
    ("command_type", "framing", "profile"),
    [("at", "at_host", "nrf9151"), ("at_shell", "at_shell", "nrf9161"), ("auto", "at_shell", "nrf9151-ntn")],
)
def test_the_vendors_csv_and_the_stations_agree(
    vendor_python: Path, bench: Bench, command_type: str, framing: str, profile: str
) -> None:
    status, said, board, path = gather(vendor_python, bench, {"framing": framing, "profile": profile}, command_type)
    assert status == 0, said
    _, _, text, at = path.read_text().strip().split(",")
    token = read_attestation(text)
    # What the station would have written of the very token that the modem gave.
    assert path.read_bytes() == render_gathered([GatheredToken(parse_imei(board.imei), token.uuid, text, at)])
    assert token.uuid == board.uuid
    identity = load_der_public_key(board.identity.spki)
    assert isinstance(identity, ec.EllipticCurvePublicKey)
    verify_attestation(token, identity)


def test_what_the_vendors_client_gathered_the_station_claims(vendor_python: Path, bench: Bench) -> None:
    status, said, board, path = gather(vendor_python, bench, {"profile": "nrf9151"}, "at")
    assert status == 0, said
    with SimulatedCloud(service=FAST) as cloud:
        api = ProvisioningApi(cloud.provisioning_url, Secret(LINE_KEY), Reach(SystemClock(), "1"))
        claims = [claim_of(line.split(",")[2]) for line in path.read_text().splitlines()]
        assert api.claim(write_claims(claims)) == Settled((Claimed(),))
        assert [one["uuid"] for one in cloud.truth()["claims"]] == [board.uuid]


def test_the_vendors_client_takes_no_nrf9160_either(vendor_python: Path, bench: Bench) -> None:
    status, said, _, path = gather(vendor_python, bench, {"profile": "nrf9160"}, "at")
    assert status == 1
    assert "nRF9160, not supported" in said
    assert not path.exists()
