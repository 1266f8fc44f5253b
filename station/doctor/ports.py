"""The doctor's look at serial ports. None is opened: that can reset a board, and would disturb whoever has it."""

import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.devices.faults import VCOM_UNKNOWN
from station.devices.ports import absence_of, find_port, is_url
from station.devices.vcom import PortSources
from station.doctor.findings import Verdict, advice, judge_fault, not_checked, ok, trouble

_LATENCY_WISHED: Final = 1
"""Milliseconds that an FTDI converter gathers bytes; its default of 16 is waited for at every short answer."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device open."""

    process: int
    name: str

    def __str__(self) -> str:
        return f"{self.name}, process {self.process}"


Holders = Mapping[str, tuple[Holder, ...]]
"""Device path to who has it open. Other users' processes only show where this one may look into them."""


def find_holders(root: Path) -> Holders:
    """Return who has which device open, by /proc; empty on systems without it. Opens no device."""
    if sys.platform != "linux":
        return {}
    found: dict[str, list[Holder]] = {}
    for folder in (root / "proc").glob("[0-9]*"):
        opened = set(_devices_of(folder))
        if not opened:
            continue
        holder = Holder(int(folder.name), _name_of(folder))
        for device in opened:
            found.setdefault(device, []).append(holder)
    return {device: tuple(holders) for device, holders in found.items()}


def _devices_of(process: Path) -> Iterator[str]:
    """Yield the devices that a process has open; not a pseudo-terminal of which it is itself the other end."""
    devices, own = [], set()
    try:
        handles = list((process / "fd").iterdir())
    except OSError:  # it has ended, or is another user's
        return
    for handle in handles:
        try:
            target = str(handle.readlink())
            if target.endswith("/ptmx"):
                text = (process / "fdinfo" / handle.name).read_text()
                own |= {f"/dev/pts/{number}" for number in re.findall(r"^tty-index:\s*(\d+)", text, re.MULTILINE)}
            elif target.startswith("/dev/"):
                devices.append(target)
        except OSError:  # closed meanwhile
            continue
    yield from (device for device in devices if device not in own)


def _name_of(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return "a program"


def lockers_of(device: Path, root: Path) -> tuple[Holder, ...]:
    """Return who has a lock on the device file, by /proc/locks: it also shows other users' serial programs."""
    if sys.platform == "win32":
        return ()
    try:
        found = device.stat()
        text = (root / "proc/locks").read_text()
    except OSError:
        return ()
    name = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    numbers = sorted({int(number) for number in re.findall(rf"\s(\d+) {name}\s", text)})
    return tuple(Holder(number, _name_of(root / "proc" / str(number))) for number in numbers)


def judge_port(address: str, *, needs_board: bool, holders: Holders, engine: int | None, root: Path) -> Verdict:
    """Return whether a slot's port can be used: it is there, this user may open it, and nobody else has it.

    ``needs_board``: the port comes and goes with the board. ``engine``: the process of the station that works here.
    """
    if is_url(address):
        return not_checked("A network port: reaching it would open it.", "To try it, start a batch with one board.")
    sources = sources_below(root)
    name = find_port(address, sources)
    if name is None:
        absence = absence_of(address, sources)
        if absence.code == VCOM_UNKNOWN.code:
            return judge_fault(absence)[0]
        if needs_board:
            return ok("Not there now: it waits for a board.")
        mend = "Check cable and power of the fixture, and the slot's `port` in the fixture file."
        return trouble("The port is not there.", mend, code="DEV-101")
    if sys.platform == "win32":
        return ok("There. Whether a program has it open is not looked at: that would open it.")
    return _judge_device(Path(name).resolve(), holders, engine, root)


def sources_below(root: Path) -> PortSources:
    """Return where a PC whose system lies below ``root`` lists its serial ports."""
    return PortSources(root / "dev/serial/by-id", root / "run/udev/control", root / "sys")


def _judge_device(device: Path, holders: Holders, engine: int | None, root: Path) -> Verdict:
    found = device.stat()
    if not stat.S_ISCHR(found.st_mode):
        return trouble(f"{device} is no serial port.", "Correct the slot's `port` in the fixture file.", code="DEV-104")
    held = {*holders.get(str(device), ()), *lockers_of(device, root)}
    if engine is not None and any(holder.process == engine for holder in held):
        return ok("There; the running station has it open.")
    if held:
        names = "; ".join(sorted(map(str, held)))
        return trouble(f"Another program has it open: {names}.", "End that program, then look again.", code="DEV-102")
    if not os.access(device, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        return trouble("This user may not open it.", _mend_rights(found.st_gid), code="DEV-103")
    return ok("There; this user may open it, and no program is seen to have it open.")


def _mend_rights(group: int) -> str:
    again = "then log out and in again."
    if sys.platform == "win32":
        return again
    import grp  # noqa: PLC0415 -- only here, and not on Windows

    try:
        name = grp.getgrgid(group).gr_name
    except KeyError:
        name = str(group)
    if name == "root":
        return "Install the udev rules that come with the fixture's probes, then plug them in again."
    return f'Add this user to the group {name}: sudo usermod -aG {name} "$USER"; {again}'


def judge_latency(address: str, root: Path) -> Verdict | None:
    """Return whether an FTDI converter passes short answers on at once; None for any other port."""
    if is_url(address) or sys.platform != "linux":
        return None
    name = find_port(address)
    timer = root / "sys/bus/usb-serial/devices" / Path(name or "-").resolve().name / "latency_timer"
    if not timer.is_file():
        return None
    value = int(timer.read_text())
    if value <= _LATENCY_WISHED:
        return ok(f"Latency timer {value} ms.")
    return advice(
        f"Its USB converter holds short answers back for {value} ms, which slows every command down.",
        f"echo {_LATENCY_WISHED} | sudo tee {timer}. To keep it: a udev rule with ATTR{{latency_timer}}="
        f'"{_LATENCY_WISHED}" for SUBSYSTEM=="usb-serial".',
    )
