"""What a "no" of nrfutil means for the line: which fault, always with the tool's own words.

Numbers and names (``nrfutil device list-error-codes``; west's nrf_common.py, zephyr#103474): 24
NotAvailableBecauseProtection (and ...SecureApProtection, whose number is unknown), 25 Verify, 27 WrongFamily, 1
Generic. Generic stands for everything else, so there the words decide; those known from real runs are quoted below.
"""

import re
from enum import StrEnum
from typing import Final

from station.devices.faults import (
    JLINK_MISSING,
    LOCK_REFUSED,
    MODEM_UPDATE_FAILED,
    OPTION_UNKNOWN,
    PROBE_ABSENT,
    PROBE_FAILED,
    PROBE_KILLED,
    PROBE_TROUBLE,
    RECOVER_FAILED,
    TARGET_PROTECTED,
    TARGET_SILENT,
    TARGET_UNPOWERED,
    TOOL_ODD,
    VERIFY_FAILED,
    WRONG_FAMILY,
)
from station.devices.nrfutil_messages import Failure, Unclear
from station.domain.faults import Fault
from station.domain.line import LockLevel

TOOL: Final = "nrfutil"


class Doing(StrEnum):
    """What an operation is called in a fault's sentence."""

    LIST = "list the programmers"
    LOOK = "look at"
    RECOVER = "recover"
    PROGRAM = "program"
    MODEM = "program the modem of"
    VERIFY = "verify"
    RESET = "restart"
    LOCK = "lock"

    @property
    def changes(self) -> bool:
        """Whether it may leave the board other than it was. Verifying stops the core; a restart starts it."""
        return self in (Doing.RECOVER, Doing.PROGRAM, Doing.MODEM, Doing.LOCK)


# "The Application core access port is protected (All) (NotAvailableBecauseProtection)": DevZone 121798.
_PROTECTED_NAME = re.compile(r"NotAvailableBecause(?:SecureAp)?Protection")
_PROTECTED = re.compile(r"access port is protected|(?:by|because of) (?:readback |AP-?)protect", re.IGNORECASE)
# "Identified device family and target family do not match: NRF54L vs NRF53 (WrongFamily)": zephyr#103474.
_FAMILY = re.compile(r"famil.*not match", re.IGNORECASE)
# LOW_VOLTAGE: DevZone 118645; "Low voltage detected at the target": nrfjprog; "Target voltage too low": SEGGER.
_UNPOWERED = re.compile(
    r"low[ _-]?voltage|voltage (?:is )?too low|not powered|vtref\W{0,3}0(?:[.,]\d+)? ?m?V", re.IGNORECASE
)
_VOLTS = re.compile(r"(\d+(?:[.,]\d+)?) ?(m?)V\b")
# Not every trouble in its library means that it is missing: "unknown error in J-Link DLL" (DevZone 118645) is a board.
_NO_JLINK = re.compile(
    r"libjlinkarm|jlinkarm_dll_(?:not_found|could_not_be_opened|too_old)|"
    r"j-?link(?:arm)?[ _.]?(?:dll|shared library|library|software)\b.{0,40}"
    r"(?:not (?:be )?(?:found|loaded|opened|installed)|missing|too old)|"
    r"(?:not|fail\w*|unable) (?:to )?(?:be )?(?:load|find|open|locate)\w*\b.{0,40}"
    r"j-?link(?:arm)?[ _.]?(?:dll|shared library|library|software)",
    re.IGNORECASE,
)
_NO_PROBE = re.compile(
    r"\bno (?:\w+ )?(?:devices?|debuggers?|probes?|emulators?)\b.{0,60}(?:found|connected|match|detected)|"
    r"\b(?:devices?|debuggers?|probes?|emulators?|serial number)\b.{0,80}not (?:be )?(?:found|connected|detected)",
    re.IGNORECASE,
)
# "Timed out waiting for response from worker. (Generic)": DevZone 125634.
_STUCK = re.compile(r"timed out waiting|worker", re.IGNORECASE)
# "Emulator error: Failed to open connection (Generic)": DevZone 121798. The emulator is the probe itself.
_EMULATOR = re.compile(r"emulator error", re.IGNORECASE)
# "Failed to write DebugPort register": DevZone 119603; "Failed to attach to target": DevZone 121798.
_NO_CHIP = re.compile(
    r"(?:attach|connect) to .{0,20}(?:target|device|core|chip)|debug ?port|unknown device", re.IGNORECASE
)
# "verify=VERIFY_HASH is not supported yet in the probe-plugin (NotSupported)": a user's notes on nrfutil 8.2.1.
_UNSUPPORTED = re.compile(r"not supported|unexpected argument|invalid value|unrecognized", re.IGNORECASE)
# Where a modem with shorted reserved pins stops: "Bootloader uploaded" (DevZone 117254).
_BOOTLOADER = re.compile(r"bootloader", re.IGNORECASE)
_USAGE: Final = 2
"""The exit status of a command line that the tool does not understand (its argument parser's)."""


_NO_FAMILY = re.compile(r"unexpected argument '--family'")


def is_unsupported(failure: Failure) -> bool:
    """Return whether the tool declined the command as such: then it did nothing at all. Pure."""
    known = failure.name == "NotSupported" or failure.code == _USAGE
    return known or _UNSUPPORTED.search(failure.words) is not None


def is_protected(failure: Failure) -> bool:
    """Return whether the board's debug port is what said no. Pure."""
    known = failure.code == 24 or _PROTECTED_NAME.fullmatch(failure.name) is not None
    return known or _PROTECTED.search(failure.words) is not None


def is_different(failure: Failure) -> bool:
    """Return whether what is on the board differs from the image. Pure."""
    return failure.code == 25 or failure.name in ("Verify", "VerifyError")


def lock_level(failure: Failure) -> LockLevel:
    """Return what is locked, of a board that said no for that. Pure.

    The tool has a name of its own for the secure port alone; the other one means that nobody gets in.
    """
    return LockLevel.SECURE if failure.name == "NotAvailableBecauseSecureApProtection" else LockLevel.ALL


def is_unpowered(failure: Failure) -> bool:
    """Return whether the board has no supply. Pure."""
    return failure.name == "LowVoltage" or _UNPOWERED.search(failure.words) is not None


def read_millivolts(words: str) -> int | None:
    """Return the voltage that the tool's words tell, where they do. Pure."""
    match = _VOLTS.search(words)
    return round(float(match[1].replace(",", ".")) * (1 if match[2] else 1000)) if match else None


def judge_failure(failure: Failure, doing: Doing, probe: str, *, progressed: bool) -> Fault:
    """Return the fault of an operation that the tool says failed. ``progressed``: it was at work already. Pure."""
    why = failure.words or f"{TOOL} ended with status {failure.code} and did not say why"
    detail = f"{doing}: {failure.code} {failure.name}: {failure.words}"
    if is_unsupported(failure) and not progressed:
        if _NO_FAMILY.search(failure.words):
            return OPTION_UNKNOWN.fault(detail, tool=TOOL, options="--family", what="erase a chip that is none of ours")
        if doing is Doing.MODEM:
            options, what = "--options for modem firmware", "erase everything on the board"
            return OPTION_UNKNOWN.fault(detail, tool=TOOL, options=options, what=what)
    if is_protected(failure):
        return TARGET_PROTECTED.fault(detail)
    if is_different(failure):
        return VERIFY_FAILED.fault(detail)
    if failure.code == 27 or failure.name == "WrongFamily" or _FAMILY.search(failure.words):
        return WRONG_FAMILY.fault(detail, found=why, expected="nRF91 Series")
    if is_unpowered(failure):
        return TARGET_UNPOWERED.fault(detail)
    if _NO_JLINK.search(failure.words):
        return JLINK_MISSING.fault(detail)
    if _NO_PROBE.search(failure.words):
        if progressed and doing.changes:
            return PROBE_KILLED.fault(detail, probe=probe, action=doing, why=why)
        return PROBE_ABSENT.fault(detail, probe=probe)
    if is_unsupported(failure):
        return PROBE_TROUBLE.fault(detail, probe=probe, action=doing, why=why)
    return _judge_generic(why, detail, doing, probe)


def _judge_generic(why: str, detail: str, doing: Doing, probe: str) -> Fault:
    if doing is Doing.MODEM:
        return MODEM_UPDATE_FAILED.fault(detail, why=why)
    if _STUCK.search(why):
        return PROBE_KILLED.fault(detail, probe=probe, action=doing, why=why)
    if _EMULATOR.search(why):
        return PROBE_TROUBLE.fault(detail, probe=probe, action=doing, why=why)
    if _NO_CHIP.search(why):
        return TARGET_SILENT.fault(detail, why=why)
    match doing:
        case Doing.RECOVER:
            return RECOVER_FAILED.fault(detail, why=why)
        case Doing.LOCK:
            return LOCK_REFUSED.fault(detail, why=why)
        case _:
            return PROBE_FAILED.fault(detail, action=doing, why=why)


def judge_unclear(unclear: Unclear, doing: Doing, probe: str) -> Fault:
    """Return the fault of an operation of which nobody knows what it did. Pure.

    A modem that came no further than its bootloader is the one such case that is known to be the board's fault.
    """
    if doing is Doing.MODEM and unclear.killed and _BOOTLOADER.search(unclear.why):
        return MODEM_UPDATE_FAILED.fault(unclear.why, why=unclear.why)
    if unclear.killed:
        return PROBE_KILLED.fault(unclear.why, probe=probe, action=doing, why=unclear.why)
    return TOOL_ODD.fault(unclear.why, tool=TOOL, action=doing)
