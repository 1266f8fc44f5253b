"""The doctor's look at who may use probes and their ports on this PC, and at ModemManager. Linux alone."""

import getpass
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.doctor.findings import Verdict, advice, ok, trouble
from station.doctor.udev import NORDIC, SEGGER, RuleFile, apply_rules, usb_device, usb_port
from station.host.program import shipped

RULES_FILE: Final = shipped("packaging", "linux", "71-nrf91-station.rules")
"""The station's own rules, as they were shipped with it."""

_VENDORS: Final = {SEGGER: "SEGGER J-Link probes", NORDIC: "boards with USB by Nordic Semiconductor"}
_SERIAL_GROUPS: Final = ("dialout", "uucp")
"""Debian's and Arch's."""
_AGAIN: Final = "then log out and in again."


@dataclass(frozen=True, slots=True)
class User:
    """Who this runs as. ``groups`` are in force now; ``listed`` are those that a new login would have."""

    name: str
    is_root: bool
    groups: frozenset[str]
    listed: frozenset[str]


def read_user(root: Path) -> User:
    """Return this process's user, with group names by /etc/group."""
    if sys.platform == "win32":
        return User(getpass.getuser(), is_root=False, groups=frozenset(), listed=frozenset())
    import pwd  # noqa: PLC0415 -- only here, and not on Windows

    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a user of a directory that does not answer
        name = getpass.getuser()
    rows = [line.split(":") for line in (root / "etc/group").read_text("utf-8", "replace").splitlines()]
    names = {int(row[2]): row[0] for row in rows if len(row) == 4 and row[2].isdecimal()}
    in_force = frozenset(names.get(number, str(number)) for number in (*os.getgroups(), os.getegid()))
    listed = frozenset(row[0] for row in rows if len(row) == 4 and name in row[3].split(","))
    return User(name, os.geteuid() == 0, in_force, in_force | listed)


def judge_probe_rules(files: Sequence[RuleFile], user: User, root: Path) -> Iterator[Verdict]:
    """Yield whether this user may open probes over USB: by the devices that are plugged in, else by udev's rules."""
    for vendor, what in _VENDORS.items():
        outcome = apply_rules(files, usb_device(vendor))
        nodes = list(find_nodes(vendor, root))
        in_effect = os.access in os.supports_effective_ids
        closed = [node for node in nodes if not os.access(node, os.R_OK | os.W_OK, effective_ids=in_effect)]
        if outcome.opens_for(user.groups):
            yield ok(f"udev's rules give this user {what}.")
        elif outcome.for_seat:
            yield ok(f"udev's rules give {what} to the user at the screen.")
        elif outcome.opens_for(user.listed):
            yield trouble(f"This user may use {what} only from the next login on.", "Log out and in again.")
        elif nodes and not closed and not user.is_root:
            yield ok(f"This user may use those {what} that are plugged in.")
        elif vendor == SEGGER and not user.is_root:
            yield trouble(f"No udev rule lets this user use {what} (USB vendor {vendor}).", mend_rules())
        else:
            yield advice(f"No udev rule lets an ordinary user use {what} (USB vendor {vendor}).", mend_rules())


def judge_port_rights(files: Sequence[RuleFile], user: User) -> Verdict:
    """Return whether this user may open the serial ports of probes, plugged in or not. Pure."""
    outcome = apply_rules(files, usb_port(SEGGER))
    group = outcome.group if outcome.group != "root" else _SERIAL_GROUPS[0]
    if user.is_root:
        return ok("root may open every port.")
    if outcome.opens_for(user.groups):
        return ok(f"This user is in the group {outcome.group}, which owns serial ports.")
    if outcome.opens_for(user.listed):
        return trouble(f"This user is in the group {group} only from the next login on.", "Log out and in again.")
    mend = f'Add this user to the group: sudo usermod -aG {group} "$USER"; {_AGAIN}'
    if outcome.for_seat:
        return advice(
            f"Serial ports are this user's only while it sits at the screen: it is not in the group {group}.", mend
        )
    return trouble(f"This user is not in the group {group}, which owns serial ports.", mend)


def judge_modem_manager(files: Sequence[RuleFile], root: Path) -> Verdict:
    """Return whether ModemManager, where there is one, keeps off the ports of probes and boards."""
    if not any((root / folder / "ModemManager").exists() for folder in ("usr/sbin", "usr/bin", "usr/libexec")):
        return ok("ModemManager is not installed.")
    # Either mark keeps it off: the device's for all of its ports, or the port's own.
    open_to = [
        what
        for vendor, what in _VENDORS.items()
        if not any(apply_rules(files, device(vendor)).is_left_alone for device in (usb_device, usb_port))
    ]
    if not open_to:
        return ok("udev's rules keep ModemManager off probes and boards.")
    return advice(
        f"Nothing keeps ModemManager off {' and '.join(open_to)}: it opens their ports and speaks to the boards.",
        f"{mend_rules()} Or switch it off: sudo systemctl disable --now ModemManager",
    )


def find_nodes(vendor: str, root: Path) -> Iterator[Path]:
    """Yield the device nodes of the USB devices of ``vendor`` that are plugged in."""
    for folder in (root / "sys/bus/usb/devices").glob("*"):
        try:
            if (folder / "idVendor").read_text("ascii").strip() == vendor:
                yield node_of(folder, root)
        except (OSError, ValueError):  # an interface and no device, or it goes while it is being read
            continue


def node_of(folder: Path, root: Path) -> Path:
    """Return the device node of a USB device of /sys. Raises OSError or ValueError when it has gone."""
    bus, number = (int((folder / name).read_text("ascii")) for name in ("busnum", "devnum"))
    return root / f"dev/bus/usb/{bus:03}/{number:03}"


def mend_rules() -> str:
    """Return how to install the station's own rules."""
    file = str(RULES_FILE) if RULES_FILE.exists() else f"{RULES_FILE.name} (in the station's source, packaging/linux)"
    return (
        f"Install the station's rules: sudo install -m 644 {file} /etc/udev/rules.d/, "
        "then sudo udevadm control --reload, then plug the probes in again."
    )
