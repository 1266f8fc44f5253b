"""``python -m station.simulator``: a bench in a process of its own that never outlives its parent."""

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from station.domain.faults import Fault
from station.host.clock import Clock, SystemClock
from station.host.signals import heard_signals
from station.simulator.bench import Bench, SimulatedCloud, Transport
from station.simulator.faults import FaultScript, load_script
from station.simulator.timings import Timings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a bench until SIGTERM, SIGINT or the end of standard input. Exit status 0, or 1 when it could not start.

    When everything works, one line ``ready PATH`` on standard output names the bench's description.
    """
    asked = _parser().parse_args(arguments)
    ended = threading.Event()
    with heard_signals((signal.SIGINT, signal.SIGTERM), lambda _: ended.set()):
        return _run(asked, ended)


def _run(asked: argparse.Namespace, ended: threading.Event) -> int:
    clock = SystemClock()
    try:
        bench = Bench(
            asked.folder.resolve(),
            asked.slots,
            _timings(asked.pace),
            asked.seed,
            asked.transport,
            clock=clock,
            script=load_script(asked.faults) if asked.faults else FaultScript(),
            cloud=_cloud(asked.cloud_port, clock, asked.seed),
            first_port=asked.first_port,
            control_port=asked.control_port,
            probe_port=asked.probe_port,
        )
        bench.start()
    except (Fault, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        sys.stdout.write(f"ready {bench.folder / 'bench.json'}\n")
        sys.stdout.flush()
        threading.Thread(target=_await_parent, args=(ended,), name="parent", daemon=True).start()
        ended.wait()
    finally:
        bench.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m station.simulator", description="A test bench without hardware.")
    parser.add_argument("--folder", type=Path, required=True, help="where the ports and bench.json appear")
    parser.add_argument("--slots", type=int, default=8)
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--fast", dest="pace", action="store_const", const="fast", help="twenty times as fast")
    pace.add_argument("--no-delay", dest="pace", action="store_const", const="none", help="nothing takes time")
    parser.add_argument("--seed", type=int, default=0, help="the same seed and serials give the same boards and faults")
    parser.add_argument("--transport", choices=[str(kind) for kind in Transport], default=_default_transport())
    parser.add_argument("--faults", type=Path, help="a fault script, JSON")
    parser.add_argument("--cloud-port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--probe-port", type=int, default=0)
    parser.add_argument("--first-port", type=int, default=0, help="with rfc2217: slot 1's TCP port, then one each")
    return parser


def _default_transport() -> str:
    return str(Transport.RFC2217 if sys.platform == "win32" else Transport.PTY)


def _timings(pace: str | None) -> Timings:
    match pace:
        case "fast":
            return Timings.fast()
        case "none":
            return Timings.none()
        case _:
            return Timings.realistic()


def _cloud(port: int, clock: Clock, seed: int) -> SimulatedCloud | None:
    # Looked up by name: the bench also runs where the cloud's part is not installed.
    try:
        module = importlib.import_module("station.simulator.cloud")
    except ModuleNotFoundError as error:
        if error.name != "station.simulator.cloud":
            raise
        return None
    return cast("SimulatedCloud", module.SimulatedCloud(port=port, clock=clock, seed=seed))


def _await_parent(ended: threading.Event) -> None:
    # The parent holds the other end of standard input; when it dies, however it dies, this read ends.
    # Past Python's own buffer, whose lock a thread that still reads would hold when the interpreter ends.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
