"""The driver with its real worker in a real child process: over the real library where no J-Link is needed, and over
a library that can be told to crash, hang, flood or refuse, which stands in for pynrfjprog alone."""

import functools
import hashlib
import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ctypes.util import find_library
from pathlib import Path

import pytest

from station.devices import nrfjprog_worker
from station.devices.faults import is_outcome_unknown
from station.devices.nrfjprog import WORKER, NrfjprogProgrammer
from station.devices.nrfjprog_errors import WorkerError, judge_error
from station.devices.protocols import Image, ImageKind, Job, Probe, ProbePort, Programmer, Target
from station.domain.faults import Cancelled, Fault, StationFault, UnitFault
from station.domain.ids import Sha256
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Stop, SystemClock
from station.host.processes import run_program

CLOCK = SystemClock()
SERIAL = "000960012345"
LONG = 90.0
"""Seconds for what ends by itself, on a machine that does much else."""

PACKAGE = """
import sys
from pathlib import Path

__version__ = "10.24.2"
# All but the API is the real library's.
__path__ += [str(Path(p, "pynrfjprog")) for p in sys.path if Path(p, "pynrfjprog", "LowLevel.py").exists()]
"""
LOW_LEVEL = """
import atexit, ctypes, importlib.util, json, os, sys, threading
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import create_autospec
import pynrfjprog

spec = importlib.util.spec_from_file_location("pynrfjprog.Real", Path(pynrfjprog.__path__[-1], "LowLevel.py"))
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
globals().update({name: value for name, value in vars(real).items() if not name.startswith("__")})
folder = Path(os.environ["FAKE_LIBRARY"])
# What each call does, by its name; then the same for the probe that was connected to.
script = json.loads((folder / "script.json").read_text())

def refuse(code): raise APIError(code)
def give(value): return value
def ports(*entries): return [SimpleNamespace(vcom=vcom, path=path, serial_number=0) for vcom, path in entries]
def segfault(): ctypes.string_at(0)
def hang(): threading.Event().wait()
def hang_at_exit(): atexit.register(hang)
def leave(status): os._exit(status)
def chatter():
    print("x" * 1_000_000)
    os.write(1, b"y" * 1_000_000 + b'\\n{"done": false}\\n')
    os.system("echo from a child of the library")
def into_every_pipe(text, endless=False):
    # What native code gone wild can do: every file that this process can write to, but stderr.
    while True:
        for descriptor in (1, *range(3, 20)):
            try:
                os.write(descriptor, text.encode())
            except OSError:
                pass
        if not endless:
            return

def answer(name):
    def call(*arguments, **named):
        if name == "connect_to_emu_with_snr":
            number = str(named["serial_number"])
            (folder / f"worker-{number}").write_text(str(os.getpid()))
            script.update(script.get(number, {}))
        with (folder / "calls").open("a") as log:
            log.write(name + "\\n")
        what, *rest = script.get(name, ["give", None])
        return globals()[what](*rest)
    return call

def API(*arguments, **named):
    api = create_autospec(real.API)(*arguments, **named)
    for name in dir(api):
        if callable(getattr(real.API, name, None)) and not name.startswith("_"):
            getattr(api, name).side_effect = answer(name)
    return api
"""

Script = dict[str, object]
BLANK: Script = {
    "readback_status": ["give", "NONE"],
    "read_device_family": ["give", "NRF91"],
    "read_device_version": ["give", "NRF9120_xxAA_REV3"],
    "is_eraseprotect_enabled": ["give", False],
    "is_halted": ["give", True],
    "enum_emu_snr": ["give", [960012345, 5]],
    "dll_version": ["give", [8, 18, "b"]],
    "enum_emu_com_ports": ["ports", [0, "/dev/ttyACM1"], [1, "/dev/ttyACM0"]],
}


class Library:
    """The stand-in's script, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan()

    def plan(self, **script: object) -> None:
        (self.folder / "script.json").write_text(json.dumps(BLANK | script), encoding="utf-8")

    @property
    def calls(self) -> list[str]:
        log = self.folder / "calls"
        return log.read_text(encoding="utf-8").split() if log.exists() else []

    def worker(self, serial: str = SERIAL) -> int:
        return int((self.folder / f"worker-{int(serial)}").read_text(encoding="utf-8"))


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    package = tmp_path / "library" / "pynrfjprog"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    (package / "LowLevel.py").write_text(LOW_LEVEL, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setenv("FAKE_LIBRARY", str(tmp_path))
    return Library(tmp_path)


def make(serial: str = SERIAL, jlink: Path | None = None) -> NrfjprogProgrammer:
    return NrfjprogProgrammer(serial, CLOCK, speed_khz=2000, jlink=jlink)


@pytest.fixture
def driver() -> NrfjprogProgrammer:
    return make()


def make_image(folder: Path, kind: ImageKind = ImageKind.APPLICATION) -> Image:
    path = folder / f"{kind}.bin"
    path.write_bytes(b"an image")
    return Image(path, Sha256(hashlib.sha256(b"an image").hexdigest()), kind)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return make_image(tmp_path)


def job(timeout: float = LONG, progress: Callable[[float], None] = lambda _part: None, stop: Stop | None = None) -> Job:
    return Job(timeout, progress, stop or Stop())


# --- the real library --------------------------------------------------------------------------------------------


def _has_jlink() -> bool:
    return bool(find_library("jlinkarm")) or any(Path("/opt/SEGGER").glob("JLink*")) or sys.platform == "win32"


@pytest.mark.skipif(_has_jlink(), reason="SEGGER's J-Link software is installed")
@pytest.mark.parametrize("operation", ["find", "look", "reset"])
def test_without_jlink_software_the_real_library_says_so_and_the_station_how_to_mend_it(
    driver: NrfjprogProgrammer, operation: str
) -> None:
    with pytest.raises(StationFault, match="DEV-311") as caught:
        getattr(driver, operation)(LONG)
    assert "-101 JLINKARM_DLL_COULD_NOT_BE_OPENED" in caught.value.detail
    assert caught.value.detail.startswith("open: ")
    assert "www.segger.com" in caught.value.sentence
    assert not is_outcome_unknown(caught.value)


def test_a_jlink_library_that_is_not_where_the_station_file_says_is_told_by_the_real_library(tmp_path: Path) -> None:
    with pytest.raises(StationFault, match="DEV-311") as caught:
        make(jlink=tmp_path / "libjlinkarm.so").find(LONG)
    assert "-10" in caught.value.detail


def test_a_jlink_library_with_a_name_that_the_library_can_not_take_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StationFault, match="DEV-309") as caught:
        make(jlink=tmp_path / "дом" / "libjlinkarm.so").find(LONG)
    assert "ascii" in caught.value.sentence


# --- what goes well ----------------------------------------------------------------------------------------------


def test_a_probe_is_found_with_its_ports_by_their_index(library: Library, driver: NrfjprogProgrammer) -> None:
    found = Probe(
        SERIAL, "pynrfjprog 10.24.2, J-Link 8.18b", (ProbePort(0, "/dev/ttyACM1"), ProbePort(1, "/dev/ttyACM0"))
    )
    assert driver.find(LONG) == found
    assert "connect_to_emu_with_snr" not in library.calls
    assert make("77").find(LONG) is None


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ({}, Target(True, ChipFamily.NRF91X1, "NRF9120_xxAA_REV3", False, None, False)),
        (
            {"read_device_version": ["give", "NRF9160_xxAA_REV2"]},
            Target(True, ChipFamily.NRF9160, "NRF9160_xxAA_REV2", False, None, False),
        ),
        (
            {"read_device_version": ["DeviceVersion", 0x09170000]},
            Target(True, None, "DeviceVersion 0x9170000", False, None, False),
        ),
        (
            {"is_eraseprotect_enabled": ["give", True]},
            Target(True, ChipFamily.NRF91X1, "NRF9120_xxAA_REV3", False, None, True),
        ),
        (
            {"readback_status": ["give", "SECURE"]},
            Target(True, ChipFamily.NRF91X1, "NRF9120_xxAA_REV3", True, LockLevel.SECURE, False),
        ),
        (
            {"readback_status": ["give", "ALL"]},
            Target(True, ChipFamily.NRF91X1, "NRF9120_xxAA_REV3", True, LockLevel.ALL, False),
        ),
        # A level that nobody knows is neither open nor locked.
        (
            {"readback_status": ["give", "BOTH"]},
            Target(True, ChipFamily.NRF91X1, "NRF9120_xxAA_REV3", None, None, False),
        ),
        # Nobody gets in, and the registers that name the chip are not to be read: nothing is said of it.
        (
            {"connect_to_device": ["refuse", -90], "read_device_version": ["refuse", -90]},
            Target(True, None, None, True, LockLevel.ALL, False),
        ),
        (
            {
                "connect_to_device": ["refuse", -90],
                "read_device_version": ["refuse", -90],
                "is_eraseprotect_enabled": ["give", True],
            },
            Target(True, None, None, True, LockLevel.ALL, True),
        ),
        (
            {
                "connect_to_device": ["refuse", -90],
                "read_device_version": ["refuse", -90],
                "is_eraseprotect_enabled": ["refuse", -90],
            },
            Target(True, None, None, True, LockLevel.ALL, None),
        ),
        ({"connect_to_emu_with_snr": ["refuse", -12]}, Target(False)),
    ],
)
def test_looking_tells_what_is_there(
    library: Library, driver: NrfjprogProgrammer, script: Script, target: Target
) -> None:
    library.plan(**script)
    assert driver.look(LONG) == target


def test_the_worker_is_this_stations_wherever_it_was_started(
    library: Library, driver: NrfjprogProgrammer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoy = tmp_path / "elsewhere" / "station"
    decoy.mkdir(parents=True)
    (decoy / "__init__.py").write_text("raise SystemExit('another station')", encoding="utf-8")
    monkeypatch.chdir(decoy.parent)
    driver.reset(LONG)
    assert "sys_reset" in library.calls


def test_programming_tells_how_far_it_is(library: Library, driver: NrfjprogProgrammer, image: Image) -> None:
    seen: list[float] = []
    driver.program(image, Erase.ALL, job(progress=seen.append))
    assert library.calls[-5:] == ["connect_to_device", "erase_all", "program_file", "verify_file", "close"]
    assert seen == sorted(seen)
    assert seen[0] == 0.0


def test_each_operation_is_a_process_of_its_own_that_ends(library: Library, driver: NrfjprogProgrammer) -> None:
    workers = set()
    operations: list[Callable[[], None]] = [
        lambda: driver.recover(job()),
        lambda: driver.reset(LONG),
        lambda: driver.lock(LockLevel.ALL, LONG),
    ]
    for operate in operations:
        operate()
        workers.add(library.worker())
    assert len(workers) == 3
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


@pytest.mark.parametrize("same", [True, False])
def test_verifying_is_an_answer(library: Library, driver: NrfjprogProgrammer, image: Image, same: bool) -> None:
    library.plan(verify_file=["give", None] if same else ["refuse", -160])
    assert driver.verify(image, job()) is same


def test_what_the_library_prints_reaches_nobody(library: Library, driver: NrfjprogProgrammer, image: Image) -> None:
    library.plan(open=["chatter"], program_file=["chatter"])
    driver.program(image, Erase.TOUCHED, job())
    assert "erase_file" in library.calls


@pytest.mark.parametrize("end", [["segfault"], ["leave", 7], ["refuse", -102]])
def test_a_crash_at_closing_takes_no_result_away(
    library: Library, driver: NrfjprogProgrammer, image: Image, end: list[object]
) -> None:
    library.plan(close=end, verify_file=["refuse", -160])
    assert driver.verify(image, job()) is False


@pytest.mark.parametrize("end", [{"close": ["hang"]}, {"open": ["hang_at_exit"]}])
def test_a_hang_at_closing_takes_no_result_away_and_not_the_whole_time(
    library: Library, driver: NrfjprogProgrammer, end: Script
) -> None:
    library.plan(**end)
    before = CLOCK.monotonic()
    driver.reset(LONG)
    assert CLOCK.monotonic() - before < nrfjprog_worker._CLOSING + LONG / 2


# --- what does not -----------------------------------------------------------------------------------------------

STATION, UNIT = StationFault, UnitFault


def judge(code: int | None, operation: str = "program", *, begun: bool = True, modem: bool = False) -> Fault:
    error = WorkerError(code, begun, "a_call", f"An error was reported by NRFJPROG DLL: {code} WORDS.")
    return judge_error(error, probe="nrfjprog 1", operation=operation, modem=modem)


@pytest.mark.parametrize(
    ("codes", "fault", "blame"),
    [
        ([-100, -101, -103], "DEV-311", STATION),
        ([-10, -13], "DEV-315", STATION),
        ([-11, -6], "DEV-316", UNIT),
        ([-12], "DEV-308", UNIT),
        ([-5], "DEV-313", UNIT),
        ([-90], "DEV-312", UNIT),
        ([-160], "DEV-306", UNIT),
        ([-21], "DEV-318", UNIT),
        ([-20, -91, -93, -220, -221, -999, 1], "DEV-305", UNIT),
        ([None, -1, -2, -7, -102, -104, -105, -110, -115, -150, -153, -162, -170, -176, -200], "DEV-309", STATION),
    ],
)
def test_a_code_is_the_fault_that_it_means(codes: list[int | None], fault: str, blame: type[Fault]) -> None:
    for code in codes:
        judged = judge(code)
        assert (judged.code, type(judged)) == (fault, blame)
        assert str(code) in judged.detail
        assert not is_outcome_unknown(judged)


def test_what_nobody_knows_of_an_opening_is_not_the_boards_fault() -> None:
    told = WorkerError(383, begun=False, call="open", text="383 is not a valid NrfjprogdllErr")
    judged = judge_error(told, probe="nrfjprog 1", operation="look", modem=False)
    assert (judged.code, type(judged)) == ("DEV-309", STATION)


def test_the_death_of_the_librarys_own_process_is_an_unknown_outcome() -> None:
    assert judge(-254).code == "DEV-314"
    assert is_outcome_unknown(judge(-254))


@pytest.mark.parametrize("code", [-220, -221])
def test_a_modem_is_only_to_blame_once_its_board_was_entered(code: int) -> None:
    assert judge(code, modem=True).code == "DEV-319"
    assert judge(code, modem=True, begun=False).code == "DEV-305"


@pytest.mark.parametrize("operation", ["lock", "protect_erase"])
@pytest.mark.parametrize(
    ("code", "begun", "fault", "unknown"),
    [
        (-12, False, "DEV-308", False),
        (-102, False, "DEV-309", False),
        (-90, True, "DEV-312", False),
        (-3, True, "DEV-320", False),
        (-4, True, "DEV-320", False),
        (-5, True, "DEV-313", False),
        (-11, True, "DEV-314", True),
        (-12, True, "DEV-314", True),
        (-20, True, "DEV-314", True),
        (-102, True, "DEV-314", True),
        (-999, True, "DEV-314", True),
        (None, True, "DEV-314", True),
    ],
)
def test_whether_a_one_way_operation_was_done_is_never_guessed(
    operation: str, code: int | None, begun: bool, fault: str, unknown: bool
) -> None:
    judged = judge(code, operation, begun=begun)
    assert judged.code == fault
    assert is_outcome_unknown(judged) is unknown


@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        ("find", "The programmer nrfjprog 960012345 could not look for the probe: -999. Mend that"),
        ("look", "The programmer could not look at this board: -999. Seat"),
    ],
)
def test_a_code_that_nobody_knows_is_told_in_the_librarys_words(
    library: Library, driver: NrfjprogProgrammer, operation: str, sentence: str
) -> None:
    library.plan(enum_emu_snr=["refuse", -999], connect_to_emu_with_snr=["refuse", -999])
    with pytest.raises(Fault) as caught:
        getattr(driver, operation)(LONG)
    assert caught.value.sentence.startswith(sentence.replace("-999", "-999 is not a valid NrfjprogdllErr"))


def test_the_librarys_words_come_without_its_noise() -> None:
    # As the real library told it, with a J-Link library of which nothing but the connection worked.
    told = (
        "An error was reported by NRFJPROG DLL: -5 WRONG_FAMILY_FOR_DEVICE. \n"
        "[960012345] [Client] Encountered error -5: Command sys_reset executed for 0 milliseconds with result -5\n"
        "\textra: [960012345] [Worker] Encountered unexpected debug port ID 0, expected 6\n"
        "\textra: [960012345] [Worker] Encountered unexpected debug port ID 0, expected 6"
    )
    why = WorkerError(-5, begun=True, call="sys_reset", text=told).why
    assert why == "-5 WRONG_FAMILY_FOR_DEVICE; Encountered unexpected debug port ID 0, expected 6"


@pytest.mark.parametrize("code", [-220, -221])
def test_a_modem_that_takes_no_firmware_is_told_as_such(
    library: Library, driver: NrfjprogProgrammer, tmp_path: Path, code: int
) -> None:
    library.plan(program_file=["refuse", code])
    with pytest.raises(UnitFault, match="DEV-319"):
        driver.program(make_image(tmp_path, ImageKind.MODEM), Erase.ALL, job())


@pytest.mark.parametrize(
    ("family", "fault"),
    [(["give", "NRF53"], "DEV-313"), (["DeviceFamily", 7], "DEV-313"), (["give", "UNKNOWN"], "DEV-316")],
)
def test_a_chip_of_another_series_is_a_fault_when_looking(
    library: Library, driver: NrfjprogProgrammer, family: list[object], fault: str
) -> None:
    library.plan(read_device_family=family)
    with pytest.raises(UnitFault, match=fault):
        driver.look(LONG)


def test_erase_protection_of_which_nothing_is_known_is_told_as_such(
    library: Library, driver: NrfjprogProgrammer
) -> None:
    library.plan(is_eraseprotect_enabled=["refuse", -90])
    with pytest.raises(StationFault, match="DEV-314") as caught:
        driver.protect_erase(LONG)
    assert "-90" in caught.value.sentence
    assert is_outcome_unknown(caught.value)


def test_erase_protection_that_does_not_hold_is_refused(library: Library, driver: NrfjprogProgrammer) -> None:
    with pytest.raises(UnitFault, match="DEV-320"):
        driver.protect_erase(LONG)
    library.plan(is_eraseprotect_enabled=["give", True])
    driver.protect_erase(LONG)


def test_an_image_that_changed_is_never_programmed(library: Library, driver: NrfjprogProgrammer, image: Image) -> None:
    image.path.write_bytes(b"another")
    for operate in (
        lambda: driver.program(image, Erase.ALL, job()),
        lambda: driver.verify(image, job()),
    ):
        with pytest.raises(StationFault, match="DEV-307"):
            operate()
    assert library.calls == []


@pytest.mark.parametrize("serial", ["THINGY91X_0123456789A", "", "4294967296", "-1"])
def test_a_probe_that_is_no_jlink_is_not_for_this_tool(library: Library, serial: str) -> None:
    with pytest.raises(StationFault, match="DEV-321"):
        make(serial).find(LONG)
    assert library.calls == []


@pytest.mark.parametrize(
    "package", ["raise RuntimeError('jlinkarm_nrf_worker is not executable')", "", "import nowhere"]
)
def test_a_library_that_can_not_be_loaded_is_a_sentence(
    library: Library, driver: NrfjprogProgrammer, package: str
) -> None:
    (library.folder / "library" / "pynrfjprog" / "__init__.py").write_text(package, encoding="utf-8")
    (library.folder / "library" / "pynrfjprog" / "LowLevel.py").unlink()
    with pytest.raises(StationFault, match="DEV-309") as caught:
        driver.look(LONG)
    assert "Error" in caught.value.sentence


# --- what dies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        (["segfault"], "DEV-314"),
        (["leave", 0], "DEV-314"),
        (["into_every_pipe", "garbage\n"], "DEV-317"),
        (["into_every_pipe", "{}\n"], "DEV-317"),
        (["into_every_pipe", '{"progress": 2.0}\n'], "DEV-317"),
        (["into_every_pipe", '{"progress": NaN}\n'], "DEV-317"),
        (["into_every_pipe", '{"progress": "half"}\n'], "DEV-317"),
        (["into_every_pipe", '{"done": "yes"}\n'], "DEV-317"),
        (["into_every_pipe", '{"error": "yes"}\n'], "DEV-317"),
        (["into_every_pipe", '{"done": true, "error": null}\n'], "DEV-317"),
        (["into_every_pipe", "[" * 60_000 + "\n"], "DEV-317"),
        (["into_every_pipe", "x" * 60_000, True], "DEV-317"),
        (["into_every_pipe", "\ud800"], "DEV-309"),
    ],
)
def test_a_worker_gone_wild_leaves_an_unknown_outcome(
    library: Library, driver: NrfjprogProgrammer, image: Image, end: list[object], fault: str
) -> None:
    library.plan(program_file=end)
    with pytest.raises(StationFault, match=fault) as caught:
        driver.program(image, Erase.ALL, job())
    assert is_outcome_unknown(caught.value) is (fault != "DEV-309")


@pytest.mark.parametrize("text", ['{"progress": 0.5}\n', "x" * 60_000])
def test_a_flood_ends_at_the_latest_with_the_timeout(
    library: Library, driver: NrfjprogProgrammer, image: Image, text: str
) -> None:
    library.plan(program_file=["into_every_pipe", text, True])
    seen: list[float] = []
    with pytest.raises(StationFault, match=r"DEV-31[47]") as caught:
        driver.program(image, Erase.ALL, job(5.0, seen.append))
    assert is_outcome_unknown(caught.value)
    assert len(seen) <= 101


def test_a_hang_ends_with_the_timeout(library: Library, driver: NrfjprogProgrammer, image: Image) -> None:
    library.plan(program_file=["hang"])
    with pytest.raises(StationFault, match="DEV-314") as caught:
        driver.program(image, Erase.ALL, job(3.0))
    assert "no end within 3 s" in caught.value.sentence
    assert is_outcome_unknown(caught.value)


@pytest.mark.parametrize("result", ['{"done": "nothing"}\n'])
@pytest.mark.parametrize("operation", ["find", "look", "verify", "reset", "protect_erase"])
def test_a_result_that_makes_no_sense_is_no_result(
    library: Library, driver: NrfjprogProgrammer, image: Image, operation: str, result: str
) -> None:
    # It says this and is gone before it can say more.
    library.plan(open=["into_every_pipe", result], configure=["leave", 0])
    operate = (
        (lambda: driver.verify(image, job())) if operation == "verify" else lambda: getattr(driver, operation)(LONG)
    )
    with pytest.raises(StationFault, match="DEV-317"):
        operate()


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed by a signal")
def test_a_worker_killed_in_mid_flash_leaves_an_unknown_outcome(
    library: Library, driver: NrfjprogProgrammer, image: Image
) -> None:
    library.plan(program_file=["hang"])

    def kill(part: float) -> None:
        if part >= 0.1:  # erased, and being programmed
            os.kill(library.worker(), signal.SIGKILL)

    with pytest.raises(StationFault, match="DEV-314") as caught:
        driver.program(image, Erase.ALL, job(progress=kill))
    assert f"signal {signal.SIGKILL:d}" in caught.value.sentence
    assert is_outcome_unknown(caught.value)


def test_the_hard_stop_ends_the_worker(library: Library, driver: NrfjprogProgrammer, image: Image) -> None:
    library.plan(program_file=["hang"])
    stop = Stop()
    with pytest.raises(Cancelled):
        driver.program(image, Erase.ALL, job(progress=lambda part: stop.request() if part >= 0.1 else None, stop=stop))
    assert not Path(f"/proc/{library.worker()}").exists()


def test_a_worker_that_dies_takes_nobody_along(library: Library, image: Image) -> None:
    library.plan(
        **{
            "1": {"program_file": ["segfault"]},
            "2": {"program_file": ["hang"]},
            "3": {"program_file": ["into_every_pipe", "garbage\n"]},
            "4": {"program_file": ["chatter"]},
            "5": {},
        }
    )
    together = threading.Barrier(5)

    def operate(serial: str) -> str:
        programmer: Programmer = make(serial)

        @functools.cache
        def meet() -> None:
            """No slot's worker begins to program before all are there."""
            together.wait(LONG)

        try:
            programmer.program(image, Erase.ALL, job(8.0 if serial == "2" else LONG, lambda _part: meet()))
        except Fault as fault:
            return fault.code
        return "done"

    with ThreadPoolExecutor(5) as slots:
        ends = dict(zip("12345", slots.map(operate, "12345"), strict=True))
    assert ends == {"1": "DEV-314", "2": "DEV-314", "3": "DEV-317", "4": "done", "5": "done"}


def test_a_worker_that_hangs_ends_by_itself_when_nobody_ends_it(library: Library) -> None:
    library.plan(open=["hang"])
    request = {"op": "reset", "probe": 1, "speed_khz": 2000, "jlink": None, "timeout": 0.5}
    data = json.dumps(request).encode()
    finished = run_program(WORKER, timeout=30, data=data, folder=Path(__file__).parents[3])
    assert finished.status != 0
    assert finished.output == b""
    assert b"hang" in finished.errors  # where it hung, for the engineer


STATION_THAT_DIES = """
import os, signal, sys
from pathlib import Path
from station.devices.nrfjprog import NrfjprogProgrammer
from station.devices.protocols import Image, Job
from station.domain.ids import Sha256
from station.domain.line import Erase
from station.host.clock import Stop, SystemClock

def die(part):
    if part >= 0.1:
        os.kill(os.getpid(), signal.SIGKILL)

driver = NrfjprogProgrammer(sys.argv[1], SystemClock(), speed_khz=4, jlink=None)
driver.program(Image(Path(sys.argv[2]), Sha256(sys.argv[3])), Erase.ALL, Job(600, die, Stop()))
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open (Linux)")
def test_a_worker_does_not_outlive_the_station(library: Library, image: Image) -> None:
    library.plan(program_file=["hang"])
    command = [sys.executable, "-c", STATION_THAT_DIES, SERIAL, str(image.path), image.sha256]
    assert run_program(command, timeout=LONG, folder=Path(__file__).parents[3]).status == -signal.SIGKILL
    try:
        handle = os.pidfd_open(library.worker())
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], LONG)[0]
    finally:
        os.close(handle)
