"""Ports: found by the fixture's names, one owner each, and clear about how they fail."""

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from station.devices.ports import OpenPort, PortSettings, find_port, is_url, match_by_id, open_port
from station.devices.presence import PortPresence, ScanPresence
from station.domain.faults import Cancelled, StationFault
from station.host.clock import Stop, SystemClock

CLOCK = SystemClock()
needs_pty = pytest.mark.skipif(os.name != "posix", reason="no pseudo-terminals here")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A pty's master and a link to its slave, as the simulated bench lays them out."""
    import pty
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    link = tmp_path / "slot1"
    link.symlink_to(os.ttyname(slave))
    yield master, link
    os.close(slave)
    os.close(master)


@needs_pty
def test_a_port_has_one_owner(terminal: tuple[int, Path]) -> None:
    settings = PortSettings(str(terminal[1]))
    with open_port(settings, CLOCK), pytest.raises(StationFault, match="DEV-102"):
        open_port(settings, CLOCK, patience=0.0)
    open_port(settings, CLOCK).close()


@needs_pty
def test_flow_control_and_speed_are_set(terminal: tuple[int, Path]) -> None:
    import termios

    with open_port(PortSettings(str(terminal[1]), baud=9600, flow_control=True), CLOCK):
        attributes = termios.tcgetattr(terminal[0])
    assert attributes[4] == attributes[5] == termios.B9600
    assert attributes[2] & termios.CRTSCTS


@needs_pty
def test_bytes_go_both_ways_whole(terminal: tuple[int, Path]) -> None:
    master, link = terminal
    with open_port(PortSettings(str(link)), CLOCK) as port:
        port.write(bytes(range(256)))
        assert os.read(master, 4096) == bytes(range(256))
        os.write(master, bytes(range(256)))
        got = b""
        while len(got) < 256:
            got += port.read_some()
        assert got == bytes(range(256))
        assert port.read_waiting() == b""


@needs_pty
def test_closing_twice_is_harmless(terminal: tuple[int, Path]) -> None:
    port = open_port(PortSettings(str(terminal[1])), CLOCK)
    port.close()
    port.close()


@needs_pty
def test_a_port_that_takes_nothing_does_not_block_for_ever(terminal: tuple[int, Path]) -> None:
    with (
        open_port(PortSettings(str(terminal[1]), baud=3_000_000), CLOCK) as port,
        pytest.raises(StationFault, match="DEV-106"),
    ):
        port.write(b"x" * 1_000_000)


def test_a_port_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StationFault, match="DEV-101") as caught:
        open_port(PortSettings(str(tmp_path / "ttyACM0")), CLOCK, patience=0.0)
    assert "ttyACM0" in caught.value.sentence


def test_a_file_is_no_port(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("x", encoding="utf-8")
    with pytest.raises(StationFault, match=r"DEV-10[14]"):
        open_port(PortSettings(str(path)), CLOCK, patience=0.0)


@pytest.mark.parametrize("address", ["loop://", "spy:///dev/ttyS0", "hwgrep://.*"])
def test_other_kinds_of_urls_are_refused(address: str) -> None:
    with pytest.raises(StationFault, match="DEV-104"):
        open_port(PortSettings(address), CLOCK, patience=0.0)


def test_a_server_that_is_not_there_is_a_station_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
    with pytest.raises(StationFault, match="DEV-104"):
        open_port(PortSettings(f"socket://127.0.0.1:{number}"), CLOCK, patience=0.0)


def test_a_socket_is_read_in_one_piece() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = open_port(PortSettings(f"socket://127.0.0.1:{server.getsockname()[1]}"), CLOCK)
        peer, _ = server.accept()
        with port, peer:
            peer.sendall(b"x" * 3000)
            got = port.read_some()
            while len(got) < 3000:
                piece = port.read_some()
                # pyserial tells of one waiting byte at most; the rest must come along all the same.
                assert len(piece) > 1
                got += piece
            peer.shutdown(socket.SHUT_RDWR)
            with pytest.raises(StationFault, match="DEV-105"):
                port.read_some()


@pytest.mark.filterwarnings(r"ignore:set(Daemon|Name)\(\):DeprecationWarning")  # pyserial's own, in its RFC 2217 client
def test_a_port_over_rfc2217_works_and_vanishes() -> None:
    from serial import rfc2217, serial_for_url

    class Server:
        """RFC 2217 over loop://, as pyserial's own example does it."""

        def __init__(self) -> None:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.thread = threading.Thread(target=self.run, daemon=True)
            self.thread.start()

        def run(self) -> None:
            connection, _ = self.listener.accept()
            self.connection = connection
            device = serial_for_url("loop://", timeout=0)
            manager = rfc2217.PortManager(device, self)
            while data := connection.recv(4096):
                sent = b"".join(manager.filter(data))
                if sent:
                    self.write(b"".join(manager.escape(sent.upper())))
            device.close()

        def write(self, data: bytes) -> None:
            self.connection.sendall(data)

    server = Server()
    with open_port(PortSettings(f"rfc2217://127.0.0.1:{server.listener.getsockname()[1]}"), CLOCK) as port:
        port.write(b"hello \xff world\r\n")
        got = b""
        while not got.endswith(b"\n"):
            got += port.read_some()
        assert got == b"HELLO \xff WORLD\r\n"
        server.connection.shutdown(socket.SHUT_RDWR)
        with pytest.raises(StationFault, match="DEV-105"):
            read_to_the_end(port)
    server.thread.join(5)
    server.connection.close()
    server.listener.close()


def read_to_the_end(port: OpenPort) -> None:
    while True:
        port.read_some()


@dataclass
class Usb:
    device: str
    serial_number: str | None
    location: str | None


JLINK = [
    Usb("COM7", "000960012345", "1-2:x.2"),
    Usb("COM12", "000960012345", "1-2:x.0"),
    Usb("COM3", "000960099999", "1-3:x.0"),
    Usb("COM1", None, None),
]


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("usb-SEGGER_J-Link_000960012345-if00", "COM12"),
        ("usb-SEGGER_J-Link_000960012345-if02", "COM7"),
        ("/dev/serial/by-id/usb-SEGGER_J-Link_000960012345-if02", "COM7"),
        ("usb-SEGGER_J-Link_000960099999-if00", "COM3"),
        ("usb-SEGGER_J-Link_000960099999", "COM3"),
        ("usb-SEGGER_J-Link_000960012345", None),
        ("usb-SEGGER_J-Link_000960012345-if04", None),
        ("usb-SEGGER_J-Link_960012345-if00", None),
        ("usb-Prolific_USB-Serial-if00-port0", None),
    ],
)
def test_a_by_id_name_means_one_port_or_none(name: str, device: str | None) -> None:
    """The order of COM numbers is against the order of interfaces here, as was seen on real boards."""
    assert match_by_id(name, list(JLINK)) == device


def test_network_ports_are_always_there() -> None:
    assert find_port("socket://127.0.0.1:1") == "socket://127.0.0.1:1"
    assert is_url("rfc2217://h:1")
    assert not is_url("COM7")


class Steps:
    """A clock on which time passes only in waits; `then` says what happens at each."""

    def __init__(self, then: dict[int, Any]) -> None:
        self.time = 0.0
        self.waits: list[float] = []
        self._then = then

    def now(self) -> Any:
        raise NotImplementedError

    def monotonic(self) -> float:
        return self.time

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += seconds
        self._then.get(len(self.waits), lambda: None)()
        return event.is_set()


def test_a_board_is_there_when_its_port_is(tmp_path: Path) -> None:
    port = tmp_path / "slot1"
    clock = Steps({3: port.touch})
    presence = PortPresence(str(port), clock)
    assert not presence.is_loaded()
    presence.wait_loaded(Stop())
    assert presence.is_loaded()
    assert len(clock.waits) == 3
    assert max(clock.waits) <= 0.2


def test_a_port_that_comes_back_at_once_was_not_taken_out(tmp_path: Path) -> None:
    """A board with USB of its own drops its port at every reset."""
    port = tmp_path / "slot1"
    port.touch()
    clock = Steps({2: port.unlink, 3: port.touch, 10: port.unlink})
    PortPresence(str(port), clock, interval=0.1, settle=0.35).wait_gone(Stop())
    assert len(clock.waits) == 14


@pytest.mark.parametrize("waiting", ["wait_loaded", "wait_gone"])
def test_a_stop_ends_the_waiting(tmp_path: Path, waiting: str) -> None:
    port = tmp_path / "slot1"
    if waiting == "wait_gone":
        port.touch()
    stop = Stop()
    clock = Steps({2: stop.request})
    with pytest.raises(Cancelled):
        getattr(PortPresence(str(port), clock), waiting)(stop)
    assert len(clock.waits) == 2


def test_a_network_port_tells_nothing_of_a_board() -> None:
    with pytest.raises(StationFault, match="DEV-107"):
        PortPresence("rfc2217://127.0.0.1:4000", CLOCK)


def test_where_a_scan_says_so_nothing_is_waited_for() -> None:
    presence = ScanPresence()
    presence.wait_loaded(Stop())
    presence.wait_gone(Stop())
    assert not presence.is_known
    stop = Stop()
    stop.request()
    with pytest.raises(Cancelled):
        presence.wait_loaded(stop)
