"""Stands in for pynrfjprog, and drives the simulated bench's probes: for the real driver and its real worker.

:func:`install` makes a package ``pynrfjprog`` of it, to be put on the PYTHONPATH of the worker. All of it but the API
is the real library's, and the API has the real one's signatures, so that a call which that one refuses fails here too.
What a board answers, the bench says; what native code does when it goes wrong, the plan says, for each probe:

    {"960012345": {"call": "program_file", "end": "kill"}}    or "segfault", "hang"

It strikes once, in the middle of the operation: the bench's probe has begun it. Every call is noted in
``calls-<probe>``, with the number of the process that made it.
"""

import json
from collections.abc import Mapping
from pathlib import Path

_PACKAGE = """
import sys
from pathlib import Path

__version__ = "10.24.2"
__path__ += [str(Path(p, "pynrfjprog")) for p in sys.path if Path(p, "pynrfjprog", "LowLevel.py").exists()]
"""
_LOW_LEVEL = """
import ctypes, importlib.util, json, os, signal, socket, threading
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import create_autospec
import pynrfjprog

spec = importlib.util.spec_from_file_location("pynrfjprog.Real", Path(pynrfjprog.__path__[-1], "LowLevel.py"))
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
globals().update({name: value for name, value in vars(real).items() if not name.startswith("__")})
folder = Path(__file__).parents[1]
plan = json.loads((folder / "plan.json").read_text())
ERRORS = {
    "NO_PROBE": -10, "NO_TARGET": -12, "LOW_VOLTAGE": -12, "SILENT": -11, "PROTECTED": -90, "VERIFY": -160,
    "WRONG_FAMILY": -5, "ERASE_PROTECTED": -21, "LOCK_REFUSED": -4,
}

class Library:
    def __init__(self):
        self.probe, self.erase, self.struck = 0, "none", ""

    def ask(self, op, **more):
        host, _, port = json.loads(Path(plan["bench"], "bench.json").read_text())["probes"].rpartition(":")
        named = {} if op == "list" else {"probe": str(self.probe)}
        with socket.create_connection((host, int(port))) as connection, connection.makefile("rb") as lines:
            connection.sendall(json.dumps({"op": op, **named, **more}).encode() + b"\\n")
            for line in lines:
                answer = json.loads(line)
                if "error" in answer:
                    raise APIError(ERRORS.get(answer["error"], -254), str(answer))
                if answer.get("done"):
                    return answer
                self.strike()
        raise APIError(-254, "the probe hung up")

    def strike(self):
        match self.struck:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "segfault":
                ctypes.string_at(0)
            case "hang":
                threading.Event().wait()

    def begin(self, name):
        with (folder / f"calls-{self.probe}").open("a") as log:
            log.write(f"{os.getpid()} {name}\\n")
        ending, mark = plan["ends"].get(str(self.probe), {}), folder / f"struck-{self.probe}"
        self.struck = ""
        if ending.get("call") == name and not mark.exists():
            mark.touch()
            self.struck = ending["end"]

    def open_only(self):
        if self.ask("look")["protection"] == "all":
            raise APIError(-90)

    # What the worker calls

    def connect_to_emu_with_snr(self, serial_number, jlink_speed_khz):
        self.probe = serial_number
        self.ask("find")

    def enum_emu_snr(self):
        return [int(probe["serial"]) for probe in self.ask("list")["probes"]] or None

    def enum_emu_com_ports(self, snr):
        found = [probe for probe in self.ask("list")["probes"] if int(probe["serial"]) == snr]
        return [SimpleNamespace(**port, serial_number=snr) for port in found[0]["ports"]]

    def dll_version(self):
        return 8, 18, "b"

    def read_device_family(self):
        return self.ask("look")["series"].upper()

    def is_connected_to_device(self):
        return False

    def connect_to_device(self):
        self.open_only()

    def readback_status(self):
        return self.ask("look")["protection"].upper()

    def is_eraseprotect_enabled(self):
        return self.ask("look")["erase_protected"]

    def is_halted(self):
        self.open_only()
        return self.ask("look")["halted"]

    def read_device_version(self):
        part = self.ask("look")["part"]
        if part is None:
            raise APIError(-90)
        return part

    def recover(self):
        self.ask("recover")

    def erase_all(self):
        self.open_only()
        self.erase = "all"

    def erase_file(self, path, chip_erase_mode, qspi_erase_mode):
        self.open_only()
        self.erase = "touched"

    def program_file(self, path):
        self.ask("program", image=path, erase=self.erase)

    def verify_file(self, path, verify_action):
        self.ask("verify", image=path)

    def sys_reset(self):
        self.open_only()
        self.ask("reset")

    def debug_reset(self):
        self.ask("reset")

    def readback_protect(self, desired_protection_level):
        self.ask("lock", level=desired_protection_level.name.lower())
        self.ask("reset")

    def enable_eraseprotect(self):
        self.ask("protect-erase")

def API(*arguments, **named):
    library, api = Library(), create_autospec(real.API)(*arguments, **named)
    def does(name):
        def call(*arguments, **named):
            library.begin(name)
            return getattr(library, name, lambda *_, **__: None)(*arguments, **named)
        return call
    for name in dir(api):
        if callable(getattr(real.API, name, None)) and not name.startswith("_"):
            getattr(api, name).side_effect = does(name)
    return api
"""


def install(folder: Path, bench: Path, ends: Mapping[str, Mapping[str, str]] | None = None) -> Path:
    """Write the package and its plan into ``folder``, and return what belongs on the PYTHONPATH.

    ``bench``: the folder of the bench's bench.json; ``ends``: the plan above, by probes without leading zeros.
    """
    package = folder / "pynrfjprog"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(_PACKAGE, encoding="utf-8")
    (package / "LowLevel.py").write_text(_LOW_LEVEL, encoding="utf-8")
    plan = {"bench": str(bench), "ends": {probe: dict(end) for probe, end in (ends or {}).items()}}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    return folder


def read_calls(folder: Path, probe: str) -> list[tuple[int, str]]:
    """Return what was called at this probe, in order, each with the number of the worker's process."""
    log = folder / f"calls-{int(probe)}"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [(int(process), name) for process, name in (line.split() for line in lines)]
