"""Stands in for nrfutil: it says what a table says, or drives the simulated bench's probes. Standard library only.

:func:`install` makes a program of it, and its plan, a JSON file beside it:

    rows     the answers: of a TOML file such as tests/unit/devices/nrfutil_answers.toml, which documents them
    cases    which row answers which command: {"device program": "verify"}; a list is used up call by call, its last
             one stays. Commands that are not named get the case "ok"
    serial   whose serial number a list shows (the other commands name theirs)
    bench    in place of rows: where the simulated bench's probes listen (host:port), or the folder of its bench.json.
             Commands named in cases are still answered from the rows

Every call's arguments are appended to ``nrfutil.json.calls``, one JSON list a line, exactly as they came.

For a whole line: ``install(folder, bench=...)`` returns the path of an executable to be named in the station file (or
put on the PATH), and slots with ``programmer = "nrfutil"`` then flash the bench's boards; each slot's probe is named by
the serial number that the bench gives it (``station.simulator.probe.probe_serial``).
"""

# pathlib takes as long to import as all the rest, and every call would:
# ruff: noqa: PTH100, PTH112, PTH118, PTH120, PTH123
from __future__ import annotations

import json
import os
import sys

# Started many times in a test run: what a call does not need, it does not import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

DEVICE_VERSION = "2.12.3"
_EXIT_PANIC = 101
_ERRORS = {
    # The bench's word: nrfutil's number, name, and words (flashing.md 2.4, nrfutil_answers.toml).
    "PROTECTED": (24, "NotAvailableBecauseProtection", "The Application core access port is protected (All)"),
    "VERIFY": (25, "Verify", "Verification failed"),
    "WRONG_FAMILY": (27, "WrongFamily", "Identified device family and target family do not match"),
    "LOW_VOLTAGE": (1, "Generic", "Low voltage detected at the target"),
    "NO_TARGET": (1, "Generic", "Failed to attach to target"),
    "SILENT": (1, "Generic", "Failed to attach to target"),
    "NO_PROBE": (1, "Generic", "No device found with that serial number"),
    "PROBE_LOST": (1, "Generic", "Emulator error: Failed to open connection"),
    "PROBE_BUSY": (1, "Generic", "Emulator error: Failed to open connection"),
}


def install(
    folder: Path,
    *,
    table: Path | None = None,
    cases: Mapping[str, str | list[str]] | None = None,
    serial: str = "",
    bench: str | Path | None = None,
) -> Path:
    """Write an executable ``nrfutil`` and its plan into ``folder``, and return the executable."""
    import shlex

    plan = folder / "nrfutil.json"
    plan.write_text(
        json.dumps(
            {
                "rows": _read_rows(table) if table else [],
                "cases": dict(cases or {}),
                "serial": serial,
                "bench": str(bench) if bench else None,
            }
        )
    )
    # Imported rather than run, so that it is compiled once.
    code = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r}); from nrfutil import main; main()"
    command = [sys.executable, "-S", "-c", code, str(plan)]
    if sys.platform == "win32":
        program = folder / "nrfutil.cmd"
        program.write_text("@" + " ".join(f'"{part}"' for part in command) + " %*\n")
    else:
        program = folder / "nrfutil"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        program.chmod(0o755)
    return program


def read_calls(program: Path) -> list[list[str]]:
    """Return the arguments of every call so far of an installed stand-in."""
    calls = program.with_name("nrfutil.json.calls")
    return [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []


def main() -> None:
    plan_file, *arguments = sys.argv[1:]
    with open(plan_file, encoding="utf-8") as file:
        plan = json.load(file)
    command = _command(arguments)
    with open(plan_file + ".calls", "a+", encoding="utf-8") as calls:
        calls.seek(0)
        earlier = [_command(json.loads(line)) for line in calls]
        calls.write(json.dumps(arguments) + "\n")
    case = _case(plan["cases"].get(command), earlier.count(command))
    serial = _option(arguments, "--serial-number") or plan["serial"]
    if plan["bench"] and case is None:
        sys.exit(Bench(plan["bench"], serial, arguments).answer(command))
    _say(_row(plan["rows"], command, case or "ok"), command, serial)


def _command(arguments: list[str]) -> str:
    words = [word for word in arguments if word != "--json"]
    return " ".join(words[:2] if words[:1] == ["device"] else words[:1])


def _option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1] if name in arguments[:-1] else ""


def _case(case: str | list[str] | None, earlier: int) -> str | None:
    return case[min(earlier, len(case) - 1)] if isinstance(case, list) else case


# ---- from the table


def _read_rows(table: Path) -> list[dict[str, Any]]:
    import tomllib

    rows: list[dict[str, Any]] = tomllib.loads(table.read_text(encoding="utf-8"))["answer"]
    return rows


def _row(rows: list[dict[str, Any]], command: str, case: str) -> Mapping[str, Any]:
    found = [row for row in rows if row["case"] == case and command in row["commands"]]
    if len(found) != 1:
        sys.exit(f"the stand-in's table has {len(found)} rows for {command!r}, case {case!r}")
    return found[0]


def _say(row: Mapping[str, Any], command: str, serial: str) -> None:
    task = {"id": "1", "name": command, "description": command, "data": {"serialNumber": serial.zfill(12)}}
    text = row.get("lines", "").removeprefix("\n")
    for mark, value in (
        ("%TASK%", json.dumps(task)),
        ("%SERIAL12%", serial.zfill(12)),
        ("%SERIAL%", serial.lstrip("0")),
    ):
        text = text.replace(mark, value)
    data = text.encode()
    sys.stderr.write(row.get("stderr", "").removeprefix("\n").replace("%SERIAL%", serial))
    sys.stderr.flush()
    sys.stdout.buffer.write(data[: len(data) - row.get("cut", 0)])
    sys.stdout.buffer.flush()
    then = row.get("then")
    if then is None:
        sys.exit(row.get("status", 0))
    import signal
    import time

    match then:
        case "hang":
            time.sleep(3600)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "flood":
            while True:
                sys.stdout.buffer.write(b"x" * 65536)
        case _:
            sys.exit(f"the stand-in does not know {then!r}")


# ---- by the simulated bench


class BenchError(Exception):
    """The bench's "no"."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__(answer)
        self.answer = answer


class Bench:
    """One call, answered by what the simulated probe does."""

    def __init__(self, bench: str, serial: str, arguments: list[str]) -> None:
        self._bench = bench
        self._serial = serial
        self._arguments = arguments
        self._task: dict[str, Any] = {}

    def answer(self, command: str) -> int:
        """Do it, say so as nrfutil does, and return the exit status."""
        name = command.removeprefix("device ")
        self._task = {"id": "1", "name": name, "description": name, "data": {"serialNumber": self._serial.zfill(12)}}
        if name == "--version":
            self._tell("info", self._version(command))
            return 0
        self._tell("task_begin", {"task": self._task})
        try:
            self._require_family()
            data = self._do(name)
        except BenchError as error:
            return self._fail(error.answer)
        self._tell("task_end", {"task": self._task, "result": "success", "data": data})
        return 0

    def _do(self, name: str) -> Any:
        match name:
            case "list":
                return {"devices": [_device(probe) for probe in self._ask({"op": "list"})["probes"]]}
            case "device-info":
                return {"deviceInfo": {"jlink": self._look()}}
            case "protection-get":
                return {"protectionStatus": self._look()["protectionStatus"]}
            case "program":
                self._program()
            case "fw-verify":
                self._work({"op": "verify", "image": self._image()})
            case "recover":
                self._work({"op": "recover"})
            case "reset":
                self._ask({"op": "reset"})
            case "protection-set":
                level = "all" if "All" in self._arguments else "secure"
                self._ask({"op": "lock", "level": level})
                self._ask({"op": "reset"})  # nrfutil restarts the board itself (documentation, protection-set)
            case _:
                sys.exit(f"the stand-in does not know {name!r}")
        return None

    def _require_family(self) -> None:
        """As the documentation has it ("Detection options"): an error where the chip is not of that family."""
        family = _option(self._arguments, "--family")
        if family and self._ask({"op": "look"})["series"] != family:
            raise BenchError({"error": "WRONG_FAMILY", "text": family})

    def _program(self) -> None:
        given = _option(self._arguments, "--options")
        options = dict(part.split("=", 1) for part in given.split(",") if part)
        # The genuine defaults: everything erased, nothing verified, no reset.
        erase = options.get("chip_erase_mode", "ERASE_ALL")
        kinds = {"ERASE_ALL": "all", "ERASE_NONE": "none", "ERASE_RANGES_TOUCHED_BY_FIRMWARE": "touched"}
        verify = options.get("verify", "VERIFY_NONE") != "VERIFY_NONE"
        steps = 2 if verify else 1
        self._work({"op": "program", "image": self._image(), "erase": kinds[erase]}, 1, steps)
        if verify:
            self._work({"op": "verify", "image": self._image()}, 2, steps)
        if options.get("reset", "RESET_NONE") != "RESET_NONE":
            self._ask({"op": "reset"})

    def _image(self) -> str:
        return os.path.abspath(_option(self._arguments, "--firmware"))

    def _look(self) -> dict[str, Any]:
        seen = self._ask({"op": "look"})
        if seen["protection"] == "all":
            raise BenchError({"error": "PROTECTED", "text": "locked"})
        return {
            "serialNumber": self._serial.zfill(12),
            "deviceFamily": f"{seen['series'].upper()}_FAMILY",
            "deviceVersion": seen["part"],
            "protectionStatus": f"NRFDL_PROTECTION_STATUS_{'SECURE_REGIONS' if seen['protected'] else 'NONE'}",
        }

    def _work(self, request: Mapping[str, object], step: int = 1, steps: int = 1) -> None:
        for answer in self._answers(request):
            if "progress" in answer:
                progress = {"progressPercentage": round(answer["progress"] * 100), "step": step, "amountOfSteps": steps}
                self._tell("task_progress", {"task": self._task, "progress": progress})

    def _ask(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        return list(self._answers(request))[-1]

    def _answers(self, request: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        import socket  # as above

        named = {} if request["op"] == "list" else {"probe": self._serial}
        with socket.create_connection(_address(self._bench)) as connection, connection.makefile("rb") as lines:
            connection.sendall(json.dumps({**request, **named}).encode() + b"\n")
            for line in lines:
                answer = json.loads(line)
                if "error" in answer:
                    raise BenchError(answer)
                yield answer
                if answer.get("done"):
                    return
        # The probe hung up without a word: so does the tool.
        sys.stderr.write("thread 'main' panicked\n")
        sys.exit(_EXIT_PANIC)

    def _fail(self, answer: Mapping[str, Any]) -> int:
        code, name, words = _ERRORS.get(answer["error"], (1, "Generic", str(answer["error"])))
        message = f"{words}: {answer.get('text', '')}"
        error = {"code": code, "description": name}
        self._tell("task_end", {"task": self._task, "result": "fail", "message": message, "error": error})
        sys.stderr.write(f"Error: One or more tasks failed:\n * {self._serial}: {message} ({name})\n")
        return code

    def _version(self, command: str) -> dict[str, Any]:
        if command == "--version":
            return {"name": "nrfutil", "version": "8.0.0", "dependencies": []}
        jlink = {"name": "JlinkARM", "version": "JLink_V8.18", "versionFormat": "string"}
        return {"name": "nrfutil-device", "version": DEVICE_VERSION, "dependencies": [jlink]}

    def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps({"type": kind, "data": data}) + "\n")
        sys.stdout.flush()


def _device(probe: Mapping[str, Any]) -> dict[str, Any]:
    serial = str(probe["serial"]).zfill(12)
    ports = [{**port, "comName": port["path"], "serialNumber": serial} for port in probe["ports"]]
    return {"id": probe["slot"], "serialNumber": serial, "traits": {"jlink": True}, "serialPorts": ports}


def _address(bench: str) -> tuple[str, int]:
    if os.path.isdir(bench):
        # Read at every call: a restarted bench listens elsewhere.
        with open(os.path.join(bench, "bench.json"), encoding="utf-8") as file:
            bench = json.load(file)["probes"]
    host, _, port = bench.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    main()
