"""The station's own seconds a unit: no programmer, a device without any delay, one slot, every sync included.

Beside it, on the same kind of simulated bench, the steps of the reference client (nrfcloud-utils,
``device_credentials_installer``), from the vendors' environment that the vendor tests use too.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from station.host.companion import Companion
from tests.benchmarks.figure import Row, Run, Scale
from tests.benchmarks.line_run import PACES, Asked, RemoteBench, line_alone
from tests.benchmarks.processes import sync_seconds
from tests.vendor.environment import Absent, is_made, provide

NAME = "station-time"
WHAT = "the station's own seconds a unit"
TIMES_LESS = 25
_CLIENT = "nrfcloud-utils 3.3.1, its steps"

# The clock starts behind the imports: its steps are compared, not Python's start. The port's look is the one thing that
# is replaced: the installer wants a USB serial number, which a pseudo-terminal has not.
_TIMED = """
import json, os, sys, time
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


def reference(python: Path, folder: Path, units: int) -> list[float]:
    """Return the seconds that the vendor's installer took for each unit."""
    folder.mkdir()
    names = ["--st", "T", "-l", "T", "-o", "Line", "--ou", "Test", "--cn", "Line CA", "-e", "ca@line.no"]
    make = [str(python), "-m", "nrfcloud_utils.create_ca_cert", *names, "-p", str(folder)]
    subprocess.run(make, check=True, capture_output=True)
    (certificate,), (key,) = folder.glob("*_ca.pem"), folder.glob("*_prv.pem")
    signing = ["--ca", str(certificate), "--ca-key", str(key), "--id-str", "nrf-", "--id-imei"]
    command = [sys.executable, "-m", "station.simulator", "--folder", str(folder / "bench"), "--slots", "1"]
    seconds = []
    with Companion([*command, *PACES["none"]], ready="ready", timeout=60) as simulator:
        simulator.wait_ready()
        bench = RemoteBench(folder / "bench")
        device = str(Path(json.loads((folder / "bench" / "bench.json").read_text("utf-8"))["ports"]["1"]))
        for number in range(units):
            bench.remove(1)
            bench.insert_described(1, {"serial": f"R{number:05d}"})
            port = str(Path(device).resolve())
            storing = ["--sectag", "16842753", "--verify", "--plain", "--csv", str(folder / f"onboard-{number}.csv")]
            done = subprocess.run(
                [str(python), "-c", _TIMED, port, "--port", port, "--cmd-type", "at", *signing, *storing],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                cwd=folder,
                check=True,
            )
            seconds.append(float(done.stdout.strip().splitlines()[-1]))
    return seconds


def measure(run: Run) -> Sequence[Row]:
    """Build a batch on one slot, then have the reference client do the same."""
    units = run.size(300, 60, 3)
    told = line_alone(run.scratch / "station", Asked(slots=1, units=units))
    try:
        if run.scale is Scale.TINY and not is_made():
            raise Absent("the vendors' clients are not installed")
        others, against_what = reference(provide(), run.scratch / "reference", run.size(10, 3, 1)), _CLIENT
    except Absent as why:
        others, against_what = [], str(why)
    syncs = told.commits / units
    floor = median(told.taken) + syncs * sync_seconds(run.scratch)
    against = median(others) * 1000 if others else None
    return [
        Row(
            what="station's own time a unit, one slot, device without delay",
            unit="ms",
            measured=median(told.seconds) * 1000,
            reference=against,
            against=against_what,
            asked=f"{TIMES_LESS} times less" if against or run.scale is not Scale.TINY else "",
            limit=against / TIMES_LESS if against else None,
            floor=floor * 1000,
            beneath=f"the simulated device's own work, and {syncs:.1f} bare syncs",
            note=f"{syncs:.1f} syncs a unit: one for each transaction of its journal that a slot alone waits for",
            samples=tuple(one * 1000 for one in told.seconds),
        ),
        Row(what="  of it in the processor", unit="ms", measured=told.cpu_a_unit * 1000),
    ]
