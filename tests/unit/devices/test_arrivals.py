"""What was plugged in, told from what was there; and the name that will still be right tomorrow."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from station.devices.arrivals import Arrival, KnownBy, PlugSources, SeenPort, find_arrivals, list_plugged


@dataclass
class Listed:
    """A port as the system lists it."""

    device: str
    serial_number: str | None = None
    location: str | None = None
    vid: int | None = None
    product: str | None = None


@dataclass
class Desk:
    """A PC's ports, with udev's names as links, as they are in /dev/serial."""

    folder: Path

    def __post_init__(self) -> None:
        self.ports: list[Listed] = []
        for name in ("dev", "by-id", "by-path"):
            (self.folder / name).mkdir()

    def plug(self, name: str, by_id: str = "", by_path: str = "", **more: object) -> None:
        device = self.folder / "dev" / name
        device.touch()
        self.ports.append(Listed(str(device), **more))  # type: ignore[arg-type]
        for folder, link in (("by-id", by_id), ("by-path", by_path)):
            if link:
                (self.folder / folder / link).symlink_to(device)

    def look(self) -> tuple[SeenPort, ...]:
        sources = PlugSources(
            self.folder / "by-id", self.folder / "by-path", lambda: list(self.ports), self.folder / "b"
        )
        return list_plugged(sources)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def jlink(desk: Desk, name: str, interface: int, serial: str = "000960012345", place: str = "1-2") -> None:
    desk.plug(
        name,
        f"usb-SEGGER_J-Link_{serial}-if{interface:02x}",
        f"pci-0000:00:14.0-usb-0:{place}:1.{interface}",
        serial_number=serial,
        location=f"{place}:1.{interface}",
        vid=0x1366,
        product="J-Link",
    )


def test_a_probe_is_one_arrival_with_both_its_ports_in_the_order_of_interfaces(desk: Desk) -> None:
    jlink(desk, "ttyACM0", 0, "000000000001", "1-1")
    before = desk.look()
    jlink(desk, "ttyACM1", 2)
    jlink(desk, "ttyACM2", 0)
    (arrival,) = find_arrivals(before, desk.look())
    assert arrival.probe == "000960012345"
    assert [port.interface for port in arrival.ports] == [0, 2]
    names = [(name.text, name.by) for name in arrival.names()]
    assert names[:3] == [
        ("vcom0", KnownBy.PROBE),
        ("vcom1", KnownBy.PROBE),
        ("usb-SEGGER_J-Link_000960012345-if00", KnownBy.SERIAL),
    ]


def test_a_cable_without_a_serial_number_is_known_by_its_socket(desk: Desk) -> None:
    desk.plug("ttyUSB0", "usb-1a86_USB_Serial-if00-port0", "pci-0-usb-0:3:1.0-port0", location="1-3", vid=0x1A86)
    (arrival,) = find_arrivals((), desk.look())
    assert arrival.probe == ""
    assert [name.by for name in arrival.names()] == [KnownBy.SOCKET, KnownBy.SYSTEM]


def test_a_cable_with_a_serial_number_is_known_by_it_first(desk: Desk) -> None:
    desk.plug("ttyUSB0", "usb-FTDI_A1B2-if00-port0", "pci-0-usb-0:3:1.0", serial_number="A1B2", location="1-3", vid=1)
    (arrival,) = find_arrivals((), desk.look())
    assert [name.by for name in arrival.names()] == [KnownBy.SERIAL, KnownBy.SOCKET, KnownBy.SYSTEM]


def test_two_devices_are_two_arrivals(desk: Desk) -> None:
    jlink(desk, "ttyACM0", 0)
    jlink(desk, "ttyACM1", 0, "000960012346", "1-4")
    assert len(find_arrivals((), desk.look())) == 2


def test_what_was_there_is_no_arrival_and_what_goes_is_none_either(desk: Desk) -> None:
    jlink(desk, "ttyACM0", 0)
    before = desk.look()
    assert find_arrivals(before, before) == ()
    assert find_arrivals(before, ()) == ()


def test_a_simulated_board_counts_as_plugged_in(desk: Desk) -> None:
    (desk.folder / "b").mkdir()
    before = desk.look()
    (desk.folder / "b" / "slot3").touch()
    (arrival,) = find_arrivals(before, desk.look())
    assert [(name.text, name.by) for name in arrival.names()] == [("b/slot3", KnownBy.BENCH)]
    assert not arrival.ports[0].is_usb


def test_folders_that_udev_took_away_are_no_trouble(tmp_path: Path) -> None:
    sources = PlugSources(tmp_path / "a", tmp_path / "b", lambda: [Listed("COM7", location="1-2:x.0", vid=5)])
    (port,) = list_plugged(sources)
    assert Arrival((port,)).product == "COM7"
    assert port.names[-1].text == "COM7"
