"""The driver for real probes by way of ``nrfutil device``, the vendor's current tool: one process an operation.

Its defaults verify nothing, erase all and don't restart, so every such choice is spelled out. Nothing here recovers,
erases or attaches but what is asked for by name. Sources: the nRF Util documentation ("Programming options", "device
reset", "device protection-set", "Detection options"), Nordic's own pc-nrfconnect-shared, and flashing.md section 2.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from station.devices.faults import (
    NOT_BY_THIS_TOOL,
    PROBE_ABSENT,
    PROBE_KILLED,
    PROBE_TROUBLE,
    TOOL_ODD,
    WRONG_FAMILY,
)
from station.devices.nrfutil_faults import (
    TOOL,
    Doing,
    is_different,
    is_protected,
    is_unpowered,
    is_unsupported,
    judge_failure,
    judge_unclear,
    lock_level,
    read_millivolts,
)
from station.devices.nrfutil_messages import Failure, Payload, Transcript, Unclear, devices_of, find_text, ports_of
from station.devices.nrfutil_tool import Runner, Tool
from station.devices.protocols import Image, ImageKind, Job, Probe, Progress, Target
from station.devices.vcom import is_same_serial
from station.domain.faults import Fault
from station.domain.line import ChipFamily, Erase, LockLevel
from station.host.clock import Clock, Deadline, Stop

_ERASE: Final = {Erase.ALL: "ERASE_ALL", Erase.TOUCHED: "ERASE_RANGES_TOUCHED_BY_FIRMWARE"}
_LEVEL: Final = {LockLevel.ALL: "All", LockLevel.SECURE: "SecureRegions"}
_MODEM_OPTIONS: Final = "chip_erase_mode=ERASE_NONE,verify=VERIFY_NONE,reset=RESET_NONE"
"""Spelled out although fw-verify and :meth:`NrfutilProgrammer.reset` follow: the default would erase all."""
_VERIFY_SHARE: Final = 0.1
"""The part of a modem update's time that its verification takes."""
_SLICE: Final = 0.1
"""Seconds between two words of progress."""
_OURS: Final = ("--family", "nrf91")
"""The chip expected ("Detection options"): on any other the tool does nothing, so that no Thingy:91 X whose SWD switch
stands wrong has its nRF53 recovered, which is erased."""
_PROTECTION: Final = "NRFDL_PROTECTION_STATUS_"
_PROTECTIONS: Final = {
    "NONE": (False, None),
    "ALL": (True, LockLevel.ALL),
    "SECURE_REGIONS": (True, LockLevel.SECURE),
    "SECUREREGIONS": (True, LockLevel.SECURE),
    # Of older series: no nRF91 has regions, and how much of it that would lock, nobody can say.
    "REGION0": (True, None),
    "REGION0_REGION1": (True, None),
}
_DIES: Final = {
    "NRF9160": ChipFamily.NRF9160,
    # The die of all three others; should a later version tell those apart, they still are one family.
    "NRF9120": ChipFamily.NRF91X1,
    "NRF9131": ChipFamily.NRF91X1,
    "NRF9151": ChipFamily.NRF91X1,
    "NRF9161": ChipFamily.NRF91X1,
}
_COULD_BE_THE_PROBE: Final = frozenset({"DEV-305", "DEV-309", "DEV-316", "DEV-318", "DEV-319", "DEV-320"})


class NrfutilProgrammer:
    """One slot's J-Link probe, driven by nrfutil. Needs no nrfutil until the first operation."""

    can_program = True

    def __init__(
        self, probe: str, clock: Clock, *, command: Sequence[str] = ("nrfutil",), without: Collection[str] = ()
    ) -> None:
        """``probe``: its serial number, with or without leading zeros. ``command``: nrfutil's place.

        ``without``: environment variables that hold secrets, which no program of others inherits.
        """
        self._probe = probe.strip()
        # West does the same: the list tells twelve digits, the commands take the number.
        self._serial = (self._probe.lstrip("0") or "0") if self._probe.isdecimal() else self._probe
        self._clock = clock
        self._runner = Runner(command, without)
        self._tool: Tool | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{TOOL} {self._serial}"

    def find(self, timeout: float) -> Probe | None:
        """Return the probe when it is plugged in, as ``device list`` tells: since 2.0 that opens no probe.

        Raises DEV-310 and DEV-311 where the tools are missing, DEV-309 when the PC can't use the probe (rights, udev).
        """
        return self._find(Deadline(self._clock, timeout))

    def look(self, timeout: float) -> Target:
        """Return what is there, by attaching: ``device-info``, and ``protection-get`` where that did not tell.

        Raises DEV-313 when the chip is none of the nRF91 Series, DEV-315 and DEV-316 when probe or chip don't answer.
        The protection told is whether the port lets anybody in now, not what is written in the UICR.
        """
        deadline, stop = Deadline(self._clock, timeout), Stop()
        told, verdict = self._ask("device-info", deadline, stop)
        part, family = self._read_chip(told)
        status = find_text(told.payloads, "protectionStatus")
        if verdict is None and status is None:
            told, verdict = self._ask("protection-get", deadline, stop)
            status = find_text(told.payloads, "protectionStatus")
        if isinstance(verdict, Failure) and is_unpowered(verdict):
            return Target(powered=False, millivolts=read_millivolts(verdict.words))
        if isinstance(verdict, Failure) and is_protected(verdict):
            return Target(powered=True, family=family, part=part, protected=True, level=lock_level(verdict))
        self._require(told, verdict, Doing.LOOK, deadline)
        protected, level = self._read_protection(status)
        return Target(powered=True, family=family, part=part, protected=protected, level=level)

    def recover(self, job: Job) -> None:
        """Erase everything, protection too, and leave the debug port open. Safe to repeat."""
        self._do(Doing.RECOVER, ["recover"], Deadline(self._clock, job.timeout), job.stop, _steady(job, self._clock))

    def program(self, image: Image, erase: Erase, job: Job) -> None:
        """Erase, program and verify, as the protocol says; ``image`` has been checked by whoever asks for it.

        Raises DEV-306, DEV-308 to DEV-319 and ``Cancelled``.
        """
        deadline = Deadline(self._clock, job.timeout)
        if image.kind is ImageKind.MODEM:
            self._program_modem(image, job, deadline)
        else:
            options = f"chip_erase_mode={_ERASE[erase]},verify=VERIFY_READ,reset=RESET_NONE"
            arguments = ["program", "--firmware", str(image.path), "--options", options]
            self._do(Doing.PROGRAM, arguments, deadline, job.stop, _steady(job, self._clock))
        job.progress(1.0)

    def verify(self, image: Image, job: Job) -> bool:
        """Return whether the board holds ``image`` (``fw-verify``)."""
        return self._verify(image, Deadline(self._clock, job.timeout), job.stop, _steady(job, self._clock))

    def reset(self, timeout: float) -> None:
        """Let the board start from the beginning, also one whose debug port is locked.

        The system reset needs the port; a locked board takes the CTRL-AP's soft reset, which older versions call
        RESET_DEBUG. The pin is not used: the tool toggles it whether or not anybody has wired it.
        """
        deadline, stop = Deadline(self._clock, timeout), Stop()
        told, verdict = self._reset("RESET_SYSTEM", deadline, stop)
        if isinstance(verdict, Failure) and is_protected(verdict):
            told, verdict = self._reset("RESET_SOFT", deadline, stop)
            if isinstance(verdict, Failure) and is_unsupported(verdict):
                told, verdict = self._reset("RESET_DEBUG", deadline, stop)
        self._require(told, verdict, Doing.RESET, deadline)

    def lock(self, level: LockLevel, timeout: float) -> None:
        """Close the debug port (``protection-set``, which restarts the board itself). One way.

        Raises DEV-312 when it is locked already, DEV-320 when the tool says no: an image that locks or unlocks the
        port by itself can make it fail.
        """
        self._do(Doing.LOCK, ["protection-set", _LEVEL[level]], Deadline(self._clock, timeout), Stop())

    def protect_erase(self, timeout: float) -> None:  # noqa: ARG002 -- the protocol's shape
        """Raise DEV-321: nrfutil has only an experimental command for it, and it can never be undone."""
        raise NOT_BY_THIS_TOOL.fault(tool=TOOL, action="lock out recovery (ERASEPROTECT)")

    def _program_modem(self, image: Image, job: Job, deadline: Deadline) -> None:
        progress = _steady(job, self._clock)

        def programming(part: float) -> None:
            progress(part * (1 - _VERIFY_SHARE))

        # Nordic's own programs pass no options here. A version that takes none is told so rather than left to defaults.
        arguments = ["program", "--firmware", str(image.path), "--options", _MODEM_OPTIONS]
        told, verdict = self._run(arguments, deadline, job.stop, changes=True, on_progress=programming)
        self._require(told, verdict, Doing.MODEM, deadline)
        if not self._verify(image, deadline, job.stop, lambda part: progress(1 - _VERIFY_SHARE + part * _VERIFY_SHARE)):
            raise judge_failure(Failure(25, "Verify", "the digest differs"), Doing.MODEM, self._serial, progressed=True)

    def _verify(self, image: Image, deadline: Deadline, stop: Stop, progress: Progress) -> bool:
        arguments = ["fw-verify", "--firmware", str(image.path)]
        told, verdict = self._run(arguments, deadline, stop, changes=True, on_progress=progress)
        if isinstance(verdict, Failure) and is_different(verdict):
            return False
        self._require(told, verdict, Doing.VERIFY, deadline)
        return True

    def _find(self, deadline: Deadline) -> Probe | None:
        stop = Stop()
        tool = self._identify(deadline, stop)
        told, verdict = self._runner.run(["device", "list"], deadline, stop, changes=False)
        if verdict is not None:
            raise self._judge(told, verdict, Doing.LIST)
        try:
            probes = [device for device in devices_of(told.payloads) if _is_jlink(device)]
        except ValueError as error:
            raise TOOL_ODD.fault(str(error), tool=TOOL, action=Doing.LIST) from error
        device = next((device for device in probes if self._is_mine(device)), None)
        if device is None:
            if any(device.get("serialNumber") is None for device in probes):
                why = "this PC does not tell a plugged-in probe's serial number (are the udev rules installed?)"
                raise PROBE_TROUBLE.fault(why, probe=self._serial, action="be told from others", why=why)
            return None
        if isinstance(broken := device.get("broken"), dict):
            why = f"the PC can't use it ({broken.get('description')}, {broken.get('url')})"
            raise PROBE_TROUBLE.fault(why, probe=self._serial, action="be used", why=why)
        return Probe(self._serial, str(tool), ports_of(device))

    def _is_mine(self, device: Payload) -> bool:
        serial = device.get("serialNumber")
        return isinstance(serial, str) and is_same_serial(serial.strip(), self._probe)

    def _read_chip(self, told: Transcript) -> tuple[str | None, ChipFamily | None]:
        part, family = find_text(told.payloads, "deviceVersion"), find_text(told.payloads, "deviceFamily")
        die = (part or "").upper().partition("_")[0]
        if die in _DIES:
            return part, _DIES[die]
        if family and not family.upper().startswith("NRF91"):
            raise WRONG_FAMILY.fault(f"{family} {part}", found=part or family, expected="nRF91 Series")
        return part, None

    def _read_protection(self, status: str | None) -> tuple[bool, LockLevel | None]:
        word = (status or "").upper().removeprefix(_PROTECTION)
        if word not in _PROTECTIONS:
            raise TOOL_ODD.fault(f"protection status {status!r}", tool=TOOL, action=Doing.LOOK)
        return _PROTECTIONS[word]

    def _ask(self, command: str, deadline: Deadline, stop: Stop) -> tuple[Transcript, Failure | Unclear | None]:
        return self._run([command], deadline, stop, changes=False)

    def _reset(self, kind: str, deadline: Deadline, stop: Stop) -> tuple[Transcript, Failure | Unclear | None]:
        return self._run(["reset", "--reset-kind", kind], deadline, stop, changes=True)

    def _do(
        self,
        doing: Doing,
        arguments: Sequence[str],
        deadline: Deadline,
        stop: Stop,
        progress: Progress = lambda _: None,
    ) -> None:
        told, verdict = self._run(arguments, deadline, stop, changes=True, on_progress=progress)
        self._require(told, verdict, doing, deadline)

    def _run(
        self,
        arguments: Sequence[str],
        deadline: Deadline,
        stop: Stop,
        *,
        changes: bool,
        on_progress: Callable[[float], None] = lambda _: None,
    ) -> tuple[Transcript, Failure | Unclear | None]:
        self._identify(deadline, stop)
        command = ["device", *arguments, *(_OURS if changes else ()), "--serial-number", self._serial]
        return self._runner.run(command, deadline, stop, changes=changes, serial=self._probe, on_progress=on_progress)

    def _identify(self, deadline: Deadline, stop: Stop) -> Tool:
        if self._tool is None:
            self._tool = self._runner.identify(deadline, stop)
        return self._tool

    def _require(self, told: Transcript, verdict: Failure | Unclear | None, doing: Doing, deadline: Deadline) -> None:
        if verdict is None:
            return
        fault = self._judge(told, verdict, doing)
        if fault.code in _COULD_BE_THE_PROBE and not deadline.passed() and self._is_pulled(deadline):
            if doing.changes:
                raise PROBE_KILLED.fault(
                    fault.detail, probe=self._serial, action=doing, why="the programmer was unplugged"
                )
            raise PROBE_ABSENT.fault(fault.detail, probe=self._serial)
        raise fault

    def _judge(self, told: Transcript, verdict: Failure | Unclear, doing: Doing) -> Fault:
        if isinstance(verdict, Failure):
            return judge_failure(verdict, doing, self._serial, progressed=told.progressed)
        return judge_unclear(verdict, doing, self._serial)

    def _is_pulled(self, deadline: Deadline) -> bool:
        """Return whether the probe surely is gone: a generic failure's words don't tell."""
        try:
            return self._find(deadline) is None
        except Fault:
            return False  # the failure at hand says more


def _is_jlink(device: Payload) -> bool:
    # By trait, not by kit: a probe on its own is none (zephyr#73450).
    traits = device.get("traits")
    return not isinstance(traits, dict) or traits.get("jlink") is True


def _steady(job: Job, clock: Clock) -> Progress:
    """Return where to tell progress: it never goes back, and is passed on some ten times a second."""
    last, at = -1.0, -1.0

    def tell(part: float) -> None:
        nonlocal last, at
        now = clock.monotonic()
        if part > last and (at < 0 or now - at >= _SLICE):
            last, at = part, now
            job.progress(part)

    return tell
