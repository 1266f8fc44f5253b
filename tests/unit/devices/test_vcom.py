"""A probe's ports: found by serial number and interface, and waited for when they drop and come back."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.devices.ports import SETTLED, OpenPort, PortSettings, find_port, open_port
from station.devices.presence import PortPresence
from station.devices.protocols import ProbePort
from station.devices.vcom import (
    PortSources,
    Vcom,
    choose_interface,
    find_ports_of,
    find_vcom,
    is_same_serial,
    read_vcom,
)
from station.domain.faults import Cancelled, StationFault
from station.host.clock import Deadline, Stop, SystemClock

SEGGER = "usb-SEGGER_J-Link_000960012345-if"
needs_pty = pytest.mark.skipif(os.name != "posix", reason="no pseudo-terminals here")


@dataclass
class Listed:
    """A port as pyserial lists it."""

    device: str
    serial_number: str | None
    location: str | None
    hwid: str = "n/a"


def by_list(*ports: Listed) -> PortSources:
    """A system without udev."""
    return PortSources(Path("/nowhere/by-id"), Path("/nowhere/udev"), Path("/nowhere/sys"), lambda: ports)


def by_udev(folder: Path) -> PortSources:
    """A system with udev, whose list of all ports is never asked for."""
    return PortSources(folder, folder / "udev", folder / "sys", lambda: pytest.fail("that is not cheap"))


def lay_out(folder: Path, *names: str) -> PortSources:
    for number, name in enumerate(names):
        (folder / f"tty{number}").touch()
        (folder / name).symlink_to(folder / f"tty{number}")
    return by_udev(folder)


# Which port it is.


def test_an_address_names_probe_and_index() -> None:
    assert read_vcom("vcom:000960012345:1") == Vcom("000960012345", 1)
    assert read_vcom(Vcom("THINGY91X_1E462C2EBD", 0).address) == Vcom("THINGY91X_1E462C2EBD", 0)
    assert [read_vcom(text) for text in ("COM7", "vcom:960012345", "vcom::0", "/dev/vcom:1:0", "vcom:1:0:0")] == [
        None
    ] * 5


def test_udevs_names_tell_by_interface_whatever_number_the_device_has(tmp_path: Path) -> None:
    # The kernel numbered them the other way round, and another probe's serial number ends the same.
    sources = lay_out(tmp_path, f"{SEGGER}02", f"{SEGGER}00", "usb-SEGGER_J-Link_001960012345-if00")
    for serial in ("960012345", "000960012345"):
        assert [find_vcom(serial, index, sources=sources) for index in (0, 1, 2)] == [
            str(tmp_path / f"{SEGGER}00"),
            str(tmp_path / f"{SEGGER}02"),
            None,
        ]
    assert find_vcom("60012345", 0, sources=sources) is None


def test_the_first_port_to_come_back_is_not_taken_for_the_other(tmp_path: Path) -> None:
    assert find_vcom("960012345", 0, sources=lay_out(tmp_path, f"{SEGGER}02")) is None


def test_a_link_whose_port_has_gone_does_not_count(tmp_path: Path) -> None:
    sources = lay_out(tmp_path, f"{SEGGER}00")
    (tmp_path / "tty0").unlink()
    assert find_vcom("960012345", 0, sources=sources) is None


def test_a_thingy_has_a_text_for_a_serial_number_and_other_interfaces(tmp_path: Path) -> None:
    stem = "usb-Nordic_Semiconductor_Thingy:91_X_UART_THINGY91X_1E462C2EBD0-if"
    sources = lay_out(tmp_path, f"{stem}04", f"{stem}01")
    found = [find_vcom("THINGY91X_1E462C2EBD0", index, sources=sources) for index in (0, 1, 2)]
    assert found == [str(tmp_path / f"{stem}01"), str(tmp_path / f"{stem}04"), None]


def test_two_devices_with_one_serial_number_are_nobody(tmp_path: Path) -> None:
    sources = lay_out(tmp_path, f"{SEGGER}00", "usb-Nordic_nRF_000960012345-if02")
    assert find_vcom("960012345", 0, sources=sources) is None
    assert find_vcom("960012345", 1, sources=sources) is None


def test_an_odd_layout_is_read_from_the_device_itself(tmp_path: Path) -> None:
    """The second port is back and the first is not: order among those present would take one for the other."""
    device = tmp_path / "sys/devices/usb1/1-2"
    for number, kind in ((1, "02"), (2, "0a"), (3, "02"), (4, "0a"), (5, "ff")):
        interface = device / f"1-2:1.{number}"
        interface.mkdir(parents=True)
        for name, text in (("Class", kind), ("SubClass", "02" if kind == "02" else "00"), ("Number", f"{number:02x}")):
            (interface / f"bInterface{name}").write_text(f"{text}\n")
    sources = lay_out(tmp_path, "usb-Maker_Board_ABC-if03")
    tty = tmp_path / "sys/class/tty/tty0"
    tty.mkdir(parents=True)
    assert find_vcom("ABC", 0, sources=sources) is not None  # nobody tells better
    (tty / "device").symlink_to(device / "1-2:1.3")
    assert find_vcom("ABC", 0, sources=sources) is None
    assert find_vcom("ABC", 1, sources=sources) == str(tmp_path / "usb-Maker_Board_ABC-if03")


WINDOWS = [
    Listed("COM3", "000960099999", "1-3:x.0"),
    Listed("COM7", "000960012345", "1-2:x.2"),
    Listed("COM12", "000960012345", "1-2:x.0"),
    Listed("COM1", None, None, "ACPI\\PNP0501\\0"),
]
WINDOWS_BY_HWID = [
    Listed("COM7", None, None, "USB VID:PID=1366:1015 SER=000960012345 LOCATION=1-2:x.2"),
    Listed("COM12", None, None, "USB VID:PID=1366:1015 SER=000960012345 LOCATION=1-2:x.0"),
    Listed("COM4", None, None, "USB\\VID_1915&PID_910A&MI_02\\6&2A3B&0&0002"),
]
MAC = [
    Listed("/dev/cu.usbmodem0009600123453", "000960012345", "20-1"),
    Listed("/dev/cu.usbmodem0009600123451", "000960012345", "20-1"),
]


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        (WINDOWS, ["COM12", "COM7"]),
        (WINDOWS_BY_HWID, ["COM12", "COM7"]),
        (MAC, ["/dev/cu.usbmodem0009600123451", "/dev/cu.usbmodem0009600123453"]),
        (MAC[:1], [None, "/dev/cu.usbmodem0009600123453"]),
        ([Listed("COM7", "960012345", None, "USB\\VID_1366&PID_1015&MI_02\\6&2A&0&0002")], [None, "COM7"]),
        ([Listed("COM9", "960012345", None)], ["COM9", None]),
        ([Listed("COM5", None, None, "USB\\VID_1366&PID_0105\\000960012345")], ["COM5", None]),
        ([Listed("COM9", "960012345", None), Listed("COM8", "960012345", None)], [None, None]),
        ([], [None, None]),
    ],
)
def test_other_systems_tell_by_list(ports: list[Listed], expected: list[str | None]) -> None:
    assert [find_vcom("960012345", index, sources=by_list(*ports)) for index in (0, 1)] == expected


def test_what_the_back_end_tells_counts_first_while_it_is_there(tmp_path: Path) -> None:
    sources = lay_out(tmp_path, f"{SEGGER}00")
    other = tmp_path / "other"
    told = (ProbePort(1, "COM4"), ProbePort(0, str(other)))
    assert find_vcom("960012345", 1, told, sources) == "COM4"
    assert find_vcom("960012345", 0, told, sources) == str(tmp_path / f"{SEGGER}00")
    other.touch()
    assert find_vcom("960012345", 0, told, sources) == str(other)


@given(st.integers(0, 10**12 - 1), st.integers(0, 10**12 - 1), st.integers(0, 5))
def test_digits_are_one_number_with_and_without_zeros(one: int, other: int, zeros: int) -> None:
    assert is_same_serial(f"{'0' * zeros}{one}", str(other).zfill(12)) == (one == other)
    assert is_same_serial("thingy91x_0ab", "THINGY91X_0AB")
    assert not is_same_serial("THINGY91X_0AB", "THINGY91X_AB")


@given(st.sets(st.integers(0, 9), min_size=1, max_size=4), st.integers(0, 3), st.data())
def test_a_port_that_is_missing_never_makes_another_one_of_the_device_stand_in(
    interfaces: set[int], index: int, data: st.DataObject
) -> None:
    everything = sorted(interfaces)
    whole = choose_interface(everything, index, known=everything)
    present = sorted(data.draw(st.sets(st.sampled_from(everything))))
    chosen = choose_interface(present, index, known=everything)
    assert chosen == (whole if whole in present else None)


# A port that drops and comes back.


class Terminal:
    """One pseudo-terminal a name below a by-id folder: it can vanish, and come back as another device."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._ends: list[int] = []
        self._kept: list[int] = []

    def plug(self) -> str:
        import pty
        import tty

        self._ends = list(pty.openpty())
        tty.setraw(self._ends[1])
        self.link.symlink_to(os.ttyname(self._ends[1]))
        return os.ttyname(self._ends[1])

    def unplug(self, *, keep_number: bool = False) -> None:
        self.link.unlink()
        if keep_number:
            self._kept += self._ends  # so that the next one gets another number
        else:
            self.close()
        self._ends = []

    def say(self, data: bytes) -> None:
        os.write(self._ends[0], data)

    def close(self) -> None:
        for end in (*self._ends, *self._kept):
            os.close(end)
        self._kept = []


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path / f"{SEGGER}00")
    yield made
    made.close()


class Script(SystemClock):
    """A clock on which time passes in waits alone; `then` says what happens after so many seconds."""

    def __init__(self, then: dict[float, Callable[[], Any]] | None = None) -> None:
        self.time = 0.0
        self._then = dict(sorted((then or {}).items()))

    def monotonic(self) -> float:
        return self.time

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.time += seconds
        for moment in [each for each in self._then if each <= self.time]:
            self._then.pop(moment)()
        return event.is_set()


VCOM0 = PortSettings("vcom:960012345:0")


def hears(port: OpenPort, terminal: Terminal) -> bool:
    """Whether this port is the one that is plugged in now."""
    terminal.say(b"hello")
    got = b""
    for _ in range(20):
        got += port.read_some()
        if got == b"hello":
            return True
    return False


@needs_pty
@pytest.mark.parametrize("keep_number", [True, False])
@pytest.mark.parametrize("drops_after", [0.0, 0.12, 0.4])
def test_after_a_reset_the_port_that_stays_is_opened(
    terminal: Terminal, tmp_path: Path, drops_after: float, keep_number: bool
) -> None:
    terminal.plug()
    clock = Script({drops_after: lambda: terminal.unplug(keep_number=keep_number), drops_after + 0.8: terminal.plug})
    clock.wait(threading.Event(), 0.0)
    with open_port(VCOM0, clock, patience=5.0, settled=SETTLED, sources=by_udev(tmp_path)) as port:
        assert hears(port, terminal)
    assert drops_after + 0.8 + SETTLED <= clock.time < drops_after + 0.8 + SETTLED + 0.4


@needs_pty
@pytest.mark.parametrize("keep_number", [True, False])
def test_a_port_that_dropped_and_came_back_between_two_looks_is_seen(
    terminal: Terminal, tmp_path: Path, keep_number: bool
) -> None:
    terminal.plug()
    before = terminal.link.stat().st_ctime_ns

    def replug() -> None:
        terminal.unplug(keep_number=keep_number)
        terminal.plug()
        while terminal.link.stat().st_ctime_ns == before:  # the kernel's clock for this goes in steps
            terminal.unplug()
            terminal.plug()

    clock = Script({0.4: replug})
    with open_port(VCOM0, clock, patience=5.0, settled=SETTLED, sources=by_udev(tmp_path)) as port:
        assert hears(port, terminal)
    assert clock.time >= 0.4 + SETTLED


@needs_pty
def test_a_port_that_is_another_at_each_look_is_given_up(terminal: Terminal, tmp_path: Path) -> None:
    def replug() -> None:
        terminal.unplug(keep_number=True)
        terminal.plug()

    terminal.plug()
    clock = Script({0.04 * number: replug for number in range(1, 60)})
    with pytest.raises(StationFault, match="DEV-101"):
        open_port(VCOM0, clock, patience=1.0, settled=SETTLED, sources=by_udev(tmp_path))
    assert clock.time < 1.0 + 2 * SETTLED


def test_a_port_that_never_comes_is_waited_for_no_longer_than_asked(tmp_path: Path) -> None:
    clock = Script()
    with pytest.raises(StationFault, match="DEV-101"):
        open_port(VCOM0, clock, patience=3.0, settled=SETTLED, sources=by_udev(tmp_path))
    assert 3.0 <= clock.time < 3.2


@needs_pty
def test_a_port_that_stays_is_waited_for_no_longer_than_that(terminal: Terminal, tmp_path: Path) -> None:
    terminal.plug()
    clock = Script()
    open_port(VCOM0, clock, patience=30.0, settled=SETTLED, sources=by_udev(tmp_path)).close()
    assert SETTLED <= clock.time < SETTLED + 0.2


@needs_pty
def test_a_port_that_comes_at_the_last_moment_may_still_settle(terminal: Terminal, tmp_path: Path) -> None:
    clock = Script({2.9: terminal.plug})
    open_port(VCOM0, clock, patience=3.0, settled=SETTLED, sources=by_udev(tmp_path)).close()
    assert clock.time < 3.0 + SETTLED + 0.1


@needs_pty
def test_a_port_that_never_stays_is_absent_in_bounded_time(terminal: Terminal, tmp_path: Path) -> None:
    moments = {0.3 * number: (terminal.unplug if number % 2 else terminal.plug) for number in range(1, 60)}
    terminal.plug()
    clock = Script(moments)
    with pytest.raises(StationFault, match="DEV-101") as caught:
        open_port(VCOM0, clock, patience=3.0, settled=SETTLED, sources=by_udev(tmp_path))
    assert "vcom:960012345:0" in caught.value.sentence
    assert clock.time < 3.0 + 2 * SETTLED


def test_a_stop_ends_the_waiting_for_a_port(tmp_path: Path) -> None:
    stop = Stop()
    clock = Script({1.0: stop.request})
    with pytest.raises(Cancelled):
        open_port(VCOM0, clock, patience=60.0, settled=SETTLED, stop=stop, sources=by_udev(tmp_path))
    assert clock.time < 1.2


def test_a_probe_without_that_port_says_which_it_has(tmp_path: Path) -> None:
    sources = lay_out(tmp_path, f"{SEGGER}00")
    with pytest.raises(StationFault, match="DEV-110") as caught:
        open_port(PortSettings("vcom:000960012345:1"), Script(), patience=0.5, sources=sources)
    assert "no serial port VCOM1" in caught.value.sentence
    assert f"interface 0: {tmp_path / SEGGER}00" in caught.value.detail


# Seen many times a second.


def test_a_board_that_brings_its_probe_is_there_with_its_port(tmp_path: Path) -> None:
    presence = PortPresence("vcom:960012345:0", Script(), sources=by_udev(tmp_path))
    assert not presence.is_loaded()
    lay_out(tmp_path, f"{SEGGER}00")
    assert presence.is_loaded()


class Counted:
    """A list of ports that counts how often it is asked for."""

    def __init__(self) -> None:
        self.ports: list[Listed] = []
        self.asked = 0

    def __call__(self) -> list[Listed]:
        self.asked += 1
        return self.ports


@needs_pty
def test_a_costly_list_is_asked_for_seldom(tmp_path: Path) -> None:
    listed, clock = Counted(), Script()
    sources = PortSources(Path("/nowhere/by-id"), Path("/nowhere/udev"), Path("/nowhere/sys"), listed)
    presence = PortPresence("vcom:960012345:0", clock, sources=sources)

    def look_for(seconds: float) -> int:
        before, end = listed.asked, Deadline(clock, seconds)
        while not end.passed():
            presence.is_loaded()
            clock.wait(threading.Event(), 0.15)
        return listed.asked - before

    assert look_for(20.0) <= 11  # nothing there
    (tmp_path / "ttyACM3").touch()
    listed.ports = [Listed(str(tmp_path / "ttyACM3"), "960012345", "1-2:x.0")]
    assert look_for(20.0) <= 2  # there
    assert presence.is_loaded()
    # A drop that is over before it counts as gone, under another name.
    (tmp_path / "ttyACM3").unlink()
    listed.ports = []
    assert not presence.is_loaded()
    (tmp_path / "ttyACM4").touch()
    listed.ports = [Listed(str(tmp_path / "ttyACM4"), "960012345", "1-2:x.0")]
    clock.wait(threading.Event(), 0.15)
    assert presence.is_loaded()


def test_ports_of_a_probe_that_is_not_there_are_none(tmp_path: Path) -> None:
    with_udev = PortSources(tmp_path / "gone", tmp_path, tmp_path, lambda: pytest.fail("that is not cheap"))
    assert find_ports_of("960012345", with_udev) == {}
    assert find_port("vcom:960012345:0", by_list()) is None
