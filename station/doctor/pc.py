"""The doctor's look at this PC: its software, its user, who grabs serial ports, and whether its clock is kept right."""

import ctypes
import os
import platform
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import apsw

from station.ca.faults import CLOCK_BEFORE_CA, CLOCK_BEFORE_JOURNAL, CLOCK_IMPLAUSIBLE
from station.doctor.findings import Verdict, advice, judge_fault, ok, trouble, unknown
from station.software import software_version

QT: Final = "PySide6-Essentials"
_QT_OLDEST: Final = (6, 8)
_QT_BARRED: Final = (6, 12)
"""Aborts on Python 3.11 (qt-desktop reference section 0)."""
_QT_BROKEN: Final = (6, 10, 1)
"""Crashes on connecting dataChanged (qt-desktop reference section 0)."""

SQLITE_OLDEST: Final = (3, 51, 3)
"""The first without the WAL-reset bug (pki-audit-durability reference)."""

_GRABBERS: Final = ("ModemManager", "brltty")
"""Both open serial ports that appear, and speak to them. The kernel cuts names after 15 characters."""

_FIRST_YEAR: Final = 2025
_STA_UNSYNC: Final = 0x0040
"""``status`` bit of adjtimex(2): the kernel's clock is not synchronised."""


def judge_python() -> Verdict:
    """Return which Python runs which station here; an older Python would not have come this far."""
    return ok(f"Station {software_version()} on Python {platform.python_version()}, {platform.system()}.")


def judge_qt() -> Verdict:
    """Return whether the window can start. Qt itself is not loaded."""
    try:
        found = version(QT)
    except PackageNotFoundError:
        found = None
    return judge_qt_version(found)


def judge_qt_version(found: str | None) -> Verdict:
    """Return what this version of Qt (None: there is none) means for the window. Pure."""
    mend = "Run start.py once: it installs the right version."
    if found is None:
        return advice(f"{QT} is not installed, so the window can't start; every command works.", mend)
    number = _numbers(found)
    if number < _QT_OLDEST or number >= _QT_BARRED or number == _QT_BROKEN:
        return trouble(f"{QT} {found} is a version with which the window may crash.", mend)
    return ok(f"{QT} {found}.")


def judge_sqlite(found: str | None = None) -> Verdict:
    """Return whether SQLite (this program's own, unless ``found`` names another version) is safe for the journal."""
    text = found or apsw.sqlite_lib_version()
    if _numbers(text) < SQLITE_OLDEST:
        wanted = ".".join(map(str, SQLITE_OLDEST))
        return trouble(
            f"SQLite {text} can damage a journal that two programs have open.",
            f"Install apsw {wanted} or newer: run start.py once.",
        )
    return ok(f"SQLite {text}.")


def judge_user() -> Verdict:
    """Return whether the station runs as an ordinary user."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return advice(
            "This runs as root: what a station writes as root, its technician's user can't open later.",
            "Run the station and this check as the user who works at the line.",
        )
    return ok("An ordinary user.")


def judge_grabbers(root: Path) -> Verdict:
    """Return whether a program runs that opens serial ports by itself. ``root`` is where /proc and /etc lie."""
    running = sorted({name for name in _process_names(root) if name in _GRABBERS})
    if not running:
        return ok("Neither ModemManager nor brltty runs.")
    rule = _find_ignoring_rule(root)
    if running == ["ModemManager"] and rule is not None:
        return ok(f"ModemManager runs; {rule} tells it which ports to leave alone.")
    names = " and ".join(running)
    service = "ModemManager" if "ModemManager" in running else "brltty-udev"
    return advice(
        f"{names} runs here: it opens serial ports as they appear and speaks to the boards.",
        f"Switch it off: sudo systemctl disable --now {service}. Or have a udev rule set ID_MM_DEVICE_IGNORE=1 "
        "for the fixture's ports.",
    )


def judge_synchronised(root: Path) -> Verdict:
    """Return whether the operating system says that its clock is kept right by a time service."""
    mend = "Switch on the PC's time synchronisation (timedatectl set-ntp true), or set the clock by hand each shift."
    if sys.platform != "linux":
        return unknown(
            "This system does not say in a way that can be relied on.",
            "Look in the system's settings, under date and time, whether the clock is synchronised.",
        )
    if (root / "run/systemd/timesync/synchronized").exists():
        return ok("It is synchronised by systemd-timesyncd.")
    kept = _ask_kernel()
    if kept is None:
        return unknown("The system does not say.", "See what `timedatectl` shows beside 'synchronized'.")
    return (
        ok("A time service keeps it right.") if kept else advice("No time service keeps this PC's clock right.", mend)
    )


def judge_clock(now: datetime, *, latest: datetime | None, ca_begin: datetime | None) -> list[Verdict]:
    """Return whether the time can be right: not before the journal's last entry, nor before the CA began. Pure."""
    if latest is not None and now < latest:
        return judge_fault(CLOCK_BEFORE_JOURNAL.fault(now=_say(now), latest=_say(latest)))
    if ca_begin is not None and now < ca_begin:
        return judge_fault(CLOCK_BEFORE_CA.fault(now=_say(now), begin=_say(ca_begin)))
    if now.year < _FIRST_YEAR:
        return judge_fault(CLOCK_IMPLAUSIBLE.fault(now=_say(now)))
    parts = []
    if latest is not None:
        parts.append(f"the journal's last entry ({_say(latest)})")
    if ca_begin is not None:
        parts.append("the CA's beginning")
    after = f", after {' and '.join(parts)}" if parts else ""
    return [ok(f"{_say(now)}{after}.")]


def _say(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _process_names(root: Path) -> Iterator[str]:
    for comm in (root / "proc").glob("[0-9]*/comm"):
        try:
            yield comm.read_text("utf-8", "replace").strip()
        except OSError:  # it has ended meanwhile
            continue


def _find_ignoring_rule(root: Path) -> Path | None:
    """Return a udev rule of this PC's own that keeps ModemManager off; those it brings itself don't count."""
    for folder in ("etc/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"):
        for rule in sorted((root / folder).glob("*.rules")):
            if rule.name.startswith("77-mm-"):
                continue
            try:
                text = rule.read_text("utf-8", "replace")
            except OSError:  # one we may not read is none we can rely on
                continue
            if re.search(r"^[^#\n]*ID_MM_(?:DEVICE|PORT)_IGNORE", text, re.MULTILINE):
                return rule
    return None


class _Timex(ctypes.Structure):
    """The beginning of adjtimex(2)'s ``struct timex``; the rest is room for the kernel to fill."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


def _ask_kernel() -> bool | None:
    """Return whether the kernel's clock is synchronised, by whatever service; None where it does not say."""
    asked = _Timex(modes=0)  # 0 only reads
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(asked))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else not asked.status & _STA_UNSYNC
