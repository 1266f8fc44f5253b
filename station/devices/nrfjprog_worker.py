"""One operation on one probe through pynrfjprog, in a process of its own, so that it dies alone.

Started by :mod:`station.devices.nrfjprog`, and the only importer of pynrfjprog. One JSON request comes on stdin; JSON
lines go to the stdout it was started with: any number of ``{"progress": 0.0 to 1.0}``, then one ``{"done": ...}`` or
``{"error": {"code": int | null, "begun": bool, "call": text, "text": text}}``, where ``begun`` says whether what was
asked for may have changed the board. Everything else that library, linker or J-Link software print goes to stderr:
stdout is moved away before the library is loaded.

Judged by return code alone: error lines in the library's log are no failures (an updated modem logs "ERROR: ACK").
Sources: pynrfjprog 10.24.2 (LowLevel.py, docs/nrfjprogdll.h, release notes); flashing.md section 1.
"""

import contextlib
import faulthandler
import importlib
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

Say = Callable[[Mapping[str, object]], None]

_PROTECTED: Final = -90
"""NOT_AVAILABLE_BECAUSE_PROTECTION"""
_DIFFERS: Final = -160
"""VERIFY_ERROR"""
_CLOSING: Final = 5.0
"""Seconds that closing may take; it only runs once the result is told."""
_GRACE: Final = 1.0
"""Seconds behind the timeout: the station itself is to say that it is over."""
_LONGEST_TEXT: Final = 4000
_NOT_A_MEMBER = re.compile(r"(-?\d+) is not a valid (\w+)")


def main() -> NoReturn:
    """Do what stdin asks for, tell it, and end the process, soon after its time is over whatever the library does.

    The station ends it before that, and its own end does too (``host.tether``).
    """
    say = take_stdout()
    request = json.loads(sys.stdin.buffer.read())
    # Its watchdog needs nothing of the interpreter, which native code may hold; on stderr it says where that hangs.
    faulthandler.dump_traceback_later(request["timeout"] + _GRACE, exit=True)
    session = Session(request, say)
    try:
        done = session.run(load_library())
    except Exception as error:  # noqa: BLE001 -- whatever the library raises is judged by the station, which is told all
        say({"error": {"begun": session.begun, **describe(error)}})
    else:
        say({"done": done})
    # Closing may hang or crash (release notes 10.13); the result is out, and nothing may hold the process up.
    closing = threading.Thread(target=session.close, daemon=True)
    closing.start()
    closing.join(_CLOSING)
    os._exit(0)


def load_library() -> Any:
    """Return pynrfjprog.LowLevel, also from a folder that this user may not change.

    Importing it makes its own programs executable, those for other kinds of PC too, and fails where it may not
    (10.24.2). Where this PC's own is executable nothing is missing; where it is not, connecting to a probe says so.
    """
    chmod = Path.chmod

    def try_to(path: Path, mode: int, *, follow_symlinks: bool = True) -> None:
        with contextlib.suppress(OSError):
            chmod(path, mode, follow_symlinks=follow_symlinks)

    Path.chmod = try_to  # type: ignore[assignment, method-assign]  # in this process, which does one operation with that library
    try:
        return importlib.import_module("pynrfjprog.LowLevel")
    finally:
        Path.chmod = chmod  # type: ignore[method-assign]  # as it was


def take_stdout() -> Say:
    """Return what alone writes to this process's stdout from now on; prints and the library's go to stderr."""
    # Not inheritable, so that the library's own child process can't hold or write it either.
    channel = os.dup(1)
    os.dup2(2, 1)
    guard = threading.Lock()

    def say(message: Mapping[str, object]) -> None:
        data = memoryview(json.dumps(message, allow_nan=False).encode("ascii") + b"\n")
        with guard:
            while data:
                data = data[os.write(channel, data) :]

    return say


class Session:
    """One operation on one probe. ``request`` is what the driver sends; ``say`` hears of progress."""

    def __init__(self, request: Mapping[str, Any], say: Say) -> None:
        self._request = request
        self._progress = Progress(say)
        self._api: Any = None
        self.begun = False
        """Whether a call was made that changes the board."""

    def run(self, library: Any) -> object:
        """Do it and return what is told as done; raises whatever the library raises. Closing is left to the caller."""
        operation: Callable[[Any], object] = {
            "find": self._find,
            "look": self._look,
            "recover": self._recover,
            "program": self._program,
            "verify": self._verify,
            "reset": self._reset,
            "lock": self._lock,
            "protect_erase": self._protect_erase,
        }[self._request["op"]]
        # Only AUTO tells the family it finds; any other repeats what it was made for. Whatever changes a board names
        # the family it is meant for: the library then refuses others (WRONG_FAMILY_FOR_DEVICE), and erases nothing.
        automatic = self._request["op"] in ("find", "look")
        logger = logging.getLogger(library.__name__)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        self._open(library, library.DeviceFamily.AUTO if automatic else library.DeviceFamily.NRF91)
        # The default lets the first connection replace the probe's own firmware.
        self._api.configure({"jlink": {"auto_update_fw": False}})
        if self._request["op"] != "find":
            self._api.connect_to_emu_with_snr(
                serial_number=self._request["probe"], jlink_speed_khz=self._request["speed_khz"]
            )
        return operation(library)

    def _open(self, library: Any, family: object) -> None:
        for last in (False, True):
            self._api = library.API(
                device_family=family,
                jlink_arm_dll_path=self._request["jlink"],
                # Without a listener the library switches its logger off, and its errors come without a reason.
                log_str_cb=self._progress.hear,
            )
            try:
                self._api.open()
            except ValueError as error:
                # Seen once in thousands, on a busy PC: a number of no table. Nothing is touched yet: once more.
                if last or code_of(error) is None:
                    raise
            else:
                return

    def close(self) -> None:
        """Leave probe and board; the core stays as it is, running or halted."""
        if self._api is not None:
            self._api.close()

    def _find(self, _library: Any) -> object:
        probe = self._request["probe"]
        # None, not an empty list, when there is no probe at all.
        if probe not in (self._api.enum_emu_snr() or ()):
            return None
        major, minor, revision = self._api.dll_version()
        return {
            "library": importlib.import_module("pynrfjprog").__version__,
            "jlink": f"{major}.{minor:02}{revision}".rstrip("\0"),
            "ports": [{"vcom": port.vcom, "path": port.path} for port in self._api.enum_emu_com_ports(probe)],
        }

    def _look(self, _library: Any) -> object:
        # AUTO has looked for supply and family while it connected to the probe; "UNKNOWN" is a chip that is silent.
        family = self._ask(self._api.read_device_family)
        if family not in ("NRF91", None):
            return {"family": family, "protection": None, "erase_protected": None}
        locked = None
        try:
            if not self._api.is_connected_to_device():
                self._api.connect_to_device()
        except Exception as error:  # the library's error code alone is judged here; whatever else it raises goes on
            if code_of(error) != _PROTECTED:
                raise
            locked = "ALL"
        # These are answered by ports that a lock leaves open, but nothing says so for every revision.
        seen = {
            "family": family,
            "protection": locked or self._ask(self._api.readback_status, locked="ALL"),
            "erase_protected": self._ask(self._api.is_eraseprotect_enabled),
        }
        # Reading the version may halt the core: a board that ran shall go on. A locked one can't be halted.
        halted = self._ask(self._api.is_halted)
        seen["version"] = self._ask(self._api.read_device_version)
        if halted is False:
            self._ask(self._api.go)
        return seen

    def _ask(self, question: Callable[[], object], locked: object = None) -> object:
        """Return the answer, ``locked`` where a protected board keeps it, or the bare number of unknown silicon."""
        try:
            return question()
        except Exception as error:  # an answer that a lock keeps, or an unknown number; whatever else goes on
            if code_of(error) == _PROTECTED:
                return locked
            if isinstance(error, ValueError) and (found := _NOT_A_MEMBER.search(str(error))) and code_of(error) is None:
                return f"{found[2]} {int(found[1]):#x}"
            raise

    def _recover(self, _library: Any) -> object:
        self.begun = True
        self._api.recover()
        return True

    def _program(self, library: Any) -> object:
        path = self._request["image"]
        # First of all what tells a locked, unpowered or foreign board from one that may be erased.
        self._api.connect_to_device()
        self.begun = True
        if self._request["kind"] == "modem-firmware":
            self._progress.take(0.0, 0.8)
            self._api.program_file(path)
        else:
            self._progress.take(0.0, 0.1)
            match self._request["erase"]:
                case "all":
                    self._api.erase_all()
                case "touched":
                    self._api.erase_file(
                        path,
                        chip_erase_mode=library.EraseAction.ERASE_SECTOR,
                        qspi_erase_mode=library.EraseAction.ERASE_NONE,
                    )
                case other:
                    raise ValueError(f"no such erase: {other!r}")
            self._progress.take(0.1, 0.7)
            self._api.program_file(path)
        self._progress.take(0.8, 0.2)
        self._compare(library)
        return True

    def _verify(self, library: Any) -> object:
        self._api.connect_to_device()
        try:
            self._compare(library)
        except Exception as error:  # a difference is an answer; whatever else goes on
            if code_of(error) == _DIFFERS:
                return False
            raise
        return True

    def _compare(self, library: Any) -> None:
        # A modem can only be asked for its digest (nrfjprogdll.h, NRFJPROG_verify_file).
        is_modem = self._request["kind"] == "modem-firmware"
        action = library.VerifyAction.VERIFY_HASH if is_modem else library.VerifyAction.VERIFY_READ
        self._api.verify_file(self._request["image"], verify_action=action)

    def _reset(self, _library: Any) -> object:
        self.begun = True
        try:
            self._api.sys_reset()
            # A system reset leaves the core halted.
            self._api.go()
        except Exception as error:  # only a lock is got round; whatever else goes on
            if code_of(error) != _PROTECTED:
                raise
            # A locked board lets nobody at its core; CTRL-AP resets it all the same, and it runs.
            self._api.debug_reset()
        return True

    def _lock(self, library: Any) -> object:
        level = {"all": library.ReadbackProtection.ALL, "secure": library.ReadbackProtection.SECURE}
        self._api.connect_to_device()
        self.begun = True
        self._api.readback_protect(desired_protection_level=level[self._request["level"]])
        return True

    def _protect_erase(self, _library: Any) -> object:
        self._api.connect_to_device()
        self.begun = True
        self._api.enable_eraseprotect()
        try:
            return self._api.is_eraseprotect_enabled()
        except Exception as error:  # whatever it is goes on, in words that say what was done
            # A refusal of this call says nothing of the other, which was taken.
            raise RuntimeError(f"erase protection was switched on and can't be read back: {error}") from error


class Progress:
    """Tells how far an operation is, from the datagrams that the library logs while it erases, writes and verifies.

    Their shape is in no document (release notes 10.17.1: "json datagrams containing progress information at the info
    level"), so what can't be read is left out: progress decides nothing. At most one line for each percent.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._start, self._share = 0.0, 1.0
        self._told = -1

    def take(self, start: float, share: float) -> None:
        """From now on, what is heard is of the part that begins at ``start`` and is ``share`` of the whole."""
        self._start, self._share = start, share
        self._tell(0.0)

    def hear(self, record: object) -> None:
        """Take one line of the library's log. Called from a thread of the library; raises nothing it could see."""
        text = record.getMessage() if isinstance(record, logging.LogRecord) else str(record)
        part = read_progress(text)
        if part is not None:
            # The library prints what a callback raises; the station's end of the pipe may be closed.
            with contextlib.suppress(OSError):
                self._tell(part)

    def _tell(self, part: float) -> None:
        percent = round(100 * (self._start + part * self._share))
        if percent > self._told:
            self._told = percent
            self._say({"progress": percent / 100})


def read_progress(line: str) -> float | None:
    """Return how far the datagram in a log line says it is, 0.0 to 1.0; None when there is none that can be read."""
    _, brace, rest = line.partition("{")
    try:
        datagram = json.loads(brace + rest)
        progress = datagram.get("progress", datagram)
        percent = float(progress["progressPercentage"])
        steps = max(1, int(progress.get("amountOfSteps", 1)))
        step = min(max(1, int(progress.get("step", 1))), steps)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
    return (step - 1 + percent / 100) / steps if 0 <= percent <= 100 else None


def code_of(error: BaseException) -> int | None:
    """Return the library's error code, also one that its own table lacks: it then fails to build its exception."""
    code = getattr(error, "err_code", None)
    if isinstance(code, int):
        return int(code)
    found = _NOT_A_MEMBER.search(str(error)) if isinstance(error, ValueError) else None
    return int(found[1]) if found and found[2] == "NrfjprogdllErr" else None


def describe(error: BaseException) -> Mapping[str, object]:
    """Return an error as the station is told it: the code if it is the library's, the call, and its words."""
    call, trace = "", error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).name == "LowLevel.py":
            call = call or trace.tb_frame.f_code.co_name
        trace = trace.tb_next
    code = code_of(error)
    text = str(error) if code is not None and isinstance(error, Exception) else f"{type(error).__name__}: {error}"
    return {"code": code, "call": call, "text": text[:_LONGEST_TEXT]}


if __name__ == "__main__":
    main()
