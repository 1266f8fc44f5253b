"""The doctor at fixtures with real probes: tools, probes and ports that are missing, and nobody's board disturbed."""

import json
import os
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from station.devices.faults import JLINK_MISSING, PROBE_UNREACHABLE, TOOL_MISSING
from station.devices.protocols import Probe, ProbePort
from station.doctor.findings import State, Verdict
from station.doctor.ports import Holder, judge_port
from station.doctor.probes import (
    ProbeSite,
    judge_absent,
    judge_probe_fault,
    judge_probe_holders,
    look_for_probe,
    patience_for,
)
from station.domain.faults import Fault
from station.domain.ids import SlotNumber
from station.host.clock import SystemClock
from station.probes import port_address, programmer_for
from station.settings.fixture import NrfjprogProgrammer, NrfutilProgrammer, SimulatedProgrammer, Slot, Vcom
from station.settings.station import Tools

SERIAL = "000960012345"
BENCH = SimulatedProgrammer.model_construct(kind="simulated", address="socket://127.0.0.1:1", probe=3)
needs_posix = pytest.mark.skipif(os.name != "posix", reason="scripts and links")


def slot(kind: str = "nrfutil", number: int = 1, presence: str = "scan", serial: str = SERIAL) -> Slot:
    programmer: NrfutilProgrammer | NrfjprogProgrammer = NrfutilProgrammer(kind="nrfutil", probe=serial)
    if kind == "nrfjprog":
        programmer = NrfjprogProgrammer(kind="nrfjprog", probe=serial)
    return Slot.model_construct(
        number=SlotNumber(number),
        port=Vcom(0),
        flow_control=False,
        probe=serial,
        programmer=programmer,
        presence=presence,
        power=None,
    )


def site(root: Path, **holders: tuple[Holder, ...]) -> ProbeSite:
    return ProbeSite.of({f"/dev/bus/usb/001/{name[1:]}": one for name, one in holders.items()}, None, root)


@dataclass
class Searcher:
    """A programmer that may be looked for; whoever does anything else to a board breaks the test."""

    found: Probe | Fault | None
    can_program: bool = True
    name: str = "searcher"

    def find(self, timeout: float) -> Probe | None:
        assert timeout > 0
        if isinstance(self.found, Fault):
            raise self.found
        return self.found

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the doctor asked for {name}")


def look(root: Path, found: Probe | Fault | None, one: Slot | None = None) -> list[Verdict]:
    one = one or slot()
    return look_for_probe(site(root), one, Searcher(found), port_address(one))  # type: ignore[arg-type]  # find alone


# What is missing, and its mend.


def test_a_probe_that_is_there_is_told_with_its_software(tmp_path: Path) -> None:
    (verdict,) = look(tmp_path, Probe("960012345", "nrfutil-device 2.19.4"))
    assert verdict.state is State.OK
    assert "nrfutil-device 2.19.4" in verdict.seen


def test_a_probe_that_is_not_plugged_in_is_trouble_unless_it_comes_with_the_board(tmp_path: Path) -> None:
    (verdict,) = look(tmp_path, None)
    assert (verdict.state, verdict.code) == (State.TROUBLE, "DEV-315")
    assert look(tmp_path, None, slot(presence="port"))[0].state is State.OK
    assert "lsusb" in judge_absent(slot(), "linux").mend
    assert "Device Manager" in judge_absent(slot(), "win32").mend


@pytest.mark.parametrize(
    ("kind", "fault", "linux", "windows"),
    [
        ("nrfjprog", JLINK_MISSING.fault("-101"), "apt install ./JLink_Linux", "installer"),
        ("nrfutil", JLINK_MISSING.fault(""), "apt install ./JLink_Linux", "JLink_x64.dll"),
        (
            "nrfutil",
            TOOL_MISSING.fault(tool="nrfutil", why="it is not there", how="see www.nordicsemi.com/x"),
            "/usr/local/bin/",
            "nrfutil.exe",
        ),
        (
            "nrfjprog",
            TOOL_MISSING.fault(tool="pynrfjprog", why="it is not there", how="pip"),
            "start.py",
            "py start.py",
        ),
    ],
)
def test_missing_tools_have_a_mend_for_each_system(kind: str, fault: Fault, linux: str, windows: str) -> None:
    mends = {}
    for platform in ("linux", "win32"):
        (verdict,) = judge_probe_fault(fault, slot(kind), platform)
        assert (verdict.state, verdict.code) == (State.TROUBLE, fault.code)
        mends[platform] = verdict.mend
    assert linux in mends["linux"]
    assert windows in mends["win32"]
    assert mends["linux"] != mends["win32"]


def test_only_a_part_that_is_missing_keeps_the_back_ends_own_words() -> None:
    fault = TOOL_MISSING.fault(tool="nrfutil", why="its device command is missing", how="run: nrfutil install device")
    (verdict,) = judge_probe_fault(fault, slot(), "linux")
    assert verdict.mend == "Install it: run: nrfutil install device"


def test_slots_with_the_same_trouble_read_the_same() -> None:
    told = {
        one.seen
        for number, name in ((1, "nrfutil 960012345"), (2, "nrfutil 960099999"), (3, "960012346"))
        for one in judge_probe_fault(
            PROBE_UNREACHABLE.fault(probe=name), slot(number=number, serial=f"000{name.split()[-1]}"), "linux"
        )
    }
    assert told == {"The programmer can't be reached."}
    bench = slot().model_copy(update={"programmer": BENCH})
    (verdict,) = judge_probe_fault(PROBE_UNREACHABLE.fault(probe="simulated 3"), bench, "linux")
    assert verdict.mend == "Start the simulated bench that the fixture file names."


@needs_posix
def test_two_that_disagree_on_a_port_are_told(tmp_path: Path) -> None:
    by_id = tmp_path / "dev/serial/by-id"
    by_id.mkdir(parents=True)
    for name in ("ttyACM0", "ttyACM1"):
        (tmp_path / name).touch()
    (by_id / f"usb-SEGGER_J-Link_{SERIAL}-if00").symlink_to(tmp_path / "ttyACM1")

    def states(path: str) -> list[State]:
        return [one.state for one in look(tmp_path, Probe("960012345", "x", (ProbePort(0, path), ProbePort(1, "y"))))]

    assert states(str(tmp_path / "ttyACM1")) == [State.OK]
    assert states(str(tmp_path / "ttyACM0")) == [State.OK, State.ADVICE]


# Its serial port.


@needs_posix
def test_a_probes_port_is_found_by_its_serial_number(tmp_path: Path) -> None:
    by_id = tmp_path / "dev/serial/by-id"
    by_id.mkdir(parents=True)

    def port(address: str, *, needs_board: bool = False) -> Verdict:
        return judge_port(address, needs_board=needs_board, holders={}, engine=None, root=tmp_path)

    assert port("vcom:960012345:0").code == "DEV-101"
    assert port("vcom:960012345:0", needs_board=True).state is State.OK
    (by_id / f"usb-SEGGER_J-Link_{SERIAL}-if00").symlink_to("/dev/null")
    assert port("vcom:960012345:0").state is State.OK
    for needs_board in (True, False):
        verdict = port("vcom:960012345:1", needs_board=needs_board)
        assert (verdict.state, verdict.code) == (State.TROUBLE, "DEV-110")
        assert "no serial port VCOM1" in verdict.seen


# Two programs on one probe.


def plug(root: Path, serial: str, number: int) -> None:
    folder = root / f"sys/bus/usb/devices/1-{number}"
    folder.mkdir(parents=True)
    for name, text in (("serial", serial), ("busnum", "1"), ("devnum", str(number))):
        (folder / name).write_text(f"{text}\n")


def run(root: Path, process: int, parent: int, name: str) -> Holder:
    folder = root / "proc" / str(process)
    folder.mkdir(parents=True)
    (folder / "stat").write_text(f"{process} ({name}) S {parent} 1 1 0 -1\n")
    return Holder(process, name)


def test_another_program_on_the_probe_is_named(tmp_path: Path) -> None:
    plug(tmp_path, SERIAL, 4)
    plug(tmp_path, "000960099999", 5)
    commander, other = run(tmp_path, 70, 1, "JLinkExe"), run(tmp_path, 80, 1, "JLinkGUI) S 7 (")
    found = judge_probe_holders(site(tmp_path, _004=(commander,), _005=(other,)), "960012345")
    assert [one.state for one in found] == [State.TROUBLE]
    assert "JLinkExe, process 70" in found[0].seen
    assert "JLinkGUI" not in found[0].seen
    assert judge_probe_holders(site(tmp_path, _005=(other,)), "960012345") == []


def test_the_running_stations_own_programs_are_no_others(tmp_path: Path) -> None:
    plug(tmp_path, SERIAL, 4)
    run(tmp_path, 30, 1, "station")
    run(tmp_path, 31, 30, "python (worker) x")
    worker = run(tmp_path, 32, 31, "jlinkarm_nrf_wo")
    left_behind = run(tmp_path, 33, 1, "jlinkarm_nrf_wo")
    place = replace(site(tmp_path, _004=(worker,)), engine=30)
    assert judge_probe_holders(place, SERIAL) == []
    assert judge_probe_holders(replace(place, holders={"/dev/bus/usb/001/004": (left_behind,)}), SERIAL)
    assert judge_probe_holders(replace(place, engine=None), SERIAL)


# How many at once, and which driver.


def test_only_some_are_looked_for_at_the_same_time(tmp_path: Path) -> None:
    place = replace(site(tmp_path), gate=threading.Semaphore(1))

    class Closed(Searcher):
        def find(self, timeout: float) -> Probe | None:
            assert not place.gate.acquire(blocking=False)
            return super().find(timeout)

    for _ in range(2):
        look_for_probe(place, slot(), Closed(None), "vcom:1:0")  # type: ignore[arg-type]  # find alone
    usual = site(tmp_path).gate
    assert [usual.acquire(blocking=False) for _ in range(5)] == [True, True, True, True, False]
    assert patience_for(32) > patience_for(1) >= 15


def test_the_driver_is_the_one_that_the_fixture_names() -> None:
    tools, clock = Tools(), SystemClock()
    assert programmer_for(slot().programmer, tools, clock).name == "nrfutil 960012345"
    assert programmer_for(slot("nrfjprog").programmer, tools, clock).name == "nrfjprog 960012345"
    assert not programmer_for(None, tools, clock).can_program
    assert programmer_for(BENCH, tools, clock).name == "simulated 3"
    assert port_address(slot()) == f"vcom:{SERIAL}:0"
    with pytest.raises(TypeError):
        port_address(slot().model_copy(update={"programmer": None}))


# The whole way, with an nrfutil that writes down what it was asked.

STAND_IN = """\
import json, os, sys
arguments = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps([*arguments, *(["--secret"] if "STATION_API_KEY" in os.environ else [])]) + "\\n")
if "--version" in arguments:
    name = "nrfutil-device" if "device" in arguments else "nrfutil"
    print(json.dumps({{"type": "info", "data": {{"name": name, "version": "2.19.4"}}}}))
elif "list" in arguments:
    devices = [{{"serialNumber": "{serial}", "traits": {{"jlink": True}}, "serialPorts": []}}]
    task = {{"id": "1", "name": "list"}}
    print(json.dumps({{"type": "task_begin", "data": {{"task": task}}}}))
    end = {{"task": task, "result": "success", "data": {{"devices": devices}}}}
    print(json.dumps({{"type": "task_end", "data": end}}))
"""


@dataclass
class StandIn:
    """An nrfutil that knows of one probe, and keeps what it was asked."""

    program: Path
    log: Path

    def asked(self) -> list[list[str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    script, log = tmp_path / "nrfutil", tmp_path / "asked.jsonl"
    script.write_text(f"#!{sys.executable}\n{STAND_IN.format(log=str(log), serial=SERIAL)}")
    script.chmod(0o755)
    return StandIn(script, log)


@needs_posix
def test_through_the_real_driver_boards_are_left_alone(
    tmp_path: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATION_API_KEY", "a secret")
    tools = Tools.model_construct(nrfutil=str(stand_in.program), jlink=None)
    for serial, state in ((SERIAL, State.OK), ("000960099999", State.TROUBLE)):
        one = slot(serial=serial)
        driver = programmer_for(one.programmer, tools, SystemClock(), without=("STATION_API_KEY",))
        assert look_for_probe(site(tmp_path), one, driver, port_address(one))[0].state is state
    words = {word for arguments in stand_in.asked() for word in arguments if not word.startswith("-")}
    assert words == {"device", "list"}
    assert not any("--secret" in arguments for arguments in stand_in.asked())


@needs_posix
def test_without_nrfutil_the_finding_says_where_to_get_it(tmp_path: Path) -> None:
    one = slot()
    driver = programmer_for(
        one.programmer, Tools.model_construct(nrfutil=str(tmp_path / "no"), jlink=None), SystemClock()
    )
    (verdict,) = look_for_probe(site(tmp_path), one, driver, port_address(one))
    assert (verdict.state, verdict.code) == (State.TROUBLE, "DEV-310")
    assert "nrfutil install device" in verdict.mend


def test_without_jlink_software_the_real_library_says_so(tmp_path: Path) -> None:
    one = slot("nrfjprog")
    missing = Tools.model_construct(nrfutil="nrfutil", jlink=tmp_path / "libjlinkarm.so")
    driver = programmer_for(one.programmer, missing, SystemClock())
    (verdict,) = look_for_probe(site(tmp_path), one, driver, port_address(one))
    assert (verdict.state, verdict.code) == (State.TROUBLE, "DEV-311")
    assert "J-Link Software and Documentation Pack" in verdict.mend
