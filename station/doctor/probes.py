"""The doctor's look at probes: their software, whether they are plugged in, and who else has them.

Probes are only looked for. No board is attached to, let alone recovered or erased.
"""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from station.devices.faults import JLINK_MISSING, PROBE_ABSENT, PROBE_UNREACHABLE, TOOL_MISSING
from station.devices.protocols import Probe, Programmer
from station.devices.vcom import find_vcom, is_same_serial, read_vcom
from station.doctor.findings import Verdict, advice, judge_fault, not_checked, ok, trouble
from station.doctor.ports import Holder, Holders, sources_below
from station.doctor.rights import node_of
from station.domain.faults import Fault
from station.settings.fixture import NrfjprogProgrammer, RealProgrammer, SimulatedProgrammer, Slot

FIND_SECONDS: Final = 15.0
_AT_ONCE: Final = 4
"""Searches at the same time: each starts a program that looks at all probes."""


@dataclass(frozen=True, slots=True)
class Mend:
    """How to mend it, on either system."""

    linux: str
    windows: str

    def on(self, platform: str) -> str:
        """Return the words for a ``sys.platform``."""
        return self.windows if platform == "win32" else self.linux


_JLINK: Final = Mend(
    "Download the DEB of the J-Link Software and Documentation Pack from www.segger.com/downloads/jlink, then: "
    "sudo apt install ./JLink_Linux_*.deb. If it lies elsewhere, name its library in the station file (tools, jlink).",
    "Download the installer of the J-Link Software and Documentation Pack from www.segger.com/downloads/jlink and run "
    "it. If it lies elsewhere, name its JLink_x64.dll in the station file (tools, jlink).",
)
_NRFUTIL: Final = Mend(
    "Download nrfutil for Linux from www.nordicsemi.com (nRF Util; not the one that pip installs), then: "
    "sudo install nrfutil /usr/local/bin/, and as this user: nrfutil install device. "
    "If it lies elsewhere, name it in the station file (tools, nrfutil).",
    "Download nrfutil.exe from www.nordicsemi.com (nRF Util; not the one that pip installs) into a folder on the PATH, "
    "then in a command prompt: nrfutil install device. If it lies elsewhere, name it in the station file "
    "(tools, nrfutil).",
)
_PYNRFJPROG: Final = Mend(
    "Run python3 start.py once: it installs pynrfjprog. Or use nrfutil in the fixture file.",
    "Run py start.py once: it installs pynrfjprog. Or use nrfutil in the fixture file.",
)
_ABSENT: Final = Mend(
    "Check its cable and its serial number in the fixture file. Those that are seen: lsusb -v -d 1366: | grep iSerial",
    "Check its cable and its serial number in the fixture file. Those that are seen: Device Manager, under "
    "Universal Serial Bus devices, J-Link.",
)


@dataclass(frozen=True, slots=True)
class ProbeSite:
    """Where probes are looked for. ``engine``: the running station's process, None where there is none or unknown."""

    holders: Holders
    engine: int | None
    root: Path
    gate: threading.Semaphore

    @classmethod
    def of(cls, holders: Holders, engine: int | None, root: Path) -> "ProbeSite":
        """Return a site at which only some searches go on at the same time."""
        return cls(holders, engine, root, threading.Semaphore(_AT_ONCE))


def patience_for(slots: int) -> float:
    """Return seconds in which the probes of so many slots can be looked for."""
    return FIND_SECONDS * (1 + (slots + _AT_ONCE - 1) // _AT_ONCE)


def look_for_probe(site: ProbeSite, slot: Slot, programmer: Programmer, port: str) -> list[Verdict]:
    """Return whether the slot's probe is plugged in, and what its back end says of the slot's port."""
    with site.gate:
        try:
            probe = programmer.find(FIND_SECONDS)
        except Fault as fault:
            return judge_probe_fault(fault, slot)
    if probe is None:
        return [judge_absent(slot)]
    return [ok(f"It is there ({probe.version})."), *_compare_ports(site, probe, port)]


def judge_probe_fault(fault: Fault, slot: Slot, platform: str = sys.platform) -> list[Verdict]:
    """Return a back end's fault with how to mend it on this system. Pure."""
    found = [_without_name(one, slot) for one in judge_fault(fault)]
    if fault.code == PROBE_UNREACHABLE.code and isinstance(slot.programmer, SimulatedProgrammer):
        return [replace(one, mend="Start the simulated bench that the fixture file names.") for one in found]
    if fault.code == JLINK_MISSING.code:
        return [replace(one, mend=_JLINK.on(platform)) for one in found]
    if fault.code == TOOL_MISSING.code and isinstance(slot.programmer, NrfjprogProgrammer):
        return [replace(one, mend=_PYNRFJPROG.on(platform)) for one in found]
    if fault.code == TOOL_MISSING.code and "nordicsemi.com" in fault.sentence:
        # It has to be fetched; where only a part of it is missing, the back end's own words are the same everywhere.
        return [replace(one, mend=_NRFUTIL.on(platform)) for one in found]
    return found


def judge_absent(slot: Slot, platform: str = sys.platform) -> Verdict:
    """Return what a probe that is not plugged in means for its slot. Pure."""
    if slot.presence == "port":
        return ok("Not plugged in now: it comes with the board.")
    return trouble("It is not plugged in.", _ABSENT.on(platform), code=PROBE_ABSENT.code)


def _without_name(verdict: Verdict, slot: Slot) -> Verdict:
    """Return the same without the probe's own name, so that slots with the same trouble read the same."""
    programmer = slot.programmer
    if programmer is None:
        return verdict
    probe = str(programmer.probe)
    names = [f" {programmer.kind}-{probe}", f" {programmer.kind} {probe}", f" {programmer.kind} {probe.lstrip('0')}"]
    seen = verdict.seen
    for name in (*names, f" {probe}", f" {probe.lstrip('0')}"):
        seen = seen.replace(f"programmer{name}", "programmer")
    return replace(verdict, seen=seen)


def _compare_ports(site: ProbeSite, probe: Probe, port: str) -> Iterator[Verdict]:
    """Yield where the back end and the operating system don't agree which port it is."""
    vcom = read_vcom(port)
    told = next((one.path for one in probe.ports if vcom and one.vcom == vcom.index), None)
    seen = find_vcom(vcom.serial, vcom.index, sources=sources_below(site.root)) if vcom else None
    if vcom and told and seen and Path(told).resolve() != Path(seen).resolve():
        yield advice(
            f"Which port is its VCOM{vcom.index}, the probe's software and this PC don't agree: {told} or {seen}.",
            "Find out with one board which of them answers, then name it as `port` in the fixture file.",
        )


def judge_probe_holders(site: ProbeSite, serial: str) -> list[Verdict]:
    """Return whether another program has the probe open: two at one probe get into each other's way."""
    nodes = {str(node) for node in _nodes_by_serial(serial, site.root)}
    found = {
        holder
        for node, holders in site.holders.items()
        if node in nodes
        for holder in holders
        if not _belongs_to(holder, (site.engine, os.getpid()), site.root)
    }
    if not found:
        return []
    names = "; ".join(sorted(map(str, found)))
    return [trouble(f"Another program has the probe open: {names}.", "End that program, then look again.")]


def _nodes_by_serial(serial: str, root: Path) -> Iterator[Path]:
    for folder in (root / "sys/bus/usb/devices").glob("*"):
        try:
            if is_same_serial((folder / "serial").read_text("utf-8", "replace").strip(), serial):
                # Holders are known by the paths that processes see.
                yield Path("/") / node_of(folder, root).relative_to(root)
        except (OSError, ValueError):  # it has no serial number, or goes while it is being read
            continue


def _belongs_to(holder: Holder, owners: Sequence[int | None], root: Path) -> bool:
    """Return whether a process is one of ``owners`` or was started by it, or by one that it started."""
    process = holder.process
    for _ in range(32):
        if process in owners:
            return True
        try:
            # The name in it may hold anything, brackets too; the parent stands second after its last one (proc(5)).
            process = int(
                (root / "proc" / str(process) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]
            )
        except (OSError, ValueError, IndexError):
            return False
    return False


def skip_probe() -> Verdict:
    """Return why a probe that the running station uses is left alone."""
    return not_checked("The running station works with it.", "Look again when the batch has ended.")


def has_real_probes(slots: Sequence[Slot]) -> bool:
    """Return whether the fixture names any probe that is not simulated. Pure."""
    return any(isinstance(slot.programmer, RealProgrammer) for slot in slots)
