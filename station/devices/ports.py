"""Serial ports: found by what the fixture calls them, opened exclusively, read without a system call per byte."""

import errno
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import serial
from serial.tools import list_ports

from station.devices.faults import (
    PORT_ABSENT,
    PORT_BLOCKED,
    PORT_BUSY,
    PORT_FORBIDDEN,
    PORT_UNUSABLE,
    PORT_VANISHED,
    VCOM_UNKNOWN,
)
from station.devices.vcom import PortSources, find_ports_of, find_vcom, read_vcom
from station.domain.faults import Fault, FaultSpec
from station.host.clock import Clock, Deadline, Stop

_READ_SLICE: Final = 0.1
"""Seconds that one read waits. Fixed, because rfc2217 renegotiates all settings whenever the timeout changes."""

_WRITE_TIMEOUT: Final = 2.0
"""Seconds beyond twice what the longest command takes at the port's speed."""
_LONGEST_WRITE: Final = 4200
"""Bytes."""

SETTLED: Final = 0.5
"""Seconds that a port must have stood, the same device behind it, before it is trusted after a reset: one that drops
does so within some tenths of a second, and its other ports and rights follow."""
_POLL: Final = 0.05

_CHUNK: Final = 65536
_BY_ID: Final = (Path("/dev/serial/by-id"), Path("/dev/serial/by-path"))
_URL = re.compile(r"(?P<scheme>[A-Za-z0-9]+)://")
_USB_INTERFACE = re.compile(r"-if(\d\d)\b")

if sys.platform == "win32":
    _PORT_ERRORS: Final = (OSError, ValueError)
else:
    import termios

    # pyserial lets termios's own errors through when a port vanishes while it is being opened.
    _PORT_ERRORS: Final = (OSError, ValueError, termios.error)


@dataclass(frozen=True, slots=True)
class PortSettings:
    """A port as the fixture file names it.

    ``address``: a device path, ``COM7``, a name below /dev/serial/by-id or by-path, ``vcom:<serial>:<index>`` (a
    probe's own port), ``socket://host:port`` or ``rfc2217://host:port``. ``flow_control``: RTS/CTS.
    """

    address: str
    baud: int = 115200
    flow_control: bool = False


class OpenPort:
    """An open serial port that nobody else of this station has open. One thread uses it.

    Every error of the port comes out as DEV-105 (it vanished) or DEV-106 (it takes no data).
    """

    def __init__(self, port: serial.Serial, address: str) -> None:
        self._port = port
        self.address = address
        # in_waiting is only 0 or 1 on a socket:// port, which would make every byte a read of its own.
        self._reads_bytewise = _scheme(address) == "socket"

    def read_some(self) -> bytes:
        """Return what is there, waiting up to 0.1 s for the first byte; empty when none came."""
        try:
            data: bytes = self._port.read(self._port.in_waiting or 1)
            return data + self._rest() if data and self._reads_bytewise else data
        except OSError as error:
            raise self._vanished(error) from error

    def read_waiting(self) -> bytes:
        """Return what is there, without waiting."""
        try:
            waiting = self._port.in_waiting
            if not waiting:
                return b""
            data: bytes = self._port.read(waiting)
            return data + self._rest() if self._reads_bytewise else data
        except OSError as error:
            raise self._vanished(error) from error

    def write(self, data: bytes) -> None:
        """Send ``data`` whole; raises DEV-106 when the port takes none for a few seconds."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise PORT_BLOCKED.fault(str(error), port=self.address) from error
        except OSError as error:
            raise self._vanished(error) from error

    def close(self) -> None:
        """Give the port back. Safe to repeat, also when the port is gone."""
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rest(self) -> bytes:
        self._port.timeout = 0
        try:
            data: bytes = self._port.read(_CHUNK)
        finally:
            self._port.timeout = _READ_SLICE
        return data

    def _vanished(self, error: OSError) -> Fault:
        return PORT_VANISHED.fault(str(error), port=self.address)


def open_port(
    settings: PortSettings,
    clock: Clock,
    *,
    patience: float = 2.0,
    settled: float = 0.0,
    stop: Stop | None = None,
    sources: PortSources | None = None,
) -> OpenPort:
    """Return the port, opened for this process alone; what had come before is dropped.

    A port that has just appeared may not be usable yet (its rights are set a moment later): for ``patience``
    seconds it is tried again, and found anew by its name each time. ``settled`` is for after a reset (``SETTLED``):
    a port that drops and comes back, perhaps as another device, is opened only once it has stood for so long, which
    may take that much longer than ``patience``. Safe to repeat after closing. Raises DEV-101 to DEV-104, DEV-110,
    ``Cancelled`` soon after ``stop``.
    """
    deadline = Deadline(clock, patience)
    stop = stop or Stop()
    while True:
        try:
            if settled and not is_url(settings.address):
                _wait_settled(settings.address, clock, deadline, settled, stop, sources)
            return _open(settings, sources)
        except Fault:
            if deadline.passed():
                raise
        clock.wait(stop.event, 0.1)
        stop.check()


def _wait_settled(
    address: str, clock: Clock, deadline: Deadline, seconds: float, stop: Stop, sources: PortSources | None
) -> None:
    """Return once one and the same device has been the port for ``seconds``; DEV-101 or DEV-110 where it never is."""
    last: object = None
    steady, end = deadline, Deadline(clock, deadline.left() + seconds)
    while True:
        found = _identify(address, sources)
        if found is None or found != last:
            last, steady = found, Deadline(clock, seconds)
        elif steady.passed():
            return
        if found is None and deadline.passed():
            raise absence_of(address, sources)
        if end.passed():
            raise PORT_ABSENT.fault("it comes and goes", port=address)
        clock.wait(stop.event, _POLL)
        stop.check()


def _identify(address: str, sources: PortSources | None) -> object:
    """Return what tells this port from one that came in its place meanwhile; None where it is not there."""
    name = find_port(address, sources)
    if name is None or sys.platform == "win32":
        return name
    try:
        found = Path(name).stat()
    except OSError:
        return None
    # The same name and number may be given again: but not to the same node, nor with the same time of its rights.
    return os.path.realpath(name), found.st_rdev, found.st_ino, found.st_ctime_ns


def find_port(address: str, sources: PortSources | None = None) -> str | None:
    """Return the name to open for ``address``, or None where there is no such port now. Safe to repeat.

    A URL is always there. A by-id name also works on Windows, by the serial number and the interface in it.
    """
    if _scheme(address):
        return address
    if vcom := read_vcom(address):
        return find_vcom(vcom.serial, vcom.index, sources=sources)
    return _find_local(address)


def lists_ports(address: str, sources: PortSources | None = None) -> bool:
    """Return whether :func:`find_port` must list all of this PC's ports to find ``address``, which takes long."""
    if read_vcom(address):
        return not (sources or PortSources()).are_cheap
    return not _scheme(address) and _is_listed(address)


def is_url(address: str) -> bool:
    """Return whether ``address`` is a network port. Pure."""
    return _scheme(address) != ""


class UsbPort(Protocol):
    """What pyserial tells of a USB serial port."""

    device: str
    serial_number: str | None
    location: str | None


def match_by_id(name: str, ports: "list[UsbPort]") -> str | None:
    """Return the device that Linux's udev would call ``name``, or None unless exactly one fits. Pure.

    ``usb-SEGGER_J-Link_000960012345-if00``: the serial number stands before ``-if``, which gives the interface;
    Windows has it as the last part of the location (``1-2:x.0``). The order of COM numbers says nothing.
    """
    interface = _USB_INTERFACE.search(name)
    stem = name[: interface.start()] if interface else name
    fitting = [port for port in ports if port.serial_number and stem.endswith(f"_{port.serial_number}")]
    if interface and len(fitting) > 1:
        fitting = [port for port in fitting if (port.location or "").endswith(f".{int(interface[1])}")]
    return fitting[0].device if len(fitting) == 1 else None


def _scheme(address: str) -> str:
    match = _URL.match(address)
    return match["scheme"].lower() if match else ""


if sys.platform == "win32":
    import winreg

    _COM: Final = re.compile(r"(?:\\\\\.\\)?(COM\d+)", re.IGNORECASE)

    def _find_local(address: str) -> str | None:
        if com := _COM.fullmatch(address):
            return com[1] if com[1].upper() in _com_ports() else None
        return match_by_id(address, list(list_ports.comports()))

    def _is_listed(address: str) -> bool:
        return not _COM.fullmatch(address)

    def _com_ports() -> frozenset[str]:
        # The registry is much cheaper to ask than the device manager.
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DEVICEMAP\SERIALCOMM") as key:
                count = winreg.QueryInfoKey(key)[1]
                return frozenset(str(winreg.EnumValue(key, index)[1]).upper() for index in range(count))
        except OSError:  # no serial port since the start, or one came or went while they were being counted
            return frozenset()

else:

    def _find_local(address: str) -> str | None:
        if address.startswith("/"):
            return address if os.path.exists(address) else None  # noqa: PTH110 -- asked for very often, and half the cost
        return next((str(folder / address) for folder in _BY_ID if (folder / address).exists()), None)

    def _is_listed(_address: str) -> bool:
        return False


def _open(settings: PortSettings, sources: PortSources | None) -> OpenPort:
    address = settings.address
    scheme = _scheme(address)
    if scheme not in ("", "socket", "rfc2217"):
        raise PORT_UNUSABLE.fault(f"{scheme}:// is not supported", port=address)
    name = find_port(address, sources)
    if name is None:
        raise absence_of(address, sources)
    try:
        port = serial.serial_for_url(
            name,
            baudrate=settings.baud,
            timeout=_READ_SLICE,
            # pyserial's rfc2217 knows no timeout for writing.
            write_timeout=None if scheme == "rfc2217" else _WRITE_TIMEOUT + 2 * 10 * _LONGEST_WRITE / settings.baud,
            rtscts=settings.flow_control,
            exclusive=True,
        )
    except _PORT_ERRORS as error:
        raise _spec_for(error).fault(str(error), port=address) from error
    return OpenPort(port, address)


def absence_of(address: str, sources: PortSources | None = None) -> Fault:
    """Return the fault that a port is not there: DEV-110 where its probe is, with other ports, else DEV-101."""
    vcom = read_vcom(address)
    others = find_ports_of(vcom.serial, sources) if vcom else {}
    if vcom and others and find_vcom(vcom.serial, vcom.index, sources=sources) is None:
        names = ", ".join(f"interface {number}: {name}" for number, name in sorted(others.items()))
        return VCOM_UNKNOWN.fault(names, probe=vcom.serial, index=vcom.index, count=len(others))
    return PORT_ABSENT.fault(port=address)


def _spec_for(error: Exception) -> FaultSpec:
    number = getattr(error, "errno", None)
    text = str(error)
    if number in (errno.EAGAIN, errno.EBUSY) or "PermissionError(13" in text:  # the latter is Windows's word for it
        return PORT_BUSY
    if number in (errno.EACCES, errno.EPERM):
        return PORT_FORBIDDEN
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or "FileNotFoundError(2" in text:
        return PORT_ABSENT
    return PORT_UNUSABLE
