"""What was plugged in just now, and the name by which a fixture file should know it.

A person plugs one thing in; what is there afterwards and was not before is that thing. Its system name (``ttyACM3``,
``COM7``) is the worst way to know it: a probe is known by its serial number, a cable by its own, and what has none, or
a board that brings its USB with it, by the socket.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from serial.tools import list_ports

_SEGGER: Final = 0x1366
_INTERFACE_IN_PLACE = re.compile(r":[\dx]+\.(\d+)$")
_INTERFACE_IN_NAME = re.compile(r"-if([0-9a-f]{2})(?:-port\d+)?$", re.IGNORECASE)
_SAFE = re.compile(r"[A-Za-z0-9_.,:@+-]+")


class KnownBy(StrEnum):
    """What a name goes by; the text completes "known by its …"."""

    PROBE = "probe's serial number"
    SERIAL = "serial number"
    SOCKET = "USB socket"
    SYSTEM = "name of today"
    """The system may give it to another device tomorrow."""
    BENCH = "place on the simulated bench"


@dataclass(frozen=True, slots=True)
class PortName:
    """One name for a port, as a fixture file takes it."""

    text: str
    by: KnownBy


@dataclass(frozen=True, slots=True)
class SeenPort:
    """A serial port that is there now. ``names``: the steadiest first; ``group`` is that of its device."""

    device: str
    group: str
    names: tuple[PortName, ...]
    serial: str = ""
    is_usb: bool = False
    """Whether it can be plugged in; not so a port on the PC's own board."""
    is_probe: bool = False
    interface: int = 0
    product: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A device that came, with its ports in the order of their interfaces."""

    ports: tuple[SeenPort, ...]

    @property
    def probe(self) -> str:
        """The probe's serial number; "" for anything else."""
        return self.ports[0].serial if self.ports[0].is_probe else ""

    @property
    def product(self) -> str:
        """What it calls itself; its system name where it says nothing."""
        return self.ports[0].product or self.ports[0].device

    def names(self) -> tuple[PortName, ...]:
        """Return all names that a slot could know it by: a probe's own ports first, then the first port's."""
        own = tuple(PortName(f"vcom{number}", KnownBy.PROBE) for number in range(len(self.ports)) if self.probe)
        return own + tuple(name for port in self.ports for name in port.names)


class ListedPort(Protocol):
    """What pyserial tells of a serial port."""

    device: str
    serial_number: str | None
    location: str | None
    vid: int | None
    product: str | None


def _list_ports() -> Iterable[ListedPort]:
    return list_ports.comports()


@dataclass(frozen=True, slots=True)
class PlugSources:
    """Where this PC lists its serial ports. ``bench``: the folder of a simulated bench, whose slots count too."""

    by_id: Path = Path("/dev/serial/by-id")
    by_path: Path = Path("/dev/serial/by-path")
    listed: Callable[[], Iterable[ListedPort]] = _list_ports
    bench: Path | None = None


def list_plugged(sources: PlugSources | None = None) -> tuple[SeenPort, ...]:
    """Return every serial port that is there now. Opens none; safe to repeat, some ten milliseconds."""
    sources = sources or PlugSources()
    by_id, by_path = _links(sources.by_id), _links(sources.by_path)
    seen = [_seen(port, by_id, by_path) for port in sources.listed()]
    return (*seen, *(_on_bench(sources.bench) if sources.bench is not None else ()))


def find_arrivals(before: Sequence[SeenPort], now: Sequence[SeenPort]) -> tuple[Arrival, ...]:
    """Return the devices that are there now and were not before, each with all of its ports. Pure."""
    known = {(port.group, port.device) for port in before}
    fresh = [port for port in now if (port.group, port.device) not in known]
    groups = list(dict.fromkeys(port.group for port in fresh))
    return tuple(
        Arrival(tuple(sorted((port for port in fresh if port.group == group), key=lambda port: port.interface)))
        for group in groups
    )


def group_ports(ports: Sequence[SeenPort]) -> tuple[Arrival, ...]:
    """Return all that is plugged in, device by device. Pure."""
    return find_arrivals((), ports)


def _seen(port: ListedPort, by_id: Mapping[str, str], by_path: Mapping[str, str]) -> SeenPort:
    real = os.path.realpath(port.device) if sys.platform != "win32" else port.device
    place = port.location or ""
    interface = _interface(place, by_id.get(real, ""))
    serial = port.serial_number or ""
    names = []
    if serial and real in by_id:
        names.append(PortName(by_id[real], KnownBy.SERIAL))
    elif serial and sys.platform == "win32" and _SAFE.fullmatch(serial):
        # What udev would call it: that name is understood on Windows too, by number and interface.
        names.append(PortName(f"usb-device_{serial}-if{interface:02x}", KnownBy.SERIAL))
    if real in by_path:
        names.append(PortName(by_path[real], KnownBy.SOCKET))
    names.append(PortName(port.device, KnownBy.SYSTEM))
    return SeenPort(
        device=port.device,
        group=_INTERFACE_IN_PLACE.sub("", place) or port.device,
        names=tuple(names),
        serial=serial,
        is_usb=port.vid is not None,
        is_probe=port.vid == _SEGGER and bool(serial),
        interface=interface,
        product=port.product or "",
    )


def _interface(place: str, name: str) -> int:
    if found := _INTERFACE_IN_PLACE.search(place):
        return int(found[1])
    found = _INTERFACE_IN_NAME.search(name)
    return int(found[1], 16) if found else 0


def _links(folder: Path) -> dict[str, str]:
    """Return udev's names by the device that they lead to."""
    try:
        return {os.path.realpath(entry): entry.name for entry in sorted(folder.iterdir())}
    except OSError:  # udev takes the folder away with the last port, and other systems have none
        return {}


def _on_bench(folder: Path) -> tuple[SeenPort, ...]:
    ports = sorted(folder.glob("slot*")) if folder.is_dir() else []
    return tuple(
        SeenPort(
            device=str(port),
            group=port.name,
            names=(PortName(f"{folder.name}/{port.name}", KnownBy.BENCH),),
            product="simulated board",
        )
        for port in ports
    )
