"""Nordic's own onboarding script for the nRF93M1 (nrfcloud-utils 3.3.1) onboards one in the simulated cloud.

It is run as it is shipped; only the list of serial ports and the address of the cloud are replaced, in its process. It
does not set the modem's clock, so the station's driver does that first, as a network would.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.devices.channel import Channel
from station.devices.nrf93 import Nrf93m1
from station.devices.ports import PortSettings, open_port
from station.devices.v250 import V250
from station.host.clock import SystemClock
from station.simulator.bench import Bench
from station.simulator.board import Board
from station.simulator.cloud import LINE_KEY, OTHER_KEY, SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.timings import Timings

pytestmark = [
    pytest.mark.vendor,
    pytest.mark.timeout(1200),  # the first one installs the clients
    pytest.mark.skipif(sys.platform == "win32", reason="the script takes no address of an RFC 2217 port"),
]

CLOCK = SystemClock()
WITH_PORT_AND_ADDRESS = """
import sys
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

_, device, address, *arguments = sys.argv
port = ListPortInfo(device)
port.hwid = "USB VID:PID=1366:1059 SER=001052475354 LOCATION=1-1:1.2"
list_ports.comports = lambda include_links=False: [port]
from nrfcloud_utils import nrf93_onboard
nrf93_onboard.api_url = address
nrf93_onboard.main(arguments)
"""


@dataclass(frozen=True)
class Place:
    """A bench with one nRF93M1 in it, and a cloud."""

    bench: Bench
    board: Board
    cloud: SimulatedCloud
    device: str

    def driven(self, now: datetime) -> None:
        """Have the modem's clock set by the station's driver."""
        with open_port(PortSettings(self.device), CLOCK) as port:
            driver = Nrf93m1(Channel(port, V250(), CLOCK), CLOCK)
            driver.connect(10.0)
            driver.set_clock(now)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Bench(tmp_path / "bench", 1, Timings.fast()) as bench, SimulatedCloud(service=FAST) as cloud:
        board = bench.insert(1, bench.new_board({"profile": "nrf93m1"}))
        yield Place(bench, board, cloud, str(Path(bench.port_address(1) or "").resolve()))


def onboard(vendor_python: Path, place: Place, key: str = LINE_KEY) -> subprocess.CompletedProcess[str]:
    arguments = ("--port", place.device, "--api-key", key, "--tags", "line-1")
    return subprocess.run(
        [vendor_python, "-c", WITH_PORT_AND_ADDRESS, place.device, f"{place.cloud.base_url}/", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_script_onboards_a_simulated_modem(vendor_python: Path, place: Place) -> None:
    place.driven(datetime.now(UTC))
    done = onboard(vendor_python, place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Device onboarded successfully" in done.stdout + done.stderr
    (device,) = place.cloud.world.devices()
    assert (device.device_id, device.credential) == (place.board.uuid, "onboarding-token")
    # It made its key for the script, and tells the station the same.
    assert place.board.counters.keys_generated == 1
    with open_port(PortSettings(place.device), CLOCK) as port:
        driver = Nrf93m1(Channel(port, V250(), CLOCK), CLOCK)
        driver.connect(10.0)
        made = place.board.key(0)
        assert made is not None
        assert driver.access_key() == made.spki


def test_the_script_can_read_nothing_without_a_clock(vendor_python: Path, place: Place) -> None:
    done = onboard(vendor_python, place)
    assert done.returncode == 5, done.stdout + done.stderr
    assert place.cloud.world.devices() == []


def test_a_key_that_the_cloud_refuses_ends_before_any_token(vendor_python: Path, place: Place) -> None:
    place.driven(datetime.now(UTC))
    done = onboard(vendor_python, place, f"{OTHER_KEY}x")
    assert done.returncode == 4, done.stdout + done.stderr
    assert not any("REGJWT" in entry.text for entry in place.board.log)
