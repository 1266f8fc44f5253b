"""A probe's virtual serial ports, found by its serial number and the USB interface.

Never by the order of names: on real boards the lower COM number was seen to be the second port, and Linux numbers
ttyACM in the order in which ports appear.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from serial.tools import list_ports

from station.devices.protocols import ProbePort

_ADDRESS = re.compile(r"vcom:(?P<serial>[A-Za-z0-9_.-]{1,64}):(?P<index>\d)", re.IGNORECASE)
_INTERFACE_IN_NAME = re.compile(r"-if([0-9a-f]{2})(?:-port\d+)?$", re.IGNORECASE)
_INTERFACE_IN_PLACE = re.compile(r":[\dx]+\.(\d+)$")
_SERIAL_IN_HWID = re.compile(r"\bSER=(\S+)")
_PLACE_IN_HWID = re.compile(r"\bLOCATION=(\S+)")
_WINDOWS_ID = re.compile(r"\\VID_[0-9A-F]{4}&PID_[0-9A-F]{4}(?:&MI_([0-9A-F]{2}))?(?:\\([^\\]*))?$", re.IGNORECASE)
_MAC_NAME = re.compile(r"/cu\.usbmodem.*(\d)$")

_CDC_ACM: Final = ("02", "02")
"""USB class and subclass of a serial port's control interface (USB CDC 1.2, PSTN 1.2 table 1)."""


@dataclass(frozen=True, slots=True)
class Vcom:
    """One serial port of a probe: ``index`` counts as the probe's maker does, from 0."""

    serial: str
    index: int

    @property
    def address(self) -> str:
        """The address by which ports are opened: ``vcom:960012345:0``."""
        return f"vcom:{self.serial}:{self.index}"

    def __str__(self) -> str:
        return f"VCOM{self.index} of probe {self.serial}"


class ListedPort(Protocol):
    """What pyserial tells of a serial port."""

    device: str
    serial_number: str | None
    location: str | None
    hwid: str


def _list_ports() -> Iterable[ListedPort]:
    return list_ports.comports()


@dataclass(frozen=True, slots=True)
class PortSources:
    """Where this PC lists its USB serial ports.

    Where udev works, its names are the whole truth and cost one look into a folder. ``listed`` is for all other
    systems, and costs some ten milliseconds on Windows.
    """

    by_id: Path = Path("/dev/serial/by-id")
    udev: Path = Path("/run/udev/control")
    sysfs: Path = Path("/sys")
    listed: Callable[[], Iterable[ListedPort]] = _list_ports

    @property
    def are_cheap(self) -> bool:
        """Whether asking many times a second is no burden."""
        return self.by_id.is_dir() or self.udev.exists()


def read_vcom(address: str) -> Vcom | None:
    """Return what ``vcom:<serial>:<index>`` names; None for any other address. Pure."""
    match = _ADDRESS.fullmatch(address)
    return Vcom(match["serial"], int(match["index"])) if match else None


def is_same_serial(one: str, other: str) -> bool:
    """Return whether two texts are one serial number. Pure.

    Digits compare as numbers: tools print J-Link serial numbers with and without their leading zeros. Others
    (``THINGY91X_...``) compare as texts, but for case: Windows shows them in capitals.
    """
    if _is_number(one) and _is_number(other):
        return one.lstrip("0") == other.lstrip("0")
    return one.casefold() == other.casefold()


def find_vcom(
    serial: str, index: int, told: Sequence[ProbePort] = (), sources: PortSources | None = None
) -> str | None:
    """Return the name to open for the probe's VCOM ``index``, None where it is not there now. Safe to repeat.

    ``told``: what the probe's own back end has just said, which counts first; after a reset it may be another board's
    port, so ask anew. While a probe comes back its ports come one by
    one: one is never taken for another because it is there first.
    """
    sources = sources or PortSources()
    for port in told:
        # pyserial opens macOS's cu names; the tty ones wait for a carrier that never comes.
        name = port.path.replace("/dev/tty.", "/dev/cu.")
        if port.vcom == index and (not name.startswith("/") or Path(name).exists()):
            return name
    found = find_ports_of(serial, sources)
    chosen = choose_interface(tuple(found), index, known=_interfaces_by_sysfs(found, sources.sysfs))
    return None if chosen is None else found[chosen]


def find_ports_of(serial: str, sources: PortSources | None = None) -> Mapping[int, str]:
    """Return the serial ports that the probe has now, by USB interface number; empty where it can't be told.

    Two devices with one serial number give none: which is meant, nobody can tell.
    """
    sources = sources or PortSources()
    fitting = list(_by_udev(sources.by_id, serial) if sources.are_cheap else _by_list(sources.listed(), serial))
    if len({port.group for port in fitting}) > 1:
        return {}
    by_interface = {port.interface: port.name for port in fitting if port.interface is not None}
    if not by_interface and len(fitting) == 1:
        return {0: fitting[0].name}  # a device with one port need not say which interface it is
    return by_interface


def choose_interface(present: Sequence[int], index: int, *, known: Sequence[int] = ()) -> int | None:
    """Return which of the interfaces that are ``present`` is VCOM ``index``; None where it is not among them. Pure.

    ``known``: all serial interfaces that the device has, where the system tells; their order is the index. Else each
    port takes two interfaces, so that SEGGER's J-Links have VCOM 0 at 0 and VCOM 1 at 2. Other layouts (a Thingy:91 X
    has 1 and 4) go by the order of those present.
    """
    ordered = sorted(known) or sorted(present)
    if not known and all(number % 2 == 0 for number in present):
        ordered = [2 * number for number in range(index + 1)]
    chosen = ordered[index] if index < len(ordered) else None
    return chosen if chosen in present else None


@dataclass(frozen=True, slots=True)
class _Found:
    """A probe's serial port: ``group`` is the same for all ports of one device."""

    interface: int | None
    name: str
    group: str


def _by_udev(folder: Path, serial: str) -> Iterator[_Found]:
    """Yield by udev's names: ``usb-SEGGER_J-Link_000960012345-if02``. A link whose port has gone does not count."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:  # udev takes the folder away with the last port
        return
    for name in names:
        match = _INTERFACE_IN_NAME.search(name)
        stem = name[: match.start()] if match else name
        if _ends_with(stem, serial) and (folder / name).exists():
            yield _Found(int(match[1], 16) if match else None, str(folder / name), stem)


def _by_list(ports: Iterable[ListedPort], serial: str) -> Iterator[_Found]:
    """Yield by what pyserial tells; on Windows the serial number may stand in the hardware ID alone."""
    for port in ports:
        windows = _WINDOWS_ID.search(port.hwid or "")
        found = port.serial_number or _first(_SERIAL_IN_HWID, port.hwid) or (windows and windows[2])
        if not found or not is_same_serial(found, serial):
            continue
        place = port.location or _first(_PLACE_IN_HWID, port.hwid) or ""
        interface = _first(_INTERFACE_IN_PLACE, place)
        number = int(interface) if interface else None
        if number is None and windows and windows[1]:
            number = int(windows[1], 16)
        if number is None and (mac := _MAC_NAME.search(port.device)):
            number = int(mac[1]) - 1  # macOS ends the name with the interface's number plus 1
        yield _Found(number, port.device, _INTERFACE_IN_PLACE.sub("", place))


def _interfaces_by_sysfs(found: Mapping[int, str], sysfs: Path) -> Sequence[int]:
    """Return all serial interfaces of the device, those too whose port is not there yet; empty where nobody tells.

    Asked only for layouts that :func:`choose_interface` would have to guess: it reads some ten small files.
    """
    if all(number % 2 == 0 for number in found):
        return ()
    interface = (sysfs / "class/tty" / Path(next(iter(found.values()))).resolve().name / "device").resolve()
    numbers = []
    try:
        for one in interface.parent.glob(f"{interface.parent.name}:*"):
            if (_read(one / "bInterfaceClass"), _read(one / "bInterfaceSubClass")) == _CDC_ACM:
                numbers.append(int(_read(one / "bInterfaceNumber"), 16))
    except (OSError, ValueError):  # it goes while it is being read
        return ()
    return numbers


def _read(path: Path) -> str:
    return path.read_text("ascii").strip()


def _first(pattern: re.Pattern[str], text: str | None) -> str | None:
    match = pattern.search(text or "")
    return match[1] if match else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _ends_with(stem: str, serial: str) -> bool:
    """Return whether udev's name, without the interface, ends with this serial number (vendor and model before)."""
    before, _, last = stem.rpartition("_")
    if not before:
        return False
    if _is_number(serial):
        return _is_number(last) and is_same_serial(last, serial)
    return stem.casefold().endswith(f"_{serial.casefold()}")
