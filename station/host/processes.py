"""Child processes with a hard end."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from station.host.faults import PROGRAM_HUNG, PROGRAM_MISSING

_OUTPUT_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finished:
    """What a child process left: exit status and at most 1 MiB of each output."""

    status: int
    output: bytes
    errors: bytes


def run_program(
    command: Sequence[str],
    *,
    timeout: float,
    data: bytes = b"",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> Finished:
    """Run ``command`` to its end, feeding ``data``; after ``timeout`` seconds it and its children die (HOST-109).

    No shell is involved. Output past 1 MiB a stream is read and dropped, so a flood can't fill memory.
    ``environment`` is added to this process's own, of which the variables in ``without`` are left out. Raises
    HOST-108 when it can't be started. Not safe to repeat unless the program is.
    """
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name not in without} | dict(environment or {}),
            # A process group of its own: the timeout reaches grandchildren, and a Ctrl-C in the terminal does not.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError as error:
        raise PROGRAM_MISSING.fault(str(error), program=command[0]) from error
    output, errors = bytearray(), bytearray()
    threads = [
        threading.Thread(target=_drain, args=(process.stdout, output), daemon=True),
        threading.Thread(target=_drain, args=(process.stderr, errors), daemon=True),
        threading.Thread(target=_feed, args=(process.stdin, data), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        raise PROGRAM_HUNG.fault(program=command[0], seconds=timeout) from error
    finally:
        # Also after a normal end: a grandchild may still hold the pipes.
        _kill(process)
        for thread in threads:
            thread.join(5)
    return Finished(status, bytes(output), bytes(errors))


def _kill(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # everything in the group has ended
    process.wait()


def _drain(stream: object, into: bytearray) -> None:
    with stream as pipe:  # type: ignore[attr-defined]  # Popen's pipes are BufferedReaders
        while chunk := pipe.read1(65536):
            into += chunk[: max(0, _OUTPUT_LIMIT - len(into))]


def _feed(stream: object, data: bytes) -> None:
    # A program need not read what it is given; closing tells it the end, and fails the same way.
    with contextlib.suppress(OSError):
        stream.write(data)  # type: ignore[attr-defined]
    with contextlib.suppress(OSError):
        stream.close()  # type: ignore[attr-defined]
