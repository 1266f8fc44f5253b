"""The station's own seconds a unit: programmer none, a device without any delay, one slot, every sync included.

``python -m tests.benchmarks.station_time [--units N]`` prints a table and writes nothing. Beside it, in the same run
and on the same simulated device, stand the reference client's own steps (nrfcloud-utils,
`device_credentials_installer`), when its environment is there (the vendor tests make it).
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from station.ca.creation import create_authority
from station.domain.line import SlotState
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.line.batch_run import BatchRun, LineRules
from station.line.feed import Notice, SlotChanged
from station.simulator.bench import Bench
from station.simulator.cloud import SimulatedCloud
from station.simulator.cloud_world import FAST
from station.simulator.timings import Timings
from tests.line.harness import PASSPHRASE, ROOT, Line

VENDOR = ROOT / ".vendor"


class Feeder:
    """Scans one board after the other into slot 1, and takes the time from scan to result."""

    def __init__(self, line: Line, boards: int) -> None:
        self._line, self._left = line, boards
        self._begun = 0.0
        self.seconds: list[float] = []

    def __call__(self, engine: BatchRun, notice: Notice) -> None:
        match notice:
            case SlotChanged(state=SlotState.EMPTY) if self._left:
                self._left -= 1
                self._line.bench.remove(1)
                self._line.bench.insert_described(1, {"serial": f"M{self._left:05d}"})
                self._begun = time.perf_counter()
                engine.scan(notice.slot, None)
            case SlotChanged(state=SlotState.DONE):
                self.seconds.append(time.perf_counter() - self._begun)
            case _:
                pass


def measure_station(units: int) -> list[float]:
    """Return the seconds each unit took from its scan to its committed result."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir(mode=0o700)
        clock = SystemClock()
        cloud = SimulatedCloud(clock=clock, service=FAST)
        with Bench(folder / "data" / "bench", 1, Timings.none(), 1, clock=clock, cloud=cloud) as bench:
            line = Line(folder, bench, cloud, clock)
            create_authority(
                folder / "data" / "ca",
                Secret(PASSPHRASE),
                name="Test Works",
                clock=clock,
                root_years=30,
                line_years=20,
                leaf_years=10,
            )
            line.write(slots=1, slot='presence = "scan"\nprogrammer = "none"\n')
            line.recipe()
            line.hire()
            feeder = Feeder(line, units)
            summary = line.run(units, watch=feeder, upload=False, seconds=600, rules=LineRules(attended=False))
            if not summary.all_passed:
                raise SystemExit(f"the measurement failed: {summary.tally}")
            return feeder.seconds


def measure_reference(units: int) -> list[float]:
    """Return the seconds the vendor's installer took for each unit, imports left out; empty where it is not there."""
    python = VENDOR / "venv" / "bin" / "python"
    if not python.exists():
        return []
    seconds = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = ["--st", "T", "-l", "T", "-o", "Line", "--ou", "Test", "--cn", "Line CA", "-e", "ca@line.no"]
        make = [str(python), "-m", "nrfcloud_utils.create_ca_cert", *names, "-p", str(folder)]
        subprocess.run(make, check=True, capture_output=True)
        (certificate,), (key,) = folder.glob("*_ca.pem"), folder.glob("*_prv.pem")
        with Bench(folder / "bench", 1, Timings.none(), 1) as bench:
            for number in range(units):
                bench.remove(1)
                bench.insert_described(1, {"serial": f"R{number:05d}"})
                device = str(Path(bench.port_address(1)).resolve())
                arguments = ["--ca", str(certificate), "--ca-key", str(key), "--id-str", "nrf-", "--id-imei"]
                arguments += [
                    "--sectag",
                    "16842753",
                    "--verify",
                    "--plain",
                    "--csv",
                    str(folder / f"onboard-{number}.csv"),
                ]
                done = subprocess.run(
                    [str(python), "-c", _TIMED, device, "--port", device, "--cmd-type", "at", *arguments],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    cwd=folder,
                    check=True,
                )
                seconds.append(float(done.stdout.strip().splitlines()[-1]))
    return seconds


# The clock starts behind the imports: its steps are compared, not Python's start. The port's look is the one thing that
# is replaced: the installer wants a USB serial number, which a pseudo-terminal has not.
_TIMED = """
import sys, time
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo
from nrfcloud_utils import device_credentials_installer as installer
_, device, *arguments = sys.argv
port = ListPortInfo(device)
port.hwid = "USB VID:PID=1366:1059 SER=001051216197 LOCATION=1-1:1.0"
list_ports.comports = lambda include_links=False: [port]
start = time.perf_counter()
try:
    installer.main(arguments)
except SystemExit as end:
    if end.code:
        raise
print(time.perf_counter() - start)
"""


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=100)
    wanted = parser.parse_args(words).units
    own, reference = measure_station(wanted), measure_reference(max(3, wanted // 20))
    table = Table("one slot, no delay", "units", "median", "least", "most", title="seconds a unit")
    for name, seconds in (("station", own), ("nrfcloud-utils 3.3.1, its steps", reference)):
        if seconds:
            figures = [f"{1000 * value:.1f} ms" for value in (median(seconds), min(seconds), max(seconds))]
            table.add_row(name, str(len(seconds)), *figures)
    console = Console()
    console.print(table)
    if reference:
        console.print(f"ratio of the medians: {median(reference) / median(own):.1f}")
    else:
        console.print("The reference client's environment is not there: run the vendor tests once.")


if __name__ == "__main__":
    main()
